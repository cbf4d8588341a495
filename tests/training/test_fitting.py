"""One model for many folds: each fit starts as if it were the first."""

import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from mexflow.models.registry import build_model
from mexflow.training.fitting import FoldTrainer
from training.toys import SHAPE, tensors_of, training_spec

TESTS = Path(__file__).resolve().parents[1]
LABELS = np.tile([0, 1, 2], 8)
TENSORS = tensors_of(LABELS)
OTHER_TENSORS = 5 * tensors_of(LABELS[:20], seed=1)
UNSEEN = tensors_of(LABELS, seed=2)
ALL_STATE = training_spec(dropout=0.5, batch_norm=True).model


def fitted(trainer, seed, tensors=TENSORS):
    """Predictions and learning curve of one fit."""
    curve = trainer.fit(tensors, LABELS[: len(tensors)], seed, on_epoch=lambda: None)
    return trainer.predict(UNSEEN), curve


def variables_of(model) -> list[np.ndarray]:
    return [one.numpy() for one in model.variables]


@pytest.fixture(scope="module")
def trainer():
    return FoldTrainer(ALL_STATE, SHAPE, 3)


@pytest.fixture(scope="module")
def first_fit():
    """What a trainer gives that has never trained before."""
    return fitted(FoldTrainer(ALL_STATE, SHAPE, 3), seed=7)


def test_the_same_seed_gives_the_same_bits(trainer, first_fit):
    for _ in range(2):
        predictions, curve = fitted(trainer, seed=7)
        np.testing.assert_array_equal(predictions, first_fit[0])
        assert curve.equals(first_fit[1])


def test_another_fold_in_between_leaves_no_trace(trainer, first_fit):
    """Its data, size and seed differ: weights, moments, step count, running means, dropout and order are new."""
    fitted(trainer, seed=99, tensors=OTHER_TENSORS)
    predictions, curve = fitted(trainer, seed=7)
    np.testing.assert_array_equal(predictions, first_fit[0])
    assert curve.equals(first_fit[1])


def test_random_numbers_drawn_elsewhere_leave_no_trace(trainer, first_fit):
    np.random.default_rng(0).random(3)
    keras.utils.set_random_seed(12345)
    np.testing.assert_array_equal(fitted(trainer, seed=7)[0], first_fit[0])


def test_another_seed_gives_another_result(trainer, first_fit):
    predictions, curve = fitted(trainer, seed=8)
    assert np.abs(predictions - first_fit[0]).max() > 1e-3
    assert not curve.equals(first_fit[1])


@pytest.mark.parametrize("parameters", [{}, {"dense_units": 5}, {"dropout": 0.5, "batch_norm": True}], ids=str)
def test_a_fit_starts_from_the_weights_of_a_newly_built_model(parameters, monkeypatch):
    spec = training_spec(epochs=1, **parameters).model
    keras.utils.set_random_seed(7)
    expected = variables_of(build_model(spec, SHAPE, 3))
    trainer = FoldTrainer(spec, SHAPE, 3)
    fitted(trainer, seed=99)
    at_start = []
    monkeypatch.setattr(
        trainer.model,
        "train_on_batch",
        lambda *_, **__: at_start.append(variables_of(trainer.model)) or {"loss": 0.0, "accuracy": 0.0},
    )
    fitted(trainer, seed=7)
    for own, fresh in zip(at_start[0], expected, strict=True):
        np.testing.assert_array_equal(own, fresh)


def test_a_fit_starts_with_a_new_optimizer(trainer, monkeypatch):
    fresh = keras.optimizers.Adam(0.01)
    fresh.build(build_model(ALL_STATE, SHAPE, 3).trainable_variables)
    fitted(trainer, seed=99)
    at_start = []
    monkeypatch.setattr(
        trainer.model,
        "train_on_batch",
        lambda *_, **__: at_start.append(variables_of(trainer.model.optimizer)) or {"loss": 0.0, "accuracy": 0.0},
    )
    fitted(trainer, seed=7)
    for own, new in zip(at_start[0], variables_of(fresh), strict=True):
        np.testing.assert_array_equal(own, new)


def test_every_sample_is_seen_once_per_epoch_in_a_new_order(trainer, monkeypatch):
    numbers = np.arange(20, dtype=np.float32).reshape(20, 1, 1, 1) * np.ones(SHAPE, np.float32)
    batches = []
    monkeypatch.setattr(
        trainer.model,
        "train_on_batch",
        lambda tensors, labels, **__: batches.append((tensors[:, 0, 0, 0], labels)) or {"loss": 0.0, "accuracy": 0.0},
    )
    trainer.fit(numbers, np.arange(20), seed=7, on_epoch=lambda: None)
    assert [len(labels) for _, labels in batches] == [8, 8, 4] * 3
    for tensors, labels in batches:
        np.testing.assert_array_equal(tensors, labels)
    epochs = np.concatenate([labels for _, labels in batches]).reshape(3, 20)
    assert (np.sort(epochs) == np.arange(20)).all()
    assert len({tuple(epoch) for epoch in epochs}) == 3


def test_separable_classes_are_learnt():
    trainer = FoldTrainer(training_spec(epochs=60).model, SHAPE, 3)
    predictions, curve = fitted(trainer, seed=0)
    assert np.mean(predictions.argmax(axis=1) == LABELS) > 0.95
    assert curve["loss"].iloc[-1] < curve["loss"].iloc[0] / 4


def test_the_curve_has_a_row_per_epoch_and_every_epoch_is_told(trainer):
    told = []
    curve = trainer.fit(TENSORS, LABELS, seed=0, on_epoch=lambda: told.append(1))
    assert curve["epoch"].tolist() == [1, 2, 3]
    assert len(told) == 3
    assert curve["accuracy"].between(0, 1).all()


def test_the_curve_is_the_cross_entropy_of_the_model_as_it_was_in_that_epoch():
    """With one batch per epoch: of the untrained model, then of the one that one epoch has trained."""
    two_epochs = training_spec(epochs=2).model.model_copy(update={"batch_size": 64})
    one_epoch = two_epochs.model_copy(update={"epochs": 1})
    curve = fitted(FoldTrainer(two_epochs, SHAPE, 3), seed=3)[1]
    keras.utils.set_random_seed(3)
    untrained = build_model(two_epochs, SHAPE, 3)
    trained = FoldTrainer(one_epoch, SHAPE, 3)
    fitted(trained, seed=3)
    for epoch, model in enumerate((untrained, trained.model)):
        probabilities = model.predict_on_batch(TENSORS)
        assert curve["loss"][epoch] == pytest.approx(-np.log(probabilities[range(24), LABELS]).mean(), rel=1e-4)
        assert curve["accuracy"][epoch] == pytest.approx(np.mean(probabilities.argmax(axis=1) == LABELS))


def test_the_curve_is_the_mean_over_all_samples_whatever_the_batches():
    """With a learning rate near 0 every batch, the last and smaller one included, meets the untrained model."""
    spec = training_spec(epochs=2).model.model_copy(update={"batch_size": 7, "learning_rate": 1e-12})
    curve = fitted(FoldTrainer(spec, SHAPE, 3), seed=3)[1]
    keras.utils.set_random_seed(3)
    probabilities = build_model(spec, SHAPE, 3).predict_on_batch(TENSORS)
    assert curve["loss"].tolist() == pytest.approx([-np.log(probabilities[range(24), LABELS]).mean()] * 2, rel=1e-4)
    assert curve["accuracy"].tolist() == pytest.approx([np.mean(probabilities.argmax(axis=1) == LABELS)] * 2)


def test_predictions_do_not_depend_on_the_batches(trainer):
    fitted(trainer, seed=7)
    one_by_one = np.concatenate([trainer.predict(UNSEEN[n : n + 1]) for n in range(len(UNSEEN))])
    np.testing.assert_allclose(trainer.predict(UNSEEN), one_by_one, atol=1e-6)


def test_kept_weights_bring_the_predictions_back(trainer):
    predictions, _ = fitted(trainer, seed=7)
    kept = trainer.weights()
    other = FoldTrainer(ALL_STATE, SHAPE, 3)
    other.model.set_weights(list(kept.values()))
    np.testing.assert_array_equal(other.predict(UNSEEN), predictions)


def test_the_names_of_weights_do_not_depend_on_models_built_before(trainer):
    assert list(FoldTrainer(ALL_STATE, SHAPE, 3).weights()) == list(trainer.weights())


FOLDS = """
import psutil
from mexflow.training.fitting import FoldTrainer
from training.toys import training_spec
from training.test_fitting import LABELS, SHAPE, TENSORS

trainer = FoldTrainer(training_spec(epochs=1, dense_units=60_000).model, SHAPE, 3)
for seed in range(40):
    trainer.fit(TENSORS[:8], LABELS[:8], seed, on_epoch=lambda: None)
    print(psutil.Process().memory_info().rss / 1e6)
"""


@pytest.mark.slow
def test_memory_does_not_grow_with_the_folds():
    """Weights of 5 MB: if the models of 35 folds stayed behind, they would take 175 MB."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(TESTS.parent / "scripts"), str(TESTS)])}
    done = subprocess.run([sys.executable, "-c", FOLDS], env=environment, capture_output=True, text=True, check=True)
    memory = [float(line) for line in done.stdout.split()]
    assert len(memory) == 40
    assert max(memory[-5:]) - max(memory[5:10]) < 40
