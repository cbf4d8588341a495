"""The samples of a run, behind a door that writes down who came for what."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

Use = Literal["statistics", "fit", "augmentation", "validation", "epoch", "threshold", "test"]
"""What samples are handed out for: the input statistics, training, copies of them, watching a training, the choice of
the epoch, the choice of a threshold, and the test."""


@dataclass
class Samples:
    """Tensors and labels that are handed out by position, for a stated use.

    Attributes
    ----------
    tensors : (n, ...) float32 or uint8 array
    labels : (n,) int array
    clips : DataFrame of n rows
    normalise : str
        What the feature asks for, see `Normaliser.of`.
    origins : (n,) int array
        The sample that each was made of: an altered copy of a clip has that clip's, others their own.
    channels : tuple of str
        What the last axis holds.
    taken : list of (fold, use, positions)
        Everything that was handed out: the evidence of the leak audit.
    """

    tensors: np.ndarray
    labels: np.ndarray
    clips: pd.DataFrame
    normalise: str = "training_set"
    origins: np.ndarray = field(default_factory=lambda: np.zeros(0, int))
    channels: tuple[str, ...] = ()
    taken: list[tuple[int, str, np.ndarray]] = field(default_factory=list)

    def __post_init__(self) -> None:
        if not len(self.origins):
            self.origins = np.arange(len(self.labels))

    def names(self, positions: np.ndarray) -> list[str]:
        """`<dataset>/<subject>/<clip>` of some samples."""
        clips = self.clips.iloc[positions]
        return (clips["dataset"] + "/" + clips["subject"] + "/" + clips["clip"]).tolist()

    def take(self, positions: np.ndarray, fold: int, use: Use) -> tuple[np.ndarray, np.ndarray]:
        """Tensors and labels at some positions, for one use in one fold."""
        self.taken.append((fold, use, positions))
        return self.tensors[positions], self.labels[positions]


@dataclass(frozen=True)
class Normaliser:
    """What is taken from each channel, and what it is divided by, measured on training samples.

    Attributes
    ----------
    mean, deviation : (channels,) float64 arrays
    """

    mean: np.ndarray
    deviation: np.ndarray

    @classmethod
    def of(cls, tensors: np.ndarray, normalise: str = "training_set") -> "Normaliser":
        """Measure them over samples and pixels; a constant channel keeps its scale.

        Parameters
        ----------
        tensors : (n, ..., channels) array
        normalise : str
            One of `mexflow.config.features.Normalisation`: `training_set` divides by the standard deviation,
            `training_set_max` by the maximum after the mean is taken away; others leave the values as they are.
        """
        channels = tensors.shape[-1]
        if normalise not in {"training_set", "training_set_max"}:
            return cls(np.zeros(channels), np.ones(channels))
        axes = tuple(range(tensors.ndim - 1))
        mean = tensors.mean(axis=axes, dtype=np.float64)
        if normalise == "training_set_max":
            deviation = tensors.max(axis=axes) - mean
        else:
            # Sample by sample: all at once in double precision would need many times the memory of the samples.
            squares = sum(((one - mean) ** 2).reshape(-1, channels).sum(axis=0) for one in tensors)
            deviation = np.sqrt(squares / (tensors.size / channels))
        return cls(mean, np.where(deviation > 0, deviation, 1.0))

    def __call__(self, tensors: np.ndarray) -> np.ndarray:
        """(x − mean) / deviation, as float32."""
        return (tensors.astype(np.float32) - self.mean.astype(np.float32)) / self.deviation.astype(np.float32)
