"""How well the apex is spotted: how often it lies in a true interval, and how far it is from the true apex."""

from typing import Any

import numpy as np

from mexflow.evaluation.matching import Arranged, Pairs
from mexflow.store.spotting import TYPES


def apex_scores(task: Arranged, hits: Pairs) -> dict[str, dict[str, Any]]:
    """Apex spotting rate, and the error of the apex in true positives.

    The predicted apex is the column apex of a prediction, or the middle of its interval (rounded down) where that
    is missing.

    Parameters
    ----------
    task : Arranged
    hits : Pairs
        The true positives.

    Returns
    -------
    dict of "macro", "micro", "overall" to a dict of plain Python values, None for what is undefined
        ``n``: true intervals; ``spotted``: those of them that hold the predicted apex of a prediction of their video
        and type; ``spotting_rate``: their ratio; ``n_measured``: true positives whose true apex is known;
        ``mean_error_frames``: mean |predicted − true apex| of these; ``mean_error_ms``: the same in ms, of those whose
        fps is known as well.
    """
    apex = _predicted_apex(task)
    spotted = _holds_one(task, apex)
    true_apex = _column(task, "apex")
    error = np.abs(apex[hits.prediction] - true_apex[hits.truth])
    milliseconds = 1000 * error / _fps(task)[hits.truth]
    type_of_truth = task.true.group % len(TYPES)
    own = {name: type_of_truth == number for number, name in enumerate(TYPES)}
    own["overall"] = np.ones(len(type_of_truth), dtype=bool)
    return {
        name: {
            "n": int(mask.sum()),
            "spotted": int(spotted[mask].sum()),
            "spotting_rate": _mean(spotted[mask].astype(float)),
            "n_measured": int(np.isfinite(error[mask[hits.truth]]).sum()),
            "mean_error_frames": _mean(error[mask[hits.truth]]),
            "mean_error_ms": _mean(milliseconds[mask[hits.truth]]),
        }
        for name, mask in own.items()
    }


def _predicted_apex(task: Arranged) -> np.ndarray:
    middle = (task.predicted.onset + task.predicted.offset) // 2
    if "apex" not in task.predictions.columns:
        return middle
    given = task.predictions["apex"].to_numpy(dtype=float)
    return np.where(np.isnan(given), middle, given)


def _holds_one(task: Arranged, apex: np.ndarray) -> np.ndarray:
    """(M,) bool: whether an apex of the same group lies in each true interval."""
    order = np.lexsort((apex, task.predicted.group))
    # One axis for all groups: each has a stretch of its own, longer than any video.
    ends = np.concatenate([apex, task.true.onset, task.true.offset, [0]])
    lowest, stretch = ends.min(), ends.max() - ends.min() + 2
    along = task.predicted.group[order] * stretch + (apex[order] - lowest)
    start = task.true.group * stretch - lowest
    first = np.searchsorted(along, start + task.true.onset, side="left")
    behind = np.searchsorted(along, start + task.true.offset, side="right")
    return behind > first


def _fps(task: Arranged) -> np.ndarray:
    """(M,) float: frames per second of each true interval, from its row or from its video."""
    own = _column(task, "fps")
    of_video = task.videos["fps"].to_numpy(dtype=float)[task.true.group // len(TYPES)]
    return np.where(np.isnan(own), of_video, own)


def _column(task: Arranged, name: str) -> np.ndarray:
    if name not in task.truth.columns:
        return np.full(len(task.truth), np.nan)
    return task.truth[name].to_numpy(dtype=float)


def _mean(values: np.ndarray) -> float | None:
    """Mean of those that are not nan; None if there is none."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else None
