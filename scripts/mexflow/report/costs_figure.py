"""A picture of what the stages took: hours of each rule, and the memory they used of what they asked for."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mexflow.planning.spent import Spent
from mexflow.report.figures import writing_figure
from mexflow.report.page import counted

_TIME, _USED, _ASKED = "#08519c", "#6baed6", "#b35806"


def costs_figure(spent: Sequence[Spent], path: Path) -> None:
    """Draw the core-hours of each rule and, beside them, the largest memory of a job and what it had asked for.

    Parameters
    ----------
    spent : sequence of Spent
        Not empty; see `mexflow.planning.spent.spent_by_rule`.
    path : Path
        The PNG to write.

    Raises
    ------
    UserError
        If the disk is full.
    """
    rows = np.arange(len(spent))
    with writing_figure(path, 1400, 260 + 48 * len(spent)) as figure:
        time, memory = figure.subplots(1, 2, sharey=True)
        margin = 110 / (260 + 48 * len(spent))
        figure.subplots_adjust(left=0.16, right=0.97, top=1 - margin, bottom=1.1 * margin, wspace=0.12)
        hours = [one.core_hours for one in spent]
        unit, factor = ("core-hours", 1.0) if max(hours) >= 0.5 else ("core-minutes", 60.0)
        time.barh(rows, [hour * factor for hour in hours], color=_TIME, height=0.6)
        for row, one in zip(rows, spent, strict=True):
            jobs = f" {one.core_hours * factor:.2f}, {counted(one.jobs, 'job')}"
            time.text(one.core_hours * factor, row, jobs, va="center", fontsize=8)
        time.set_xlim(0, 1.35 * max(hours) * factor)
        time.set_xlabel(unit)
        time.set_yticks(rows, [one.rule for one in spent])
        time.invert_yaxis()
        time.set_title("time of each rule", loc="left")
        memory.barh(rows, [one.memory_mb for one in spent], color=_USED, height=0.6)
        asked = [one.asked_mb for one in spent]
        memory.scatter(asked, rows, marker="|", s=180, color=_ASKED, zorder=3)
        memory.set_xlim(0, 1.08 * max(*asked, *(one.memory_mb for one in spent)))
        memory.set_xlabel("MB")
        memory.set_title("memory of the largest job, and what it asked for (marks)", loc="left")
