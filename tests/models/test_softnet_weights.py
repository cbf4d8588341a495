"""Published weights of SOFTNet: a file in their exact format against the network in NumPy, and all wrong files."""

import pickle

import h5py
import numpy as np
import pytest

from mexflow.errors import UserError
from mexflow.models.softnet_weights import imported, read_softnet_weights
from models.published_softnet import LAYERS, literal_score, random_weights, write_published

WEIGHTS = random_weights()


def refusal(file) -> str:
    with pytest.raises(UserError) as error:
        read_softnet_weights(file)
    assert str(error.value).startswith(str(file))
    return str(error.value)


@pytest.fixture
def file(tmp_path):
    return write_published(tmp_path / "s1.hdf5", WEIGHTS)


def test_imported_weights_score_as_the_network_written_out_in_numpy(file):
    samples = np.random.default_rng(1).random((20, 42, 42, 3)).astype(np.float32)
    expected = [literal_score(WEIGHTS, sample) for sample in samples]
    assert np.ptp(expected) > 0.1
    np.testing.assert_allclose(imported(file).predict_on_batch(samples)[:, 0], expected, rtol=0, atol=1e-5)


def test_every_weight_arrives_unchanged_in_its_layer(file):
    network = imported(file)
    for own, published in zip(["u_conv", "v_conv", "strain_conv", "hidden", "output"], WEIGHTS, strict=True):
        for array, stored in zip(network.get_layer(own).get_weights(), WEIGHTS[published], strict=True):
            np.testing.assert_array_equal(array, stored)


def test_layers_that_keras_has_numbered_further_are_read_as_well(tmp_path):
    """As of a second network in one process."""
    names = {name: f"{name.rstrip('_123')}_{number + 7}" for number, name in enumerate(LAYERS)}
    renamed = {names[name]: pair for name, pair in WEIGHTS.items()}
    read = read_softnet_weights(write_published(tmp_path / "s2.hdf5", renamed, list(names.values())))
    for pair, stored in zip(read.values(), WEIGHTS.values(), strict=True):
        np.testing.assert_array_equal(pair[0], stored[0])


def test_a_missing_file_is_told(tmp_path):
    assert "there is no such file. A published file of SOFTNet is s1.hdf5" in refusal(tmp_path / "s1.hdf5")
    assert "there is no such file" in refusal(tmp_path)


@pytest.mark.parametrize("content", [b"", b"no HDF5", pickle.dumps({"dense": [1, 2]}), b"PK\x03\x04" + bytes(100)])
def test_a_file_that_is_no_hdf5_is_told(tmp_path, content):
    (tmp_path / "s1.hdf5").write_bytes(content)
    assert "is no HDF5 file, or a damaged one" in refusal(tmp_path / "s1.hdf5")


@pytest.mark.parametrize("kept", [0.02, 0.5, 0.999])
def test_a_truncated_file_is_told(file, kept):
    whole = file.read_bytes()
    file.write_bytes(whole[: int(kept * len(whole))])
    assert "is no HDF5 file, or a damaged one" in refusal(file)


def test_an_hdf5_file_of_another_kind_is_told(tmp_path):
    with h5py.File(tmp_path / "other.hdf5", "w") as out:
        out["flow"] = np.zeros(3)
    assert "the attribute layer_names is missing" in refusal(tmp_path / "other.hdf5")


@pytest.mark.parametrize("layer", LAYERS)
def test_a_missing_group_is_told_by_name(file, layer):
    with h5py.File(file, "a") as out:
        del out[layer]
    assert f"there is no group /{layer}." in refusal(file)


@pytest.mark.parametrize("array", ["kernel:0", "bias:0"])
def test_a_missing_array_is_told_by_name(file, array):
    with h5py.File(file, "a") as out:
        del out[f"dense/dense/{array}"]
    assert f"there is no array /dense/dense/{array}." in refusal(file)


def test_a_group_that_does_not_list_its_weights_is_told(file):
    with h5py.File(file, "a") as out:
        del out["conv2d_1"].attrs["weight_names"]
    assert "the group conv2d_1 lacks the attribute weight_names" in refusal(file)


def test_too_few_and_too_many_layers_are_told(tmp_path):
    few = {name: pair for name, pair in WEIGHTS.items() if name != "dense"}
    message = refusal(write_published(tmp_path / "few.hdf5", few))
    assert "5 layers with weights expected, got conv2d, conv2d_1, conv2d_2, dense_1." in message
    many = WEIGHTS | {"dense_2": WEIGHTS["dense_1"]}
    message = refusal(write_published(tmp_path / "many.hdf5", many, [*LAYERS, "dense_2"]))
    assert "5 layers with weights expected, got conv2d, conv2d_1, conv2d_2, dense, dense_1, dense_2." in message
    assert "got none." in refusal(write_published(tmp_path / "none.hdf5", {}))


def with_kernel(name, kernel) -> dict:
    return WEIGHTS | {name: [kernel, WEIGHTS[name][1]]}


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (with_kernel("conv2d_2", np.zeros((5, 5, 3, 8), np.float32)), r"conv2d_2 has float32 \(5, 5, 3, 8\)"),
        (with_kernel("conv2d", np.zeros((3, 1, 5, 5), np.float32)), r"conv2d has float32 \(3, 1, 5, 5\)"),
        (with_kernel("dense", np.zeros((400, 784), np.float32)), r"where floats \(784, 400\) and \(400,\) belong"),
        (with_kernel("dense", np.zeros((784, 400), np.int32)), r"dense has int32 \(784, 400\)"),
        (WEIGHTS | {"dense_1": WEIGHTS["dense_1"][::-1]}, r"dense_1 has float32 \(1,\) and float32 \(400, 1\)"),
        (with_kernel("dense", np.full((784, 400), np.nan, np.float32)), "dense has weights that are not finite"),
    ],
)
def test_a_layer_that_does_not_fit_is_told_by_name(tmp_path, weights, message):
    file = write_published(tmp_path / "s1.hdf5", weights)
    with pytest.raises(UserError, match=message):
        imported(file)


def test_u_and_v_in_the_other_order_are_told(tmp_path):
    swapped = ["conv2d_1" if name == "conv2d" else "conv2d" if name == "conv2d_1" else name for name in LAYERS]
    assert "conv2d_1 has float32 (5, 5, 1, 5)" in refusal(write_published(tmp_path / "s1.hdf5", WEIGHTS, swapped))


def test_an_array_that_does_not_fit_is_not_read(file):
    """It may claim any size: this one would be 64 TB."""
    with h5py.File(file, "a") as out:
        del out["dense/dense/kernel:0"]
        out.create_dataset("dense/dense/kernel:0", (4_000_000, 4_000_000), np.float32, chunks=(100, 100))
    assert "dense has float32 (4000000, 4000000)" in refusal(file)
