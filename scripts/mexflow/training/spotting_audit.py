"""The leak audit of spotting: no video of a scored subject, and no label of it, reaches the model that scores it."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from mexflow.config.spotting import ScoringSpec
from mexflow.store.spotting import VIDEO
from mexflow.training.audit import LeakError
from mexflow.training.spotting_folds import SpottingFold, expressions_of, half_length


def audit_spotting(
    videos: pd.DataFrame,
    manifest: pd.DataFrame,
    folds: Sequence[SpottingFold],
    fitted: Mapping[int, Sequence[int]],
    spec: ScoringSpec,
) -> dict[str, Any]:
    """Check a finished scoring for leaks.

    Parameters
    ----------
    videos, manifest : DataFrame
        As of `mexflow.training.spotting.PairScoring`.
    folds : sequence of SpottingFold
    fitted : mapping
        Fold number → positions of the videos whose samples were handed to the training.
    spec : ScoringSpec

    Returns
    -------
    dict
        `passed` (True), `folds`, `checks`: what was checked, in words. Written beside the scores.

    Raises
    ------
    LeakError
        Naming the fold and the video, at the first leak.
    """
    subjects = videos.dataset + "/" + videos.subject
    rows = expressions_of(manifest, spec.type, spec.cut_off)
    shown = set(rows[VIDEO].itertuples(index=False, name=None))
    of_subject: dict[str, list[int]] = {}
    for one, video in enumerate(videos[VIDEO].itertuples(index=False, name=None)):
        if spec.videos == "all" or video in shown:
            of_subject.setdefault(subjects[one], []).append(one)
    tested: set[int] = set()
    for fold in folds:
        where = f"fold {fold.number + 1} ({fold.held_out} held out)"
        scored = {subjects[one] for one in fold.scored}
        for one in fitted[fold.number]:
            if subjects[one] == fold.held_out or subjects[one] in scored:
                raise LeakError(f"{where}: {'/'.join(videos.iloc[one][VIDEO])} is trained on and scored.")
        if spec.inner_share is not None and fold.held_out in scored:
            raise LeakError(f"{where}: the held-out subject is among the inner ones, by whom p is chosen.")
        if spec.inner_share is None:
            twice = tested & set(fold.scored)
            if twice or scored - {fold.held_out}:
                raise LeakError(f"{where}: a video is scored in another fold than that of its subject.")
            tested |= set(fold.scored)
            lacking = [one for one in of_subject.get(fold.held_out, []) if one not in fold.scored]
            if lacking:
                raise LeakError(f"{where}: {'/'.join(videos.iloc[lacking[0]][VIDEO])} is not scored.")
        if spec.k == "training_subjects":
            others = rows[rows.dataset + "/" + rows.subject != fold.held_out]
            if fold.k != half_length(others.onset.tolist(), others.offset.tolist(), spec.rate):
                raise LeakError(f"{where}: k is {fold.k}, and not that of the training subjects' labels.")
    checks = {
        "no video of a held-out or scored subject was trained on": True,
        "every video was scored in the fold that holds its subject out": spec.inner_share is None,
        "p is chosen by training subjects that a model of their own has not seen": spec.inner_share is not None,
        "k follows from the labels of training subjects": spec.k == "training_subjects",
    }
    return {"passed": True, "folds": len(folds), "checks": [words for words, checked in checks.items() if checked]}
