"""A lower frame rate: which frames of a clip make it up, and which of them stands for a labelled one."""

import math
from collections.abc import Iterable, Iterator
from typing import TypeVar

import numpy as np

from mexflow.errors import UserError

Frame = TypeVar("Frame")


def at_lower_rate(frames: Iterable[tuple[int, Frame]], fps: float, target: float) -> Iterator[tuple[int, Frame]]:
    """Keep of a clip the frames that make up a lower frame rate.

    These are the frames nearest to k / `target` seconds after the first, k = 0, 1, …; of two equally near, the earlier.
    Without gaps, that is first + ⌈k · `fps` / `target` − ½⌉; 200 to 25 fps takes every eighth. Frame numbers tell the
    time, so that a gap stays a gap: a frame stands only for the time that is nearest to it.

    Parameters
    ----------
    frames : iterable of (int, frame)
        Frame number and frame, ascending, as `gray_frames` yields them.
    fps : float
        The clip's frames per second.
    target : float
        The rate that is wanted, in frames per second.

    Yields
    ------
    (int, frame)
        Those that are kept, with the numbers that they had. One of them is held at a time.

    Raises
    ------
    UserError
        If `target` is not below `fps`.

    Examples
    --------
    >>> [number for number, _ in at_lower_rate(((n, None) for n in range(1, 14)), fps=30, target=25)]
    [1, 2, 3, 5, 6, 7, 8, 9, 11, 12, 13]
    """
    if not 0 < target < fps:
        raise UserError(
            f"fps: {target:g} is not below the {fps:g} frames per second of the clip."
            " Ask for less, or leave `fps` out to keep every frame."
        )
    return _nearest_to_times(frames, fps, target)


def _nearest_to_times(frames: Iterable[tuple[int, Frame]], fps: float, target: float) -> Iterator[tuple[int, Frame]]:
    # Products before quotients: whole rates then make no rounding errors, and ties are ties.
    first = last = None
    best: tuple[int, Frame] | None = None
    best_k, best_distance = 0, 0.0
    for number, frame in frames:
        first = number if first is None else first
        last = number - first
        k = math.ceil(last * target / fps - 0.5)
        distance = abs(last * target - k * fps)
        if best is not None and k == best_k and distance >= best_distance:
            continue
        if best is not None and k != best_k:
            yield best
        best, best_k, best_distance = (number, frame), k, distance
    # A time to which a frame after the end would be nearer is not in the clip.
    if best is not None and last is not None and best_k * fps <= (last + 0.5) * target:
        yield best


def kept_frames(numbers: Iterable[int], fps: float, target: float) -> np.ndarray:
    """The numbers of the frames that `at_lower_rate` keeps.

    Parameters
    ----------
    numbers : iterable of int
        The numbers of a clip's frames, ascending.
    fps, target : float
        As for `at_lower_rate`.

    Returns
    -------
    (n,) int64 array

    Raises
    ------
    UserError
        If `target` is not below `fps`.

    Examples
    --------
    >>> kept_frames(range(46, 76), fps=200, target=25).tolist()
    [46, 54, 62, 70]
    """
    kept = at_lower_rate(((number, None) for number in numbers), fps, target)
    return np.array([number for number, _ in kept], dtype=np.int64)
