"""Learning curves of a run: how its loss and accuracy on the training clips develop."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatter, MaxNLocator

from mexflow.report.figures import writing_figure

_LINE, _BAND, _MEDIAN, _KEPT = "#8c8c8c", "#6baed6", "#08519c", "#b35806"
_MIDDLE = (10, 90)  # percentiles


def learning_curves_figure(curves: pd.DataFrame, title: str, path: Path) -> None:
    """Draw loss and accuracy by epoch: each fold of each seed, their median, and the middle 80 % of them.

    Where a part of the training clips was kept back, the median of loss and accuracy on it is drawn as well.

    Parameters
    ----------
    curves : DataFrame
        A row per seed, fold and epoch: seed, fold, held_out, epoch, loss and accuracy on the training clips while the
        epoch was trained, and perhaps validation_loss and validation_accuracy.
    title : str
    path : Path
        The PNG to write.

    Raises
    ------
    UserError
        If the disk is full.
    """
    with writing_figure(path, 1400, 620) as figure:
        loss, accuracy = figure.subplots(1, 2)
        figure.subplots_adjust(left=0.09, right=0.98, top=0.8, bottom=0.22, wspace=0.2)
        _draw_quantity(loss, curves, "loss")
        loss.set_yscale("log", nonpositive="mask")
        loss.yaxis.set_minor_formatter(LogFormatter(minor_thresholds=(1, 0.5)))
        _draw_quantity(accuracy, curves, "accuracy")
        accuracy.set_ylim(-0.02, 1.02)
        _write_heading(figure, curves, title)
        handles, names = loss.get_legend_handles_labels()
        figure.legend(handles, names, loc="lower center", ncols=4, frameon=False)


def _draw_quantity(axes: Axes, curves: pd.DataFrame, quantity: str) -> None:
    by_epoch = curves.pivot(index="epoch", columns=["seed", "fold"], values=quantity)
    epochs, values = by_epoch.index.to_numpy(float), by_epoch.to_numpy(float)
    opacity = np.clip(15 / len(values.T), 0.08, 0.6)
    lines = [np.column_stack([epochs, one]) for one in values.T]
    axes.add_collection(
        LineCollection(lines, colors=_LINE, linewidths=0.5, alpha=opacity, label="one fold of one seed"),
        autolim=True,
    )
    low, high = np.nanpercentile(values, _MIDDLE, axis=1)
    axes.fill_between(epochs, low, high, color=_BAND, alpha=0.45, linewidth=0, zorder=2, label="middle 80 % of them")
    marker = "o" if len(epochs) == 1 else None
    axes.plot(
        epochs,
        np.nanmedian(values, axis=1),
        color=_MEDIAN,
        linewidth=1.8,
        marker=marker,
        label="median",
        zorder=3,
    )
    kept = curves.get(f"validation_{quantity}")
    if kept is not None and kept.notna().any():
        of_kept = curves.assign(kept=kept).pivot(index="epoch", columns=["seed", "fold"], values="kept")
        axes.plot(
            epochs,
            np.nanmedian(of_kept.to_numpy(float), axis=1),
            color=_KEPT,
            linewidth=1.4,
            linestyle="--",
            marker=marker,
            label="median on clips kept back",
            zorder=3,
        )
    axes.set(xlabel="epoch", ylabel=f"training {quantity}", xlim=(0, 1.03 * epochs[-1]))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
    axes.grid(alpha=0.25, linewidth=0.5)


def _write_heading(figure: Figure, curves: pd.DataFrame, title: str) -> None:
    folds, seeds = curves["fold"].nunique(), curves["seed"].nunique()
    note = (
        f"{folds} folds × {seeds} {'seed' if seeds == 1 else 'seeds'}. Measured on the training clips while"
        " they are trained on: the clips held out take no part."
    )
    figure.text(0.015, 0.93, title, fontsize=12, fontweight="bold", parse_math=False)
    figure.text(0.015, 0.87, note, fontsize=9)
