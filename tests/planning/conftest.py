import pytest

from mexflow.training.backend import configure_backend


@pytest.fixture(scope="session", autouse=True)
def backend():
    """TensorFlow takes the number of threads only before its first tensor."""
    configure_backend(threads=1)
