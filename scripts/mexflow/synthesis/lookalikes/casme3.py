"""A look-alike of CAS(ME)³: part A as clips and as long videos, each with depth maps, and part C.

Quirks: subjects as spNO.N and as spNo.N, the letter of a video in upper case, empty sheets, several expressions of one
subject and video, an emotion in upper case, sides of action units and units as numbers, an apex at the onset, an apex
before it, an onset with one wrong digit, an onset and apex of 0, an offset of 0, an offset with a digit too many,
missing frames, videos that do not begin at 1, a clip without a label; in part C a Chinese comma, subjects as numbers
and no apex.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mexflow.datasets.casme3 import FPS
from mexflow.synthesis.lookalikes.long_videos import Take, spliced, take_of
from mexflow.synthesis.lookalikes.writing import FrameStyle, planned_expressions, write_images, write_workbook

_RISE, _FALL = 5, 7
_COLOUR = FrameStyle("{}.jpg".format, size=(1280, 720), part=(0, 85, 640, 445))
_DEPTH = FrameStyle("{}.png".format)

_MICRO_HEADER: list[object] = ["Subject", "Filename", "Onset", "Apex", "Offset", "AU", "Objective class", "emotion"]
_MACRO_HEADER: list[object] = ["sub", "seq", "onset", "apex", "offset", "AU", "emotion"]
_PART_C_HEADER: list[object] = ["sub", "count", "onset", "offset", "au", "emotion"]
_PART_C: tuple[tuple[int, tuple[str | int, ...]], ...] = (
    (1, ("4,7", "6,12", "1，2")),
    (2, (4, 12, "1,2,5")),
    (12, ("14", "12", 5)),
)
"""Subject, and action units of a negative, a positive and a surprised expression."""

_Cells = tuple[int, int, int]


def _as_they_are(onset: int, apex: int, offset: int) -> _Cells:
    return onset, apex, offset


def _apex_at_onset(onset: int, _: int, offset: int) -> _Cells:
    return onset, onset, offset


def _apex_before_onset(onset: int, _: int, offset: int) -> _Cells:
    return onset, onset - 29, offset


def _nothing_but_offset(_onset: int, _apex: int, offset: int) -> _Cells:
    return 0, 0, offset


def _without_offset(onset: int, apex: int, _: int) -> _Cells:
    return onset, apex, 0


def _digit_too_many(onset: int, apex: int, offset: int) -> _Cells:
    return onset, apex, 10 * offset


def _wrong_digit(onset: int, apex: int, offset: int) -> _Cells:
    return onset + 1000, apex, offset


class _Label(NamedTuple):
    """A row of a workbook; a row of macro-expressions has no objective class."""

    units: str | int
    emotion: str
    objective: str = ""
    cells: Callable[[int, int, int], _Cells] = _as_they_are


class _Video(NamedTuple):
    subject: str
    letter: str
    first: int  # number of its first frame
    shown: Sequence[tuple[Take, _Label]]
    every: int = 1  # 3: of three frames, two are missing


def write(root: Path, kind: str) -> None:
    """Write the folder: subjects spNO.1, spNo.14 and spNO.216 of part A, 01, 02 and 12 of part C.

    Parameters
    ----------
    root : Path
        Receives the folders Part_A_ME_clip, Part_A_MaE_clip, part_A, part_C and annotation.
    kind : str
        Always "casme3".
    """
    takes = [take_of(clip, FPS, _RISE, _FALL) for clip in planned_expressions(3)]
    micro, macro = [_MICRO_HEADER], [_MACRO_HEADER]
    for video in _videos(takes):
        film = spliced([take for take, _ in video.shown], video.first)
        frames = {number: frame for number, frame in film.frames.items() if (number - video.first) % video.every == 0}
        _write_colour_and_depth(frames, root / "part_A" / "data" / "part_A" / video.subject / video.letter)
        for (_, label), interval in zip(video.shown, film.intervals, strict=True):
            cells = label.cells(*interval)
            row: list[object] = [video.subject, video.letter, *cells, label.units]
            if label.objective:
                micro.append([*row, label.objective, label.emotion])
            else:
                macro.append([*row, label.emotion])
            clip = f"{video.subject}_{video.letter}_{cells[0]}"
            cut = {number: frame for number, frame in frames.items() if interval[0] <= number <= interval[2]}
            top = root / ("Part_A_ME_clip" if label.objective else "Part_A_MaE_clip")
            write_images(cut.items(), top / "frame" / clip, _COLOUR)
            write_images(_depth(cut), top / "depth" / clip, _DEPTH)
    write_images(enumerate(takes[0].frames, 500), root / "Part_A_ME_clip" / "frame" / "spNO.1_c_500", _COLOUR)
    part_a = root / "annotation" / "partA"
    sheets = {"label": micro, "Sheet1": [], "Sheet3": []}
    write_workbook(part_a / "cas(me)3_part_A_ME_label_JpgIndex_v2.xlsx", sheets)
    write_workbook(part_a / "cas(me)3_part_A_MaE_label_JpgIndex_v2_emotion.xlsx", {"label": macro})
    _write_part_c(root, takes)


def _write_part_c(root: Path, takes: Sequence[Take]) -> None:
    rows = [_PART_C_HEADER]
    for place, (subject, units) in enumerate(_PART_C):
        film = spliced([take.expression() for take in takes[3 * place : 3 * place + 3]], first=1000)
        top = root / "part_C" / "RGB_Depth" / "part_C" / "part_C"
        _write_colour_and_depth(film.frames, top / f"{subject:02d}" / "a")
        emotions = ("negative", "positive", "surprise")
        for count, (onset, _, offset) in enumerate(film.intervals, 1):
            rows.append([subject, count, onset, offset, units[count - 1], emotions[count - 1]])
    write_workbook(root / "annotation" / "partC" / "CAS(ME)3_part_C_ME.xlsx", {"mockCrimeME": rows})


def _videos(takes: Sequence[Take]) -> Iterator[_Video]:
    """Labelled videos, from a take of a negative, a positive and a surprised expression of each subject."""
    negative, positive, surprise = takes[0:3]
    yield _Video(
        "spNO.1",
        "b",
        163,
        [
            (negative, _Label(4, "disgust", "III")),
            (surprise, _Label("L1+R2", "surprise", "II", _apex_at_onset)),
            (negative.slowed(2), _Label("4+7", "disgust")),
            (positive, _Label("6+12", "happy", "I", _digit_too_many)),
        ],
    )
    negative, positive, surprise = takes[3:6]
    yield _Video(
        "spNo.14",
        "J",
        17,
        [
            (negative, _Label("T24", "fear", "VII", _without_offset)),
            (positive, _Label(12, "happy", "I")),
            (surprise, _Label("1+2", "surprise", "II")),
        ],
    )
    yield _Video(
        "spNO.14", "k", 112, [(positive.slowed(3).expression(), _Label("B17", "Others", "VII", _apex_before_onset))], 3
    )
    negative, positive, surprise = takes[6:9]
    yield _Video(
        "spNO.216",
        "d",
        2644,
        [
            (surprise, _Label("1+2", "surprise", "II", _wrong_digit)),
            (positive, _Label(6, "happy", "I")),
        ],
    )
    yield _Video("spNO.216", "e", 1, [(negative.expression(), _Label("4", "sad", "III", _nothing_but_offset))])


def _write_colour_and_depth(frames: Mapping[int, np.ndarray], folder: Path) -> None:
    write_images(frames.items(), folder / "color", _COLOUR)
    write_images(_depth(frames), folder / "depth", _DEPTH)


def _depth(numbers: Iterable[int]) -> Iterator[tuple[int, np.ndarray]]:
    """A head before a wall, in mm, for each of the frames: (180, 320) uint16."""
    y, x = np.mgrid[-1:1:180j, -1.8:1.8:320j]
    head = np.clip(1 - (x / 0.5) ** 2 - (y / 0.8) ** 2, 0, None)
    depth = (1200 - 500 * np.sqrt(head)).astype(np.uint16)
    for number in numbers:
        yield number, depth
