"""`mexflow weights`: weights that others have published, made into networks and asked for scores."""

import importlib
from enum import StrEnum
from pathlib import Path
from types import ModuleType
from typing import Annotated

import typer

from mexflow.errors import UserError
from mexflow.store.npy import read_npy, write_npy

weights = typer.Typer(no_args_is_help=True, help="Make networks of published weights, and ask them for scores.")


class Published(StrEnum):
    """The systems whose published weights can be imported."""

    SOFTNET = "softnet"


@weights.command("import")
def import_weights(
    system: Annotated[Published, typer.Argument(help="Whose weights they are.")],
    file: Annotated[Path, typer.Argument(help="A weight file as published: HDF5 of Keras 2.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The network to write: .keras.")],
) -> None:
    """Write a network with published weights. Nothing in the file is executed."""
    network = _models(f"{system}_weights").imported(file)
    _models("spotters").write_spotter(network, output)
    print(f"{output}: {system} with the {network.count_params():,} weights of {file}.")


@weights.command()
def predict(
    network: Annotated[Path, typer.Argument(help="A .keras file of mexflow weights import.")],
    samples: Annotated[Path, typer.Argument(help="A .npy file: floats (n, 42, 42, 3), u, v and strain per pair.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The scores to write, float32 (n,): .npy.")],
) -> None:
    """Write the score of every sample."""
    if output.suffix != ".npy":
        raise UserError(f"{output}: scores are written as .npy.")
    array = read_npy(samples)
    spotters = _models("spotters")
    reader = spotters.read_spotter(network)
    try:
        scores = spotters.scores_of_pairs(reader, array)
    except UserError as error:
        raise UserError(f"{samples}: {error}.") from None
    write_npy(scores, output)
    print(f"{output}: {len(scores)} {'score' if len(scores) == 1 else 'scores'}.")


def _models(name: str) -> ModuleType:
    """A module of `mexflow.models`, imported late: Keras takes seconds to load, and few other commands need it."""
    return importlib.import_module(f"mexflow.models.{name}")
