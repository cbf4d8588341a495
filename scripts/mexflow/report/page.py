"""What all pages have in common: colours for light and dark, and text that is safe in HTML."""

from html import escape

import pandas as pd


def counted(number: int, thing: str) -> str:
    """A number and its noun.

    Examples
    --------
    >>> counted(1, "clip"), counted(72, "clip")
    ('1 clip', '72 clips')
    """
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def text(value: object) -> str:
    """A value as text in HTML."""
    return escape(str(value))


def three_digits(value: float | None) -> str:
    """A score as tables write it; a dash for what is undefined.

    Examples
    --------
    >>> three_digits(0.9124), three_digits(1), three_digits(None)
    ('.912', '1.000', '–')
    """
    return "–" if pd.isna(value) else f"{value:.3f}".removeprefix("0")


def score_cell(value: float, deviation: float, low: float, high: float) -> str:
    """A score in HTML, with its deviation and interval where they are defined."""
    spread = "" if pd.isna(deviation) else f" ± {three_digits(deviation)}"
    interval = "" if pd.isna(low) else f"<br><small>[{three_digits(low)}, {three_digits(high)}]</small>"
    return f"<b>{three_digits(value)}</b>{spread}{interval}"


PAGE_STYLE = """
:root { color-scheme: light dark; --ink: #1c1c1e; --soft: #63636b; --line: #d9d9de;
  --band: #f3f3f6; --paper: #ffffff; --mark: #0b63b0; --warn: #b00020; }
@media (prefers-color-scheme: dark) { :root { --ink: #ececf0; --soft: #a0a0aa; --line: #3c3c44;
  --band: #26262c; --paper: #18181c; --mark: #6cb4f5; --warn: #ff7b86; } }
body { font: 15px/1.45 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; color: var(--ink);
  background: var(--paper); max-width: 1080px; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin: 0 0 1rem; }
.table { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
tbody tr { border-bottom: 1px solid var(--line); }
small { color: var(--soft); font-size: .85em; font-weight: 400; }
.control { color: var(--warn); font-weight: 600; }
dl { margin-top: 2rem; display: grid; grid-template-columns: max-content 1fr; gap: .35rem 1rem;
  font-size: .9rem; }
dt { font-weight: 600; }
dd { margin: 0; color: var(--soft); }
"""
"""Custom properties, body, tables and definition lists; a page adds its own rules behind."""
