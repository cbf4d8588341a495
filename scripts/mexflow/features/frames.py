"""The frames of an expression, brought to a number of them."""

from typing import Literal

import numpy as np

from mexflow.store.aligned import AlignedVideo
from mexflow.video.temporal_interpolation import linear_interpolation, tim

Time = Literal["tim", "linear", "slice", "key_frames"]


def expression_faces(video: AlignedVideo, onset: int, offset: int) -> np.ndarray:
    """The aligned faces from onset to offset, (n, H, W) uint8, all under one transform where the alignment has one.

    Raises
    ------
    UserError
        If no segment of the alignment holds them all.
    """
    first, last = video.pair_rows(video.nearest(onset), video.nearest(offset))
    return video.faces(range(first, last + 1))


def expression_landmarks(video: AlignedVideo, onset: int, offset: int) -> np.ndarray:
    """The landmarks (68, 2) of the onset, in px of the crop, in the segment of `expression_faces`."""
    first, _ = video.pair_rows(video.nearest(onset), video.nearest(offset))
    return video.landmarks_of(first)


def faces_in_time(
    video: AlignedVideo, onset: int, apex: int, offset: int, time: Time, length: int, start: int = 0
) -> np.ndarray:
    """An expression as a fixed number of frames.

    Parameters
    ----------
    video : AlignedVideo
    onset, apex, offset : int
        Frame numbers as in the manifest.
    time, length, start
        As in `mexflow.config.features.GrayFeatureSpec`.

    Returns
    -------
    (length, H, W) uint8 or float32 array
        Gray levels; float32 where they are interpolated.

    Raises
    ------
    UserError
        If no segment of the alignment holds the expression.
    """
    if time == "key_frames":
        frames = [video.nearest(number) for number in key_frames(onset, apex, offset, length)]
        return video.faces([video.pair_rows(frames[0], number)[1] for number in frames])
    faces = expression_faces(video, onset, offset)
    if time == "slice" and len(faces) >= length:
        # Where the clip has enough frames but not behind the start, the last ones.
        begin = min(start, len(faces) - length)
        return faces[begin : begin + length]
    interpolate = tim if time == "tim" else linear_interpolation
    return interpolate(faces.astype(np.float32), length).astype(np.float32)


def key_frames(onset: int, apex: int, offset: int, length: int) -> list[int]:
    """Onset, apex, offset, and equally many frames at equal whole steps between them.

    Examples
    --------
    >>> key_frames(100, 117, 140, 9)
    [100, 104, 108, 112, 117, 122, 127, 132, 140]

    References
    ----------
    The published code of Joshi's spatio-temporal CNNs on SAMM: steps (apex − onset) // 4 and (offset − apex) // 4.
    """
    between = (length - 3) // 2
    rise, fall = ((later - earlier) // (between + 1) for earlier, later in ((onset, apex), (apex, offset)))
    return [
        *(onset + step * rise for step in range(between + 1)),
        *(apex + step * fall for step in range(between + 1)),
        offset,
    ]
