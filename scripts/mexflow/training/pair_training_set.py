"""What a spotting network is trained on in each fold: pairs of frames, and what it is to say of them."""

import numpy as np
import pandas as pd

from mexflow.config.augmentation import AugmentationSpec
from mexflow.config.spotting import ScoringSpec, SoftnetSpec
from mexflow.errors import UserError
from mexflow.store.spotting import VIDEO
from mexflow.training.augmentation import augmented
from mexflow.training.pair_samples import PairSamples
from mexflow.training.pseudo_labels import overlap_labels, published_labels
from mexflow.training.spotting_folds import SpottingFold, expressions_of

_LABELS = {"published": published_labels, "overlap": overlap_labels}
_SOFTNET = AugmentationSpec(family="softnet")
_COPIES = 3


class PairTrainingSet:
    """Samples and targets, fold by fold.

    Parameters
    ----------
    samples : PairSamples
    videos : DataFrame
        As of `mexflow.training.spotting_folds.long_videos`.
    manifest : DataFrame
        The labelled intervals of all types.
    spec : ScoringSpec
        Its spotter is SOFTNet.
    """

    def __init__(self, samples: PairSamples, videos: pd.DataFrame, manifest: pd.DataFrame, spec: ScoringSpec) -> None:
        assert isinstance(spec.spotter, SoftnetSpec)
        self._samples, self._videos, self._spec, self._spotter = samples, videos, spec, spec.spotter
        self._expressions = expressions_of(manifest, spec.type, spec.cut_off)

    def targets(self, video: int, k: int) -> np.ndarray:
        """What is learned of each pair of a video, (n,) float32 in 0..1; moved by half the video if the spec says so.

        Frames that are not kept, or show no face, do not count: an interval is that of the frames that are there.
        """
        first, second = self._samples.frames(video, k)
        numbers = np.union1d(first, second[-k:])
        whose = (self._expressions[VIDEO] == self._videos.iloc[video][VIDEO]).all(axis=1)
        rows = self._expressions[whose]
        onsets = np.searchsorted(numbers, rows.onset.to_numpy())
        offsets = np.searchsorted(numbers, rows.offset.to_numpy(), side="right") - 1
        there = offsets >= onsets
        labels = _LABELS[self._spotter.labels](len(first) + k, k, onsets[there], offsets[there])
        return np.roll(labels, len(labels) // 2) if self._spec.shift_labels else labels

    def of(self, fold: SpottingFold) -> tuple[np.ndarray, np.ndarray]:
        """Samples (n, rows, columns, 3) float32 and targets (n,) float32, in the order in which they are trained on.

        Pairs without expression are thinned out at random to a share of the larger of the two groups; pairs of
        expressions have three altered copies each, if their type has them. All follows from the seed and the fold.

        Raises
        ------
        UserError
            If no pair of the training videos belongs to an expression.

        References
        ----------
        Liong, See and Wong, ICIP 2021, section 3.3, and the published code, which draws with one seed for all folds.
        """
        random = np.random.default_rng(fold.seed(self._spec.seed))
        targets = {video: self.targets(video, fold.k) for video in fold.train}
        kept = self._thinned(targets, random)
        counts = {video: (len(own), int((targets[video][own] > 0).sum())) for video, own in kept.items()}
        positives = sum(count for _, count in counts.values())
        if not positives:
            raise UserError(
                f"fold {fold.number + 1}, {fold.held_out} held out: no pair of the training videos belongs to a"
                f" {self._spec.type}-expression."
            )
        altered = self._spec.type in self._spotter.augmented_types
        total = sum(count for count, _ in counts.values()) + (_COPIES * positives if altered else 0)
        # Each sample goes straight to its place in the final order: a fold of gigabytes is in memory once.
        places, filled = random.permutation(total), 0
        tensors = np.empty((total, *self._samples.shape(fold.train[0], fold.k)), np.float32)
        labels = np.empty(total, np.float32)
        for video, positions in kept.items():
            for part, block in self._samples.at(video, fold.k, positions):
                given = [(block, targets[video][positions[part]])]
                if altered:
                    given.append(self._copies(video, fold.k, positions[part], *given[0]))
                for some, own in given:
                    at = places[filled : filled + len(own)]
                    tensors[at], labels[at] = some, own
                    filled += len(own)
        return tensors, labels

    def _thinned(self, targets: dict[int, np.ndarray], random: np.random.Generator) -> dict[int, np.ndarray]:
        """Positions to train on, ascending, of each video."""
        shown = np.concatenate([of_video > 0 for of_video in targets.values()])
        silent = np.flatnonzero(~shown)
        wanted = int(self._spotter.kept_negatives * max(len(silent), len(shown) - len(silent)))
        shown[random.choice(silent, min(wanted, len(silent)), replace=False)] = True
        ends = np.cumsum([len(of_video) for of_video in targets.values()])
        return {video: np.flatnonzero(part) for video, part in zip(targets, np.split(shown, ends[:-1]), strict=True)}

    def _copies(
        self, video: int, k: int, positions: np.ndarray, samples: np.ndarray, targets: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        shown = targets > 0
        name = "/".join(self._videos.iloc[video][VIDEO])
        copies, _, origins = augmented(
            *(samples[shown], np.zeros(shown.sum(), dtype=int), ["expression"], _SOFTNET, self._spec.seed),
            keys=[f"{name}/{position}" for position in positions[shown]],
            channels=self._samples.channels(video, k),
        )
        return copies, targets[shown][origins]
