"""Features that were computed elsewhere, brought into the form of ours."""

from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from mexflow.config.datasets import ImagesSpec, PackedSpec, PrecomputedSpec
from mexflow.errors import UserError
from mexflow.features.samples import CLIP_COLUMNS, normalised
from mexflow.store.npz import npz_arrays
from mexflow.store.packed import Layout, PackedFile, reading_packed

_BLOCK = 256  # samples in memory at a time


def import_feature(manifest: pd.DataFrame, spec: PrecomputedSpec, root: Path, out: PackedFile) -> None:
    """Write the samples of a dataset of features, in the order of its manifest.

    Parameters
    ----------
    manifest : DataFrame
        The dataset's, with names of clips that are unique in their subject.
    spec : ImagesSpec or PackedSpec
    root : Path
        What the sources are relative to.
    out : PackedFile

    Raises
    ------
    UserError
        If an image or file cannot be read, or samples differ in shape or type.
    """
    clips = manifest[list(CLIP_COLUMNS)].reset_index(drop=True)
    if isinstance(spec, ImagesSpec):
        _import_images([root / source for source in manifest["source"]], spec, out)
        out.finish(clips, Layout(spec.channels, ("as given",) * len(spec.channels), spec.normalise))
        return
    assert isinstance(spec, PackedSpec)
    file = root / spec.file.name
    layout = _import_npz(file, spec, out) if file.suffix.lower() == ".npz" else _import_ours(file, spec, out)
    out.finish(clips, layout)


def read_feature_image(path: Path, channels: int) -> np.ndarray:
    """A feature image.

    Parameters
    ----------
    path : Path
    channels : int
        How many are expected.

    Returns
    -------
    (H, W, channels) uint8 or float32 array
        In the order red, green, blue (, alpha) of the file; 16 bits as float32, values 0–65535.

    Raises
    ------
    UserError
        If it is no image, or has another number of channels or bits.
    """
    data = np.frombuffer(path.read_bytes(), np.uint8)
    image = cv2.imdecode(data, cv2.IMREAD_UNCHANGED) if data.size else None
    if image is None:
        raise UserError(f"{path}: not a readable image.")
    image = image[..., None] if image.ndim == 2 else image[..., [2, 1, 0, 3][: image.shape[2]]]
    if image.shape[2] != channels:
        raise UserError(f"{path}: {image.shape[2]} channels; the key channels names {channels}.")
    if image.dtype == np.uint8:
        return image
    if image.dtype == np.uint16:
        return image.astype(np.float32)
    raise UserError(f"{path}: {image.dtype} values; 8 or 16 bits per channel are read.")


def _import_images(paths: list[Path], spec: ImagesSpec, out: PackedFile) -> None:
    first: np.ndarray | None = None
    for path in paths:
        image = read_feature_image(path, len(spec.channels))
        first = image if first is None else first
        if (image.shape, image.dtype) != (first.shape, first.dtype):
            raise UserError(
                f"{path}: {image.shape[1]}×{image.shape[0]} px of {image.dtype}, the first image"
                f" {first.shape[1]}×{first.shape[0]} px of {first.dtype}. All images of a feature must be alike."
            )
        out.append(_scaled(image[None], spec))


def _import_npz(file: Path, spec: PackedSpec, out: PackedFile) -> Layout:
    samples = npz_arrays(file, ["samples"])["samples"]
    if samples.ndim < 2 or not np.issubdtype(samples.dtype, np.number):
        raise UserError(f"{file}: samples are {samples.dtype} {samples.shape}; numbers (n, …, channels) are needed.")
    channels = spec.channels or tuple(f"channel{number}" for number in range(samples.shape[-1]))
    if samples.ndim > 2 and len(channels) != samples.shape[-1]:
        raise UserError(f"{file}: {samples.shape[-1]} channels; the key channels names {len(channels)}.")
    if samples.dtype != np.uint8:
        samples = samples.astype(np.float32)
    if not np.isfinite(samples).all():
        position = int(np.flatnonzero(~np.isfinite(samples).reshape(len(samples), -1).all(axis=1))[0])
        raise UserError(f"{file}: sample {position} holds values that are no numbers (NaN or infinite).")
    for start in range(0, len(samples), _BLOCK):
        out.append(_scaled(samples[start : start + _BLOCK], spec))
    if samples.ndim == 2:
        return Layout(("value",), ("as given",), spec.normalise)
    return Layout(channels, ("as given",) * len(channels), spec.normalise)


def _import_ours(file: Path, spec: PackedSpec, out: PackedFile) -> Layout:
    with reading_packed(file) as packed:
        for start in range(0, len(packed.clips), _BLOCK):
            out.append(_scaled(packed.at(slice(start, start + _BLOCK)), spec))
        return Layout(packed.layout.channels, packed.layout.units, spec.normalise)


def _scaled(samples: np.ndarray, spec: PrecomputedSpec) -> np.ndarray:
    return np.stack([normalised(sample, spec.normalise) for sample in samples])
