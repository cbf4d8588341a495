"""aligned/<unit>.h5: the aligned faces of one unit, a group per video or clip folder, and a table of failures."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import h5py
import hdf5plugin
import numpy as np
import pandas as pd

from mexflow.errors import UserError
from mexflow.store.files import open_hdf5, telling_damage, write_texts, writing_hdf5
from mexflow.store.tables import read_table, write_table

_VIDEOS, _FAILURES = "videos", "failures"
_FAILURE_COLUMNS = {"video": str, "first_frame": int, "last_frame": int, "problem": str, "action": str}


@dataclass(frozen=True)
class AlignedVideo:
    """The aligned faces of one raw video or image folder. Faces are read when asked for, all else is in memory.

    A row is one frame under one transform. Frames may be paired if their rows belong to one segment: the whole
    video, or a window of it; where windows overlap, a frame has a row in each.

    Attributes
    ----------
    video : str
        Its name in the manifest, unique in its unit.
    frame_numbers : (n,) int array
        Of each row, the number that the dataset gives its frame. They rise within a segment.
    segment : (n,) int array
        Of each row; it never falls.
    transform_of : (n,) int array
        Of each row, the index of its transform and landmarks.
    transforms : (m, 2, 3) float array
        From raw px to crop px.
    landmarks : (m, 68, 2) float array
        x, y in px of the crop. NaN where whole frames are kept and no face is looked for, as are the three distances
        below.
    crop_size : (int, int)
        Width and height of the faces, in px.
    fps, kept_fps : float
        Frames per second of the raw video, and those that are kept here.
    inter_ocular_distance : float
        Between the eye centres, in px of the crop; of several transforms the median.
    raw_inter_ocular_distance : float
        The same in px of the raw frame.
    landmark_spread : float
        QC: how far the eye corners and nose, as found in single frames, lie from where the transforms take them to
        be, in px of the crop (root mean square).
    frames_without_face : int
        QC: how many of the frames that were searched showed no face.
    stored_faces : callable
        From a row to its (height, width) uint8 array, from a slice of k rows to (k, height, width).
    """

    video: str
    frame_numbers: np.ndarray
    segment: np.ndarray
    transform_of: np.ndarray
    transforms: np.ndarray
    landmarks: np.ndarray
    crop_size: tuple[int, int]
    fps: float
    kept_fps: float
    inter_ocular_distance: float
    raw_inter_ocular_distance: float
    landmark_spread: float
    frames_without_face: int
    stored_faces: Callable[[int | slice], np.ndarray]

    @property
    def has_landmarks(self) -> bool:
        """Whether a face was looked for."""
        return not np.isnan(self.landmarks).any()

    def faces(self, rows: slice | Sequence[int] | np.ndarray) -> np.ndarray:
        """The faces of some rows, in that order: (k, height, width) uint8, gray.

        Raises
        ------
        UserError
            If the file is damaged.
        """
        if isinstance(rows, slice):
            return self.stored_faces(rows)
        width, height = self.crop_size
        return np.array([self.stored_faces(int(row)) for row in rows], np.uint8).reshape(-1, height, width)

    def nearest(self, number: int) -> int:
        """The frame that stands for a labelled one: itself, or at a lower frame rate the nearest, of two the earlier.

        Order survives: an onset before the apex does not come to lie behind it, but may come to lie on it.

        Raises
        ------
        UserError
            If the label lies before the first frame, or the nearest is one interval of the lower rate away, or further.
        """
        if self.kept_fps == self.fps:
            return number
        nearest = int(self.frame_numbers[np.abs(self.frame_numbers - number).argmin()])
        if number < self.frame_numbers[0] or abs(nearest - number) * self.kept_fps >= self.fps:
            raise UserError(f"{self.video}: no frame near {number} is kept at {self.kept_fps:g} frames per second.")
        return nearest

    def landmarks_of(self, row: int) -> np.ndarray:
        """The landmarks of a row: (68, 2), in px of the crop."""
        return self.landmarks[self.transform_of[row]]

    def row_of(self, number: int) -> int:
        """The row of a frame; of several, the one nearest to the middle of its segment.

        Raises
        ------
        UserError
            If the frame is not there.
        """
        return self.pair_rows(number, number)[0]

    def pair_rows(self, first: int, second: int) -> tuple[int, int]:
        """The rows of two frames under one segment; of several, that in whose middle the two lie best.

        Parameters
        ----------
        first, second : int
            Frame numbers.

        Raises
        ------
        UserError
            If a frame is not there, or no segment holds both.
        """
        rows = self._rows_of(first), self._rows_of(second)
        shared = np.intersect1d(self.segment[rows[0]], self.segment[rows[1]])
        if shared.size == 0:
            between = np.unique(self.frame_numbers[(self.frame_numbers > first) & (self.frame_numbers <= second)])
            raise UserError(
                f"{self.video}: no window of its alignment holds both frame {first} and frame {second}. Set overlap"
                f" to at least {between.size}, or pair frames that are nearer. (A window that shows no face is left"
                " out, too: see the failures of its aligned file.)"
            )
        return min((self._pair_in(segment, *rows) for segment in shared), key=lambda pair: self._off_centre(*pair))

    def _pair_in(self, segment: int, *rows: np.ndarray) -> tuple[int, int]:
        first, second = (int(of[self.segment[of] == segment][0]) for of in rows)
        return first, second

    def _rows_of(self, number: int) -> np.ndarray:
        rows = np.flatnonzero(self.frame_numbers == number)
        if rows.size == 0:
            first, last = self.frame_numbers.min(), self.frame_numbers.max()
            raise UserError(
                f"{self.video}: frame {number} is not among its aligned frames, {first} to {last}. Correct the label"
                " row or restore the frame, unless it shows no face (see the failures of the aligned file)."
            )
        return rows

    def _off_centre(self, first: int, second: int) -> int:
        start, stop = np.searchsorted(self.segment, [self.segment[first], self.segment[first] + 1])
        return abs(first + second - int(start + stop - 1))


_ARRAYS = ("frame_numbers", "segment", "transform_of", "transforms", "landmarks")
_NUMBERS = (
    "fps",
    "kept_fps",
    "inter_ocular_distance",
    "raw_inter_ocular_distance",
    "landmark_spread",
    "frames_without_face",
)


class VideoWriter:
    """Takes the rows of one video as they come. A video without rows leaves no trace."""

    def __init__(self, videos: h5py.Group, video: str, crop_size: tuple[int, int]) -> None:
        self._videos, self._video, self._crop_size = videos, video, crop_size
        self._faces: h5py.Dataset | None = None
        self._rows: list[tuple[int, int, int]] = []
        self._transforms: list[np.ndarray] = []
        self._landmarks: list[np.ndarray] = []

    def add_transform(self, transform: np.ndarray, landmarks: np.ndarray) -> int:
        """A transform (2, 3) and the landmarks (68, 2) in crop px that belong to it. Returns its index."""
        self._transforms.append(transform)
        self._landmarks.append(landmarks)
        return len(self._transforms) - 1

    def append(self, number: int, face: np.ndarray, segment: int, transform: int) -> None:
        """A row: frame number, face (height, width) uint8, segment, and the index of its transform."""
        if self._faces is None:
            self._faces = self._new_dataset()
        self._faces.resize(len(self._rows) + 1, axis=0)
        self._faces[-1] = face
        self._rows.append((number, segment, transform))

    def finish(self, **numbers: float) -> None:
        """Write what belongs to all rows; the numbers are those of `AlignedVideo`, by name."""
        if self._faces is None:
            return
        group = self._videos[self._video]
        columns = np.array(self._rows).T
        arrays = (*columns, np.array(self._transforms), np.array(self._landmarks))
        for name, array in zip(_ARRAYS, arrays, strict=True):
            group.create_dataset(name, data=array, fletcher32=True)
        for name in _NUMBERS:
            group.attrs[name] = numbers[name]
        group.attrs["crop_size"] = self._crop_size
        write_texts(group, channels="gray", units="grey level")

    def _new_dataset(self) -> h5py.Dataset:
        width, height = self._crop_size
        return self._videos.create_group(self._video).create_dataset(
            "faces",
            shape=(0, height, width),
            maxshape=(None, height, width),
            chunks=(1, height, width),
            dtype=np.uint8,
            fletcher32=True,
            **hdf5plugin.Zstd(clevel=3),
        )


class AlignedFile:
    """An open aligned/<unit>.h5; `writer` and `note_failure` when writing, the rest when reading."""

    def __init__(self, file: h5py.File) -> None:
        self._file = file
        self._failures: list[tuple[str, int, int, str, str]] = []

    def writer(self, video: str, crop_size: tuple[int, int]) -> VideoWriter:
        """A writer for one video, whose crops have this width and height."""
        return VideoWriter(self._file.require_group(_VIDEOS), video, crop_size)

    def note_failure(self, video: str, first_frame: int, last_frame: int, problem: str, action: str) -> None:
        """A row of the failure table: what was wrong with these frames, and what was done."""
        self._failures.append((video, first_frame, last_frame, problem, action))

    def write_failures(self) -> None:
        """Write the failure table."""
        table = pd.DataFrame(self._failures, columns=list(_FAILURE_COLUMNS)).astype(_FAILURE_COLUMNS)
        write_table(self._file, _FAILURES, table)

    @property
    def failures(self) -> pd.DataFrame:
        """Frames without a face: video, first_frame, last_frame, problem and action.

        "dropped" frames have no row here, in the windows that are meant; "carried" ones lie under the last transform.
        """
        with telling_damage(self._file):
            return read_table(self._file, _FAILURES)

    @property
    def videos(self) -> list[str]:
        """The names of the videos that have aligned faces, sorted."""
        with telling_damage(self._file):
            return sorted(self._file[_VIDEOS])

    def __contains__(self, video: str) -> bool:
        with telling_damage(self._file):
            return video in self._file[_VIDEOS]

    def __getitem__(self, video: str) -> AlignedVideo:
        if video not in self and (self.failures.video == video).any():
            raise UserError(
                f"{self._file.filename}: {video} was left out, because it shows no face. Remove its label row, or set"
                " on_missing_face: fail to be told where."
            )
        with telling_damage(self._file):
            group = self._file[_VIDEOS][video]
            faces = group["faces"]
            arrays = {name: group[name][()] for name in _ARRAYS}
            numbers = {name: group.attrs[name].item() for name in _NUMBERS}
            _, height, width = faces.shape
        return AlignedVideo(
            video=video,
            crop_size=(width, height),
            stored_faces=lambda rows: self._read(faces, rows),
            **arrays,
            **numbers,
        )

    def _read(self, faces: h5py.Dataset, rows: int | slice) -> np.ndarray:
        with telling_damage(self._file):
            return faces[rows]


@contextlib.contextmanager
def writing_aligned(path: Path, spec: str, code: str) -> Iterator[AlignedFile]:
    """A new aligned/<unit>.h5 (see `mexflow.store.files.writing_hdf5`)."""
    with writing_hdf5(path, "aligned", spec, code) as file:
        file.create_group(_VIDEOS)
        aligned = AlignedFile(file)
        yield aligned
        aligned.write_failures()


@contextlib.contextmanager
def reading_aligned(path: Path) -> Iterator[AlignedFile]:
    """An existing aligned/<unit>.h5 (see `mexflow.store.files.open_hdf5`)."""
    with open_hdf5(path, "aligned") as file:
        yield AlignedFile(file)
