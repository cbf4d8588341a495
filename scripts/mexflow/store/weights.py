"""weights.h5: what each fold of a run has learnt."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from mexflow.store.files import open_hdf5, telling_damage, writing_hdf5


def write_weights(folds: Mapping[str, Mapping[str, np.ndarray]], path: Path, spec: str, code: str) -> None:
    """Write fold → name → array, whole or not at all; the folds of several seeds are called `<seed>/<fold>`.

    Raises
    ------
    UserError
        If the disk is full.
    """
    with writing_hdf5(path, "weights", spec, code) as file:
        for fold, arrays in folds.items():
            for name, array in arrays.items():
                file.create_dataset(f"{fold}/{name}", data=array, fletcher32=np.ndim(array) > 0)


def read_weights(path: Path, fold: str) -> dict[str, np.ndarray]:
    """The arrays of one fold, by name.

    Raises
    ------
    UserError
        If the file is missing or damaged.
    """
    arrays: dict[str, np.ndarray] = {}
    with open_hdf5(path, "weights") as file, telling_damage(file):
        file[fold].visititems(lambda name, item: arrays.update({name: item[()]}) if hasattr(item, "shape") else None)
    return arrays
