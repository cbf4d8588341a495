"""The `mexflow` command."""

import sys

import typer

from mexflow.cli.costs import costs
from mexflow.cli.evaluate import evaluate
from mexflow.cli.features import features
from mexflow.cli.manifest import check, lookalike, manifest
from mexflow.cli.models import models
from mexflow.cli.motion import align, flow, strain
from mexflow.cli.plan import plan
from mexflow.cli.scores import scores
from mexflow.cli.systems import systems
from mexflow.cli.weights import weights
from mexflow.errors import UserError

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)
app.command()(manifest)
app.command()(check)
app.command()(lookalike)
app.command()(align)
app.command()(flow)
app.command()(strain)
app.command()(features)
app.command()(models)
app.command()(systems)
app.command()(plan)
app.command()(costs)
app.command()(scores)
app.add_typer(evaluate, name="evaluate")
app.add_typer(weights, name="weights")


@app.callback()
def _mexflow() -> None:
    """Facial micro-expressions, from raw clips to honest scores.

    The pipeline itself is run by Snakemake: snakemake --cores all.
    """


def main() -> None:
    """Entry point of the `mexflow` command."""
    try:
        app()
    except UserError as error:
        sys.exit(f"Error: {error}")
