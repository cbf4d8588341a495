"""Recognition metrics of pooled predictions, and the scores of one experiment.

All predictions of all folds go into one confusion matrix, and every metric comes from that matrix. A metric
takes (..., C, C) confusion matrices, rows truth, columns prediction, and gives one value for each.

**A class that is absent from the truth** (a per-database score, a hold-out set, a bootstrap draw) is left out
of every mean over classes, also when it was predicted, and `score` names it. Its recall is 0/0 and so cannot
be counted. Its F1 is 0/0 or, once a clip is taken for it, 0; counting that 0 would let the number of classes
in the mean depend on the model: two models on the same clips would be averaged over different classes, and
UF1 and UAR of one model as well. The wrong predictions are not forgiven: each is a miss of the class that the
clip belongs to. scikit-learn's ``f1_score(average="macro")`` counts the 0; with
``labels=np.unique(y_true)`` it agrees with `uf1`.

Sources: See et al., "MEGC 2019 – the second facial micro-expressions grand challenge", FG 2019; Forman &
Scholz, "Apples-to-apples in cross-validation studies", SIGKDD Explorations 12(1), 2010.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from mexflow.errors import UserError
from mexflow.evaluation.bootstrap import subject_bootstrap
from mexflow.evaluation.roc import auc_scores, roc_curves
from mexflow.store.predictions import CLIP, check_labels, check_predictions, probability_columns


class PerClass(NamedTuple):
    """Precision, recall and F1 of each class, (..., C) float arrays; nan where undefined."""

    precision: np.ndarray
    recall: np.ndarray
    f1: np.ndarray


def confusion(y_true: np.ndarray, y_pred: np.ndarray, classes: int) -> np.ndarray:
    """Confusion matrix of pooled predictions.

    Parameters
    ----------
    y_true, y_pred : (N,) int arrays
        Labels in 0..C-1.
    classes : int
        The number of classes C.

    Returns
    -------
    (C, C) int64 array
        Clips of true class (row) predicted as class (column).

    Raises
    ------
    ValueError
        If the lengths differ or a label is not an integer in 0..C-1.

    Examples
    --------
    >>> confusion(np.array([0, 0, 1]), np.array([0, 1, 1]), classes=2).tolist()
    [[1, 1], [0, 1]]
    """
    return _grouped_confusion(np.zeros(len(y_true), dtype=int), 1, y_true, y_pred, classes)[0]


def subject_confusions(frame: pd.DataFrame, classes: int) -> np.ndarray:
    """One confusion matrix per subject and seed: what the subject bootstrap resamples.

    Parameters
    ----------
    frame : DataFrame
        Predictions; a subject is its (dataset, subject).
    classes : int
        The number of classes C.

    Returns
    -------
    (subjects, seeds, C, C) int64 array
        Both sorted, so that the order of the rows does not matter. Zero where a seed lacks the subject.

    Raises
    ------
    ValueError
        If a label is not an integer in 0..C-1.
    """
    subject = frame.groupby(["dataset", "subject"], observed=True).ngroup().to_numpy()
    seed_values, seed = np.unique(frame["seed"].to_numpy(), return_inverse=True)
    subjects, seeds = subject.max() + 1, len(seed_values)
    flat = _grouped_confusion(subject * seeds + seed, subjects * seeds, *_labels(frame), classes)
    return flat.reshape(subjects, seeds, classes, classes)


def per_class(confusion: np.ndarray) -> PerClass:
    """Precision, recall and F1 of each class.

    Parameters
    ----------
    confusion : (..., C, C) array
        Rows truth, columns prediction.

    Returns
    -------
    PerClass of three (..., C) float arrays
        TP/(TP+FP), nan for a class that is never predicted; TP/n, nan for a class that is absent from the
        truth; 2 TP/(2 TP+FP+FN), nan only for a class that is neither in the truth nor predicted.
    """
    hits = np.diagonal(confusion, axis1=-2, axis2=-1)
    truth, predicted = confusion.sum(axis=-1), confusion.sum(axis=-2)
    return PerClass(_ratio(hits, predicted), _ratio(hits, truth), _ratio(2 * hits, truth + predicted))


def uf1(confusion: np.ndarray) -> np.ndarray:
    """Unweighted F1: mean F1 of the classes that the truth holds.

    Parameters
    ----------
    confusion : (..., C, C) array
        Rows truth, columns prediction.

    Returns
    -------
    (...) float array, a scalar for one matrix
        In 0..1; nan for a matrix without clips.

    Examples
    --------
    >>> round(float(uf1(np.array([[250, 0, 0], [109, 0, 0], [83, 0, 0]]))), 4)
    0.2408
    """
    return _mean_over_truth(per_class(confusion).f1, confusion)


def uar(confusion: np.ndarray) -> np.ndarray:
    """Unweighted average recall (macro recall): mean recall of the classes that the truth holds.

    Shapes as in `uf1`.
    """
    return _mean_over_truth(per_class(confusion).recall, confusion)


def war(confusion: np.ndarray) -> np.ndarray:
    """Weighted average recall, which is accuracy and micro-F1: the fraction of clips predicted rightly.

    Shapes as in `uf1`.
    """
    return _ratio(np.trace(confusion, axis1=-2, axis2=-1), confusion.sum(axis=(-2, -1)))


def weighted_f1(confusion: np.ndarray) -> np.ndarray:
    """Mean F1 weighted by the number of true clips of each class; an absent class weighs nothing.

    Shapes as in `uf1`.
    """
    weighted = np.nan_to_num(per_class(confusion).f1) * confusion.sum(axis=-1)
    return _ratio(weighted.sum(axis=-1), confusion.sum(axis=(-2, -1)))


def macro_precision(confusion: np.ndarray) -> np.ndarray:
    """Mean precision of the classes that the truth holds; 0 for one of them that is never predicted.

    STSTNet's published "UAR" is this quantity. Shapes as in `uf1`.
    """
    return _mean_over_truth(np.nan_to_num(per_class(confusion).precision), confusion)


def f1_harmonic(confusion: np.ndarray) -> np.ndarray:
    """Harmonic mean of macro precision and UAR: the "F1-score" of STSTNet, MEAN, STRS and ELRCN.

    Never below `uf1`, the mean of the classes' harmonic means. 0 when nothing is right. Shapes as in `uf1`.
    """
    precision, recall = macro_precision(confusion), uar(confusion)
    total = precision + recall
    return np.where(total == 0, 0.0, _ratio(2 * precision * recall, total))[()]


def uf1_foldmean(frame: pd.DataFrame) -> float:
    """UF1 computed in each fold, then averaged over folds (and seeds): biased, for comparison only.

    Most folds of a leave-one-subject-out split lack classes; here each is averaged over the classes that its
    truth holds. Never the headline: use `uf1` of the pooled matrix (Forman & Scholz 2010; Varanka et al.,
    IEEE TAFFC 15(1), 2024).

    Parameters
    ----------
    frame : DataFrame
        Predictions with fold, seed, y_true, y_pred.

    Returns
    -------
    float
        In 0..1.

    Raises
    ------
    ValueError
        If a label is not a non-negative integer.
    """
    fold = frame.groupby(["seed", "fold"], observed=True).ngroup().to_numpy()
    y_true, y_pred = _labels(frame)
    classes = int(max(y_true.max(), y_pred.max())) + 1
    return float(uf1(_grouped_confusion(fold, fold.max() + 1, y_true, y_pred, classes)).mean())


def absolute_majority(frame: pd.DataFrame) -> float:
    """The share of clips whose true class has more than half of the probability.

    Of a model whose frames vote, it is Joshi's accuracy: a clip counts as right if at least 5 of its 9 frames are.

    Parameters
    ----------
    frame : DataFrame
        Predictions with y_true and p_0 … p_C-1.

    Returns
    -------
    float
        In 0..1; never above `war`.
    """
    shares = frame[probability_columns(frame)].to_numpy()
    return float(np.mean(shares[np.arange(len(frame)), frame["y_true"]] > 0.5))


def directions(frame: pd.DataFrame, class_names: Sequence[str]) -> dict[str, Any]:
    """Scores of each direction between two datasets, and the mean of the two: the holdout database evaluation.

    A class that a direction's test lacks is left out of its means over classes.

    Parameters
    ----------
    frame : DataFrame
        Predictions of one or several seeds, with one fold per direction.
    class_names : sequence of C str

    Returns
    -------
    dict of plain Python values
        ``per_direction``: a list with ``tested`` (the dataset), ``absent_classes`` and for each of `METRICS` its mean
        over seeds; ``mean``: of the two, for each of `METRICS`.

    References
    ----------
    Yap et al., "Facial micro-expressions grand challenge 2018 summary", FG 2018.
    """
    found = []
    for tested, part in frame.groupby("dataset", sort=True, observed=True):
        per_seed = subject_confusions(part, len(class_names)).sum(axis=0)
        absent = [name for name, count in zip(class_names, per_seed[0].sum(axis=1), strict=True) if count == 0]
        means = {name: float(np.mean(metric(per_seed))) for name, metric in METRICS.items()}
        found.append({"tested": str(tested), "absent_classes": absent, **means})
    return {"per_direction": found, "mean": {name: float(np.mean([one[name] for one in found])) for name in METRICS}}


METRICS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "uf1": uf1,
    "uar": uar,
    "war": war,
    "weighted_f1": weighted_f1,
    "macro_precision": macro_precision,
    "f1_harmonic": f1_harmonic,
}


def score(frame: pd.DataFrame, class_names: Sequence[str], draws: int = 2000) -> dict[str, Any]:
    """Everything that is reported of the predictions of one experiment.

    Parameters
    ----------
    frame : DataFrame
        Predictions of one or several seeds (`mexflow.store.predictions`); without probabilities there is no AUC.
    class_names : sequence of C str
        Names of the labels 0..C-1.
    draws : int
        Draws of the subject bootstrap; 0 for no interval.

    Returns
    -------
    dict of plain Python values, None for what is undefined
        ``n_clips``, ``n_subjects``, ``n_folds``, ``seeds``, ``draws``;
        ``class_names``, ``class_counts`` (clips of each), ``absent_classes`` (names of those without a clip,
        left out of the means over classes);
        ``metrics``: for each of `METRICS` its ``mean`` and ``sd`` (n - 1; None for one seed) over seeds,
        ``per_seed`` in the order of ``seeds``, and ``ci``, the 95 % subject-bootstrap interval [low, high]
        of the mean (None with one subject);
        ``auc``: AUC ``per_class``, and the same four of its macro average (`mexflow.evaluation.roc.auc_scores`);
        None without probabilities;
        ``uf1_foldmean``: ``mean``, ``sd``, ``per_seed``;
        ``absolute_majority``: the same of `absolute_majority`, None without probabilities;
        ``confusion`` (summed over seeds), ``confusion_per_seed``;
        ``per_class``: ``precision``, ``recall``, ``f1``, each the mean over the seeds that define it;
        ``majority_baseline``: ``class``, ``uf1``, ``uar``, ``war`` of always predicting the commonest class;
        ``roc``: the ROC curves (`mexflow.evaluation.roc.roc_curves`), None without probabilities;
        ``per_dataset``: the same, without ``roc`` and ``per_dataset``, for the same predictions restricted to a
        dataset.

    Raises
    ------
    UserError
        If a column is missing, a label has no name, the seeds do not predict the same clips once each, or there
        are probabilities and these are not one per class with sum 1.
    """
    if not class_names:
        raise UserError("no class names are given; name the labels 0..C-1")
    _check(frame, len(class_names))
    per_dataset = {
        str(name): _score_pooled(part, class_names, draws)
        for name, part in frame.groupby("dataset", sort=True, observed=True)
    }
    roc = roc_curves(frame) if _has_probabilities(frame) else None
    return _score_pooled(frame, class_names, draws) | {"roc": roc, "per_dataset": per_dataset}


def _has_probabilities(frame: pd.DataFrame) -> bool:
    return "p_0" in frame.columns


def _check(frame: pd.DataFrame, classes: int) -> None:
    check_labels(frame, classes)
    if _has_probabilities(frame):
        check_predictions(frame)
        if (found := len(probability_columns(frame))) != classes:
            raise UserError(f"predictions hold probabilities of {found} classes, but {classes} are named")


def _score_pooled(frame: pd.DataFrame, class_names: Sequence[str], draws: int) -> dict[str, Any]:
    by_subject = subject_confusions(frame, len(class_names))
    per_seed = by_subject.sum(axis=0)
    return {
        **_counts(frame, per_seed[0], class_names),
        "draws": draws,
        "metrics": {name: _metric(metric, by_subject, draws) for name, metric in METRICS.items()},
        "auc": auc_scores(frame, draws) if _has_probabilities(frame) else None,
        "uf1_foldmean": _over_seeds([uf1_foldmean(part) for _, part in frame.groupby("seed", sort=True)]),
        "absolute_majority": (
            _over_seeds([absolute_majority(part) for _, part in frame.groupby("seed", sort=True)])
            if _has_probabilities(frame)
            else None
        ),
        "confusion": per_seed.sum(axis=0).tolist(),
        "confusion_per_seed": per_seed.tolist(),
        "per_class": {name: _mean_where_defined(v) for name, v in per_class(per_seed)._asdict().items()},
        "majority_baseline": _majority_baseline(per_seed[0], class_names),
    }


def _counts(frame: pd.DataFrame, confusion: np.ndarray, class_names: Sequence[str]) -> dict[str, Any]:
    counts = confusion.sum(axis=1).tolist()
    return {
        "n_clips": len(frame.drop_duplicates(CLIP)),
        "n_subjects": len(frame.drop_duplicates(["dataset", "subject"])),
        "n_folds": int(frame["fold"].nunique()),
        "seeds": sorted(int(seed) for seed in frame["seed"].unique()),
        "class_names": list(class_names),
        "class_counts": counts,
        "absent_classes": [name for name, count in zip(class_names, counts, strict=True) if count == 0],
    }


def _metric(metric: Callable[[np.ndarray], np.ndarray], by_subject: np.ndarray, draws: int) -> dict[str, Any]:
    interval = subject_bootstrap(by_subject, metric, draws)
    return {
        **_over_seeds(metric(by_subject.sum(axis=0)).tolist()),
        "ci": None if np.isnan(interval).any() else list(interval),
    }


def _over_seeds(values: list[float]) -> dict[str, Any]:
    return {
        "mean": float(np.mean(values)),
        "sd": float(np.std(values, ddof=1)) if len(values) > 1 else None,
        "per_seed": values,
    }


def _mean_where_defined(values: np.ndarray) -> list[float | None]:
    """(seeds, C) to C means over the seeds that are not nan; None where all are."""
    defined = ~np.isnan(values)
    means = _ratio(np.where(defined, values, 0).sum(axis=0), defined.sum(axis=0))
    return [None if np.isnan(mean) else float(mean) for mean in means]


def _majority_baseline(confusion: np.ndarray, class_names: Sequence[str]) -> dict[str, Any]:
    counts = confusion.sum(axis=1)
    always = np.zeros_like(confusion)
    always[:, counts.argmax()] = counts
    values = {name: float(METRICS[name](always)) for name in ("uf1", "uar", "war")}
    return {"class": class_names[int(counts.argmax())], **values}


def _labels(frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    return frame["y_true"].to_numpy(), frame["y_pred"].to_numpy()


def _grouped_confusion(
    group: np.ndarray, groups: int, y_true: np.ndarray, y_pred: np.ndarray, classes: int
) -> np.ndarray:
    """(groups, C, C): one confusion matrix for each value 0..groups-1 of `group`."""
    truth, prediction = _class_indices(y_true, classes), _class_indices(y_pred, classes)
    if truth.shape != prediction.shape:
        raise ValueError(f"{len(truth)} true labels but {len(prediction)} predicted ones")
    cell = (group * classes + truth) * classes + prediction
    return np.bincount(cell, minlength=groups * classes**2).reshape(groups, classes, classes)


def _class_indices(labels: np.ndarray, classes: int) -> np.ndarray:
    indices = np.asarray(labels).astype(np.int64)
    if (indices != labels).any() or (indices < 0).any() or (indices >= classes).any():
        raise ValueError(f"labels must be integers in 0..{classes - 1}")
    return indices


def _mean_over_truth(values: np.ndarray, confusion: np.ndarray) -> np.ndarray:
    present = confusion.sum(axis=-1) > 0
    return _ratio(np.where(present, values, 0).sum(axis=-1), present.sum(axis=-1))


def _ratio(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """Quotient, nan where the denominator is 0."""
    out = np.full(np.shape(denominator), np.nan)
    return np.divide(numerator, denominator, out=out, where=np.asarray(denominator) != 0)[()]
