"""The outlines of a face, drawn from its landmarks where the face itself is not to be shown."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes

# Jaw, brows, nose, eyes and lips of the 68 landmarks; eyes and lips are closed outlines.
_OUTLINES = (
    range(17),
    range(17, 22),
    range(22, 27),
    range(27, 31),
    range(31, 36),
    (*range(36, 42), 36),
    (*range(42, 48), 42),
    (*range(48, 60), 48),
    (*range(60, 68), 60),
)


def draw_outlines(axes: Axes, landmarks: np.ndarray, **style: Any) -> None:
    """Draw them as lines.

    Parameters
    ----------
    axes : Axes
        In px of the crop.
    landmarks : (68, 2) array
        x, y in px of the crop; nothing is drawn of landmarks that are NaN.
    **style
        Of the lines, as Matplotlib's `plot` takes it.
    """
    for outline in _OUTLINES:
        axes.plot(*landmarks[list(outline)].T, **style)


def outline_path(landmarks: np.ndarray) -> str:
    """The same lines as the data of an SVG path.

    Parameters
    ----------
    landmarks : (68, 2) array
        x, y in px of the crop.

    Returns
    -------
    str
        In px of the crop, where pixel (0, 0) reaches from 0 to 1; "" if a landmark is NaN.
    """
    if np.isnan(landmarks).any():
        return ""
    lines = (" ".join(f"{x + 0.5:.1f},{y + 0.5:.1f}" for x, y in landmarks[list(outline)]) for outline in _OUTLINES)
    return "".join(f"M{line}" for line in lines)
