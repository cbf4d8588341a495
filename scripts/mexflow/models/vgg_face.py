"""VGG-Face: the 16-layer network that ELRCN's spatial module starts from, and the reading of its weights.

Parkhi, Vedaldi and Zisserman, "Deep face recognition", BMVC 2015, table 3 (network A). Its 2622-way head gives
way to a softmax over the classes, as in Khor et al., FG 2018 (arXiv 1805.08417).
"""

import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import h5py
import keras
import numpy as np
from keras import layers

from mexflow.errors import UserError

BLOCKS = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))
"""Filters of the convolutions between two poolings."""

LAYERS = (
    *(f"conv{block}_{number}" for block, filters in enumerate(BLOCKS, 1) for number in range(1, len(filters) + 1)),
    *("fc6", "fc7"),
)
"""The layers that VGG-Face has weights for, from the input on."""

MEAN = np.array([129.1863, 104.7624, 93.5940], dtype=np.float32)
"""Grey levels of the mean face in red, green and blue, which VGG-Face was trained without."""

_FITS = "A VGG-Face file fits images of 224 × 224 × 3 and holds its kernels with channels last."


def vgg_16(images: keras.KerasTensor, classes: int) -> keras.KerasTensor:
    """Class probabilities of images, by the 16 layers of VGG.

    Parameters
    ----------
    images : (n, rows, columns, channels) symbolic tensor
        At least 32 rows and columns.
    classes : int

    Returns
    -------
    (n, classes) symbolic tensor
        Its model has the convolutions `conv1_1` … `conv5_3` (zero padding by 1, ReLU), the dense layers `fc6` and
        `fc7` (4096, ReLU) with the dropouts `drop6` and `drop7` (0.5), and the softmax `fc8`.
    """
    for block, filters in enumerate(BLOCKS, start=1):
        for number, count in enumerate(filters, start=1):
            name = f"conv{block}_{number}"
            images = layers.Conv2D(count, 3, padding="same", activation="relu", name=name)(images)
        images = layers.MaxPooling2D(2, strides=2, name=f"pool{block}")(images)
    features = layers.Flatten(name="flatten")(images)
    for number in (6, 7):
        features = layers.Dense(4096, activation="relu", name=f"fc{number}")(features)
        features = layers.Dropout(0.5, name=f"drop{number}")(features)
    return layers.Dense(classes, activation="softmax", dtype="float32", name="fc8")(features)


def load_vgg_face(network: keras.Model, file: Path) -> None:
    """Give the convolutions, fc6 and fc7 of a network the weights of a file; the softmax keeps its own.

    Parameters
    ----------
    network : keras.Model
        With the layers of `vgg_16`.
    file : Path
        See `read_vgg_face`.

    Raises
    ------
    UserError
        If the file cannot be read or does not fit.
    """
    shapes = {name: tuple(network.get_layer(name).kernel.shape) for name in LAYERS}
    for name, weights in read_vgg_face(file, shapes).items():
        network.get_layer(name).set_weights(weights)


def read_vgg_face(file: Path, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, list[np.ndarray]]:
    """Kernels and biases from a weight file.

    Names in the file do not count, their order does: convolutions from the input on, then the dense layers. Layers
    after the last one asked for (the 2622-way head) are left out. Dense layers may be stored as convolutions over
    the whole map, as VGG-Face is published. A dense kernel that was flattened with channels first has the shape of
    the right one and cannot be told from it.

    Parameters
    ----------
    file : Path
        `.h5` or `.hdf5` as Keras writes it (weights or a whole model, Keras 1 to 3), or `.npz` with a kernel and a
        bias per layer, its arrays stored in the order of the layers. Nothing in it is executed or unpickled.
    shapes : mapping
        Layer → shape of its kernel, from the input on.

    Returns
    -------
    dict
        Layer → [kernel, bias] as float32 arrays.

    Raises
    ------
    UserError
        If there is no such file, it is damaged or of another kind, or a layer is missing or of another shape.
    """
    if not file.is_file():
        raise UserError(f"weights: there is no file {file}. Give the path of a VGG-Face file, or leave weights empty.")
    if file.suffix not in _READERS:
        raise UserError(f"weights: {file} is neither .h5 nor .npz. Save the VGG-Face weights in one of these formats.")
    try:
        arrays = list(_READERS[file.suffix](file))
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise UserError(f"weights: {file} cannot be read ({error}). Get or save it again.") from error
    found = list(_kernels_and_biases(arrays, file))
    if len(found) < len(shapes):
        raise UserError(f"weights: {file} holds {len(found)} layers with weights; {len(shapes)} are needed. {_FITS}")
    fitted = {}
    for (name, shape), (kernel, bias) in zip(shapes.items(), found, strict=False):
        if kernel.ndim == 4 and len(shape) == 2:
            kernel = kernel.reshape(-1, kernel.shape[-1])  # noqa: PLW2901 - the same kernel, seen as a dense one
        if kernel.shape != shape or bias.shape != shape[-1:]:
            stored = f"a kernel {kernel.shape} and a bias {bias.shape}"
            raise UserError(f"weights: {file} has {stored} where {name} needs {shape} and {shape[-1:]}. {_FITS}")
        fitted[name] = [kernel.astype(np.float32, copy=False), bias.astype(np.float32, copy=False)]
    return fitted


def _kernels_and_biases(arrays: list[np.ndarray], file: Path) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    for pair in zip(arrays[::2], arrays[1::2], strict=False):
        bias, kernel = sorted(pair, key=np.ndim)
        if bias.ndim != 1 or kernel.ndim not in (2, 4) or not {bias.dtype.kind, kernel.dtype.kind} <= set("fiu"):
            stored = " and ".join(f"{one.dtype} {one.shape}" for one in pair)
            raise UserError(f"weights: {file} has {stored} where the kernel and the bias of a layer belong. {_FITS}")
        yield kernel, bias


def _npz_arrays(file: Path) -> Iterator[np.ndarray]:
    with zipfile.ZipFile(file):  # NumPy takes what is no archive for a pickle, and says so
        pass
    with np.load(file, allow_pickle=False) as archive:
        for name in archive.files:
            yield archive[name]


def _keras_arrays(file: Path) -> Iterator[np.ndarray]:
    with h5py.File(file, "r") as stored:
        config = stored.attrs.get("model_config", "")
        if re.search(r'"data_format": *"channels_first"', config.decode() if isinstance(config, bytes) else config):
            raise ValueError("its model has channels first")
        root = stored.get("model_weights", stored)
        if "layer_names" in root.attrs:
            for layer in map(_text, root.attrs["layer_names"]):
                for name in map(_text, root[layer].attrs["weight_names"]):
                    yield root[layer][name][()]
        else:
            yield from _arrays_by_number(stored.get("layers", stored))


def _arrays_by_number(group: h5py.Group) -> Iterator[np.ndarray]:
    """Of Keras 3, which keeps the order of layers in the numbers of their names only."""
    for name in sorted(group, key=_numbers_as_numbers):
        member = group[name]
        if isinstance(member, h5py.Group):
            yield from _arrays_by_number(member)
        else:
            yield member[()]


def _numbers_as_numbers(name: str) -> list[tuple[str, int]]:
    return [(text, int(number or -1)) for text, number in re.findall(r"(\D+|^)(\d*)", name)]


def _text(name: bytes | str) -> str:
    return name.decode() if isinstance(name, bytes) else name


_READERS = {".h5": _keras_arrays, ".hdf5": _keras_arrays, ".npz": _npz_arrays}
