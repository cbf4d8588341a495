"""From the scores of frame pairs to spotted intervals: a moving mean, a threshold, the peaks above it.

Scores are of the pairs (i, i + k) of one video: N − k of them for N frames. Frames are counted from 0 here, but for
the rows of tables: there they have their own numbers.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.signal import find_peaks

from mexflow.store.spotting import INTERVAL, VIDEO


class Peaks(NamedTuple):
    """What the curve of one video shows.

    Attributes
    ----------
    smoothed : (max(N − 3k, 0),) float array
        Its value j belongs to frame j + k.
    threshold : float
        The least height of a peak; nan for a video without a smoothed value.
    position : (P,) int array
        Places in `smoothed`, rising.
    """

    smoothed: np.ndarray
    threshold: float
    position: np.ndarray


def moving_mean(scores: np.ndarray, k: int) -> np.ndarray:
    """Means of 2k scores each: value j is that of scores j … j + 2k − 1.

    Parameters
    ----------
    scores : (N − k,) float array
    k : int
        At least 1.

    Returns
    -------
    (max(N − 3k, 0),) float array
        As published, without the last mean that there would be. Empty for a video of 3k frames or fewer, where the
        published code fails.

    Examples
    --------
    >>> moving_mean(np.array([0.0, 1.0, 2.0, 3.0]), 1).tolist()
    [0.5, 1.5]
    """
    if k < 1:
        raise ValueError(f"a moving mean over {2 * k} scores")
    if len(scores) <= 2 * k:
        return np.zeros(0)
    # Each window is summed by itself: running sums would leave rounding errors that look like peaks.
    windows = np.lib.stride_tricks.sliding_window_view(np.asarray(scores, dtype=np.float64), 2 * k)
    return windows[:-1].mean(axis=-1)


def peaks(scores: np.ndarray, k: int, p: float) -> Peaks:
    """The peaks of the smoothed scores of one video.

    A peak is a value, or the middle of a plateau, above both neighbours and not below the threshold
    mean + p (max − mean). Of peaks less than k places apart, the lower one goes. The first and the last value are
    never one.

    Parameters
    ----------
    scores : (N − k,) float array
    k : int
        Half the length of an expression, in frames, at least 1.
    p : float
        In 0..1: 0 is the mean of the smoothed scores, 1 their greatest.

    Raises
    ------
    ValueError
        If k is below 1, p is not in 0..1, or a score is not finite.

    References
    ----------
    Liong, See and Wong, "Shallow optical flow three-stream CNN for macro- and micro-expression spotting from long
    videos", ICIP 2021, section 3.4.
    """
    if not np.isfinite(scores).all():
        raise ValueError(f"score {int(np.argmin(np.isfinite(scores)))} is not finite")
    smoothed = moving_mean(scores, k)
    threshold = threshold_of(smoothed, p)
    if not len(smoothed):
        return Peaks(smoothed, threshold, np.zeros(0, dtype=np.int64))
    return Peaks(smoothed, threshold, find_peaks(smoothed, height=threshold, distance=k)[0])


def threshold_of(values: np.ndarray, p: float) -> float:
    """The threshold mean + p (max − mean) of some values.

    Parameters
    ----------
    values : (n,) float array
        Finite.
    p : float
        In 0..1.

    Returns
    -------
    float
        Not below the least value and not above the greatest one, whatever the rounding; nan of no values.

    Raises
    ------
    ValueError
        If p is not in 0..1.
    """
    if not 0 <= p <= 1:
        raise ValueError(f"p is {p}, not in 0..1")
    if not len(values):
        return float("nan")
    mean, greatest = values.mean(dtype=np.float64), values.max()
    return float(np.clip(mean + p * (greatest - mean), values.min(), greatest))


def spotted_intervals(
    scores: np.ndarray,
    k: int,
    p: float,
    video: Mapping[str, str],
    expression_type: str,
    frames: np.ndarray,
    merge: bool = False,
) -> pd.DataFrame:
    """The intervals that the scores of one video speak for: k frames on either side of each peak.

    Parameters
    ----------
    scores, k, p
        As of `peaks`.
    video : mapping
        dataset, subject, video.
    expression_type : str
        ``micro`` or ``macro``.
    frames : (N − k,) int array
        The number of the first frame of each pair, rising: onset, offset and apex are told in these numbers.
    merge : bool
        Make one interval of those that share frames. Not published.

    Returns
    -------
    DataFrame, one row per interval, in the order of time
        As of `mexflow.store.spotting`: onset and offset, which are inside the video; score, the height of the peak, or
        of the highest among merged ones; apex, that peak's frame.

    Raises
    ------
    ValueError
        As of `peaks`, or if there are more or fewer frames than scores.
    """
    if len(frames) != len(scores):
        raise ValueError(f"{len(scores)} scores, but the first frames of {len(frames)} pairs")
    smoothed, _, position = peaks(scores, k, p)
    # Value j belongs to frame j + k: k frames before that is j, k frames behind it j + 2k, at most N − k − 1.
    rows = [(int(j), int(j) + 2 * k, float(smoothed[j]), int(j) + k) for j in position]
    told = [
        (frames[onset], frames[offset], score, frames[apex])
        for onset, offset, score, apex in (_merged(rows) if merge else rows)
    ]
    return interval_table(told, video, expression_type)


def interval_table(
    rows: Iterable[tuple[int, int, float, int]], video: Mapping[str, str], expression_type: str
) -> pd.DataFrame:
    """Spotted intervals of one video in the schema of `mexflow.store.spotting`.

    Parameters
    ----------
    rows : iterable of (onset, offset, score, apex)
        Maybe none.
    video : mapping
        dataset, subject, video.
    expression_type : str
        ``micro`` or ``macro``.
    """
    frame = pd.DataFrame(list(rows), columns=["onset", "offset", "score", "apex"])
    frame = frame.astype({"onset": np.int64, "offset": np.int64, "score": np.float64, "apex": np.float64})
    for name in VIDEO:
        frame[name] = pd.Series(video[name], index=frame.index, dtype=str)
    frame["type"] = pd.Series(expression_type, index=frame.index, dtype=str)
    return frame[[*INTERVAL, "score", "apex"]]


def _merged(rows: list[tuple[int, int, float, int]]) -> list[tuple[int, int, float, int]]:
    """Rows of rising onset and offset; of equal scores, the first apex."""
    merged: list[tuple[int, int, float, int]] = []
    for onset, offset, score, apex in rows:
        if merged and onset <= merged[-1][1]:
            first, _, best, at = merged.pop()
            merged.append((first, offset, max(best, score), apex if score > best else at))
        else:
            merged.append((onset, offset, score, apex))
    return merged
