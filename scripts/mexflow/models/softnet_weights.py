"""The weights that SOFTNet's authors have published: one HDF5 file per fold, as Keras 2.2.4-tf wrote them."""

from collections.abc import Iterator
from pathlib import Path

import h5py
import keras
import numpy as np

from mexflow.errors import UserError
from mexflow.models.softnet import build_spotter

SHAPES = {
    "u_conv": (5, 5, 1, 3),
    "v_conv": (5, 5, 1, 5),
    "strain_conv": (5, 5, 1, 8),
    "hidden": (784, 400),
    "output": (400, 1),
}
"""Layer of `mexflow.models.softnet` → shape of its kernel, in the order of a published file."""

_EXPECTED = "A published file of SOFTNet is s1.hdf5, s2.hdf5 …: the weights of one fold, as Keras 2 saved them."


def imported(file: Path) -> keras.Model:
    """SOFTNet with published weights.

    Parameters
    ----------
    file : Path
        See `read_softnet_weights`.

    Returns
    -------
    keras.Model
        As of `mexflow.models.softnet.build_spotter`.

    Raises
    ------
    UserError
        If the file cannot be read or does not fit.
    """
    stored = read_softnet_weights(file)
    network = build_spotter()
    for name, pair in stored.items():
        network.get_layer(name).set_weights(pair)
    return network


def read_softnet_weights(file: Path) -> dict[str, list[np.ndarray]]:
    """Kernels and biases of a published file. Nothing in it is executed or unpickled.

    Parameters
    ----------
    file : Path
        A weight file of Keras 2: the attribute `layer_names` of the file gives the order, `weight_names` of each
        layer's group tells the kernel and the bias below it. The names themselves do not count, since Keras numbers
        the layers of a second network in one process further.

    Returns
    -------
    dict
        The keys of `SHAPES` → [kernel, bias] as float32 arrays.

    Raises
    ------
    UserError
        If there is no such file, it is damaged or of another kind, or a layer is missing, too many, or of another
        shape.
    """
    if not file.is_file():
        raise UserError(f"{file}: there is no such file. {_EXPECTED}")
    try:
        with h5py.File(file, "r") as stored:
            layers = list(_layers_with_weights(stored, file))
            if len(layers) != len(SHAPES):
                names = ", ".join(name for name, _ in layers) or "none"
                raise UserError(f"{file}: {len(SHAPES)} layers with weights expected, got {names}. {_EXPECTED}")
            return {
                own: _kernel_and_bias(name, arrays, SHAPES[own], file)
                for own, (name, arrays) in zip(SHAPES, layers, strict=True)
            }
    except (OSError, LookupError, RuntimeError, TypeError, ValueError, AttributeError) as error:
        raise UserError(f"{file} is no HDF5 file, or a damaged one ({error}). Download it again.") from error


def _layers_with_weights(stored: h5py.File, file: Path) -> Iterator[tuple[str, list[h5py.Dataset]]]:
    if "layer_names" not in stored.attrs:
        raise UserError(f"{file}: the attribute layer_names is missing; this is no weight file of Keras 2. {_EXPECTED}")
    for layer in map(_text, stored.attrs["layer_names"]):
        group = _member(stored, layer, h5py.Group, file)
        if "weight_names" not in group.attrs:
            raise UserError(f"{file}: the group {layer} lacks the attribute weight_names. {_EXPECTED}")
        arrays = [_member(group, _text(name), h5py.Dataset, file) for name in group.attrs["weight_names"]]
        if arrays:
            yield layer, arrays


def _member(group: h5py.Group, name: str, kind: type, file: Path) -> h5py.Group | h5py.Dataset:
    if not isinstance(group.get(name), kind):
        what = "group" if kind is h5py.Group else "array"
        raise UserError(f"{file}: there is no {what} {group.name.rstrip('/')}/{name}. {_EXPECTED}")
    return group[name]


def _kernel_and_bias(name: str, arrays: list[h5py.Dataset], shape: tuple[int, ...], file: Path) -> list[np.ndarray]:
    """Shapes are compared before anything is read: an array that does not fit may be of any size."""
    if [one.shape for one in arrays] != [shape, shape[-1:]] or {one.dtype.kind for one in arrays} != {"f"}:
        found = " and ".join(f"{one.dtype} {one.shape}" for one in arrays)
        raise UserError(f"{file}: {name} has {found} where floats {shape} and {shape[-1:]} belong. {_EXPECTED}")
    pair = [one[()].astype(np.float32, copy=False) for one in arrays]
    if not all(np.isfinite(one).all() for one in pair):
        raise UserError(f"{file}: {name} has weights that are not finite. Download it again.")
    return pair


def _text(name: bytes | str) -> str:
    return name.decode() if isinstance(name, bytes) else name
