"""Joshi's ConvLSTM, layer by layer, against the reference's shapes and counts."""

import numpy as np
import pytest

from mexflow.models.joshi_convlstm import build
from models.layer_by_layer import (
    convolution,
    dense,
    layer_table,
    learning_weights,
    max_pooling,
    outlined,
    relu,
    seeded,
    softmax,
    weights,
)


def samples(count, *shape) -> np.ndarray:
    return np.random.default_rng(0).standard_normal((count, *shape, 1)).astype(np.float32)


@pytest.mark.parametrize(
    ("options", "classes", "hidden", "parameters"),
    [({"variant": "binary"}, 2, 48, 54_905_746), ({}, 7, 64, 73_195_271)],
    ids=["binary", "seven_class"],
)
def test_layers_and_parameters_are_those_of_the_reference(options, classes, hidden, parameters):
    model = outlined(build, (9, 128, 128, 1), classes, **options)
    assert layer_table(model) == [
        ("ConvLSTM2D", (9, 126, 126, 32), 38_144),
        ("MaxPooling3D", (9, 63, 63, 32), 0),
        ("Flatten", (1_143_072,), 0),
        ("Dense", (hidden,), 1_143_072 * hidden + hidden),
        ("Dropout", (hidden,), 0.3),
        ("Dense", (classes,), hidden * classes + classes),
    ]
    assert model.count_params() == parameters


def test_the_output_equals_a_literal_forward_pass():
    """The recurrence written out in NumPy; its gates 0 below −2.5 and 1 above 2.5, as in TensorFlow 2.6."""
    model = seeded(build, (4, 7, 8, 1), 3)
    (sample,) = 10 * samples(1, 4, 7, 8)
    kernel, recurrent, bias = weights(model, "conv_lstm")
    state = carry = np.zeros((5, 6, 32))
    states, entering = [], []
    for frame in sample:
        padded = np.pad(state, ((1, 1), (1, 1), (0, 0)))
        sums = np.split(convolution(frame, kernel, bias) + convolution(padded, recurrent, 0), 4, axis=-1)
        enter, forget, leave = (np.interp(sums[gate], [-2.5, 2.5], [0, 1]) for gate in (0, 1, 3))
        carry = forget * carry + enter * relu(sums[2])
        state = leave * relu(carry)
        states.append(state)
        entering.append(np.abs(sums[0]))
    assert np.max(entering) > 2.5 > np.min(entering)  # gates are both inside their slope and beyond it
    pooled = max_pooling(np.stack(states), (1, 2, 2)).ravel()
    expected = softmax(dense(relu(dense(pooled, model, "hidden")), model, "output"))
    np.testing.assert_allclose(model.predict_on_batch(sample[None])[0], expected, atol=1e-5)


def test_every_weight_learns():
    model = seeded(build, (4, 12, 12, 1), 3)
    changed = learning_weights(model, samples(4, 4, 12, 12), np.array([0, 1, 2, 0]))
    assert changed == {one.path for one in model.trainable_variables}
