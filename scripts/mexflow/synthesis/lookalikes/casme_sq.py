"""A look-alike of CAS(ME)²: raw long videos, its expressions cut out and cropped, the workbook of three sheets.

Quirks: no header in any sheet, subjects by number, codes of stimuli that lost their leading zero, an offset of 0, an
apex of 0, an apex behind the offset, action units as numbers, a misspelt self-report, the outer folder doubled, a video
in the folder of another subject, a folder name with a typo, videos without a label, file names that grow to 4 digits,
subjects without their letter in the cropped form. The real videos count from 1; the one with 4 digits begins late here,
so that it is short.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mexflow.datasets.casme_sq import FPS
from mexflow.synthesis.lookalikes.long_videos import Take, spliced, take_of
from mexflow.synthesis.lookalikes.writing import FrameStyle, planned_expressions, write_images, write_workbook

_RISE, _FALL = 5, 7
_RAW = FrameStyle("img{:03d}.jpg".format)
_CROPPED = FrameStyle("img{}.jpg".format, part=(200, 120, 440, 400))

_NUMBERS = {"s15": 1, "s19": 3, "s23": 7}
STIMULI: list[list[object]] = [
    ["0101", "disgust1"],
    ["0102", "disgust2"],
    [401, "anger1"],
    ["0402", "anger2"],
    [502, "happy1"],
    ["0503", "happy2"],
    ["0505", "happy3"],
    ["0507", "happy4"],
    ["0508", "happy5"],
]
"""Code of each stimulus in the names of videos, and its name in those of expressions; two codes lost their zero."""
_MICRO, _MACRO = "micro-expression", "macro-expression"

_Cells = tuple[int, int, int]


def _as_they_are(onset: int, apex: int, offset: int) -> _Cells:
    return onset, apex, offset


def _without_offset(onset: int, apex: int, _: int) -> _Cells:
    return onset, apex, 0


def _without_apex(onset: int, _: int, offset: int) -> _Cells:
    return onset, 0, offset


def _apex_behind(onset: int, _: int, offset: int) -> _Cells:
    return onset, offset + 6, offset


class _Label(NamedTuple):
    name: str
    units: str | int
    emotion: str
    type: str
    self_report: str
    cells: Callable[[int, int, int], _Cells] = _as_they_are


class _Video(NamedTuple):
    folder: str
    first: int  # number of its first frame
    shown: Sequence[tuple[Take, _Label]]


def write(root: Path, kind: str) -> None:
    """Write the folder: subjects s15, s19 and s23, with 3 micro- and 1 or 2 macro-expressions each, in 6 videos.

    Parameters
    ----------
    root : Path
        Receives the folders rawpic and cropped and the workbook.
    kind : str
        Always "casme_sq".
    """
    takes = [take_of(clip, FPS, _RISE, _FALL) for clip in planned_expressions(3)]
    rows: list[list[object]] = []
    subjects: list[list[object]] = []
    frames: dict[str, Mapping[int, np.ndarray]] = {
        "s15/15_0508funnydunkey": dict(enumerate(takes[0].frames, 1)),
        "s23/23_0503unnyfarting": dict(enumerate(takes[7].frames, 1)),
    }
    for video in _videos(takes):
        film = spliced([take for take, _ in video.shown], video.first)
        frames[video.folder] = film.frames
        subject = video.folder.partition("/")[0]
        for (take, label), interval in zip(video.shown, film.intervals, strict=True):
            cropped = root / "cropped" / "cropped" / subject.removeprefix("s") / label.name
            write_images(enumerate(take.expression().frames, interval[0]), cropped, _CROPPED)
            name, cells = [_NUMBERS[subject], label.name], label.cells(*interval)
            rows.append([*name, *cells, label.units, label.emotion, label.type, label.self_report])
            subjects.append([int(subject.removeprefix("s")), subject, _NUMBERS[subject]])
    frames["s19/23_0502funnyerrors"] = frames["s23/23_0502funnyerrors"]
    for folder, numbered in frames.items():
        write_images(numbered.items(), root / "rawpic" / "rawpic" / folder, _RAW)
    sheets = {"CASFEcode_final": rows, "naming rule1": subjects, "naming rule2": STIMULI}
    write_workbook(root / "CAS(ME)^2code_final.xlsx", sheets)


def _videos(takes: Sequence[Take]) -> Iterator[_Video]:
    """Labelled videos, from a take of a negative, a positive and a surprised expression of each subject."""
    negative, positive, surprise = takes[0:3]
    yield _Video(
        "s15/15_0101disgustingteeth",
        970,
        [
            (negative, _Label("disgust1_1", 4, "negative", _MICRO, "disgust")),
            (surprise, _Label("disgust1_2", "1+2", "surprise", _MICRO, "surprise")),
            (negative.slowed(2), _Label("disgust1_3", "4+7", "negative", _MACRO, "disgust", _without_offset)),
        ],
    )
    yield _Video(
        "s15/15_0503unnyfarting",
        1,
        [
            (positive, _Label("happy2_1", "6+12", "positive", _MICRO, "happiness")),
            (positive.slowed(2), _Label("happy2_2", 12, "positive", _MACRO, "happyiness", _apex_behind)),
        ],
    )
    negative, positive, surprise = takes[3:6]
    yield _Video(
        "s19/19_0102eatingworms",
        1,
        [
            (negative, _Label("disgust2_1", "R14", "negative", _MICRO, "pain", _apex_behind)),
            (surprise, _Label("disgust2_2", "1+2", "surprise", _MICRO, "surprise")),
        ],
    )
    yield _Video(
        "s19/19_0507climbingthewall",
        1,
        [
            (positive, _Label("happy4_1", "6+12", "positive", _MICRO, "happiness")),
            (positive.slowed(2), _Label("happy4_2", "12", "others", _MACRO, "confused")),
        ],
    )
    negative, positive, surprise = takes[6:9]
    yield _Video(
        "s23/23_0402beatingpregnantwoman",
        1,
        [
            (negative.slowed(2), _Label("anger2_1", "4+7", "negative", _MACRO, "anger", _without_apex)),
            (negative, _Label("anger2_2", 4, "negative", _MICRO, "anger")),
        ],
    )
    yield _Video(
        "s23/23_0502funnyerrors",
        1,
        [
            (positive, _Label("happy1_1", "6+12", "positive", _MICRO, "happiness")),
            (surprise, _Label("happy1_2", "1+2", "surprise", _MICRO, "surprise")),
        ],
    )
