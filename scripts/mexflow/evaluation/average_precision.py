"""Average precision of scored intervals, as COCO averages it: over thresholds of IoU from 0.5 to 0.95."""

import numpy as np

from mexflow.evaluation.matching import Arranged, Pairs, overlaps
from mexflow.store.spotting import TYPES

THRESHOLDS = tuple(hundredths / 100 for hundredths in range(50, 100, 5))


def average_precisions(task: Arranged) -> dict[str, list[float] | None]:
    """Area under the interpolated curve of precision over recall, by type and threshold.

    Predictions of all videos are ranked together. In the order of their scores each takes, of the truths that are
    still free, the one that it overlaps most; one that finds no free truth is false. Precision at a recall is the
    best at that recall or above. Predictions of equal score enter together, so that their order does not matter.

    Parameters
    ----------
    task : Arranged
        Its predictions have the column score.

    Returns
    -------
    dict of "macro" and "micro" to 10 floats in 0..1
        One per `THRESHOLDS`; None for a type without a true interval.

    References
    ----------
    Lin et al., "Microsoft COCO: common objects in context", ECCV 2014; interpolation at all points as in
    Everingham et al., "The PASCAL visual object classes challenge: a retrospective", IJCV 111:98-136, 2015.
    """
    scores = task.predictions["score"].to_numpy(dtype=float)
    type_of_prediction = task.predicted.group % len(TYPES)
    positives = np.bincount(task.true.group % len(TYPES), minlength=len(TYPES))
    pairs = overlaps(task.predicted, task.true, THRESHOLDS[0])
    right = [_greedy(pairs.take(pairs.iou >= least), len(scores)) for least in THRESHOLDS]
    found: dict[str, list[float] | None] = {}
    for number, name in enumerate(TYPES):
        own = type_of_prediction == number
        curves = [interpolated_area(scores[own], hits[own], int(positives[number])) for hits in right]
        found[name] = curves if positives[number] else None
    return found


def interpolated_area(scores: np.ndarray, right: np.ndarray, positives: int) -> float:
    """Area under precision over recall, interpolated at all points.

    Parameters
    ----------
    scores : (N,) float array
    right : (N,) bool array
        Whether each prediction is a true positive.
    positives : int
        How many there are to find.

    Returns
    -------
    float
        In 0..1; nan without positives, 0 without predictions.

    Examples
    --------
    >>> interpolated_area(np.array([0.9, 0.8, 0.7]), np.array([True, False, True]), positives=2)
    0.8333333333333333
    """
    if positives == 0:
        return float("nan")
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(right[order])
    last_of_score = np.flatnonzero(np.diff(scores[order], append=-np.inf))
    recall = hits[last_of_score] / positives
    precision = hits[last_of_score] / (last_of_score + 1)
    best_from_here = np.maximum.accumulate(precision[::-1])[::-1]
    return float(np.sum(np.diff(recall, prepend=0) * best_from_here))


def _greedy(pairs: Pairs, predictions: int) -> np.ndarray:
    """(predictions,) bool: the best score takes first, the truth that it overlaps most and that is still free."""
    right = np.zeros(predictions, dtype=bool)
    taken = set()
    for prediction, truth in zip(pairs.prediction.tolist(), pairs.truth.tolist(), strict=True):
        if not right[prediction] and truth not in taken:
            right[prediction] = True
            taken.add(truth)
    return right
