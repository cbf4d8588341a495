"""A file appears whole or not at all."""

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import h5py
import pytest

import mexflow
from mexflow.errors import UserError
from mexflow.store.files import replacing, replacing_folder, writing_hdf5


def content(folder):
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_the_new_content_replaces_the_old(tmp_path):
    (tmp_path / "f").write_text("old")
    with replacing(tmp_path / "f") as beside:
        beside.write_text("new")
    assert content(tmp_path) == {"f": "new"}


def test_folders_are_made(tmp_path):
    with replacing(tmp_path / "a" / "b" / "f") as beside:
        beside.write_text("new")
    assert content(tmp_path / "a" / "b") == {"f": "new"}


@pytest.mark.parametrize("error", [ValueError, OSError, KeyboardInterrupt, SystemExit])
def test_the_old_content_stays_after_an_exception_and_nothing_else(tmp_path, error):
    (tmp_path / "f").write_text("old")
    with pytest.raises(error), replacing(tmp_path / "f") as beside:
        beside.write_text("half")
        raise error
    assert content(tmp_path) == {"f": "old"}


def test_nothing_is_left_of_a_file_that_was_never_there(tmp_path):
    with pytest.raises(ValueError, match="early"), replacing(tmp_path / "f"):
        raise ValueError("early")
    assert content(tmp_path) == {}


def test_until_the_end_nobody_sees_the_new_content(tmp_path):
    (tmp_path / "f.h5").write_text("old")
    with replacing(tmp_path / "f.h5") as beside:
        beside.write_text("half")
        assert (tmp_path / "f.h5").read_text() == "old"
        assert [path.name for path in tmp_path.glob("*.h5")] == ["f.h5"]
        assert beside.name.startswith(".")


def test_two_writers_do_not_disturb_each_other(tmp_path):
    with replacing(tmp_path / "f") as first, replacing(tmp_path / "f") as second:
        first.write_text("first")
        second.write_text("second")
        assert first != second
    assert content(tmp_path) == {"f": "first"}


def test_an_exception_while_writing_hdf5_leaves_the_old_file(tmp_path):
    with writing_hdf5(tmp_path / "f.h5", "flow", "{}", "c") as file:
        file["x"] = 1
    with pytest.raises(ValueError, match="late"), writing_hdf5(tmp_path / "f.h5", "flow", "{}", "c") as file:
        file["x"] = 2
        raise ValueError("late")
    with h5py.File(tmp_path / "f.h5") as file:
        assert file["x"][()] == 1
    assert [path.name for path in tmp_path.iterdir()] == ["f.h5"]


WRITER = """
import sys, time
from pathlib import Path
from mexflow.store.files import writing_hdf5
with writing_hdf5(Path(sys.argv[1]), "flow", "{}", "c") as file:
    file["x"] = list(range(100_000))
    file.flush()
    print("half", flush=True)
    time.sleep(60)
"""


def test_a_killed_writer_leaves_the_old_file(tmp_path):
    path = tmp_path / "f.h5"
    path.write_text("old")
    with subprocess.Popen([sys.executable, "-c", WRITER, path], stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"half\n"
        process.send_signal(signal.SIGKILL)
    assert path.read_text() == "old"
    assert [path.name for path in tmp_path.glob("*.h5")] == ["f.h5"]


def fail(error, wrapped):
    try:
        raise error
    except OSError:
        if wrapped:
            raise RuntimeError("a library's own") from None
        raise


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
@pytest.mark.parametrize("wrapped", [False, True])
def test_no_room_is_told_without_a_traceback(tmp_path, number, wrapped):
    (tmp_path / "f").write_text("old")
    told = pytest.raises(UserError, match=r"f: the disk is full \(.+ MB free .+\)\. Nothing was lost: make room")
    with told as caught, replacing(tmp_path / "f") as beside:
        beside.write_text("half")
        fail(OSError(number, os.strerror(number)), wrapped)
    assert content(tmp_path) == {"f": "old"}
    assert caught.value.__cause__ is None


def test_no_room_for_a_folder_is_told(tmp_path, monkeypatch):
    def no_room(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("pathlib.Path.mkdir", no_room)
    with pytest.raises(UserError, match="the disk is full"), replacing(tmp_path / "new" / "f"):
        pass


def test_another_error_of_the_system_keeps_its_traceback(tmp_path):
    with pytest.raises(PermissionError), replacing(tmp_path / "f"):
        raise PermissionError(errno.EACCES, "Permission denied")


def test_the_file_is_on_disk_before_it_has_its_name(tmp_path, monkeypatch):
    names_at_sync = []
    real = os.fsync

    def fsync(number):
        names_at_sync.append([path.name for path in tmp_path.iterdir()])
        real(number)

    monkeypatch.setattr(os, "fsync", fsync)
    with replacing(tmp_path / "f") as beside:
        beside.write_text("new")
    assert len(names_at_sync) == 1
    assert "f" not in names_at_sync[0]


def test_a_new_folder_takes_the_place_of_the_old_one_whole(tmp_path):
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "old").write_text("old")
    with replacing_folder(tmp_path / "d") as beside:
        (beside / "new").write_text("new")
        assert content(tmp_path / "d") == {"old": "old"}
    assert content(tmp_path / "d") == {"new": "new"}
    assert [path.name for path in tmp_path.iterdir()] == ["d"]


def test_folders_above_a_new_folder_are_made(tmp_path):
    with replacing_folder(tmp_path / "a" / "b" / "d") as beside:
        (beside / "deep").mkdir()
        (beside / "deep" / "new").write_text("new")
    assert content(tmp_path / "a" / "b" / "d" / "deep") == {"new": "new"}


@pytest.mark.parametrize("error", [ValueError, OSError, KeyboardInterrupt, SystemExit])
def test_the_old_folder_stays_after_an_exception_and_nothing_else(tmp_path, error):
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "old").write_text("old")
    with pytest.raises(error), replacing_folder(tmp_path / "d") as beside:
        (beside / "half").write_text("half")
        raise error
    assert content(tmp_path / "d") == {"old": "old"}
    assert [path.name for path in tmp_path.iterdir()] == ["d"]


def test_a_folder_that_cannot_be_put_in_place_leaves_the_old_one_there(tmp_path):
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "old").write_text("old")
    with pytest.raises(FileNotFoundError), replacing_folder(tmp_path / "d") as beside:
        beside.rmdir()
    assert content(tmp_path / "d") == {"old": "old"}
    assert [path.name for path in tmp_path.iterdir()] == ["d"]


def test_a_full_disk_is_told_for_a_folder_as_for_a_file(tmp_path):
    with pytest.raises(UserError, match="the disk is full"), replacing_folder(tmp_path / "d") as beside:
        (beside / "half").write_text("half")
        raise OSError(errno.ENOSPC, "No space left on device")
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_of_a_folder_is_removed_by_the_next(tmp_path):
    script = (
        "import os, signal; from pathlib import Path; from mexflow.store.files import replacing_folder\n"
        f"with replacing_folder(Path({str(tmp_path / 'd')!r})) as beside:\n"
        "    (beside / 'half').write_text('half'); os.kill(os.getpid(), signal.SIGKILL)"
    )
    scripts = str(Path(mexflow.__file__).parents[1])
    killed = subprocess.run([sys.executable, "-c", script], env=os.environ | {"PYTHONPATH": scripts}, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert len(list(tmp_path.iterdir())) == 1
    with replacing_folder(tmp_path / "d") as beside:
        (beside / "new").write_text("new")
    assert [path.name for path in tmp_path.iterdir()] == ["d"]
