"""`mexflow weights`, run as a user runs it."""

import json
import pickle
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest

from mexflow.cli.main import main
from models.published_softnet import literal_score, random_weights, write_published

Call = Callable[..., tuple[int | str | None, str]]
WEIGHTS = random_weights()


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """Exit code, or the error message, and what was printed."""

    def run(*arguments: object) -> tuple[int | str | None, str]:
        monkeypatch.setenv("COLUMNS", "200")
        monkeypatch.setattr(sys, "argv", ["mexflow", "weights", *map(str, arguments)])
        with pytest.raises(SystemExit) as caught:
            main()
        captured = capsys.readouterr()
        return caught.value.code, captured.out + captured.err

    return run


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_published(tmp_path_factory.mktemp("published") / "s1.hdf5", WEIGHTS)


@pytest.fixture
def network(call: Call, published: Path, tmp_path: Path) -> Path:
    code, printed = call("import", "softnet", published, "-o", tmp_path / "s1.keras")
    assert code == 0
    assert f"s1.keras: softnet with the 314,817 weights of {published}." in printed
    return tmp_path / "s1.keras"


def samples(count: int) -> np.ndarray:
    return np.random.default_rng(0).random((count, 42, 42, 3))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_scores_of_imported_weights_are_those_of_the_network_in_numpy(call, network, tmp_path, dtype):
    np.save(tmp_path / "in.npy", samples(7).astype(dtype))
    code, printed = call("predict", network, tmp_path / "in.npy", "-o", tmp_path / "out.npy")
    assert (code, printed) == (0, f"{tmp_path / 'out.npy'}: 7 scores.\n")
    scores = np.load(tmp_path / "out.npy")
    assert (scores.dtype, scores.shape) == (np.float32, (7,))
    expected = [literal_score(WEIGHTS, sample) for sample in samples(7).astype(np.float32)]
    np.testing.assert_allclose(scores, expected, rtol=0, atol=1e-5)


def test_a_sample_s_score_does_not_depend_on_how_many_there_are(call, network, tmp_path):
    many = np.concatenate([samples(600), samples(1)])
    np.save(tmp_path / "in.npy", many.astype(np.float32))
    assert call("predict", network, tmp_path / "in.npy", "-o", tmp_path / "out.npy")[0] == 0
    scores = np.load(tmp_path / "out.npy")
    assert scores.shape == (601,)
    chosen = [0, 255, 256, 511, 512, 599]
    expected = [literal_score(WEIGHTS, sample) for sample in many[chosen].astype(np.float32)]
    np.testing.assert_allclose(scores[chosen], expected, rtol=0, atol=1e-5)
    assert scores[600] == pytest.approx(scores[0], abs=1e-6)


def test_no_sample_has_no_score(call, network, tmp_path):
    np.save(tmp_path / "in.npy", samples(0))
    assert call("predict", network, tmp_path / "in.npy", "-o", tmp_path / "out.npy")[0] == 0
    scores = np.load(tmp_path / "out.npy")
    assert (scores.dtype, scores.shape) == (np.float32, (0,))


NAN = samples(3)
NAN[1, 0, 0, 0] = np.nan


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((2, 28, 28, 3)), "(n, 42, 42, 3) of floats expected, got float64 (2, 28, 28, 3)."),
        (np.zeros((42, 42, 3)), "of floats expected, got float64 (42, 42, 3)."),
        (np.zeros((2, 3, 42, 42)), "of floats expected, got float64 (2, 3, 42, 42)."),
        (np.zeros(()), "of floats expected, got float64 ()."),
        (np.zeros((2, 42, 42, 3), np.uint8), "of floats expected, got uint8 (2, 42, 42, 3)."),
        (np.zeros((2, 42, 42, 3), np.complex64), "of floats expected, got complex64 (2, 42, 42, 3)."),
        (NAN, "sample 1 (counted from 0) has values that are not finite."),
    ],
    ids=lambda one: f"{one.dtype}{one.shape}" if isinstance(one, np.ndarray) else "",
)
def test_samples_that_do_not_fit_are_refused_and_nothing_is_written(call, network, tmp_path, array, message):
    np.save(tmp_path / "in.npy", array)
    error, _ = call("predict", network, tmp_path / "in.npy", "-o", tmp_path / "out.npy")
    assert str(error).startswith(f"Error: {tmp_path / 'in.npy'}: ")
    assert str(error).endswith(message)
    assert not (tmp_path / "out.npy").exists()


class Trap:
    """Leaves a trace where it is unpickled."""

    sprung = False

    def __reduce__(self):
        return (setattr, (Trap, "sprung", True))


def test_pickled_samples_are_refused_and_not_loaded(call, network, tmp_path):
    objects = np.empty(1, dtype=object)
    objects[0] = Trap()
    np.save(tmp_path / "in.npy", objects, allow_pickle=True)
    (tmp_path / "plain.npy").write_bytes(pickle.dumps(Trap()))
    for name in ("in.npy", "plain.npy"):
        error, _ = call("predict", network, tmp_path / name, "-o", tmp_path / "out.npy")
        assert f"{name}: not a .npy file, or a damaged one" in str(error)
    assert not Trap.sprung


def test_samples_that_are_missing_or_truncated_are_told(call, network, tmp_path):
    error, _ = call("predict", network, tmp_path / "in.npy", "-o", tmp_path / "out.npy")
    assert "in.npy: there is no such file." in str(error)
    np.save(tmp_path / "in.npy", samples(2))
    (tmp_path / "in.npy").write_bytes((tmp_path / "in.npy").read_bytes()[:-9])
    error, _ = call("predict", network, tmp_path / "in.npy", "-o", tmp_path / "out.npy")
    assert "in.npy: not a .npy file, or a damaged one" in str(error)


def save_network(path: Path, outputs: int) -> None:
    inputs = keras.Input((42, 42, 3))
    keras.Model(inputs, keras.layers.Dense(outputs)(keras.layers.Flatten()(inputs))).save(path)


def save_lambda(path: Path) -> None:
    inputs = keras.Input((42, 42, 3))
    outputs = keras.layers.Lambda(lambda x: x[:, :1, 0, 0], output_shape=(1,))(inputs)
    keras.Model(inputs, outputs).save(path)


def save_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", json.dumps({"class_name": "Functional"}))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: None, "there is no such file. mexflow weights import makes one"),
        (lambda path: path.write_bytes(b"no network"), "cannot be read ("),
        (save_zip, "cannot be read ("),
        (save_lambda, "cannot be read (Requested the deserialization of a `Lambda` layer"),
        (lambda path: save_network(path, 3), "a network with one input and one score per sample expected"),
    ],
    ids=["missing", "bytes", "zip", "lambda", "classes"],
)
def test_a_network_that_cannot_be_used_is_told(call, tmp_path, make, message):
    make(tmp_path / "n.keras")
    np.save(tmp_path / "in.npy", samples(1))
    error, _ = call("predict", tmp_path / "n.keras", tmp_path / "in.npy", "-o", tmp_path / "out.npy")
    assert str(error).startswith(f"Error: {tmp_path / 'n.keras'}")
    assert message in str(error)


def test_a_truncated_network_is_told(call, network, tmp_path):
    network.write_bytes(network.read_bytes()[:-1000])
    np.save(tmp_path / "in.npy", samples(1))
    error, _ = call("predict", network, tmp_path / "in.npy", "-o", tmp_path / "out.npy")
    assert f"{network} cannot be read (" in str(error)


def test_names_with_other_endings_are_refused(call, network, published, tmp_path):
    error, _ = call("import", "softnet", published, "-o", tmp_path / "s1.h5")
    assert str(error) == f"Error: {tmp_path / 's1.h5'}: the file of a network ends in .keras."
    np.save(tmp_path / "in.npy", samples(1))
    error, _ = call("predict", network, tmp_path / "in.npy", "-o", tmp_path / "out.csv")
    assert str(error) == f"Error: {tmp_path / 'out.csv'}: scores are written as .npy."
    error, _ = call("predict", published, tmp_path / "in.npy", "-o", tmp_path / "out.npy")
    assert str(error) == f"Error: {published}: the file of a network ends in .keras."


def test_a_wrong_weight_file_is_told_and_leaves_nothing_behind(call, tmp_path):
    file = write_published(tmp_path / "s1.hdf5", WEIGHTS | {"dense": WEIGHTS["dense_1"]})
    error, _ = call("import", "softnet", file, "-o", tmp_path / "s1.keras")
    assert str(error).startswith(f"Error: {file}: dense has float32 (400, 1) and float32 (1,)")
    assert [one.name for one in tmp_path.iterdir()] == ["s1.hdf5"]


def test_weights_of_no_known_system_are_refused(call, published, tmp_path):
    code, printed = call("import", "softnett", published, "-o", tmp_path / "s1.keras")
    assert code == 2
    assert "softnet" in printed
