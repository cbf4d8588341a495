"""Jobs that failed for good: which, why, and the runs that wait for them. As a table, and as a page for a reader.

Snakemake's main process collects them while it runs and writes both files when it ends with failures; a run without
failures removes them (`# Failures` in rules/common.smk).
"""

import datetime
import logging
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from mexflow.report.page import PAGE_STYLE, counted, text
from mexflow.store.files import replacing
from mexflow.store.tables import read_text_csv, write_csv

TABLE, PAGE = "failed.csv", "failed.html"
COLUMNS = ("rule", "job", "output", "reason", "log", "last_lines", "waiting_runs")

SILENT = "ended without a message: killed, out of memory or out of time"
NOT_STARTED = "did not start"
NO_OUTPUT = "ended well, but its output is missing or empty"

_LINES, _WIDTH, _TAIL = 20, 2_000, 65_536
_CLOCKS_APART = 60.0
"""Seconds by which the clocks of two machines may differ."""


class JobErrors(logging.Handler):
    """What Snakemake's log says of jobs that failed, by their numbers.

    Attributes
    ----------
    said : dict of int to str
        The scheduler's word for it, such as a status of SLURM; "" where it has none.
    since : float
        When this began, in seconds since the epoch.
    """

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.said: dict[int, str] = {}
        self.since = time.time()

    def emit(self, record: logging.LogRecord) -> None:
        """Note what a record says, if it is about jobs that failed."""
        match getattr(record, "event", None):
            case "job_error":
                self._note(vars(record))
            case "group_error":
                for job in vars(record)["job_error_info"]:
                    self._note(job)

    def _note(self, job: Mapping[str, Any]) -> None:
        self.said[job["jobid"]] = str(job["rule_msg"] or "").strip()


@dataclass(frozen=True)
class FailedJob:
    """A job whose last attempt failed.

    Attributes
    ----------
    rule : str
    wildcards : tuple of str
        Their values.
    output : str
        Its first output.
    log : Path or None
    said : str or None
        Of `JobErrors`; None if nothing was said, since the job ended well and its output was found wanting.
    waiting_runs : tuple of str
        The folders of the runs that cannot be scored before it is done.
    """

    rule: str
    wildcards: tuple[str, ...]
    output: str
    log: Path | None
    said: str | None
    waiting_runs: tuple[str, ...]


def failures_table(jobs: Iterable[FailedJob], since: float) -> pd.DataFrame:
    """One row per failed job.

    Parameters
    ----------
    jobs : iterable of FailedJob
    since : float
        When the first of them may have started, in seconds since the epoch: an older log is not theirs.

    Returns
    -------
    DataFrame of text, sorted by rule and job
        rule; job (the values of its wildcards); output (the first); reason; log; last_lines (of the log, at most 20);
        waiting_runs (their folders, one a line).
    """
    rows = [_row(job, since) for job in jobs]
    return pd.DataFrame(rows, columns=list(COLUMNS)).sort_values(["rule", "job"], ignore_index=True)


def write_failures(table: pd.DataFrame, results: Path, ended: datetime.datetime) -> None:
    """Write failed.csv and failed.html into the folder of results.

    Parameters
    ----------
    table : DataFrame
        Of `failures_table`.
    results : Path
    ended : datetime
        When the run with these failures ended.

    Raises
    ------
    UserError
        If the disk is full.
    """
    write_csv(table, results / TABLE)
    sections = [_section(reason, own) for reason, own in table.groupby("reason", sort=False)]
    page = _PAGE.replace("{style}", PAGE_STYLE + _STYLE).replace("{ended}", f"{ended:%Y-%m-%d %H:%M}")
    page = page.replace("{summary}", text(summary(table))).replace("{failures}", "\n".join(sections))
    with replacing(results / PAGE) as beside:
        beside.write_text(page, encoding="utf-8")


def remove_failures(results: Path) -> None:
    """Remove what `write_failures` wrote, if anything."""
    for name in (TABLE, PAGE):
        (results / name).unlink(missing_ok=True)


def read_failures(results: Path) -> pd.DataFrame:
    """The table that `write_failures` wrote; without rows if nothing has failed.

    Raises
    ------
    UserError
        If it is damaged.
    """
    if not (results / TABLE).exists():
        return pd.DataFrame(columns=list(COLUMNS))
    return read_text_csv(results / TABLE, "failed jobs")


def waiting_runs(table: pd.DataFrame) -> list[str]:
    """The folders of all runs that wait for a failed job, sorted."""
    return sorted({run for runs in table.waiting_runs for run in runs.splitlines()})


def summary(table: pd.DataFrame) -> str:
    """How many jobs failed, and how many runs wait for them, in words.

    Examples
    --------
    >>> table = pd.DataFrame({"waiting_runs": ["results/demo/runs/a", "results/demo/runs/a", ""]})
    >>> summary(table)
    '3 jobs failed; 1 run waits for them'
    """
    runs, failed = len(waiting_runs(table)), f"{counted(len(table), 'job')} failed"
    if not runs:
        return failed
    return (
        f"{failed}; {counted(runs, 'run')} {'waits' if runs == 1 else 'wait'} for {'it' if len(table) == 1 else 'them'}"
    )


def _row(job: FailedJob, since: float) -> dict[str, str]:
    log = _end_of(job.log, since)
    return {
        "rule": job.rule,
        "job": " · ".join(job.wildcards),
        "output": job.output,
        "reason": _reason(log, job.said),
        "log": str(job.log or ""),
        "last_lines": "\n".join(line[:_WIDTH] for line in (log or [])[-_LINES:]),
        "waiting_runs": "\n".join(sorted(job.waiting_runs)),
    }


def _end_of(log: Path | None, since: float) -> list[str] | None:
    """The end of a log, line by line; None if there is none, or an older run left it."""
    try:
        if log is None or log.stat().st_mtime < since - _CLOCKS_APART:
            return None
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - _TAIL))
            lines = file.read().decode(errors="replace").splitlines()
    except OSError:
        return None
    return [line.rstrip() for line in lines]


def _reason(log: list[str] | None, said: str | None) -> str:
    if said is None:
        return NO_OUTPUT
    message = _message(log or [])
    if message:
        return message
    return ". ".join(part for part in (NOT_STARTED if log is None else SILENT, said) if part)


def _message(log: list[str]) -> str:
    """The last error that a log tells: our own message, or the last line of a traceback. "" if there is none."""
    for number in range(len(log) - 1, -1, -1):
        if log[number].startswith("Error: "):
            return "\n".join(log[number:]).removeprefix("Error: ").strip()
        if log[number].startswith("Traceback (most recent call last)"):
            return next((line for line in log[number + 1 :] if line and not line.startswith(" ")), "")
    return ""


def _section(reason: str, failed: pd.DataFrame) -> str:
    folded = "".join(_job(row, opened=number == 0) for number, row in enumerate(failed.itertuples()))
    return f"<section><h2>{text(reason)}</h2>\n{folded}</section>"


def _job(row: Any, opened: bool) -> str:
    waits = "".join(f"<li>{text(run_in_words(run))}</li>" for run in row.waiting_runs.splitlines())
    return "\n".join(
        [
            f"<details{' open' * opened}><summary><b>{text(row.rule)}</b> {text(row.job)}</summary>",
            f"<p><small>to make</small> <code>{text(row.output)}</code><br>",
            f"<small>log</small> <code>{text(row.log)}</code></p>",
            f"<p><small>runs that wait for it</small></p><ul>{waits}</ul>" if waits else "",
            f"<pre>{text(row.last_lines)}</pre>" if row.last_lines else "",
            "</details>\n",
        ]
    )


def run_in_words(folder: str) -> str:
    """The names that a run's folder consists of.

    Examples
    --------
    >>> run_in_words("results/demo/runs/uvs28/three_class/ststnet/loso")
    'demo · uvs28 · three_class · ststnet · loso'
    """
    dataset, _, *names = Path(folder).parts[1:]
    return " · ".join([dataset, *names])


_STYLE = """
h2 { font-size: 1.05rem; color: var(--warn); white-space: pre-wrap; margin: 2rem 0 .6rem; overflow-wrap: anywhere; }
details { border-left: 3px solid var(--line); padding: .2rem 0 .2rem 1rem; margin: .4rem 0; }
summary { cursor: pointer; overflow-wrap: anywhere; }
details p { margin: .5rem 0; overflow-wrap: anywhere; }
pre { background: var(--band); padding: .8rem 1rem; white-space: pre-wrap; overflow-wrap: anywhere;
  font-size: .82rem; line-height: 1.4; }
code { font-size: .9em; }
ul { margin: .2rem 0 .6rem; }
"""

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>mexflow: failed jobs</title>
<style>{style}</style>
</head>
<body>
<h1>{summary}</h1>
<p>In the run that ended on {ended}. Everything that does not depend on them has gone on: <code>mexflow scores</code>
shows the runs that are finished. Remove the cause and start Snakemake again; what is done is not done again, and this
page goes when nothing fails any more.</p>
{failures}
</body>
</html>
"""
