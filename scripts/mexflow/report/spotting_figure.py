"""The figure of one long video: scores over time, and which intervals were spotted, rightly or wrongly, or missed."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import MaxNLocator

from mexflow.report.figures import shortened, writing_figure
from mexflow.report.spotted_video import Interval, SpottedVideo, TypeOfVideo, rows_of

RIGHT_COLOUR, WRONG_COLOUR = "#0072b2", "#d55e00"
"""Of hits and of misses: told apart by people who see no red, and by shape as well."""

_CURVE, _PEAK, _THRESHOLD = "#3a3a3a", "#111111", "#777777"
_WIDTH, _PANEL, _HEAD, _FOOT = 2000, 380, 150, 160  # px
_LEFT, _RIGHT = 120, 45  # px
_STEPS = [1, 2, 5, 10]
_LANES = {"true": 1.0, "spotted": 0.0}
_SHORTEST = 0.0015  # of the axis: a bar of fewer frames is drawn that wide, or it could not be seen


def spotting_figure(video: SpottedVideo, path: Path) -> None:
    """Draw a panel per type of expression: curve, threshold and peaks, and the intervals below them.

    Parameters
    ----------
    video : SpottedVideo
    path : Path
        The PNG to write.

    Raises
    ------
    UserError
        If the disk is full.
    """
    panels = len(video.by_type)
    height = _HEAD + panels * _PANEL + _FOOT
    with writing_figure(path, _WIDTH, height) as figure:
        rows = figure.subplots(2 * panels, 1, sharex=True, height_ratios=[2.6, 1] * panels)
        figure.subplots_adjust(
            left=_LEFT / _WIDTH,
            right=1 - _RIGHT / _WIDTH,
            top=1 - _HEAD / height,
            bottom=_FOOT / height,
            hspace=0.16,
        )
        for (name, one), curve, lanes in zip(video.by_type.items(), rows[::2], rows[1::2], strict=True):
            _draw_curve(curve, name, one, video)
            _draw_lanes(lanes, one, video)
        rows[0].set_xlim(video.first_frame - 0.5, video.last_frame + 0.5)
        rows[-1].set_xlabel("frame")
        rows[-1].tick_params(bottom=True, labelbottom=True)
        rows[-1].xaxis.set_major_locator(MaxNLocator(14, steps=_STEPS, integer=True))
        _draw_seconds(rows[0], video)
        _write_heading(figure, video, height)
        _draw_legend(figure, video)


def _draw_curve(axes: Axes, name: str, one: TypeOfVideo, video: SpottedVideo) -> None:
    axes.plot(one.frames, one.values, color=_CURVE, linewidth=0.9, zorder=3)
    if np.isfinite(one.threshold):
        axes.axhline(one.threshold, color=_THRESHOLD, linewidth=1, linestyle=(0, (5, 3)), zorder=2)
    axes.plot(one.peaks, one.value_at(one.peaks), "v", color=_PEAK, markersize=4.5, zorder=4, clip_on=False)
    for interval in one.true:
        colour = RIGHT_COLOUR if interval.is_hit else WRONG_COLOUR
        axes.axvspan(*_ends(interval, video), color=colour, alpha=0.13, linewidth=0, zorder=1)
    axes.set_ylabel(f"{name}\n{'score, smoothed' if one.smoothed else 'score'}")
    axes.tick_params(labelbottom=False, bottom=False)
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.margins(y=0.08)
    if not len(one.values):
        axes.set_yticks([])
        axes.text(0.5, 0.5, "no scores", transform=axes.transAxes, ha="center", va="center", color=_THRESHOLD)


def _draw_lanes(axes: Axes, one: TypeOfVideo, video: SpottedVideo) -> None:
    lanes: tuple[tuple[str, Sequence[Interval]], ...] = (("true", one.true), ("spotted", one.predicted))
    for lane, intervals in lanes:
        rows = rows_of(intervals)
        height = 0.8 / (1 + max(rows, default=0))
        for interval, row in zip(intervals, rows, strict=True):
            low, high = _ends(interval, video)
            bottom = _LANES[lane] + 0.4 - (row + 1) * height
            look = _look(lane, interval.is_hit)
            axes.add_patch(Rectangle((low, bottom), high - low, 0.85 * height, gid=lane, **look))
    hits, false, missed = one.counts
    axes.set(ylim=(-0.6, 1.6), yticks=list(_LANES.values()), yticklabels=list(_LANES))
    axes.tick_params(left=False, bottom=False, labelbottom=False)
    axes.spines["left"].set_visible(False)
    said = f"{hits} spotted rightly, {false} wrongly, {missed} missed"
    axes.text(1, 1.02, said, transform=axes.transAxes, ha="right", va="bottom", fontsize=8)


def _look(lane: str, right: bool) -> dict[str, Any]:
    """Filled if right; hatched if spotted wrongly, hollow and dashed if missed."""
    colour = RIGHT_COLOUR if right else WRONG_COLOUR
    if right:
        return {"facecolor": colour, "edgecolor": colour, "linewidth": 0.8}
    if lane == "true":
        return {"facecolor": "white", "edgecolor": colour, "linewidth": 1.2, "linestyle": (0, (2, 1))}
    return {"facecolor": "white", "edgecolor": colour, "linewidth": 1.0, "hatch": "/" * 7}


def _ends(interval: Interval, video: SpottedVideo) -> tuple[float, float]:
    """Where a bar begins and ends, in frames: around its first and last frame, and not too short to be seen."""
    wider = max(0.0, _SHORTEST * video.length - (interval.offset - interval.onset + 1)) / 2
    return interval.onset - 0.5 - wider, interval.offset + 0.5 + wider


def _draw_seconds(axes: Axes, video: SpottedVideo) -> None:
    def seconds_of(frame: Any) -> Any:
        return (frame - video.first_frame) / video.fps

    def frame_of(second: Any) -> Any:
        return second * video.fps + video.first_frame

    seconds = axes.secondary_xaxis("top", functions=(seconds_of, frame_of))
    seconds.xaxis.set_major_locator(MaxNLocator(14, steps=_STEPS))
    seconds.set_xlabel("seconds from the first frame")


def _write_heading(figure: Figure, video: SpottedVideo, height: int) -> None:
    name = shortened(f"{video.dataset} / {video.subject} / {video.video}", 100)
    note = f"{video.length} frames at {video.fps:g} per second"
    figure.text(_LEFT / _WIDTH, 1 - 34 / height, name, fontsize=12, fontweight="bold", parse_math=False)
    figure.text(_LEFT / _WIDTH, 1 - 64 / height, note, fontsize=9)


def _draw_legend(figure: Figure, video: SpottedVideo) -> None:
    thresholds = [one.threshold for one in video.by_type.values()]
    handles: list[Patch | Line2D] = [
        Patch(label="hit: true and found", **_look("true", right=True)),
        Patch(label="true, missed", **_look("true", right=False)),
        Patch(label="spotted, false", **_look("spotted", right=False)),
        Line2D([], [], color=_CURVE, linewidth=1.2, label="score"),
    ]
    if any(len(one.peaks) for one in video.by_type.values()):
        handles.append(Line2D([], [], color=_PEAK, marker="v", linestyle="", markersize=5, label="peak"))
    if np.isfinite(thresholds).any():
        handles.append(Line2D([], [], color=_THRESHOLD, linestyle=(0, (5, 3)), linewidth=1.2, label="threshold"))
    figure.legend(handles=handles, loc="lower center", ncols=len(handles), frameon=False, handlelength=2.4)
