"""Scores of spotted intervals in long videos, counted as the Micro-Expression Grand Challenge counts them.

Macro- and micro-expressions are matched and counted apart, then summed; counts are summed over videos, subjects and
datasets before any ratio is formed. Every video counts, with or without a true interval.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from mexflow.errors import UserError
from mexflow.evaluation.apex_spotting import apex_scores
from mexflow.evaluation.average_precision import THRESHOLDS, average_precisions
from mexflow.evaluation.bootstrap import percentile_interval, subject_draws
from mexflow.evaluation.matching import MATCHINGS, Arranged, arranged, group_counts, overlaps
from mexflow.evaluation.strs import compat_scores, strs_scores
from mexflow.store.spotting import TYPES, VIDEO, check_spotted, check_true_intervals, check_videos

KINDS = (*TYPES, "overall")
"""What is scored: each type by itself, and both together."""


def precision(counts: np.ndarray) -> np.ndarray:
    """TP / (TP + FP), nan without a prediction.

    Parameters
    ----------
    counts : (..., 3) array
        True positives, false positives, false negatives.

    Returns
    -------
    (...) float array
    """
    return _ratio(counts[..., 0], counts[..., 0] + counts[..., 1])


def recall(counts: np.ndarray) -> np.ndarray:
    """TP / (TP + FN), nan without a true interval. Shapes as in `precision`."""
    return _ratio(counts[..., 0], counts[..., 0] + counts[..., 2])


def f1(counts: np.ndarray) -> np.ndarray:
    """2 TP / (2 TP + FP + FN), nan only where there is nothing to find and nothing found. Shapes as in `precision`.

    Examples
    --------
    >>> float(f1(np.array([3, 2, 2])))
    0.6
    """
    return _ratio(2 * counts[..., 0], 2 * counts[..., 0] + counts[..., 1] + counts[..., 2])


METRICS: dict[str, Callable[[np.ndarray], np.ndarray]] = {"precision": precision, "recall": recall, "f1": f1}


def counted_scores(counts: np.ndarray) -> dict[str, Any]:
    """Counts and what follows from them, as plain Python values; None for what is undefined.

    Parameters
    ----------
    counts : (3,) int array
        True positives, false positives, false negatives.

    Returns
    -------
    dict
        ``tp``, ``fp``, ``fn``, ``precision``, ``recall``, ``f1``.
    """
    ratios = {name: float(metric(counts)) for name, metric in METRICS.items()}
    return {
        **dict(zip(("tp", "fp", "fn"), map(int, counts), strict=True)),
        **{name: None if np.isnan(value) else value for name, value in ratios.items()},
    }


def count_intervals(by_subject: np.ndarray, draws: int) -> dict[str, list[float] | None]:
    """95 % subject-bootstrap intervals of precision, recall and F1.

    Parameters
    ----------
    by_subject : (subjects, 3) int array
        True positives, false positives, false negatives.
    draws : int
        2000 or more for a published interval; 0 for none.

    Returns
    -------
    dict of the names of `METRICS` to [low, high]
        None without draws, with one subject, or if no draw defines the metric.
    """
    pooled = subject_draws(len(by_subject), draws) @ by_subject
    ends = {name: percentile_interval(metric(pooled), len(by_subject)) for name, metric in METRICS.items()}
    return {name: None if np.isnan(interval).any() else list(interval) for name, interval in ends.items()}


def score_spotting(
    predictions: pd.DataFrame,
    truth: pd.DataFrame,
    videos: pd.DataFrame | None = None,
    matching: str = "megc",
    iou: float = 0.5,
    draws: int = 2000,
    emotions: Sequence[str] | None = None,
) -> dict[str, Any]:
    """Everything that is reported of the intervals that were spotted in long videos.

    Parameters
    ----------
    predictions, truth : DataFrame
        As of `mexflow.store.spotting`. A video that only one of them names counts all the same.
    videos : DataFrame, optional
        Videos that may hold neither a true nor a spotted interval.
    matching : str
        A name of `mexflow.evaluation.matching.MATCHINGS`. It rules the counts, not the average precision.
    iou : float
        The least intersection over union of a hit, in 0..1 and above 0.
    draws : int
        Of the subject bootstrap; 0 for no interval.
    emotions : sequence of str, optional
        The true emotions that are analysed for STRS; all that are told by default.

    Returns
    -------
    dict of plain Python values, None for what is undefined
        ``macro``, ``micro``, ``overall``: the dict of `counted_scores`;
        ``ci``: by the same names, that of `count_intervals`;
        ``ap``: None without scores, else ``macro`` and ``micro``, the mean over `THRESHOLDS` (None for a type without
        truth), ``overall``, the mean of both, ``iou`` and ``per_iou`` (a list by type), and ``all_scores_equal``, in
        which case the ranking means nothing;
        ``apex``: that of `mexflow.evaluation.apex_spotting.apex_scores`;
        ``strs``: None without an analysis, else that of `mexflow.evaluation.strs.strs_scores`, and ``compat``, that of
        `mexflow.evaluation.strs.compat_scores`;
        ``n_videos``, ``n_videos_without_truth``, ``n_subjects``, and ``videos_only_predicted``, the names of videos
        that neither truth nor ``videos`` hold (maybe misspelt);
        ``matching``, ``iou``, ``draws``;
        ``per_dataset``: the same, without ``per_dataset``, by dataset.

    Raises
    ------
    UserError
        If the tables fail their checks, there is no such matching, or the threshold is not in 0..1.
    """
    check_spotted(predictions)
    check_true_intervals(truth)
    if videos is not None:
        check_videos(videos)
    if matching not in MATCHINGS:
        raise UserError(f'no matching is named "{matching}"; there are {", ".join(MATCHINGS)}')
    if not 0 < iou <= 1:
        raise UserError(f"an IoU of {iou} is no threshold; it must be above 0 and at most 1")
    task = arranged(predictions, truth, videos)
    listed = truth if videos is None else pd.concat([truth[VIDEO], videos[VIDEO]])
    per_dataset = {}
    for name in task.videos["dataset"].unique():
        parts = [None if one is None else one[one["dataset"] == name] for one in (predictions, truth, videos)]
        per_dataset[str(name)] = _score(arranged(*parts), listed, emotions, matching, iou, draws)
    return {**_score(task, listed, emotions, matching, iou, draws), "per_dataset": per_dataset}


def _score(
    task: Arranged, listed: pd.DataFrame, emotions: Sequence[str] | None, matching: str, iou: float, draws: int
) -> dict[str, Any]:
    pairs = overlaps(task.predicted, task.true, iou)
    rule = MATCHINGS[matching]
    hits = rule.pick(pairs)
    subjects = task.videos.groupby(["dataset", "subject"]).ngroup().to_numpy()
    by_subject = np.zeros((subjects.max() + 1, len(TYPES), 3), dtype=int)
    np.add.at(by_subject, subjects, group_counts(task, hits, rule))
    of_kind = dict(zip(KINDS, [*np.moveaxis(by_subject, 1, 0), by_subject.sum(axis=1)], strict=True))
    scores = {name: counted_scores(counts.sum(axis=0)) for name, counts in of_kind.items()}
    strs = None
    if "y_pred" in task.predictions.columns and {"y_true", "emotion"} & {
        *task.predictions.columns,
        *task.truth.columns,
    }:
        f1_spotting = {name: one["f1"] for name, one in scores.items()}
        strs = strs_scores(task, hits, f1_spotting, emotions) | {"compat": compat_scores(task, pairs, emotions)}
    return {
        **scores,
        "ci": {name: count_intervals(counts, draws) for name, counts in of_kind.items()},
        "ap": _average_precision(task),
        "apex": apex_scores(task, hits),
        "strs": strs,
        **_video_counts(task, listed, len(by_subject)),
        "matching": matching,
        "iou": iou,
        "draws": draws,
    }


def _average_precision(task: Arranged) -> dict[str, Any] | None:
    if "score" not in task.predictions.columns:
        return None
    per_iou = average_precisions(task)
    means = {name: None if curve is None else float(np.mean(curve)) for name, curve in per_iou.items()}
    known = [mean for mean in means.values() if mean is not None]
    return {
        **means,
        "overall": float(np.mean(known)) if known else None,
        "iou": list(THRESHOLDS),
        "per_iou": per_iou,
        "all_scores_equal": len(task.predictions) > 1 and task.predictions["score"].nunique() == 1,
    }


def _video_counts(task: Arranged, listed: pd.DataFrame, subjects: int) -> dict[str, Any]:
    names = pd.MultiIndex.from_frame(task.videos[VIDEO])
    only_predicted = names[~names.isin(pd.MultiIndex.from_frame(listed[VIDEO]))]
    with_truth = len(np.unique(task.true.group // len(TYPES)))
    return {
        "n_videos": len(names),
        "n_videos_without_truth": len(names) - with_truth,
        "n_subjects": subjects,
        "videos_only_predicted": ["/".join(name) for name in only_predicted],
    }


def _ratio(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """Quotient, nan where the denominator is 0."""
    out = np.full(np.shape(denominator), np.nan)
    return np.divide(numerator, denominator, out=out, where=np.asarray(denominator) != 0)[()]
