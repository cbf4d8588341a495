"""Support vector machines: they predict what scikit-learn predicts, and their schedule has no epochs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.svm import SVC, LinearSVC

from mexflow.config.training import ModelSpec
from mexflow.errors import UserError
from mexflow.models.registry import check_models, is_network
from mexflow.training.fitting import EstimatorTrainer, FoldTrainer
from mexflow.training.trainers import trainer_of


def svm(**parameters) -> ModelSpec:
    return ModelSpec(architecture="svm", parameters=parameters)


def blobs(seed: int, classes: int, each: int = 12) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(classes), each)
    tensors = rng.standard_normal((len(labels), 3, 2)) + 1.5 * rng.standard_normal((classes, 3, 2))[labels]
    return tensors.astype(np.float32), labels


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.sampled_from([2, 3, 5]), st.sampled_from(["linear", "rbf"]))
def test_the_likeliest_class_is_scikit_learn_s_prediction(seed, classes, kernel):
    tensors, labels = blobs(seed, classes)
    trainer = trainer_of(svm(kernel=kernel, c=2.0), (3, 2), classes)
    trainer.fit(tensors, labels, 0, lambda: None)
    shares = trainer.predict(tensors)
    np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-5)
    flat = tensors.reshape(len(tensors), -1)
    theirs = (
        LinearSVC(C=2.0, random_state=0, max_iter=20_000)
        if kernel == "linear"
        else SVC(C=2.0, decision_function_shape="ovr", break_ties=True)
    )
    np.testing.assert_array_equal(shares.argmax(axis=1), theirs.fit(flat, labels).predict(flat))


def test_a_class_that_training_lacks_is_never_predicted():
    tensors, labels = blobs(1, 3)
    trainer = EstimatorTrainer(svm(), 3)
    trainer.fit(tensors[labels != 1], labels[labels != 1], 0, lambda: None)
    assert (trainer.predict(tensors)[:, 1] == 0).all()
    with pytest.raises(UserError, match="needs two classes"):
        trainer.fit(tensors[labels == 1], labels[labels == 1], 0, lambda: None)


def test_what_was_learnt_predicts_the_same(tmp_path):
    tensors, labels = blobs(2, 3)
    trainer = EstimatorTrainer(svm(), 3)
    curve = trainer.fit(tensors, labels, 0, lambda: None)
    learnt = trainer.weights()
    by_hand = tensors.reshape(len(tensors), -1) @ learnt["coef"].T + learnt["intercept"]
    np.testing.assert_array_equal(by_hand.argmax(axis=1), trainer.predict(tensors).argmax(axis=1))
    assert curve.accuracy.iloc[0] == pytest.approx(np.mean(by_hand.argmax(axis=1) == labels))
    assert {"support_vectors", "dual_coef"} <= _rbf_weights(tensors, labels).keys()


def _rbf_weights(tensors, labels):
    trainer = EstimatorTrainer(svm(kernel="rbf"), 3)
    trainer.fit(tensors, labels, 0, lambda: None)
    return trainer.weights()


def test_a_schedule_is_for_networks_only():
    assert not is_network("svm")
    assert is_network("ststnet")
    check_models({"mine": svm()})
    with pytest.raises(UserError, match=r"models\.mine\.epochs: svm is fitted at once and has no such key"):
        check_models({"mine": ModelSpec(architecture="svm", epochs=3)})
    with pytest.raises(UserError, match=r"models\.mine\.batch_size: this key is missing; ststnet is trained in epochs"):
        check_models({"mine": ModelSpec(architecture="ststnet", epochs=3)})
    with pytest.raises(UserError, match=r'svm has no parameter "kernal"; did you mean "kernel"'):
        check_models({"mine": svm(kernal="rbf")})


def test_networks_are_trained_as_before():
    spec = ModelSpec(architecture="ststnet", epochs=1, batch_size=4, learning_rate=0.01)
    assert isinstance(trainer_of(spec, (8, 8, 3), 3), FoldTrainer)
