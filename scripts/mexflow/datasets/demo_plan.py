"""Which clips the demo dataset has: subjects, emotions and intervals, from numbers alone, no pixels."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple
from zlib import crc32

import numpy as np

LABEL_COLUMNS = ("subject", "clip", "path", "onset", "apex", "offset", "fps", "action_units", "emotion")

FPS = 200.0


@dataclass(frozen=True)
class PlannedClip:
    """One clip of the demo. Frame numbers are those of the file names, inclusive; a video's count from 1."""

    subject: str
    clip: str
    emotion: str
    action_units: str
    first_frame: int
    last_frame: int
    onset: int
    apex: int
    offset: int
    is_video: bool
    seed: int
    fps: float = FPS


class _Expression(NamedTuple):
    three_class: str
    emotion: str
    action_units: str


_EXPRESSIONS = (
    _Expression("negative", "sadness", "4+15"),
    _Expression("positive", "happiness", "6+12"),
    _Expression("surprise", "surprise", "1+2+26"),
)


def planned_clips(subjects: int, clips_per_emotion: int, seed: int) -> list[PlannedClip]:
    """The clips of a demo, by subject, emotion and number.

    A clip follows from the seed, its subject's number and its name only, so a demo with more subjects or
    clips holds those of a smaller one unchanged. The clips of s1 are video files, all others image folders.

    Parameters
    ----------
    subjects : int
        Number of subjects, s1, s2, …
    clips_per_emotion : int
        Clips of each of the three emotions, per subject.
    seed : int
        Seed of the whole demo, ≥ 0.

    Returns
    -------
    list of PlannedClip
        30–60 frames each, at 200 frames per second.

    Examples
    --------
    >>> clip = planned_clips(subjects=8, clips_per_emotion=3, seed=0)[0]
    >>> clip.clip, clip.emotion, clip.action_units
    ('s1_negative_01', 'sadness', '4+15')
    """
    return [
        _planned_clip(f"s{number}", expression, repetition, seed, is_video=number == 1)
        for number in range(1, subjects + 1)
        for expression in _EXPRESSIONS
        for repetition in range(1, clips_per_emotion + 1)
    ]


def _planned_clip(subject: str, expression: _Expression, repetition: int, seed: int, is_video: bool) -> PlannedClip:
    name = f"{subject}_{expression.three_class}_{repetition:02d}"
    rng = random_stream(seed, subject, name, "interval")
    # Most clips pass from frame 99 to 100: their file names need natural order.
    number_of_first = int(rng.integers(30, 100))
    before, rise = int(rng.integers(6, 11)), int(rng.integers(8, 17))
    fall, after = int(rng.integers(10, 25)), int(rng.integers(5, 10))
    first = 1 if is_video else number_of_first
    onset = first + before
    apex = onset + rise
    offset = apex + fall
    return PlannedClip(
        subject=subject,
        clip=name,
        emotion=expression.emotion,
        action_units=expression.action_units,
        first_frame=first,
        last_frame=offset + after,
        onset=onset,
        apex=apex,
        offset=offset,
        is_video=is_video,
        seed=seed,
    )


def random_stream(seed: int, *names: str) -> np.random.Generator:
    """Random numbers that belong to the named thing alone, such as (seed, "s3", "s3_positive_02", "head")."""
    return np.random.default_rng([seed, *(crc32(name.encode()) for name in names)])


def source_of(clip: PlannedClip) -> str:
    """Where the clip's frames are in the raw folder: a folder of images, or a video file.

    Examples
    --------
    >>> source_of(planned_clips(subjects=2, clips_per_emotion=1, seed=0)[0])
    's1/s1_negative_01.avi'
    """
    return f"{clip.subject}/{clip.clip}{'.avi' if clip.is_video else ''}"


def label_table(clips: Iterable[PlannedClip]) -> list[dict[str, str]]:
    """Rows of the label table in the format of `mexflow.datasets.custom`, one per clip.

    Examples
    --------
    >>> label_table(planned_clips(subjects=2, clips_per_emotion=1, seed=0))[4]["action_units"]
    '6+12'
    """
    return [
        {
            "subject": clip.subject,
            "clip": clip.clip,
            "path": source_of(clip),
            "onset": str(clip.onset),
            "apex": str(clip.apex),
            "offset": str(clip.offset),
            "fps": f"{clip.fps:g}",
            "action_units": clip.action_units,
            "emotion": clip.emotion,
        }
        for clip in clips
    ]
