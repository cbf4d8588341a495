"""A whole training run: every fold of one protocol, with one seed."""

import logging
import sys
import time
from dataclasses import dataclass

import numpy as np
import pandas as pd
from rich.console import Console
from rich.progress import Progress

from mexflow.config.training import TrainingSpec
from mexflow.errors import UserError
from mexflow.store.packed import PackedFeature
from mexflow.training.audit import audit
from mexflow.training.backend import configure_backend
from mexflow.training.fitting import Trainer, trainer_of
from mexflow.training.folds import Fold, folds_of, permuted_inside_subjects, split_table
from mexflow.training.samples import Normaliser, Samples

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TrainedRun:
    """What a training run leaves behind.

    Attributes
    ----------
    predictions : DataFrame
        One row per clip: dataset, subject, clip, fold, seed, y_true, y_pred, p_0 … p_C-1.
    curves : DataFrame
        fold, held_out, epoch, loss, accuracy.
    times : DataFrame
        fold, held_out, seconds: how long each fold took. The only part that differs between two equal runs.
    splits : DataFrame
        Who was trained and tested on, see `mexflow.training.folds.split_table`.
    weights : dict
        Fold number (as text) → name → array: the final weights, and the input statistics they go with.
    audit : dict
        See `mexflow.training.audit.audit`.
    """

    predictions: pd.DataFrame
    curves: pd.DataFrame
    times: pd.DataFrame
    splits: pd.DataFrame
    weights: dict[str, dict[str, np.ndarray]]
    audit: dict


def train(feature: PackedFeature, spec: TrainingSpec, threads: int = 1) -> TrainedRun:
    """Train and test on every fold.

    Clips that the label scheme leaves out take no part. The epochs are fixed; nothing is chosen on test data.

    Parameters
    ----------
    feature : PackedFeature
    spec : TrainingSpec
    threads : int
        CPU threads.

    Raises
    ------
    LeakError
        If test data has reached the training.
    UserError
        If no clip is labelled, or fewer than two subjects are.
    """
    configure_backend(threads)
    samples = labelled_samples(feature, spec)
    folds = folds_of(spec.protocol, samples.clips, samples.labels, spec.seed)
    trainer = trainer_of(spec.model, samples.tensors.shape[1:], len(spec.classes))
    normalisers, weights, predictions, curves, times = {}, {}, [], [], []
    with _progress() as progress:
        task = progress.add_task("training", total=len(folds) * trainer.steps)
        for fold in folds:
            started = time.perf_counter()
            normalise = Normaliser.of(samples.take(fold.train, fold.number, "statistics")[0], samples.normalise)
            tensors, labels = samples.take(fold.train, fold.number, "fit")
            seed = fold.seed(spec.seed)
            curve = trainer.fit(normalise(tensors), labels, seed, on_epoch=lambda: progress.advance(task))
            tensors, labels = samples.take(fold.test, fold.number, "test")
            predictions.append(_prediction_rows(samples, fold, spec.seed, trainer.predict(normalise(tensors))))
            seconds = time.perf_counter() - started
            curves.append(curve.assign(fold=fold.number, held_out=fold.held_out))
            times.append((fold.number, fold.held_out, round(seconds, 3)))
            normalisers[fold.number] = normalise
            weights[str(fold.number)] = _fold_weights(trainer, normalise, spec)
            _log_fold(fold, len(folds), curve, seconds)
    return TrainedRun(
        predictions=pd.concat(predictions, ignore_index=True),
        curves=pd.concat(curves, ignore_index=True),
        times=pd.DataFrame(times, columns=["fold", "held_out", "seconds"]),
        splits=split_table(folds, samples.clips),
        weights=weights,
        audit=audit(samples, folds, normalisers, spec.protocol),
    )


def labelled_samples(feature: PackedFeature, spec: TrainingSpec) -> Samples:
    """The samples that the label scheme gives a class, with class numbers as labels, permuted if asked for.

    Raises
    ------
    UserError
        If there is none.
    """
    names = feature.clips[spec.labels]
    labelled = np.flatnonzero(names.isin(spec.classes))
    if labelled.size == 0:
        raise UserError(f"No clip has a class in the label scheme {spec.labels} ({', '.join(spec.classes)}).")
    clips = feature.clips.iloc[labelled].reset_index(drop=True)
    labels = np.array([spec.classes.index(name) for name in names.iloc[labelled]])
    if spec.protocol.permute_labels:
        labels = permuted_inside_subjects(labels, clips)
    return Samples(feature.samples[labelled], labels, clips, feature.layout.normalise)


def _prediction_rows(samples: Samples, fold: Fold, seed: int, probabilities: np.ndarray) -> pd.DataFrame:
    rows = samples.clips.iloc[fold.test][["dataset", "subject", "clip"]].reset_index(drop=True)
    rows = rows.assign(fold=fold.number, seed=seed, y_true=samples.labels[fold.test])
    rows["y_pred"] = probabilities.argmax(axis=1)
    return rows.assign(**{f"p_{index}": column for index, column in enumerate(probabilities.T)})


def _fold_weights(trainer: Trainer, normalise: Normaliser, spec: TrainingSpec) -> dict[str, np.ndarray]:
    kept = trainer.weights() if spec.model.keep_weights else {}
    return {"input_mean": normalise.mean, "input_deviation": normalise.deviation, **kept}


def _log_fold(fold: Fold, folds: int, curve: pd.DataFrame, seconds: float) -> None:
    last = curve.iloc[-1]
    log.info(
        "fold %d of %d, %s held out: loss %.4f, accuracy %.3f on %d training clips after %d epochs, %.1f s",
        *(fold.number + 1, folds, fold.held_out, last.loss, last.accuracy, len(fold.train), last.epoch, seconds),
    )


def _progress() -> Progress:
    # A bar for a person at a terminal; in a log file the lines of the folds tell how far it is.
    return Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty())
