"""MicroExpSTCNN, layer by layer, against its paper's table and the reference's counts."""

import numpy as np
import pytest

from mexflow.errors import UserError
from mexflow.models.micro_exp_stcnn import build
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
    swish,
    weights,
)


def volumes(*shape) -> np.ndarray:
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize(
    ("frames", "convolved", "pooled", "flat", "parameters"),
    [(96, 82, 27, 345_600, 44_241_667), (18, 4, 1, 12_800, 1_643_267)],
)
def test_layers_and_parameters_are_those_of_the_reference(frames, convolved, pooled, flat, parameters):
    model = outlined(build, (frames, 64, 64, 1), 3)
    assert layer_table(model) == [
        ("Conv3D", (convolved, 62, 62, 32), 4_352),
        ("MaxPooling3D", (pooled, 20, 20, 32), 0),
        ("Dropout", (pooled, 20, 20, 32), 0.5),
        ("Flatten", (flat,), 0),
        ("Dense", (128,), flat * 128 + 128),
        ("Dropout", (128,), 0.5),
        ("Dense", (3,), 387),
    ]
    assert model.count_params() == parameters


@pytest.mark.parametrize("size", [3, 5, 7])
@pytest.mark.parametrize("depth", [3, 7, 15, 19])
def test_every_kernel_of_the_kernel_study_spans_its_frames_and_pixels(size, depth):
    model = outlined(build, (96, 64, 64, 1), 3, kernel_size=size, kernel_depth=depth)
    assert model.get_layer("conv").kernel.shape == (depth, size, size, 1, 32)
    assert model.get_layer("conv").output.shape == (None, 97 - depth, 65 - size, 65 - size, 32)


def test_dense_layers_start_from_a_normal_distribution_with_deviation_one_twentieth():
    model = seeded(build, (18, 16, 16, 1), 100)
    for name in ("hidden", "output"):
        kernel, bias = weights(model, name)
        spread = 0.05 / np.sqrt(kernel.size)
        assert abs(kernel.mean()) < 4 * spread
        assert abs(kernel.std() - 0.05) < 4 * spread
        assert np.abs(kernel).max() > 0.15  # neither cut off at two deviations nor uniform
        assert not bias.any()


def test_the_two_dense_layers_do_not_start_alike():
    model = seeded(build, (17, 5, 5, 1), 128)  # 32 → 128 → 128
    hidden, output = weights(model, "hidden")[0], weights(model, "output")[0]
    assert (hidden != output[:32]).mean() > 0.99


def test_the_convolution_starts_from_glorot_s_uniform_distribution():
    kernel, bias = weights(seeded(build, (18, 8, 8, 1), 3), "conv")
    limit = np.sqrt(6 / (15 * 3 * 3 * (1 + 32)))
    assert 0.95 * limit < np.abs(kernel).max() <= limit
    assert not bias.any()


@pytest.mark.parametrize(("activation", "literal"), [("relu", relu), ("swish", swish)])
def test_the_output_equals_a_literal_forward_pass(activation, literal):
    """Convolution, pooling, dense layers and softmax written out in NumPy with the model's own weights."""
    model = seeded(build, (9, 9, 8, 1), 3, kernel_size=3, kernel_depth=4, activation=activation)
    volume = volumes(9, 9, 8, 1)
    pooled = max_pooling(literal(convolution(volume, *weights(model, "conv"))), (3, 3, 3))
    hidden = literal(dense(pooled.ravel(), model, "hidden"))
    expected = softmax(dense(hidden, model, "output"))
    np.testing.assert_allclose(model.predict_on_batch(volume[None])[0], expected, atol=1e-5)


def test_every_weight_learns():
    model = seeded(build, (18, 8, 8, 1), 3)
    changed = learning_weights(model, volumes(4, 18, 8, 8, 1), np.array([0, 1, 2, 0]))
    assert changed == {one.path for one in model.weights}


@pytest.mark.parametrize("shape", [(20, 64, 64, 1), (96, 8, 64, 1), (96, 64, 8, 1)], ids=str)
def test_samples_too_small_for_the_kernel_are_refused(shape):
    with pytest.raises(UserError, match=r"19 × 7 × 7 .*at least 21 × 9 × 9 .*these are .*Take a feature"):
        build(shape, 3, kernel_depth=19, kernel_size=7)


def test_the_smallest_samples_for_a_kernel_pass():
    assert seeded(build, (21, 9, 9, 1), 3, kernel_depth=19, kernel_size=7).output_shape == (None, 3)


def test_images_are_refused():
    with pytest.raises(UserError, match=r"these are 28 × 28 × 3\. Take a feature with more frames"):
        seeded(build, (28, 28, 3), 3)
