"""A look-alike of SAMM: gray frames, onset to offset, and the FACS workbook.

Quirks: 13 rows before the header, subjects as text, durations as formulas, an apex after the offset, one before the
onset and one right behind it, frame numbers of 4 and of 5 digits, a clip whose files are numbered one lower than its
label, an emotion that no class takes, intensities, alternatives, sides and a trailing blank among the action units, of
which some cells are numbers.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from mexflow.datasets.samm import FPS
from mexflow.synthesis.lookalikes.writing import (
    FrameStyle,
    expression_alone,
    planned_expressions,
    rendered,
    shifted,
    write_images,
    write_workbook,
)

_SIZE, _PART = (960, 650), (0, 47, 640, 480)

_PREAMBLE: list[list[object]] = [
    ["SAMM Micro-Movement FACS Codes", None, None, None, "Please cite the paper of the dataset"],
    [],
    ["Updated", *[None] * 7, "Objective classes added"],
    [None, None, None, None, "Frame numbers are those of the camera"],
    [],
    ["Symbol Key:"],
    ["T = top, B = bottom, L = left, R = right"],
    ["ref = reference frame"],
    [],
    ["AU Help:"],
    ["A to E: intensity"],
    ["or: the coders differ"],
    [],
]
_HEADER: list[object] = [
    "Subject",
    "Filename",
    "Inducement Code",
    "Onset Frame",
    "Apex Frame",
    "Offset Frame",
    "Duration",
    "Micro",
    "Action Units",
    "Estimated Emotion",
    "Objective Classes",
    "Notes",
]


class Code(NamedTuple):
    """A row of the workbook."""

    name: str
    onset: int
    apex: int
    offset: int
    units: str | int
    emotion: str
    objective: int


class _Clip(NamedTuple):
    shows: int  # which of the planned expressions: 3 subjects × negative, positive, surprise
    name: str
    onset: int
    units: str | int
    emotion: str
    objective: int
    apex: int | None = None  # where the cell is wrong
    digits: int = 5
    lower: int = 0  # by how much its files are numbered lower than the label


_CLIPS = (
    _Clip(0, "009_1_3", 3577, 4, "Anger", 3, digits=4),
    _Clip(1, "009_1_4", 3990, "(R6 or R12)+R15", "Happiness", 1, digits=4),
    _Clip(2, "009_6_1", 5562, "1+2", "Surprise", 2, lower=1),
    _Clip(3, "028_4_1", 1080, "ref(7B)+43", "Sadness", 7, apex=1143, digits=4),
    _Clip(4, "028_4_2", 11080, "12+15 ", "Happiness", 7),
    _Clip(5, "028_4_3", 11300, "1+2+5", "Surprise", 7),
    _Clip(5, "028_4_4", 11500, "T18+39", "Other", 7),
    _Clip(6, "032_3_1", 4896, "4A/B", "Disgust", 3, apex=1930),
    _Clip(7, "032_3_2", 5126, "R14A or 17A or 24A", "Happiness", 7, apex=5127),
    _Clip(8, "032_3_3", 5400, 5, "Surprise", 2),
)


def write(root: Path, kind: str) -> None:
    """Write the folder: subjects 009, 028 and 032, with 3 or 4 clips each.

    Parameters
    ----------
    root : Path
        Receives the folder SAMM and the workbook.
    kind : str
        Always "samm".
    """
    expressions = [expression_alone(clip, FPS) for clip in planned_expressions(3)]
    codes = []
    for clip in _CLIPS:
        shown, subject = expressions[clip.shows], clip.name[:3]
        style = FrameStyle(f"{subject}_{{:0{clip.digits}d}}.jpg".format, gray=True, size=_SIZE, part=_PART)
        frames = enumerate(rendered(shown), clip.onset - clip.lower)
        write_images(frames, root / "SAMM" / subject / clip.name, style)
        onset, apex, offset = shifted(shown, clip.onset)
        cell = apex if clip.apex is None else clip.apex
        codes.append(Code(clip.name, onset, cell, offset, clip.units, clip.emotion, clip.objective))
    write_codes(root, codes)


def write_codes(root: Path, codes: Iterable[Code]) -> None:
    """Write SAMM's own FACS workbook, from which SAMM Long Videos has its emotions as well.

    Parameters
    ----------
    root : Path
        Receives SAMM_Micro_FACS_Codes_v2.xlsx.
    codes : iterable of Code
    """
    rows = [*_PREAMBLE, _HEADER]
    for line, code in enumerate(codes, len(rows) + 1):
        name = [code.name[:3], code.name, int(code.name[4])]
        interval = [code.onset, code.apex, code.offset, f"=SUM(F{line}-D{line})+1"]
        rows.append([*name, *interval, "Micro - 1/2", code.units, code.emotion, code.objective, None])
    write_workbook(root / "SAMM_Micro_FACS_Codes_v2.xlsx", {"MICRO_ONLY": rows})
