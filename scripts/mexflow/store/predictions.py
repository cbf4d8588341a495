"""The one schema of per-clip predictions: reading, writing and checking it.

A row is one clip predicted under one seed: ``dataset, subject, clip, fold, seed, y_true, y_pred`` and one
probability ``p_0 … p_C-1`` per class. Everything after training reads only this.
"""

import gzip
import re
from pathlib import Path

import numpy as np
import pandas as pd

from mexflow.errors import UserError
from mexflow.store.files import replacing
from mexflow.store.tables import read_text_csv

CLIP = ["dataset", "subject", "clip"]
LABELS = ["y_true", "y_pred"]
COLUMNS = [*CLIP, "fold", "seed", *LABELS]
_TEXT = [*CLIP, "fold"]
_SUM_TOLERANCE = 1e-3


def read_predictions(path: Path | str, classes: int | None) -> pd.DataFrame:
    """Read and check a CSV of predictions.

    Parameters
    ----------
    path : Path or str
        A ``.csv`` or ``.csv.gz`` file in the schema of this module. Columns outside the schema are left out.
    classes : int or None
        The number of classes that the file must have; None takes it from the file's ``p_`` columns.

    Returns
    -------
    DataFrame, one row per clip and seed, in the file's order
        dataset, subject, clip, fold as text (leading zeros kept); seed, y_true, y_pred as int64;
        p_* as float32.

    Raises
    ------
    UserError
        If the file cannot be read, has another number of classes, or fails `check_predictions`.
    """
    path = Path(path)
    try:
        frame = _parsed(read_text_csv(path, "predictions"))
        check_predictions(frame)
        _check_class_count(frame, classes)
    except UserError as error:
        raise UserError(f"{path}: {error}") from error
    return _typed(frame)


def write_predictions(frame: pd.DataFrame, path: Path | str) -> None:
    """Check predictions and write them as CSV, gzipped when the name ends in ``.gz``.

    The file appears whole or not at all, and equal frames give equal bytes. Probabilities carry nine
    significant digits, so that float32 values come back unchanged. The rows keep their order.

    Parameters
    ----------
    frame : DataFrame
        The schema of this module and no other column.
    path : Path or str
        Where to write; its folder exists.

    Raises
    ------
    UserError
        If the predictions fail `check_predictions`.
    ValueError
        If the frame has a column outside the schema.
    """
    check_predictions(frame)
    columns = [*COLUMNS, *probability_columns(frame)]
    if extra := [str(name) for name in frame.columns if name not in columns]:
        raise ValueError(f"columns outside the schema of predictions: {', '.join(extra)}")
    text = _typed(frame)[columns].to_csv(index=False, float_format="%.9g", lineterminator="\n")
    content = text.encode("utf-8")
    with replacing(Path(path)) as beside:
        beside.write_bytes(gzip.compress(content, mtime=0) if Path(path).suffix == ".gz" else content)


def check_predictions(frame: pd.DataFrame) -> None:
    """Refuse predictions that cannot be scored.

    Parameters
    ----------
    frame : DataFrame
        Predictions of one or several seeds; other columns are not looked at.

    Raises
    ------
    UserError
        If there is no row, a column is missing, an id is empty or not text, a label is outside 0..C-1
        (C: the number of ``p_`` columns), a probability is not in 0..1 or a clip's do not sum to 1 (both
        within 1e-3), a clip is predicted twice within one seed, or the seeds do not predict the same clips
        with the same y_true. The message names the first clip at fault.
    """
    classes = len(probability_columns(frame))
    check_labels(frame, classes)
    _check_probabilities(frame)


def check_labels(frame: pd.DataFrame, classes: int) -> None:
    """Refuse labels that cannot be scored: all of `check_predictions` but the probabilities.

    For predictions that never had any, such as an MEGC log.

    Parameters
    ----------
    frame : DataFrame
        dataset, subject, clip, fold, seed, y_true, y_pred; other columns are not looked at.
    classes : int
        The number of classes C.

    Raises
    ------
    UserError
        See `check_predictions`.
    """
    if missing := [name for name in COLUMNS if name not in frame.columns]:
        raise UserError(f"predictions lack the column {', '.join(missing)}; they need {', '.join(COLUMNS)}")
    if frame.empty:
        raise UserError("predictions hold no row; at least one clip is needed")
    _check_text(frame)
    _check_integers(frame, "seed")
    for name in LABELS:
        _check_integers(frame, name)
        _refuse(frame, ~frame[name].between(0, classes - 1), name, f"is outside 0..{classes - 1}")
    _check_duplicates(frame)
    _check_seeds(frame)


def probability_columns(frame: pd.DataFrame) -> list[str]:
    """The columns ``p_0 … p_C-1`` of predictions, in the order of the classes.

    Raises
    ------
    UserError
        If there is none, or one is missing between the first and the last.
    """
    numbers = {int(name[2:]) for name in map(str, frame.columns) if re.fullmatch(r"p_(0|[1-9]\d*)", name)}
    expected = range(max(numbers, default=0) + 1)
    if missing := [f"p_{number}" for number in expected if number not in numbers]:
        raise UserError(f"predictions lack the column {missing[0]}; they need one probability per class")
    return [f"p_{number}" for number in expected]


def clip_name(row: pd.Series) -> str:
    """How messages name the clip of a row: ``dataset/subject/clip``."""
    return "/".join(str(row[name]) for name in CLIP)


def _parsed(raw: pd.DataFrame) -> pd.DataFrame:
    """Numbers from text; what is not a number becomes NaN, which the checks name."""
    wanted = [name for name in [*COLUMNS, *probability_columns(raw)] if name in raw.columns]
    frame = raw[wanted].copy()
    for name in wanted:
        if name not in _TEXT:
            frame[name] = pd.to_numeric(frame[name], errors="coerce")
    return frame


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    types: dict[str, type] = dict.fromkeys(_TEXT, str)
    types |= dict.fromkeys(["seed", *LABELS], np.int64)
    types |= dict.fromkeys(probability_columns(frame), np.float32)
    return frame.astype(types)


def _check_class_count(frame: pd.DataFrame, classes: int | None) -> None:
    found = len(probability_columns(frame))
    if classes is not None and found != classes:
        raise UserError(f"holds probabilities of {found} classes (p_0 to p_{found - 1}), not of {classes}")


def _check_text(frame: pd.DataFrame) -> None:
    for name in _TEXT:
        empty = frame[name].isna() | (frame[name] == "")
        if empty.any():
            raise UserError(f"row {int(np.argmax(empty)) + 1}: {name} is empty; every clip needs one")
        if name in CLIP and not pd.api.types.is_string_dtype(frame[name]):
            raise UserError(f"{name} is not text, so leading zeros may be lost; read the file with read_predictions")


def _check_integers(frame: pd.DataFrame, name: str) -> None:
    if not pd.api.types.is_numeric_dtype(frame[name]):
        raise UserError(f"{name} is not a column of numbers")
    _refuse(frame, ~np.isfinite(frame[name]) | (frame[name] % 1 != 0), name, "is not a whole number")


def _check_probabilities(frame: pd.DataFrame) -> None:
    names = probability_columns(frame)
    for name in names:
        if not pd.api.types.is_numeric_dtype(frame[name]):
            raise UserError(f"{name} is not a column of numbers")
        _refuse(frame, ~np.isfinite(frame[name]), name, "is not a finite number")
        outside = ~frame[name].between(-_SUM_TOLERANCE, 1 + _SUM_TOLERANCE)
        _refuse(frame, outside, name, "is not a probability")
    total = frame[names].astype(float).sum(axis=1)
    wrong = (total - 1).abs() > _SUM_TOLERANCE
    if wrong.any():
        first = int(np.argmax(wrong))
        raise UserError(
            f"{_place(frame.iloc[first])}: {names[0]} to {names[-1]} sum to {total.iloc[first]:.6g}, not to 1"
        )


def _refuse(frame: pd.DataFrame, wrong: pd.Series, name: str, why: str) -> None:
    if wrong.any():
        row = frame.iloc[int(np.argmax(wrong))]
        raise UserError(f"{_place(row)}: {name} {row[name]} {why}")


def _place(row: pd.Series) -> str:
    return f"clip {clip_name(row)}, seed {row['seed']}"


def _check_duplicates(frame: pd.DataFrame) -> None:
    twice = frame.duplicated(["seed", *CLIP])
    if twice.any():
        row = frame.iloc[int(np.argmax(twice))]
        raise UserError(f"clip {clip_name(row)} is predicted twice with seed {row['seed']}; keep one of them")


def _check_seeds(frame: pd.DataFrame) -> None:
    """Given no duplicates, a clip that every seed predicts has as many rows as there are seeds."""
    clips = frame.groupby(CLIP, sort=False, observed=True)
    lacking = (clips["seed"].transform("size") < frame["seed"].nunique()).to_numpy()
    if lacking.any():
        row = frame.iloc[int(np.argmax(lacking))]
        same_clip = (frame[CLIP] == row[CLIP]).all(axis=1)
        seed = min(set(frame["seed"]) - set(frame.loc[same_clip, "seed"]))
        raise UserError(
            f"clip {clip_name(row)} is predicted with seed {row['seed']} but not with seed {seed}; "
            "all seeds must predict the same clips"
        )
    first = clips["y_true"].transform("first")
    if (changed := (frame["y_true"] != first).to_numpy()).any():
        row = frame.iloc[int(np.argmax(changed))]
        raise UserError(
            f"clip {clip_name(row)}: y_true is {row['y_true']} with seed {row['seed']} but "
            f"{first.iloc[int(np.argmax(changed))]} with another; the truth must not depend on the seed"
        )
