"""The leak audit: no test subject, in no guise, reaches the training."""

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from mexflow.errors import UserError
from mexflow.training.folds import Fold, subject_keys
from mexflow.training.samples import Normaliser, Samples


class LeakError(UserError):
    """Test data has reached the training; the scores would be worth nothing."""


def audit(samples: Samples, folds: list[Fold], normalisers: Mapping[int, Normaliser]) -> dict[str, Any]:
    """Check a finished training for leaks.

    Parameters
    ----------
    samples : Samples
        With the record of what was handed out.
    folds : list of Fold
    normalisers : mapping
        The normaliser that each fold used.

    Returns
    -------
    dict
        `passed` (True), `folds`, and `checks`: what was checked, in words. Written beside the predictions.

    Raises
    ------
    LeakError
        Naming the fold and the clips, at the first leak.
    """
    digests = np.array([_digest(position, tensor) for position, tensor in enumerate(samples.tensors)])
    for fold in folds:
        _subjects_are_disjoint(samples, fold)
        _no_clip_twice(samples, fold, digests)
        _each_use_had_its_own_clips(samples, fold)
        _statistics_are_the_training_set_s(samples, fold, normalisers[fold.number])
    _every_clip_is_tested_once(samples)
    return {
        "passed": True,
        "folds": len(folds),
        "checks": [
            "training and test subjects are disjoint in every fold",
            "no test sample occurs in training under another name",
            "input statistics were measured on training clips only, and equal theirs when measured again",
            "the model was fitted on training clips only, and no callback saw a test clip",
            "every clip was tested exactly once",
        ],
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


def _no_clip_twice(samples: Samples, fold: Fold, digests: np.ndarray) -> None:
    both = np.isin(digests[fold.test], digests[fold.train])
    if both.any():
        test = fold.test[both][0]
        train = fold.train[digests[fold.train] == digests[test]][0]
        raise LeakError(
            f"{_name(fold)}: the test clip {_clip(samples, test)} is the training clip {_clip(samples, train)}"
            " under another name. Remove one of the two label rows."
        )


def _each_use_had_its_own_clips(samples: Samples, fold: Fold) -> None:
    for number, use, positions in samples.taken:
        if number == fold.number:
            role, own = ("test", fold.test) if use == "test" else ("training", fold.train)
            foreign = np.setdiff1d(positions, own)
            if foreign.size:
                raise LeakError(f"{_name(fold)}: {use} used {_clip(samples, foreign[0])}, which is no {role} clip.")
    uses = {use for number, use, _ in samples.taken if number == fold.number}
    if not {"statistics", "fit", "test"} <= uses:
        raise LeakError(f"{_name(fold)}: the record of used clips is incomplete: {', '.join(sorted(uses))} only.")


def _statistics_are_the_training_set_s(samples: Samples, fold: Fold, used: Normaliser) -> None:
    again = Normaliser.of(samples.tensors[fold.train], samples.normalise)
    if not (np.allclose(used.mean, again.mean) and np.allclose(used.deviation, again.deviation)):
        raise LeakError(f"{_name(fold)}: the input statistics are not those of its training clips.")


def _every_clip_is_tested_once(samples: Samples) -> None:
    tests = [(number, positions) for number, use, positions in samples.taken if use == "test"]
    for position in range(len(samples.clips)):
        where = [str(number) for number, positions in tests for _ in np.flatnonzero(positions == position)]
        if not where:
            raise LeakError(f"Leak: {_clip(samples, position)} is tested in no fold.")
        if len(where) > 1:
            raise LeakError(f"Leak: {_clip(samples, position)} is tested more than once, in fold {', '.join(where)}.")


def _name(fold: Fold) -> str:
    return f"Leak in fold {fold.number} ({fold.held_out} held out)"


def _clip(samples: Samples, position: int) -> str:
    row = samples.clips.iloc[position]
    return "{dataset}/{subject}/{clip}".format(**row)
