"""What a spotting network learns: for each pair of frames (i, i + k), how its window meets the true intervals.

The window of pair i is the frames i … i + k − 1. A video of N frames has max(N − k, 0) pairs. Frames are counted from
0, and both ends of an interval belong to it; where an interval leaves the video, what lies outside does not count.
"""

import numpy as np


def published_labels(frames: int, k: int, onsets: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """1 where a window meets an interval behind its onset, else 0, as SOFTNet is trained.

    That is from onset − k + 2 to offset. The published code leaves the onset itself out, so an interval of a single
    frame marks nothing.

    Parameters
    ----------
    frames : int
        N, of the video.
    k : int
        Frames of a window, at least 1.
    onsets, offsets : (M,) int arrays
        In any order; intervals may overlap.

    Returns
    -------
    (max(N − k, 0),) float32 array

    Raises
    ------
    ValueError
        If k is below 1, or an offset lies before its onset.

    References
    ----------
    Liong, See and Wong, "Shallow optical flow three-stream CNN for macro- and micro-expression spotting from long
    videos", ICIP 2021, section 3.2. The paper compares an IoU with 0; it is greater for the same windows.

    Examples
    --------
    >>> published_labels(10, 3, np.array([4]), np.array([5])).tolist()
    [0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0]
    """
    onsets, offsets = _checked(k, onsets, offsets)
    pairs = max(frames - k, 0)
    marked = offsets > onsets
    # +1 where a run of ones begins, −1 behind its end: their sum up to i counts the runs that hold i.
    steps = np.bincount(np.clip(onsets[marked] - k + 2, 0, pairs), minlength=pairs + 1)
    steps -= np.bincount(np.clip(offsets[marked] + 1, 0, pairs), minlength=pairs + 1)
    return (np.cumsum(steps)[:pairs] > 0).astype(np.float32)


def overlap_labels(frames: int, k: int, onsets: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Intersection over union of each window with the interval that it overlaps most; 0 where it meets none.

    Parameters
    ----------
    frames, k, onsets, offsets
        As of `published_labels`.

    Returns
    -------
    (max(N − k, 0),) float32 array
        In 0..1.

    Raises
    ------
    ValueError
        As of `published_labels`.

    Examples
    --------
    >>> overlap_labels(8, 2, np.array([3]), np.array([3])).tolist()
    [0.0, 0.0, 0.5, 0.5, 0.0, 0.0]
    """
    onsets, offsets = _checked(k, onsets, offsets)
    labels = np.zeros(max(frames - k, 0), np.float32)
    inside = (onsets < frames) & (offsets >= 0)
    for onset, offset in zip(np.maximum(onsets, 0)[inside], np.minimum(offsets, frames - 1)[inside], strict=True):
        first = max(onset - k + 1, 0)
        windows = np.arange(first, min(offset + 1, len(labels)))
        shared = np.minimum(windows + k - 1, offset) - np.maximum(windows, onset) + 1
        met = labels[first : first + len(windows)]
        np.maximum(met, shared / (k + offset - onset + 1 - shared), out=met)
    return labels


def _checked(k: int, onsets: np.ndarray, offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    onsets, offsets = np.asarray(onsets, dtype=np.int64), np.asarray(offsets, dtype=np.int64)
    if k < 1:
        raise ValueError(f"a window of {k} frames")
    if (offsets < onsets).any():
        first = int(np.argmax(offsets < onsets))
        raise ValueError(f"interval {first}: offset {offsets[first]} before onset {onsets[first]}")
    return onsets, offsets
