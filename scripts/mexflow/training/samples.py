"""The samples of a run, behind a door that writes down who came for what."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

Use = Literal["statistics", "fit", "callback", "test"]


@dataclass
class Samples:
    """Tensors and labels that are handed out by position, for a stated use.

    Attributes
    ----------
    tensors : (n, ...) float32 array
    labels : (n,) int array
    clips : DataFrame of n rows
    taken : list of (fold, use, positions)
        Everything that was handed out: the evidence of the leak audit.
    """

    tensors: np.ndarray
    labels: np.ndarray
    clips: pd.DataFrame
    taken: list[tuple[int, Use, np.ndarray]] = field(default_factory=list)

    def take(self, positions: np.ndarray, fold: int, use: Use) -> tuple[np.ndarray, np.ndarray]:
        """Tensors and labels at some positions, for one use in one fold."""
        self.taken.append((fold, use, positions))
        return self.tensors[positions], self.labels[positions]


@dataclass(frozen=True)
class Normaliser:
    """Channel means and standard deviations, measured on training samples.

    Attributes
    ----------
    mean, deviation : (channels,) float64 arrays
    """

    mean: np.ndarray
    deviation: np.ndarray

    @classmethod
    def of(cls, tensors: np.ndarray) -> "Normaliser":
        """Measure them over samples and pixels; a constant channel keeps its scale."""
        axes = tuple(range(tensors.ndim - 1))
        deviation = tensors.std(axis=axes, dtype=np.float64)
        return cls(tensors.mean(axis=axes, dtype=np.float64), np.where(deviation > 0, deviation, 1.0))

    def __call__(self, tensors: np.ndarray) -> np.ndarray:
        """(x − mean) / deviation, as float32."""
        return ((tensors - self.mean) / self.deviation).astype(np.float32)
