"""The leak audit: no test subject, in no guise, reaches the training."""

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from mexflow.config.training import ProtocolSpec
from mexflow.errors import UserError
from mexflow.training.folds import Fold, subject_keys
from mexflow.training.samples import Normaliser, Samples


class LeakError(UserError):
    """Test data has reached the training; the scores would be worth nothing."""


def audit(
    samples: Samples,
    folds: list[Fold],
    normalisers: Mapping[int, Normaliser],
    protocol: ProtocolSpec,
    whole: bool = True,
) -> dict[str, Any]:
    """Check a finished training for leaks.

    What a protocol leaks by its own definition, because the paper's did, is not an error: it is written down, and
    marks the scores wherever they are shown. All else is checked under such a protocol as under an honest one.

    Parameters
    ----------
    samples : Samples
        With the record of what was handed out.
    folds : list of Fold
    normalisers : mapping
        The normaliser that each fold used.
    protocol : ProtocolSpec
    whole : bool
        Whether these are all folds of the protocol; a job may train a part of them.

    Returns
    -------
    dict
        `passed` (True), `folds`, `checks`: what was checked, in words, `apart`: what no fold has on both sides, and
        `as_published`: the leaks that belong to the protocol, empty for an honest one. Written beside the predictions.

    Raises
    ------
    LeakError
        Naming the fold and the clips, at the first leak.
    """
    digests = np.array([_digest(position, tensor) for position, tensor in enumerate(samples.tensors)])
    copies_apart = protocol.augmentation == "in_training"
    for fold in folds:
        if protocol.apart == "subject":
            _subjects_are_disjoint(samples, fold)
        if protocol.apart != "nothing":
            _clips_are_disjoint(samples, fold)
            _no_clip_twice(samples, fold, digests)
            if copies_apart:
                _no_copy_of_a_test_clip(samples, fold)
        _each_use_had_its_own_clips(samples, fold, protocol)
        _validation_is_apart(samples, fold)
        measured = np.arange(len(samples.labels)) if protocol.statistics == "all" else fold.train
        _statistics_are_those_of(samples, measured, fold, normalisers[fold.number])
    every = whole and protocol.tests_every_clip
    _clips_are_tested_once(samples, every)
    checks = {
        "training and test subjects are disjoint in every fold": protocol.apart == "subject",
        "no test sample occurs in training, under its own or another name": protocol.apart != "nothing",
        "no altered copy of a test sample occurs in training": protocol.apart != "nothing" and copies_apart,
        "input statistics were measured on training clips only, and equal theirs when measured again": (
            protocol.statistics == "training"
        ),
        "the model was fitted on training clips and their copies only, and nothing was chosen on a test clip": (
            protocol.epoch == "last"
        ),
        "clips that a training was watched by were not trained on": any(
            use == "validation" for _, use, _ in samples.taken
        ),
        "every clip was tested exactly once" if every else "no clip was tested twice": True,
    }
    return {
        "passed": True,
        "folds": len(folds),
        "checks": [words for words, checked in checks.items() if checked],
        "apart": protocol.apart,
        "as_published": list(protocol.leaks()),
    }


def _digest(position: int, tensor: np.ndarray) -> str:
    # Clips whose onset is their apex have no motion at all: equal, but not the same clip.
    if tensor.size and np.all(tensor == tensor.flat[0]):
        return f"constant {position}"
    return hashlib.sha256(tensor.tobytes()).hexdigest()


def _subjects_are_disjoint(samples: Samples, fold: Fold) -> None:
    keys = subject_keys(samples.clips)
    both = sorted(set(keys[fold.train]) & set(keys[fold.test]))
    if both:
        raise LeakError(f"{_name(fold)}: subject {both[0]} is in training and in the test.")


def _clips_are_disjoint(samples: Samples, fold: Fold) -> None:
    both = np.intersect1d(fold.train, fold.test)
    if both.size:
        raise LeakError(f"{_name(fold)}: the clip {_clip(samples, both[0])} is in training and in the test.")


def _no_clip_twice(samples: Samples, fold: Fold, digests: np.ndarray) -> None:
    both = np.isin(digests[fold.test], digests[fold.train])
    if both.any():
        test = fold.test[both][0]
        train = fold.train[digests[fold.train] == digests[test]][0]
        raise LeakError(
            f"{_name(fold)}: the test clip {_clip(samples, test)} is the training clip {_clip(samples, train)}"
            " under another name. Remove one of the two label rows."
        )


def _no_copy_of_a_test_clip(samples: Samples, fold: Fold) -> None:
    both = np.intersect1d(samples.origins[fold.train], samples.origins[fold.test])
    if both.size:
        raise LeakError(f"{_name(fold)}: copies of the clip {_clip(samples, both[0])} are in training and in the test.")


def _each_use_had_its_own_clips(samples: Samples, fold: Fold, protocol: ProtocolSpec) -> None:
    own = {"test": ("test", fold.test)}
    if protocol.epoch == "best_on_test":
        own["epoch"] = own["test"]
    if protocol.statistics == "all":
        own["statistics"] = ("labelled", np.arange(len(samples.labels)))
    for number, use, positions in samples.taken:
        if number == fold.number:
            role, allowed = own.get(use, ("training", fold.train))
            foreign = np.setdiff1d(positions, allowed)
            if foreign.size:
                raise LeakError(f"{_name(fold)}: {use} used {_clip(samples, foreign[0])}, which is no {role} clip.")
    uses = {use for number, use, _ in samples.taken if number == fold.number}
    if not {"statistics", "fit", "test"} <= uses:
        raise LeakError(f"{_name(fold)}: the record of used clips is incomplete: {', '.join(sorted(uses))} only.")


def _validation_is_apart(samples: Samples, fold: Fold) -> None:
    both = np.intersect1d(_used(samples, fold, "validation"), _used(samples, fold, "fit", "augmentation"))
    if both.size:
        clip = _clip(samples, both[0])
        raise LeakError(f"{_name(fold)}: {clip} was kept back to watch the training, and trained on.")


def _used(samples: Samples, fold: Fold, *uses: str) -> np.ndarray:
    found = [positions for number, use, positions in samples.taken if number == fold.number and use in uses]
    return np.concatenate([np.zeros(0, int), *found])


def _statistics_are_those_of(samples: Samples, measured: np.ndarray, fold: Fold, used: Normaliser) -> None:
    again = Normaliser.of(samples.tensors[measured], samples.normalise)
    if not (np.allclose(used.mean, again.mean) and np.allclose(used.deviation, again.deviation)):
        raise LeakError(f"{_name(fold)}: the input statistics are not those of its training clips.")


def _clips_are_tested_once(samples: Samples, every: bool) -> None:
    tests = [(number, positions) for number, use, positions in samples.taken if use == "test"]
    for position in range(len(samples.clips)):
        where = [str(number) for number, positions in tests for _ in np.flatnonzero(positions == position)]
        if every and not where:
            raise LeakError(f"Leak: {_clip(samples, position)} is tested in no fold.")
        if len(where) > 1:
            raise LeakError(f"Leak: {_clip(samples, position)} is tested more than once, in fold {', '.join(where)}.")


def _name(fold: Fold) -> str:
    return f"Leak in fold {fold.number} ({fold.held_out} held out)"


def _clip(samples: Samples, position: int) -> str:
    row = samples.clips.iloc[position]
    return "{dataset}/{subject}/{clip}".format(**row)
