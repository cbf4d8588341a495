"""`mexflow models`: which networks there are, and how large they are."""

import json
import textwrap
from collections.abc import Mapping
from itertools import groupby
from operator import attrgetter
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from mexflow.models.catalogue import CATALOGUE

_SAMPLE, _CLASSES, _WEIGHTS = 17, 7, 11  # letters
_CAPTION = """
In a configuration: NAME: {architecture: …, parameters: {…}, epochs: …, batch_size: …, learning_rate: …}
svm is fitted at once, to any feature, and takes no schedule. Other parameters and their defaults: the architecture's \
module in mexflow.models. Features, which need an alignment and most of them a flow: mexflow features"""


def models() -> None:
    """List the architectures and their published variants: parameters to set, sample, feature, size, source."""
    console = Console(highlight=False)
    parameters, feature = _widths(console.width)
    console.print(Padding.indent(_columns(parameters, feature, titles=True), 1))
    for (architecture, source), variants in groupby(CATALOGUE, key=attrgetter("architecture", "source")):
        console.print(f"\n[bold]{architecture}[/bold]  {escape(source)}")
        shown = _columns(parameters, feature)
        for one in variants:
            shown.add_row(
                _written(one.parameters, parameters) or "–",
                " × ".join(map(str, one.input_shape)),
                str(one.classes),
                _written(one.feature, feature),
                "–" if one.weights is None else f"{one.weights:,}",
            )
        console.print(Padding.indent(shown, 1))
    console.print(escape(_CAPTION))


def _widths(console: int) -> tuple[int, int]:
    """Of parameters and of feature: what the longest need, if there is room for it; names of features are not cut."""
    room = console - _SAMPLE - _CLASSES - _WEIGHTS - 9  # an indent of 1, four gaps of 2
    feature = min(43, max(25, room - 46))
    parameters = min(46, room - feature)
    return (parameters, feature) if parameters > 20 else (room - room // 2, room // 2)


def _columns(parameters: int, feature: int, *, titles: bool = False) -> Table:
    """A table without rows; all of them have their columns at the same places."""
    shown = Table(box=None, show_header=titles, padding=(0, 2, 0, 0), pad_edge=False)
    shown.add_column("parameters", width=parameters, overflow="fold")
    shown.add_column("sample", width=_SAMPLE, overflow="fold")
    shown.add_column("classes", width=_CLASSES, justify="right")
    shown.add_column("feature", width=feature, overflow="fold")
    shown.add_column("weights", width=_WEIGHTS, justify="right")
    return shown


def _written(keys: Mapping[str, Any], width: int) -> str:
    """Keys and values as in the configuration, in lines of so many letters that part no key from its value."""
    space = "\N{NO-BREAK SPACE}"
    pairs = [f"{key}:{space}{value if isinstance(value, str) else json.dumps(value)}" for key, value in keys.items()]
    text = ", ".join(pairs).removeprefix(f"ready:{space}")
    return textwrap.fill(text, width, break_long_words=False).replace(space, " ")
