"""`mexflow scores`: what is finished, and what failed."""

import io
from pathlib import Path
from typing import Any

import pandas as pd
from rich import box
from rich.console import Console
from rich.table import Table

from mexflow.config.configuration import Run
from mexflow.errors import UserError
from mexflow.report.failures import PAGE, read_failures, summary, waiting_runs
from mexflow.report.scores_table import scores_table
from mexflow.store.records import read_record


def scores(results: Path = Path("results")) -> None:
    """Show the scores of all finished runs, which jobs failed, and where the report is."""
    failures = read_failures(results)
    table = _finished(results, waiting_runs(failures))
    if table.empty and failures.empty:
        raise UserError(f"{results / 'scores.csv'} is missing. Run: snakemake --cores all")
    if not table.empty:
        Console().print(_shown(table))
    if not failures.empty:
        print(f"{summary(failures)}. See {(results / PAGE).resolve()}")
        for row in failures.drop_duplicates(["rule", "reason"]).itertuples():
            print(f"  {row.rule}: {row.job}: {row.reason}")
    report = results / "report.html"
    print(f"Report: {report.resolve()}" if report.exists() else "No report yet. Run: make report")


def _finished(results: Path, waiting: list[str]) -> pd.DataFrame:
    """The table of all runs; where it is not made, of all runs in the folder that are scored and wait for nothing."""
    if not waiting and (results / "scores.csv").exists():
        return pd.read_csv(results / "scores.csv", dtype=str, keep_default_na=False)
    done = {path: Run.of_folder(path.parent) for path in results.glob("*/runs/*/*/*/*/scores.json")}
    left_out = {str(Path(*Path(folder).parts[1:])) for folder in waiting}
    found = {
        run: read_record(path) for path, run in done.items() if str(path.parent.relative_to(results)) not in left_out
    }
    if not found:
        return pd.DataFrame()
    text = scores_table(found).to_csv(index=False)
    return pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)


def _shown(scores: pd.DataFrame) -> Table:
    failed, flattering = ((scores.audit == word).sum() for word in ("FAILED", "as published"))
    audit = f"{failed} failed the leak audit!" if failed else "Every run passed its leak audit."
    if flattering:
        audit += f" {flattering} as published, by a protocol that leaks: see results/scores.html."
    caption = f"Mean ± sd over seeds, 95 % subject-bootstrap interval. {audit}"
    shown = Table(title="Scores", caption=caption, box=box.SIMPLE)
    shown.add_column("run", overflow="fold")
    for column in ("clips", "seeds", "UF1", "UAR", "WAR"):
        shown.add_column(column, justify="right", no_wrap=True)
    for row in scores.itertuples():
        run = f"{row.dataset}, {row.labels}\n{row.feature}, {row.model}, {row.protocol}"
        run += "\nas published" if row.audit == "as published" else ""
        metrics = [_metric(row, name) for name in ("uf1", "uar", "war")]
        shown.add_row(run, row.clips, row.seeds, *metrics)
    return shown


def _metric(row: Any, name: str) -> str:
    mean, sd, low, high = (getattr(row, name + part) for part in ("", "_sd", "_low", "_high"))
    lines = [_decimal(mean) + (f" ± {_decimal(sd)}" if sd else ""), f"{_decimal(low)}–{_decimal(high)}" if low else ""]
    return "\n".join(lines)


def _decimal(number: str) -> str:
    return f"{float(number):.3f}".removeprefix("0")
