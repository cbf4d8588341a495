"""From the scores of single frames to spotted intervals: runs of neighbours above a threshold, of accepted length."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from mexflow.evaluation.peaks import interval_table, threshold_of


def runs_above(scores: np.ndarray, p: float, shortest: int, longest: int | None = None) -> list[tuple[int, int]]:
    """Runs of consecutive scores above the threshold mean + p (max − mean).

    Parameters
    ----------
    scores : (n,) float array
        All of them count for mean and maximum.
    p : float
        In 0..1. A score equal to the threshold is not above it: with 1 there is no run.
    shortest, longest : int
        Accepted lengths, both inclusive; None is any length. A run of another length is dropped, not cut.

    Returns
    -------
    list of (first, last)
        Positions, both inclusive, in rising order. None of scores that are all equal.

    Raises
    ------
    ValueError
        If p is not in 0..1, a score is not finite, or no length is accepted.

    Examples
    --------
    >>> runs_above(np.array([0, 1, 1, 0, 1, 0]), 0.01, shortest=2)
    [(1, 2)]
    """
    if shortest < 1 or (longest is not None and longest < shortest):
        raise ValueError(f"no run has a length of {shortest} to {longest}")
    if not np.isfinite(scores).all():
        raise ValueError(f"score {int(np.argmin(np.isfinite(scores)))} is not finite")
    above = scores.astype(np.float64) > threshold_of(scores, p)
    steps = np.diff(above.astype(np.int8), prepend=0, append=0)
    runs = zip(np.flatnonzero(steps == 1).tolist(), (np.flatnonzero(steps == -1) - 1).tolist(), strict=True)
    return [(first, last) for first, last in runs if shortest <= last - first + 1 <= (longest or len(scores))]


def spotted_movements(
    scores: np.ndarray,
    k: int,
    p: float,
    lengths: tuple[int, int | None],
    frames: np.ndarray,
    video: Mapping[str, str],
    expression_type: str,
) -> pd.DataFrame:
    """The intervals that the relative differences of MDMD speak for, as in the baseline of MEGC 2020.

    Adjacent frames above the threshold form an interval; intervals that are too short or too long are dropped. The
    threshold comes from the frames that have a relative difference, not from the k − 1 at either end that have none.

    Parameters
    ----------
    scores : (n,) float array
        From `mexflow.features.mdmd.relative_differences`: score j belongs to the frame j + k. N − 2k of them for N
        frames, or one per pair (j, j + k), with 0 for the last k pairs, which have no tail frame.
    k : int
        Frames between head and current frame.
    p : float
        As of `runs_above`; 0.01 in the challenge.
    lengths : (shortest, longest or None)
        In frames of the video, as k.
    frames : (N − k,) int array
        The number of the first frame of each pair (j, j + k), rising: onset, offset and apex are told in these numbers.
    video : mapping
        dataset, subject, video.
    expression_type : str
        ``micro`` or ``macro``.

    Returns
    -------
    DataFrame, one row per interval, in the order of time
        As of `mexflow.store.spotting`: score, the greatest in the interval; apex, its frame, the first of equal ones.

    Raises
    ------
    ValueError
        As of `runs_above`, or if k is below 1 or the scores are not those of these frames.

    References
    ----------
    He, Wang, Li and Yap, "Spotting macro- and micro-expression intervals in long video sequences", FG 2020
    (arXiv 1912.11985).
    """
    if k < 1:
        raise ValueError(f"k is {k}, not at least 1")
    count = max(len(frames) - k, 0)
    if len(scores) not in (count, len(frames)):
        raise ValueError(f"{len(scores)} scores, but {len(frames)} pairs, {count} of them with a tail frame")
    if scores[count:].any():
        raise ValueError(f"one of the last {k} pairs has a score, but no tail frame")
    defined = scores[k - 1 : max(count - k + 1, k - 1)]
    rows = []
    for first, last in runs_above(defined, p, *lengths):
        best = first + int(defined[first : last + 1].argmax())
        onset, offset, apex = (frames[place + 2 * k - 1] for place in (first, last, best))
        rows.append((onset, offset, float(defined[best]), apex))
    return interval_table(rows, video, expression_type)
