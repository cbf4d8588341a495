"""Arrays that other programs have packed with NumPy."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mexflow.config.spec import nearest
from mexflow.errors import UserError


def npz_arrays(path: Path, names: Sequence[str], optional: Sequence[str] = ()) -> dict[str, np.ndarray]:
    """Arrays of a .npz file; nothing in it is executed.

    Raises
    ------
    UserError
        If the file is missing or damaged, or lacks an array.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            lacking = [name for name in names if name not in file.files]
            if lacking:
                raise UserError(f'{path}: no array "{lacking[0]}"{nearest(lacking[0], file.files)}')
            return {name: file[name] for name in (*names, *optional) if name in file.files}
    except FileNotFoundError:
        raise UserError(f"{path}: no such file.") from None
    except (OSError, ValueError, EOFError) as error:
        raise UserError(f"{path}: not a .npz file, or a damaged one ({error}).") from None
