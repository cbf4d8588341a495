"""SAMM: the second and the first release of its FACS codes; gray frames, raw or cropped by their user.

Davison et al., "SAMM: a spontaneous micro-facial movement dataset", IEEE Transactions on Affective Computing 2018.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from mexflow.config.datasets import ReleasedSpec
from mexflow.datasets.folders import Folders, opened
from mexflow.datasets.labels import FIVE_CLASS
from mexflow.datasets.release import LabelRow, Release
from mexflow.datasets.workbook import Cell, LabelTable, read_table, text_of

FPS = 200.0
IMAGES = {"raw": ("SAMM",), "cropped": ("SAMM_CROP",)}
"""The forms of the frames, and the folders that hold them. The owners ship no cropped ones; tools write them there."""
TABLES = ("SAMM_20181215_Micro_FACS_Codes_v2.xlsx", "SAMM_Micro_FACS_Codes_v2.xlsx", "SAMM_Micro_FACS_Codes.xlsx")

_COLUMNS = (
    "Subject",
    "Filename",
    "Onset Frame",
    "Apex Frame",
    "Offset Frame",
    "Action Units",
    "Estimated Emotion",
)
_HEADER = 13
"""Its row in the second release; `read_table` finds that of the first."""


def read(name: str, spec: ReleasedSpec, root: Path, frames: bool) -> Release:
    """Read SAMM.

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
    folders, path = opened(root, spec.labels, *TABLES)
    table, rows = read_labels(path)
    named = [row for row in rows if row.subject and row.clip]
    release.compare("rows", len(named), {"v2": 159}, table)
    release.compare("subjects", len({row.subject for row in named}), {"v2": 29}, table)
    five = sum(row.emotion.lower() in FIVE_CLASS["samm"] for row in named)
    release.compare("rows in five_class", five, {"v2": 136}, table)
    clips = None
    if folders and frames:
        clips = clips_on_disk(folders, IMAGES, spec.images, lambda folder: folders.clips(folder, subject_name))
        release.compare("clips", len(clips), {"v2": 159})
    release.fill(rows, clips, FPS, root)
    return release


def read_labels(path: Path) -> tuple[LabelTable, list[LabelRow]]:
    """The label table, and its rows as they stand there.

    Raises
    ------
    UserError
        If it cannot be read, or lacks a column.
    """
    table = read_table(path, header=_HEADER, required=_COLUMNS)
    # Not in every copy: without it the action units tell the class.
    objective = next((one for one in table.columns if one.casefold().startswith("objective class")), "")
    rows = []
    for row in table.rows:
        clip = clip_name(row.cells["Filename"])
        rows.append(
            LabelRow(
                place=f"{path}, row {row.number}",
                subject=subject_name(row.cells["Subject"]),
                clip=clip,
                video=clip,
                onset=row.cells["Onset Frame"],
                apex=row.cells["Apex Frame"],
                offset=row.cells["Offset Frame"],
                emotion=text_of(row.cells["Estimated Emotion"]),
                action_units=text_of(row.cells["Action Units"]),
                objective=row.cells.get(objective),
            )
        )
    return table, rows


def subject_name(cell: Cell) -> str:
    """A subject as SAMM and SAMM Long Videos write it, lost zeros restored; "" if the cell holds none.

    Examples
    --------
    >>> subject_name(6.0), subject_name("006"), subject_name("Notes")
    ('006', '006', '')
    """
    text = text_of(cell)
    return f"{int(text):03d}" if re.fullmatch("[0-9]+", text) else ""


def clip_name(cell: Cell) -> str:
    """The name of a clip, or of a long video, the zeros of its subject restored.

    Examples
    --------
    >>> clip_name("6_1_2"), clip_name("006_1 ")
    ('006_1_2', '006_1')
    """
    subject, underscore, rest = text_of(cell).partition("_")
    return (subject_name(subject) or subject) + underscore + rest


def clips_on_disk(
    folders: Folders,
    forms: Mapping[str, Sequence[str]],
    images: str | None,
    clips_in: Callable[[Path], dict[tuple[str, str], Path]],
) -> dict[tuple[str, str], Path]:
    """The clips of the first form that has any; for the raw form the root itself will do, whatever its name.

    Parameters
    ----------
    folders : Folders
    forms : mapping
        As for `Folders.images`.
    images : str, optional
        The form that the configuration asks for.
    clips_in : callable
        A folder → its clips.

    Raises
    ------
    UserError
        If there is no such form, or none on disk.
    """
    places = [folders.find(*names) for form, names in forms.items() if images in (None, form)]
    if images in (None, "raw"):
        places.insert(0, folders.root)
    for place in places:
        if place is not None and (found := clips_in(place)):
            return found
    return clips_in(folders.images(forms, images))
