"""A clip's raw files: an image folder or a video file. They are only ever read."""

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from mexflow.errors import UserError

IMAGE_ENDINGS = (".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff")
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


def signature(source: Path, root: Path | None = None) -> str:
    """A quick mark of a clip's files: names, sizes and modification times. Equal marks, equal content.

    Parameters
    ----------
    source : Path
    root : Path, optional
        The dataset's root, without links itself: a clip that is, or holds, a link out of it is refused.

    Raises
    ------
    UserError
        If the source is missing, or leads out of the root.
    """
    files = _files(source)
    if root is not None:
        _check_inside(source, files, root)
    digest = hashlib.blake2b(digest_size=16)
    for file in files:
        status = _stated(file)
        digest.update(f"{file.name}\0{status.st_size}\0{status.st_mtime_ns}\0".encode())
    return digest.hexdigest()


def extent(source: Path) -> tuple[int, int]:
    """How many files a clip has, and their bytes.

    Raises
    ------
    UserError
        If the source is missing.
    """
    sizes = [status.st_size for _, status in _stated_files(source)]
    return len(sizes), sum(sizes)


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


def _check_inside(source: Path, files: list[Path] | list[os.DirEntry[str]], root: Path) -> None:
    for path in [source, *(Path(file) for file in files if file.is_symlink())]:
        if not path.resolve().is_relative_to(root):
            raise UserError(f"{path} leads out of {root}. Only files below a dataset's root are read.")


def _stated_files(source: Path) -> Iterator[tuple[str, os.stat_result]]:
    return ((file.name, _stated(file)) for file in _files(source))


def _files(source: Path) -> list[Path] | list[os.DirEntry[str]]:
    return sorted(_images(source), key=lambda entry: entry.name) if source.is_dir() else [source]


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
    return name.lower().endswith(IMAGE_ENDINGS) and not name.startswith(".")
