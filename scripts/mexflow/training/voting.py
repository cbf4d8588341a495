"""Clips recognised by a vote of their frames: Joshi's 2D CNN, and any other network of single frames."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from mexflow.training.fitting import FoldTrainer, Labelled


class FrameTrainer:
    """A network of single frames that recognises clips: each frame learns the class of its clip, and all of them vote.

    Parameters
    ----------
    vote : str
        `plurality`: the probability of a class is the share of the frames that are taken for it; `mean_probability`:
        the mean over the frames.
    frames : FoldTrainer
        Of single frames.
    """

    def __init__(self, vote: str, frames: FoldTrainer) -> None:
        self._vote, self._frames, self.steps = vote, frames, frames.steps

    def fit(
        self,
        tensors: np.ndarray,
        labels: np.ndarray,
        seed: int,
        on_epoch: Callable[[], None],
        validation: Labelled | None = None,
        watched: Labelled | None = None,
    ) -> pd.DataFrame:
        """As `FoldTrainer.fit`, of clips (n, frames, ...); accuracies are those of single frames."""
        parts = [None if one is None else frame_by_frame(*one) for one in (validation, watched)]
        return self._frames.fit(*frame_by_frame(tensors, labels), seed, on_epoch, *parts)

    def predict(self, tensors: np.ndarray) -> np.ndarray:
        """Shares of the votes, or mean probabilities, (n, classes) float32 of normalised clips."""
        clips, frames = tensors.shape[:2]
        single = self._frames.predict(tensors.reshape(clips * frames, *tensors.shape[2:]))
        if self._vote == "plurality":
            single = np.eye(single.shape[1], dtype=np.float32)[single.argmax(axis=1)]
        return single.reshape(clips, frames, -1).mean(axis=1)

    def weights(self) -> dict[str, np.ndarray]:
        """Those of the network of frames."""
        return self._frames.weights()


def frame_by_frame(clips: np.ndarray, labels: np.ndarray) -> Labelled:
    """The frames (n · frames, ...) of clips (n, frames, ...), each with its clip's label."""
    return clips.reshape(-1, *clips.shape[2:]), np.repeat(labels, clips.shape[1])
