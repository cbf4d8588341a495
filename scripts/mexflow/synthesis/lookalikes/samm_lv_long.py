"""A look-alike of SAMM Long Videos to spot expressions in: gray frames, both workbooks without quirks."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from mexflow.datasets.samm import FPS
from mexflow.synthesis.long_video import LongFilm, Pace, PlannedVideo, planned_video
from mexflow.synthesis.lookalikes.samm import Code, write_codes
from mexflow.synthesis.lookalikes.samm_lv import PART, SIZE, Movement, write_movements
from mexflow.synthesis.lookalikes.writing import FrameStyle, write_images

_PACE = Pace(FPS, micro=(50, 101), macro=(200, 500))
_FRAMES = 4000
_MICRO, _MACRO = 6 / _FRAMES, 5 / _FRAMES  # expressions per frame

_SUBJECTS = ("006", "007", "009", "010", "011", "012", "014", "015")


class _Class(NamedTuple):
    emotion: str
    objective: int


# SAMM's estimated emotion and objective class of what the faces show.
_CLASSES = {
    "4": _Class("Anger", 3),
    "4+15": _Class("Anger", 7),
    "12": _Class("Happiness", 1),
    "6+12": _Class("Happiness", 1),
    "1+2": _Class("Surprise", 2),
    "1+2+26": _Class("Surprise", 2),
}


def write(root: Path, kind: str) -> None:
    """Write the folder: a labelled video of 4 subjects, with 6 micro- and 5 macro-expressions each, and a silent one.

    Parameters
    ----------
    root : Path
        Receives the folder SAMM_longvideos and both workbooks.
    kind : str
        Always "samm_lv_long".
    """
    write_long(root)


def write_long(root: Path, subjects: int = 4, frames: int = _FRAMES) -> None:
    """Write the folder in another size.

    Parameters
    ----------
    root : Path
        Receives the folder SAMM_longvideos and both workbooks.
    subjects, frames : int
        As in `planned_videos`.

    Raises
    ------
    ValueError
        If there are too many subjects or too few frames.
    """
    movements, codes = [], []
    for video in planned_videos(subjects, frames):
        film = LongFilm(video, gray=True, part=PART)
        style = FrameStyle(f"{video.name}_{{:04d}}.jpg".format, gray=True, size=SIZE, quality=90)
        write_images(enumerate(film.frames(), 1), root / "SAMM_longvideos" / video.name, style)
        for count, one in enumerate(video.expressions, 1):
            name, interval = f"{video.name}_{count}", (one.onset, one.apex, one.offset)
            movements.append(Movement(name, one.type, *interval, one.action_units))
            if one.type == "micro":
                codes.append(Code(name, *interval, one.action_units, *_CLASSES[one.action_units]))
    write_movements(root, movements)
    write_codes(root, codes)


def planned_videos(subjects: int = 4, frames: int = _FRAMES) -> list[PlannedVideo]:
    """What the folder shows, from numbers alone: a video's name is its folder, "006_1".

    Parameters
    ----------
    subjects : int
        Up to 8.
    frames : int
        Of each labelled video, 720 at least; the silent one of the first subject has half as many. The expressions
        are in proportion, at least one of each type.

    Raises
    ------
    ValueError
        If there are too many subjects or too few frames.
    """
    if subjects > len(_SUBJECTS):
        raise ValueError(f"{subjects} subjects; there are {len(_SUBJECTS)}")
    return list(_videos(subjects, frames))


def _videos(subjects: int, frames: int) -> Iterator[PlannedVideo]:
    micro, macro = (max(1, round(each * frames)) for each in (_MICRO, _MACRO))
    for number, subject in enumerate(_SUBJECTS[:subjects], 1):
        yield planned_video(number, f"{subject}_1", frames, _PACE, micro, macro)
    yield planned_video(1, f"{_SUBJECTS[0]}_2", frames // 2, _PACE, micro=0, macro=0)
