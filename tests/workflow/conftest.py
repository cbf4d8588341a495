"""The tiny demo and the throw-away SLURM, made once."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from workflow.project import TINY, Project
from workflow.slurm import PACKAGES, Cluster, missing, running_cluster


@pytest.fixture(scope="session")
def tiny_demo(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The tiny demo, finished. Nobody changes it: take `finished_demo`."""
    project = Project.new(tmp_path_factory.mktemp("workflow") / "tiny", TINY)
    project.build()
    return project


@pytest.fixture
def finished_demo(tiny_demo: Project, tmp_path: Path) -> Project:
    """A copy of the finished tiny demo, to change."""
    return tiny_demo.copy(tmp_path / "project")


@pytest.fixture(scope="session")
def slurm() -> Iterator[Cluster]:
    """A SLURM of its own; the tests that need one fail in CI where it is not installed, and are skipped elsewhere."""
    lacking = missing()
    if lacking:
        message = (
            f"THE TESTS ON SLURM DID NOT RUN: no {', '.join(lacking)} on this machine."
            f" Install two packages: apt-get install -y --no-install-recommends {PACKAGES}"
        )
        if os.environ.get("CI"):
            pytest.fail(message, pytrace=False)
        pytest.skip(message)
    with running_cluster() as cluster:
        yield cluster
