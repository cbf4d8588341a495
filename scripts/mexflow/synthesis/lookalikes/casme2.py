"""A look-alike of CASME II: selected and cropped frames, the sheets of 2014 and 2019, the objective classes.

Quirks: the folder of the selected frames nested once more; frame numbers without padding; odd clip names and the
optional `f`; an apex "/", one at the onset, one at the offset; frames that are not those of the label; an offset behind
the last frame; a label without its clip and two clips without a label; blank columns, empty sheets, a sheet of junk;
subjects as text in one workbook and as numbers in the other; action units as numbers, with sides, and "?"; an emotion
and action units that the newer sheet corrects.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from mexflow.datasets.casme2 import FPS
from mexflow.synthesis.lookalikes.writing import (
    FrameStyle,
    expression_alone,
    planned_expressions,
    rendered,
    shifted,
    write_images,
    write_workbook,
)


class _Clip(NamedTuple):
    subject: str
    name: str
    shows: int  # which of the planned expressions: 4 subjects × negative, positive, surprise
    first: int  # the number of its first frame
    emotion: str
    units: str | int


_LABELLED = (
    _Clip("04", "EP12_01f", 0, 261, "disgust", 4),
    _Clip("04", "EP19_05f", 0, 7, "others", "?"),
    _Clip("04", "EP13_02f", 1, 46, "happiness", "6+12"),
    _Clip("04", "EP19_01f", 2, 95, "surprise", "1+2"),
    _Clip("05", "EP09_05f", 3, 69, "disgust", "4+7"),
    _Clip("05", "EP09f", 3, 111, "fear", "L4"),
    _Clip("05", "EP16_04f", 4, 21, "happiness", "R12"),
    _Clip("05", "EP19_03", 5, 88, "surprise", "1+2"),
    _Clip("07", "EP06_01", 6, 56, "repression", "15"),
    _Clip("07", "EP06_02_01", 7, 31, "happiness", 12),
    _Clip("07", "EP06_02_02", 8, 99, "surprise", 2),
    _Clip("24", "EP01_08", 9, 64, "disgust", "4+L10"),
    _Clip("24", "EP13_01", 10, 90, "happiness", "6+12"),
    _Clip("24", "EP07_01", 11, 1, "sadness", "1+2"),
)
_WITHOUT_LABEL = (_Clip("24", "EP02_07", 9, 61, "disgust", 4), _Clip("09", "EP02_02f", 11, 3, "others", "?"))
_WITHOUT_CLIP = ["22", "EP13_08", None, 1, 38, 86, None, 14, "others"]

_CELLS = {
    "EP12_01f": lambda onset, apex, offset: (onset, "/", offset),
    "EP09_05f": lambda onset, apex, offset: (onset, onset, offset),
    "EP16_04f": lambda onset, apex, offset: (onset, offset, offset),
    "EP06_01": lambda onset, apex, offset: (15, 49, 68),
    "EP01_08": lambda onset, apex, offset: (onset, apex, offset + 14),
}
_CORRECTED_2019 = {"EP07_01": ("surprise", "1+2"), "EP06_02_01": ("happiness", "6+12")}
"""Emotion and action units."""

_SELECTED = FrameStyle(name_of="img{}.jpg".format)
_CROPPED = FrameStyle(name_of="reg_img{}.jpg".format, size=(231, 282), part=(155, 30, 485, 433))
_HEADER = ["Subject", "Filename", None, "OnsetFrame", "ApexFrame", "OffsetFrame", None, "Action Units"]
_JUNK = [[number, number * number] for number in range(10)]


def write(root: Path, kind: str) -> None:
    """Write the folder: subjects 04, 05, 07 and 24 with an expression of each class, and the rows and clips around.

    Parameters
    ----------
    root : Path
        The folder to write.
    kind : str
        Always "casme2".
    """
    expressions = [expression_alone(clip, FPS) for clip in planned_expressions(4)]
    for clip in sorted((*_LABELLED, *_WITHOUT_LABEL), key=lambda one: one.shows):
        frames = rendered(expressions[clip.shows])
        for form, style in (("CASME2_RAW_selected/CASME2_RAW_selected", _SELECTED), ("Cropped", _CROPPED)):
            write_images(enumerate(frames, clip.first), root / form / f"sub{clip.subject}" / clip.name, style)
    old: list[list[object]] = []
    new: list[list[object]] = []
    classes: list[list[object]] = []
    for number, clip in enumerate(_LABELLED):
        cells = tuple(shifted(expressions[clip.shows], clip.first))
        cells = _CELLS[clip.name](*cells) if clip.name in _CELLS else cells
        emotion, units = _CORRECTED_2019.get(clip.name, (clip.emotion, clip.units))
        old.append([clip.subject, clip.name, None, *cells, None, clip.units, clip.emotion])
        new.append([clip.subject, clip.name, None, *cells, None, units, emotion])
        classes.append([int(clip.subject), clip.name, 1 + number % 7])
    for version, rows in (("20140508", old), ("20190701", new)):
        sheet: list[Sequence[object]] = [[*_HEADER, "Estimated Emotion"], *rows, _WITHOUT_CLIP]
        write_workbook(root / f"CASME2-coding-{version}.xlsx", {"Sheet1": sheet, "Sheet2": [], "Sheet3": []})
    sheet = [["Subject", "Filename", "Objective Class"], *classes]
    write_workbook(root / "CASME2-ObjectiveClasses.xlsx", {"Sheet1": sheet, "Sheet2": _JUNK})
