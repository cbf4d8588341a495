"""Folders of a dataset as people unpack them: under other names, nested once more, in other letter cases."""

import os
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from mexflow.config.spec import nearest
from mexflow.datasets.source import IMAGE_ENDINGS, frame_files
from mexflow.errors import UserError

_DEEPEST = 8


class Folders:
    """What lies below a root. Nothing outside it is ever looked at, whatever a name or a link says.

    Parameters
    ----------
    root : Path

    Raises
    ------
    UserError
        If there is no such folder.
    """

    def __init__(self, root: Path) -> None:
        if not root.is_dir():
            raise UserError(f"no folder {root}. Correct the root, or mount the disk.")
        self.root = root
        self._resolved = root.resolve()
        self._listing = cache(self._list)

    def child(self, folder: Path, *names: str) -> Path | None:
        """The first of the names that lies directly in a folder, whatever its letter case; None if none does.

        Raises
        ------
        UserError
            If a name or a link leads out of the folder, or two things there differ from the name in letter case only.
        """
        listing = self._listing(folder)
        for name in names:
            if "/" in name or "\\" in name or name in {"", ".", ".."}:
                raise UserError(f'"{name}" is no name of a clip: it leads out of {folder}. Correct the label row.')
            alike = listing.get(_folded(name), [])
            exact = [path for path in alike if path.name == name] or alike
            if len(exact) > 1:
                raise UserError(f"{exact[0]} and {exact[1].name} differ in letter case only. Rename or remove one.")
            if exact:
                return self._inside(exact[0])
        return None

    def children(self, folder: Path) -> list[Path]:
        """What lies directly in a folder, by name; hidden files are left out."""
        return [self._inside(path) for _, alike in sorted(self._listing(folder).items()) for path in alike]

    def way_down(self, *names: str) -> list[Path]:
        """The root, the first of these folders in it, the first of these in that one, and so on.

        For datasets that are unpacked at any of several levels, with any of their folders nested once more.
        """
        way = [self.root]
        while len(way) <= _DEEPEST:  # a link may lead back up
            steps = (self.child(way[-1], name) for name in names)
            step = next((one for one in steps if one and one.is_dir()), None)
            if step is None:
                break
            way.append(step)
        return way

    def below(self, *names: str, start: Path | None = None, deep: int = _DEEPEST) -> Iterator[Path]:
        """The folders of these names in the root, in each other, and so on, what lies deeper first; the root last."""
        start = start or self.root
        for name in names if deep else ():
            step = self.child(start, name)
            if step is not None and step.is_dir():
                yield from self.below(*names, start=step, deep=deep - 1)
        yield start

    def find(self, *aliases: str) -> Path | None:
        """A folder of one of these names: in the root, or once nested in one of the same name; or the root itself.

        An alias with slashes is followed step by step.
        """
        for alias in aliases:
            found: Path | None = self.root
            for step in alias.split("/"):
                found = self.child(found, step) if found else None
            if found and found.is_dir():
                nested = self.child(found, found.name, *(one.rpartition("/")[2] for one in aliases))
                return nested if nested and nested.is_dir() else found
        return self.root if self.root.name.casefold() in {one.casefold() for one in aliases} else None

    def images(self, forms: Mapping[str, Sequence[str]], wanted: str | None) -> Path:
        """The folder that holds the frames.

        Parameters
        ----------
        forms : mapping
            Form of the frames ("raw", "cropped") → names of the folder that holds it, the first form that is
            there serving as default.
        wanted : str, optional
            The form that the configuration asks for.

        Raises
        ------
        UserError
            If there is no such form, or none on disk.
        """
        if wanted is not None and wanted not in forms:
            raise UserError(f'images: no form "{wanted}"{nearest(wanted, forms)}')
        for form in forms if wanted is None else [wanted]:
            found = self.find(*forms[form])
            if found is not None:
                return found
        names = [name for form in forms if wanted in (None, form) for name in forms[form]]
        raise UserError(f"{self.root}: no folder of frames ({', '.join(names)}). Unpack it there.")

    def file(self, *names: str) -> Path | None:
        """A file of one of these names in the root or in one of its folders."""
        for folder in [self.root, *(path for path in self.children(self.root) if path.is_dir())]:
            for name in names:
                found = self.child(folder, name)
                if found and found.is_file():
                    return found
        return None

    def label_table(self, wanted: str | None, *names: str) -> Path:
        """The label table: the one that the configuration names, else the first of these that is there.

        Raises
        ------
        UserError
            If there is none.
        """
        found = self.file(*(names if wanted is None else (wanted,)))
        if found is None:
            raise UserError(f"{self.root}: no label table ({wanted or ', '.join(names)}). Unpack it there.")
        return found

    def clips(self, folder: Path, subject_of: Callable[[str], str]) -> dict[tuple[str, str], Path]:
        """The clip folders of a folder with one folder per subject: (subject, clip in lower case) → clip folder.

        Parameters
        ----------
        folder : Path
        subject_of : callable
            Folder name → subject; "" for a folder that is none.

        Raises
        ------
        UserError
            If two folders stand for one clip.
        """
        found: dict[tuple[str, str], Path] = {}
        for subject in self.children(folder):
            if not subject.is_dir() or not subject_of(subject.name):
                continue
            for clip in self.children(subject):
                if not clip.is_dir():
                    continue
                first = found.setdefault((subject_of(subject.name), clip.name.casefold()), clip)
                if first != clip:
                    raise UserError(f"{first} and {clip} are folders of one clip. Rename or remove one of them.")
        return found

    def frame_numbers(self, clip: Path) -> list[int]:
        """The frame numbers of a clip folder, ascending.

        Raises
        ------
        UserError
            As `mexflow.datasets.source.frame_files`.
        """
        return [number for number, _ in frame_files(clip)]

    def holds_images(self, folder: Path) -> bool:
        """Whether an image lies directly in a folder."""
        # Not by the listing, which is kept: a long video has thousands of frames.
        try:
            with os.scandir(folder) as entries:
                return any(entry.name.lower().endswith(IMAGE_ENDINGS) for entry in entries)
        except OSError as error:
            raise UserError(f"{folder}: cannot be read ({error.strerror}). Allow reading, or restore it.") from None

    def relative(self, path: Path) -> str:
        """A path below the root, as it stands in the manifest."""
        return path.relative_to(self.root).as_posix()

    def _list(self, folder: Path) -> dict[str, list[Path]]:
        try:
            with os.scandir(folder) as entries:
                names = sorted(entry.name for entry in entries if not entry.name.startswith("."))
        except NotADirectoryError:
            return {}
        except OSError as error:
            raise UserError(f"{folder}: cannot be read ({error.strerror}). Allow reading, or restore it.") from None
        listing: dict[str, list[Path]] = {}
        for name in names:
            listing.setdefault(_folded(name), []).append(folder / name)
        return listing

    def _inside(self, path: Path) -> Path:
        try:
            inside = path.resolve().is_relative_to(self._resolved)
        except (OSError, RuntimeError):  # links in a circle
            inside = False
        if not inside:
            raise UserError(f"{path} leads out of {self.root}. Only files below a dataset's root are read.")
        if not path.name.isprintable() and path.is_dir() and not _is_text(path.name):
            raise UserError(f"{str(path)!a}: the folder's name is not UTF-8 text. Rename it, or unpack it anew.")
        return path


def _folded(name: str) -> str:
    """A name whatever its letter case, and whether é is one character (Linux, Windows) or two (macOS)."""
    return unicodedata.normalize("NFC", name).casefold()


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def opened(root: Path, labels: str | None, *tables: str) -> tuple[Folders | None, Path]:
    """The folders below a root and its label table; a root that is a label file itself has no folders.

    Parameters
    ----------
    root : Path
        The folder as unpacked, or a label file.
    labels : str, optional
        The table that the configuration names.
    tables : str
        The names that it is known to have, the newest release first.

    Raises
    ------
    UserError
        If the root or the table is missing.
    """
    if root.is_file():
        return None, root
    folders = Folders(root)
    return folders, folders.label_table(labels, *tables)
