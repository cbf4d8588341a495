"""`kind: custom`: one's own clips and a CSV with a row per labelled expression."""

import csv
import math
from pathlib import Path

from mexflow.config.datasets import CustomSpec, Unit
from mexflow.config.spec import nearest
from mexflow.datasets.labels import scheme_labels
from mexflow.datasets.manifest import Expression
from mexflow.datasets.release import Release, unit_name
from mexflow.errors import UserError

REQUIRED = ("subject", "clip", "onset", "offset", "emotion")
OPTIONAL = ("apex", "path", "video", "first_frame", "fps", "action_units", "expression_type")
"""`path` is the clip's folder or video file below the root, by default <subject>/<clip>; `first_frame` the number
of a video file's first frame, by default 1; `video` names clips that share their frames."""
VIDEO_ENDINGS = (".avi", ".mp4", ".mov", ".mkv", ".mpg", ".mpeg", ".wmv")


def read(name: str, spec: CustomSpec, root: Path, frames: bool) -> Release:
    """Read one's own dataset.

    Parameters
    ----------
    name : str
        The dataset's name in the configuration.
    spec : CustomSpec
    root : Path
        Its folder; with `frames` False the label table itself will do.
    frames : bool
        Look for the clips, too.

    Raises
    ------
    UserError
        If the root, the label table, a column or a clip is missing, or a cell cannot be.
    """
    if root.is_file():
        return Release(name, spec, read_labels(name, root, None, spec.unit, spec.fps))
    if not root.is_dir():
        raise UserError(f"no folder {root}. Correct the root, or mount the disk.")
    return Release(name, spec, read_labels(name, root / spec.labels, root if frames else None, spec.unit, spec.fps))


def read_labels(name: str, table: Path, root: Path | None, unit: Unit, fps: float | None) -> list[Expression]:
    """Read a label table in the format of `kind: custom`. Frames are not looked at: `content` stays "".

    Parameters
    ----------
    name : str
        The dataset's name in the configuration.
    table : Path
        A CSV file with the columns `REQUIRED` and, where wanted, `OPTIONAL`.
    root : Path, optional
        The folder that the paths are relative to; None if clips are not looked for.
    unit : {"subject", "video", "clip"}
    fps : float, optional
        For rows that give none.

    Raises
    ------
    UserError
        Naming the table, the row and the cell.
    """
    rows = _rows(table)
    return [_expression(name, f"{table}, row {line}", row, root, unit, fps) for line, row in rows]


def _rows(table: Path) -> list[tuple[int, dict[str, str]]]:
    try:
        with table.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            columns = [column.strip() for column in reader.fieldnames or ()]
            reader.fieldnames = columns
            rows = [(reader.line_num, row) for row in reader]
    except FileNotFoundError:
        raise UserError(f"{table}: no such label table. Write one with the columns {', '.join(REQUIRED)}.") from None
    except UnicodeDecodeError as error:
        raise UserError(f"{table}: not UTF-8 text ({error.reason} at byte {error.start}). Save it as UTF-8.") from None
    except csv.Error as error:
        raise UserError(f"{table}, row {reader.line_num}: no CSV ({error}). Correct the row.") from None
    for column in columns:
        if column not in REQUIRED + OPTIONAL:
            raise UserError(f'{table}: unknown column "{column}"{nearest(column, REQUIRED + OPTIONAL)}')
        if columns.count(column) > 1:
            raise UserError(f'{table}: the column "{column}" is there twice; remove one of them.')
    for column in REQUIRED:
        if column not in columns:
            raise UserError(f'{table}: the column "{column}" is missing; columns there: {", ".join(columns) or "none"}')
    if not rows:
        raise UserError(f"{table}: no row below the header; add one row per labelled expression.")
    for line, row in rows:
        if any(row.get(None, ())):
            raise UserError(f"{table}, row {line}: more cells than columns; put a cell that holds a comma in quotes.")
    return [(line, {key: (value or "").strip() for key, value in row.items() if key}) for line, row in rows]


def _expression(
    name: str, where: str, row: dict[str, str], root: Path | None, unit: Unit, fps: float | None
) -> Expression:
    for column in REQUIRED:
        if not row[column]:
            raise UserError(f'{where}: the cell "{column}" is empty; fill it in.')
    onset, offset = _integer(where, row, "onset"), _integer(where, row, "offset")
    if onset > offset:
        raise UserError(f"{where}: onset {onset} lies after offset {offset}; correct the row.")
    apex = _integer(where, row, "apex") if row.get("apex") else (onset + offset) // 2
    if not onset <= apex <= offset:
        raise UserError(f"{where}: apex {apex} lies outside onset {onset} .. offset {offset}; correct the row.")
    source = _source(where, root, row) if root else ""
    video = row.get("video") or (row["clip"] if not row.get("path") else Path(row["path"]).stem)
    return Expression(
        dataset=name,
        subject=row["subject"],
        clip=row["clip"],
        video=video,
        unit=unit_name(unit, row["subject"], video, row["clip"]),
        source=source,
        first_frame=_integer(where, row, "first_frame") if row.get("first_frame") else 1,
        onset=onset,
        apex=apex,
        offset=offset,
        fps=_fps(where, row, fps),
        emotion=row["emotion"],
        **scheme_labels("custom", row["emotion"], row.get("action_units", "")),
        action_units=row.get("action_units", ""),
        expression_type=row.get("expression_type") or "micro",
        apex_source="label" if row.get("apex") else "middle",
        content="",
    )


def _integer(where: str, row: dict[str, str], column: str) -> int:
    try:
        number = int(row[column])
    except ValueError:
        raise UserError(f'{where}: {column} "{row[column]}" is no frame number; write an integer.') from None
    if number < 0:
        raise UserError(f"{where}: {column} {number} is negative; write a frame number.")
    return number


def _fps(where: str, row: dict[str, str], default: float | None) -> float:
    if not row.get("fps"):
        if default is None:
            raise UserError(f'{where}: no frame rate; add a column "fps", or the key "fps" to the dataset.')
        return default
    try:
        number = float(row["fps"])
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise UserError(f'{where}: fps "{row["fps"]}" is no frame rate; write frames per second.')
    return number


def _source(where: str, root: Path, row: dict[str, str]) -> str:
    if row.get("path"):
        return row["path"]
    folder = f"{row['subject']}/{row['clip']}"
    for candidate in (folder, *(folder + ending for ending in VIDEO_ENDINGS)):
        if (root / candidate).exists():
            return candidate
    raise UserError(f"{where}: no clip at {root / folder} (a folder or a video). Restore it or remove the row.")
