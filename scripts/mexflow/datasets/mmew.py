"""MMEW: the micro-expression clips; its macro-expressions are single images and take no part.

Ben et al., "Video-based facial micro-expression analysis: a survey of datasets, features and algorithms", TPAMI 2022.
"""

import re
from pathlib import Path

from mexflow.config.datasets import ReleasedSpec
from mexflow.datasets.folders import Folders, opened
from mexflow.datasets.release import LabelRow, Release, subject_id
from mexflow.datasets.workbook import LabelTable, SheetRow, read_table, text_of
from mexflow.errors import UserError

FPS = 90.0
IMAGES = {"cropped": ("MMEW_Final/Micro_Expression", "MMEW/Micro_Expression", "Micro_Expression")}
"""The form of the frames, and the folders that hold them: onset to offset, from frame 1."""

_TABLES = (
    "MMEW_Micro_Exp_v2.xlsx",
    "MMEW_Micro_Exp v2.xlsx",
    "MMEW_Micro_Exp.xlsx",
    "MMEW_Micro_Exp (20).xlsx",
    "MMEW_Micro_Exp.csv",
)
_COLUMNS = ("Subject", "Filename", "OnsetFrame", "ApexFrame", "OffsetFrame", "Action Units", "Estimated Emotion")
_CLIP = re.compile(r"(S?\d+)-\d+-\d+", re.IGNORECASE)
"""Person, emotion and sample."""


def read(name: str, spec: ReleasedSpec, root: Path, frames: bool) -> Release:
    """Read the micro-expressions of MMEW.

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
        If the label table or the frames cannot be found or read, or a clip is there twice.
    """
    release = Release(name, spec)
    folders, path = opened(root, spec.labels, *_TABLES)
    table = read_table(path, header=0, required=_COLUMNS)
    rows = [_label_row(release, table, row) for row in table.rows]
    named = [row for row in rows if row.subject and row.clip]
    release.compare("rows", len(named), {"as published": 300}, table)
    release.compare("subjects", len({row.subject for row in named}), {"as published": 30}, table)
    if folders is None or not frames:
        release.fill(rows, None, FPS, root)
    else:
        release.fill(rows, _clips(folders, folders.images(IMAGES, spec.images)), FPS, root, cut=True)
    return release


def _label_row(release: Release, table: LabelTable, row: SheetRow) -> LabelRow:
    cells = row.cells
    clip, written = text_of(cells["Filename"]), _subject(text_of(cells["Subject"]))
    subject = _subject_of_clip(clip) or written
    if written and written != subject:
        release.repair(subject, clip, cells["OnsetFrame"], "subject_from_clip_name", written, subject)
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
    )


def _clips(folders: Folders, found: Path) -> dict[tuple[str, str], Path]:
    """(subject, clip in lower case) → folder. Copies have a folder per emotion, or one per subject above those."""
    clips: dict[tuple[str, str], Path] = {}
    above = [found]
    while above:
        for folder in [child for child in folders.children(above.pop()) if child.is_dir()]:
            subject = _subject_of_clip(folder.name)
            if not subject:
                above.append(folder)
            elif clips.setdefault((subject, folder.name.casefold()), folder) != folder:
                raise UserError(f"{folder}: the same clip as {clips[subject, folder.name.casefold()]}. Remove one.")
    return clips


def _subject_of_clip(clip: str) -> str:
    match = _CLIP.fullmatch(clip)
    return _subject(match[1]) if match else ""


def _subject(text: str) -> str:
    return subject_id(text, "S", 2)
