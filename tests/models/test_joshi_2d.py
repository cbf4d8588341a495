"""Joshi's 2D CNN, layer by layer, against the reference's shapes and counts."""

import numpy as np
import pytest

from mexflow.models.joshi_2d import build
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


def samples(count, side) -> np.ndarray:
    return np.random.default_rng(0).standard_normal((count, side, side, 1)).astype(np.float32)


def test_the_binary_network_has_the_layers_of_the_reference():
    model = outlined(build, (128, 128, 1), 2, variant="binary")
    assert layer_table(model) == [
        ("Conv2D", (126, 126, 32), 320),
        ("MaxPooling2D", (63, 63, 32), 0),
        ("BatchNormalization", (63, 63, 32), 128),
        ("Conv2D", (61, 61, 64), 18_496),
        ("MaxPooling2D", (30, 30, 64), 0),
        ("BatchNormalization", (30, 30, 64), 256),
        ("Flatten", (57_600,), 0),
        ("Dense", (64,), 3_686_464),
        ("Dropout", (64,), 0.3),
        ("BatchNormalization", (64,), 256),
        ("Dense", (2,), 130),
    ]
    assert model.count_params() == 3_706_050


def test_the_network_for_seven_classes_has_the_layers_of_the_reference():
    model = outlined(build, (128, 128, 1), 7)
    assert layer_table(model) == [
        ("Conv2D", (126, 126, 64), 640),
        ("MaxPooling2D", (63, 63, 64), 0),
        ("BatchNormalization", (63, 63, 64), 256),
        ("Conv2D", (61, 61, 128), 73_856),
        ("MaxPooling2D", (30, 30, 128), 0),
        ("BatchNormalization", (30, 30, 128), 512),
        ("Conv2D", (28, 28, 256), 295_168),
        ("MaxPooling2D", (14, 14, 256), 0),
        ("BatchNormalization", (14, 14, 256), 1_024),
        ("Flatten", (50_176,), 0),
        ("Dense", (384,), 19_267_968),
        ("Dropout", (384,), 0.42),
        ("BatchNormalization", (384,), 1_536),
        ("Dense", (96,), 36_960),
        ("Dropout", (96,), 0.25),
        ("BatchNormalization", (96,), 384),
        ("Dense", (7,), 679),
    ]
    assert model.count_params() == 19_678_983


@pytest.mark.parametrize(("variant", "convolutions", "hidden"), [("binary", 2, 1), ("seven_class", 3, 2)])
def test_the_output_equals_a_literal_forward_pass(variant, convolutions, hidden):
    """All layers written out in NumPy, with running means and variances that are not those of the start."""
    model = seeded(build, (24, 24, 1), 3, variant=variant)
    rng = np.random.default_rng(1)
    model.set_weights([one + rng.uniform(0, 0.2, one.shape) for one in model.get_weights()])

    def normalised(values, name):
        scale, shift, mean, variance = weights(model, name)
        return (values - mean) / np.sqrt(variance + 1e-3) * scale + shift

    (sample,) = samples(1, 24)
    values = sample
    for number in range(1, convolutions + 1):
        values = max_pooling(relu(convolution(values, *weights(model, f"conv_{number}"))), (2, 2))
        values = normalised(values, f"conv_{number}_norm")
    values = values.ravel()
    for number in range(1, hidden + 1):
        values = normalised(relu(dense(values, model, f"hidden_{number}")), f"hidden_{number}_norm")
    expected = softmax(dense(values, model, "output"))
    np.testing.assert_allclose(model.predict_on_batch(sample[None])[0], expected, atol=1e-5)


@VARIANTS
def test_all_layers_start_from_he_s_uniform_distribution(variant):
    model = seeded(build, (24, 24, 1), 40, variant=variant)
    for layer in model.layers:
        if hasattr(layer, "kernel"):
            kernel, bias = layer.get_weights()
            assert 0.95 * he_limit(kernel) < np.abs(kernel).max() <= he_limit(kernel)
            assert not bias.any()


@VARIANTS
def test_every_weight_learns(variant):
    model = seeded(build, (24, 24, 1), 3, variant=variant)
    changed = learning_weights(model, samples(4, 24), np.array([0, 1, 2, 0]))
    assert changed == {one.path for one in model.trainable_variables}
