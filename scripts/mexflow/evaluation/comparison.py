"""Is one model better than another? Paired tests on the same clips, and Holm's correction where there are many.

The main test permutes whole subjects, because the clips of one person are not independent. McNemar's test takes
them as if they were; it stands beside for readers who expect it.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from mexflow.errors import UserError
from mexflow.evaluation.bootstrap import subject_bootstrap
from mexflow.evaluation.recognition import METRICS, subject_confusions, uf1
from mexflow.store.predictions import CLIP, check_labels, clip_name

_ROUNDING = 1e-12


class McNemar(NamedTuple):
    """Clips that only the first or only the second model has right, and the two-sided p."""

    only_first: int
    only_second: int
    p: float


def mcnemar(first_right: np.ndarray, second_right: np.ndarray) -> McNemar:
    """McNemar's exact test of two models on the same clips.

    Under the null hypothesis a clip that one of the two has right and the other wrong is as likely either way:
    the counts are binomial with probability ½. It takes clips for independent, which those of one subject are
    not: read it beside `subject_permutation`, not in its place.

    Parameters
    ----------
    first_right, second_right : (N,) bool arrays
        Whether each model has the clip right, clips in the same order.

    Returns
    -------
    McNemar
        p is 1 when the models differ on no clip.

    References
    ----------
    McNemar, "Note on the sampling error of the difference between correlated proportions or percentages",
    Psychometrika 12(2):153-157, 1947.

    Examples
    --------
    >>> mcnemar(np.array([True] * 6 + [False]), np.array([False] * 5 + [True, False]))
    McNemar(only_first=5, only_second=0, p=0.0625)
    """
    first_right, second_right = np.asarray(first_right, dtype=bool), np.asarray(second_right, dtype=bool)
    only_first, only_second = int((first_right & ~second_right).sum()), int((second_right & ~first_right).sum())
    p = 2 * _lower_tail(only_first, only_second) / 2 ** (only_first + only_second)
    return McNemar(only_first, only_second, min(1.0, p))


def subject_permutation(
    first: np.ndarray,
    second: np.ndarray,
    metric: Callable[[np.ndarray], np.ndarray],
    draws: int = 10_000,
    seed: int = 0,
) -> float:
    """P of the paired permutation test: are the two models exchangeable, subject by subject?

    A draw swaps the two models' predictions of each subject, all clips and seeds of it together, with
    probability ½, and computes the difference Δ* of the pooled metric, mean over seeds:
    p = (1 + #{|Δ*| ≥ |Δ|}) / (1 + draws).

    Parameters
    ----------
    first, second : (subjects, seeds, C, C) int arrays
        Of `mexflow.evaluation.recognition.subject_confusions`, of the same clips.
    metric : function from (..., C, C) to (...)
    draws : int
        The least p is 1/(1 + draws).
    seed : int
        Of the generator.

    Returns
    -------
    float
        In 1/(1 + draws)..1.

    Raises
    ------
    ValueError
        If the shapes differ, or a subject's true clips do.

    References
    ----------
    Edgington & Onghena, Randomization Tests, 4th ed., 2007; the 1 added: Phipson & Smyth, "Permutation p-values
    should never be zero", Stat. Appl. Genet. Mol. Biol. 9(1), 2010.
    """
    if first.shape != second.shape or (first.sum(axis=-1) != second.sum(axis=-1)).any():
        raise ValueError("the two models do not predict the same clips")
    swap = np.random.default_rng(seed).integers(0, 2, (draws, len(first))).astype(float)
    moved = np.tensordot(swap, (second - first).astype(float), axes=1)
    permuted = _difference(metric, first.sum(axis=0) + moved, second.sum(axis=0) - moved)
    observed = _difference(metric, first.sum(axis=0), second.sum(axis=0))
    return float((1 + (np.abs(permuted) >= abs(observed) - _ROUNDING).sum()) / (1 + draws))


def difference_interval(
    first: np.ndarray,
    second: np.ndarray,
    metric: Callable[[np.ndarray], np.ndarray],
    draws: int = 2000,
    seed: int = 0,
) -> tuple[float, float]:
    """95 % interval of metric(first) − metric(second): both models on the same draws of subjects.

    Parameters
    ----------
    first, second, metric, draws, seed
        As in `subject_permutation`.

    Returns
    -------
    (low, high) : two floats
        As of `mexflow.evaluation.bootstrap.subject_bootstrap`.
    """
    both = np.stack([first, second], axis=2)
    return subject_bootstrap(both, lambda pooled: _difference_of_pairs(metric(pooled)), draws, seed)


def holm(p_values: Sequence[float]) -> list[float]:
    """P values adjusted for their number, so that the chance of any false rejection stays below the level.

    Parameters
    ----------
    p_values : sequence of m floats

    Returns
    -------
    list of m floats, in the same order
        The running maximum of (m − i + 1) · p_(i) over the ascending p_(1) … p_(m), at most 1.

    References
    ----------
    Holm, "A simple sequentially rejective multiple test procedure", Scand. J. Stat. 6(2):65-70, 1979.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    ascending = np.argsort(p_values, kind="stable")
    factors = np.arange(len(p_values), 0, -1)
    adjusted = np.empty(len(p_values))
    adjusted[ascending] = np.maximum.accumulate(np.asarray(p_values, dtype=float)[ascending] * factors)
    return np.minimum(adjusted, 1).tolist()


def compare(models: Mapping[str, pd.DataFrame], classes: int, draws: int = 10_000) -> dict[str, Any]:
    """All pairs of models on the same clips, by pooled UF1.

    Seeds are paired in ascending order; their numbers need not be the same. McNemar's test has no place for
    seeds: each pair of seeds has its own, and the p of all is twice their mean, at most 1, which holds however
    they depend on each other (Vovk & Wang, "Combining p-values via averaging", Biometrika 107(4), 2020).

    Parameters
    ----------
    models : mapping of two names or more to DataFrame
        Predictions of each model; probabilities are not needed.
    classes : int
        The number of classes C.
    draws : int
        Of the permutation test and of the bootstrap, 1 or more.

    Returns
    -------
    dict of plain Python values
        ``n_clips``, ``n_subjects``, ``n_seeds``, ``draws``, ``metric`` ("uf1"); ``models``, by name: the ``mean``
        and ``sd`` over seeds of uf1, uar and war; ``pairs``, one dict each: ``first``, ``second``,
        ``difference`` (UF1 of the first less that of the second), ``ci`` (None with one subject), ``p`` of
        `subject_permutation` and ``p_holm`` over all pairs; ``mcnemar``: ``p``, ``p_holm``, and ``per_seed``
        with ``only_first``, ``only_second``, ``p``.

    Raises
    ------
    UserError
        If there is one model, the predictions cannot be scored, or two models have not the same clips, the same
        truth, or as many seeds.
    """
    if len(models) < 2:
        raise UserError("two models or more are needed to compare")
    frames = {name: _sorted(name, frame, classes) for name, frame in models.items()}
    reference, first_frame = next(iter(frames.items()))
    for name, frame in frames.items():
        _check_paired(reference, first_frame, name, frame)
    confusions = {name: subject_confusions(frame, classes) for name, frame in frames.items()}
    pairs = [_pair(first, second, frames, confusions, draws) for first, second in combinations(models, 2)]
    for table in (pairs, [pair["mcnemar"] for pair in pairs]):
        for row, adjusted in zip(table, holm([row["p"] for row in table]), strict=True):
            row["p_holm"] = adjusted
    return {
        "n_clips": len(first_frame.drop_duplicates(CLIP)),
        "n_subjects": len(confusions[reference]),
        "n_seeds": int(first_frame["seed"].nunique()),
        "draws": draws,
        "metric": "uf1",
        "models": {name: _summary(by_subject) for name, by_subject in confusions.items()},
        "pairs": pairs,
    }


def _lower_tail(count: int, other: int) -> int:
    """Number of sequences of count + other coin tosses with at most min(count, other) heads."""
    tail = ways = 1
    for heads in range(1, min(count, other) + 1):
        ways = ways * (count + other - heads + 1) // heads
        tail += ways
    return tail


def _sorted(name: str, frame: pd.DataFrame, classes: int) -> pd.DataFrame:
    try:
        check_labels(frame, classes)
    except UserError as error:
        raise UserError(f"{name}: {error}") from error
    return frame.sort_values(["seed", *CLIP], ignore_index=True)


def _check_paired(reference: str, first: pd.DataFrame, name: str, second: pd.DataFrame) -> None:
    a, b = (frame[frame["seed"] == frame["seed"].min()] for frame in (first, second))
    both = a.merge(b, on=CLIP, how="outer", indicator=True)
    alone = both[both["_merge"] != "both"]
    if len(alone):
        row = alone.iloc[0]
        has, lacks = (reference, name) if row["_merge"] == "left_only" else (name, reference)
        raise UserError(
            f"{lacks}: lacks clip {clip_name(row)}, which {has} has ({len(alone)} such clips in all). "
            "Compare models on the same clips."
        )
    other = both[both["y_true_x"] != both["y_true_y"]]
    if len(other):
        row = other.iloc[0]
        raise UserError(
            f"{name}: clip {clip_name(row)} is of class {int(row['y_true_y'])}, but of class {int(row['y_true_x'])} "
            f"in {reference}. Compare models on the same labels."
        )
    if len(first) != len(second):
        counts = [frame["seed"].nunique() for frame in (first, second)]
        raise UserError(
            f"{name}: {_seeds(counts[1])}, but {reference} has {_seeds(counts[0])}. Compare models with as many seeds."
        )


def _seeds(count: int) -> str:
    return f"{count} seed" if count == 1 else f"{count} seeds"


def _pair(
    first: str, second: str, frames: Mapping[str, pd.DataFrame], confusions: Mapping[str, np.ndarray], draws: int
) -> dict[str, Any]:
    a, b = confusions[first], confusions[second]
    interval = difference_interval(a, b, uf1, draws)
    right = [_right(frames[name]) for name in (first, second)]
    tests = [mcnemar(one, other) for one, other in zip(*right, strict=True)]
    p = tests[0].p if len(tests) == 1 else min(1.0, 2 * float(np.mean([test.p for test in tests])))
    return {
        "first": first,
        "second": second,
        "difference": float(_difference(uf1, a.sum(axis=0), b.sum(axis=0))),
        "ci": None if np.isnan(interval).any() else list(interval),
        "p": subject_permutation(a, b, uf1, draws),
        "mcnemar": {"p": p, "per_seed": [test._asdict() for test in tests]},
    }


def _right(frame: pd.DataFrame) -> np.ndarray:
    """(seeds, N) whether each clip is right; the rows are sorted by seed and clip."""
    return (frame["y_true"] == frame["y_pred"]).to_numpy().reshape(frame["seed"].nunique(), -1)


def _summary(by_subject: np.ndarray) -> dict[str, Any]:
    values = {name: METRICS[name](by_subject.sum(axis=0)) for name in ("uf1", "uar", "war")}
    return {
        name: {"mean": float(value.mean()), "sd": float(value.std(ddof=1)) if len(value) > 1 else None}
        for name, value in values.items()
    }


def _difference(metric: Callable[[np.ndarray], np.ndarray], first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """(..., seeds, C, C) twice to (...)."""
    return (metric(first) - metric(second)).mean(axis=-1)


def _difference_of_pairs(values: np.ndarray) -> np.ndarray:
    """(..., 2) to (...)."""
    return values[..., 0] - values[..., 1]
