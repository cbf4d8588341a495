"""attention.h5: where the network of a run looks, as mean maps of each class."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

from mexflow.store.files import open_hdf5, read_text, telling_damage, write_texts, writing_hdf5

_MAPS = ("grad_cam", "hires_cam", "saliency")


@dataclass(frozen=True)
class ClassMaps:
    """The mean maps of the clips of one class.

    Attributes
    ----------
    grad_cam, hires_cam : ([times,] rows, columns) float32 arrays, or None
        In the grid of the samples, 0 to 1. None for a network without a convolution.
    saliency : ([times,] rows, columns) float32 array
    clips : int
        How many they are the mean of.
    """

    grad_cam: np.ndarray | None
    hires_cam: np.ndarray | None
    saliency: np.ndarray
    clips: int


def write_attention(maps: Mapping[str, ClassMaps], path: Path, spec: str, code: str) -> None:
    """Write class → maps in their order, whole or not at all.

    Raises
    ------
    UserError
        If the disk is full.
    """
    with writing_hdf5(path, "attention", spec, code) as file:
        for number, (name, one) in enumerate(maps.items()):
            group = file.create_group(f"{number:03d}")
            write_texts(group, name=name)
            group.attrs["clips"] = one.clips
            for kind in _MAPS:
                if getattr(one, kind) is not None:
                    group.create_dataset(kind, data=getattr(one, kind), fletcher32=True)


def read_attention(path: Path) -> dict[str, ClassMaps]:
    """Class → maps, in the order in which they were written.

    Raises
    ------
    UserError
        If the file is missing or damaged.
    """
    with open_hdf5(path, "attention") as file, telling_damage(file):
        groups = [file[number] for number in sorted(file)]
        return {
            read_text(group, "name"): ClassMaps(
                grad_cam=_map_or_none(group, "grad_cam"),
                hires_cam=_map_or_none(group, "hires_cam"),
                saliency=group["saliency"][()],
                clips=int(group.attrs["clips"]),
            )
            for group in groups
        }


def _map_or_none(group: h5py.Group, kind: str) -> np.ndarray | None:
    return group[kind][()] if kind in group else None
