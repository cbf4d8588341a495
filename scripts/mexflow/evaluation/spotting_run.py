"""The scores of a spotting run: all its types and seeds together, and its log of hits and misses."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mexflow.config.spotting import SpottingEvaluationSpec
from mexflow.evaluation.matching import MATCHINGS, arranged, overlaps
from mexflow.evaluation.spotting import KINDS, score_spotting
from mexflow.store.spotting import VIDEO, read_spotted

_COUNTED = ("tp", "fp", "fn", "precision", "recall", "f1")


def score_run(
    spotted: Mapping[int, pd.DataFrame],
    truth: pd.DataFrame,
    videos: pd.DataFrame,
    spec: SpottingEvaluationSpec,
) -> dict[str, Any]:
    """Score what every seed of a run has spotted.

    Parameters
    ----------
    spotted : mapping
        Seed → spotted intervals of all types.
    truth : DataFrame
        True intervals; those of types outside the run do not count.
    videos : DataFrame
        All videos, the silent ones, too. Where the spec leaves out videos without truth, neither they nor what is
        spotted in a video without a true interval of its type count.
    spec : SpottingEvaluationSpec

    Returns
    -------
    dict of plain Python values, None for what is undefined
        ``macro``, ``micro``, ``overall``: means over seeds of ``tp, fp, fn, precision, recall, f1``, and ``f1_sd``;
        ``ci``: 95 % subject-bootstrap intervals of the counts of all seeds together; ``seeds``: seed (as text) → the
        dict of `mexflow.evaluation.spotting.score_spotting`; ``kind``, ``matching``, ``iou``, ``types``,
        ``as_published`` and ``shifted_labels`` as in the spec.
    """
    true = truth[truth["type"].isin(spec.types)]
    spotted = {seed: _counted(found, true, spec) for seed, found in spotted.items()}
    listed = None if spec.videos == "with_truth" else videos
    by_seed = {
        seed: score_spotting(found, true, listed, spec.matching, spec.iou, draws=0) for seed, found in spotted.items()
    }
    # A seed is another look at the same videos: a subject's counts are summed over seeds before subjects are drawn.
    everything = (
        _together(spotted),
        _together(dict.fromkeys(spotted, true)),
        None if listed is None else _together(dict.fromkeys(spotted, listed)),
    )
    pooled = score_spotting(*everything, spec.matching, spec.iou, spec.draws)
    return {
        **{kind: _over_seeds([one[kind] for one in by_seed.values()]) for kind in KINDS},
        "ci": pooled["ci"],
        "seeds": {str(seed): one for seed, one in by_seed.items()},
        "kind": spec.kind,
        "matching": spec.matching,
        "iou": spec.iou,
        "types": list(spec.types),
        "as_published": list(spec.as_published),
        "shifted_labels": spec.shifted_labels,
    }


def read_seeds(paths: Sequence[Path]) -> dict[int, pd.DataFrame]:
    """Seed → spotted intervals of all types, in the order of seeds, from files …/seed<N>/<type>/spotted.csv.

    Raises
    ------
    UserError
        If a file cannot be read.
    """
    tables: dict[int, list[pd.DataFrame]] = {}
    for path in paths:
        tables.setdefault(int(path.parts[-3].removeprefix("seed")), []).append(read_spotted(path))
    return {seed: pd.concat(tables[seed], ignore_index=True) for seed in sorted(tables)}


def interval_log(spotted: pd.DataFrame, truth: pd.DataFrame, spec: SpottingEvaluationSpec) -> pd.DataFrame:
    """What became of every interval, as the logs of MEGC 2020 tell it, with types and scores.

    Returns
    -------
    DataFrame
        dataset, subject, video, type, true_onset, true_offset, onset, offset, score, verdict (TP, FP or FN): a hit is
        one row; what is absent is empty.
    """
    true = truth[truth["type"].isin(spec.types)]
    task = arranged(_counted(spotted, true, spec), true)
    hits = MATCHINGS[spec.matching].pick(overlaps(task.predicted, task.true, spec.iou))
    named = {"onset": "true_onset", "offset": "true_offset"}
    true, found = task.truth.rename(columns=named), task.predictions
    columns = [*VIDEO, "type", "true_onset", "true_offset"]
    hit = pd.concat(
        [
            true.iloc[hits.truth][columns].reset_index(drop=True),
            found.iloc[hits.prediction][["onset", "offset", "score"]].reset_index(drop=True),
        ],
        axis=1,
    ).assign(verdict="TP")
    missed = true.drop(index=np.unique(hits.truth))[columns].assign(verdict="FN")
    wrong = found.drop(index=np.unique(hits.prediction))[[*VIDEO, "type", "onset", "offset", "score"]].assign(
        verdict="FP"
    )
    log = pd.concat([hit, missed, wrong], ignore_index=True)[[*columns, "onset", "offset", "score", "verdict"]]
    log["at"] = log.true_onset.fillna(log.onset)
    log = log.sort_values([*VIDEO, "type", "at"], kind="stable", ignore_index=True).drop(columns="at")
    return log.astype(dict.fromkeys(("true_onset", "true_offset", "onset", "offset"), "Int64"))


def _counted(spotted: pd.DataFrame, true: pd.DataFrame, spec: SpottingEvaluationSpec) -> pd.DataFrame:
    """What is spotted in the videos that count for its type."""
    if spec.videos == "all":
        return spotted
    shown = pd.MultiIndex.from_frame(true[[*VIDEO, "type"]])
    return spotted[pd.MultiIndex.from_frame(spotted[[*VIDEO, "type"]]).isin(shown)]


def _together(tables: Mapping[int, pd.DataFrame]) -> pd.DataFrame:
    """The tables of all seeds as one, each with videos of its own."""
    named = [table.assign(video=table["video"] + f" seed {seed}") for seed, table in tables.items()]
    return pd.concat(named, ignore_index=True)


def _over_seeds(scores: list[dict[str, Any]]) -> dict[str, float | None]:
    """Means over seeds; None if a seed has none. A single seed has no deviation."""
    columns = {name: [one[name] for one in scores] for name in _COUNTED}
    means = {name: None if None in values else float(np.mean(values)) for name, values in columns.items()}
    known = len(scores) > 1 and None not in columns["f1"]
    return {**means, "f1_sd": float(np.std(columns["f1"], ddof=1)) if known else None}
