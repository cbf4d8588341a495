"""The confusion matrix of a run, all seeds together."""

import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mexflow.report.figures import DPI, writing_figure

_CELL, _LEFT, _RIGHT, _ABOVE, _BELOW = 150, 210, 170, 190, 110  # px
_LEAST_WIDTH = 960  # px, for the lines of text
_LEAKS = 75  # px, for what a protocol as published leaks
_LONG_TITLE = 70  # characters
_CONTROL = "#b00000"


def confusion_figure(scores: Mapping[str, Any], title: str, path: Path) -> None:
    """Draw the confusion matrix summed over seeds: counts, and per cent of the true class.

    Parameters
    ----------
    scores : mapping
        What `mexflow.evaluation.recognition.score` returns; with ``permuted_labels`` true it is called a
        control, and with leaks in ``leak_audit`` it is marked as published, with the reasons.
    title : str
    path : Path
        The PNG to write.

    Raises
    ------
    UserError
        If the disk is full.
    """
    counts = np.array(scores["confusion"])
    side = _CELL * len(counts)
    below = _BELOW + (_LEAKS if scores.get("leak_audit", {}).get("as_published") else 0)
    width, height = max(_LEFT + side + _RIGHT, _LEAST_WIDTH), _ABOVE + side + below
    with writing_figure(path, width, height) as figure:
        left = (width - side + _LEFT - _RIGHT) / 2
        axes = figure.add_axes((left / width, below / height, side / width, side / height))
        _draw_matrix(axes, counts)
        _name_classes(axes, scores)
        _draw_colour_bar(figure, axes, (left + side) / width)
        _write_heading(figure, scores, title)


def _draw_matrix(axes: Axes, counts: np.ndarray) -> None:
    truth = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, truth, out=np.zeros(counts.shape), where=truth > 0)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (row, column), share in np.ndenumerate(shares):
        colour = "white" if share > 0.55 else "#202020"
        centre: dict[str, Any] = {"horizontalalignment": "center", "color": colour}
        axes.text(column, row - 0.02, str(counts[row, column]), fontsize=13, fontweight="bold", **centre)
        if truth[row, 0] > 0:
            axes.text(column, row + 0.08, f"{share:.0%}", fontsize=8.5, verticalalignment="top", **centre)
    edges = np.arange(-0.5, len(counts))
    axes.hlines(edges, edges[0], edges[-1], color="white", linewidth=1.5)
    axes.vlines(edges, edges[0], edges[-1], color="white", linewidth=1.5)
    axes.spines[:].set_visible(False)


def _name_classes(axes: Axes, scores: Mapping[str, Any]) -> None:
    names = scores["class_names"]
    positions = range(len(names))
    clips = [f"{name}\n{_counted(n, 'clip')}" for name, n in zip(names, scores["class_counts"], strict=True)]
    axes.set_xticks(positions, [textwrap.fill(name, 12) for name in names])
    axes.set_yticks(positions, clips)
    axes.tick_params(length=0)
    axes.set_xlabel("predicted class", labelpad=8)
    axes.set_ylabel("true class", labelpad=8)


def _draw_colour_bar(figure: Figure, axes: Axes, right: float) -> None:
    width, _ = figure.get_size_inches() * DPI
    box = axes.get_position()
    bar = figure.add_axes((right + 25 / width, box.y0, 18 / width, box.height))
    figure.colorbar(axes.images[0], cax=bar, format=lambda share, _: f"{share:.0%}")
    bar.set_ylabel("share of the true class")


def _write_heading(figure: Figure, scores: Mapping[str, Any], title: str) -> None:
    seeds = len(scores["seeds"])
    counted = f"{_counted(scores['n_clips'], 'clip')} of {_counted(scores['n_subjects'], 'subject')}"
    counts = f"{_counted(seeds, 'seed')}, their counts added up" if seeds > 1 else "1 seed"
    metrics = " · ".join(_metric(name, scores["metrics"][name.lower()]) for name in ("UF1", "UAR"))
    lines = [f"{counted}; {counts}", f"{metrics}   (95 % subject-bootstrap interval)"]
    _, height = figure.get_size_inches() * DPI
    size = 12 if len(title) <= _LONG_TITLE else 8.5
    name = textwrap.fill(title, _LONG_TITLE if size == 12 else 95)
    figure.text(
        0.03, 1 - 18 / height, name, fontsize=size, fontweight="bold", verticalalignment="top", parse_math=False
    )
    figure.text(0.03, 1 - 60 / height, "\n".join(lines), fontsize=9, verticalalignment="top", linespacing=1.5)
    if scores.get("permuted_labels"):
        control = "Control: trained on labels permuted inside each subject; it must be at chance."
        figure.text(0.03, 1 - 125 / height, control, fontsize=9, verticalalignment="top", color=_CONTROL)
    leaks = scores.get("leak_audit", {}).get("as_published")
    if leaks:
        reasons = textwrap.fill(f"As published; such scores flatter: {'; '.join(leaks)}.", 105)
        figure.text(0.03, 0.01, reasons, fontsize=8, verticalalignment="bottom", color=_CONTROL)


def _metric(name: str, metric: Mapping[str, Any]) -> str:
    interval = "" if metric["ci"] is None else " [{:.3f}, {:.3f}]".format(*metric["ci"])
    return f"{name} {metric['mean']:.3f}{interval}"


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
