"""A whole training run: every fold of one protocol, with one seed or with several, one after the other."""

import logging
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
import pandas as pd
from rich.console import Console
from rich.progress import Progress

from mexflow.config.training import TrainingSpec, TrainingStageSpec
from mexflow.errors import UserError
from mexflow.store.finished_folds import FinishedFold
from mexflow.store.packed import PackedFeature
from mexflow.training.audit import audit
from mexflow.training.augmentation import augmented
from mexflow.training.backend import configure_backend
from mexflow.training.fitting import Labelled, Trainer
from mexflow.training.folds import Fold, folds_of, inner_split, permuted_inside_subjects, split_table
from mexflow.training.samples import Normaliser, Samples
from mexflow.training.schedule import oversampled
from mexflow.training.trainers import trainer_of

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TrainedRun:
    """What a training run leaves behind, with one seed or with several.

    Attributes
    ----------
    predictions : DataFrame
        One row per tested clip and seed: dataset, subject, clip, fold, seed, y_true, y_pred, p_0 … p_C-1.
    curves : DataFrame
        seed, fold, held_out, epoch, loss, accuracy, learning_rate and what else `FoldTrainer.fit` tells.
    times : DataFrame
        seed, fold, held_out, seconds: how long each fold took. The only part that differs between two equal runs.
    splits : DataFrame
        Who is trained and tested on: seed, and the columns of `mexflow.training.folds.split_table`.
    weights : mapping
        `<seed>/<fold>` → name → array: the final weights, and the input statistics they go with.
    audit : dict
        Seed (as text) → see `mexflow.training.audit.audit`.
    """

    predictions: pd.DataFrame
    curves: pd.DataFrame
    times: pd.DataFrame
    splits: pd.DataFrame
    weights: Mapping[str, Mapping[str, np.ndarray]]
    audit: dict

    @classmethod
    def of_seeds(cls, runs: Sequence["TrainedRun"]) -> "TrainedRun":
        """What runs with one seed each leave behind together."""
        return cls(
            predictions=_stacked(one.predictions for one in runs),
            curves=_stacked(one.curves for one in runs),
            times=_stacked(one.times for one in runs),
            splits=_stacked(one.splits for one in runs),
            weights=_Joined([one.weights for one in runs]),
            audit={seed: proof for one in runs for seed, proof in one.audit.items()},
        )


class TrainingJob:
    """All that one job trains: the same with one seed after the other.

    Parameters
    ----------
    feature : PackedFeature
        Clips that the label scheme leaves out take no part.
    spec : TrainingStageSpec
    """

    def __init__(self, feature: PackedFeature, spec: TrainingStageSpec) -> None:
        self._feature, self._specs = feature, spec.trainings()
        new_trainer = partial(_trainer_for, feature, self._specs[0])
        # A trainer starts each fold afresh, so the seeds share one; what is carried over stays with its seed.
        self._trainer = cache(new_trainer) if spec.protocol.carry_over == "nothing" else new_trainer

    def splits(self) -> pd.DataFrame:
        """One row per seed, fold and clip: seed, and the columns of `mexflow.training.folds.split_table`.

        Raises
        ------
        UserError
            If no clip is labelled, or the clips cannot be split as the protocol says.
        """
        return _stacked(Training(self._feature, one).splits() for one in self._specs)

    def run(self, threads: int, finished: Callable[[int], MutableMapping[int, FinishedFold]]) -> TrainedRun:
        """Train and test on every fold with every seed.

        Parameters
        ----------
        threads : int
            CPU threads.
        finished : callable
            Gives the finished folds of a seed, see `Training.run`.

        Raises
        ------
        LeakError
            If test data has reached the training.
        UserError
            As of `splits`.
        """
        # Each seed's samples, some with copies of their own, are gone before the next one's are there.
        runs = [Training(self._feature, one, self._trainer).run(threads, finished(one.seed)) for one in self._specs]
        return TrainedRun.of_seeds(runs)


class Training:
    """The samples of a run with one seed and how they are split, known before anything is trained.

    Parameters
    ----------
    feature : PackedFeature
        Clips that the label scheme leaves out take no part.
    spec : TrainingSpec
    new_trainer : callable, optional
        Gives what trains the model; by default a new one.

    Raises
    ------
    UserError
        If no clip is labelled, or the clips cannot be split as the protocol says.
    """

    def __init__(
        self, feature: PackedFeature, spec: TrainingSpec, new_trainer: Callable[[], Trainer] | None = None
    ) -> None:
        self._spec = spec
        self._new_trainer = new_trainer or partial(_trainer_for, feature, spec)
        self._samples = labelled_samples(feature, spec)
        every = folds_of(spec.protocol, self._samples.clips, self._samples.labels, spec.seed, spec.classes)
        first, step = spec.job or (0, 1)
        self._folds = every[first::step]
        if not self._folds:
            raise UserError(
                f"{step} jobs for {len(every)} folds: some subjects have no clip left, since no face was found in them."
                f" Set folds_per_job of the model to {step // len(every) + 1} or more."
            )

    def splits(self) -> pd.DataFrame:
        """One row per fold and clip: seed, and the columns of `mexflow.training.folds.split_table`."""
        table = split_table(self._folds, self._samples.clips)
        table.insert(0, "seed", self._spec.seed)
        return table

    def run(self, threads: int = 1, finished: MutableMapping[int, FinishedFold] | None = None) -> TrainedRun:
        """Train and test on every fold.

        Parameters
        ----------
        threads : int
            CPU threads.
        finished : mapping, optional
            Folds that are trained already, by their number; those trained now are added as they end. Without it,
            all are trained and kept in memory.

        Raises
        ------
        LeakError
            If test data has reached the training.
        """
        configure_backend(threads, self._spec.model.precision)
        done = {} if finished is None else finished
        if self._spec.protocol.carry_over != "nothing" and any(fold.number not in done for fold in self._folds):
            done.clear()  # a fold goes on from the one before: they are trained in one go
        todo = [fold for fold in self._folds if fold.number not in done]
        if todo:
            self._train(todo, done)
        seed, normalisers = self._spec.seed, {}
        for fold in self._folds:
            one = done[fold.number]
            normalisers[fold.number] = Normaliser(one.mean, one.deviation)
            if fold not in todo:
                self._samples.taken += [(fold.number, use, positions) for use, positions in one.uses]
        return TrainedRun(
            predictions=_stacked(self._predictions(fold, done[fold.number]) for fold in self._folds),
            curves=_stacked(self._curve(fold, done[fold.number]) for fold in self._folds),
            times=pd.DataFrame(
                [(seed, fold.number, fold.held_out, round(done[fold.number].seconds, 3)) for fold in self._folds],
                columns=["seed", "fold", "held_out", "seconds"],
            ),
            splits=self.splits(),
            weights=_WeightsOfFolds(done, {f"{seed}/{fold.number}": fold.number for fold in self._folds}),
            audit={
                str(seed): audit(
                    self._samples, self._folds, normalisers, self._spec.protocol, whole=self._spec.job is None
                )
            },
        )

    def _train(self, folds: list[Fold], done: MutableMapping[int, FinishedFold]) -> None:
        trainer = self._new_trainer()
        with _progress() as progress:
            for fold in folds:
                task = progress.add_task(f"seed {self._spec.seed}, fold {fold.number + 1}", total=trainer.steps)
                done[fold.number] = self._trained(trainer, fold, partial(progress.advance, task))
                progress.remove_task(task)

    def _trained(self, trainer: Trainer, fold: Fold, on_epoch: Callable[[], None]) -> FinishedFold:
        samples, spec, number = self._samples, self._spec, fold.number
        started, before = time.perf_counter(), len(samples.taken)
        everything = np.arange(len(samples.labels))
        measured = everything if spec.protocol.statistics == "all" else fold.train
        normalise = Normaliser.of(samples.take(measured, number, "statistics")[0], samples.normalise)
        seed = fold.seed(spec.seed)
        kept: Labelled | None = None
        fit = fold.train
        if spec.model.validation is not None:
            fit, held = inner_split(spec.model.validation, fold, samples.clips, samples.labels, seed)
            kept = self._normalised(normalise, *samples.take(held, number, "validation"))
        watched: Labelled | None = None
        if spec.protocol.epoch == "best_on_test":
            watched = self._normalised(normalise, *samples.take(fold.test, number, "epoch"))
        training = self._normalised(normalise, *self._training_samples(fit, number))
        curve = trainer.fit(*training, seed, on_epoch, kept, watched)
        tested, _ = samples.take(fold.test, number, "test")
        finished = FinishedFold(
            probabilities=trainer.predict(normalise(tested)).astype(np.float32),
            curve=curve,
            seconds=time.perf_counter() - started,
            mean=normalise.mean,
            deviation=normalise.deviation,
            uses=[(use, positions) for _, use, positions in samples.taken[before:]],
            weights=trainer.weights() if spec.model.keep_weights else {},
        )
        self._log(fold, len(training[1]), finished)
        return finished

    def _training_samples(self, positions: np.ndarray, fold: int) -> Labelled:
        """Samples as they are packed, with their altered copies and repeats."""
        samples, model = self._samples, self._spec.model
        tensors, labels = samples.take(positions, fold, "fit")
        if model.augmentation is not None and self._spec.protocol.augmentation == "in_training":
            altered, of_labels, _ = augmented(
                *samples.take(positions, fold, "augmentation"),
                self._spec.classes,
                model.augmentation,
                self._spec.seed,
                samples.names(positions),
                samples.channels,
            )
            tensors, labels = np.concatenate([tensors, altered]), np.concatenate([labels, of_labels])
        if model.oversample:
            repeats = oversampled(labels, self._spec.seed)
            tensors, labels = tensors[repeats], labels[repeats]
        return tensors, labels

    @staticmethod
    def _normalised(normalise: Normaliser, tensors: np.ndarray, labels: np.ndarray) -> Labelled:
        return normalise(tensors), labels

    def _predictions(self, fold: Fold, finished: FinishedFold) -> pd.DataFrame:
        samples = self._samples
        rows = samples.clips.iloc[fold.test][["dataset", "subject", "clip"]].reset_index(drop=True)
        rows = rows.assign(fold=fold.number, seed=self._spec.seed, y_true=samples.labels[fold.test])
        rows["y_pred"] = finished.probabilities.argmax(axis=1)
        return rows.assign(**{f"p_{index}": column for index, column in enumerate(finished.probabilities.T)})

    def _curve(self, fold: Fold, finished: FinishedFold) -> pd.DataFrame:
        return finished.curve.assign(seed=self._spec.seed, fold=fold.number, held_out=fold.held_out)

    def _log(self, fold: Fold, trained: int, finished: FinishedFold) -> None:
        last = finished.curve.iloc[-1]
        log.info(
            "seed %d, fold %d (of %d), %s held out: loss %.4f, accuracy %.3f on %d training samples after %d epochs,"
            " %.1f s",
            *(self._spec.seed, fold.number + 1, len(self._folds), fold.held_out),
            *(last.loss, last.accuracy, trained, last.epoch, finished.seconds),
        )


class _WeightsOfFolds(Mapping[str, Mapping[str, np.ndarray]]):
    """The weights of finished folds by a name of each, one fold in memory at a time."""

    def __init__(self, done: Mapping[int, FinishedFold], numbers: Mapping[str, int]) -> None:
        self._done, self._numbers = done, numbers

    def __getitem__(self, name: str) -> Mapping[str, np.ndarray]:
        one = self._done[self._numbers[name]]
        return {"input_mean": one.mean, "input_deviation": one.deviation, **one.weights}

    def __iter__(self) -> Iterator[str]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)


class _Joined(Mapping[str, Mapping[str, np.ndarray]]):
    """Mappings without a common key as one. Nothing is read before it is asked for."""

    def __init__(self, mappings: Sequence[Mapping[str, Mapping[str, np.ndarray]]]) -> None:
        self._of = {key: one for one in mappings for key in one}

    def __getitem__(self, key: str) -> Mapping[str, np.ndarray]:
        return self._of[key][key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._of)

    def __len__(self) -> int:
        return len(self._of)


def train(feature: PackedFeature, spec: TrainingSpec, threads: int = 1) -> TrainedRun:
    """Train and test on every fold with one seed, in memory: `Training` at once.

    Raises
    ------
    LeakError
        If test data has reached the training.
    UserError
        If no clip is labelled, or the clips cannot be split as the protocol says.
    """
    return Training(feature, spec).run(threads)


def labelled_samples(feature: PackedFeature, spec: TrainingSpec) -> Samples:
    """The samples that the label scheme gives a class, with class numbers as labels, permuted if asked for.

    Under a protocol that makes altered copies before the split, these follow behind, named `<clip>~1`, `<clip>~2` ….

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
    samples = Samples(
        feature.samples[labelled], labels, clips, feature.layout.normalise, channels=feature.layout.channels
    )
    return _with_copies(samples, spec) if spec.protocol.augmentation == "before_split" else samples


def _with_copies(samples: Samples, spec: TrainingSpec) -> Samples:
    if spec.model.augmentation is None:
        raise UserError("The protocol makes altered copies before the split; its model has no augmentation.")
    every = np.arange(len(samples.labels))
    altered, labels, origins = augmented(
        *(samples.tensors, samples.labels, spec.classes, spec.model.augmentation, spec.seed),
        keys=samples.names(every),
        channels=samples.channels,
    )
    copies = samples.clips.iloc[origins]
    nth = copies.groupby(["dataset", "subject", "clip"]).cumcount() + 1
    copies = copies.assign(clip=copies["clip"] + "~" + nth.astype(str))
    return Samples(
        np.concatenate([samples.tensors, altered]),
        np.concatenate([samples.labels, labels]),
        pd.concat([samples.clips, copies], ignore_index=True),
        samples.normalise,
        np.concatenate([every, origins]),
        channels=samples.channels,
    )


def _trainer_for(feature: PackedFeature, spec: TrainingSpec) -> Trainer:
    return trainer_of(spec.model, feature.samples.shape[1:], len(spec.classes), spec.protocol.carry_over)


def _stacked(tables: Iterable[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat(list(tables), ignore_index=True)


def _progress() -> Progress:
    # A bar for a person at a terminal; in a log file the lines of the folds tell how far it is.
    return Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty())
