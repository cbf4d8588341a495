"""The one schema of intervals in long videos: spotted ones, true ones, and the videos that hold them.

A spotted interval is ``dataset, subject, video, type, onset, offset`` and, where there is one, its ``score`` (greater
is surer), ``apex``, and the classes ``y_true, y_pred`` of an analysis. A true interval has the first six, and where
known ``apex, emotion, fps``. Frames are inclusive; type is ``micro`` or ``macro``.
"""

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from mexflow.errors import UserError
from mexflow.store.files import replacing
from mexflow.store.tables import read_text_csv

VIDEO = ["dataset", "subject", "video"]
INTERVAL = [*VIDEO, "type", "onset", "offset"]
TYPES = ("macro", "micro")

_SPOTTED = ["score", "apex", "y_true", "y_pred"]
_TRUE = ["apex", "emotion", "fps"]
_RECORDED = ["frames", "fps"]
_TEXT = [*VIDEO, "type", "emotion", "y_true", "y_pred"]


def read_spotted(path: Path | str) -> pd.DataFrame:
    """Read and check a CSV of spotted intervals.

    Parameters
    ----------
    path : Path or str
        A ``.csv`` or ``.csv.gz`` file in the schema of this module. Columns outside it are left out. A file without
        rows says that nothing was spotted.

    Returns
    -------
    DataFrame, one row per interval, in the file's order
        dataset, subject, video, type as text (leading zeros kept), onset, offset as int64; of the rest those that the
        file has: score, apex as float64 (nan for an apex that is left empty), y_true, y_pred as text.

    Raises
    ------
    UserError
        If the file cannot be read or fails `check_spotted`.
    """
    return _read(Path(path), "spotted intervals", INTERVAL, _SPOTTED, check_spotted)


def write_spotted(frame: pd.DataFrame, path: Path | str) -> None:
    """Check spotted intervals and write them as CSV, gzipped when the name ends in ``.gz``.

    The file appears whole or not at all. Scores come back unchanged; the rows keep their order.

    Parameters
    ----------
    frame : DataFrame
        The schema of this module and no other column.
    path : Path or str
        Where to write; its folder exists.

    Raises
    ------
    UserError
        If the intervals fail `check_spotted`.
    ValueError
        If the frame has a column outside the schema.
    """
    check_spotted(frame)
    columns = [*INTERVAL, *_SPOTTED]
    if extra := [str(name) for name in frame.columns if name not in columns]:
        raise ValueError(f"columns outside the schema of spotted intervals: {', '.join(extra)}")
    text = frame[[name for name in columns if name in frame.columns]].to_csv(index=False, lineterminator="\n")
    content = text.encode("utf-8")
    with replacing(Path(path)) as beside:
        beside.write_bytes(gzip.compress(content, mtime=0) if Path(path).suffix == ".gz" else content)


def read_true_intervals(path: Path | str) -> pd.DataFrame:
    """Read and check a CSV of true intervals.

    Parameters
    ----------
    path : Path or str
        As of `read_spotted`. A manifest will do: its ``expression_type`` is the type.

    Returns
    -------
    DataFrame, one row per interval, in the file's order
        As of `read_spotted`; of apex, fps (float64, nan where left empty) and emotion (text) those that the file has.

    Raises
    ------
    UserError
        If the file cannot be read or fails `check_true_intervals`.
    """
    return _read(Path(path), "true intervals", INTERVAL, _TRUE, check_true_intervals)


def read_videos(path: Path | str) -> pd.DataFrame:
    """Read and check a CSV of videos: those without any expression have no place in a table of intervals.

    Parameters
    ----------
    path : Path or str
        A ``.csv`` or ``.csv.gz`` file with ``dataset, subject, video`` and, where known, ``frames, fps``.

    Returns
    -------
    DataFrame, one row per video, in the file's order
        The ids as text; frames, fps as float64, nan where left empty, if the file has them.

    Raises
    ------
    UserError
        If the file cannot be read or fails `check_videos`.
    """
    return _read(Path(path), "videos", VIDEO, _RECORDED, check_videos)


def check_spotted(frame: pd.DataFrame) -> None:
    """Refuse spotted intervals that cannot be scored.

    Parameters
    ----------
    frame : DataFrame
        Spotted intervals, maybe none; other columns are not looked at.

    Raises
    ------
    UserError
        If a column is missing, an id is empty or not text, a type is neither micro nor macro, a frame is no whole
        number, an onset lies behind its offset, a score is not finite, or there is y_true but no y_pred. The message
        names the first row at fault.
    """
    _check_intervals(frame, "spotted intervals")
    if "score" in frame.columns:
        _check_numeric(frame, "score")
        _refuse(frame, ~np.isfinite(frame["score"]), "score", "is not a finite number")
    if "y_true" in frame.columns and "y_pred" not in frame.columns:
        raise UserError("spotted intervals have the column y_true but not y_pred; an analysis needs the latter")


def check_true_intervals(frame: pd.DataFrame) -> None:
    """Refuse true intervals that nothing can be scored against.

    Parameters
    ----------
    frame : DataFrame
        True intervals; other columns are not looked at.

    Raises
    ------
    UserError
        As of `check_spotted`, and if there is no row or an fps is not above 0.
    """
    _check_intervals(frame, "true intervals")
    if frame.empty:
        raise UserError("true intervals hold no row; at least one is needed")
    _check_positive(frame, "fps")


def check_videos(frame: pd.DataFrame) -> None:
    """Refuse a table of videos that lacks a column, has an empty id or a video twice.

    Parameters
    ----------
    frame : DataFrame
        Videos; other columns are not looked at.

    Raises
    ------
    UserError
        Naming the first row at fault; also if frames or fps are not above 0.
    """
    _check_columns(frame, "videos", VIDEO)
    _check_text(frame)
    _refuse(frame, frame.duplicated(VIDEO), "video", "is listed twice; keep one of the rows")
    for name in _RECORDED:
        _check_positive(frame, name)


def video_name(row: pd.Series) -> str:
    """How messages name the video of a row: ``dataset/subject/video``."""
    return "/".join(str(row[name]) for name in VIDEO)


def _read(
    path: Path, what: str, needed: list[str], known: list[str], check: Callable[[pd.DataFrame], None]
) -> pd.DataFrame:
    try:
        raw = read_text_csv(path, what)
        if "type" not in raw.columns:
            raw = raw.rename(columns={"expression_type": "type"})
        _check_columns(raw, what, needed)
        frame = raw[[*needed, *(name for name in known if name in raw.columns)]].copy()
        for name in frame.columns.difference(_TEXT):
            frame[name] = _numbers(frame, name)
        check(frame)
    except UserError as error:
        raise UserError(f"{path}: {error}") from error
    return frame.astype({name: np.int64 for name in ("onset", "offset") if name in needed})


def _numbers(frame: pd.DataFrame, name: str) -> pd.Series:
    """Numbers from text, nan where it is empty."""
    text = frame[name].str.strip()
    numbers = pd.to_numeric(text, errors="coerce").astype(float)
    _refuse(frame, numbers.isna() & (text != ""), name, "is not a number")
    return numbers


def _check_intervals(frame: pd.DataFrame, what: str) -> None:
    _check_columns(frame, what, INTERVAL)
    _check_text(frame)
    _refuse(frame, ~frame["type"].isin(TYPES), "type", "is neither micro nor macro")
    for name in ("onset", "offset"):
        _check_numeric(frame, name)
        _refuse(frame, ~np.isfinite(frame[name]) | (frame[name] % 1 != 0), name, "is not a whole number")
    _refuse(frame, frame["onset"] > frame["offset"], "onset", "lies behind the offset")
    if "apex" in frame.columns:
        _check_numeric(frame, "apex")
        _refuse(frame, frame["apex"].notna() & (frame["apex"] % 1 != 0), "apex", "is not a whole number")


def _check_columns(frame: pd.DataFrame, what: str, columns: list[str]) -> None:
    if missing := [name for name in columns if name not in frame.columns]:
        raise UserError(f"{what} lack the column {', '.join(missing)}; they need {', '.join(columns)}")


def _check_text(frame: pd.DataFrame) -> None:
    for name in VIDEO:
        _refuse(frame, frame[name].isna() | (frame[name] == ""), name, "is empty; every row needs one")
        if len(frame) and not pd.api.types.is_string_dtype(frame[name]):
            raise UserError(f"{name} is not text, so leading zeros may be lost; read it as text")


def _check_numeric(frame: pd.DataFrame, name: str) -> None:
    if len(frame) and not pd.api.types.is_numeric_dtype(frame[name]):
        raise UserError(f"{name} is not a column of numbers")


def _check_positive(frame: pd.DataFrame, name: str) -> None:
    if name in frame.columns:
        _check_numeric(frame, name)
        _refuse(frame, ~((frame[name] > 0) & np.isfinite(frame[name]) | frame[name].isna()), name, "is not above 0")


def _refuse(frame: pd.DataFrame, wrong: pd.Series, name: str, why: str) -> None:
    if wrong.any():
        first = int(np.argmax(wrong))
        row = frame.iloc[first]
        raise UserError(f"row {first + 1} ({video_name(row)}): {name} {row[name]} {why}")
