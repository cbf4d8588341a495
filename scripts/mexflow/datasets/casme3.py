"""CAS(ME)³: part A, long videos and the expressions cut out of them; part C, mock crimes.

Li et al., "CAS(ME)³: a third generation facial spontaneous micro-expression database with depth information and high
ecological validity", IEEE TPAMI 2022.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from mexflow.config.datasets import ReleasedSpec
from mexflow.config.spec import nearest
from mexflow.datasets.folders import Folders
from mexflow.datasets.interval import NO_APEX
from mexflow.datasets.release import LabelRow, Release
from mexflow.datasets.workbook import Cell, LabelTable, SheetRow, number_of, read_table, text_of
from mexflow.errors import UserError

FPS = 30.0
IMAGES = {
    "me_clips": ("Part_A_ME_clip", "frame", "part_A", "data"),
    "mae_clips": ("Part_A_MaE_clip", "frame", "part_A", "data"),
    "part_a": ("part_A", "data", "part_A_split", "Compressed_version1_seperate_compress"),
    "part_c": ("part_C", "RGB_Depth", "data", "part_C_split", "Compressed_version1_seperate_compress"),
}
"""The forms of the frames, and the folders on the way down to them: micro- and macro-expressions cut out of part A, its
long videos, those of part C. `me_clips` and `mae_clips` take the rows of their type, the others every row."""

_MICRO_TABLES = (
    "cas(me)3_part_A_ME_label_JpgIndex_v2.xlsx",
    "cas(me)3_part_A_ME_label_JpgIndex_v2.xls",
    "cas(me)3_part_A_ME_label_JpgIndex_v1.xlsx",
    "cas(me)3_part_A_ME_label_JpgIndex_v1.xls",
)
_MACRO_TABLES = (
    "cas(me)3_part_A_MaE_label_JpgIndex_v2_emotion.xlsx",
    "cas(me)3_part_A_MaE_label_JpgIndex_v2.xlsx",
    "cas(me)3_part_A_MaE_label_JpgIndex_v1.xls",
)
_PART_A_TABLES = (
    "CAS(ME)3_part_A_v2.xls",
    "CAS(ME)3_part_A_v2.xlsx",
    "CAS(ME)3_part_A_v1.xls",
    "CAS(ME)3_part_A_v1.xlsx",
)
_PART_C_TABLES = ("CAS(ME)3_part_C_ME.xlsx", "CAS(ME)3_part_C_ME.xls")
_WAY_TO_TABLES = ("annotation", "PartA_annotation", "partA", "part_A", "partC", "part_C")
_SHEETS = ("label", "AU+Emotion", "mockCrimeME", 0)
_REQUIRED = ("Onset", "Offset")

_ROWS = {"micro": {"v2": 860, "v1": 921}, "macro": {"v2": 3346, "v1": 3285}, "part C": {"part C": 165}}
_SUBJECTS = {"micro": {"v2": 94, "v1": 95}, "part C": {"part C": 30}}
_CLIPS = {"me_clips": "micro", "mae_clips": "macro"}
_SUBJECT = re.compile(r"(?:sp\s*no\s*\.?\s*)?(\d+)", re.IGNORECASE)
_CLIP = re.compile(r"(sp\s*no\s*\.?\s*\d+)_([a-z])_(\d+)", re.IGNORECASE)
_LONGEST_MICRO = 10 * FPS
"""Frames: half of the micro-expressions last 22; of one, the offset has a digit too many."""


class _ReadRow(NamedTuple):
    """A row, and what was changed in it: clip, rule, before, after."""

    row: LabelRow
    repairs: list[tuple[str, str, str, str]]


def read(name: str, spec: ReleasedSpec, root: Path, frames: bool) -> Release:
    """Read CAS(ME)³.

    Part C is read where `images` or `labels` asks for it, or no label table of part A is there. A clip is named by
    the column Filename, the letter of its video; part C has the running number of the expression instead.

    Parameters
    ----------
    name : str
        The dataset's name in the configuration.
    spec : ReleasedSpec
    root : Path
        The folder as unpacked; with `frames` False a label file will do.
    frames : bool
        Look at the frames: clips are found, and intervals cut to what is there.

    Raises
    ------
    UserError
        If a label table or the frames cannot be found or read.
    """
    release = Release(name, spec)
    if spec.images is not None and spec.images not in IMAGES:
        raise UserError(f'images: no form "{spec.images}"{nearest(spec.images, IMAGES)}')
    folders = None if root.is_file() else Folders(root)
    found = [(root, None)] if folders is None else _label_files(folders, spec)
    tables = [(read_table(path, sheet=_SHEETS, required=_REQUIRED), kind) for path, kind in found]
    part_c = any(_is_part_c(table) for table, _ in tables)
    form, videos = _videos(folders, spec.images, part_c) if folders and frames else (spec.images, None)
    read_rows = [one for table, kind in tables for one in _label_rows(release, table, kind)]
    rows = [_mended(release, _with_video(row, videos or {}, form)) for row in _rows_of_form(release, read_rows, form)]
    release.fill(rows, videos, FPS, root, cut=form in _CLIPS)
    _remark_on_long_ones(release)
    return release


def _is_part_c(table: LabelTable) -> bool:
    return table.column("Filename", "seq") is None and table.column("count") is not None


def _rows_of_form(release: Release, rows: list[_ReadRow], form: str | None) -> list[LabelRow]:
    """The rows that this form of the frames shows, their repairs written down."""
    kept = [one for one in rows if _CLIPS.get(form or "", one.row.expression_type) == one.row.expression_type]
    if len(kept) < len(rows):
        release.remarks.append(f"{release.name}: {form}: {len(rows) - len(kept)} rows of the other type are not read")
    for row, repairs in kept:
        for clip, rule, before, after in repairs:
            release.repair(row.subject, clip, row.onset, rule, before, after)
    return [row for row, _ in kept]


def _label_files(folders: Folders, spec: ReleasedSpec) -> list[tuple[Path, str | None]]:
    """The label tables to read, each with the type of the rows to take: None for all of them."""
    if spec.labels is not None:
        return [(_file(folders, spec.labels) or folders.label_table(spec.labels), None)]
    both = _file(folders, *_PART_A_TABLES)
    micro, macro = _file(folders, *_MICRO_TABLES) or both, _file(folders, *_MACRO_TABLES) or both
    part_a: list[tuple[Path, str | None]] = [
        (path, kind) for path, kind in ((micro, "micro"), (macro, "macro")) if path is not None
    ]
    part_c = _file(folders, *_PART_C_TABLES)
    if part_c and (spec.images == "part_c" or not part_a):
        return [(part_c, None)]
    if spec.images == "part_c" or not part_a:
        names = _PART_C_TABLES if spec.images == "part_c" else (*_MICRO_TABLES[:1], *_PART_A_TABLES[:1])
        raise UserError(f"{folders.root}: no label table ({', '.join(names)}). Unpack it there.")
    return part_a


def _file(folders: Folders, *names: str) -> Path | None:
    for folder in folders.below(*_WAY_TO_TABLES):
        found = folders.child(folder, *names)
        if found and found.is_file():
            return found
    return folders.file(*names)


def _label_rows(release: Release, table: LabelTable, wanted: str | None) -> list[_ReadRow]:
    columns = {
        "subject": table.column("Subject", "sub"),
        "clip": table.column("Filename", "seq", "count"),
        "apex": table.column("Apex"),
        "units": table.column("AU", "AUs"),
        "emotion": table.column("emotion"),
        "type": table.column("Expression type"),
        "objective": table.column("Objective class", "Objective classes"),
    }
    for column, title in (("subject", "Subject"), ("clip", "Filename")):
        if columns[column] is None:
            raise UserError(f'{table.path}: no column "{title}"{nearest(title, table.columns)}')
    part_c = _is_part_c(table)
    read_rows = [_label_row(table, row, columns, part_c) for row in table.rows]
    read_rows = [one for one in read_rows if wanted in (None, one.row.expression_type)]
    rows = [one.row for one in read_rows]
    for kind in dict.fromkeys(["part C"] if part_c else [row.expression_type for row in rows]):
        named = [row for row in rows if row.subject and row.clip and (part_c or row.expression_type == kind)]
        what = "rows" if part_c else f"{kind} rows"
        release.compare(what, len(named), _ROWS[kind], table)
        if kind in _SUBJECTS:
            release.compare(f"subjects of {what}", len({row.subject for row in named}), _SUBJECTS[kind], table)
    return read_rows


def _label_row(table: LabelTable, row: SheetRow, columns: Mapping[str, str | None], part_c: bool) -> _ReadRow:
    cells: dict[str, Cell] = {name: row.cells[column] if column else None for name, column in columns.items()}
    written, clip = text_of(cells["subject"]), text_of(cells["clip"])
    subject = _subject(written, part_c)
    emotion, units = text_of(cells["emotion"]), text_of(cells["units"])
    repairs: list[tuple[str, str, str, str]] = []

    def alike(rule: str, before: str, after: str) -> str:
        if before != after:
            repairs.append((clip, rule, before, after))
        return after

    if written.casefold() == subject.casefold():
        alike("letter_case", written, subject)
    label = LabelRow(
        place=f"{table.path}, row {row.number}",
        subject=subject,
        clip=clip if part_c else alike("letter_case", clip, clip.lower()),
        video="" if part_c else clip.lower(),
        onset=row.cells["Onset"],
        apex=cells["apex"] if columns["apex"] else NO_APEX,
        offset=row.cells["Offset"],
        emotion=alike("letter_case", emotion, emotion.lower()),
        action_units=alike("wide_comma", units, units.replace("，", ",")),
        objective=cells["objective"],
        expression_type=_type(table, cells["type"]),
    )
    return _ReadRow(label, repairs)


def _subject(written: str, part_c: bool) -> str:
    match = _SUBJECT.fullmatch(written)
    if match is None:
        return ""
    # Folders of part C are numbers, with a zero in front where the table has none.
    return f"{int(match[1]):02d}" if part_c else f"spNO.{int(match[1])}"


def _type(table: LabelTable, cell: Cell) -> str:
    text = text_of(cell).casefold() or ("macro" if "mae" in table.path.name.casefold() else "micro")
    return "macro" if text.startswith("ma") else "micro"


def _mended(release: Release, row: LabelRow) -> LabelRow:
    """`onset_digit`: an onset behind the offset becomes the last number before the apex that differs in one digit."""
    onset, apex, offset = (number_of(cell) for cell in (row.onset, row.apex, row.offset))
    if not (onset and apex and offset and apex <= offset < onset and float(onset).is_integer()):
        return row
    text = str(int(onset))
    near = {int(text[:place] + digit + text[place + 1 :]) for place in range(len(text)) for digit in "0123456789"}
    possible = [number for number in near if 0 < number <= apex]
    if not possible:
        return row
    release.repair(row.subject, row.clip, row.onset, "onset_digit", text, str(max(possible)))
    return replace(row, onset=max(possible))


def _with_video(row: LabelRow, videos: Mapping[tuple[str, str], Path], form: str | None) -> LabelRow:
    onset = number_of(row.onset)
    if form in _CLIPS and onset is not None:
        return replace(row, video=f"{row.video}_{int(onset)}")
    if row.video:
        return row
    # Part C has one video per subject, or one folder per expression.
    return replace(row, video=row.clip if (row.subject, row.clip) in videos else "a")


def _videos(folders: Folders, images: str | None, part_c: bool) -> tuple[str, dict[tuple[str, str], Path]]:
    """The form of the frames, and (subject, video in lower case) → folder."""
    forms = [images] if images else ["part_c"] if part_c else ["me_clips", "part_a", "mae_clips"]
    for form, top in [(one, top) for one in forms for top in folders.below(*IMAGES[one])]:
        # Clips of either type are named alike.
        other = {"me_clips": "part_a_mae_clip", "mae_clips": "part_a_me_clip"}.get(form)
        if other in (top.name.casefold(), top.parent.name.casefold()):
            continue
        videos: dict[tuple[str, str], Path] = {}
        for key, path in _clips(folders, top) if form in _CLIPS else _long_videos(folders, top, form):
            if videos.setdefault(key, path) != path:
                raise UserError(f"{videos[key]} and {path} are the same clip. Rename or remove one of them.")
        if videos:
            return form, videos
    names = dict.fromkeys(name for form in forms for name in IMAGES[form])
    raise UserError(f"{folders.root}: no folder of frames ({', '.join(names)}). Unpack it there.")


def _clips(folders: Folders, top: Path) -> Iterator[tuple[tuple[str, str], Path]]:
    for path in folders.children(top):
        match = _CLIP.fullmatch(path.name)
        if match and path.is_dir() and folders.holds_images(path):
            yield (_subject(match[1], part_c=False), f"{match[2].lower()}_{int(match[3])}"), path


def _long_videos(folders: Folders, top: Path, form: str) -> Iterator[tuple[tuple[str, str], Path]]:
    part_c = form == "part_c"
    for folder in folders.children(top):
        subject = _subject(folder.name, part_c)
        if not subject or not folder.is_dir() or part_c != folder.name.isdigit():
            continue
        # One video of the subject, without a folder of its own.
        only = folders.child(folder, "color")
        if only and only.is_dir() and folders.holds_images(only):
            yield (subject, "a"), only
            continue
        for video in folders.children(folder):
            if video.is_dir():
                frames = folders.child(video, "color") or video
                if frames.is_dir() and folders.holds_images(frames):
                    yield (subject, video.name.casefold()), frames


def _remark_on_long_ones(release: Release) -> None:
    micro = [one for one in release.expressions if one.expression_type == "micro"]
    long = sorted(
        (one for one in micro if one.offset - one.onset >= _LONGEST_MICRO), key=lambda one: one.onset - one.offset
    )
    if long:
        first = long[0]
        release.remarks.append(
            f"{release.name}: {len(long)} micro-expressions last longer than 10 s, the longest "
            f"{first.subject}/{first.clip} from {first.onset} to {first.offset}: look at its frames"
        )
