"""Confidence intervals that respect subjects: the clips of one person are not independent."""

from collections.abc import Callable

import numpy as np

_LEVEL = 95.0


def subject_bootstrap(
    confusions: np.ndarray, metric: Callable[[np.ndarray], np.ndarray], draws: int = 2000, seed: int = 0
) -> tuple[float, float]:
    """95 % percentile interval of a pooled metric, subjects resampled with replacement.

    A draw takes as many subjects as there are, with replacement, pools the confusion matrices of all their
    clips, and computes the metric from the pooled matrix. With several seeds the same subjects are drawn for
    all of them, and the value of the draw is the mean over seeds. The clips themselves are not resampled:
    that interval would be too narrow, because a subject's clips succeed or fail together.

    A class may be absent from a draw; the metric then treats it as it treats any absent class.

    Parameters
    ----------
    confusions : (subjects, seeds, C, C) int array
        One confusion matrix per subject and seed, rows truth, columns prediction.
    metric : function from (..., C, C) to (...)
        Such as `mexflow.evaluation.recognition.uf1`.
    draws : int
        2000 or more for a published interval; 0 for none.
    seed : int
        Of the generator; equal seeds draw equal subjects, whatever the metric.

    Returns
    -------
    (low, high) : two floats
        The 2.5th and the 97.5th percentile; nan without draws, or with fewer than two subjects, who show no
        spread.

    References
    ----------
    Field & Welsh, "Bootstrapping clustered data", J. R. Stat. Soc. B 69(3):369-390, 2007.

    Examples
    --------
    >>> good, bad = [[2, 0], [0, 2]], [[0, 2], [2, 0]]
    >>> accuracy = lambda c: np.trace(c, axis1=-2, axis2=-1) / c.sum(axis=(-2, -1))
    >>> subject_bootstrap(np.array([[good], [bad]]), accuracy)
    (0.0, 1.0)
    """
    pooled = np.tensordot(subject_draws(len(confusions), draws, seed).astype(float), confusions.astype(float), axes=1)
    return percentile_interval(metric(pooled).mean(axis=1), len(confusions))


def subject_draws(subjects: int, draws: int, seed: int = 0) -> np.ndarray:
    """How often each subject is taken by each draw.

    Parameters
    ----------
    subjects, draws : int
    seed : int
        Of the generator.

    Returns
    -------
    (draws, subjects) int array
        Every row sums to the number of subjects.
    """
    return np.random.default_rng(seed).multinomial(subjects, np.full(subjects, 1 / subjects), size=draws)


def percentile_interval(values: np.ndarray, subjects: int) -> tuple[float, float]:
    """95 % percentile interval of the values that draws of subjects gave.

    Parameters
    ----------
    values : (draws,) float array
        nan for a draw that leaves the metric undefined; it is left out.
    subjects : int
        How many there are to draw from.

    Returns
    -------
    (low, high) : two floats
        nan without a defined draw, or with fewer than two subjects.
    """
    defined = values[~np.isnan(values)]
    if subjects < 2 or not len(defined):
        return float("nan"), float("nan")
    tail = (100 - _LEVEL) / 2
    low, high = np.percentile(defined, [tail, 100 - tail])
    return float(low), float(high)
