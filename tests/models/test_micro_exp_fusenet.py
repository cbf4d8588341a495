"""MicroExpFuseNet, layer by layer, against the reference's shapes and counts."""

import keras
import numpy as np
import pytest

from mexflow.errors import UserError
from mexflow.models.micro_exp_fusenet import build
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

FUSIONS = ["intermediate", "late"]
STREAMS = ["eyes", "nose_mouth"]


def samples(count) -> np.ndarray:
    return np.random.default_rng(0).standard_normal((count, 17, 8, 8, 2)).astype(np.float32)


def stream(convolved, pooled) -> list:
    return [
        ("Conv3D", (convolved, 30, 30, 32), 4_352),
        ("MaxPooling3D", (pooled, 10, 10, 32), 0),
        ("Dropout", (pooled, 10, 10, 32), 0.5),
        ("Flatten", (pooled * 3_200,), 0),
    ]


@pytest.mark.parametrize(
    ("frames", "convolved", "pooled", "parameters"), [(96, 82, 27, 177_088_515), (18, 4, 1, 6_694_915)]
)
def test_intermediate_fusion_has_the_layers_and_parameters_of_the_reference(frames, convolved, pooled, parameters):
    model = outlined(build, (frames, 32, 32, 2), 3)
    table = layer_table(model)
    assert table[:8:2] == table[1:8:2] == stream(convolved, pooled)
    assert table[8:] == [
        ("Concatenate", (2 * pooled * 3_200,), 0),
        ("Dense", (1024,), 2 * pooled * 3_200 * 1024 + 1024),
        ("Dropout", (1024,), 0.5),
        ("Dense", (128,), 131_200),
        ("Dropout", (128,), 0.5),
        ("Dense", (3,), 387),
    ]
    assert model.count_params() == parameters


@pytest.mark.parametrize(
    ("frames", "convolved", "pooled", "parameters"), [(96, 82, 27, 177_221_123), (18, 4, 1, 6_827_523)]
)
def test_late_fusion_has_the_layers_and_parameters_of_the_reference(frames, convolved, pooled, parameters):
    model = outlined(build, (frames, 32, 32, 2), 3, fusion="late")
    table = layer_table(model)
    hidden = [
        ("Dense", (1024,), pooled * 3_200 * 1024 + 1024),
        ("Dropout", (1024,), 0.5),
        ("Dense", (128,), 131_200),
        ("Dropout", (128,), 0.5),
    ]
    assert table[:16:2] == table[1:16:2] == stream(convolved, pooled) + hidden
    assert table[16:] == [("Concatenate", (256,), 0), ("Dense", (3,), 771)]
    assert model.count_params() == parameters


@pytest.mark.parametrize("fusion", FUSIONS)
@pytest.mark.parametrize(
    ("options", "literal"),
    [({}, relu), ({"dense_activation": "relu"}, relu), ({"dense_activation": "linear"}, np.asarray)],
    ids=["default", "relu", "linear"],
)
def test_the_output_equals_a_literal_forward_pass(fusion, options, literal):
    """Both streams and their fusion written out in NumPy with the model's own weights."""
    model = seeded(build, (17, 8, 8, 2), 3, fusion=fusion, **options)
    (sample,) = samples(1)
    ends = []
    for number, name in enumerate(STREAMS):
        convolved = convolution(sample[..., [number]], *weights(model, f"{name}_conv"))
        ends.append(max_pooling(relu(convolved), (3, 3, 3)).ravel())

    def hidden(values, prefix):
        return literal(dense(literal(dense(values, model, f"{prefix}_1")), model, f"{prefix}_2"))

    if fusion == "intermediate":
        features = hidden(np.concatenate(ends), "hidden")
    else:
        features = np.concatenate([hidden(end, f"{name}_hidden") for end, name in zip(ends, STREAMS, strict=True)])
    expected = softmax(dense(features, model, "output"))
    np.testing.assert_allclose(model.predict_on_batch(sample[None])[0], expected, atol=1e-5)


@pytest.mark.parametrize("fusion", FUSIONS)
def test_a_stream_sees_its_own_channel_only(fusion):
    model = seeded(build, (17, 8, 8, 2), 3, fusion=fusion)
    streams = keras.Model(model.input, [model.get_layer(f"{name}_conv").output for name in STREAMS])
    before = samples(1)
    after = before.copy()
    after[..., 1] += 1
    (eyes, mouth), (eyes_after, mouth_after) = streams.predict_on_batch(before), streams.predict_on_batch(after)
    np.testing.assert_array_equal(eyes, eyes_after)
    assert (mouth != mouth_after).any()


@pytest.mark.parametrize("fusion", FUSIONS)
def test_every_weight_learns(fusion):
    model = seeded(build, (17, 8, 8, 2), 3, fusion=fusion)
    changed = learning_weights(model, samples(4), np.array([0, 1, 2, 0]))
    assert changed == {one.path for one in model.weights}


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_other_numbers_of_channels_are_refused(channels):
    with pytest.raises(UserError, match=rf"two channels, .* have {channels}\. Take the feature fusenet_eyes_mouth32"):
        seeded(build, (18, 32, 32, channels), 3)


def test_clips_with_too_few_frames_are_refused():
    with pytest.raises(UserError, match="at least 17 × 5 × 5"):
        seeded(build, (10, 32, 32, 2), 3)
