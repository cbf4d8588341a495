"""SMIC-E, the long clips of SMIC (HS, VIS, NIR): a workbook says where in a clip its one to three expressions lie.

Li et al., "Towards reading hidden emotions: a comparative study of spontaneous micro-expression spotting and
recognition methods", IEEE Trans. Affective Computing 2018.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from mexflow.config.datasets import ReleasedSpec
from mexflow.config.spec import nearest
from mexflow.datasets.folders import Folders
from mexflow.datasets.interval import NO_APEX
from mexflow.datasets.release import LabelRow, Release
from mexflow.datasets.smic import EMOTIONS, FPS, clip_name, emotion_of
from mexflow.datasets.workbook import Cell, LabelTable, SheetRow, number_of, read_table, text_of
from mexflow.errors import UserError

IMAGES = ("raw",)
"""The one form of the frames."""

_UPPER = ("SMIC-E_raw image", "SMIC-E_raw_image", "SMIC-E_raw images", "SMIC-E", "SMIC_E", "SMIC")
_COLUMNS = ("Subject", "Filename", "Emotion")
_ROWS = {
    "hs": {"SMIC-HS-E": 157, "SMIC-HS-E, the longer table": 162},
    "vis": {"the clips of SMIC VIS": 71},
    "nir": {"the clips of SMIC NIR": 71},
}
_MOST_EXPRESSIONS = 3
"""Per clip: the workbook has columns for no more."""


def read(name: str, spec: ReleasedSpec, root: Path, frames: bool) -> Release:
    """Read SMIC-E as one camera took it.

    Parameters
    ----------
    name : str
        The dataset's name in the configuration.
    spec : ReleasedSpec
    root : Path
        The folder as unpacked; with `frames` False a label file will do.
    frames : bool
        Look at the frames: clip folders are found, and intervals cut to what is there.

    Raises
    ------
    UserError
        If the label table or the frames cannot be found or read.
    """
    camera = spec.kind.removeprefix("smic_e_")
    if spec.images not in (None, *IMAGES):
        raise UserError(f'images: no form "{spec.images}"{nearest(spec.images, IMAGES)}')
    release = Release(name, spec)
    way = [] if root.is_file() and not frames else _way(root, camera)
    table = read_table(_label_file(root, way, spec, camera), sheet=(camera, 0), header=0, required=_COLUMNS)
    labelled = [row for row in table.rows if _clip(row)]
    release.compare("rows", len(labelled), _ROWS[camera], table)
    rows = [one for row in table.rows for one in _label_rows(release, table, row, camera)]
    release.fill(rows, _clips(root, way) if frames else None, FPS[camera], root)
    if frames and not release.expressions:
        raise UserError(f"{way[-1]}: none of the clips of {table.path.name} is there. Unpack them there.")
    return release


def _way(root: Path, camera: str) -> list[Path]:
    return Folders(root).way_down(*_UPPER, f"{camera}_long", f"SMIC-{camera}-E", f"SMIC_{camera}_E", camera)


def _label_file(root: Path, way: list[Path], spec: ReleasedSpec, camera: str) -> Path:
    if root.is_file():
        return root
    name = rf"smic[-_ ]*{camera}[-_ ]*e[-_ ]*annotation(.*)\.(xlsx|xls|csv)"
    if spec.labels is not None:
        name = rf"({re.escape(spec.labels)})()"
    folders = Folders(root)
    # The plain name before those with something behind it, and a workbook before a copy as CSV.
    found = sorted(
        (match[1].casefold(), match[2].casefold() == "csv", depth, path)
        for depth, folder in enumerate(way)
        for path in folders.children(folder)
        if (match := re.fullmatch(name, path.name, re.IGNORECASE)) and path.is_file()
    )
    if not found:
        wanted = spec.labels or f"SMIC-{camera.upper()}-E_annotation.xlsx"
        raise UserError(f"{root}: no label table of SMIC-E ({wanted}). Unpack it there.")
    return found[0][-1]


def _label_rows(release: Release, table: LabelTable, row: SheetRow, camera: str) -> Iterator[LabelRow]:
    """The expressions of one row; their garbage and the text below the table are written down."""
    clip = _clip(row)
    place = f"{table.path}, row {row.number}"
    if not clip:
        text = " ".join(text_of(cell) for cell in row.cells.values() if cell is not None)
        yield LabelRow(f"{place}: {text}", "", "", "", None, NO_APEX, None, "", "")
        return
    subject = _subject(clip)
    onset = _cell(table, row, "OnsetF", camera)
    written = _subject(text_of(row.cells["Subject"]))
    if written != subject:
        release.repair(subject, clip, onset, "subject_from_name", text_of(row.cells["Subject"]), subject)
    emotion = text_of(row.cells["Emotion"])
    if emotion.casefold() not in EMOTIONS.values():
        release.repair(subject, clip, onset, "emotion_from_name", emotion, emotion_of(clip))
        emotion = emotion_of(clip)
    for limit in ("FirstF", "LastF"):
        cell = _cell(table, row, limit, camera)
        if cell is not None and number_of(cell) is None:
            release.repair(subject, clip, onset, "limit_missing", f"{limit} {text_of(cell)}", "unknown")
    for number in range(1, _MOST_EXPRESSIONS + 1):
        interval = _interval(release, table, row, camera, number)
        if interval is not None:
            yield LabelRow(place, subject, clip, clip, *interval, emotion, "")


def _interval(
    release: Release, table: LabelTable, row: SheetRow, camera: str, number: int
) -> tuple[Cell, Cell, Cell] | None:
    """Onset, apex and offset of the first, second or third expression of a clip; None if it has none."""
    clip, k = _clip(row), "" if number == 1 else number
    subject = _subject(clip)
    onset, offset = (_cell(table, row, f"{what}{k}F", camera) for what in ("Onset", "Offset"))
    start, end = number_of(onset), number_of(offset)
    # Where there is no second expression, its offset may be what is left of a formula: −1.
    if number > 1 and not text_of(onset).strip("0/-") and (end or 0) <= 0:
        return None
    length = number_of(_cell(table, row, f"TotalMF{number}", camera))
    if start and not end and length:
        release.repair(subject, clip, onset, "offset_from_length", text_of(offset), text_of(start + length - 1))
        offset = end = start + length - 1
    if number > 1 and not _within(table, row, camera, start, end):
        before = f"Onset{k}F {text_of(onset)}, Offset{k}F {text_of(offset)}"
        release.repair(subject, clip, onset, "expression_outside_clip", before, "left out")
        return None
    has_apex = table.column(f"Apex{k}F {camera}", f"Apex{k}F") is not None
    return onset, _cell(table, row, f"Apex{k}F", camera) if has_apex else NO_APEX, offset


def _within(table: LabelTable, row: SheetRow, camera: str, start: float | None, end: float | None) -> bool:
    first, last = (number_of(_cell(table, row, limit, camera)) for limit in ("FirstF", "LastF"))
    if not start or not end or end < start or start < (first or 0):
        return False
    return not last or start <= last


def _cell(table: LabelTable, row: SheetRow, column: str, camera: str) -> Cell:
    # The workbook of NIR has onsets of two cameras: "OnsetF NIR" are its own.
    found = table.column(f"{column} {camera}", column)
    if found is None and column == "OnsetF":
        raise UserError(f'{table.path}: no column "{column}"{nearest(column, table.columns)}')
    return None if found is None else row.cells[found]


def _clip(row: SheetRow) -> str:
    return clip_name(text_of(row.cells["Filename"]))


def _subject(text: str) -> str:
    """The subject, as its folder is named, of a cell (4), a clip (s4_ne_03) or a folder; "" if it names none."""
    match = re.match(r"s?0*(\d+)(?:\.0+)?(?![^_])", text, re.IGNORECASE | re.ASCII)
    return f"s{int(match[1]):02d}" if match else ""


def _clips(root: Path, way: list[Path]) -> dict[tuple[str, str], Path]:
    """(subject, clip in lower case) → folder."""
    found = Folders(root).clips(way[-1], _subject)
    return {(subject, clip_name(clip) or clip): folder for (subject, clip), folder in found.items()}
