"""<flow>/<pairs>/<unit>.h5: flow and strain of one unit's frame pairs, a group per clip, or per video."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import h5py
import hdf5plugin
import numpy as np

from mexflow.store.files import open_hdf5, telling_damage, write_texts, writing_hdf5


@dataclass(frozen=True)
class FlowBlock:
    """Motion between some consecutive frame pairs of one clip or video.

    Attributes
    ----------
    pairs : (n, 2) int array
        First and second frame of each pair, in the dataset's frame numbers; of interpolated frames their numbers
        from 0.
    flow : (n, H, W, 2) float32 array
        u (along columns) and v (along rows), in px of the crop, as estimated.
    strain : (n, H, W) float32 array
        Magnitude of optical strain by central differences, dimensionless.
    nose_flow : (n, 2) float32 array
        Mean u, v of the nose region: the head's motion, in px. NaN where there are no landmarks.
    nose_residual : (n, 2) float32 array
        QC: median |flow| of the nose region before and after its mean is subtracted, in px. NaN as above.
    landmarks : (n, 68, 2) float32 array
        Of the transform under which the pair was compared, x, y in px of the crop. NaN of whole frames.
    """

    pairs: np.ndarray
    flow: np.ndarray
    strain: np.ndarray
    nose_flow: np.ndarray
    nose_residual: np.ndarray
    landmarks: np.ndarray


_FIELDS = ("flow", "strain")
_UNITS = {
    "pairs": ("first,second", "frame"),
    "flow": ("u,v", "px"),
    "strain": ("strain", "1"),
    "nose_flow": ("u,v", "px"),
    "nose_residual": ("before,after", "px"),
    "landmarks": ("x,y", "px"),
}


class ClipFlow:
    """The motion of one clip or video in an open flow file. What is large is read when asked for.

    Attributes
    ----------
    clip : str
        Its name in the manifest, unique in its unit.
    pairs, nose_flow, nose_residual, landmarks : arrays
        Of all its pairs, as in `FlowBlock`.
    inter_ocular_distance : float
        Between the eye centres, in px of the crop.
    """

    def __init__(self, group: h5py.Group, clip: str) -> None:
        self._group = group
        self.clip = clip
        with telling_damage(group.file):
            self.pairs, self.nose_flow, self.nose_residual, self.landmarks = (
                group[name][()] for name in _UNITS if name not in _FIELDS
            )
            self.inter_ocular_distance = float(group.attrs["inter_ocular_distance"])

    def __len__(self) -> int:
        return len(self.pairs)

    def flow(self, start: int = 0, stop: int | None = None) -> np.ndarray:
        """Flow (n, H, W, 2) of the pairs start … stop − 1."""
        with telling_damage(self._group.file):
            return self._group["flow"][start:stop]

    def strain(self, start: int = 0, stop: int | None = None) -> np.ndarray:
        """Strain (n, H, W) of the pairs start … stop − 1."""
        with telling_damage(self._group.file):
            return self._group["strain"][start:stop]


class FlowFile:
    """An open flow file; `add` when writing, the rest when reading."""

    def __init__(self, file: h5py.File) -> None:
        self._file = file

    def add(self, clip: str, inter_ocular_distance: float, blocks: Iterator[FlowBlock]) -> None:
        """Write one clip as its blocks come: memory holds one of them at a time.

        Parameters
        ----------
        clip : str
        inter_ocular_distance : float
        blocks : iterator of FlowBlock
            At least one.
        """
        group = self._file.create_group(clip)
        for block in blocks:
            for name, (channels, units) in _UNITS.items():
                values = getattr(block, name)
                if name not in group:
                    _create(group, name, values)
                    write_texts(group[name], channels=channels, units=units)
                dataset = group[name]
                dataset.resize(len(dataset) + len(values), axis=0)
                dataset[-len(values) :] = values
        group.attrs.update(crop_size=group["flow"].shape[2:0:-1], inter_ocular_distance=inter_ocular_distance)

    def leave_out(self, clip: str) -> None:
        """Note that a clip has no motion, because its alignment has left it out."""
        self._file.create_group(clip).attrs["left_out"] = True

    @property
    def left_out(self) -> set[str]:
        """The clips that the alignment has left out."""
        with telling_damage(self._file):
            return {clip for clip, group in self._file.items() if "left_out" in group.attrs}

    @property
    def clips(self) -> list[str]:
        """The names of the clips that have motion, sorted."""
        with telling_damage(self._file):
            return sorted(clip for clip, group in self._file.items() if "left_out" not in group.attrs)

    def __getitem__(self, clip: str) -> ClipFlow:
        with telling_damage(self._file):
            group = self._file[clip]
        return ClipFlow(group, clip)


def _create(group: h5py.Group, name: str, values: np.ndarray) -> None:
    rest = values.shape[1:]
    compression = hdf5plugin.Blosc(cname="zstd", clevel=3, shuffle=hdf5plugin.Blosc.SHUFFLE)
    group.create_dataset(
        name,
        shape=(0, *rest),
        maxshape=(None, *rest),
        dtype=values.dtype,
        chunks=(1 if name in _FIELDS else 64, *rest),
        fletcher32=True,
        **compression,
    )


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
