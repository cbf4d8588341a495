"""Single arrays in NumPy's own format."""

from pathlib import Path

import numpy as np

from mexflow.errors import UserError
from mexflow.store.files import replacing


def read_npy(path: Path) -> np.ndarray:
    """The array of a .npy file; nothing in it is executed.

    Raises
    ------
    UserError
        If the file is missing, damaged or of another kind.
    """
    try:
        with path.open("rb") as file:
            return np.lib.format.read_array(file, allow_pickle=False)
    except FileNotFoundError:
        raise UserError(f"{path}: there is no such file.") from None
    except (OSError, ValueError, EOFError) as error:
        raise UserError(f"{path}: not a .npy file, or a damaged one ({error}).") from error


def write_npy(array: np.ndarray, path: Path) -> None:
    """Write an array, whole or not at all.

    Raises
    ------
    UserError
        If the disk is full.
    """
    with replacing(path) as beside, beside.open("wb") as file:
        np.save(file, array, allow_pickle=False)
