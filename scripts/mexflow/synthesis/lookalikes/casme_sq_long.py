"""A look-alike of CAS(ME)² to spot expressions in: long raw videos, and the workbook of three sheets without quirks."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from mexflow.datasets.casme_sq import FPS
from mexflow.synthesis.long_video import LongFilm, Pace, PlannedVideo, planned_video
from mexflow.synthesis.lookalikes.casme_sq import STIMULI
from mexflow.synthesis.lookalikes.writing import FrameStyle, write_images, write_workbook

_PACE = Pace(FPS, micro=(9, 17), macro=(20, 70))
_STYLE = FrameStyle("img{:03d}.jpg".format, quality=90)
_FRAMES = 2600
_EACH_TYPE = 7 / _FRAMES  # expressions per frame

_FOLDERS = ("s15", "s16", "s19", "s20", "s21", "s22", "s23", "s24")  # their numbers in the workbook begin at 1
_SELF_REPORTS = {"negative": "disgust", "positive": "happiness", "surprise": "surprise"}


class _Stimulus(NamedTuple):
    video: str
    expressions: str


_SEEN = (
    _Stimulus("0101disgustingteeth", "disgust1"),
    _Stimulus("0502funnyerrors", "happy1"),
    _Stimulus("0402beatingpregnantwoman", "anger2"),
    _Stimulus("0507climbingthewall", "happy4"),
)
_SEEN_IN_SILENCE = "0508funnydunkey"


def write(root: Path, kind: str) -> None:
    """Write the folder: a labelled video of 4 subjects, with 7 micro- and 7 macro-expressions each, and a silent one.

    Parameters
    ----------
    root : Path
        Receives the folder rawpic and the workbook.
    kind : str
        Always "casme_sq_long".
    """
    write_long(root)


def write_long(root: Path, subjects: int = 4, frames: int = _FRAMES) -> None:
    """Write the folder in another size.

    Parameters
    ----------
    root : Path
        Receives the folder rawpic and the workbook.
    subjects, frames : int
        As in `planned_videos`.

    Raises
    ------
    ValueError
        If there are too many subjects or too few frames.
    """
    rows: list[list[object]] = []
    naming: list[list[object]] = []
    for video in planned_videos(subjects, frames):
        folder, _, name = video.name.partition("/")
        write_images(enumerate(LongFilm(video).frames(), 1), root / "rawpic" / "rawpic" / video.name, _STYLE)
        stimulus = next((one.expressions for one in _SEEN if name.endswith(one.video)), "")
        for count, one in enumerate(video.expressions, 1):
            cells = [one.onset, one.apex, one.offset, one.action_units, one.emotion, f"{one.type}-expression"]
            rows.append([video.subject, f"{stimulus}_{count}", *cells, _SELF_REPORTS[one.emotion]])
            naming.append([int(folder.removeprefix("s")), folder, video.subject])
    stimuli: list[list[object]] = [[str(code).zfill(4), stimulus] for code, stimulus in STIMULI]
    sheets = {"CASFEcode_final": rows, "naming rule1": naming, "naming rule2": stimuli}
    write_workbook(root / "CAS(ME)^2code_final.xlsx", sheets)


def planned_videos(subjects: int = 4, frames: int = _FRAMES) -> list[PlannedVideo]:
    """What the folder shows, from numbers alone: a video's name is its folder, "s15/15_0101disgustingteeth".

    Parameters
    ----------
    subjects : int
        Up to 8.
    frames : int
        Of each labelled video; the silent one of the first subject has half as many. The expressions are in
        proportion, at least one of each type.

    Raises
    ------
    ValueError
        If there are too many subjects or too few frames.
    """
    if subjects > len(_FOLDERS):
        raise ValueError(f"{subjects} subjects; there are {len(_FOLDERS)}")
    return list(_videos(subjects, frames))


def _videos(subjects: int, frames: int) -> Iterator[PlannedVideo]:
    count = max(1, round(_EACH_TYPE * frames))
    for number, folder in enumerate(_FOLDERS[:subjects], 1):
        name = f"{folder}/{folder.removeprefix('s')}_{_SEEN[(number - 1) % len(_SEEN)].video}"
        yield planned_video(number, name, frames, _PACE, micro=count, macro=count)
    silent = f"{_FOLDERS[0]}/{_FOLDERS[0].removeprefix('s')}_{_SEEN_IN_SILENCE}"
    yield planned_video(1, silent, frames // 2, _PACE, micro=0, macro=0)
