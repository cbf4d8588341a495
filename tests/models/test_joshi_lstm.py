"""Joshi's CNN+LSTM, layer by layer, against the reference's shapes and counts."""

import numpy as np
import pytest

from mexflow.models.joshi_lstm import build
from models.layer_by_layer import (
    convolution,
    dense,
    layer_table,
    learning_weights,
    max_pooling,
    outlined,
    relu,
    seeded,
    sigmoid,
    softmax,
    weights,
)


def samples(count) -> np.ndarray:
    return np.random.default_rng(0).standard_normal((count, 9, 12, 12, 1)).astype(np.float32)


@pytest.mark.parametrize(
    ("options", "classes", "last", "output", "parameters"),
    [({"variant": "binary"}, 2, 0.35, 50, 7_396_682), ({}, 7, 0.3, 175, 7_396_807)],
    ids=["binary", "seven_class"],
)
def test_layers_and_parameters_are_those_of_the_reference(options, classes, last, output, parameters):
    model = outlined(build, (9, 128, 128, 1), classes, **options)
    assert layer_table(model.get_layer("frames").layer) == [
        ("Conv2D", (126, 126, 32), 320),
        ("MaxPooling2D", (63, 63, 32), 0),
        ("Conv2D", (61, 61, 64), 18_496),
        ("MaxPooling2D", (30, 30, 64), 0),
        ("Flatten", (57_600,), 0),
    ]
    assert layer_table(model) == [
        ("TimeDistributed", (9, 57_600), 18_816),
        ("Dropout", (9, 57_600), 0.3),
        ("LSTM", (32,), 7_377_024),
        ("Dense", (24,), 792),
        ("Dropout", (24,), last),
        ("Dense", (classes,), output),
    ]
    assert model.count_params() == parameters
    assert (model.get_layer("lstm").dropout, model.get_layer("lstm").recurrent_dropout) == (0.4, 0)


def test_the_output_equals_a_literal_forward_pass():
    """The CNN of each frame and the LSTM over them written out in NumPy with the model's own weights."""
    model = seeded(build, (9, 12, 12, 1), 3)
    (sample,) = samples(1)
    frame_cnn = model.get_layer("frames").layer
    kernel, recurrent, bias = weights(model, "lstm")
    state = carry = np.zeros(32)
    for frame in sample:
        values = frame
        for name in ("conv_1", "conv_2"):
            values = max_pooling(relu(convolution(values, *weights(frame_cnn, name))), (2, 2))
        gates = np.split(values.ravel() @ kernel + state @ recurrent + bias, 4)
        enter, forget, candidate, leave = sigmoid(gates[0]), sigmoid(gates[1]), relu(gates[2]), sigmoid(gates[3])
        carry = forget * carry + enter * candidate
        state = leave * relu(carry)
    expected = softmax(dense(relu(dense(state, model, "hidden")), model, "output"))
    np.testing.assert_allclose(model.predict_on_batch(sample[None])[0], expected, atol=1e-5)


def test_every_weight_learns():
    model = seeded(build, (9, 12, 12, 1), 3)
    assert learning_weights(model, samples(4), np.array([0, 1, 2, 0])) == {
        one.path for one in model.trainable_variables
    }
