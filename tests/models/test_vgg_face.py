"""VGG-Face: the network against a literal forward pass, and the weights from every kind of file."""

import io
import json
import zipfile

import h5py
import keras
import numpy as np
import pytest
from keras import layers

from mexflow.errors import UserError
from mexflow.models.vgg_face import BLOCKS, LAYERS, load_vgg_face, read_vgg_face, vgg_16

CONVOLUTIONS = [f"conv_{number}" for number in range(12)]
SHAPES = {
    "conv_0": (3, 3, 3, 2),
    **dict.fromkeys(CONVOLUTIONS[1:], (3, 3, 2, 2)),
    "fc6": (18, 5),
    "fc7": (5, 5),
}


@pytest.fixture(scope="module")
def stored() -> list[np.ndarray]:
    """Kernels and biases like VGG-Face's in miniature, with a head of 7 classes."""
    rng = np.random.default_rng(0)
    shapes = [*SHAPES.values(), (5, 7)]
    return [rng.standard_normal(one).astype(np.float32) for shape in shapes for one in (shape, shape[-1:])]


@pytest.fixture(scope="module")
def miniature(stored) -> keras.Model:
    # More than ten layers with names that Keras gives: sorted as text, the 11th would come third.
    model = keras.Sequential([keras.Input((3, 3, 3))])
    for _ in CONVOLUTIONS:
        model.add(layers.Conv2D(2, 3, padding="same"))
    for element in (layers.Flatten(), layers.Dense(5), layers.Dropout(0.5), layers.Dense(5), layers.Dense(7)):
        model.add(element)
    model.set_weights(stored)
    return model


def write_keras_2(file, arrays, names=None, **attributes):
    """A weight file as Keras 1 and 2 write it: layers and weights by attributes, not by the order of names."""
    with h5py.File(file, "w") as out:
        out.attrs.update(attributes)
        names = names or [f"{chr(ord('z') - index)}" for index in range(len(arrays) // 2)]
        out.attrs["layer_names"] = [name.encode() for name in ["input", *names]]
        out.create_group("input").attrs["weight_names"] = np.array([], dtype="S1")
        for name, kernel, bias in zip(names, arrays[::2], arrays[1::2], strict=True):
            group = out.create_group(name)
            group.attrs["weight_names"] = [f"{name}/kernel:0".encode(), f"{name}/bias:0".encode()]
            group[f"{name}/kernel:0"], group[f"{name}/bias:0"] = kernel, bias
    return file


def assert_reads(file, stored):
    read = read_vgg_face(file, SHAPES)
    assert list(read) == list(SHAPES)
    for (kernel, bias), own_kernel, own_bias in zip(read.values(), stored[::2], stored[1::2], strict=False):
        np.testing.assert_array_equal(kernel, own_kernel)
        np.testing.assert_array_equal(bias, own_bias)
        assert kernel.dtype == bias.dtype == np.float32


def refusal(file, shapes=SHAPES) -> str:
    with pytest.raises(UserError) as error:
        read_vgg_face(file, shapes)
    return str(error.value)


@pytest.mark.parametrize("name", ["whole_model.h5", "weights.weights.h5"])
def test_weights_that_keras_has_written_are_read_in_the_order_of_the_layers(name, miniature, stored, tmp_path):
    file = tmp_path / name
    miniature.save_weights(file) if name.endswith(".weights.h5") else miniature.save(file)
    assert_reads(file, stored)


@pytest.mark.parametrize("suffix", ["h5", "hdf5"])
def test_weights_of_keras_1_and_2_are_read_in_the_order_that_the_file_states(suffix, stored, tmp_path):
    assert_reads(write_keras_2(tmp_path / f"vgg.{suffix}", stored), stored)


def test_weights_of_an_npz_file_are_read_in_the_order_of_the_archive(stored, tmp_path):
    np.savez(tmp_path / "vgg.npz", *stored)
    assert_reads(tmp_path / "vgg.npz", stored)


def test_a_bias_may_come_before_its_kernel(stored, tmp_path):
    np.savez(tmp_path / "vgg.npz", *(one for pair in zip(stored[1::2], stored[::2], strict=True) for one in pair))
    assert_reads(tmp_path / "vgg.npz", stored)


def test_a_file_without_the_head_will_do(stored, tmp_path):
    assert_reads(write_keras_2(tmp_path / "vgg.h5", stored[:-2]), stored)


def test_dense_layers_may_be_stored_as_convolutions_over_the_whole_map(stored, tmp_path):
    """VGG-Face's own fc6 is a 7 × 7 convolution; both give the same numbers for the same map."""
    rng = np.random.default_rng(0)
    whole = rng.standard_normal((3, 3, 2, 5)).astype(np.float32)
    arrays = [*stored[:24], whole, stored[25], stored[26].reshape(1, 1, 5, 5), stored[27]]
    kernel, _ = read_vgg_face(write_keras_2(tmp_path / "vgg.h5", arrays), SHAPES)["fc6"]
    feature_map = rng.standard_normal((3, 3, 2))
    np.testing.assert_allclose(feature_map.ravel() @ kernel, np.einsum("yxc,yxcf->f", feature_map, whole), rtol=1e-5)
    np.testing.assert_array_equal(read_vgg_face(tmp_path / "vgg.h5", SHAPES)["fc7"][0], stored[26])


def test_half_precision_becomes_float32(stored, tmp_path):
    np.savez(tmp_path / "vgg.npz", *(one.astype(np.float16) for one in stored))
    kernel, _ = read_vgg_face(tmp_path / "vgg.npz", SHAPES)["conv_3"]
    assert kernel.dtype == np.float32
    np.testing.assert_allclose(kernel, stored[6], rtol=1e-3, atol=1e-3)


def test_a_missing_file_is_refused(tmp_path):
    assert refusal(tmp_path / "vgg.h5") == (
        f"weights: there is no file {tmp_path / 'vgg.h5'}. Give the path of a VGG-Face file, or leave weights empty."
    )


def test_a_file_of_another_kind_is_refused(tmp_path):
    file = tmp_path / "vgg.mat"
    file.write_bytes(b"MATLAB 5.0")
    assert refusal(file) == (
        f"weights: {file} is neither .h5 nor .npz. Save the VGG-Face weights in one of these formats."
    )


@pytest.mark.parametrize("suffix", ["h5", "npz"])
def test_a_damaged_file_is_refused(suffix, stored, tmp_path):
    file = tmp_path / f"vgg.{suffix}"
    write_keras_2(file, stored) if suffix == "h5" else np.savez(file, *stored)
    file.write_bytes(file.read_bytes()[:-1000])
    assert f"{file} cannot be read (" in refusal(file)


def test_pickled_objects_are_refused_and_not_loaded(tmp_path):
    class Trap:
        def __reduce__(self):
            return (tmp_path.joinpath("sprung").touch, ())

    buffer = io.BytesIO()
    np.save(buffer, np.array([Trap()], dtype=object), allow_pickle=True)
    with zipfile.ZipFile(tmp_path / "vgg.npz", "w") as archive:
        archive.writestr("arr_0.npy", buffer.getvalue())
    assert "cannot be read" in refusal(tmp_path / "vgg.npz")
    assert not (tmp_path / "sprung").exists()


def test_a_file_of_too_few_layers_is_refused(stored, tmp_path):
    file = write_keras_2(tmp_path / "vgg.h5", stored[:6])
    assert f"{file} holds 3 layers with weights; 14 are needed" in refusal(file)


def test_a_layer_of_another_shape_is_refused_by_name(stored, tmp_path):
    arrays = [*stored]
    arrays[2] = np.moveaxis(stored[2], (0, 1), (2, 3))
    file = write_keras_2(tmp_path / "vgg.h5", arrays)
    assert f"{file} has a kernel (2, 2, 3, 3) and a bias (2,) where conv_1 needs (3, 3, 2, 2) and (2,)" in refusal(file)


def test_a_bias_of_another_length_is_refused(stored, tmp_path):
    arrays = [*stored]
    arrays[3] = np.zeros(3, np.float32)
    assert "a bias (3,) where conv_1 needs" in refusal(write_keras_2(tmp_path / "vgg.h5", arrays))


@pytest.mark.parametrize(
    "arrays", [[np.zeros((3, 3, 3, 2))] * 2, [np.zeros(2)] * 2, [np.zeros((3, 3, 3, 2)), np.array(["a", "b"])]]
)
def test_what_is_no_kernel_and_bias_is_refused(arrays, tmp_path):
    np.savez(tmp_path / "vgg.npz", *arrays)
    assert "where the kernel and the bias of a layer belong" in refusal(tmp_path / "vgg.npz")


def test_a_model_with_channels_first_is_refused(stored, tmp_path):
    """Its dense kernels have the right shape, but belong to a vector in another order."""
    config = json.dumps({"config": [{"class_name": "Conv2D", "config": {"data_format": "channels_first"}}]})
    assert "its model has channels first" in refusal(
        write_keras_2(tmp_path / "vgg.h5", stored, model_config=config.encode())
    )


def test_the_network_is_a_literal_chain_of_padded_convolutions_poolings_and_dense_layers(tmp_path):
    """Every layer written out in NumPy; the weights go through a file."""
    inputs = keras.Input((32, 32, 3))
    network = keras.Model(inputs, vgg_16(inputs, 5))
    rng = np.random.default_rng(0)
    weights = {}
    for name in LAYERS:
        shape = network.get_layer(name).kernel.shape
        weights[f"{name}_W"] = rng.standard_normal(shape, dtype=np.float32) * np.float32(
            np.sqrt(2 / np.prod(shape[:-1]))
        )
        weights[f"{name}_b"] = rng.standard_normal(shape[-1], dtype=np.float32) * np.float32(0.1)
    np.savez(tmp_path / "vgg.npz", **weights)
    load_vgg_face(network, tmp_path / "vgg.npz")
    (tmp_path / "vgg.npz").unlink()
    image = rng.standard_normal((32, 32, 3)).astype(np.float32)

    features = image
    for block, filters in enumerate(BLOCKS, start=1):
        for number in range(1, len(filters) + 1):
            padded = np.pad(features, ((1, 1), (1, 1), (0, 0)))
            windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(0, 1)).transpose(0, 1, 3, 4, 2)
            kernel = weights[f"conv{block}_{number}_W"]
            flat = windows.reshape(*features.shape[:2], -1) @ kernel.reshape(-1, kernel.shape[-1])
            features = (flat + weights[f"conv{block}_{number}_b"]).clip(min=0)
        half = features.shape[0] // 2
        features = features.reshape(half, 2, half, 2, -1).max(axis=(1, 3))
    vector = features.ravel()
    for name in ("fc6", "fc7"):
        vector = (vector @ weights[f"{name}_W"] + weights[f"{name}_b"]).clip(min=0)
    kernel, bias = network.get_layer("fc8").get_weights()
    powers = np.exp(vector @ kernel + bias)
    np.testing.assert_allclose(network.predict_on_batch(image[None])[0], powers / powers.sum(), rtol=1e-3)
