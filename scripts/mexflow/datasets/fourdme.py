"""4DME: gray-level clips of micro-expressions, and the long videos of the grand challenges.

Li et al., "4DME: a spontaneous 4D micro-expression dataset with multimodalities", IEEE Transactions on Affective
Computing 2022. What is known of its layout rests on one public toolbox (tvaranka/meb), so that names are matched
loosely, and a table that lacks what is expected is refused by name.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from mexflow.config.datasets import ReleasedSpec
from mexflow.config.spec import nearest
from mexflow.datasets.folders import Folders, opened
from mexflow.datasets.release import LabelRow, Release
from mexflow.datasets.workbook import Cell, LabelTable, SheetRow, number_of, read_table, text_of
from mexflow.errors import UserError

FPS = 60.0
IMAGES = {
    "gray_micro": ("4DMicro", "4DME", "gray_micro", "gray_micro_register_final"),
    "long_video": ("4DME", "long_gray_video", "long gray video"),
}
"""The forms of the frames, and the folders on the way down to them: clips of micro-expressions, long videos."""

_MICRO_TABLES = (
    "4DME_Labelling_Micro_release v1.xlsx",
    "4DME_Labelling_Micro_release_v1.xlsx",
    "4DME_Labelling_Micro-expression_emotion_eyeblink_final_remove_unsuefull_codes.xlsx",
)
_LONG_TABLES = ("Micro and Macro-expression labels.xlsx",)
_REQUIRED = ("Onset", "Offset")
_SUBJECT_NAMES = ("sub_ID", "Subject", "sub")
_CLIP_NAMES = ("fold_name", "Filename", "video_name", "clip")
_CLIP_PARTS = ("video_number", "ME_number", "subME_number")
"""Of the sheet before the release, which has no names of folders."""
_ONE_HOT = ("Positive", "Negative", "Surprise", "Repression", "Others")
_ROWS = {"release v1": 267}
_SUBJECT = re.compile(r"s?\s*0*(\d+)((?:_.*)?)", re.IGNORECASE)


def read(name: str, spec: ReleasedSpec, root: Path, frames: bool) -> Release:
    """Read 4DME.

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
        If the label table or the frames cannot be found or read.
    """
    release = Release(name, spec)
    if spec.images is not None and spec.images not in IMAGES:
        raise UserError(f'images: no form "{spec.images}"{nearest(spec.images, IMAGES)}')
    tables = (*_LONG_TABLES, *_MICRO_TABLES) if spec.images == "long_video" else (*_MICRO_TABLES, *_LONG_TABLES)
    folders, path = opened(root, spec.labels, *tables)
    table = read_table(path, required=_REQUIRED)
    rows = _label_rows(release, table)
    micro = sum(bool(row.subject and row.clip) and row.expression_type == "micro" for row in rows)
    release.compare("micro-expressions", micro, _ROWS, table)
    if folders is None or not frames:
        release.fill(rows, None, FPS, root)
        return release
    form, videos = _videos(folders, spec.images)
    rows = [_with_video(row, videos) for row in rows]
    if form == "gray_micro":
        rows = [_in_clip_numbers(release, folders, row, videos) for row in rows]
    release.fill(rows, videos, FPS, root, cut=form == "gray_micro")
    return release


def _label_rows(release: Release, table: LabelTable) -> list[LabelRow]:
    subject, clip = table.column(*_SUBJECT_NAMES), table.column(*_CLIP_NAMES)
    parts = [column for name in _CLIP_PARTS if (column := table.column(name))]
    kind = table.column("Expression type", "type", "label type")
    lacking = [
        title
        for title, there in (
            ("sub_ID", subject),
            ("fold_name", clip or parts),
            ("Expression type", kind or "macro" not in table.path.name.casefold()),
        )
        if not there
    ]
    if subject is None or lacking:
        raise UserError(f'{table.path}: no column "{lacking[0]}"{nearest(lacking[0], table.columns)}')
    columns = {
        "apex": table.column("Apex"),
        "units": table.column("AUs", "AU"),
        "emotion": table.column("Emotion"),
        "type": kind,
    }
    rows = []
    for row in table.rows:
        written = text_of(row.cells[subject])
        named = text_of(row.cells[clip]) if clip else "_".join(filter(None, (written, *_texts(row, parts))))
        rows.append(_label_row(release, table, row, written, named if written else "", columns))
    return rows


def _texts(row: SheetRow, columns: Iterable[str]) -> list[str]:
    return [text_of(row.cells[column]).strip("'") for column in columns]


def _label_row(
    release: Release, table: LabelTable, row: SheetRow, written: str, clip: str, columns: Mapping[str, str | None]
) -> LabelRow:
    cells: dict[str, Cell] = {name: row.cells[column] if column else None for name, column in columns.items()}
    subject, session = _subject(written)
    if session:
        # The same person in another session: apart, they would leak from training to test.
        release.repair(subject, clip, row.cells["Onset"], "subject_session", written, subject)
    return LabelRow(
        place=f"{table.path}, row {row.number}",
        subject=subject,
        clip=clip,
        video=clip,
        onset=row.cells["Onset"],
        apex=cells["apex"],
        offset=row.cells["Offset"],
        emotion=text_of(cells["emotion"]) or _one_hot(table, row),
        action_units=_moving_units(release, subject, clip, row.cells["Onset"], text_of(cells["units"])),
        expression_type="macro" if text_of(cells["type"]).casefold().startswith("ma") else "micro",
    )


def _subject(written: str) -> tuple[str, str]:
    """Subject and session of a name: "S13_1st" is subject S13."""
    match = _SUBJECT.fullmatch(written.strip("' "))
    return (f"S{int(match[1]):02d}", match[2].strip("_")) if match else ("", "")


def _one_hot(table: LabelTable, row: SheetRow) -> str:
    columns = [(name, table.column(name)) for name in _ONE_HOT]
    return "+".join(name for name, column in columns if column and number_of(row.cells[column]) == 1)


def _moving_units(release: Release, subject: str, clip: str, onset: Cell, units: str) -> str:
    """`static_action_unit`: one marked (k) is there all the time and takes no part in the expression."""
    moving = "+".join(unit for unit in units.split("+") if "(k" not in unit.casefold())
    if moving != units:
        release.repair(subject, clip, onset, "static_action_unit", units, moving)
    return moving


def _videos(folders: Folders, images: str | None) -> tuple[str, dict[tuple[str, str], Path]]:
    """The form of the frames, and (subject, clip in lower case) → folder."""
    forms = IMAGES if images is None else (images,)
    for form, top in [(one, top) for one in forms for top in folders.below(*IMAGES[one])]:
        videos: dict[tuple[str, str], Path] = {}
        for subject, path in _clips(folders, top):
            key = subject, path.name.casefold()
            if videos.setdefault(key, path) != path:
                raise UserError(f"{videos[key]} and {path} are the same clip. Rename or remove one of them.")
        if videos:
            return form, videos
    names = dict.fromkeys(name for form in IMAGES if images in (None, form) for name in IMAGES[form])
    raise UserError(f"{folders.root}: no folder of frames ({', '.join(names)}). Unpack it there.")


def _clips(folders: Folders, top: Path) -> Iterator[tuple[str, Path]]:
    """Clips in a folder per subject, or all in one folder."""
    for folder in folders.children(top):
        subject, _ = _subject(folder.name)
        if not subject or not folder.is_dir():
            continue
        if folders.holds_images(folder):
            yield subject, folder
            continue
        for path in folders.children(folder):
            if path.is_dir() and folders.holds_images(path):
                yield subject, path


def _with_video(row: LabelRow, videos: Mapping[tuple[str, str], Path]) -> LabelRow:
    """The clip's own folder, or the long video whose name its name begins with: S08_002_01_1 → S08_002_01."""
    by_numbers = {(subject, _numbers_alike(video)): video for subject, video in videos}
    parts = row.clip.casefold().split("_")
    for length in range(len(parts), 0, -1):
        video = by_numbers.get((row.subject, _numbers_alike("_".join(parts[:length]))))
        if video:
            return replace(row, video=videos[row.subject, video].name)
    return row


def _numbers_alike(name: str) -> str:
    return re.sub(r"\d+", lambda match: str(int(match[0])), name)


def _in_clip_numbers(
    release: Release, folders: Folders, row: LabelRow, videos: Mapping[tuple[str, str], Path]
) -> LabelRow:
    """`clip_numbering`: labels count in the long video, the frames of the clip from its own first."""
    path = videos.get((row.subject, row.video.casefold()))
    cells = [number_of(cell) for cell in (row.onset, row.apex, row.offset)]
    if path is None or cells[0] is None or cells[2] is None:
        return row
    frames = folders.frame_numbers(path)
    onset, offset, shift = int(cells[0]), int(cells[2]), frames[0] - int(cells[0])
    if frames[0] <= onset <= frames[-1] or frames[-1] - frames[0] != offset - onset:
        return row
    release.repair(
        row.subject, row.clip, row.onset, "clip_numbering", f"{onset}..{offset}", f"{frames[0]}..{frames[-1]}"
    )
    apex = row.apex if cells[1] is None or cells[1] <= 0 else cells[1] + shift
    return replace(row, onset=onset + shift, apex=apex, offset=offset + shift)
