"""The tiny demo, built once."""

from pathlib import Path

import pytest

from workflow.project import TINY, Project


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
