"""<flow>/<pairs>/<unit>.h5: flow and strain of one unit's frame pairs, a group per clip."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import h5py
import hdf5plugin
import numpy as np

from mexflow.store.files import open_hdf5, telling_damage, write_texts, writing_hdf5


@dataclass(frozen=True)
class ClipFlow:
    """Motion between the frame pairs of one clip.

    Attributes
    ----------
    clip : str
        Its name in the manifest, unique in its unit.
    pairs : (n, 2) int array
        First and second frame of each pair, in the dataset's frame numbers.
    flow : (n, size, size, 2) float32 array
        u (along columns) and v (along rows), in px of the crop, as estimated.
    strain : (n, size, size) float32 array
        Magnitude of optical strain, dimensionless.
    nose_flow : (n, 2) float32 array
        Mean u, v of the nose region: the head's motion, in px.
    inter_ocular_distance : float
        Between the eye centres, in px of the crop.
    """

    clip: str
    pairs: np.ndarray
    flow: np.ndarray
    strain: np.ndarray
    nose_flow: np.ndarray
    inter_ocular_distance: float


_ARRAYS = ("pairs", "flow", "strain", "nose_flow")


class FlowFile:
    """An open flow file; `add` when writing, the rest when reading."""

    def __init__(self, file: h5py.File) -> None:
        self._file = file

    def add(self, clip: ClipFlow) -> None:
        """Write one clip."""
        group = self._file.create_group(clip.clip)
        for name in ("flow", "strain"):
            field = getattr(clip, name)
            compression = hdf5plugin.Blosc(cname="zstd", clevel=3, shuffle=hdf5plugin.Blosc.SHUFFLE)
            chunks = (1, *field.shape[1:])
            group.create_dataset(name, data=field, chunks=chunks, fletcher32=True, **compression)
        for name in ("pairs", "nose_flow"):
            group.create_dataset(name, data=getattr(clip, name), fletcher32=True)
        for name, channels, units in (("flow", "u,v", "px"), ("strain", "strain", "1"), ("nose_flow", "u,v", "px")):
            write_texts(group[name], channels=channels, units=units)
        group.attrs.update(crop_size=clip.flow.shape[1], inter_ocular_distance=clip.inter_ocular_distance)

    @property
    def clips(self) -> list[str]:
        """The names of the clips, sorted."""
        with telling_damage(self._file):
            return sorted(self._file)

    def __getitem__(self, clip: str) -> ClipFlow:
        with telling_damage(self._file):
            group = self._file[clip]
            arrays = {name: group[name][()] for name in _ARRAYS}
            distance = float(group.attrs["inter_ocular_distance"])
        return ClipFlow(clip=clip, inter_ocular_distance=distance, **arrays)


@contextlib.contextmanager
def writing_flow(path: Path, spec: str, code: str) -> Iterator[FlowFile]:
    """A new flow file (see `mexflow.store.files.writing_hdf5`)."""
    with writing_hdf5(path, "flow", spec, code) as file:
        yield FlowFile(file)


@contextlib.contextmanager
def reading_flow(path: Path) -> Iterator[FlowFile]:
    """An existing flow file (see `mexflow.store.files.open_hdf5`)."""
    with open_hdf5(path, "flow") as file:
        yield FlowFile(file)
