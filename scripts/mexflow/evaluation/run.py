"""Scores of a finished run: all its seeds, and the proof that none of them leaked."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from mexflow.config.evaluation import EvaluationSpec
from mexflow.errors import UserError
from mexflow.evaluation.recognition import directions, score
from mexflow.store.predictions import CLIP, check_predictions, read_predictions
from mexflow.store.records import read_record

SUBJECT = ["dataset", "subject"]
_KEYS = {"subject": SUBJECT, "clip": CLIP, "nothing": None}


def evaluate_run(parts: Sequence[Path], spec: EvaluationSpec) -> tuple[dict[str, Any], pd.DataFrame]:
    """Score the seeds of a run together.

    Parameters
    ----------
    parts : sequence of Path
        One folder per job that has trained with one or several seeds, on all folds or a part of them, with
        predictions.csv, splits.csv and audit.json.
    spec : EvaluationSpec

    Returns
    -------
    scores : dict
        What `mexflow.evaluation.recognition.score` gives, `leak_audit`, and whether labels were permuted; for two
        directions between datasets `directions`, see there.
    predictions : DataFrame
        Of all seeds and folds.

    Raises
    ------
    UserError
        If the audit of a seed is missing or failed, splits mix subjects (clips, under a protocol as published), or the
        predictions are not those of the splits.
    """
    frames, tables, audits = [], [], []
    for folder in parts:
        frame = read_predictions(folder / "predictions.csv", len(spec.classes))
        splits = pd.read_csv(folder / "splits.csv", dtype=str, keep_default_na=False).astype({"seed": int})
        record = read_record(folder / "audit.json")
        for seed in sorted({*frame.seed, *splits.seed}):
            where = f"{folder}, seed {seed}"
            audit = record.get(str(seed), {"passed": False})
            if not audit["passed"]:
                raise UserError(f"{where}: no leak audit was passed; these predictions cannot be scored.")
            check_split(frame[frame.seed == seed], splits[splits.seed == seed], where, _KEYS[audit["apart"]])
            audits.append(audit)
        frames.append(frame)
        tables.append(splits)
    pooled = pd.concat(frames, ignore_index=True).sort_values(["seed", "fold"], key=_in_order, kind="stable")
    pooled = pooled.reset_index(drop=True)
    check_predictions(pooled)
    if spec.every_clip:
        _check_every_clip(pooled, pd.concat(tables))
    scores = score(pooled, spec.classes, spec.draws)
    if spec.both_ways:
        scores["directions"] = directions(pooled, spec.classes)
    audit = audits[0] | {"folds": sum(one["folds"] for one in audits) // pooled.seed.nunique()}
    return {**scores, "leak_audit": audit, "permuted_labels": spec.permute_labels}, pooled


def _in_order(column: pd.Series) -> pd.Series:
    return column.astype(int) if column.name == "fold" else column


def _check_every_clip(predictions: pd.DataFrame, splits: pd.DataFrame) -> None:
    clips = splits.drop_duplicates(["seed", *CLIP]).merge(predictions[["seed", *CLIP]], how="left", indicator=True)
    lacking = clips[clips._merge != "both"]
    if len(lacking):
        first = lacking.iloc[0]
        raise UserError(f"{'/'.join(first[CLIP])} is tested in no fold of seed {first.seed}. Run its training again.")


def check_split(
    predictions: pd.DataFrame, splits: pd.DataFrame, where: str, apart: Sequence[str] | None = SUBJECT
) -> None:
    """Check from the files alone that each clip was tested in a fold that trained on none of its subject's.

    Parameters
    ----------
    predictions, splits : DataFrame
        Of one seed.
    where : str
        What messages call them.
    apart : sequence of str, optional
        What must not be on both sides: subjects, or under a protocol as published clips, or nothing.

    Raises
    ------
    UserError
        Naming the fold and the subject or clip.
    """
    train, test = splits[splits.role == "train"], splits[splits.role == "test"]
    shared = test.merge(train, on=["fold", *apart]) if apart else test.iloc[:0]
    if apart and len(shared):
        first = shared.iloc[0]
        raise UserError(f"{where}: leak in fold {first.fold}: {'/'.join(first[list(apart)])} is trained and tested on.")
    both = predictions.merge(test, on=[*CLIP, "fold"], how="outer", indicator=True)
    odd = both[both._merge != "both"]
    if len(odd):
        first = odd.iloc[0]
        clip = "/".join(first[CLIP])
        raise UserError(f"{where}: {clip} is not predicted in the fold that tests it.")
