"""Caches lie on the machine that runs a stage, and nobody else can write there."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mexflow.provenance.caches import own_folder
from mexflow.provenance.fingerprint import SCRIPTS

STAGES = sorted(file.stem for file in SCRIPTS.glob("*.py"))


def test_the_folder_is_for_its_user_alone(tmp_path: Path) -> None:
    folder = own_folder(tmp_path)
    assert folder is not None
    assert folder.stat().st_mode & 0o777 == 0o700
    assert own_folder(tmp_path) == folder


def test_a_folder_that_others_may_write_to_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / f"mexflow-{os.getuid()}").mkdir(mode=0o777)
    (tmp_path / f"mexflow-{os.getuid()}").chmod(0o777)
    assert own_folder(tmp_path) is None


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_knows_its_caches_before_it_imports_anything_that_has_one(stage: str) -> None:
    imports = [line for line in (SCRIPTS / f"{stage}.py").read_text().splitlines() if line.startswith("from mexflow")]
    assert imports[0] == "from mexflow.cli.stage import stage"


def test_a_place_that_the_user_has_chosen_stays(tmp_path: Path) -> None:
    code = "import os, mexflow.cli.stage; print(os.environ['MPLCONFIGDIR'], os.environ['NUMBA_CACHE_DIR'])"
    environment = os.environ | {"MPLCONFIGDIR": "/chosen", "TMPDIR": str(tmp_path), "PYTHONPATH": str(SCRIPTS)}
    environment.pop("NUMBA_CACHE_DIR", None)
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["/chosen", str(tmp_path / f"mexflow-{os.getuid()}" / "numba")]
