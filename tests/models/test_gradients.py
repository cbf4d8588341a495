"""Gradients of class scores against finite differences of a network written out in NumPy; networks cut open."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers, ops

from mexflow.errors import UserError
from mexflow.models.gradients import gradient, open_network
from models.miniatures import MINIATURES
from models.tiny_network import SHAPE, literal_scores, tiny_network

REPOSITORY = Path(__file__).resolve().parents[2]
OTHER_BACKENDS = [name for name in ("jax", "torch") if find_spec(name)]

# By architecture, or architecture and variant.
LAST = {
    "dubey_3dcnn": ["conv"],
    "elrcn": ["conv5_3"],
    "elrcn-st4te": ["conv5_3", "conv5_3"],
    "elrcn-t": [],
    "joshi_2d": ["conv_3"],
    "joshi_2d-binary": ["conv_2"],
    "joshi_3d": ["conv_2"],
    "joshi_convlstm": ["conv_lstm"],
    "joshi_lstm": ["conv_2"],
    "micro_exp_fusenet": ["eyes_conv", "nose_mouth_conv"],
    "micro_exp_stcnn": ["conv"],
    "off_apexnet": ["u_conv_2", "v_conv_2"],
    "ststnet": ["conv_3", "conv_5", "conv_8"],
}


def differences(function, at, step=1e-5) -> np.ndarray:
    """The gradient of a function by differences."""
    slopes = np.zeros_like(at)
    for place in np.ndindex(at.shape):
        away = np.zeros_like(at)
        away[place] = step
        slopes[place] = (function(at + away) - function(at - away)) / (2 * step)
    return slopes


def test_the_gradient_of_a_score_is_that_of_finite_differences():
    network = tiny_network()
    scores = open_network(network).scores
    sample = np.random.default_rng(1).standard_normal(SHAPE)
    for number in range(3):
        (found,) = gradient(lambda tensors, c=number: scores(tensors[0])[0, c], [sample[None]])
        expected = differences(lambda one, c=number: literal_scores(network, one)[c], sample)
        assert np.abs(expected).max() > 0.1
        np.testing.assert_allclose(found[0], expected, atol=1e-6)


def test_a_tensor_that_does_not_matter_has_a_gradient_of_zeros():
    found = gradient(lambda tensors: ops.sum(tensors[0] ** 2), [np.array([1.0, -2.0]), np.ones((2, 3))])
    np.testing.assert_allclose(found[0], [2, -4], atol=1e-6)
    np.testing.assert_array_equal(found[1], np.zeros((2, 3)))


@pytest.mark.parametrize("backend", OTHER_BACKENDS)
def test_other_backends_pass_the_same_checks(backend):
    checks = "finite_differences or does_not_matter or written_out"
    files = ["tests/models/test_gradients.py", "tests/evaluation/test_attention.py"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *files, "-q", "-p", "no:cacheprovider", "-k", checks],
        cwd=REPOSITORY,
        env=os.environ | {"KERAS_BACKEND": backend, "JAX_ENABLE_X64": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "5 passed" in done.stdout


def test_a_backend_without_gradients_is_refused(monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "openvino")
    with pytest.raises(UserError, match="Keras runs on openvino, which gives no gradients"):
        gradient(lambda tensors: ops.sum(tensors[0]), [np.ones(2)])


def test_a_score_has_a_gradient_even_where_its_probability_is_1():
    network = keras.Sequential([keras.Input((2, 2, 1)), layers.Flatten(), layers.Dense(2, activation="softmax")])
    network.layers[-1].set_weights([np.array([[90, -90]] * 4, np.float32), np.zeros(2, np.float32)])
    sample = np.ones((1, 2, 2, 1), np.float32)
    assert network.predict_on_batch(sample)[0, 0] == 1
    scores = open_network(network).scores
    (found,) = gradient(lambda tensors: scores(tensors[0])[0, 0], [sample])
    np.testing.assert_array_equal(found, np.full((1, 2, 2, 1), 90, np.float32))


def test_a_network_without_softmax_at_its_end_is_scored_by_log_probabilities():
    inputs = keras.Input((4,))
    ends = [layers.Dense(3, activation="softmax")(inputs) for _ in range(2)]
    network = keras.Model(inputs, layers.Average()(ends))
    samples = np.random.default_rng(0).standard_normal((5, 4)).astype(np.float32)
    expected = np.log(network.predict_on_batch(samples))
    np.testing.assert_allclose(ops.convert_to_numpy(open_network(network).scores(samples)), expected, atol=1e-6)


@pytest.fixture(params=MINIATURES, ids=lambda one: one.name)
def miniature(request):
    return request.param


def test_every_architecture_opened_gives_the_same_probabilities(miniature):
    """Its scores are logits or log-probabilities, of the samples and of what the last convolutions make of them."""
    network = miniature.build()
    opened = open_network(network)
    expected = network.predict_on_batch(miniature.samples)
    scores = opened.scores(miniature.samples)
    np.testing.assert_allclose(ops.convert_to_numpy(ops.softmax(scores)), expected, atol=1e-5)
    if opened.convolved is not None:
        again = opened.scores_of_convolved([miniature.samples, *opened.convolved(miniature.samples)])
        np.testing.assert_allclose(ops.convert_to_numpy(again), ops.convert_to_numpy(scores), atol=1e-4)


def test_the_last_convolutions_of_every_architecture_are_those_of_its_table(miniature):
    expected = LAST[max((name for name in LAST if miniature.name.startswith(name)), key=len)]
    opened = open_network(miniature.build())
    found = [] if opened.convolved is None else opened.convolved.outputs
    assert sorted(one._keras_history.operation.of.name for one in found) == expected


def test_an_open_network_follows_the_weights_of_the_network():
    network = tiny_network()
    opened = open_network(network)
    sample = np.random.default_rng(1).standard_normal(SHAPE)
    for one in network.weights:
        one.assign(-0.7 * one)
    scores = ops.convert_to_numpy(opened.scores(sample[None]))[0]
    np.testing.assert_allclose(scores, literal_scores(network, sample), atol=1e-12)


def test_opening_a_network_leaves_it_as_it_was():
    network = tiny_network()
    open_network(network)
    open_network(network)
    assert [len(layer._inbound_nodes) for layer in network.layers] == [1, 1, 1, 1]
