"""A look-alike of SAMM Long Videos: gray frames, its own workbook, and SAMM's, which has the emotions.

Quirks: 9 rows before the header, subjects as text, durations as formulas, an apex of −1, an onset of 0, an offset past
the end of the video, frame numbers with a fraction, one name for a micro- and a macro-expression, file names that grow
to 5 digits, frame numbers that differ from SAMM's by a constant per video. The real videos count from 1; the one with
5 digits begins late here, so that it is short.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from mexflow.datasets.samm import FPS
from mexflow.synthesis.lookalikes.long_videos import Take, spliced, take_of
from mexflow.synthesis.lookalikes.samm import Code, write_codes
from mexflow.synthesis.lookalikes.writing import FrameStyle, planned_expressions, write_images, write_workbook

_RISE, _FALL = 9, 13
SIZE, PART = (600, 600), (80, 0, 560, 480)
"""Width and height of a frame, and left, top, right and bottom of what it shows of a rendered one, in px."""

_PREAMBLE: list[list[object]] = [
    ["SAMM Long Videos Dataset - FACS Codes"],
    [],
    ["Symbol Key:"],
    ["T = top, B = bottom, L = left, R = right"],
    [],
    ["AU Help:"],
    ["A to E: intensity", *[None] * 4, "NOTE: Subjects with Apex Frame not annotated were labelled as -1."],
    ["or: the coders differ"],
    [],
]
_HEADER: list[object] = [
    "Subject",
    "Filename",
    "Inducement Code",
    "Onset",
    "Apex",
    "Offset",
    "Duration",
    "Type",
    "Action Units",
    "Notes",
]

_Cells = tuple[float, float, float]


class Movement(NamedTuple):
    """A row of the workbook: a micro-expression ("micro") or a macro-expression ("macro")."""

    name: str
    type: str
    onset: float
    apex: float
    offset: float
    units: str | int


def _as_they_are(onset: int, apex: int, offset: int) -> _Cells:
    return onset, apex, offset


def _from_zero(_: int, apex: int, offset: int) -> _Cells:
    return 0, apex, offset


def _without_apex(onset: int, _: int, offset: int) -> _Cells:
    return onset, -1, offset


def _past_the_end(onset: int, apex: int, offset: int) -> _Cells:
    return onset, apex, offset + 1500


def _with_fractions(onset: int, apex: int, offset: int) -> _Cells:
    return onset + 0.4, apex - 0.5, offset - 0.4


class _Label(NamedTuple):
    name: str
    units: str | int
    emotion: str = ""  # SAMM's; macro-expressions have none
    objective: int = 0
    cells: Callable[[int, int, int], _Cells] = _as_they_are


class _Video(NamedTuple):
    name: str
    first: int  # number of its first frame
    samm: int  # what SAMM's frame numbers are higher by
    shown: Sequence[tuple[Take, _Label]]


def write(root: Path, kind: str) -> None:
    """Write the folder: subjects 012, 016 and 037, with 3 micro- and 1 or 2 macro-expressions each, in 4 videos.

    Parameters
    ----------
    root : Path
        Receives the folder SAMM_longvideos and both workbooks.
    kind : str
        Always "samm_lv".
    """
    movements = []
    codes = []
    for video in _videos([take_of(clip, FPS, _RISE, _FALL) for clip in planned_expressions(3)]):
        film = spliced([take for take, _ in video.shown], video.first)
        style = FrameStyle(f"{video.name}_{{:04d}}.jpg".format, gray=True, size=SIZE, part=PART)
        write_images(film.frames.items(), root / "SAMM_longvideos" / video.name, style)
        for (_, label), interval in zip(video.shown, film.intervals, strict=True):
            type_ = "micro" if label.emotion else "macro"
            movements.append(Movement(label.name, type_, *label.cells(*interval), label.units))
            if label.emotion:
                onset, apex, offset = (video.samm + number for number in interval)
                codes.append(Code(label.name, onset, apex, offset, label.units, label.emotion, label.objective))
    write_movements(root, movements)
    write_codes(root, codes)


def write_movements(root: Path, movements: Iterable[Movement]) -> None:
    """Write the workbook of SAMM Long Videos.

    Parameters
    ----------
    root : Path
        Receives SAMM_LongVideos_V3_Release.xlsx.
    movements : iterable of Movement
    """
    rows = [*_PREAMBLE, _HEADER]
    for line, one in enumerate(movements, len(rows) + 1):
        name = [one.name[:3], one.name, int(one.name[4])]
        interval = [one.onset, one.apex, one.offset, f"=SUM(F{line}-D{line})+1"]
        rows.append([*name, *interval, {"micro": "Micro - 1/2", "macro": "Macro"}[one.type], one.units, None])
    write_workbook(root / "SAMM_LongVideos_V3_Release.xlsx", {"FACS_Movement_Only": rows})


def _videos(takes: Sequence[Take]) -> Iterator[_Video]:
    """Videos of three subjects, from a take of a negative, a positive and a surprised expression of each."""
    negative, positive, surprise = takes[0:3]
    yield _Video(
        "012_3",
        1,
        0,
        [
            (positive.slowed(2).expression(), _Label("012_3_3", "6+12", cells=_from_zero)),
            (negative, _Label("012_3_1", 4, "Anger", 3)),
            (positive, _Label("012_3_2", "(R6 or R12)+R15", "Happiness", 1)),
        ],
    )
    macro = negative.slowed(2)
    broken_off = replace(macro, frames=macro.frames[: (macro.apex + macro.offset) // 2])
    yield _Video(
        "012_4",
        1,
        0,
        [
            (surprise, _Label("012_4_2", "1+2", "Surprise", 2)),
            (broken_off, _Label("012_4_1", "14", cells=_past_the_end)),
        ],
    )
    negative, positive, surprise = takes[3:6]
    yield _Video(
        "016_7",
        9940,
        1000,
        [
            (negative, _Label("016_7_1", "ref(7B)+43", "Contempt", 7)),
            (positive, _Label("016_7_2", "12+15 ", "Happiness", 7)),
            (surprise.slowed(2), _Label("016_7_4", "1+2+5", cells=_with_fractions)),
            (surprise, _Label("016_7_3", 5, "Surprise", 2)),
        ],
    )
    negative, positive, surprise = takes[6:9]
    yield _Video(
        "037_4",
        1,
        0,
        [
            (negative, _Label("037_4_1", "4A/B", "Disgust", 7)),
            (negative.slowed(2), _Label("037_4_1", "4+7")),
            (positive, _Label("037_4_2", 12, "Happiness", 1, _without_apex)),
            (surprise, _Label("037_4_3", "T18+39", "Surprise", 7)),
        ],
    )
