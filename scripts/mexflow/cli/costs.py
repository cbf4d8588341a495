"""`mexflow costs`: what each stage took, as a table and a picture."""

from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

from mexflow.errors import UserError
from mexflow.planning.recorded import LOGS, recorded_jobs
from mexflow.planning.spent import Spent, spent_by_rule
from mexflow.report.costs_figure import costs_figure


def costs(logs: Path = LOGS, output: Path = Path("results/costs.png")) -> None:
    """Show what the jobs that have run took: time, processor time and memory of each rule, and draw it.

    Of a job that ran several times the last one counts.
    """
    records = recorded_jobs(logs)
    if not records:
        raise UserError(f"{logs}: no job has left a record there yet. Run: snakemake --cores all")
    spent = spent_by_rule(records)
    Console(markup=False, emoji=False, highlight=False).print(_table(spent))
    costs_figure(spent, output)
    print(f"Picture: {output.resolve()}")


def _table(spent: list[Spent]) -> Table:
    caption = (
        "Of a job that ran several times the last one. × exp.: time over what the size of the input let expect."
        " MB: the memory of the largest job, and how much of what it had asked for."
    )
    shown = Table(title="What the stages took", box=box.SIMPLE, caption=caption, show_footer=True)
    shown.add_column("rule", footer="all", no_wrap=True)
    shown.add_column("jobs", footer=str(sum(one.jobs for one in spent)), justify="right")
    shown.add_column("core-h", footer=f"{sum(one.core_hours for one in spent):.2f}", justify="right")
    shown.add_column("GPU-h", footer=f"{sum(one.gpu_hours for one in spent):.2f}", justify="right")
    for name in ("median s", "× exp.", "MB", "of asked"):
        shown.add_column(name, justify="right")
    for one in spent:
        shown.add_row(
            one.rule,
            str(one.jobs),
            f"{one.core_hours:.3f}",
            f"{one.gpu_hours:.3f}" if one.gpu_hours else "",
            f"{one.median_s:.1f}",
            f"{one.times_expected:.2f}",
            f"{one.memory_mb:.0f}",
            f"{one.memory_share:.0%}",
        )
    return shown
