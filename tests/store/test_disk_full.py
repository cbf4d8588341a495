"""A disk that fills up while a feature is packed: one message, nothing lost, and the process lives on."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import mexflow

FOLDERS = [Path(mexflow.__file__).parents[1], Path(__file__).parents[1]]
# In a mount namespace of its own the disk is gone with the process. Without root's rights, a user namespace lends them.
NAMESPACES = (["unshare", "--mount"], ["unshare", "--map-root-user", "--mount"])
MOUNT = 'mount -t tmpfs -o size=1m tmpfs "$1" && shift && exec "$@"'


def on_a_small_disk(disk: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command that sees 1 MB of space at `disk`."""
    said = []
    for namespace in NAMESPACES:
        mounting = [*namespace, "sh", "-c", MOUNT, "sh", str(disk)]
        try:
            trial = subprocess.run([*mounting, "true"], capture_output=True, text=True, check=False)
        except FileNotFoundError as error:
            said.append(str(error))
            continue
        if trial.returncode == 0:
            environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, FOLDERS))}
            return subprocess.run([*mounting, *command], capture_output=True, text=True, check=False, env=environment)
        said.append(trial.stderr.strip())
    return pytest.fail(f"no small disk can be made: run the tests as root or allow user namespaces ({'; '.join(said)})")


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    disk, script = tmp_path_factory.mktemp("disk"), Path(__file__).with_name("fill_disk.py")
    run = on_a_small_disk(disk, sys.executable, str(script), str(disk))
    assert run.returncode == 0, f"the process died ({run.returncode}): {run.stderr}"
    assert run.stderr == ""
    return json.loads(run.stdout)


@pytest.fixture(params=["0", "5", "50", "95"], ids="room for {} %".format)
def step(request, told):
    return told["steps"][request.param]


def test_the_message_says_what_to_do(step):
    assert "f.h5: the disk is full (" in step["message"]
    assert step["message"].endswith("Nothing was lost: make room and run again; only this file is built.")
    assert "\n" not in step["message"]


def test_the_old_file_is_intact(step):
    assert step["old_file_intact"]


def test_nothing_is_left_over(step):
    assert step["files"] == ["ballast", "f.h5"]
    assert step["open_files"] == 0


def test_a_table_is_told_of_as_well(told):
    assert "t.csv: the disk is full (" in told["table"]


def test_the_process_writes_on_when_there_is_room(told):
    assert told["after"]
    assert told["files"] == ["f.h5"]
