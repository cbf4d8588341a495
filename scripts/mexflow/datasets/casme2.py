"""CASME II: raw, raw-selected and cropped frames; the sheets of 2014 and 2019; objective classes.

Yan et al., "CASME II: an improved spontaneous micro-expression database and the baseline evaluation", PLoS ONE 2014.
"""

from pathlib import Path

from mexflow.config.datasets import ReleasedSpec
from mexflow.datasets.folders import Folders, opened
from mexflow.datasets.labels import FIVE_CLASS
from mexflow.datasets.release import LabelRow, Release, subject_id
from mexflow.datasets.workbook import Cell, LabelTable, SheetRow, read_table, text_of

FPS = 200.0
IMAGES = {
    "raw_selected": ("CASME2_RAW_selected", "CASME2-RAW-selected", "RAW_selected"),
    "raw": ("CASME2_RAW/CASME2-RAW", "CASME2-RAW", "CASME2_RAW"),
    "cropped": ("Cropped", "Cropped-updated", "Cropped_original"),
}
"""The forms of the frames, and the folders that hold them. Raw clips are whole, the others onset to offset."""

_TABLES = ("CASME2-coding-20190701.xlsx", "CASME2-coding-20140508.xlsx", "CASME2-coding.xlsx")
_OBJECTIVE_TABLE = "CASME2-ObjectiveClasses.xlsx"
_COLUMNS = ("Subject", "Filename", "OnsetFrame", "ApexFrame", "OffsetFrame", "Action Units", "Estimated Emotion")
_OBJECTIVE_COLUMNS = ("Subject", "Filename", "Objective Class")

# The clip sub24/EP02_07 is on every disk, but in no sheet of the owners; some copies have a row for it.
_ROWS = {"20140508 and 20190701": 255, "with sub24/EP02_07": 256}
_FIVE_CLASS_ROWS = {"20140508": 246, "20140508 with sub24/EP02_07": 247, "20190701": 249}


def read(name: str, spec: ReleasedSpec, root: Path, frames: bool) -> Release:
    """Read CASME II.

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
    release = Release(name, spec)
    folders, path = opened(root, spec.labels, *_TABLES)
    table = read_table(path, header=0, required=_COLUMNS)
    objective = _objective_classes(folders, table)
    rows = [_label_row(table, row, objective) for row in table.rows]
    named = [row for row in rows if row.subject and row.clip]
    release.compare("rows", len(named), _ROWS, table)
    release.compare("subjects", len({row.subject for row in named}), {"20140508 and 20190701": 26}, table)
    five = sum(row.emotion.lower() in FIVE_CLASS["casme2"] for row in named)
    release.compare("rows in five_class", five, _FIVE_CLASS_ROWS, table)
    without = sum(row.objective is None for row in named)
    if without:
        release.remarks.append(f"{name}: {without} rows without a shipped objective class: by their action units")
    if folders is None or not frames:
        release.fill(rows, None, FPS, root)
    else:
        found = folders.images(IMAGES, spec.images)
        whole = found == folders.find(*IMAGES["raw"])
        release.fill(rows, folders.clips(found, _subject), FPS, root, cut=not whole)
    return release


def _label_row(table: LabelTable, row: SheetRow, objective: dict[tuple[str, str], Cell]) -> LabelRow:
    cells = row.cells
    subject, clip = _subject(text_of(cells["Subject"])), text_of(cells["Filename"])
    return LabelRow(
        place=f"{table.path}, row {row.number}",
        subject=subject,
        clip=clip,
        video=clip,
        onset=cells["OnsetFrame"],
        apex=cells["ApexFrame"],
        offset=cells["OffsetFrame"],
        emotion=text_of(cells["Estimated Emotion"]),
        action_units=text_of(cells["Action Units"]),
        objective=objective.get((subject, clip.casefold())),
    )


def _subject(text: str) -> str:
    return subject_id(text, "sub", 2)


def _objective_classes(folders: Folders | None, table: LabelTable) -> dict[tuple[str, str], Cell]:
    # One copy of the 2019 sheet holds them itself.
    column = next((one for one in table.columns if one.casefold().startswith("objective class")), None)
    rows = table.rows
    if column is None:
        found = folders.file(_OBJECTIVE_TABLE) if folders else None
        if found is None:
            return {}
        rows, column = read_table(found, header=0, required=_OBJECTIVE_COLUMNS).rows, "Objective Class"
    return {
        (_subject(text_of(row.cells["Subject"])), text_of(row.cells["Filename"]).casefold()): row.cells[column]
        for row in rows
    }
