"""OFF-ApexNet, layer by layer, against the reference's shapes and counts."""

import numpy as np
import pytest

from mexflow.errors import UserError
from mexflow.models.off_apexnet import build
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

STREAMS = ["u", "v"]


def samples(count) -> np.ndarray:
    return np.random.default_rng(0).standard_normal((count, 28, 28, 2)).astype(np.float32)


def test_layers_have_the_shapes_of_the_reference():
    table = layer_table(outlined(build, (28, 28, 2), 3))
    assert (
        table[:10:2]
        == table[1:10:2]
        == [
            ("Conv2D", (28, 28, 6), 156),
            ("MaxPooling2D", (14, 14, 6), 0),
            ("Conv2D", (14, 14, 16), 2_416),
            ("MaxPooling2D", (7, 7, 16), 0),
            ("Flatten", (784,), 0),
        ]
    )
    assert table[10:] == [
        ("Concatenate", (1_568,), 0),
        ("Dense", (1024,), 1_606_656),
        ("Dropout", (1024,), 0.5),
        ("Dense", (1024,), 1_049_600),
        ("Dropout", (1024,), 0.5),
        ("Dense", (3,), 3_075),
    ]


def test_parameters_are_as_many_as_counted_in_the_reference():
    assert outlined(build, (28, 28, 2), 3).count_params() == 2_664_475


def test_dropout_can_be_set():
    table = layer_table(outlined(build, (28, 28, 2), 3, dropout=0.3))
    assert [row for row in table if row[0] == "Dropout"] == [("Dropout", (1024,), 0.3)] * 2


def test_the_output_equals_a_literal_forward_pass():
    """Both streams and the dense layers written out in NumPy with the model's own weights."""
    model = seeded(build, (28, 28, 2), 3)
    (sample,) = samples(1)
    ends = []
    for number, name in enumerate(STREAMS):
        image = sample[..., [number]]
        for layer in (1, 2):
            padded = np.pad(image, ((2, 2), (2, 2), (0, 0)))
            image = max_pooling(relu(convolution(padded, *weights(model, f"{name}_conv_{layer}"))), (2, 2))
        ends.append(image.ravel())
    hidden = relu(dense(relu(dense(np.concatenate(ends), model, "hidden_1")), model, "hidden_2"))
    expected = softmax(dense(hidden, model, "output"))
    np.testing.assert_allclose(model.predict_on_batch(sample[None])[0], expected, atol=1e-5)


def test_every_weight_learns():
    model = seeded(build, (28, 28, 2), 3)
    assert learning_weights(model, samples(4), np.array([0, 1, 2, 0])) == {one.path for one in model.weights}


@pytest.mark.parametrize("shape", [(28, 28, 3), (28, 28, 1), (10, 28, 28, 2), (6,)], ids=str)
def test_samples_that_are_no_images_of_two_channels_are_refused(shape):
    written = " × ".join(map(str, shape))
    with pytest.raises(UserError, match=rf"two channels, u and v, .* are {written}\. Take the feature offapex28"):
        build(shape, 3)
