"""Who is trained on, who is tested on."""

from dataclasses import dataclass
from zlib import crc32

import numpy as np
import pandas as pd

from mexflow.errors import UserError


@dataclass(frozen=True)
class Fold:
    """One split of the clips.

    Attributes
    ----------
    number : int
        Its place among the folds, from 0.
    held_out : str
        What it tests: `<dataset>/<subject>`.
    train, test : int arrays
        Positions of clips in the table that was split.
    """

    number: int
    held_out: str
    train: np.ndarray
    test: np.ndarray

    def seed(self, run_seed: int) -> int:
        """A seed that follows from the run's seed and who is held out, not from the folds trained before."""
        return int(np.random.SeedSequence([run_seed, crc32(self.held_out.encode())]).generate_state(1)[0])


def subject_keys(clips: pd.DataFrame) -> np.ndarray:
    """`<dataset>/<subject>` of every clip: a subject id is unique in its dataset only."""
    return (clips.dataset + "/" + clips.subject).to_numpy(dtype=object)


def leave_one_subject_out(clips: pd.DataFrame) -> list[Fold]:
    """One fold per subject, in alphabetical order.

    Raises
    ------
    UserError
        If there are fewer than two subjects.
    """
    keys = subject_keys(clips)
    subjects = sorted(set(keys))
    if len(subjects) < 2:
        raise UserError(f"Leave-one-subject-out needs two subjects or more; {len(subjects)} has labelled clips.")
    return [
        Fold(number, subject, np.flatnonzero(keys != subject), np.flatnonzero(keys == subject))
        for number, subject in enumerate(subjects)
    ]


def permuted_inside_subjects(labels: np.ndarray, clips: pd.DataFrame) -> np.ndarray:
    """Labels shuffled among the clips of each subject: a control that keeps every subject's class counts.

    One permutation for all seeds of a run: they are scored together, on one truth.
    """
    keys = subject_keys(clips)
    permuted = labels.copy()
    for subject in sorted(set(keys)):
        own = np.flatnonzero(keys == subject)
        stream = np.random.default_rng(crc32(subject.encode()))
        permuted[own] = labels[stream.permutation(own)]
    return permuted


def split_table(folds: list[Fold], clips: pd.DataFrame) -> pd.DataFrame:
    """One row per fold and clip: fold, held_out, role ("train" or "test"), dataset, subject, clip."""
    parts = []
    for fold in folds:
        for role, positions in (("train", fold.train), ("test", fold.test)):
            part = clips.iloc[positions][["dataset", "subject", "clip"]].copy()
            parts.append(part.assign(fold=fold.number, held_out=fold.held_out, role=role))
    columns = ["fold", "held_out", "role", "dataset", "subject", "clip"]
    return pd.concat(parts)[columns].reset_index(drop=True)
