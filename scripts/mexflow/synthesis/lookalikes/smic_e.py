"""A look-alike of SMIC-E, the long clips, as one camera took them, HS, VIS or NIR, with its workbook.

Quirks of all: padded folders of subjects (s04) with unpadded ones of clips (s4_ne_03), subjects as numbers, offsets and
lengths as formulas without a value, empty sheets, text below the table.

HS: FirstF "MISSING <-426679" of s3_ne_20, which is not on disk; s4_ne_05 on disk, but in no row; second expressions of
s3_ne_02, s20_ne_06 and s20_sur_02, third ones of s20 that are garbage (before FirstF), and formulas where there is no
second one; frame numbers that pass from 6 digits to 7; the sheet of VIS behind its own; two more forms of the workbook,
the older without third expressions and the newer with an apex. VIS: no LastF, no third expression, underscores in the
workbook's name, a blank before the frame number. NIR: onsets and offsets of VIS beside its own, one more nested folder,
the blank with one subject only.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from openpyxl.utils import get_column_letter

from mexflow.datasets.demo_plan import PlannedClip
from mexflow.datasets.smic import FPS, emotion_of
from mexflow.synthesis.lookalikes.smic import filmed
from mexflow.synthesis.lookalikes.writing import FrameStyle, rendered, write_images, write_workbook

# Clip → number of its first frame. As in the look-alike of SMIC, nobody blinks before the slow cameras.
_CLIPS = {
    "hs": {
        **{"s3_ne_02": 426200, "s3_po_01": 431880, "s3_sur_01": 999950},
        **{"s4_ne_03": 148798, "s4_po_01": 150210, "s4_sur_02": 162004},
        **{"s20_ne_06": 7520000, "s20_po_01": 7533101, "s20_sur_02": 7561000},
    },
    "vis": {
        **{"s11_ne_02": 4950, "s11_po_01": 9960, "s11_po_02": 11180},
        **{"s15_ne_01": 20100, "s15_po_01": 21410, "s15_sur_01": 21980},
        **{"s20_ne_09": 52010, "s20_sur_02": 53280, "s20_sur_03": 55750},
    },
    "nir": {
        **{"s11_ne_02": 4954, "s11_po_01": 9964, "s11_po_02": 11184},
        **{"s15_ne_01": 20095, "s15_po_01": 21405, "s15_sur_01": 21975},
        **{"s20_ne_09": 52017, "s20_sur_02": 53287, "s20_sur_03": 55757},
    },
}
_TWICE = {"hs": ("s3_ne_02", "s20_ne_06", "s20_sur_02"), "vis": ("s20_ne_09", "s20_sur_02"), "nir": ()}
_GARBAGE = {"s20_ne_06": 31, "s20_sur_02": 26}
_REST = 9  # frames that are filmed before an expression, and as many behind it

_Row = Mapping[str, object]

_NOT_ON_DISK: _Row = {
    **{"Subject": 3, "Filename": "s3_ne_20", "Emotion": "negative"},
    **{"OnsetF": 426700, "ApexF": 426715, "OffsetF": "={OnsetF}+{TotalMF1}-1", "TotalMF1": 31},
    **{"FirstF": "MISSING <-426679", "LastF": 427278, "TotalVL": "={LastF}-{FirstF}+1"},
}
_NOT_LABELLED = ("s4_ne_05", 155760)
"""A clip and its first frame; it shows what s4_ne_03 does."""

_SECOND = ("Onset2F", "Offset2F")
_THIRD = ("Onset3F", "Offset3F")
_LIMITS = ("FirstF", "LastF")
_LENGTHS = ("TotalMF1", "TotalMF2")
_NAMES = ("Subject", "Filename", None, "OnsetF")
_WORKBOOKS: dict[str, dict[str, tuple[str | None, ...]]] = {
    "hs": {
        "SMIC-HS-E_annotation.xlsx": (
            *(*_NAMES, "OffsetF", *_SECOND, *_THIRD, None, *_LIMITS),
            *(*_LENGTHS, "TotalMF3", "TotalVL", "Emotion"),
        ),
        "SMIC-HS-E_annotation_orig.xlsx": (
            *(*_NAMES, "OffsetF", *_SECOND, None, *_LIMITS),
            *(*_LENGTHS, "TotalVL", "Emotion"),
        ),
        "SMIC-HS-E_annotation_2019.xlsx": (
            *(*_NAMES, "ApexF", "OffsetF", *_SECOND, *_THIRD, None, *_LIMITS),
            *(*_LENGTHS, "TotalMF3", "TotalVL", "Emotion"),
        ),
    },
    "vis": {
        "SMIC_VIS_E_annotation.xlsx": (
            *(*_NAMES, "OffsetF", *_SECOND, None, "FirstF"),
            *(*_LENGTHS, "TotalVL", "Emotion"),
        ),
    },
    "nir": {
        "SMIC-NIR-E_annotation.xlsx": (
            *(*_NAMES, "OffsetF", "OnsetF NIR", "OffsetF NIR", None, "FirstF"),
            *("TotalMF1", "TotalVL", "Emotion"),
        ),
    },
}
"""Camera → file name → columns."""


def write(root: Path, kind: str) -> None:
    """Write what one camera took: 3 subjects with 3 clips each, of one or two expressions.

    Parameters
    ----------
    root : Path
        What the other cameras took may lie there; it stays.
    kind : str
        "smic_e_hs", "smic_e_vis" or "smic_e_nir".
    """
    camera = kind.removeprefix("smic_e_")
    upper = root / "SMIC-E_raw image" / f"{camera.upper()}_long"
    home = upper / f"SMIC-{camera.upper()}-E"
    for clip in _long_clips(camera):
        _write_clip(clip, home / "NIR" if camera == "nir" else home, camera)
        if clip.name == "s4_ne_03":
            name, first = _NOT_LABELLED
            _write_clip(replace(clip, name=name, first=first), home, camera)
    for name, columns in _WORKBOOKS[camera].items():
        sheets = {camera.upper(): _sheet(camera, columns)}
        if camera == "hs":
            sheets["VIS"] = _sheet("vis", *_WORKBOOKS["vis"].values())
        write_workbook(upper / name, {**sheets, "Sheet2": [], "Sheet3": []})


@dataclass(frozen=True)
class _LongClip:
    """Which filmed frame each frame shows, and onset, apex and offset of the expressions, all counted from 0."""

    name: str
    first: int
    film: PlannedClip
    course: tuple[int, ...]
    expressions: tuple[tuple[int, int, int], ...]

    @property
    def subject(self) -> int:
        return int(self.name.partition("_")[0].removeprefix("s"))


def _long_clips(camera: str) -> list[_LongClip]:
    return [_long_clip(name, first, camera) for name, first in _CLIPS[camera].items()]


def _long_clip(name: str, first: int, camera: str) -> _LongClip:
    """An expression and the rest around it, filmed once and run to and fro, so that the face never jumps.

    The rest sways from the end of the film to the expression and back; a second expression is the first, backwards.
    """
    clip = filmed(name, camera)
    film = replace(clip, first_frame=clip.first_frame - _REST, last_frame=clip.last_frame + _REST)
    apex, last = clip.apex - film.first_frame, film.last_frame - film.first_frame
    forwards = range(last + 1)
    sway = [*range(1, _REST + 1), *range(_REST - 1, -1, -1)]
    course, expressions = [0], []
    for way in (forwards, forwards[::-1]) if name in _TWICE[camera] else (forwards,):
        course += [way[step] for step in sway]
        start = len(course) - 1
        expressions.append((start + _REST, start + way.index(apex), start + last - _REST))
        course += way[1:]
    course += [way[last - step] for step in sway]
    return _LongClip(name, first, film, tuple(course), tuple(expressions))


def _write_clip(clip: _LongClip, home: Path, camera: str) -> None:
    blank = camera == "vis" or (camera == "nir" and clip.subject == 11)
    name_of = ("image {:05d}.jpg" if blank else "image{:06d}.jpg").format
    frames = rendered(clip.film)
    shown = ((clip.first + place, frames[number]) for place, number in enumerate(clip.course))
    style = FrameStyle(name_of=name_of, gray=camera == "nir")
    write_images(shown, home / f"s{clip.subject:02d}" / clip.name, style)


def _sheet(camera: str, columns: tuple[str | None, ...]) -> list[list[object]]:
    rows: list[_Row] = [_row(clip, camera) for clip in _long_clips(camera)]
    if camera == "hs":
        rows.insert(3, _NOT_ON_DISK)
    letters = {name: get_column_letter(place) for place, name in enumerate(columns, 1) if name}
    lines: list[list[object]] = [list(columns)]
    for number, row in enumerate(rows, 2):
        cells = {name: f"{letter}{number}" for name, letter in letters.items()}
        lines.append([_content(row.get(name or ""), cells) for name in columns])
    length = letters["TotalMF1"]
    average = f"=AVERAGE({length}2:{length}{len(lines)})"
    return [*lines, [], [f"{camera.upper()}: {FPS[camera]:g} fps"], [None, None, None, "average length", average]]


def _content(content: object, cells: Mapping[str, str]) -> object:
    """What stands in a cell; "{OnsetF}" in a formula is the cell of that column in the same row."""
    return content.format_map(cells) if isinstance(content, str) and content.startswith("=") else content


def _row(clip: _LongClip, camera: str) -> _Row:
    """Column → content, of all columns that some workbook has."""
    onset, apex, offset = clip.expressions[0]
    row: dict[str, object] = {
        **{"Subject": clip.subject, "Filename": clip.name, "Emotion": emotion_of(clip.name)},
        **{"OnsetF": clip.first + onset, "ApexF": clip.first + apex, "OffsetF": "={OnsetF}+{TotalMF1}-1"},
        **{"TotalMF1": offset - onset + 1, "Offset2F": "={Onset2F}+{TotalMF2}-1"},
        **{"FirstF": clip.first, "LastF": clip.first + len(clip.course) - 1},
        "TotalVL": "={LastF}-{FirstF}+1" if camera == "hs" else len(clip.course),
    }
    for onset, _, offset in clip.expressions[1:]:
        row |= {"Onset2F": clip.first + onset, "TotalMF2": offset - onset + 1}
    if clip.name in _GARBAGE:
        row |= {"Onset3F": _GARBAGE[clip.name], "Offset3F": "={Onset3F}+{TotalMF3}-1", "TotalMF3": 22}
    if camera == "nir":
        row |= {"OnsetF NIR": row["OnsetF"], "OffsetF NIR": "={OnsetF NIR}+{TotalMF1}-1"}
        row["OnsetF"] = _CLIPS["vis"][clip.name] + clip.expressions[0][0]
    return row
