"""A clip's raw files: an image folder or a video file. They are only ever read."""

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from mexflow.errors import UserError

IMAGE_ENDINGS = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff"})
_LAST_INTEGER = re.compile(r"(\d+)\D*$")


def frame_files(folder: Path) -> list[tuple[int, Path]]:
    """The frames of an image folder in the order of their numbers.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    list of (int, Path)
        The last integer of the file's name, which is its frame number in every dataset, and the file.

    Raises
    ------
    UserError
        If the folder is missing or has no image, or if two images carry the same number or none.
    """
    numbered: dict[int, Path] = {}
    for entry in _images(folder):
        path = Path(entry.path)
        match = _LAST_INTEGER.search(path.stem)
        if match is None:
            raise UserError(f"{path}: an image without a frame number in its name. Rename or remove it.")
        number = int(match[1])
        if number in numbered:
            raise UserError(f"{path}: {numbered[number].name} has the frame number {number}, too. Remove one of them.")
        numbered[number] = path
    return sorted(numbered.items())


def check_inside(source: Path, root: Path) -> None:
    """Refuse a clip that is, or holds, a link out of the dataset's root.

    Parameters
    ----------
    source : Path
    root : Path
        Without links itself.

    Raises
    ------
    UserError
        Naming the link.
    """
    links = [Path(entry) for entry in _images(source) if entry.is_symlink()] if source.is_dir() else []
    for path in [source, *links]:
        if not path.resolve().is_relative_to(root):
            raise UserError(f"{path} leads out of {root}. Only files below a dataset's root are read.")


def signature(source: Path) -> str:
    """A quick mark of a clip's files: names, sizes and modification times. Equal marks, equal content.

    Raises
    ------
    UserError
        If the source is missing.
    """
    digest = hashlib.blake2b(digest_size=16)
    for name, status in _stated_files(source):
        digest.update(f"{name}\0{status.st_size}\0{status.st_mtime_ns}\0".encode())
    return digest.hexdigest()


def content_hash(source: Path) -> str:
    """Hash of a clip's files, names and bytes; modification times and the place of the clip do not count.

    Raises
    ------
    UserError
        If the source is missing or cannot be read.
    """
    folder = source if source.is_dir() else source.parent
    digest = hashlib.blake2b(digest_size=16)
    for name, _ in _stated_files(source):
        try:
            digest.update(f"{name}\0".encode() + hashlib.blake2b((folder / name).read_bytes()).digest())
        except OSError as error:
            raise UserError(f"{folder / name}: cannot be read ({error.strerror}).") from None
    return digest.hexdigest()


def _stated_files(source: Path) -> Iterator[tuple[str, os.stat_result]]:
    if not source.is_dir():
        yield source.name, _stated(source)
        return
    for entry in sorted(_images(source), key=lambda entry: entry.name):
        yield entry.name, _stated(entry)


def _stated(file: Path | os.DirEntry[str]) -> os.stat_result:
    try:
        return file.stat()
    except OSError as error:
        path = Path(file)
        if path.is_symlink():
            raise UserError(f"{path}: a link to a file that is not there. Restore the file.") from None
        raise UserError(f"{path}: no such clip ({error.strerror}). Restore it or remove its label row.") from None


def _images(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            images = [entry for entry in entries if _is_image(entry.name)]
    except OSError as error:
        raise UserError(f"{folder}: no such clip ({error.strerror}). Restore it or remove its label row.") from None
    if not images:
        raise UserError(f"{folder}: an empty clip, no image in it. Restore its frames or remove its label row.")
    return images


def _is_image(name: str) -> bool:
    return os.path.splitext(name)[1].lower() in IMAGE_ENDINGS and not name.startswith(".")  # noqa: PTH122 - a million calls
