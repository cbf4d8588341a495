"""The submissions of MEGC 2023 to 2025: a CSV ``vid, pred_onset, pred_offset, type``, types being ``me`` and ``mae``.

It names videos only. Their datasets and subjects come from the truth.
"""

from pathlib import Path

import pandas as pd

from mexflow.errors import UserError
from mexflow.store.spotting import INTERVAL, VIDEO, check_spotted, video_name
from mexflow.store.tables import read_text_csv, write_csv

COLUMNS = ["vid", "pred_onset", "pred_offset", "type"]
TYPES = {"me": "micro", "mae": "macro"}

UNKNOWN = "unknown"
"""The dataset of a video that nothing tells the dataset of."""


def read_megc2023_csv(path: Path | str, listed: pd.DataFrame) -> pd.DataFrame:
    """Read a submission as spotted intervals.

    Parameters
    ----------
    path : Path or str
        A CSV, gzipped when the name ends in ``.gz``.
    listed : DataFrame
        dataset, subject, video of every video that is known, in any number of rows.

    Returns
    -------
    DataFrame, one row per interval, in the file's order
        dataset, subject, video, type, onset, offset. A video that is not listed is a subject of its own, in the dataset
        of all the others if that is one, else in "unknown".

    Raises
    ------
    UserError
        If the file cannot be read, lacks a column, has another type, an empty vid or a frame that is no whole number,
        an onset lies behind its offset, or two listed videos have the same name.
    """
    path = Path(path)
    try:
        raw = read_text_csv(path, "an MEGC 2023 submission")
        frame = _parsed(raw.rename(columns=str.strip).apply(lambda column: column.str.strip()), listed)
        check_spotted(frame)
    except UserError as error:
        raise UserError(f"{path}: {error}") from error
    return frame.astype({"onset": int, "offset": int})[INTERVAL]


def write_megc2023_csv(predictions: pd.DataFrame, path: Path | str) -> None:
    """Write spotted intervals as a submission; the rows keep their order.

    Parameters
    ----------
    predictions : DataFrame
        As of `mexflow.store.spotting`.
    path : Path or str
        Where to write; its folder exists.

    Raises
    ------
    UserError
        If two of the videos have the same name.
    """
    _check_names(predictions)
    short = {long: name for name, long in TYPES.items()}
    columns = (predictions["video"], predictions["onset"], predictions["offset"], predictions["type"].map(short))
    write_csv(pd.DataFrame(dict(zip(COLUMNS, columns, strict=True))), Path(path))


def _parsed(raw: pd.DataFrame, listed: pd.DataFrame) -> pd.DataFrame:
    if missing := [name for name in COLUMNS if name not in raw.columns]:
        raise UserError(f"lacks the column {', '.join(missing)}; a submission has {', '.join(COLUMNS)}")
    _refuse(raw, raw["vid"] == "", "vid", "is empty")
    _refuse(raw, ~raw["type"].isin(TYPES), "type", "is neither me nor mae")
    frame = _placed(raw["vid"], listed)
    frame["type"] = raw["type"].map(TYPES)
    for name in ("onset", "offset"):
        frames = pd.to_numeric(raw[f"pred_{name}"], errors="coerce").astype(float)
        _refuse(raw, ~(frames % 1 == 0), f"pred_{name}", "is not a whole number")
        frame[name] = frames
    return frame


def _placed(names: pd.Series, listed: pd.DataFrame) -> pd.DataFrame:
    _check_names(listed)
    known = listed[VIDEO].drop_duplicates().set_index("video")
    only = known["dataset"].unique()
    dataset = names.map(known["dataset"]).fillna(only[0] if len(only) == 1 else UNKNOWN)
    subject = names.map(known["subject"]).fillna(names)
    return pd.DataFrame({"dataset": dataset, "subject": subject, "video": names})


def _check_names(frame: pd.DataFrame) -> None:
    videos = frame[VIDEO].drop_duplicates()
    twice = videos.duplicated("video", keep=False)
    if twice.any():
        first, second = (video_name(row) for _, row in videos[twice].sort_values("video").iloc[:2].iterrows())
        raise UserError(f"{first} and {second} have the same name in an MEGC 2023 submission; rename one of them")


def _refuse(raw: pd.DataFrame, wrong: pd.Series, name: str, why: str) -> None:
    if wrong.any():
        number = int(wrong.argmax())
        raise UserError(f'row {number + 1}: {name} "{raw[name].iloc[number]}" {why}')
