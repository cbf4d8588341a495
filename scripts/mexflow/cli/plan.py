"""`mexflow plan`: what the configured grid consists of, what of it is up to date, and what the rest will cost."""

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from mexflow.config.configuration import Configuration, Experiment, SpottingExperiment, SystemExperiment
from mexflow.planning.estimate import Cost, PlannedJob, costs_of
from mexflow.planning.recorded import recorded_jobs
from mexflow.report.page import counted

Files = Annotated[
    list[Path] | None,
    typer.Argument(help="Configurations on top of config.yaml, as of snakemake --configfile.", show_default=False),
]


def plan(configurations: Files = None) -> None:
    """Show experiments × datasets, the jobs of each rule, and what they will cost. Nothing is run.

    Times rest on what earlier jobs of this folder took (logs/**/*.jsonl); without any, on the size of the input and the
    machine that mexflow was measured on.
    """
    from mexflow.planning.plan import planned  # noqa: PLC0415 - Snakemake's import takes a second

    found = planned(configurations or [])
    console = Console(markup=False, emoji=False, highlight=False)
    for number, one in enumerate(found.configuration.experiments):
        console.print(f"Experiment {number + 1}: {_described(one)}")
    console.print(_experiments(found.configuration, found.jobs))
    console.print(_costs(costs_of(found.jobs, recorded_jobs())))


def _experiments(configuration: Configuration, jobs: list[PlannedJob]) -> Table:
    scored = {tuple(sorted(one.names.items())): not one.needed for one in jobs if one.rule.startswith("evaluate")}
    shown = Table(title="Runs that are up to date / asked for", box=box.SIMPLE)
    shown.add_column("dataset", no_wrap=True)
    cells: dict[str, dict[int, str]] = {}
    for number, one in enumerate(configuration.experiments):
        shown.add_column(f"exp. {number + 1}", justify="right")
        done, asked = Counter[str](), Counter[str]()
        for run in configuration.combinations(one):
            asked[run.dataset] += 1
            done[run.dataset] += scored.get(tuple(sorted(vars(run).items())), False)
        for name in asked:
            cells.setdefault(name, {})[number] = f"{done[name]} / {asked[name]}"
    for name in sorted(cells):
        shown.add_row(name, *(cells[name].get(number, "") for number in range(len(configuration.experiments))))
    return shown


def _described(one: Experiment | SystemExperiment | SpottingExperiment) -> str:
    if isinstance(one, SystemExperiment):
        parts = [one.systems, one.variants]
    elif isinstance(one, SpottingExperiment):
        parts = [one.features, one.spotters, one.protocols, one.types]
    else:
        parts = [one.features, one.models, one.protocols]
    return " × ".join([*(_some(part) for part in parts), counted(len(one.seeds), "seed")])


def _some(names: tuple[str, ...]) -> str:
    return ", ".join(names) if len(names) < 5 else f"{', '.join(names[:3])} and {len(names) - 3} more"


def _costs(costs: list[Cost]) -> Table:
    caption = (
        "done: up to date. Told by so many jobs that ran here before, or by the size of the input alone."
        " GPU-hours: of jobs that ask for a GPU, if they get one; their time is that of where they were recorded,"
        " else of one core."
    )
    shown = Table(title="Jobs and what they will cost", box=box.SIMPLE, caption=caption, show_footer=True)
    total = {
        "jobs": str(sum(cost.jobs for cost in costs)),
        "done": str(sum(cost.jobs - cost.needed for cost in costs)),
        "to run": str(sum(cost.needed for cost in costs)),
        "core-h": _hours(sum(cost.core_hours for cost in costs)),
        "GPU-h": _hours(sum(cost.gpu_hours for cost in costs)),
        "GB": f"{sum(cost.disk_gb for cost in costs):.2f}",
    }
    shown.add_column("rule", footer="all", no_wrap=True)
    for name, footer in total.items():
        shown.add_column(name, footer=footer, justify="right", no_wrap=True)
    shown.add_column("told by", no_wrap=True)
    for cost in costs:
        basis = counted(cost.records, "job") if cost.records else "size"
        shown.add_row(
            cost.rule,
            str(cost.jobs),
            str(cost.jobs - cost.needed),
            str(cost.needed),
            *((_hours(cost.core_hours), _hours(cost.gpu_hours), f"{cost.disk_gb:.2f}") if cost.needed else ("",) * 3),
            basis if cost.needed else "",
        )
    return shown


def _hours(hours: float) -> str:
    return f"{hours:.2f}" if hours < 100 else f"{hours:,.0f}"
