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
    samples: Samples, folds: list[Fold], normalisers: Mapping[int, Normaliser], protocol: ProtocolSpec
) -> dict[str, Any]:
    """Check a finished training for leaks.

    What a protocol leaks by its own definition, because the paper's did, is not an error: it is written down, and
    marks the scores wherever they are shown.

    Parameters
    ----------
    samples : Samples
        With the record of what was handed out.
    folds : list of Fold
    normalisers : mapping
        The normaliser that each fold used.
    protocol : ProtocolSpec

    Returns
    -------
    dict
        `passed` (True), `folds`, `checks`: what was checked, in words, and `as_published`: the leaks that belong to
        the protocol, empty for an honest one. Written beside the predictions.

    Raises
    ------
    LeakError
        Naming the fold and the clips, at the first leak.
    """
    digests = np.array([_digest(position, tensor) for position, tensor in enumerate(samples.tensors)])
    leaks = protocol.leaks()
    for fold in folds:
        if not leaks:
            _subjects_are_disjoint(samples, fold)
        _clips_are_disjoint(samples, fold)
        _no_clip_twice(samples, fold, digests)
        _each_use_had_its_own_clips(samples, fold)
        _statistics_are_the_training_set_s(samples, fold, normalisers[fold.number])
    covers = protocol.split in {"loso", "k_fold", "hde"}
    _clips_are_tested_once(samples, every=covers)
    return {
        "passed": True,
        "folds": len(folds),
        "checks": [
            *([] if leaks else ["training and test subjects are disjoint in every fold"]),
            "no test sample occurs in training, under its own or another name",
            "input statistics were measured on training clips only, and equal theirs when measured again",
            "the model was fitted on training clips only, and no callback saw a test clip",
            "every clip was tested exactly once" if covers else "no clip was tested twice",
        ],
        "as_published": list(leaks),
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
