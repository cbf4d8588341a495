"""PNG files: the same bytes for the same content, whole or not at all."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import matplotlib.style
from matplotlib.figure import Figure

from mexflow.store.files import replacing

DPI = 150
_STYLE = {
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.facecolor": "white",
}


@contextlib.contextmanager
def writing_figure(path: Path, width: int, height: int) -> Iterator[Figure]:
    """A new figure, saved as a PNG at `path` when the block ends well.

    Neither the user's matplotlibrc nor the date nor Matplotlib's version enters the file.

    Parameters
    ----------
    path : Path
    width, height : int
        Of the picture, in px.

    Raises
    ------
    UserError
        If the disk is full.
    """
    with matplotlib.style.context(["default", _STYLE]):
        figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI)
        yield figure
        with replacing(path) as beside:
            figure.savefig(beside, format="png", metadata={"Software": None})


def shortened(text: str, characters: int) -> str:
    """A name in at most so many characters: a longer one loses its middle, since names differ at their ends.

    Examples
    --------
    >>> shortened("s01_negative_02", 12)
    's01…ative_02'
    """
    if len(text) <= characters:
        return text
    head = (characters - 1) // 3
    return f"{text[:head]}…{text[len(text) - (characters - 1 - head) :]}"
