"""The flow sheet: how faces move in each class, in one typical clip and on average."""

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from mexflow.datasets.labels import classes_of
from mexflow.errors import UserError
from mexflow.motion.strain import optical_strain
from mexflow.report.colour_wheel import colour_wheel, flow_colours
from mexflow.report.face_outlines import draw_outlines
from mexflow.report.figures import DPI, shortened, writing_figure
from mexflow.store.aligned import AlignedFile, AlignedVideo, reading_aligned
from mexflow.store.flow import ClipFlow, FlowFile, reading_flow

_PANEL, _GAP, _MARGIN, _LABEL = 190, 10, 20, 200  # px
_TITLE, _HEADING, _SCALES = 96, 66, 150  # px
_SIGNED, _POSITIVE = "RdBu_r", "magma"
_INK, _ARROW, _OUTLINE = "#202020", "#c00000", "#909090"
_SHOWN = 99.5  # per cent of the pixels that the scales hold
_STRENGTH = 95  # percentile of a clip's motion that stands for the clip
_LONGEST_ARROW = 0.12  # of the panel, at least
_GRID = 12  # arrows along each side where there are no landmarks
_HEAD_REMOVED = "The mean flow of the nose region is subtracted."
_HEAD_UNKNOWN = "Whole frames have no landmarks: the motion of the head is not subtracted."
_EXPLANATION = f"""u, v: px of the crop.
Each block has its own scales; they hold {_SHOWN} % of the pixels."""


@dataclass(frozen=True)
class _Motion:
    """A row: faces (H, W), landmarks (68, 2) px or NaN, flow (H, W, 2) px, strain (H, W)."""

    label: str
    caption: str
    onset: np.ndarray
    apex: np.ndarray
    landmarks: np.ndarray
    flow: np.ndarray
    strain: np.ndarray

    @property
    def has_landmarks(self) -> bool:
        return not np.isnan(self.landmarks).any()

    @property
    def places(self) -> np.ndarray:
        """Where arrows begin, x, y (n, 2) px: at the landmarks, or on a grid if there are none."""
        if self.has_landmarks:
            return self.landmarks
        height, width = self.strain.shape
        steps = (np.arange(_GRID) + 0.5) / _GRID
        return np.stack(np.meshgrid(width * steps - 0.5, height * steps - 0.5), axis=-1).reshape(-1, 2)


@dataclass
class _ClassMotion:
    """Sums over the clips of one class, and how strong each of them moves."""

    sums: list[np.ndarray] = field(default_factory=list)
    strengths: list[tuple[float, int]] = field(default_factory=list)
    subjects: set[str] = field(default_factory=set)

    def add(self, row: int, subject: str, motion: _Motion) -> None:
        parts = [motion.onset, motion.apex, motion.landmarks, motion.flow]
        self.sums = [a + b for a, b in zip(self.sums, parts, strict=True)] if self.sums else [1.0 * a for a in parts]
        self.strengths.append((float(np.percentile(_magnitude(motion.flow), _STRENGTH)), row))
        self.subjects.add(subject)

    def mean(self, label: str) -> _Motion:
        clips, subjects = len(self.strengths), len(self.subjects)
        onset, apex, landmarks, flow = (total / clips for total in self.sums)
        caption = f"mean of {_counted(clips, 'clip')}\nof {_counted(subjects, 'subject')}"
        return _Motion(label, caption, onset, apex, landmarks, flow, optical_strain(flow))

    def typical_row(self) -> int:
        """The row, in the manifest, of the clip of median strength (the weaker of two)."""
        ordered = sorted(self.strengths)
        return ordered[(len(ordered) - 1) // 2][1]


def flow_sheet(
    aligned: Sequence[Path],
    flows: Sequence[Path],
    manifest: pd.DataFrame,
    labels: str,
    faces: bool,
    path: Path,
) -> None:
    """Draw the motion from onset to apex, one row for each class of a label scheme.

    The first block shows the clip of each class whose motion is of median strength (95th percentile of its
    pixels); the second the mean over all clips of the class. The mean flow of the nose region is subtracted
    everywhere, except where whole frames have no landmarks: their flow holds the head's motion. Colours have one scale
    per block, which holds 99.5 % of the pixels.

    Parameters
    ----------
    aligned, flows : sequences of Path
        aligned/<unit>.h5 and the flow file <unit>.h5 of every unit in the manifest.
    manifest : DataFrame
        The dataset's manifest.
    labels : str
        Its column with the label scheme; a clip with "" takes no part.
    faces : bool
        Draw the faces. Without them landmarks and motion are drawn, and no pixel of a face.
    path : Path
        The PNG to write.

    Raises
    ------
    UserError
        If no clip has a class, a file is missing or damaged, or the disk is full.
    """
    labelled = manifest[manifest[labels] != ""].reset_index(drop=True)
    if labelled.empty:
        raise UserError(f"No clip has a class in the label scheme {labels}. Choose another, or correct the labels.")
    classes = {name: _ClassMotion() for name in classes_of(labels, list(labelled[labels]))}
    for row, motion in _motions(aligned, flows, labelled):
        classes[labelled[labels][row]].add(row, labelled.subject[row], motion)
    present = {name: one for name, one in classes.items() if one.strengths}
    chosen = labelled.loc[[one.typical_row() for one in present.values()]]
    found = dict(_motions(aligned, flows, chosen))
    typical = [replace(found[int(row)], label=name) for row, name in zip(chosen.index, present, strict=True)]
    means = [one.mean(name) for name, one in present.items()]
    absent = [name for name in classes if name not in present]
    _draw(typical, means, _title(labels, absent), faces, path)


def _motions(aligned: Sequence[Path], flows: Sequence[Path], clips: pd.DataFrame) -> Iterator[tuple[int, _Motion]]:
    """Index in `clips` and motion of each clip, file by file."""
    aligned_of, flow_of = ({path.stem: path for path in paths} for paths in (aligned, flows))
    for unit, rows in clips.groupby("unit", sort=True):
        with reading_aligned(aligned_of[str(unit)]) as faces, reading_flow(flow_of[str(unit)]) as motion:
            present = rows[~rows["clip"].isin(motion.left_out)]
            for video, of_video in present.groupby("video", sort=True):
                yield from _motions_of_video(faces, motion, str(video), of_video)


def _motions_of_video(
    faces: AlignedFile, motion: FlowFile, video: str, clips: pd.DataFrame
) -> Iterator[tuple[int, _Motion]]:
    frames = faces[video]
    for row, subject, clip in zip(clips.index, clips["subject"], clips["clip"], strict=True):
        yield int(row), _motion(frames, motion[clip], subject)


def _motion(video: AlignedVideo, clip: ClipFlow, subject: str) -> _Motion:
    onset, apex = clip.pairs[0]
    rows = video.pair_rows(onset, apex)
    faces = video.faces(rows)
    head = clip.nose_flow[0] if video.has_landmarks else np.zeros(2, np.float32)
    return _Motion(
        label="",
        caption="\n".join([shortened(subject, 24), shortened(clip.clip, 24), f"frames {onset} → {apex}"]),
        onset=faces[0],
        apex=faces[1],
        landmarks=video.landmarks_of(rows[0]),
        flow=clip.flow(0, 1)[0] - head,
        strain=clip.strain(0, 1)[0],
    )


def _title(labels: str, absent: Sequence[str]) -> str:
    lacking = f" (no clip of {', '.join(absent)})" if absent else ""
    return f"Motion from onset to apex, by {labels}{lacking}"


def _draw(typical: Sequence[_Motion], means: Sequence[_Motion], title: str, faces: bool, path: Path) -> None:
    columns = 7 if faces else 5
    width = 2 * _MARGIN + _LABEL + columns * (_PANEL + _GAP)
    block = _HEADING + len(means) * (_PANEL + _GAP) + _SCALES
    with writing_figure(path, width, _TITLE + 2 * block) as figure:
        canvas = _Canvas(figure)
        canvas.write(_MARGIN, 36, title, 20, fontweight="bold")
        head = _HEAD_REMOVED if means[0].has_landmarks else _HEAD_UNKNOWN
        canvas.write(_MARGIN, 46, f"{head} {_EXPLANATION}", 13, verticalalignment="top")
        _draw_block(canvas, _TITLE, "A typical clip of each class (motion of median strength)", typical, faces)
        _draw_block(
            canvas,
            _TITLE + block,
            "Mean over all clips of each class (strain: that of the mean flow)",
            means,
            faces,
        )


class _Canvas:
    """A figure on which things are placed in px from its upper left corner."""

    def __init__(self, figure: Figure) -> None:
        self.figure = figure
        self.width, self.height = figure.get_size_inches() * DPI

    def axes(self, left: float, top: float, width: float, height: float) -> Axes:
        bottom = self.height - top - height
        box = (left / self.width, bottom / self.height, width / self.width, height / self.height)
        return self.figure.add_axes(box)

    def write(self, left: float, top: float, text: str, size: float, **style: Any) -> None:
        self.figure.text(
            left / self.width,
            1 - top / self.height,
            text,
            fontsize=size * 72 / DPI,
            color=_INK,
            linespacing=1.25,
            parse_math=False,
            **style,
        )

    def panel(self, left: float, top: float, crop: tuple[int, ...]) -> Axes:
        """Axes of a whole crop of that shape (height, width) in px, framed, without ticks."""
        height, width = crop
        axes = self.axes(left, top, _PANEL, _PANEL)
        axes.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5), xticks=[], yticks=[], aspect="equal")
        for spine in axes.spines.values():
            spine.set(visible=True, color="#c0c0c0", linewidth=0.5)
        return axes


def _draw_block(canvas: _Canvas, top: float, heading: str, rows: Sequence[_Motion], faces: bool) -> None:
    scales = _Scales.of(rows)
    canvas.write(_MARGIN, top + 18, heading, 16, fontweight="bold")
    left = _MARGIN + _LABEL
    face_columns = ["onset", "apex"] if faces else []
    arrows = "landmarks" if rows[0].has_landmarks else "motion"
    flow_columns = [arrows, "flow", "u, to the right", "v, downwards", "strain"]
    for column, name in enumerate(face_columns + flow_columns):
        x = left + column * (_PANEL + _GAP) + _PANEL / 2
        canvas.write(x, top + _HEADING - 10, name, 14, horizontalalignment="center")
    for number, row in enumerate(rows):
        _draw_row(canvas, top + _HEADING + number * (_PANEL + _GAP), row, scales, faces)
    below = top + _HEADING + len(rows) * (_PANEL + _GAP)
    _draw_scales(canvas, left + len(face_columns) * (_PANEL + _GAP), below, scales)


@dataclass(frozen=True)
class _Scales:
    """What colours and arrows of a block mean: flow in px, strain, and how many times arrows are enlarged."""

    flow: float
    strain: float
    arrows: float

    @classmethod
    def of(cls, rows: Sequence[_Motion]) -> Self:
        flow, strain = np.stack([row.flow for row in rows]), np.stack([row.strain for row in rows])
        longest = max(float(_magnitude(_at_places(row)).max()) for row in rows)
        return cls(
            flow=_round_up(float(np.percentile(np.abs(flow), _SHOWN))),
            strain=_round_up(float(np.percentile(strain, _SHOWN))),
            arrows=_round_up(_LONGEST_ARROW * flow.shape[1] / longest) if longest > 0 else 1,
        )


def _round_up(value: float) -> float:
    """The next 1, 1.5, 2, 3, 4, 5, 6 or 8 times a power of ten; 1 for 0."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(power * step for step in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if power * step >= value * (1 - 1e-9))


def _magnitude(flow: np.ndarray) -> np.ndarray:
    return np.hypot(flow[..., 0], flow[..., 1])


def _at_places(row: _Motion) -> np.ndarray:
    """The flow (n, 2) px of the pixels in which arrows begin."""
    height, width = row.strain.shape
    x, y = np.clip(np.rint(row.places), 0, (width - 1, height - 1)).astype(int).T
    return row.flow[y, x]


def _draw_row(canvas: _Canvas, top: float, row: _Motion, scales: _Scales, faces: bool) -> None:
    canvas.write(_MARGIN, top + _PANEL / 2 - 6, row.label, 17, fontweight="bold")
    canvas.write(_MARGIN, top + _PANEL / 2 + 4, row.caption, 13, verticalalignment="top")
    crop = row.strain.shape
    lefts = itertools.count(_MARGIN + _LABEL, _PANEL + _GAP)
    if faces:
        for face in (row.onset, row.apex):
            canvas.panel(next(lefts), top, crop).imshow(face, cmap="gray", vmin=0, vmax=255)
    _draw_arrows(canvas.panel(next(lefts), top, crop), row, scales)
    canvas.panel(next(lefts), top, crop).imshow(flow_colours(row.flow, scales.flow))
    for component in (0, 1):
        panel = canvas.panel(next(lefts), top, crop)
        panel.imshow(row.flow[..., component], cmap=_SIGNED, vmin=-scales.flow, vmax=scales.flow)
    canvas.panel(next(lefts), top, crop).imshow(row.strain, cmap=_POSITIVE, vmin=0, vmax=scales.strain)


def _draw_arrows(axes: Axes, row: _Motion, scales: _Scales) -> None:
    if row.has_landmarks:
        draw_outlines(axes, row.landmarks, color=_OUTLINE, linewidth=0.7)
    arrows = scales.arrows * _at_places(row)
    axes.quiver(
        *row.places.T,
        *arrows.T,
        angles="xy",
        scale_units="xy",
        scale=1,
        width=0.009,
        color=_ARROW,
        zorder=3,
    )


def _draw_scales(canvas: _Canvas, left: float, top: float, scales: _Scales) -> None:
    """What the columns mean, below them: arrows, colour wheel, and two colour bars."""
    step = _PANEL + _GAP
    middle = left + _PANEL / 2
    canvas.write(middle, top + 24, f"arrows: motion × {scales.arrows:g}", 13, horizontalalignment="center")
    wheel = canvas.axes(middle + step - 40, top + 8, 80, 80)
    wheel.imshow(colour_wheel(160))
    wheel.set_axis_off()
    canvas.write(middle + step, top + 106, f"rim: {scales.flow:g} px", 13, horizontalalignment="center")
    bars = canvas.axes(left + 2 * step + 10, top + 12, step + _PANEL - 20, 14)
    _draw_bar(bars, ScalarMappable(Normalize(-scales.flow, scales.flow), _SIGNED), "px of the crop", "both", 7)
    bars = canvas.axes(left + 4 * step + 10, top + 12, _PANEL - 20, 14)
    _draw_bar(bars, ScalarMappable(Normalize(0, scales.strain), _POSITIVE), "px per px", "max", 3)


def _draw_bar(axes: Axes, colours: ScalarMappable, unit: str, beyond: str, ticks: int) -> None:
    bar = axes.figure.colorbar(colours, cax=axes, orientation="horizontal", extend=beyond)
    axes.tick_params(labelsize=13 * 72 / DPI)
    axes.locator_params(nbins=ticks)
    bar.set_label(unit, fontsize=13 * 72 / DPI)


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
