"""Look-alikes of the published datasets, each written once for all tests."""

import shutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from mexflow.synthesis.lookalikes import write_lookalike


@pytest.fixture(scope="session")
def lookalike(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Path]]:
    """Kind → root of its look-alike. Nobody changes it."""
    folder = tmp_path_factory.mktemp("lookalikes")

    @cache
    def written(kind: str) -> Path:
        write_lookalike(kind, folder / kind)
        return folder / kind

    yield written
    shutil.rmtree(folder)  # 1 GB in all; pytest would keep it for three runs
