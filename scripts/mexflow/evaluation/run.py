"""Scores of a finished run: all its seeds, and the proof that none of them leaked."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from mexflow.config.evaluation import EvaluationSpec
from mexflow.errors import UserError
from mexflow.evaluation.megc_log import write_megc_log
from mexflow.evaluation.recognition import score
from mexflow.store.predictions import CLIP, check_predictions, read_predictions
from mexflow.store.records import read_record

SUBJECT = ["dataset", "subject"]


def evaluate_run(seeds: Sequence[Path], spec: EvaluationSpec, logs: Path) -> dict[str, Any]:
    """Score the seeds of a run together.

    Parameters
    ----------
    seeds : sequence of Path
        One folder per seed, with predictions.csv, splits.csv and audit.json.
    spec : EvaluationSpec
    logs : Path
        Folder for the per-clip log of every seed in the MEGC 2019 format, `megc2019_seed<N>.txt`.

    Returns
    -------
    dict
        What `mexflow.evaluation.recognition.score` gives, `leak_audit`, and whether labels were permuted.

    Raises
    ------
    UserError
        If a seed's audit is missing or failed, its splits mix subjects (clips, under a protocol as published), or its
        predictions are not those of its splits.
    """
    parts, audits = [], []
    for folder in seeds:
        frame = read_predictions(folder / "predictions.csv", len(spec.classes))
        audit = read_record(folder / "audit.json")
        if not audit["passed"]:
            raise UserError(f"{folder}: the leak audit has failed; these predictions cannot be scored.")
        splits = pd.read_csv(folder / "splits.csv", dtype=str, keep_default_na=False)
        check_split(frame, splits, folder, CLIP if audit["as_published"] else SUBJECT)
        write_megc_log(frame, logs / f"megc2019_seed{frame.seed.iloc[0]}.txt")
        parts.append(frame)
        audits.append(audit)
    pooled = pd.concat(parts, ignore_index=True)
    check_predictions(pooled)
    return {
        **score(pooled, spec.classes, spec.draws),
        "leak_audit": audits[0],
        "permuted_labels": spec.permute_labels,
    }


def check_split(predictions: pd.DataFrame, splits: pd.DataFrame, folder: Path, apart: Sequence[str] = SUBJECT) -> None:
    """Check from the files alone that each clip was tested in a fold that trained on none of its subject's.

    Parameters
    ----------
    predictions, splits : DataFrame
        Of one seed.
    folder : Path
        What messages call it.
    apart : sequence of str
        What must not be on both sides: subjects, or under a protocol as published clips.

    Raises
    ------
    UserError
        Naming the fold and the subject or clip.
    """
    train, test = splits[splits.role == "train"], splits[splits.role == "test"]
    shared = test.merge(train, on=["fold", *apart])
    if len(shared):
        first = shared.iloc[0]
        raise UserError(
            f"{folder}: leak in fold {first.fold}: {'/'.join(first[list(apart)])} is trained and tested on."
        )
    both = predictions.merge(test, on=[*CLIP, "fold"], how="outer", indicator=True)
    odd = both[both._merge != "both"]
    if len(odd):
        first = odd.iloc[0]
        clip = "/".join(first[CLIP])
        raise UserError(f"{folder}: {clip} is not predicted in the fold that tests it.")
