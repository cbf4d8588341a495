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
        2000 or more for a published interval.
    seed : int
        Of the generator; equal seeds draw equal subjects, whatever the metric.

    Returns
    -------
    (low, high) : two floats
        The 2.5th and the 97.5th percentile; nan with fewer than two subjects, who show no spread.

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
    if len(confusions) < 2:
        return float("nan"), float("nan")
    values = metric(_pooled_draws(confusions, draws, seed)).mean(axis=1)
    tail = (100 - _LEVEL) / 2
    low, high = np.percentile(values, [tail, 100 - tail])
    return float(low), float(high)


def _pooled_draws(confusions: np.ndarray, draws: int, seed: int) -> np.ndarray:
    """(draws, seeds, C, C): how often each subject was drawn, times its confusion matrices."""
    subjects = len(confusions)
    times = np.random.default_rng(seed).multinomial(subjects, np.full(subjects, 1 / subjects), size=draws)
    pooled = times.astype(float) @ confusions.reshape(subjects, -1).astype(float)
    return np.reshape(pooled, (draws, *confusions.shape[1:]))
