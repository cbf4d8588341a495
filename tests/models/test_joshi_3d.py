"""Joshi's 3D CNN, layer by layer, against the reference's shapes and counts."""

import keras
import numpy as np
import pytest

from mexflow.models.joshi_3d import build
from models.layer_by_layer import (
    convolution,
    dense,
    he_limit,
    layer_table,
    learning_weights,
    max_pooling,
    outlined,
    relu,
    seeded,
    softmax,
    weights,
)

VARIANTS = pytest.mark.parametrize("variant", ["binary", "seven_class"])
DEPTHS = pytest.mark.parametrize("depth", [1, 3])


def samples(count) -> np.ndarray:
    return np.random.default_rng(0).standard_normal((count, 9, 12, 12, 1)).astype(np.float32)


@pytest.mark.parametrize(
    ("depth", "frames", "parameters"), [(1, (9, 9), 18_718_506), (3, (7, 5), 10_535_850)], ids=["published", "3 frames"]
)
def test_the_binary_network_has_the_layers_of_the_reference(depth, frames, parameters):
    model = outlined(build, (9, 128, 128, 1), 2, variant="binary", kernel_depth=depth)
    first, second = frames
    assert layer_table(model) == [
        ("Conv3D", (first, 126, 126, 64), depth * 576 + 64),
        ("MaxPooling3D", (first, 63, 63, 64), 0),
        ("Conv3D", (second, 61, 61, 96), depth * 55_296 + 96),
        ("MaxPooling3D", (second, 30, 30, 96), 0),
        ("Flatten", (second * 86_400,), 0),
        ("Dense", (24,), second * 86_400 * 24 + 24),
        ("Dropout", (24,), 0.35),
        ("Dense", (2,), 50),
    ]
    assert model.count_params() == parameters


@pytest.mark.parametrize(
    ("depth", "frames", "parameters"), [(1, (9, 9), 16_608_391), (3, (7, 5), 9_273_031)], ids=["published", "3 frames"]
)
def test_the_network_for_seven_classes_has_the_layers_of_the_reference(depth, frames, parameters):
    model = outlined(build, (9, 128, 128, 1), 7, kernel_depth=depth)
    first, second = frames
    assert layer_table(model) == [
        ("Conv3D", (first, 126, 126, 32), depth * 288 + 32),
        ("MaxPooling3D", (first, 63, 63, 32), 0),
        ("BatchNormalization", (first, 63, 63, 32), 128),
        ("Conv3D", (second, 61, 61, 64), depth * 18_432 + 64),
        ("MaxPooling3D", (second, 30, 30, 64), 0),
        ("BatchNormalization", (second, 30, 30, 64), 256),
        ("Flatten", (second * 57_600,), 0),
        ("Dense", (32,), second * 57_600 * 32 + 32),
        ("Dropout", (32,), 0.27),
        ("BatchNormalization", (32,), 128),
        ("Dense", (7,), 231),
    ]
    assert model.count_params() == parameters


def test_kernels_span_three_frames_unless_asked_for_the_published_one():
    depths = [
        outlined(build, (9, 128, 128, 1), 7, **options).get_layer("conv_1").kernel.shape[0]
        for options in ({}, {"kernel_depth": 1})
    ]
    assert depths == [3, 1]


@VARIANTS
@pytest.mark.parametrize(("depth", "reached"), [(1, {4}), (3, {0, 1, 2, 3, 4})])
def test_only_kernels_of_several_frames_see_the_neighbours_of_a_frame(variant, depth, reached):
    model = seeded(build, (9, 12, 12, 1), 7, variant=variant, kernel_depth=depth)
    features = keras.Model(model.input, model.get_layer("conv_2").output)
    before = samples(1)
    after = before.copy()
    after[:, 4] += 1
    changed = (features.predict_on_batch(before) != features.predict_on_batch(after)).any(axis=(0, 2, 3, 4))
    assert set(np.flatnonzero(changed)) == reached


@VARIANTS
@DEPTHS
def test_the_output_equals_a_literal_forward_pass(variant, depth):
    """All layers written out in NumPy, with running means and variances that are not those of the start."""
    model = seeded(build, (9, 12, 12, 1), 3, variant=variant, kernel_depth=depth)
    rng = np.random.default_rng(1)
    model.set_weights([one + rng.uniform(0, 0.2, one.shape) for one in model.get_weights()])

    def normalised(values, name):
        if variant == "binary":
            return values
        scale, shift, mean, variance = weights(model, name)
        return (values - mean) / np.sqrt(variance + 1e-3) * scale + shift

    (sample,) = samples(1)
    values = sample
    for name in ("conv_1", "conv_2"):
        values = max_pooling(relu(convolution(values, *weights(model, name))), (1, 2, 2))
        values = normalised(values, f"{name}_norm")
    values = normalised(relu(dense(values.ravel(), model, "hidden")), "hidden_norm")
    expected = softmax(dense(values, model, "output"))
    np.testing.assert_allclose(model.predict_on_batch(sample[None])[0], expected, atol=1e-5)


@VARIANTS
def test_all_layers_start_from_he_s_uniform_distribution(variant):
    model = seeded(build, (9, 12, 12, 1), 40, variant=variant)
    for layer in model.layers:
        if hasattr(layer, "kernel"):
            kernel, bias = layer.get_weights()
            assert 0.95 * he_limit(kernel) < np.abs(kernel).max() <= he_limit(kernel)
            assert not bias.any()


@VARIANTS
def test_every_weight_learns(variant):
    model = seeded(build, (9, 12, 12, 1), 3, variant=variant)
    changed = learning_weights(model, samples(4), np.array([0, 1, 2, 0]))
    assert changed == {one.path for one in model.trainable_variables}
