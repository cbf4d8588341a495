"""features/<name>.h5: one tensor per sample, and the table of the samples."""

from dataclasses import dataclass
from pathlib import Path

import hdf5plugin
import numpy as np
import pandas as pd

from mexflow.store.files import open_hdf5, read_text, telling_damage, write_texts, writing_hdf5
from mexflow.store.tables import read_table, write_table


@dataclass(frozen=True)
class PackedFeature:
    """What a model eats.

    Attributes
    ----------
    samples : (n, ...) float32 array
        One tensor per clip, channels last.
    clips : DataFrame of n rows
        The manifest's rows of these samples, in the same order: subject, clip, label schemes and the rest.
    channels : tuple of str
        What the last axis holds.
    units : tuple of str
        The unit of each channel.
    """

    samples: np.ndarray
    clips: pd.DataFrame
    channels: tuple[str, ...]
    units: tuple[str, ...]


def write_packed(feature: PackedFeature, path: Path, spec: str, code: str) -> None:
    """Write a packed feature, whole or not at all.

    Raises
    ------
    UserError
        If the disk is full.
    """
    with writing_hdf5(path, "feature", spec, code) as file:
        compression = hdf5plugin.Blosc(cname="zstd", clevel=3, shuffle=hdf5plugin.Blosc.SHUFFLE)
        chunks = (1, *feature.samples.shape[1:])
        samples = file.create_dataset("samples", data=feature.samples, chunks=chunks, fletcher32=True, **compression)
        write_texts(samples, channels=",".join(feature.channels), units=",".join(feature.units))
        write_table(file, "clips", feature.clips)


def read_packed(path: Path) -> PackedFeature:
    """Read a packed feature.

    Raises
    ------
    UserError
        If the file is missing or damaged.
    """
    with open_hdf5(path, "feature") as file, telling_damage(file):
        samples = file["samples"]
        return PackedFeature(
            samples=samples[()],
            clips=read_table(file, "clips"),
            channels=tuple(read_text(samples, "channels").split(",")),
            units=tuple(read_text(samples, "units").split(",")),
        )
