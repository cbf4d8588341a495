"""Files that appear whole or not at all, and HDF5 files that tell when they are damaged."""

import contextlib
import errno
import io
import os
import re
import secrets
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import hdf5plugin  # noqa: F401 - registers its filters with HDF5
import numpy as np

from mexflow.errors import UserError

FORMAT_VERSION = 1
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary file beside `path`, renamed to it when the block ends well and removed when it does not.

    What a killed process has left for the same `path` is removed, too.

    Raises
    ------
    UserError
        If the disk is full. The old content of `path`, if any, is still there then.
    """
    mark = f".{path.name}.{socket.gethostname()}-"
    beside = path.with_name(f"{mark}{os.getpid()}-{secrets.token_hex(4)}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(path.parent, mark)
        yield beside
        with beside.open("rb") as file:
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException as error:
        beside.unlink(missing_ok=True)
        if _means_disk_full(error):
            raise UserError(_disk_full(path)) from None
        raise


@contextlib.contextmanager
def replacing_folder(path: Path) -> Iterator[Path]:
    """A temporary folder beside `path`, renamed to it when the block ends well and removed when it does not.

    The old folder goes: files that the block has not written are gone as well. A reader sees the old one, for an
    instant none, then the new one. What a killed process has left for the same `path` is removed, too.

    Raises
    ------
    UserError
        If the disk is full. The old content of `path`, if any, is still there then.
    """
    mark = f".{path.name}.{socket.gethostname()}-"
    beside, aside = (path.with_name(f"{mark}{os.getpid()}-{secrets.token_hex(4)}.part") for _ in range(2))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(path.parent, mark)
        beside.mkdir()
        yield beside
        for one in beside.rglob("*"):
            if one.is_file():
                with one.open("rb") as file:
                    os.fsync(file.fileno())
        if path.exists():
            path.rename(aside)
        beside.rename(path)
        shutil.rmtree(aside, ignore_errors=True)
    except BaseException as error:
        if aside.exists() and not path.exists():
            aside.rename(path)
        shutil.rmtree(beside, ignore_errors=True)
        if _means_disk_full(error):
            raise UserError(_disk_full(path)) from None
        raise


def _remove_leftovers(folder: Path, mark: str) -> None:
    for one in folder.iterdir():
        if one.name.startswith(mark) and one.suffix == ".part":
            process = one.name.removeprefix(mark).partition("-")[0]
            if not process.isdigit() or _is_alive(int(process)):
                continue
            if one.is_dir():
                shutil.rmtree(one, ignore_errors=True)
            else:
                one.unlink(missing_ok=True)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@contextlib.contextmanager
def writing_hdf5(path: Path, kind: str, spec: str, code: str) -> Iterator[h5py.File]:
    """A new HDF5 file that replaces `path` when the block ends well.

    Parameters
    ----------
    path : Path
    kind : str
        What the file holds: "aligned", "flow" or "feature". A reader checks it.
    spec : str
        The canonical JSON that the stage was called with.
    code : str
        The code fingerprint of the stage.

    Raises
    ------
    UserError
        If the disk is full.
    """
    with replacing(path) as beside, _Disk(beside, "w+") as disk:
        try:
            with h5py.File(disk, "w", libver=("v110", "v110")) as file:
                write_texts(file, kind=kind, spec=spec, code=code)
                file.attrs["format_version"] = FORMAT_VERSION
                yield file
        finally:
            if disk.error is not None:
                raise disk.error


class _Disk(io.FileIO):
    """A file that keeps its first write error to itself.

    HDF5 crashes the process after a failed write, at once or when it exits. So it is told that all is well, and
    the error is raised when HDF5 has closed the file.
    """

    error: OSError | None = None

    def write(self, data: Any) -> int:
        rest = memoryview(data)
        size = rest.nbytes
        with self._keeping_error():
            while rest:
                rest = rest[super().write(rest) :]
        return size

    def truncate(self, size: int | None = None) -> int:
        with self._keeping_error():
            super().truncate(size)
        return self.tell() if size is None else size

    @contextlib.contextmanager
    def _keeping_error(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.error = self.error or error


def open_hdf5(path: Path, kind: str) -> h5py.File:
    """Open a file that `writing_hdf5` wrote, for reading.

    Raises
    ------
    UserError
        If it is missing, damaged, of another kind, or of another format version.
    """
    try:
        file = h5py.File(path, "r")
    except FileNotFoundError:
        raise UserError(f"{path} is missing. Run snakemake again; it is rebuilt.") from None
    except OSError as error:
        raise _damaged(path, error) from None
    with telling_damage(file):
        found = read_text(file, "kind") if "kind" in file.attrs else "unknown content"
        version = file.attrs.get("format_version", "unknown")
    if found != kind:
        file.close()
        raise UserError(f"{path} holds {found}, not {kind}. {_REMEDY}")
    if version != FORMAT_VERSION:
        file.close()
        raise UserError(f"{path} has format {version}; this mexflow reads format {FORMAT_VERSION}. {_REMEDY}")
    return file


def write_texts(item: h5py.HLObject, **texts: str) -> None:
    """Write attributes of text.

    They have a fixed width: HDF5 keeps other text in a place without a checksum, and where that is damaged, it
    reads what was never written or runs in a circle.
    """
    for name, text in texts.items():
        content = text.encode()
        item.attrs[name] = np.array(content, dtype=h5py.string_dtype(length=len(content) or 1))


def read_text(item: h5py.HLObject, name: str) -> str:
    """An attribute that `write_texts` wrote."""
    text = item.attrs[name]
    return text if isinstance(text, str) else text.decode()


@contextlib.contextmanager
def telling_damage(file: h5py.File) -> Iterator[None]:
    """A block that does nothing but read `file`: what h5py raises in it is damage.

    Raises
    ------
    UserError
        Naming the file, the damage and the remedy.
    """
    try:
        yield
    except (OSError, LookupError, RuntimeError, TypeError, ValueError, AttributeError) as error:
        raise _damaged(Path(file.filename), error) from error


_REMEDY = "Delete it and run again; only this file and what depends on it are rebuilt."


def _damaged(path: Path, error: Exception) -> UserError:
    return UserError(f"{path} is damaged ({_damage(path, str(error))}). {_REMEDY}")


def _damage(path: Path, message: str) -> str:
    sizes = re.search(r"eof = (\d+).*stored_eof = (\d+)", message)
    if sizes:
        there, whole = (int(size) for size in sizes.groups())
        size, unit = (1e6, "MB") if whole >= 1e5 else (1e3, "kB")
        return f"truncated at {there / size:.1f} of {whole / size:.1f} {unit}"
    if path.stat().st_size == 0:
        return "empty"
    if "checksum" in message or "filter returned failure" in message:
        return "its content does not match its checksum"
    return "no HDF5 file" if "signature" in message else message


def _means_disk_full(error: BaseException | None) -> bool:
    while error is not None:
        full = f"errno = {errno.ENOSPC}", f"errno = {errno.EFBIG}", f"errno = {errno.EDQUOT}"
        if getattr(error, "errno", None) in _FULL or any(word in str(error) for word in full):
            return True
        error = error.__context__
    return False


def _disk_full(path: Path) -> str:
    folder = next(folder for folder in path.parents if folder.exists())
    free = shutil.disk_usage(folder).free / 1e6
    return (
        f"{path}: the disk is full ({free:.1f} MB free without the unfinished file). Nothing was lost:"
        " make room and run again; only this file is built."
    )
