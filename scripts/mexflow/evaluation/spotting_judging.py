"""Scores of a file of spotted intervals, made by mexflow or elsewhere, in any of three formats."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from mexflow.errors import UserError
from mexflow.evaluation.judging import first_line
from mexflow.evaluation.megc2020_log import BLOCKS, read_megc2020_log, score_megc2020_log
from mexflow.evaluation.megc2023_csv import COLUMNS as SUBMITTED
from mexflow.evaluation.megc2023_csv import read_megc2023_csv
from mexflow.evaluation.spotting import score_spotting
from mexflow.store.spotting import INTERVAL, VIDEO, read_spotted, read_true_intervals, read_videos


def format_of(path: Path) -> str:
    """How a file of spotted intervals is written, told by its first line.

    Parameters
    ----------
    path : Path
        Gzipped when the name ends in ``.gz``.

    Returns
    -------
    "csv", "megc2020" or "megc2023"
        The schema of `mexflow.store.spotting`, a log of MEGC 2020, a submission of MEGC 2023 and later.

    Raises
    ------
    UserError
        If it is none of them or cannot be read.
    """
    line = first_line(path).strip("\ufeff\r\n ")
    columns = {name.strip() for name in line.split(",")}
    if line in BLOCKS:
        return "megc2020"
    if SUBMITTED[0] in columns:
        return "megc2023"
    if len(columns & set(INTERVAL)) > 1:
        return "csv"
    raise UserError(
        f'{path}: begins with "{line[:60]}", as no known format does; give a CSV with {", ".join(INTERVAL)}[, score], '
        f"an MEGC 2020 log, whose first line is 1 or 2, or an MEGC 2023 CSV with {', '.join(SUBMITTED)}"
    )


def read_judged_spotting(
    path: Path, truth: Path | None, videos: Path | None = None
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame | None]:
    """Read spotted intervals with the truth and the videos that they are judged by.

    Parameters
    ----------
    path : Path
        A CSV in the schema of `mexflow.store.spotting`, or a submission of MEGC 2023.
    truth : Path or None
        A CSV of true intervals; None is a mistake that is told.
    videos : Path, optional
        A CSV of videos.

    Returns
    -------
    predictions, truth, videos : DataFrame, the last None without a file

    Raises
    ------
    UserError
        If a file cannot be read or is not what it should be, or there is no truth.
    """
    form = format_of(path)
    if form == "megc2020":
        raise UserError(f"{path}: an MEGC 2020 log has no types, so that it cannot be judged by other truth")
    if truth is None:
        raise UserError(f"{path}: name a file of true intervals, too; only an MEGC 2020 log has its own")
    true = read_true_intervals(truth)
    listed = None if videos is None else read_videos(videos)
    known = true[VIDEO] if listed is None else pd.concat([true[VIDEO], listed[VIDEO]])
    predictions = read_megc2023_csv(path, known) if form == "megc2023" else read_spotted(path)
    return predictions, true, listed


def judge_spotting(
    path: Path,
    truth: Path | None = None,
    videos: Path | None = None,
    matching: str = "megc",
    iou: float = 0.5,
    draws: int = 2000,
    emotions: Sequence[str] | None = None,
) -> dict[str, Any]:
    """Score a file of spotted intervals.

    Parameters
    ----------
    path : Path
        As of `format_of`.
    truth : Path, optional
        A CSV of true intervals; an MEGC 2020 log brings its own.
    videos : Path, optional
        A CSV of videos, for those without a true interval.
    matching, iou, draws, emotions
        As of `mexflow.evaluation.spotting.score_spotting`.

    Returns
    -------
    dict of plain Python values, None for what is undefined
        ``file``, ``format``, and the dict of `mexflow.evaluation.spotting.score_spotting`, or of
        `mexflow.evaluation.megc2020_log.score_megc2020_log`.

    Raises
    ------
    UserError
        If a file cannot be read or is not what it should be, truth is missing, or a log comes with truth, videos or
        a matching other than one to one.
    """
    form = format_of(path)
    told = {"file": str(path), "format": form}
    if form != "megc2020":
        tables = read_judged_spotting(path, truth, videos)
        return {**told, **score_spotting(*tables, matching, iou, draws, emotions)}
    if truth is not None or videos is not None or matching != "megc" or emotions is not None:
        raise UserError(
            f"{path}: an MEGC 2020 log holds its own truth, without types or emotions, and is recounted one to one; "
            "give no other truth, videos, matching or emotions"
        )
    return {**told, **score_megc2020_log(read_megc2020_log(path), iou, draws)}
