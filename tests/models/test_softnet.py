"""SOFTNet, layer by layer, against the reference's shapes and counts."""

import keras
import numpy as np
import pytest

from mexflow.config.training import ModelSpec
from mexflow.errors import UserError
from mexflow.models.registry import architectures, check_models
from mexflow.models.softnet import build_spotter
from models.layer_by_layer import layer_table


@pytest.fixture(scope="module")
def network() -> keras.Model:
    keras.utils.set_random_seed(0)
    return build_spotter()


def test_layers_have_the_shapes_of_the_reference(network):
    table = [row for row in layer_table(network) if row[0] != "Split"]
    assert sorted(table[:6]) == [
        ("Conv2D", (42, 42, 3), 78),
        ("Conv2D", (42, 42, 5), 130),
        ("Conv2D", (42, 42, 8), 208),
        ("MaxPooling2D", (14, 14, 3), 0),
        ("MaxPooling2D", (14, 14, 5), 0),
        ("MaxPooling2D", (14, 14, 8), 0),
    ]
    assert table[6:] == [
        ("Concatenate", (14, 14, 16), 0),
        ("MaxPooling2D", (7, 7, 16), 0),
        ("Flatten", (784,), 0),
        ("Dense", (400,), 314_000),
        ("Dense", (1,), 401),
    ]


def test_parameters_are_as_many_as_counted_in_the_reference(network):
    assert network.count_params() == 314_817


def test_new_kernels_are_glorot_uniform_and_new_biases_0(network):
    for name in ("u_conv", "v_conv", "strain_conv", "hidden", "output"):
        kernel, bias = network.get_layer(name).get_weights()
        limit = np.sqrt(6 / (np.prod(kernel.shape[:-1]) + np.prod(kernel.shape[:-2]) * kernel.shape[-1]))
        assert 0.9 * limit < np.abs(kernel).max() <= limit
        assert not bias.any()


def test_each_stream_sees_its_own_channel_only(network):
    samples = np.random.default_rng(0).random((1, 42, 42, 3)).astype(np.float32)
    streams = keras.Model(network.inputs, [network.get_layer(f"{name}_conv").output for name in ("u", "v", "strain")])
    before = streams.predict_on_batch(samples)
    for channel in range(3):
        changed = samples.copy()
        changed[..., channel] += 1
        after = streams.predict_on_batch(changed)
        assert [bool((a != b).any()) for a, b in zip(after, before, strict=True)] == [channel == i for i in range(3)]


def test_every_weight_learns_by_the_published_loss(network):
    model = keras.models.clone_model(network)
    model.compile(keras.optimizers.SGD(0.1), "mse", run_eagerly=True)
    before = model.get_weights()
    model.train_on_batch(np.random.default_rng(0).random((4, 42, 42, 3)), np.array([0.0, 1.0, 1.0, 0.0]))
    for weight, old, new in zip(model.weights, before, model.get_weights(), strict=True):
        assert (old != new).any(), weight.path


@pytest.mark.parametrize("shape", [(42, 42, 2), (42, 42), (3, 42, 42, 3)], ids=str)
def test_samples_that_are_no_images_of_three_channels_are_refused(shape):
    written = " × ".join(map(str, shape))
    with pytest.raises(UserError, match=rf"three channels, u, v and strain, .* are {written}\. Give the feature"):
        build_spotter(shape)


def test_a_recognition_cannot_choose_it():
    assert "softnet" not in architectures()
    spec = ModelSpec(architecture="softnet", epochs=10, batch_size=12, learning_rate=5e-4)
    with pytest.raises(UserError, match=r'models\.mine\.architecture: no architecture "softnet"'):
        check_models({"mine": spec})
