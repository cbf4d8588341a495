"""Long videos of look-alikes: several expressions of a subject one after another, with rest between them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from mexflow.datasets.demo_plan import PlannedClip
from mexflow.synthesis.render import clip_frames

_REST = 3
"""Frames before the onset and after the offset of a take."""


@dataclass(frozen=True)
class Take:
    """One rendered expression, with a little rest before and after it.

    Attributes
    ----------
    frames : sequence of (480, 640, 3) uint8 arrays
        BGR.
    onset, apex, offset : int
        Places in `frames`, from 0.
    """

    frames: Sequence[np.ndarray]
    onset: int
    apex: int
    offset: int

    def expression(self) -> "Take":
        """From onset to offset, without the rest."""
        frames = self.frames[self.onset : self.offset + 1]
        return Take(frames, 0, self.apex - self.onset, self.offset - self.onset)

    def slowed(self, times: int) -> "Take":
        """The same as a macro-expression: every frame so many times."""
        frames = [frame for frame in self.frames for _ in range(times)]
        return Take(frames, times * self.onset, times * self.apex, times * self.offset)


@dataclass(frozen=True)
class LongVideo:
    """Several takes as one video.

    Attributes
    ----------
    frames : dict of int to (480, 640, 3) uint8 array
        Frame number → frame.
    intervals : list of (int, int, int)
        Onset, apex and offset of each take, in frame numbers.
    """

    frames: dict[int, np.ndarray]
    intervals: list[tuple[int, int, int]]


def take_of(clip: PlannedClip, fps: float, rise: int, fall: int) -> Take:
    """Render an expression at the pace of another dataset.

    Parameters
    ----------
    clip : PlannedClip
    fps : float
        Frames per second of that dataset.
    rise, fall : int
        Frames from onset to apex, and from there to offset.
    """
    onset = 1 + _REST
    apex, offset = onset + rise, onset + rise + fall
    paced = replace(clip, fps=fps, first_frame=1, onset=onset, apex=apex, offset=offset, last_frame=offset + _REST)
    return Take(list(clip_frames(paced)), onset - 1, apex - 1, offset - 1)


def spliced(takes: Sequence[Take], first: int = 1, pause: int = 3) -> LongVideo:
    """Put takes of one subject together, in their order.

    Parameters
    ----------
    takes : sequence of Take
    first : int
        The number of the first frame.
    pause : int
        For how many frames the last one of a take is held before the next take begins.
    """
    frames: list[np.ndarray] = []
    intervals = []
    for take in takes:
        frames += frames[-1:] * pause
        start = first + len(frames)
        intervals.append((start + take.onset, start + take.apex, start + take.offset))
        frames += take.frames
    return LongVideo(dict(enumerate(frames, first)), intervals)
