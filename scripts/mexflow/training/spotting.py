"""A whole spotting run of one type and seed: every fold trained, and the pairs of its videos scored."""

import logging
import time
from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd

from mexflow.config.spotting import ScoringSpec, SoftnetSpec
from mexflow.errors import UserError
from mexflow.store.finished_folds import FinishedFold
from mexflow.store.pair_scores import VideoScores
from mexflow.store.spotting import VIDEO
from mexflow.training.pair_samples import PairSamples
from mexflow.training.pair_training_set import PairTrainingSet
from mexflow.training.spotting_audit import audit_spotting
from mexflow.training.spotting_folds import SpottingFold, spotting_folds

log = logging.getLogger(__name__)

_CURVE = ["epoch", "loss", "error"]


@dataclass(frozen=True)
class ScoredRun:
    """What the scoring of a run leaves behind.

    Attributes
    ----------
    scores : list of VideoScores
        Of the scored videos of every fold.
    splits : DataFrame
        fold, held_out, k, role ("train" or "scored"), dataset, subject, video.
    curves : DataFrame
        fold, held_out, epoch, loss, error; empty where nothing is trained.
    weights : mapping
        Fold number (as text) → name → array; without arrays unless they are kept.
    audit : dict
        See `mexflow.training.spotting_audit.audit_spotting`.
    """

    scores: list[VideoScores]
    splits: pd.DataFrame
    curves: pd.DataFrame
    weights: Mapping[str, Mapping[str, np.ndarray]]
    audit: dict[str, Any]


class PairScoring:
    """The folds of a run, known before anything is trained.

    Parameters
    ----------
    videos : DataFrame
        As of `mexflow.training.spotting_folds.long_videos`.
    manifest : DataFrame
        The labelled intervals of all types.
    features : Path
        Holds interval_<k>/<unit>.h5: samples of pairs, or where nothing is trained their scores.
    spec : ScoringSpec

    Raises
    ------
    UserError
        If there are too few subjects or no expression of the type.
    """

    def __init__(self, videos: pd.DataFrame, manifest: pd.DataFrame, features: Path, spec: ScoringSpec) -> None:
        self._videos, self._manifest, self._spec = videos, manifest, spec
        self._samples = PairSamples(features, videos)
        every = spotting_folds(videos, manifest, spec)
        first, step = spec.job or (0, 1)
        self._folds = every[first::step]
        if not self._folds:
            raise UserError(
                f"{step} jobs for {len(every)} folds. Set folds_per_job of the spotter to a greater number."
            )

    def mark(self) -> str:
        """A mark of the files that the run reads."""
        return self._samples.mark([fold.k for fold in self._folds])

    def run(self, threads: int = 1, finished: MutableMapping[int, FinishedFold] | None = None) -> ScoredRun:
        """Train on every fold and score its videos.

        Parameters
        ----------
        threads : int
            CPU threads.
        finished : mapping, optional
            Folds that are scored already, by their number; those scored now are added as they end.

        Raises
        ------
        LeakError
            If a scored video has reached the training.
        UserError
            If a file is missing or damaged, or a fold has nothing to learn from.
        """
        done: MutableMapping[int, FinishedFold] = {} if finished is None else finished
        todo = [fold for fold in self._folds if fold.number not in done]
        if todo:
            scorer = self._scorer(threads)
            for fold in todo:
                done[fold.number] = self._scored(fold, scorer)
        ended = {fold.number: done[fold.number] for fold in self._folds}
        fitted = {number: [int(one) for _, used in fold.uses for one in used] for number, fold in ended.items()}
        curves = [ended[fold.number].curve.assign(fold=fold.number, held_out=fold.held_out) for fold in self._folds]
        return ScoredRun(
            scores=[one for fold in self._folds for one in self._of_videos(fold, ended[fold.number])],
            splits=self._splits(),
            curves=pd.concat(curves, ignore_index=True)[["fold", "held_out", *_CURVE]],
            weights={str(number): fold.weights for number, fold in ended.items()},
            audit=audit_spotting(self._videos, self._manifest, self._folds, fitted, self._spec),
        )

    def _scorer(self, threads: int) -> "_Scorer":
        spotter = self._spec.spotter
        if not isinstance(spotter, SoftnetSpec):
            return _AsPacked(self._samples)
        # Keras takes seconds to import: spotters that train nothing do without.
        from mexflow.training.backend import configure_backend  # noqa: PLC0415

        configure_backend(threads)
        if spotter.weights is not None:
            (dataset,) = self._videos.dataset.unique()
            return _Imported(self._samples, spotter.weights, dataset=dataset, type=self._spec.type)
        return _Trained(
            self._samples, PairTrainingSet(self._samples, self._videos, self._manifest, self._spec), self._spec
        )

    def _scored(self, fold: SpottingFold, scorer: "_Scorer") -> FinishedFold:
        started = time.perf_counter()
        told = scorer.score(fold)
        seconds = time.perf_counter() - started
        log.info(
            "fold %d, %s held out, k %d: %d videos scored, %.1f s",
            *(fold.number + 1, fold.held_out, fold.k, len(fold.scored), seconds),
        )
        return FinishedFold(
            probabilities=np.concatenate([np.zeros(0, np.float32), *told.scores])[:, None],
            curve=told.curve,
            seconds=seconds,
            mean=np.zeros(0),
            deviation=np.zeros(0),
            uses=[("fit", np.array(told.fitted, dtype=np.int64))],
            weights=told.weights,
        )

    def _of_videos(self, fold: SpottingFold, finished: FinishedFold) -> Iterator[VideoScores]:
        start = 0
        for video in fold.scored:
            row = self._videos.iloc[video]
            frames, _ = self._samples.frames(video, fold.k)
            scores = finished.probabilities[start : start + len(frames), 0].astype(np.float32)
            start += len(frames)
            whose = row.dataset, row.subject, row.video
            yield VideoScores(*whose, fold.number, fold.held_out, fold.k, float(row.fps), frames, scores)

    def _splits(self) -> pd.DataFrame:
        parts = [
            self._videos.iloc[list(some)][VIDEO].assign(fold=fold.number, held_out=fold.held_out, k=fold.k, role=role)
            for fold in self._folds
            for role, some in (("train", fold.train), ("scored", fold.scored))
        ]
        return pd.concat(parts, ignore_index=True)[["fold", "held_out", "k", "role", *VIDEO]]


@dataclass(frozen=True)
class _Told:
    """Scores of a fold's videos, and how their model came to be: videos trained on, learning curve, weights."""

    scores: list[np.ndarray]
    fitted: tuple[int, ...] = ()
    curve: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=_CURVE, dtype=float))
    weights: dict[str, np.ndarray] = field(default_factory=dict)


class _Scorer(Protocol):
    def score(self, fold: SpottingFold) -> _Told: ...


class _AsPacked:
    """Nothing is trained: the samples are the scores."""

    def __init__(self, samples: PairSamples) -> None:
        self._samples = samples

    def score(self, fold: SpottingFold) -> _Told:
        return _Told([_joined(block for _, block in self._samples.all(video, fold.k)) for video in fold.scored])


class _Trained:
    """SOFTNet, trained anew on each fold."""

    def __init__(self, samples: PairSamples, training: PairTrainingSet, spec: ScoringSpec) -> None:
        assert isinstance(spec.spotter, SoftnetSpec)
        self._samples, self._training, self._spec, self._spotter = samples, training, spec, spec.spotter
        self._trainer: Any = None

    def score(self, fold: SpottingFold) -> _Told:
        from mexflow.training.spotter_fitting import SpotterTrainer  # noqa: PLC0415 - imports Keras

        tensors, targets = self._training.of(fold)
        if self._trainer is None:
            self._trainer = SpotterTrainer(self._spotter, tensors.shape[1:], self._spec.seed)
        curve = self._trainer.fit(tensors, targets)
        return _Told(
            scores=_by_network(self._trainer.model, self._samples, fold),
            fitted=fold.train,
            curve=curve,
            weights=self._trainer.weights() if self._spotter.keep_weights else {},
        )


class _Imported:
    """Networks whose weights are given, one file per fold."""

    def __init__(self, samples: PairSamples, files: str, **names: str) -> None:
        self._samples, self._files, self._names = samples, files, names

    def score(self, fold: SpottingFold) -> _Told:
        from mexflow.models.spotters import read_spotter  # noqa: PLC0415 - imports Keras

        file = self._files.format(fold=fold.number + 1, **self._names)
        return _Told(_by_network(read_spotter(Path(file)), self._samples, fold))


def _by_network(network: Any, samples: PairSamples, fold: SpottingFold) -> list[np.ndarray]:
    from mexflow.models.spotters import scores_of_pairs  # noqa: PLC0415 - imports Keras

    blocks = (samples.all(video, fold.k) for video in fold.scored)
    return [_joined(scores_of_pairs(network, block) for _, block in of_video) for of_video in blocks]


def _joined(parts: Iterator[np.ndarray]) -> np.ndarray:
    return np.concatenate([np.zeros(0, np.float32), *parts])
