"""How commands print scores: tables for people, JSON for programs."""

import json
from typing import Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table


def print_json(record: dict[str, Any]) -> None:
    """Print plain Python values as JSON, and nothing else. A NaN is an error."""
    typer.echo(json.dumps(record, indent=1, allow_nan=False, ensure_ascii=False))


def print_tables(tables: list[Table]) -> None:
    """Names of files, datasets and classes are shown as they are, brackets and all."""
    console = Console(markup=False, emoji=False, highlight=False)
    for table in tables:
        console.print(table)
        console.print()


def score_table(title: str, first: str, *columns: str, caption: str | None = None) -> Table:
    """An empty table; its first column holds words, the others numbers."""
    table = Table(title=title, caption=caption, box=box.SIMPLE, title_justify="left", caption_justify="left")
    table.add_column(first, overflow="fold")
    for column in columns:
        table.add_column(column, justify="right")
    return table


def interval_text(interval: list[float] | None, between: str = "–") -> str:
    """Both ends of an interval, "" if there is none."""
    return "" if interval is None else between.join(digits(end) for end in interval)


def digits(value: float | None, form: str = ".3f") -> str:
    """Three digits, as tables of scores write them: .912."""
    return "–" if value is None else f"{value:{form}}".replace("0.", ".", 1)


def counted(number: int, thing: str) -> str:
    """1 clip, 2 clips."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
