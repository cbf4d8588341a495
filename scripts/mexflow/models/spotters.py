"""Networks that score pairs of frames, as files: written, read, and asked for the scores of samples."""

import tempfile
import zipfile
from pathlib import Path

import keras
import numpy as np

from mexflow.errors import UserError
from mexflow.store.files import replacing

_BATCH = 256


def write_spotter(network: keras.Model, path: Path) -> None:
    """Write a network with its weights, whole or not at all.

    Parameters
    ----------
    network : keras.Model
    path : Path
        Ends in `.keras`.

    Raises
    ------
    UserError
        If the ending is another, or the disk is full.
    """
    _check_ending(path)
    with tempfile.TemporaryDirectory() as folder, replacing(path) as beside:
        whole = Path(folder) / "network.keras"  # Keras writes to names with this ending only
        network.save(whole)
        beside.write_bytes(whole.read_bytes())


def read_spotter(path: Path) -> keras.Model:
    """Read a network that `write_spotter` wrote; no code that the file may hold is run.

    Parameters
    ----------
    path : Path
        Ends in `.keras`: Keras would read older formats with less care.

    Returns
    -------
    keras.Model
        Not compiled; one input, and one score per sample.

    Raises
    ------
    UserError
        If the file is missing, damaged, of another kind, or holds a network that is no spotter.
    """
    _check_ending(path)
    if not path.is_file():
        raise UserError(f"{path}: there is no such file. mexflow weights import makes one of published weights.")
    try:
        network = keras.saving.load_model(path, compile=False, safe_mode=True)
    except (OSError, LookupError, RuntimeError, TypeError, ValueError, AttributeError, zipfile.BadZipFile) as error:
        raise UserError(f"{path} cannot be read ({_first_sentence(error)}). Make it again.") from error
    if not isinstance(network, keras.Model) or len(network.inputs) != 1 or network.output_shape != (None, 1):
        raise UserError(f"{path}: a network with one input and one score per sample expected, got another.")
    return network


def scores_of_pairs(network: keras.Model, samples: np.ndarray) -> np.ndarray:
    """The network's scores.

    Parameters
    ----------
    network : keras.Model
        As of `read_spotter`.
    samples : (n, rows, columns, channels) float array
        n may be 0.

    Returns
    -------
    (n,) float32 array

    Raises
    ------
    UserError
        If the samples are not floats, not of the network's shape, or not finite.
    """
    shape = tuple(network.input_shape[1:])
    if samples.shape[1:] != shape or not np.issubdtype(samples.dtype, np.floating):
        expected = ", ".join(map(str, shape))
        raise UserError(f"samples (n, {expected}) of floats expected, got {samples.dtype} {samples.shape}")
    finite = np.isfinite(samples).all(axis=tuple(range(1, samples.ndim)))
    if not finite.all():
        raise UserError(f"sample {int(np.argmin(finite))} (counted from 0) has values that are not finite")
    scores = np.empty(len(samples), np.float32)
    for first in range(0, len(samples), _BATCH):  # Keras's predict would copy all samples at once
        part = slice(first, first + _BATCH)
        scores[part] = network.predict_on_batch(samples[part].astype(np.float32, copy=False))[:, 0]
    return scores


def _check_ending(path: Path) -> None:
    if path.suffix != ".keras":
        raise UserError(f"{path}: the file of a network ends in .keras.")


def _first_sentence(error: Exception) -> str:
    """What is wrong; behind it, Keras tells how to load the file all the same."""
    return (str(error).strip() or type(error).__name__).splitlines()[0].partition(". ")[0].rstrip(".")
