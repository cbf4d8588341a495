"""aligned/<unit>.h5: the aligned faces of one unit, a group per video or clip folder."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import h5py
import hdf5plugin
import numpy as np

from mexflow.store.files import open_hdf5, telling_damage, write_texts, writing_hdf5


@dataclass(frozen=True)
class AlignedVideo:
    """The aligned faces of one raw video or image folder.

    Attributes
    ----------
    video : str
        Its name in the manifest, unique in its unit.
    faces : (n, size, size) uint8 array
        Gray crops.
    frame_numbers : (n,) int array
        The numbers that the dataset gives these frames.
    landmarks : (68, 2) float array
        x, y in px of the crop.
    transform : (2, 3) float array
        The similarity transform from raw px to crop px.
    inter_ocular_distance : float
        Between the eye centres, in px of the crop.
    raw_inter_ocular_distance : float
        The same in px of the raw frame.
    landmark_spread : float
        QC: how far the eye corners and nose of single frames lie from their median, in px of the crop (root
        mean square). They carry the transform.
    frames_without_face : int
        QC: how many of the frames that were searched showed no face.
    """

    video: str
    faces: np.ndarray
    frame_numbers: np.ndarray
    landmarks: np.ndarray
    transform: np.ndarray
    inter_ocular_distance: float
    raw_inter_ocular_distance: float
    landmark_spread: float
    frames_without_face: int


_ARRAYS = ("frame_numbers", "landmarks", "transform")
_NUMBERS = (
    "inter_ocular_distance",
    "raw_inter_ocular_distance",
    "landmark_spread",
    "frames_without_face",
)


class AlignedFile:
    """An open aligned/<unit>.h5; `add` when writing, the rest when reading."""

    def __init__(self, file: h5py.File) -> None:
        self._file = file

    def add(self, video: AlignedVideo) -> None:
        """Write one video."""
        group = self._file.create_group(video.video)
        chunks = (1, *video.faces.shape[1:])
        group.create_dataset("faces", data=video.faces, chunks=chunks, fletcher32=True, **hdf5plugin.Zstd(clevel=3))
        for name in _ARRAYS:
            group.create_dataset(name, data=getattr(video, name), fletcher32=True)
        for name in _NUMBERS:
            group.attrs[name] = getattr(video, name)
        group.attrs["crop_size"] = video.faces.shape[1]
        write_texts(group, channels="gray", units="grey level")

    @property
    def videos(self) -> list[str]:
        """The names of the videos, sorted."""
        with telling_damage(self._file):
            return sorted(self._file)

    def __getitem__(self, video: str) -> AlignedVideo:
        with telling_damage(self._file):
            group = self._file[video]
            arrays = {name: group[name][()] for name in ("faces", *_ARRAYS)}
            numbers = {name: group.attrs[name].item() for name in _NUMBERS}
        return AlignedVideo(video=video, **arrays, **numbers)

    def first_face(self, video: str) -> tuple[np.ndarray, np.ndarray]:
        """The first aligned face (size, size) uint8 and its landmarks (68, 2), without reading the others."""
        with telling_damage(self._file):
            group = self._file[video]
            return group["faces"][0], group["landmarks"][()]


@contextlib.contextmanager
def writing_aligned(path: Path, spec: str, code: str) -> Iterator[AlignedFile]:
    """A new aligned/<unit>.h5 (see `mexflow.store.files.writing_hdf5`)."""
    with writing_hdf5(path, "aligned", spec, code) as file:
        yield AlignedFile(file)


@contextlib.contextmanager
def reading_aligned(path: Path) -> Iterator[AlignedFile]:
    """An existing aligned/<unit>.h5 (see `mexflow.store.files.open_hdf5`)."""
    with open_hdf5(path, "aligned") as file:
        yield AlignedFile(file)
