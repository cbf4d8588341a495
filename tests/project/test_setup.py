"""The first two commands of a user, and what they say on a machine that lacks something."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
NEEDED = ("Makefile", "requirements.txt", "requirements-dev.txt", "constraints.txt", "pyproject.toml")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """What make reads, in an empty folder."""
    for name in NEEDED:
        shutil.copy(REPOSITORY / name, tmp_path / name)
    return tmp_path


def make(clone: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    command = ["make", "--no-print-directory", *arguments]
    return subprocess.run(command, cwd=clone, env=environment, capture_output=True, text=True, check=False)


def python_that(clone: Path, refuses: str, version: str = "") -> str:
    """A Python that fails where its code says `refuses`."""
    script = clone / "python"
    script.write_text(
        "#!/bin/sh\n"
        f'case "$*" in *--version*) echo "{version}"; exit 0;; *{refuses}*) exit 1;; esac\n'
        f'exec "{sys.executable}" "$@"\n'
    )
    script.chmod(0o755)
    return f"PYTHON={script}"


@pytest.mark.parametrize("target", ["run", "test"])
def test_an_older_python_is_refused_in_one_line(clone: Path, target: str) -> None:
    done = make(clone, target, python_that(clone, "version_info", "Python 3.9.2"))
    assert done.returncode != 0
    said = [line for line in done.stdout.splitlines() if line]
    assert len(said) == 1
    assert "needs Python 3.11 or newer" in said[0]
    assert "Python 3.9.2" in said[0]
    assert f"make {target} PYTHON=" in said[0]
    assert not (clone / ".venv").exists()


def test_a_python_without_venv_is_refused_in_one_line(clone: Path) -> None:
    done = make(clone, "run", python_that(clone, "ensurepip"))
    assert done.returncode != 0
    assert [line for line in done.stdout.splitlines() if line] == [done.stdout.strip()]
    assert "apt-get install python3-venv" in done.stdout


@pytest.mark.parametrize("target", ["run", "test"])
def test_the_second_call_installs_nothing(clone: Path, target: str) -> None:
    assert "pip install" in make(clone, "--dry-run", target).stdout
    (clone / ".venv").mkdir()
    time.sleep(0.05)
    (clone / ".venv" / "installed").touch()
    assert "pip" not in make(clone, "--dry-run", target).stdout


def test_a_second_opencv_wheel_is_refused_in_one_line(tmp_path: Path) -> None:
    other = tmp_path / "opencv_python-4.10.0.84.dist-info"
    other.mkdir()
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: opencv-python\nVersion: 4.10.0.84\n")
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", "--dry-run", "--directory", str(REPOSITORY)],
        cwd=REPOSITORY,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert "Traceback" not in said
    assert "opencv-python, opencv-contrib-python-headless" in said
    assert "pip uninstall -y" in said


def test_no_file_of_the_project_names_a_download_host() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    for name in tracked.stdout.splitlines():
        if name.startswith(("requirements", "constraints", "envs/", "pyproject", "Makefile", ".ci/")):
            text = (REPOSITORY / name).read_text()
            assert "://" not in text, name
