"""The Spot-Then-Recognise Score: F1 of spotting × F1 of naming the emotion of what was spotted rightly.

F1 of the analysis is the harmonic mean of macro precision and macro recall over the true positives of spotting whose
true emotion is to be analysed (`mexflow.evaluation.recognition.f1_harmonic`). Spotting beyond these is no matter of
the analysis: a false positive has no emotion.

Liong et al., "Spot-then-recognize: a micro-expression analysis network for seamless evaluation of long videos" (MEAN),
Signal Process. Image Commun. 110, 2023; the score of the challenges of 2024 and 2025.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from mexflow.evaluation.matching import Arranged, Pairs
from mexflow.evaluation.recognition import confusion, f1_harmonic, macro_precision
from mexflow.store.spotting import TYPES


def spot_then_recognise(f1_spotting: float | None, y_true: Sequence[str], y_pred: Sequence[str]) -> dict[str, Any]:
    """STRS of spotting with this F1, whose true positives have these emotions.

    Parameters
    ----------
    f1_spotting : float or None
    y_true, y_pred : sequences of N str
        Of the true positives that are to be analysed.

    Returns
    -------
    dict of plain Python values
        ``f1_spotting``; ``f1_analysis``, None with N = 0; ``strs``, their product: 0 where nothing is spotted
        rightly, else None if one of them is; ``n_analysed``: N.

    Examples
    --------
    >>> scores = spot_then_recognise(0.6, ["negative", "positive", "surprise"], ["negative", "surprise", "positive"])
    >>> round(scores["f1_analysis"], 4), round(scores["strs"], 4)
    (0.3333, 0.2)
    """
    f1_analysis = float(f1_harmonic(_confusion(y_true, y_pred)[0])) if len(y_true) else None
    found = _product(f1_spotting, f1_analysis, len(y_true))
    return found | ({"strs": 0.0} if f1_spotting == 0 else {})


def strs_scores(
    task: Arranged, hits: Pairs, f1_spotting: dict[str, float | None], emotions: Sequence[str] | None = None
) -> dict[str, dict[str, Any]]:
    """STRS by type and overall.

    Parameters
    ----------
    task : Arranged
        Its predictions have the column y_pred, and y_true, too, or its truth has the column emotion.
    hits : Pairs
        The true positives.
    f1_spotting : dict of "macro", "micro", "overall" to float or None
    emotions : sequence of str, optional
        The true emotions that are analysed; all that are told by default.

    Returns
    -------
    dict of the same keys to the dict of `spot_then_recognise`
    """
    return {
        name: spot_then_recognise(f1_spotting[name], *_emotions(task, hits.take(own), emotions))
        for name, own in _own(task, hits).items()
    }


def compat_scores(task: Arranged, pairs: Pairs, emotions: Sequence[str] | None = None) -> dict[str, dict[str, Any]]:
    """What the official script makes of the same predictions; for comparing with published figures only.

    It goes through the subjects that have predictions and the videos that have truth: other false positives and false
    negatives are not counted. A prediction, in the order of the onsets, takes all true intervals that it overlaps
    enough and that are still free, each a true positive. A class that all analysed intervals have, rightly
    recognised, counts as not recognised at all. Its ``uar`` is macro precision. Where nothing is recognised it stops
    with a division by zero: ``f1_analysis`` and ``strs`` are None here.

    Parameters
    ----------
    task : Arranged
        As of `strs_scores`.
    pairs : Pairs
        All that overlap enough.
    emotions : sequence of str, optional
        As of `strs_scores`.

    Returns
    -------
    dict of "macro", "micro", "overall" to a dict of plain Python values
        That of `spot_then_recognise`, with ``tp``, ``fp``, ``fn`` and ``uar``.
    """
    hits = _unbroken(task, pairs)
    has_truth = np.isin(task.predicted.group, task.true.group)
    false = has_truth & ~np.isin(np.arange(len(has_truth)), hits.prediction)
    seen = np.isin(_subject(task, task.true.group), _subject(task, task.predicted.group))
    missed = seen & ~np.isin(np.arange(len(seen)), hits.truth)
    found = {}
    for name, own in _own(task, hits).items():
        kind = slice(None) if name == "overall" else TYPES.index(name)
        tp = int(own.sum())
        fp, fn = (_by_type(groups, kind) for groups in (task.predicted.group[false], task.true.group[missed]))
        y_true, y_pred = _emotions(task, hits.take(own), emotions)
        matrix, classes = _confusion(y_true, y_pred)
        if len(classes) == 1:
            matrix = np.zeros_like(matrix)
        any_right = len(y_true) > 0 and np.trace(matrix) > 0
        f1_analysis = float(f1_harmonic(matrix)) if any_right else None
        f1_spotting = 2 * tp / (2 * tp + fp + fn) if tp + fp + fn else None
        found[name] = {
            **_product(f1_spotting, f1_analysis, len(y_true)),
            "uar": float(macro_precision(matrix)) if any_right else None,
            **{"tp": tp, "fp": fp, "fn": fn},
        }
    return found


def _product(f1_spotting: float | None, f1_analysis: float | None, analysed: int) -> dict[str, Any]:
    return {
        "f1_spotting": f1_spotting,
        "f1_analysis": f1_analysis,
        "strs": None if f1_spotting is None or f1_analysis is None else f1_spotting * f1_analysis,
        "n_analysed": analysed,
    }


def _confusion(y_true: Sequence[str], y_pred: Sequence[str]) -> tuple[np.ndarray, list[str]]:
    classes = sorted({*y_true, *y_pred})
    number = {name: place for place, name in enumerate(classes)}
    true, predicted = (np.array([number[one] for one in labels], dtype=int) for labels in (y_true, y_pred))
    return confusion(true, predicted, len(classes)), classes


def _emotions(task: Arranged, hits: Pairs, emotions: Sequence[str] | None) -> tuple[list[str], list[str]]:
    """y_true and y_pred of the hits that are analysed."""
    if "y_true" in task.predictions.columns:
        y_true = task.predictions["y_true"].iloc[hits.prediction]
    else:
        y_true = task.truth["emotion"].iloc[hits.truth]
    y_pred = task.predictions["y_pred"].iloc[hits.prediction]
    both = zip(y_true, y_pred, strict=True)
    analysed = [(true, one) for true, one in both if (true != "" if emotions is None else true in emotions)]
    return [true for true, _ in analysed], [one for _, one in analysed]


def _own(task: Arranged, hits: Pairs) -> dict[str, np.ndarray]:
    """Masks of the hits of each type, and of all."""
    kind = task.true.group[hits.truth] % len(TYPES)
    masks = {name: kind == number for number, name in enumerate(TYPES)}
    return {**masks, "overall": np.ones(len(kind), dtype=bool)}


def _by_type(groups: np.ndarray, kind: int | slice) -> int:
    return int(np.bincount(groups % len(TYPES), minlength=len(TYPES))[kind].sum())


def _subject(task: Arranged, groups: np.ndarray) -> np.ndarray:
    """A number per subject and type, since the script judges one type at a time."""
    subject = task.videos.groupby(["dataset", "subject"]).ngroup().to_numpy()
    return subject[groups // len(TYPES)] * len(TYPES) + groups % len(TYPES)


def _unbroken(task: Arranged, pairs: Pairs) -> Pairs:
    """Every free truth that a prediction overlaps, the predictions by onset and offset."""
    order = np.lexsort(
        (pairs.truth, pairs.prediction, task.predicted.offset[pairs.prediction], task.predicted.onset[pairs.prediction])
    )
    ordered = pairs.take(order)
    return ordered.take(np.sort(np.unique(ordered.truth, return_index=True)[1]))
