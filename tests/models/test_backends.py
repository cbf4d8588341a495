"""Every network on Keras's other backends: the same predictions from the same weights, and a step of training."""

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from mexflow.models.registry import architectures, is_network
from mexflow.provenance.fingerprint import SCRIPTS
from models.miniatures import CLASSES, LEARNING_RATE, MINIATURES, write_reference

TESTS = Path(__file__).resolve().parents[1]
BACKENDS = [
    "jax",
    pytest.param(
        "torch",
        marks=pytest.mark.skipif(
            importlib.util.find_spec("torch") is None,
            reason="PyTorch is not installed; pip install -e '.[torch]' adds it",
        ),
    ),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The weights and predictions of every network on the backend of the tests."""
    made = tmp_path_factory.mktemp("backends")
    write_reference(made)
    yield made
    shutil.rmtree(made)  # 140 MB


@pytest.fixture(scope="module", params=BACKENDS)
def finished_backend(request: pytest.FixtureRequest, folder: Path) -> str:
    """A backend that has predicted and trained every network, in a process of its own."""
    path = os.pathsep.join(filter(None, (str(SCRIPTS), str(TESTS), os.environ.get("PYTHONPATH"))))
    environment = os.environ | {"KERAS_BACKEND": request.param, "PYTHONPATH": path}
    # Nearly all of JAX's time here is compilation.
    environment |= {"CUDA_VISIBLE_DEVICES": "", "JAX_PLATFORMS": "cpu", "JAX_DISABLE_MOST_OPTIMIZATIONS": "1"}
    command = [sys.executable, "-m", "models.miniatures", str(folder)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return request.param


def test_every_network_is_tried():
    networks = {name for name in architectures() if is_network(name)}
    assert {one.architecture for one in MINIATURES} == networks


@pytest.mark.slow
@pytest.mark.parametrize("miniature", MINIATURES, ids=lambda one: one.name)
def test_the_same_weights_predict_the_same_on_another_backend(finished_backend, folder, miniature):
    with np.load(folder / f"{miniature.name}_reference.npz") as reference:
        expected = reference["predicted"]
    with np.load(folder / f"{miniature.name}_{finished_backend}.npz") as results:
        # New weights hardly tell samples apart; rounding must be small beside what little they do.
        spread = np.ptp(expected, axis=0).max()
        np.testing.assert_allclose(results["predicted"], expected, rtol=0, atol=min(1e-4, spread / 20))


@pytest.mark.slow
@pytest.mark.parametrize("miniature", MINIATURES, ids=lambda one: one.name)
def test_one_step_of_training_works_on_another_backend(finished_backend, folder, miniature):
    """Whatever its gradient, Adam moves a weight by the learning rate in its first step."""
    with np.load(folder / f"{miniature.name}_{finished_backend}.npz") as results:
        assert np.isfinite(results["loss"]).all()
        assert results["change"] == pytest.approx(LEARNING_RATE, rel=0.05)
        assert results["trained"].shape == (len(miniature.samples), CLASSES)
        assert np.isfinite(results["trained"]).all()
        assert (results["trained"] >= 0).all()
        np.testing.assert_allclose(results["trained"].sum(axis=1), 1, atol=1e-6)
