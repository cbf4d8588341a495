"""Learning rates, ends, choices of the epoch and weights of classes, against closed forms and literal loops."""

import keras
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.utils.class_weight import compute_class_weight

from mexflow.config.training import EarlyStoppingSpec, ModelSpec, PlateauSpec, ValidationSpec
from mexflow.training.fitting import FoldTrainer
from mexflow.training.schedule import BestEpoch, class_weights, new_watchers, oversampled
from training.toys import SHAPE, tensors_of, training_spec

LABELS = np.tile([0, 1, 2], 8)
TENSORS = tensors_of(LABELS)
KEPT = tensors_of(LABELS[:9], seed=5), LABELS[:9]
label_lists = st.lists(st.integers(0, 4), min_size=1, max_size=60)


def fit(trainer: FoldTrainer, seed: int = 0, **watched) -> pd.DataFrame:
    return trainer.fit(TENSORS, LABELS, seed, lambda: None, **watched)


def model_of(epochs: int = 3, **keys) -> ModelSpec:
    return training_spec(epochs=epochs).model.model_copy(update=keys)


def fold_trainer(epochs: int = 3, **keys) -> FoldTrainer:
    return FoldTrainer(model_of(epochs, **keys), SHAPE, 3)


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_a_decay_follows_its_closed_form(optimizer):
    """24 samples in batches of 8: three steps an epoch."""
    trainer = fold_trainer(4, optimizer=optimizer, learning_rate=0.1, decay=0.05)
    expected = [0.1 / (1 + 0.05 * 3 * epoch) for epoch in range(1, 5)]
    for _ in range(2):  # the second fold begins anew
        assert fit(trainer)["learning_rate"].tolist() == pytest.approx(expected, rel=1e-5)


def test_momentum_changes_what_is_learnt():
    with_and_without = [fit(fold_trainer(optimizer="sgd", momentum=momentum)) for momentum in (0.0, 0.9)]
    assert with_and_without[0]["loss"].iloc[0] != with_and_without[1]["loss"].iloc[0]


def lowered(losses: list[float], rate: float, factor: float, patience: int, least: float) -> list[float]:
    """The learning rate after each epoch: lower when `patience` epochs in a row were not better by 1e-4."""
    best, waited, rates = np.inf, 0, []
    for loss in losses:
        if loss < best - 1e-4:
            best, waited = loss, 0
        else:
            waited += 1
            if waited >= patience:
                rate, waited = max(rate * factor, least), 0
        rates.append(rate)
    return rates


def test_a_plateau_lowers_the_rate_as_a_literal_loop_does():
    plateau = PlateauSpec(monitor="training_loss", factor=0.5, patience=2, least=1e-4)
    trainer = fold_trainer(20, learning_rate=0.4, plateau=plateau)
    for seed in (0, 1):
        curve = fit(trainer, seed)
        # The rate is told before the plateau looks at the epoch.
        expected = [0.4, *lowered(curve["loss"].tolist(), 0.4, 0.5, 2, 1e-4)[:-1]]
        assert curve["learning_rate"].tolist() == pytest.approx(expected, rel=1e-5)
        assert len(set(expected)) > 1


def last_epoch(losses: list[float], patience: int) -> int:
    """Epochs that are trained: the first ends nothing; one that is too many without a lower loss ends it."""
    best, waited = np.inf, 0
    for number, loss in enumerate(losses):
        waited += 1
        if loss < best:
            best, waited = loss, 0
        elif waited >= max(patience, 1) and number > 0:
            return number + 1
    return len(losses)


@pytest.mark.parametrize("patience", [0, 1, 3])
def test_early_stopping_ends_where_a_literal_loop_does_and_goes_back_to_the_best_epoch(patience):
    stopping = EarlyStoppingSpec(patience=patience)
    keys = {"learning_rate": 0.3, "validation": ValidationSpec(share=0.3)}
    trainer = fold_trainer(60, early_stopping=stopping, **keys)
    curve = fit(trainer, validation=KEPT)
    whole = fit(fold_trainer(60, **keys), validation=KEPT)
    assert len(curve) == last_epoch(whole["validation_loss"].tolist(), patience) < 60
    pd.testing.assert_frame_equal(curve, whole.iloc[: len(curve)])
    probabilities = trainer.predict(KEPT[0])
    loss = -np.log(probabilities[np.arange(9), KEPT[1]]).mean()
    assert loss == pytest.approx(curve["validation_loss"].min(), rel=1e-4)


def test_without_restoring_the_weights_are_the_last_ones():
    stopping = EarlyStoppingSpec(patience=1, restore_best=False)
    trainer = fold_trainer(60, learning_rate=0.3, early_stopping=stopping, validation=ValidationSpec(share=0.3))
    curve = fit(trainer, validation=KEPT)
    probabilities = trainer.predict(KEPT[0])
    loss = -np.log(probabilities[np.arange(9), KEPT[1]]).mean()
    assert loss == pytest.approx(curve["validation_loss"].iloc[-1], rel=1e-4)
    assert loss > curve["validation_loss"].min()


def test_a_fold_that_follows_one_that_was_stopped_is_trained_as_if_it_were_the_first():
    keys = {"learning_rate": 0.3, "early_stopping": EarlyStoppingSpec(monitor="training_loss")}
    used, fresh = fold_trainer(30, **keys), fold_trainer(30, **keys)
    fit(used, seed=3)
    pd.testing.assert_frame_equal(fit(used, seed=4), fit(fresh, seed=4))


def test_the_epoch_that_is_best_on_watched_clips_is_the_first_of_the_best():
    trainer = fold_trainer(30, learning_rate=0.1)
    watched = tensors_of(LABELS[:12], seed=9) * 0.4, LABELS[:12]
    curve = fit(trainer, watched=watched)
    accuracy = curve["watched_accuracy"].to_numpy()
    best = int(accuracy.argmax()) + 1
    assert np.mean(trainer.predict(watched[0]).argmax(axis=1) == watched[1]) == accuracy.max()
    shorter = fold_trainer(best, learning_rate=0.1)
    fit(shorter)
    np.testing.assert_array_equal(trainer.predict(TENSORS), shorter.predict(TENSORS))


def test_nothing_watches_a_training_that_asks_for_nothing():
    assert new_watchers(model_of(), choose_epoch=False) == []
    assert [type(one) for one in new_watchers(model_of(), choose_epoch=True)] == [BestEpoch]


@given(label_lists)
def test_class_weights_are_scikit_learn_s(labels):
    labels = np.array(labels)
    present = np.unique(labels)
    expected = compute_class_weight("balanced", classes=present, y=labels)
    assert class_weights(labels) == pytest.approx(dict(zip(present.tolist(), expected, strict=True)))


def test_balanced_weights_enter_the_loss():
    """One batch of an untrained model: the weighted mean of its cross-entropies."""
    labels = np.array([0] * 6 + [1, 2])
    keys = {"learning_rate": 1e-12, "class_weights": "balanced"}
    trainer = fold_trainer(1, **keys)
    curve = trainer.fit(TENSORS[:8], labels, 0, lambda: None)
    entropy = -np.log(trainer.predict(TENSORS[:8])[np.arange(8), labels])
    weights = np.array([class_weights(labels)[label] for label in labels])
    assert curve["loss"][0] == pytest.approx(np.mean(weights * entropy), rel=1e-4)


@given(label_lists, st.integers(0, 5))
def test_oversampling_makes_all_classes_as_many_and_repeats_evenly(labels, seed):
    labels = np.array(labels)
    positions = oversampled(labels, seed)
    counts = np.bincount(labels[positions])
    assert set(counts[counts > 0]) == {np.bincount(labels).max()}
    times = np.bincount(positions, minlength=len(labels))
    assert times.min() >= 1
    for one in np.unique(labels):
        assert np.ptp(times[labels == one]) <= 1
    np.testing.assert_array_equal(positions, oversampled(labels, seed))


@pytest.mark.parametrize(
    ("carry_over", "weights", "steps"), [("nothing", False, 0), ("optimizer", False, 3), ("model", True, 3)]
)
def test_what_a_fold_takes_over_from_the_one_before(carry_over, weights, steps):
    trainer = FoldTrainer(model_of(1), SHAPE, 3, carry_over)
    trainer.restart(0)
    untrained = trainer.predict(TENSORS)
    fit(trainer)
    trained = trainer.predict(TENSORS)
    trainer.restart(0)
    np.testing.assert_array_equal(trainer.predict(TENSORS), trained if weights else untrained)
    assert int(trainer.model.optimizer.iterations) == steps


@pytest.mark.parametrize("precision", ["mixed_float16", "mixed_bfloat16"])
def test_half_precision_learns_as_well(precision):
    before = keras.config.dtype_policy()
    try:
        keras.config.set_dtype_policy(precision)
        trainer = fold_trainer(40)
        curve = fit(trainer)
        probabilities = trainer.predict(TENSORS)
    finally:
        keras.config.set_dtype_policy(before)
    assert curve["loss"].iloc[-1] < curve["loss"].iloc[0] / 2
    assert probabilities.dtype == np.float32
    assert np.mean(probabilities.argmax(axis=1) == LABELS) > 0.9
