"""features/<name>.h5: one tensor per sample, and the table of the samples."""

import contextlib
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import h5py
import hdf5plugin
import numpy as np
import pandas as pd

from mexflow.store.files import open_hdf5, read_text, telling_damage, write_texts, writing_hdf5
from mexflow.store.tables import read_table, write_table


@dataclass(frozen=True)
class Layout:
    """What the samples of a feature hold.

    Attributes
    ----------
    channels : tuple of str
        What the last axis holds.
    units : tuple of str
        The unit of each channel.
    normalise : str
        What a training does with them: one of `mexflow.config.features.Normalisation`.
    """

    channels: tuple[str, ...]
    units: tuple[str, ...]
    normalise: str = "training_set"


@dataclass(frozen=True)
class PackedFeature:
    """What a model eats.

    Attributes
    ----------
    samples : (n, ...) float32 or uint8 array
        One tensor per sample, channels last.
    clips : DataFrame of n rows
        Whose they are, in the same order: the manifest's rows, subject, clip, label schemes and the rest; of a
        feature with a sample per frame pair dataset, subject, video, first and second.
    layout : Layout
    """

    samples: np.ndarray
    clips: pd.DataFrame
    layout: Layout

    def digest(self) -> str:
        """A hash of the samples and their table."""
        content = hashlib.sha256(np.ascontiguousarray(self.samples).data)
        content.update(self.clips.to_csv(index=False).encode())
        return content.hexdigest()[:16]


class PackedFile:
    """A packed feature being written: samples as they come, then the table of all."""

    def __init__(self, file: h5py.File) -> None:
        self._file = file

    def append(self, samples: np.ndarray) -> None:
        """Write some samples (k, ...), all of one shape and type."""
        if "samples" not in self._file:
            self._file.create_dataset(
                "samples",
                shape=(0, *samples.shape[1:]),
                maxshape=(None, *samples.shape[1:]),
                dtype=samples.dtype,
                chunks=(1, *samples.shape[1:]),
                fletcher32=True,
                **hdf5plugin.Blosc(cname="zstd", clevel=3, shuffle=hdf5plugin.Blosc.SHUFFLE),
            )
        stored = self._file["samples"]
        stored.resize(len(stored) + len(samples), axis=0)
        stored[len(stored) - len(samples) :] = samples

    def finish(self, clips: pd.DataFrame, layout: Layout) -> None:
        """Write the table, one row per sample, and what they hold.

        Raises
        ------
        ValueError
            If there are not as many samples as rows.
        """
        if len(clips) != len(self._file["samples"]):
            raise ValueError(f"{len(self._file['samples'])} samples for {len(clips)} rows")
        texts = {"channels": ",".join(layout.channels), "units": ",".join(layout.units)}
        write_texts(self._file["samples"], **texts, normalise=layout.normalise)
        write_table(self._file, "clips", clips)


@contextlib.contextmanager
def writing_packed(path: Path, spec: str, code: str) -> Iterator[PackedFile]:
    """A new packed feature, whole or not at all (see `mexflow.store.files.writing_hdf5`)."""
    with writing_hdf5(path, "feature", spec, code) as file:
        yield PackedFile(file)


def write_packed(feature: PackedFeature, path: Path, spec: str, code: str) -> None:
    """Write a packed feature at once, whole or not at all.

    Raises
    ------
    UserError
        If the disk is full.
    """
    with writing_packed(path, spec, code) as out:
        out.append(feature.samples)
        out.finish(feature.clips, feature.layout)


class PackedSamples:
    """An open packed feature: its table, and its samples by position.

    Attributes
    ----------
    clips : DataFrame
    layout : Layout
    shape : tuple of int
        Of one sample.
    """

    def __init__(self, file: h5py.File) -> None:
        self._file = file
        with telling_damage(file):
            samples = file["samples"]
            self.shape = tuple(samples.shape[1:])
            self.clips = read_table(file, "clips")
            self.layout = Layout(
                channels=tuple(read_text(samples, "channels").split(",")),
                units=tuple(read_text(samples, "units").split(",")),
                normalise=read_text(samples, "normalise"),
            )

    def at(self, positions: Sequence[int] | np.ndarray | slice) -> np.ndarray:
        """The samples at ascending positions."""
        with telling_damage(self._file):
            return self._file["samples"][positions]


@contextlib.contextmanager
def reading_packed(path: Path) -> Iterator[PackedSamples]:
    """An existing packed feature (see `mexflow.store.files.open_hdf5`)."""
    with open_hdf5(path, "feature") as file:
        yield PackedSamples(file)


def read_packed(path: Path) -> PackedFeature:
    """Read a packed feature at once.

    Raises
    ------
    UserError
        If the file is missing or damaged.
    """
    with reading_packed(path) as packed:
        return PackedFeature(packed.at(slice(None)), packed.clips, packed.layout)
