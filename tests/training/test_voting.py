"""Clips recognised by their frames."""

import numpy as np
import pandas as pd
import pytest

from mexflow.config.training import ModelSpec
from mexflow.evaluation.recognition import absolute_majority
from mexflow.training.fitting import FoldTrainer
from mexflow.training.trainers import trainer_of
from mexflow.training.voting import FrameTrainer, frame_by_frame
from training.toys import SHAPE, tensors_of, training_spec

LABELS = np.tile([0, 1, 2], 4)
CLIPS = np.stack([tensors_of(LABELS, seed=frame) for frame in range(5)], axis=1)
MODEL = training_spec(epochs=4).model


class Frames:
    """A network whose probabilities stand in its input."""

    steps = 1

    def predict(self, tensors):
        return tensors[:, 0, 0, :]


def clips_of(*probabilities) -> np.ndarray:
    """(1, frames, 1, 1, classes)"""
    return np.array(probabilities, np.float32)[None, :, None, None, :]


def test_the_plurality_is_the_share_of_frames():
    frames = clips_of([0.6, 0.4, 0.0], [0.5, 0.4, 0.1], [0.0, 0.9, 0.1])
    np.testing.assert_allclose(FrameTrainer("plurality", Frames()).predict(frames), [[2 / 3, 1 / 3, 0]], rtol=1e-6)


def test_the_mean_probability_can_say_otherwise():
    frames = clips_of([0.6, 0.4, 0.0], [0.5, 0.4, 0.1], [0.0, 0.9, 0.1])
    mean = FrameTrainer("mean_probability", Frames()).predict(frames)
    np.testing.assert_allclose(mean, [[1.1 / 3, 1.7 / 3, 0.2 / 3]], rtol=1e-6)


def test_five_of_nine_frames_are_an_absolute_majority_and_four_are_not():
    """Joshi's rule, from the shares of votes alone."""
    votes = np.array([[5, 4, 0], [4, 3, 2], [4, 5, 0]]) / 9
    frame = pd.DataFrame(votes.astype(np.float32), columns=["p_0", "p_1", "p_2"]).assign(y_true=0)
    assert absolute_majority(frame) == pytest.approx(1 / 3)


def test_every_frame_has_the_label_of_its_clip():
    frames, labels = frame_by_frame(CLIPS, LABELS)
    assert frames.shape == (60, *SHAPE)
    np.testing.assert_array_equal(frames[7], CLIPS[1, 2])
    np.testing.assert_array_equal(labels[5:10], LABELS[1])


@pytest.mark.parametrize("vote", ["plurality", "mean_probability"])
def test_clips_are_trained_frame_by_frame(vote):
    spec = ModelSpec(**{**MODEL.model_dump(), "vote": vote, "epochs": 40})
    trainer = trainer_of(spec, CLIPS.shape[1:], 3)
    trainer.fit(CLIPS, LABELS, 0, lambda: None)
    single = FoldTrainer(spec, SHAPE, 3)
    single.fit(*frame_by_frame(CLIPS, LABELS), 0, lambda: None)
    probabilities = single.predict(CLIPS.reshape(-1, *SHAPE)).reshape(12, 5, 3)
    votes = np.eye(3)[probabilities.argmax(axis=2)] if vote == "plurality" else probabilities
    np.testing.assert_allclose(trainer.predict(CLIPS), votes.mean(axis=1), atol=1e-6)
    assert np.mean(trainer.predict(CLIPS).argmax(axis=1) == LABELS) > 0.9
