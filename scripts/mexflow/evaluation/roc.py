"""How well the probability of a class ranks its clips before the others: ROC curves and the area under them.

Each class against all others, from the pooled predictions of all folds. The probabilities of two folds come from
two models, and a pooled curve compares them as if those were calibrated alike (Forman & Scholz, SIGKDD
Explorations 12(1), 2010); there is no other way where a fold is one subject, since most subjects lack classes.

**A class without a clip, or with all of them, has no curve**: it is left out of the macro average.
"""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from mexflow.evaluation.bootstrap import percentile_interval, subject_draws
from mexflow.store.predictions import probability_columns


class RocCurve(NamedTuple):
    """Corners of a ROC curve from (0, 0) to (1, 1): two float arrays of one length, never falling."""

    false_positive_rate: np.ndarray
    true_positive_rate: np.ndarray


def roc_curve(of_class: np.ndarray, scores: np.ndarray) -> RocCurve:
    """ROC curve of one class against all others.

    Parameters
    ----------
    of_class : (N,) bool array
        Whether a clip is of the class; some are and some are not.
    scores : (N,) float array
        The greater, the more likely of the class. Clips of equal score are taken together.

    Returns
    -------
    RocCurve
        The points where the curve turns.

    Raises
    ------
    ValueError
        If all or none of the clips are of the class.

    Examples
    --------
    >>> curve = roc_curve(np.array([True, False, True, False]), np.array([0.9, 0.6, 0.4, 0.1]))
    >>> curve.false_positive_rate.tolist(), curve.true_positive_rate.tolist()
    ([0.0, 0.0, 0.5, 0.5, 1.0], [0.0, 0.5, 0.5, 1.0, 1.0])
    """
    of_class = np.asarray(of_class, dtype=bool)
    if of_class.all() or not of_class.any():
        raise ValueError("a ROC curve needs clips of the class and clips of others")
    _, level = np.unique(-np.asarray(scores), return_inverse=True)
    hits, alarms = (np.concatenate([[0], np.bincount(level, one).cumsum()]) for one in (of_class, ~of_class))
    steps = np.diff(alarms)[:-1] * np.diff(hits)[1:] - np.diff(alarms)[1:] * np.diff(hits)[:-1]
    corner = np.concatenate([[True], steps != 0, [True]])
    return RocCurve(alarms[corner] / alarms[-1], hits[corner] / hits[-1])


def auc(of_class: np.ndarray, scores: np.ndarray) -> float:
    """Area under the ROC curve: the chance that a clip of the class has a greater score than one of another.

    Parameters
    ----------
    of_class : (N,) bool array
        Whether a clip is of the class.
    scores : (N,) float array
        Ties count one half.

    Returns
    -------
    float
        In 0..1; nan if all or none of the clips are of the class.

    References
    ----------
    Hanley & McNeil, "The meaning and use of the area under a ROC curve", Radiology 143(1):29-36, 1982.

    Examples
    --------
    >>> auc(np.array([True, False, True, False]), np.array([0.9, 0.6, 0.4, 0.1]))
    0.75
    """
    of_class = np.asarray(of_class, dtype=bool)
    hits, others = int(of_class.sum()), int((~of_class).sum())
    if not hits or not others:
        return float("nan")
    _, level, counts = np.unique(np.asarray(scores), return_inverse=True, return_counts=True)
    rank = counts.cumsum() - (counts - 1) / 2
    return float((rank[level][of_class].sum() - hits * (hits + 1) / 2) / (hits * others))


def auc_scores(frame: pd.DataFrame, draws: int = 2000, seed: int = 0) -> dict[str, Any]:
    """AUC of each class and their macro average, over seeds.

    Parameters
    ----------
    frame : DataFrame
        Predictions with probabilities, of one or several seeds, checked.
    draws, seed : int
        Of the subject bootstrap (`mexflow.evaluation.bootstrap.subject_bootstrap`).

    Returns
    -------
    dict of plain Python values, None for what is undefined
        ``per_class``: AUC of each class, mean over seeds; of their macro average ``mean`` and ``sd`` over seeds,
        ``per_seed`` (None where no class has a curve), and ``ci``, its 95 % subject-bootstrap interval
        [low, high].
    """
    columns = probability_columns(frame)
    seeds = [part for _, part in frame.groupby("seed", sort=True)]
    areas = np.array(
        [[auc(part["y_true"] == c, part[name]) for c, name in enumerate(columns)] for part in seeds], dtype=float
    )
    defined = ~np.isnan(areas[0])
    per_class = [float(area) if known else None for area, known in zip(areas.mean(axis=0), defined, strict=True)]
    if not defined.any():
        return {"per_class": per_class, "mean": None, "sd": None, "per_seed": [None] * len(seeds), "ci": None}
    macro = areas[:, defined].mean(axis=1)
    interval = _interval(seeds, columns, draws, seed)
    return {
        "per_class": per_class,
        "mean": float(macro.mean()),
        "sd": float(macro.std(ddof=1)) if len(macro) > 1 else None,
        "per_seed": macro.tolist(),
        "ci": None if np.isnan(interval).any() else list(interval),
    }


def roc_curves(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """ROC curve of each class under each seed.

    Parameters
    ----------
    frame : DataFrame
        Predictions with probabilities, of one or several seeds, checked.

    Returns
    -------
    list of dict of plain Python values
        For each seed and class that has a curve: ``seed``, ``class`` (its number), ``auc``,
        ``false_positive_rate`` and ``true_positive_rate`` at its corners.
    """
    curves = []
    for seed, part in frame.groupby("seed", sort=True):
        for number, name in enumerate(probability_columns(frame)):
            of_class, scores = (part["y_true"] == number).to_numpy(), part[name].to_numpy()
            if of_class.any() and not of_class.all():
                rates = {key: rate.tolist() for key, rate in roc_curve(of_class, scores)._asdict().items()}
                curves.append({"seed": int(str(seed)), "class": number, "auc": auc(of_class, scores), **rates})
    return curves


def _interval(seeds: list[pd.DataFrame], columns: list[str], draws: int, seed: int) -> tuple[float, float]:
    """Interval of the macro AUC, its classes those that a draw holds, its value the mean over seeds."""
    subjects = seeds[0].groupby(["dataset", "subject"], observed=True).ngroups
    times = subject_draws(subjects, draws, seed).astype(float)
    macro = [_drawn_macro(part, columns, times) for part in seeds]
    return percentile_interval(np.mean(macro, axis=0), subjects)


def _drawn_macro(part: pd.DataFrame, columns: list[str], times: np.ndarray) -> np.ndarray:
    """(draws,) macro AUC of one seed. A pair of clips counts as often as the product of their subjects' times."""
    subject = np.eye(times.shape[1])[part.groupby(["dataset", "subject"], observed=True).ngroup().to_numpy()]
    total, classes = np.zeros(len(times)), np.zeros(len(times))
    for number, name in enumerate(columns):
        of_class, scores = (part["y_true"] == number).to_numpy(), part[name].to_numpy()
        margin = scores[of_class][:, None] - scores[~of_class]
        wins = subject[of_class].T @ ((np.sign(margin) + 1) / 2) @ subject[~of_class]
        pairs = (times @ subject[of_class].sum(axis=0)) * (times @ subject[~of_class].sum(axis=0))
        held = pairs > 0
        total[held] += ((times @ wins) * times).sum(axis=1)[held] / pairs[held]
        classes += held
    return np.divide(total, classes, out=np.full(len(times), np.nan), where=classes > 0)
