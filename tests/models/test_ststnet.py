"""STSTNet, layer by layer, against its paper's table and counts."""

import keras
import numpy as np
import pytest
from keras import layers

from mexflow.models.ststnet import build


def of_kind(model, kind) -> list:
    return [layer for layer in model.layers if isinstance(layer, kind)]


def shapes(model, kind) -> list[tuple[int, ...]]:
    return [tuple(layer.output.shape[1:]) for layer in of_kind(model, kind)]


def count(variables) -> int:
    return sum(int(np.prod(one.shape)) for one in variables)


def test_layers_have_the_shapes_of_the_paper_s_table():
    model = build((28, 28, 3), 3)
    assert shapes(model, layers.Conv2D) == [(28, 28, 3), (28, 28, 5), (28, 28, 8)]
    assert shapes(model, layers.MaxPooling2D) == [(10, 10, 3), (10, 10, 5), (10, 10, 8)]
    assert shapes(model, layers.Concatenate) == [(10, 10, 16)]
    assert shapes(model, layers.AveragePooling2D) == [(5, 5, 16)]
    assert shapes(model, layers.Flatten) == [(400,)]
    assert shapes(model, layers.Dense) == [(3,)]


def test_convolutions_are_3_by_3_with_stride_1_and_relu():
    for convolution in of_kind(build((28, 28, 3), 3), layers.Conv2D):
        assert (convolution.kernel_size, convolution.strides) == ((3, 3), (1, 1))
        assert convolution.activation is keras.activations.relu


def test_every_stream_sees_all_three_channels():
    assert [layer.kernel.shape for layer in of_kind(build((28, 28, 3), 3), layers.Conv2D)] == [
        (3, 3, 3, 3),
        (3, 3, 3, 5),
        (3, 3, 3, 8),
    ]


@pytest.mark.parametrize(
    ("options", "trainable", "all_of_them"),
    [
        ({}, 1_651, 1_651),
        ({"dense_units": 400}, 162_051, 162_051),
        # The reference's 1,683 counts scale and shift of 16 channels; the running means and variances are 32 more.
        ({"batch_norm": True}, 1_683, 1_715),
        ({"dropout": 0.5}, 1_651, 1_651),
    ],
    ids=str,
)
def test_parameters_are_as_many_as_counted_in_the_reference(options, trainable, all_of_them):
    model = build((28, 28, 3), 3, **options)
    assert count(model.trainable_variables) == trainable
    assert count(model.weights) == all_of_them


def test_the_convolutions_hold_448_of_them():
    assert sum(layer.count_params() for layer in of_kind(build((28, 28, 3), 3), layers.Conv2D)) == 448


def test_a_stream_with_all_options_runs_in_the_order_of_the_pytorch_code():
    model = build((28, 28, 3), 3, batch_norm=True, dropout=0.5)
    layer, kinds = of_kind(model, layers.Conv2D)[0], []
    while not isinstance(layer, layers.Concatenate):
        kinds.append(type(layer))
        (node,) = layer._outbound_nodes
        layer = node.operation
    assert kinds == [layers.Conv2D, layers.BatchNormalization, layers.MaxPooling2D, layers.Dropout]
    assert [one.rate for one in of_kind(model, layers.Dropout)] == [0.5, 0.5, 0.5]


def test_the_output_is_a_probability_per_class():
    model = build((28, 28, 3), 5)
    samples = np.random.default_rng(0).standard_normal((7, 28, 28, 3)).astype(np.float32)
    probabilities = model.predict_on_batch(samples)
    assert probabilities.shape == (7, 5)
    assert (probabilities > 0).all()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)


def test_the_output_equals_a_literal_forward_pass():
    """Convolution, ReLU, pooling and softmax written out in NumPy with the model's own weights."""
    model = build((28, 28, 3), 3)
    image = np.random.default_rng(0).standard_normal((28, 28, 3)).astype(np.float32)
    pooled = []
    for layer in of_kind(model, layers.Conv2D):
        kernel, bias = layer.get_weights()
        padded = np.pad(image, ((1, 1), (1, 1), (0, 0)))
        windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(0, 1))
        rectified = (np.einsum("yxcij,ijcf->yxf", windows, kernel) + bias).clip(min=0)
        framed = np.pad(rectified, ((1, 1), (1, 1), (0, 0)), constant_values=-np.inf)
        pooled.append(framed.reshape(10, 3, 10, 3, -1).max(axis=(1, 3)))
    averaged = np.concatenate(pooled, axis=-1).reshape(5, 2, 5, 2, 16).mean(axis=(1, 3))
    kernel, bias = of_kind(model, layers.Dense)[0].get_weights()
    powers = np.exp(averaged.ravel() @ kernel + bias)
    np.testing.assert_allclose(model.predict_on_batch(image[None])[0], powers / powers.sum(), atol=1e-5)
