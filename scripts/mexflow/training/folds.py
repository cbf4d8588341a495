"""Who is trained on, who is tested on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from zlib import crc32

import numpy as np
import pandas as pd
from sklearn.model_selection import (
    GroupKFold,
    GroupShuffleSplit,
    KFold,
    StratifiedGroupKFold,
    StratifiedKFold,
    train_test_split,
)

from mexflow.config.training import ProtocolSpec, ValidationSpec
from mexflow.errors import UserError
from mexflow.training.seeds import seed_of_fold


@dataclass(frozen=True)
class Fold:
    """One split of the clips.

    Attributes
    ----------
    number : int
        Its place among the folds, from 0.
    held_out : str
        What it tests: `<dataset>/<subject>`, or in words. Unique among the folds.
    train, test : int arrays
        Positions of clips in the table that was split.
    """

    number: int
    held_out: str
    train: np.ndarray
    test: np.ndarray

    def seed(self, run_seed: int) -> int:
        """See `mexflow.training.seeds.seed_of_fold`."""
        return seed_of_fold(run_seed, self.held_out)


def subject_keys(clips: pd.DataFrame) -> np.ndarray:
    """`<dataset>/<subject>` of every clip: a subject id is unique in its dataset only."""
    return (clips.dataset + "/" + clips.subject).to_numpy(dtype=object)


def folds_of(
    protocol: ProtocolSpec, clips: pd.DataFrame, labels: np.ndarray, seed: int, classes: Sequence[str] = ()
) -> list[Fold]:
    """The folds of a protocol.

    Parameters
    ----------
    protocol : ProtocolSpec
    clips : DataFrame of n rows
        dataset, subject, clip.
    labels : (n,) int array
        Class numbers, for stratified splits.
    seed : int
        The run's; it decides a k-fold without a `random_state`.
    classes : sequence of str
        Their names, for a protocol that counts the training clips of each.

    Raises
    ------
    UserError
        If the clips cannot be split so.
    """
    folds = _split(protocol, clips, labels, seed, classes)
    if protocol.scored == "all":
        everything = np.arange(len(clips))
        return [replace(fold, test=everything) for fold in folds]
    return folds


def _split(
    protocol: ProtocolSpec, clips: pd.DataFrame, labels: np.ndarray, seed: int, classes: Sequence[str]
) -> list[Fold]:
    match protocol.split:
        case "loso":
            return leave_one_subject_out(clips)
        case "k_fold":
            return _k_folds(protocol, clips, labels, seed if protocol.random_state is None else protocol.random_state)
        case "holdout":
            return (
                [_counted(protocol, clips, labels, classes)]
                if protocol.train_counts
                else [_holdout(protocol, clips, labels)]
            )
        case "cross":
            return [_across(clips, protocol.train, protocol.test, 0)]
        case "hde":
            names = sorted(clips.dataset.unique())
            if len(names) != 2:
                raise UserError(f"split hde needs a composite of two datasets; this one has {', '.join(names)}.")
            return [_across(clips, [train], [test], n) for n, (train, test) in enumerate([names, names[::-1]])]
        case _:
            assert protocol.file is not None
            return _given(protocol.file, clips)


def leave_one_subject_out(clips: pd.DataFrame) -> list[Fold]:
    """One fold per subject, in alphabetical order.

    Raises
    ------
    UserError
        If there are fewer than two.
    """
    keys = subject_keys(clips)
    subjects = sorted(set(keys))
    if len(subjects) < 2:
        raise UserError(f"Leave-one-subject-out needs two subjects or more; {len(subjects)} has labelled clips.")
    return [
        Fold(number, subject, np.flatnonzero(keys != subject), np.flatnonzero(keys == subject))
        for number, subject in enumerate(subjects)
    ]


def _k_folds(protocol: ProtocolSpec, clips: pd.DataFrame, labels: np.ndarray, random_state: int) -> list[Fold]:
    keys = subject_keys(clips)
    few = len(set(keys)) if protocol.by == "subject" else len(clips)
    if few < protocol.folds:
        raise UserError(f"{protocol.folds} folds by {protocol.by} need as many; there are {few}.")
    shuffled = {"n_splits": protocol.folds, "shuffle": True, "random_state": random_state}
    if protocol.by == "subject":
        splitter = StratifiedGroupKFold(**shuffled) if protocol.stratify else GroupKFold(**shuffled)
    else:
        splitter = StratifiedKFold(**shuffled) if protocol.stratify else KFold(**shuffled)
    order = _by_class(clips, labels)
    try:
        splits = list(splitter.split(order, labels[order], keys[order] if protocol.by == "subject" else None))
    except ValueError as error:
        raise UserError(f"The clips cannot be split into {protocol.folds} folds by {protocol.by}: {error}") from None
    return [
        Fold(number, f"fold {number + 1} of {protocol.folds}", np.sort(order[train]), np.sort(order[test]))
        for number, (train, test) in enumerate(splits)
    ]


def _holdout(protocol: ProtocolSpec, clips: pd.DataFrame, labels: np.ndarray) -> Fold:
    assert protocol.test_share is not None
    random_state = protocol.random_state or 0
    order = _by_class(clips, labels)
    if protocol.by == "clip":
        classes = labels[order] if protocol.stratify else None
        if protocol.shuffle:
            train, test = train_test_split(
                np.arange(len(order)), test_size=protocol.test_share, random_state=random_state, stratify=classes
            )
        else:
            train, test = train_test_split(np.arange(len(order)), test_size=protocol.test_share, shuffle=False)
    else:
        keys = subject_keys(clips)[order]
        splitter = GroupShuffleSplit(1, test_size=protocol.test_share, random_state=random_state)
        train, test = next(splitter.split(order, groups=keys))
    held_out = f"{round(100 * protocol.test_share)} % by {protocol.by}"
    return Fold(0, held_out, np.sort(order[train]), np.sort(order[test]))


def _counted(protocol: ProtocolSpec, clips: pd.DataFrame, labels: np.ndarray, classes: Sequence[str]) -> Fold:
    """So many clips of each class, in random order, to train on, the others to test."""
    lacking = [name for name in classes if name not in protocol.train_counts]
    if lacking:  # the other way round is no mistake: a dataset may lack a class of a published list
        known = ", ".join(protocol.train_counts)
        raise UserError(f"train_counts says nothing of the class {lacking[0]}; it has {known}.")
    order = np.random.default_rng(protocol.random_state or 0).permutation(_by_class(clips, labels))
    own = [order[labels[order] == number] for number in range(len(classes))]
    counts = [protocol.train_counts[name] for name in classes]
    train, test = (np.concatenate(parts) for parts in zip(*map(np.split, own, [[n] for n in counts]), strict=True))
    if not test.size:
        raise UserError("train_counts leaves no clip to test: the classes have no more than so many clips.")
    return Fold(0, "the rest by clip", np.sort(train), np.sort(test))


def inner_split(
    validation: ValidationSpec, fold: Fold, clips: pd.DataFrame, labels: np.ndarray, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """A fold's training clips, parted into those to train on and those to watch the training by.

    Parameters
    ----------
    validation : ValidationSpec
    fold : Fold
    clips, labels
        As of `folds_of`.
    seed : int
        The fold's.

    Returns
    -------
    fit, kept : int arrays
        Positions; together the fold's training clips.

    Raises
    ------
    UserError
        If there are too few subjects, or clips of a class, to keep some back.
    """
    places = np.arange(len(fold.train))
    state = seed % 2**32
    try:
        if validation.by == "subject":
            splitter = GroupShuffleSplit(1, test_size=validation.share, random_state=state)
            fit, kept = next(splitter.split(places, groups=subject_keys(clips)[fold.train]))
        else:
            fit, kept = _split_of_clips(places, validation.share, state, labels[fold.train])
    except ValueError as error:
        raise UserError(
            f"Of the training clips of fold {fold.number} ({fold.held_out} held out), {validation.share:.0%} by"
            f" {validation.by} cannot be kept back for validation: {error}"
        ) from None
    return fold.train[np.sort(fit)], fold.train[np.sort(kept)]


def _split_of_clips(places: np.ndarray, share: float, state: int, labels: np.ndarray) -> list[np.ndarray]:
    """With the classes' shares kept, unless a class is too small to be on both sides."""
    options = {"test_size": share, "random_state": state}
    try:
        return train_test_split(places, stratify=labels, **options)
    except ValueError:
        return train_test_split(places, **options)


def _by_class(clips: pd.DataFrame, labels: np.ndarray) -> np.ndarray:
    """Positions sorted by class, dataset, subject and clip: the order in which the published scripts load clips."""
    table = clips[["dataset", "subject", "clip"]].assign(label=labels).reset_index(drop=True)
    return table.sort_values(["label", "dataset", "subject", "clip"], kind="stable").index.to_numpy()


def _across(clips: pd.DataFrame, train: Sequence[str], test: Sequence[str], number: int) -> Fold:
    for names in (train, test):
        lacking = sorted(set(names) - set(clips.dataset))
        if lacking:
            known = ", ".join(sorted(clips.dataset.unique()))
            raise UserError(f"The protocol names the dataset {lacking[0]}; labelled clips are of {known}.")
    positions = (np.flatnonzero(clips.dataset.isin(names)) for names in (train, test))
    return Fold(number, f"{' + '.join(test)} after {' + '.join(train)}", *positions)


def _given(file: Path, clips: pd.DataFrame) -> list[Fold]:
    table = pd.read_csv(file, dtype=str, keep_default_na=False)
    columns = ["fold", "role", "dataset", "subject", "clip"]
    lacking = [name for name in columns if name not in table]
    if lacking:
        raise UserError(f"{file}: no column {lacking[0]}. A table of folds has {', '.join(columns)}.")
    if "seed" in table and table.seed.nunique() > 1:
        raise UserError(f"{file} holds the folds of {table.seed.nunique()} seeds. Keep the rows of one of them.")
    places = pd.Series(range(len(clips)), index=pd.MultiIndex.from_frame(clips[columns[2:]]))
    table["place"] = places.reindex(pd.MultiIndex.from_frame(table[columns[2:]])).to_numpy()
    odd = table[~table.role.isin(["train", "test"])]
    if len(odd):
        raise UserError(f'{file}, row {odd.index[0] + 2}: role "{odd.role.iloc[0]}" is neither train nor test.')
    unknown = table[table.place.isna()]
    if len(unknown):
        clip = "/".join(unknown.iloc[0][columns[2:]])
        raise UserError(f"{file}, row {unknown.index[0] + 2}: {clip} is no labelled clip of this dataset.")
    folds = []
    for number, (name, rows) in enumerate(table.groupby("fold", sort=False)):
        train, test = (np.sort(rows[rows.role == role].place.to_numpy(dtype=int)) for role in ("train", "test"))
        if not train.size or not test.size:
            raise UserError(f"{file}: fold {name} has no clips to {'test' if train.size else 'train'}.")
        folds.append(Fold(number, f"given fold {name}", train, test))
    return folds


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
