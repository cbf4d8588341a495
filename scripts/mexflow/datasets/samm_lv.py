"""SAMM Long Videos: one folder of frames per video, several micro- and macro-expressions in each.

Yap, Kendrick and Yap, "SAMM Long Videos: a spontaneous facial micro- and macro-expressions dataset", FG 2020.
"""

from collections import Counter
from pathlib import Path

from mexflow.config.datasets import ReleasedSpec
from mexflow.datasets import samm
from mexflow.datasets.folders import Folders, opened
from mexflow.datasets.release import LabelRow, Release
from mexflow.datasets.samm import FPS, clip_name, subject_name
from mexflow.datasets.workbook import LabelTable, SheetRow, read_table, text_of
from mexflow.errors import UserError

IMAGES = {"raw": ("SAMM_longvideos", "SAMM Long Videos", "SAMM_LV", "SAMMLV")}
"""The one form of the frames, and the folders that hold it."""
TABLES = tuple(f"SAMM_LongVideos_V{version}_Release.{ending}" for version in (3, 2, 1) for ending in ("xlsx", "xls"))

_COLUMNS = ("Subject", "Filename", "Onset", "Apex", "Offset", "Type", "Action Units")
_HEADER = 9
_COUNTS = {"rows": 502, "micro-expressions": 159, "macro-expressions": 343, "subjects": 30, "videos": 147}
_TELLING_VIDEO = ("012", "012_4")
_TELLING_FRAMES = {"V1": 1000, "later": 2000}


def read(name: str, spec: ReleasedSpec, root: Path, frames: bool) -> Release:
    """Read SAMM Long Videos. Its table has no emotions: those of SAMM's are taken if it lies below the root, too.

    Parameters
    ----------
    name : str
        The dataset's name in the configuration.
    spec : ReleasedSpec
    root : Path
        The folder as unpacked; with `frames` False a label file will do.
    frames : bool
        Look at the frames: videos are found, and intervals cut to what is there.

    Raises
    ------
    UserError
        If the label table or the frames cannot be found or read, or a row is neither micro nor macro.
    """
    release = Release(name, spec)
    folders, path = opened(root, spec.labels, *TABLES)
    table = read_table(path, header=_HEADER, required=_COLUMNS)
    micro = _micro_rows(release, folders)
    rows = [_label_row(f"{table.path}, row {row.number}", row, micro) for row in table.rows]
    _compare(release, table, [row for row in rows if row.subject and row.clip])
    videos = None
    if folders and frames:
        videos = samm.clips_on_disk(folders, IMAGES, spec.images, lambda folder: _videos(folders, folder))
        if _TELLING_VIDEO in videos:
            count = len(folders.frame_numbers(videos[_TELLING_VIDEO]))
            release.compare(f"frames of {_TELLING_VIDEO[1]}", count, _TELLING_FRAMES)
    release.fill(rows, videos, FPS, root)
    return release


def _compare(release: Release, table: LabelTable, named: list[LabelRow]) -> None:
    types = Counter(row.expression_type for row in named)
    found = {
        "rows": len(named),
        "micro-expressions": types["micro"],
        "macro-expressions": types["macro"],
        "subjects": len({row.subject for row in named}),
        "videos": len({row.video for row in named}),
    }
    for what, count in _COUNTS.items():
        release.compare(what, found[what], {"published": count}, table)
    told = sum(row.emotion != "" for row in named)
    release.remarks.append(f"{release.name}: {told} of {types['micro']} micro-expressions have an emotion")


def _micro_rows(release: Release, folders: Folders | None) -> dict[str, LabelRow]:
    """Clip → its row in SAMM's own table; frame numbers differ from those of the long videos, names do not."""
    found = folders.file(*samm.TABLES) if folders else None
    if found is None:
        release.remarks.append(f"{release.name}: no label table of SAMM ({', '.join(samm.TABLES)}): no emotions")
        return {}
    table, rows = samm.read_labels(found)
    release.remarks.append(f"{table.path.name} ({table.digest}): emotions and objective classes")
    return {row.clip: row for row in rows}


def _label_row(place: str, row: SheetRow, micro: dict[str, LabelRow]) -> LabelRow:
    cells = row.cells
    clip = clip_name(cells["Filename"])
    expression_type = _expression_type(place, text_of(cells["Type"])) if clip else "micro"
    # One name stands for a micro- and a macro-expression; SAMM has the former only.
    same = micro.get(clip) if expression_type == "micro" else None
    return LabelRow(
        place=place,
        subject=subject_name(cells["Subject"]),
        clip=clip,
        video="_".join(clip.split("_")[:2]),
        onset=cells["Onset"],
        apex=cells["Apex"],
        offset=cells["Offset"],
        emotion=same.emotion if same else "",
        action_units=text_of(cells["Action Units"]),
        objective=same.objective if same else None,
        expression_type=expression_type,
    )


def _expression_type(place: str, text: str) -> str:
    for one in ("micro", "macro"):
        if text.casefold().startswith(one):
            return one
    raise UserError(f'{place}: type "{text}" is neither micro nor macro. Correct the row.')


def _videos(folders: Folders, folder: Path) -> dict[tuple[str, str], Path]:
    """(subject, video in lower case) → folder."""
    found: dict[tuple[str, str], Path] = {}
    for path in folders.children(folder):
        subject, underscore, _ = path.name.partition("_")
        if not (underscore and subject_name(subject) and path.is_dir()):
            continue
        key = (subject_name(subject), clip_name(path.name).casefold())
        if key in found:
            raise UserError(f"{found[key]} and {path.name} are the same video. Remove one of them.")
        found[key] = path
    return found
