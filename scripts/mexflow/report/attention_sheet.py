"""The attention sheet: where in the face a network looks, for each class."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from mexflow.config.features import FeatureSpec, FlowFeatureSpec
from mexflow.report.face_outlines import draw_outlines
from mexflow.report.figures import DPI, shortened, writing_figure
from mexflow.store.aligned import reading_aligned
from mexflow.store.attention import ClassMaps

_PANEL, _GAP, _MARGIN, _LABEL, _BAR = 260, 14, 20, 150, 130  # px
_TITLE, _HEADING, _FOOT = 50, 62, 116  # px
_FEWEST_COLUMNS = 3  # the text needs their width
_COLOURS, _INK, _GRAY = "inferno", "#202020", "#808080"
_OPACITY = 0.5  # of a map over a face
_KINDS = {
    "grad_cam": (
        "Grad-CAM",
        "where the last convolutions find what speaks for the true class on average over all places.",
    ),
    "hires_cam": ("HiResCAM", "where they find what speaks for it in that very place."),
    "saliency": ("Saliency", "how strongly the score of the true class depends on the input at each place."),
}
_MEAN = "Mean over the clips of a class and over time; each clip was seen by the network of the fold that held it out."


@dataclass(frozen=True)
class _Face:
    """The mean onset of a class: gray levels (height, width), and landmarks (68, 2) in px of the crop."""

    gray: np.ndarray
    landmarks: np.ndarray


def attention_sheet(
    maps: Mapping[str, ClassMaps],
    feature: FeatureSpec,
    aligned: Mapping[str, Path],
    manifest: pd.DataFrame,
    labels: str,
    faces: bool,
    title: str,
    path: Path,
) -> None:
    """Draw the mean maps of every class over its mean face, that of the onsets of its clips.

    Parameters
    ----------
    maps : mapping
        Class → maps.
    feature : FeatureSpec
        What the network was trained on. If it consists of regions, the maps are drawn in their own grid, without a
        face.
    aligned : mapping
        Dataset → folder of its aligned/<unit>.h5.
    manifest : DataFrame
        Of the dataset or composite.
    labels : str
        Its column with the label scheme.
    faces : bool
        Draw the faces. Without them the outlines of the mean landmarks are drawn, and no pixel of a face.
    title : str
    path : Path
        The PNG to write.

    Raises
    ------
    UserError
        If an aligned file is missing or damaged, or the disk is full.
    """
    regions = tuple(getattr(feature, "regions", ()))
    stacked = regions if isinstance(feature, FlowFeatureSpec) else ()
    means = {} if regions else {name: _mean_face(manifest[manifest[labels] == name], aligned) for name in maps}
    kinds = [kind for kind in _KINDS if all(getattr(one, kind) is not None for one in maps.values())]
    width = 2 * _MARGIN + _LABEL + max(len(maps), _FEWEST_COLUMNS) * (_PANEL + _GAP) + _BAR
    with writing_figure(path, width, _TITLE + _HEADING + len(kinds) * (_PANEL + _GAP) + _FOOT) as figure:
        canvas = _Canvas(figure)
        canvas.write(_MARGIN, 34, shortened(title, width // 13), 20, fontweight="bold")
        for column, (name, one) in enumerate(maps.items()):
            middle = _left(column) + _PANEL / 2
            counted = "1 clip" if one.clips == 1 else f"{one.clips} clips"
            canvas.write(middle, _TITLE + 30, shortened(name, 20), 16, fontweight="bold", ha="center")
            canvas.write(middle, _TITLE + 52, counted, 13, ha="center")
        for row, kind in enumerate(kinds):
            top = _TITLE + _HEADING + row * (_PANEL + _GAP)
            canvas.write(_MARGIN, top + 18, _KINDS[kind][0], 16, fontweight="bold")
            images = {name: _over_time(getattr(one, kind)) for name, one in maps.items()}
            _draw_maps(canvas, top, images, means, faces, len(stacked))
            for number, name in enumerate(stacked):
                middle = top + (number + 0.5) * _PANEL / len(stacked)
                canvas.write(_left(0) - 8, middle, _words(name), 13, ha="right", va="center")
        canvas.write(_MARGIN, canvas.height - _FOOT + 26, _note(kinds, feature), 13, va="top")


def _mean_face(clips: pd.DataFrame, aligned: Mapping[str, Path]) -> _Face:
    faces, landmarks, count = np.zeros(()), np.zeros(()), 0
    for (dataset, unit), rows in clips.groupby(["dataset", "unit"], sort=True):
        with reading_aligned(aligned[str(dataset)] / f"{unit}.h5") as file:
            for video, onset in zip(rows["video"], rows["onset"], strict=True):
                if video in file:
                    one = file[video]
                    row = one.row_of(one.nearest(onset))
                    faces = faces + one.faces([row])[0].astype(float)
                    landmarks = landmarks + one.landmarks_of(row)
                    count += 1
    return _Face(faces / count, landmarks / count)


def _over_time(maps: np.ndarray) -> np.ndarray:
    """A map (rows, columns), of a volume the mean over its times."""
    return maps.mean(axis=0) if maps.ndim == 3 else maps


class _Canvas:
    """A figure on which things are placed in px from its upper left corner."""

    def __init__(self, figure: Figure) -> None:
        self.figure = figure
        self.width, self.height = figure.get_size_inches() * DPI

    def axes(self, left: float, top: float, width: float, height: float) -> Axes:
        bottom = self.height - top - height
        return self.figure.add_axes((left / self.width, bottom / self.height, width / self.width, height / self.height))

    def write(self, left: float, top: float, text: str, size: float, **style: Any) -> None:
        place = left / self.width, 1 - top / self.height
        self.figure.text(*place, text, fontsize=_pt(size), color=_INK, linespacing=1.3, parse_math=False, **style)


def _left(column: int) -> int:
    return _MARGIN + _LABEL + column * (_PANEL + _GAP)


def _draw_maps(
    canvas: _Canvas, top: float, images: Mapping[str, np.ndarray], means: Mapping[str, _Face], faces: bool, parts: int
) -> None:
    """A row of maps: each over its face, or under its outlines, or cut by lines into so many parts."""
    highest = max(float(image.max()) for image in images.values()) or 1.0
    for column, (name, image) in enumerate(images.items()):
        axes = canvas.axes(_left(column), top, _PANEL, _PANEL)
        face = means.get(name)
        height, width = image.shape if face is None else face.gray.shape
        axes.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5), xticks=[], yticks=[], aspect="equal")
        extent = (-0.5, width - 0.5, height - 0.5, -0.5)
        if face is not None and faces:
            axes.imshow(face.gray, cmap="gray", vmin=0, vmax=255)
        opacity = _OPACITY if face is not None and faces else 1
        axes.imshow(image / highest, cmap=_COLOURS, vmin=0, vmax=1, alpha=opacity, extent=extent)
        if face is not None and not faces:
            draw_outlines(
                axes,
                face.landmarks,
                color="white",
                linewidth=_pt(1.6),
                path_effects=[withStroke(linewidth=_pt(3.2), foreground=_GRAY)],
            )
        for number in range(1, parts):
            axes.axhline(number * height / parts - 0.5, color="white", linewidth=_pt(2))
        for spine in axes.spines.values():
            spine.set(visible=True, color="#c0c0c0", linewidth=0.5)
    _draw_bar(canvas, _left(len(images)) + 10, top, highest, _OPACITY if means and faces else 1)


def _draw_bar(canvas: _Canvas, left: float, top: float, highest: float, opacity: float) -> None:
    """The colours as they look over a medium gray."""
    axes = canvas.axes(left, top + 10, 18, _PANEL - 20)
    axes.set_facecolor(_GRAY)
    bar = canvas.figure.colorbar(ScalarMappable(Normalize(0, 1), _COLOURS), cax=axes, alpha=opacity)
    axes.tick_params(labelsize=_pt(13))
    bar.set_label(f"of the row's highest mean, {highest:.2g}", fontsize=_pt(13))


def _note(kinds: list[str], feature: FeatureSpec) -> str:
    said = [_MEAN, *(": ".join(_KINDS[kind]) for kind in kinds)]
    if "grad_cam" not in kinds:
        said.append("The network has no convolution, so there is neither Grad-CAM nor HiResCAM.")
    regions = [_words(name) for name in getattr(feature, "regions", ())]
    if len(regions) > 1 and not isinstance(feature, FlowFeatureSpec):
        said.append(f"The regions {' and '.join(regions)} are channels of one grid: their maps lie over each other.")
    return "\n".join(said)


def _words(region: str) -> str:
    return region.replace("_", " ")


def _pt(px: float) -> float:
    """Matplotlib's points from px."""
    return px * 72 / DPI
