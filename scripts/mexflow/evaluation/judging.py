"""Scores of a file of predictions, made by mexflow or elsewhere."""

import gzip
import zlib
from pathlib import Path
from typing import Any

import pandas as pd

from mexflow.errors import UserError
from mexflow.evaluation.megc_log import read_megc_log
from mexflow.evaluation.recognition import score
from mexflow.store.predictions import COLUMNS, probability_columns, read_predictions

_MEGC_2019_CLASSES = 3


def read_judged(path: Path) -> tuple[pd.DataFrame, int]:
    """Read predictions, whichever of the two formats they are in.

    Parameters
    ----------
    path : Path
        A CSV of predictions (`mexflow.store.predictions`), told by the columns that its first line names, or an
        MEGC 2019 log (`mexflow.evaluation.megc_log`); either gzipped when its name ends in ``.gz``.

    Returns
    -------
    frame : DataFrame
        Predictions; those of a log have seed 0 and no probabilities.
    classes : int
        The number of classes: that of the CSV's probabilities; for a log three, negative, positive and surprise,
        or more if it has a greater label.

    Raises
    ------
    UserError
        If the file cannot be read or is damaged.
    """
    if set(first_line(path).strip("\ufeff\r\n").split(",")) & set(COLUMNS):
        frame = read_predictions(path, None)
        return frame, len(probability_columns(frame))
    frame = read_megc_log(path)
    return frame, max(_MEGC_2019_CLASSES, int(frame[["y_true", "y_pred"]].to_numpy().max()) + 1)


def judge(path: Path, draws: int = 2000) -> dict[str, Any]:
    """Score a file of predictions.

    Parameters
    ----------
    path : Path
        As of `read_judged`.
    draws : int
        Of the subject bootstrap; 0 for no interval.

    Returns
    -------
    dict of plain Python values, None for what is undefined
        ``file``; ``uf1``, ``uar``, ``war``, ``weighted_f1``, ``macro_precision``, ``f1_harmonic``,
        ``uf1_foldmean`` and ``auc_macro``, each the mean over seeds; ``sd`` and ``ci`` by the same names (no ``ci``
        of ``uf1_foldmean``, which is no score of the pooled predictions). The rest is that of
        `mexflow.evaluation.recognition.score`, with the seeds' ``uf1_foldmean`` among its ``metrics``, classes
        named by their numbers, and every dataset of ``per_dataset`` in this form.

    Raises
    ------
    UserError
        If the file cannot be read or is damaged.
    """
    frame, classes = read_judged(path)
    scores = score(frame, [str(number) for number in range(classes)], draws)
    per_dataset = {name: _with_means(one) for name, one in scores["per_dataset"].items()}
    return {"file": str(path), **_with_means(scores), "per_dataset": per_dataset}


def _with_means(scores: dict[str, Any]) -> dict[str, Any]:
    metrics = scores["metrics"] | {"uf1_foldmean": scores["uf1_foldmean"]}
    spread = metrics | {"auc_macro": scores["auc"] or {"mean": None, "sd": None, "ci": None}}
    return scores | {
        **{name: one["mean"] for name, one in spread.items()},
        "sd": {name: one["sd"] for name, one in spread.items()},
        "ci": {name: one["ci"] for name, one in spread.items() if name != "uf1_foldmean"},
        "metrics": metrics,
    }


def first_line(path: Path) -> str:
    """The first line of a file that is not blank, "" if there is none; unpacked when its name ends in ``.gz``.

    Raises
    ------
    UserError
        If the file cannot be read.
    """
    try:
        with (gzip.open if path.suffix == ".gz" else open)(path, "rb") as file:
            return next((line for line in file if line.strip()), b"").decode("utf-8", errors="replace")
    except FileNotFoundError:
        raise UserError(f"{path}: there is no such file") from None
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"{path}: cannot be read ({error})") from error
