"""CASME, the first: frames selected from the videos, or cropped; one label table.

Yan et al., "CASME database: a dataset of spontaneous micro-expressions collected from neutralized faces", FG 2013.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from mexflow.config.datasets import ReleasedSpec
from mexflow.datasets.folders import Folders, opened
from mexflow.datasets.release import LabelRow, Release, subject_id
from mexflow.datasets.workbook import LabelTable, SheetRow, number_of, read_table, text_of

FPS = 60.0
IMAGES = {
    "raw_selected": ("CASME_raw_selected", "CASME-raw-selected", "raw_selected"),
    "cropped": ("Cropped", "Cropped2"),
}
"""The forms of the frames, and the folders that hold them: onset to offset, by the frame numbers of the videos."""

_TABLES = ("casme.xlsx", "casme.xls", "casme.csv")
# ApexF2, a second estimate, is read by nobody.
_COLUMNS = ("Subject", "Filename", "OnsetF", "ApexF1", "OffsetF", "AU", "Emotion")
_ROWS = {"as released": 189, "as published": 195}
_SUBJECTS = {"as released": 18, "as published": 19}


def read(name: str, spec: ReleasedSpec, root: Path, frames: bool) -> Release:
    """Read CASME.

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
    rows = [_label_row(table, row) for row in table.rows]
    named = [row for row in rows if row.subject and row.clip]
    release.compare("rows", len(named), _ROWS, table)
    release.compare("subjects", len({row.subject for row in named}), _SUBJECTS, table)
    if folders is None or not frames:
        release.fill(rows, None, FPS, root)
    else:
        clips = folders.clips(folders.images(IMAGES, spec.images), _subject)
        release.fill(_with_own_offsets(release, folders, rows, clips), clips, FPS, root, cut=True)
    return release


def _label_row(table: LabelTable, row: SheetRow) -> LabelRow:
    cells = row.cells
    clip = text_of(cells["Filename"])
    return LabelRow(
        place=f"{table.path}, row {row.number}",
        subject=_subject(text_of(cells["Subject"])),
        clip=clip,
        video=clip,
        onset=cells["OnsetF"],
        apex=cells["ApexF1"],
        offset=cells["OffsetF"],
        emotion=text_of(cells["Emotion"]),
        action_units=text_of(cells["AU"]),
    )


def _with_own_offsets(
    release: Release, folders: Folders, rows: list[LabelRow], clips: Mapping[tuple[str, str], Path]
) -> list[LabelRow]:
    """`offset_from_frames`: where expressions share a clip, the frames from an onset to the next gap are its own."""
    onsets: dict[tuple[str, str], set[float]] = defaultdict(set)
    for row in rows:
        number = number_of(row.onset)
        if number is not None:
            onsets[row.subject, row.clip.casefold()].add(number)
    frames = {key: folders.frame_numbers(path) for key, path in clips.items() if len(onsets[key]) > 1}
    return [
        _with_own_offset(release, row, onsets[key], frames[key])
        if (key := (row.subject, row.clip.casefold())) in frames
        else row
        for row in rows
    ]


def _with_own_offset(release: Release, row: LabelRow, onsets: set[float], frames: list[int]) -> LabelRow:
    own = _own_offset(row, onsets, frames)
    if own is None:
        return row
    release.repair(row.subject, row.clip, row.onset, "offset_from_frames", text_of(row.offset), str(own))
    return replace(row, offset=own)


def _own_offset(row: LabelRow, onsets: set[float], frames: list[int]) -> int | None:
    """The last frame of an expression whose offset lies before its onset, or beyond a gap and the next onset."""
    onset, offset = number_of(row.onset), number_of(row.offset)
    if onset is None or offset is None or onset not in frames:
        return None
    behind = frames[frames.index(int(onset)) :]
    end_of_run = next((frame for frame, after in pairwise(behind) if after > frame + 1), behind[-1])
    next_onset = min((one for one in onsets if one > onset), default=None)
    reaches_another = next_onset is not None and offset >= next_onset and offset > end_of_run
    if onset <= offset and not reaches_another:
        return None
    return end_of_run if next_onset is None else min(end_of_run, int(next_onset) - 1)


def _subject(text: str) -> str:
    return subject_id(text, "sub", 2)
