"""A single flow or strain field as a file that other programs read, too: .flo, .npy or .h5."""

import struct
from pathlib import Path

import h5py
import numpy as np

from mexflow.errors import UserError
from mexflow.store.files import open_hdf5, replacing, telling_damage, write_texts, writing_hdf5

ENDINGS = (".flo", ".npy", ".h5")
"""Formats of a flow field; a strain field has no .flo."""

_MAGIC = b"PIEH"  # the bytes of the float 202021.25


def write_flow_field(flow: np.ndarray, path: Path, spec: str, code: str) -> None:
    """Write a flow field, whole or not at all; the format follows from the ending.

    Parameters
    ----------
    flow : (H, W, 2) float array
        u (along columns) and v (along rows), in px. Stored in single precision.
    path : Path
        .flo is Middlebury's format, .npy NumPy's, .h5 has the dataset `flow`.
    spec, code : str
        What it was made with, kept in .h5.

    Raises
    ------
    UserError
        If the ending is another, or the disk is full.

    References
    ----------
    Baker et al., "A database and evaluation methodology for optical flow", IJCV 2011: the format .flo.
    """
    _write(np.ascontiguousarray(flow, "<f4"), path, "flow", ("u,v", "px"), spec, code)


def write_strain_field(strain: np.ndarray, path: Path, spec: str, code: str) -> None:
    """Write a strain field (H, W), dimensionless, as .npy or .h5 (dataset `strain`), whole or not at all.

    Raises
    ------
    UserError
        If the ending is another, or the disk is full.
    """
    _write(np.ascontiguousarray(strain, "<f4"), path, "strain", ("strain", "1"), spec, code)


def read_flow_field(path: Path) -> np.ndarray:
    """Read a flow field.

    Parameters
    ----------
    path : Path
        A .flo, .npy or .h5 file.

    Returns
    -------
    (H, W, 2) float32 array
        u, v in px.

    Raises
    ------
    UserError
        If the file is missing, is none of these, is damaged, or holds something else.
    """
    readers = {".flo": _read_flo, ".npy": _read_npy, ".h5": _read_h5}
    if path.suffix.lower() not in readers:
        raise UserError(f"{path}: a flow field is read from {', '.join(ENDINGS)}.")
    if not path.is_file():
        raise UserError(f"{path}: no such file.")
    flow = readers[path.suffix.lower()](path)
    if flow.ndim != 3 or flow.shape[2] != 2 or not np.issubdtype(flow.dtype, np.floating):
        raise UserError(f"{path}: a flow field (H, W, 2) of floats expected, got {flow.dtype} {flow.shape}.")
    return flow.astype(np.float32, copy=False)


def _write(field: np.ndarray, path: Path, kind: str, meaning: tuple[str, str], spec: str, code: str) -> None:
    ending = path.suffix.lower()
    if ending not in ENDINGS or (ending == ".flo" and kind == "strain"):
        known = ENDINGS if kind == "flow" else ENDINGS[1:]
        raise UserError(f"{path}: {kind} is written as {', '.join(known)} or .png.")
    if ending == ".h5":
        with writing_hdf5(path, f"{kind} field", spec, code) as file:
            file.create_dataset(kind, data=field, fletcher32=True)
            write_texts(file[kind], channels=meaning[0], units=meaning[1])
        return
    with replacing(path) as beside, beside.open("wb") as file:
        if ending == ".npy":
            np.save(file, field)
        else:
            height, width = field.shape[:2]
            file.write(_MAGIC + struct.pack("<ii", width, height) + field.tobytes())


def _read_flo(path: Path) -> np.ndarray:
    data = path.read_bytes()
    if data[:4] != _MAGIC or len(data) < 12:
        raise UserError(f"{path}: not a .flo file.")
    width, height = struct.unpack("<ii", data[4:12])
    if width <= 0 or height <= 0 or len(data) != 12 + 8 * width * height:
        raise UserError(f"{path}: {width} × {height} px, but {len(data) - 12} bytes of flow. Restore the file.")
    return np.frombuffer(data, "<f4", offset=12).reshape(height, width, 2)


def _read_npy(path: Path) -> np.ndarray:
    try:
        return np.load(path, allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        raise UserError(f"{path}: not a NumPy file, or a damaged one ({error}).") from None


def _read_h5(path: Path) -> np.ndarray:
    with open_hdf5(path, "flow field") as file, telling_damage(file):
        dataset = file["flow"]
        assert isinstance(dataset, h5py.Dataset)
        return dataset[()]
