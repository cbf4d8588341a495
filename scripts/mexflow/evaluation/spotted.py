"""From the scores of frame pairs to the intervals of a run, with a threshold that no test video has had a say in."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from mexflow.config.spotting import SpotSpec
from mexflow.errors import UserError
from mexflow.evaluation.matching import MATCHINGS, arranged, group_counts, overlaps
from mexflow.evaluation.movements import spotted_movements
from mexflow.evaluation.peaks import peaks, spotted_intervals
from mexflow.evaluation.spotting import f1
from mexflow.store.pair_scores import VideoScores
from mexflow.store.spotting import INTERVAL, VIDEO
from mexflow.training.spotting_folds import whole_expressions

CANDIDATES = tuple(round(0.05 * number, 2) for number in range(1, 20))
"""The values of p that are tried on inner subjects: .05, .10 … .95."""


def true_intervals(manifest: pd.DataFrame, cut_off: str = "kept") -> pd.DataFrame:
    """The true intervals of a manifest in the schema of `mexflow.store.spotting`.

    Parameters
    ----------
    manifest : DataFrame
    cut_off : str
        As of `mexflow.training.spotting_folds.whole_expressions`.
    """
    rows = whole_expressions(manifest, cut_off).rename(columns={"expression_type": "type"})
    return rows[[*INTERVAL, "apex", "emotion", "fps"]].reset_index(drop=True)


def spot(
    scores: Sequence[VideoScores], inner: Sequence[VideoScores], truth: pd.DataFrame, spec: SpotSpec
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The intervals that are spotted in all videos of a run, and the thresholds behind them.

    Parameters
    ----------
    scores : sequence of VideoScores
        Of the test videos of every fold.
    inner : sequence of VideoScores
        Of the inner videos of every fold, if p is chosen by them.
    truth : DataFrame
        True intervals of all types; those of inner videos choose p.
    spec : SpotSpec

    Returns
    -------
    spotted : DataFrame
        Spotted intervals, in the schema of `mexflow.store.spotting`.
    thresholds : DataFrame
        A row per video: dataset, subject, video, type, fold, k, p, threshold (nan for a video that is too short, and
        for MDMD).

    Raises
    ------
    UserError
        If a fold has no inner videos to choose p by.
    """
    p_of = _chosen(inner, truth, spec) if spec.p == "inner_subjects" else {}
    spotted, thresholds = [], []
    for one in scores:
        if spec.p == "inner_subjects" and one.fold not in p_of:
            raise UserError(
                f"fold {one.fold + 1}, {one.held_out} held out, has no inner videos to choose p by. Set p to a number."
            )
        p = p_of[one.fold] if spec.p == "inner_subjects" else float(spec.p)
        spotted.append(_intervals(one, p, spec))
        threshold = float("nan") if spec.lengths else peaks(one.scores, one.k, p).threshold
        whose = (one.dataset, one.subject, one.video, spec.type)
        thresholds.append((*whose, one.fold, one.k, p, threshold))
    columns = [*VIDEO, "type", "fold", "k", "p", "threshold"]
    return pd.concat(spotted, ignore_index=True), pd.DataFrame(thresholds, columns=columns)


def _intervals(one: VideoScores, p: float, spec: SpotSpec) -> pd.DataFrame:
    video = {"dataset": one.dataset, "subject": one.subject, "video": one.video}
    if spec.lengths is not None:
        return spotted_movements(one.scores, one.k, p, spec.lengths, one.frames, video, spec.type)
    return spotted_intervals(one.scores, one.k, p, video, spec.type, one.frames, spec.merge)


def _chosen(inner: Sequence[VideoScores], truth: pd.DataFrame, spec: SpotSpec) -> dict[int, float]:
    """Fold → the p that has the greatest F1 on its inner videos; of equal ones the middle one."""
    chosen = {}
    own_type = truth[truth["type"] == spec.type]
    for fold, videos in _by_fold(inner):
        names = pd.MultiIndex.from_tuples([(one.dataset, one.subject, one.video) for one in videos], names=VIDEO)
        true = own_type[pd.MultiIndex.from_frame(own_type[VIDEO]).isin(names)]
        scored = np.array([_inner_f1(videos, true, p, spec) for p in CANDIDATES])
        best = np.flatnonzero(scored == scored.max())
        chosen[fold] = CANDIDATES[best[len(best) // 2]]
    return chosen


def _by_fold(inner: Sequence[VideoScores]) -> Iterator[tuple[int, list[VideoScores]]]:
    for fold in sorted({one.fold for one in inner}):
        yield fold, [one for one in inner if one.fold == fold]


def _inner_f1(videos: list[VideoScores], true: pd.DataFrame, p: float, spec: SpotSpec) -> float:
    found = pd.concat([_intervals(one, p, spec) for one in videos], ignore_index=True)
    task = arranged(found, true)
    if not task.groups:
        return 0.0
    rule = MATCHINGS["megc"]
    hits = rule.pick(overlaps(task.predicted, task.true, spec.iou))
    return float(np.nan_to_num(f1(group_counts(task, hits, rule).sum(axis=(0, 1)))))
