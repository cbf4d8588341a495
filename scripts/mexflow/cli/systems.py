"""`mexflow systems`: which published systems one line of an experiment can name."""

from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from mexflow.config.systems import SYSTEMS, Setup, Variant, checked_names
from mexflow.config.training import ModelSpec
from mexflow.errors import UserError

Named = Annotated[list[str] | None, typer.Argument(help="Show these only.", show_default=False)]


def systems(names: Named = None) -> None:
    """List the published systems: task, model, schedule, protocols and leaks of both variants, source."""
    try:
        chosen = checked_names(tuple(names or SYSTEMS))
    except ValueError as error:
        raise UserError(str(error)) from None
    caption = "In a configuration: experiments: [{datasets: [NAME], systems: [SYSTEM], variants: [leak_free]}]"
    shown = Table(box=box.SIMPLE, show_lines=True, caption=caption)
    for column in ("system", "as published", "leak free"):
        shown.add_column(column, overflow="fold", ratio=1)
    for name in chosen:
        system = SYSTEMS[name]
        weights = ["starts from VGG-Face: experiments need the key weights"] if system.pretrained else []
        about = "\n".join([name, system.task, *weights, system.source])
        shown.add_row(about, described(name, "as_published"), described(name, "leak_free"))
    console = Console(markup=False, emoji=False, highlight=False)
    console.print(shown)


def described(name: str, variant: Variant) -> str:
    """One variant of a system in words: feature, model with its schedule, protocols, leaks."""
    setup, leaks = SYSTEMS[name].setup(variant), SYSTEMS[name].leaks(variant)
    told = f"leaks: {'; '.join(leaks)}" if leaks else "no leak"
    return "\n".join([setup.feature, *_model_lines(setup), ", ".join(setup.protocols), told])


def _model_lines(setup: Setup) -> list[str]:
    spec = ModelSpec.model_validate(setup.model)
    options = ", ".join(f"{key} {value}" for key, value in spec.parameters.items())
    lines = [f"{spec.architecture} ({options})" if options else spec.architecture]
    if spec.epochs is None:
        return lines
    lines.append(f"{spec.epochs} epochs, batches of {spec.batch_size}, {spec.optimizer} at {spec.learning_rate:g}")
    extras = []
    if spec.decay:
        extras.append(f"decay {spec.decay:g}")
    if spec.plateau:
        extras.append(f"rate × {spec.plateau.factor:g} on a plateau of {spec.plateau.monitor}")
    if spec.spatial:
        stop = spec.spatial.early_stopping
        extras.append("frames first" + (f", until {stop.monitor} rises" if stop else ""))
    if spec.validation:
        extras.append(f"{spec.validation.share:.0%} kept back by {spec.validation.by}")
    if spec.augmentation:
        extras.append(f"copies: {spec.augmentation.family}")
    if spec.vote:
        extras.append(f"vote: {spec.vote}")
    return [*lines, *(["; ".join(extras)] if extras else [])]
