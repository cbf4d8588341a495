"""The folds that a training has finished, kept until all are: a killed job goes on behind them."""

import shutil
from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from mexflow.errors import UserError
from mexflow.store.files import open_hdf5, read_text, telling_damage, writing_hdf5
from mexflow.store.tables import read_table, write_table


@dataclass(frozen=True)
class FinishedFold:
    """What the training of one fold leaves behind.

    Attributes
    ----------
    probabilities : (n, C) float32 array
        Of its test samples.
    curve : DataFrame
        A row per epoch.
    seconds : float
    mean, deviation : (channels,) float64 arrays
        The input statistics.
    uses : list of (use, positions)
        Which samples were handed out for what: the evidence of the leak audit.
    weights : dict
        Name → array; empty unless they are kept.
    """

    probabilities: np.ndarray
    curve: pd.DataFrame
    seconds: float
    mean: np.ndarray
    deviation: np.ndarray
    uses: list[tuple[str, np.ndarray]]
    weights: dict[str, np.ndarray] = field(default_factory=dict)


class FoldsOnDisk(MutableMapping[int, FinishedFold]):
    """Finished folds by their number, a file each in one folder.

    Files of another training (other spec, code or samples) are as if they were not there; so are damaged ones.

    Parameters
    ----------
    folder : Path
    spec, code : str
        Of the training stage.
    samples : str
        A digest of the samples, see `mexflow.store.packed.PackedFeature.digest`.
    """

    def __init__(self, folder: Path, spec: str, code: str, samples: str) -> None:
        self._folder, self._spec, self._code, self._samples = folder, spec, code, samples

    def __getitem__(self, number: int) -> FinishedFold:
        found = self._read(number)
        if found is None:
            raise KeyError(number)
        return found

    def __contains__(self, number: object) -> bool:
        return self._read(number) is not None

    def __setitem__(self, number: int, fold: FinishedFold) -> None:
        with writing_hdf5(self._path(number), "finished fold", self._spec, f"{self._code} {self._samples}") as file:
            for name in ("probabilities", "mean", "deviation"):
                file.create_dataset(name, data=getattr(fold, name), fletcher32=True)
            file.create_dataset("seconds", data=fold.seconds)
            write_table(file, "curve", fold.curve)
            for position, (use, positions) in enumerate(fold.uses):
                file.create_dataset(f"uses/{position:03d} {use}", data=positions)
            for name, array in fold.weights.items():
                file.create_dataset(f"weights/{name}", data=array, fletcher32=np.ndim(array) > 0)

    def __delitem__(self, number: int) -> None:
        self._path(number).unlink()

    def __iter__(self) -> Iterator[int]:
        files = self._folder.glob("*.h5") if self._folder.is_dir() else []
        return (number for number in sorted(int(file.stem) for file in files) if number in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def of_seed(self, seed: int) -> "FoldsOnDisk":
        """Those of one of several seeds, in a folder of their own inside this one."""
        return FoldsOnDisk(self._folder / f"seed{seed}", self._spec, self._code, self._samples)

    def remove(self) -> None:
        """Remove the folder, when the results are written."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _path(self, number: object) -> Path:
        return self._folder / f"{number}.h5"

    def _read(self, number: object) -> FinishedFold | None:
        if not self._path(number).exists():
            return None
        try:
            with open_hdf5(self._path(number), "finished fold") as file, telling_damage(file):
                if (read_text(file, "spec"), read_text(file, "code")) != (self._spec, f"{self._code} {self._samples}"):
                    return None
                weights: dict[str, np.ndarray] = {}
                if "weights" in file:
                    file["weights"].visititems(
                        lambda name, item: weights.update({name: item[()]}) if hasattr(item, "shape") else None
                    )
                return FinishedFold(
                    probabilities=file["probabilities"][()],
                    curve=read_table(file, "curve"),
                    seconds=float(file["seconds"][()]),
                    mean=file["mean"][()],
                    deviation=file["deviation"][()],
                    uses=[(name[4:], file[f"uses/{name}"][()]) for name in file["uses"]],
                    weights=weights,
                )
        except UserError:
            return None
