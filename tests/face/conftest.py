import pytest

from mexflow.face.landmarks import landmark_model_path


@pytest.fixture(scope="session")
def landmark_model():
    return landmark_model_path(None)
