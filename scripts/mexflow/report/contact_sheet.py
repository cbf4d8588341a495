"""The contact sheet: every clip's first aligned frame, with its landmarks and what its quality check says."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from mexflow.face.regions import nose_region
from mexflow.report.figures import DPI, shortened, writing_figure
from mexflow.store.aligned import AlignedFile, AlignedVideo, reading_aligned

MOST_SPREAD = 1.0  # px of the crop

_LANDMARKS, _NOSE, _BAD, _INK, _NO_FACE = "#ffb000", "#20d0ff", "#d01010", "#303030", 60
_TILES = (160, 144, 128, 112, 96, 80, 64)  # px
_COLUMNS = {160: 12, 144: 14, 128: 15, 112: 17, 96: 20, 80: 24, 64: 28}
_FEWEST_COLUMNS = 7
_MOST_HEIGHT = 8000  # px
_MOST_VIDEOS = 1500
_GAP, _HEADING, _MARGIN, _TITLE = 8, 24, 16, 76  # px
_LEGEND = (
    "Dots: 68 landmarks. Box: nose region, whose mean flow counts as head motion."
    " IOD: inter-ocular distance, in px of the crop.\n"
    f"Red: eye corners and nose of the first frames spread by more than {MOST_SPREAD:g} px (root mean square),"
    " or frames without a face."
)
_WHOLE_FRAMES = "Whole frames: no face was looked for, so there are no landmarks, and nothing is judged."


@dataclass(frozen=True)
class _Tile:
    """One video: its crop, or None, and what is wrong, or "".

    Landmarks and nose corners are in crops (0..1); there are none if the video was left out, and of whole frames.
    """

    subject: str
    video: str
    face: np.ndarray | None
    landmarks: np.ndarray
    nose: np.ndarray
    inter_ocular_distance: float
    landmark_spread: float
    complaint: str


@dataclass(frozen=True)
class _Grid:
    """Tiles of `tile` px in `columns`, row and column (n, 2) of each, and the lines of text below each."""

    tile: int
    columns: int
    cells: np.ndarray
    lines: int

    @property
    def text(self) -> float:
        """Height of the letters, in px."""
        return max(9.5, 0.085 * self.tile)

    @property
    def pitch(self) -> tuple[float, float]:
        """From tile to tile, down and across, in px: the text is below a tile, the heading above a row."""
        return self.tile + _HEADING + 1.3 * self.lines * self.text + _GAP, self.tile + _GAP

    @property
    def corners(self) -> np.ndarray:
        """Upper left corner x, y (n, 2) of each tile, in whole px."""
        down, across = self.pitch
        x = _MARGIN + self.cells[:, 1] * across
        y = _TITLE + self.cells[:, 0] * down + _HEADING
        return np.rint(np.column_stack([x, y])).astype(int)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the picture, in px."""
        down, across = self.pitch
        rows = int(self.cells[:, 0].max()) + 1
        return math.ceil(2 * _MARGIN + self.columns * across), math.ceil(_TITLE + rows * down + _MARGIN)


def contact_sheet(aligned: Sequence[Path], manifest: pd.DataFrame, faces: bool, path: Path) -> None:
    """Draw the first aligned frame of every video of a dataset, by subject.

    Red: the landmarks of the first frames differ by more than 1 px of the crop, or frames showed no face. The
    more videos, the smaller the tiles; of more than 1500, those with the worst quality are drawn.

    Parameters
    ----------
    aligned : sequence of Path
        aligned/<unit>.h5 of every unit in the manifest.
    manifest : DataFrame
        The dataset's manifest; subjects and videos keep its order.
    faces : bool
        Draw the faces. Without them only the landmarks are drawn, as most datasets' licences demand of a
        picture that is passed on.
    path : Path
        The PNG to write.

    Raises
    ------
    UserError
        If an aligned file is missing or damaged, or the disk is full.
    """
    everything = list(_tiles(aligned, manifest, faces))
    tiles = _worst(everything)
    grid = _grid(tiles)
    with writing_figure(path, *grid.size) as figure:
        _draw_faces(figure, tiles, grid)
        axes = _px_axes(figure, grid.size)
        _draw_marks(axes, tiles, grid)
        _draw_captions(axes, tiles, grid)
        _draw_headings(axes, tiles, grid)
        _draw_title(axes, everything, len(tiles))


def _tiles(aligned: Sequence[Path], manifest: pd.DataFrame, faces: bool) -> Iterator[_Tile]:
    files = {path.stem: path for path in aligned}
    videos = manifest[["subject", "unit", "video"]].drop_duplicates()
    subjects = {subject: order for order, subject in enumerate(videos.subject.unique())}
    videos = videos.sort_values("subject", key=lambda subject: subject.map(subjects), kind="stable")
    for (subject, unit), rows in videos.groupby(["subject", "unit"], sort=False):
        with reading_aligned(files[str(unit)]) as file:
            for video in rows.video:
                yield _tile_of(str(subject), str(video), file, faces)


def _tile_of(subject: str, video: str, file: AlignedFile, faces: bool) -> _Tile:
    if video in file:
        return _tile(subject, file[video], faces)
    nothing = np.zeros((0, 2))
    return _Tile(subject, video, None, nothing, nothing, math.nan, math.inf, "left out: no face")


def _tile(subject: str, video: AlignedVideo, faces: bool) -> _Tile:
    side = max(video.crop_size)
    beside = (side - np.array(video.crop_size)) // 2
    landmarks = nose = np.zeros((0, 2))
    if video.has_landmarks:
        landmarks = video.landmarks_of(0)
        rows, columns = nose_region(landmarks, video.crop_size)
        nose = np.array([(columns.start, rows.start), (columns.stop, rows.stop)])
    return _Tile(
        subject=subject,
        video=video.video,
        face=_squared(video.faces([0])[0], *beside) if faces else None,
        landmarks=(landmarks + beside + 0.5) / side,
        nose=(nose + beside) / side,
        inter_ocular_distance=video.inter_ocular_distance,
        landmark_spread=video.landmark_spread,
        complaint=_complaint(video),
    )


def _squared(face: np.ndarray, left: int, top: int) -> np.ndarray:
    side = max(face.shape)
    square = np.full((side, side), 255, np.uint8)
    square[top : top + face.shape[0], left : left + face.shape[1]] = face
    return square


def _complaint(video: AlignedVideo) -> str:
    complaints = []
    if video.has_landmarks and not video.landmark_spread <= MOST_SPREAD:
        complaints.append(f"spread {video.landmark_spread:.2f} px")
    if video.frames_without_face > 0:
        complaints.append(f"{video.frames_without_face} without face")
    return ", ".join(complaints)


def _worst(tiles: list[_Tile]) -> list[_Tile]:
    """The tiles that are drawn, in their order."""
    by_quality = sorted(range(len(tiles)), key=lambda i: (not tiles[i].complaint, -tiles[i].landmark_spread))
    return [tiles[i] for i in sorted(by_quality[:_MOST_VIDEOS])]


def _grid(tiles: Sequence[_Tile]) -> _Grid:
    """The largest tiles with which the picture does not get too high."""
    counts = [sum(1 for _ in group) for _, group in groupby(tiles, key=lambda tile: tile.subject)]
    lines = 3 if any(tile.complaint for tile in tiles) else 2
    for size in _TILES:
        columns = min(_COLUMNS[size], max(_FEWEST_COLUMNS, *counts))
        grid = _Grid(size, columns, _cells(counts, columns), lines)
        if grid.size[1] <= _MOST_HEIGHT:
            break
    return grid


def _cells(counts: Sequence[int], columns: int) -> np.ndarray:
    """Row and column (n, 2) of every tile: a subject that does not fit into a row's rest starts a new one."""
    cells = []
    row, column = 0, 0
    for count in counts:
        if column > 0 and column + count > columns:
            row, column = row + 1, 0
        cells += [(row + (column + k) // columns, (column + k) % columns) for k in range(count)]
        row, column = row + (column + count) // columns, (column + count) % columns
    return np.array(cells)


def _draw_faces(figure: Figure, tiles: Sequence[_Tile], grid: _Grid) -> None:
    width, height = grid.size
    picture = np.full((height, width, 3), 255, np.uint8)
    for tile, (x, y) in zip(tiles, grid.corners, strict=True):
        picture[y : y + grid.tile, x : x + grid.tile] = _crop(tile.face, grid.tile)[..., None]
    figure.figimage(picture, origin="upper", zorder=-1)


def _crop(face: np.ndarray | None, size: int) -> np.ndarray:
    if face is None:
        return np.full((size, size), _NO_FACE, np.uint8)
    return cv2.resize(face, (size, size), interpolation=cv2.INTER_AREA if len(face) > size else cv2.INTER_CUBIC)


def _px_axes(figure: Figure, size: tuple[int, int]) -> Axes:
    """Axes over the whole picture, in px from its upper left corner."""
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, size[0]), ylim=(size[1], 0))
    axes.set_axis_off()
    return axes


def _draw_marks(axes: Axes, tiles: Sequence[_Tile], grid: _Grid) -> None:
    points = np.concatenate(
        [
            corner + grid.tile * tile.landmarks[((tile.landmarks >= 0) & (tile.landmarks <= 1)).all(axis=1)]
            for tile, corner in zip(tiles, grid.corners, strict=True)
        ]
    )
    axes.plot(*points.T, "o", color=_LANDMARKS, markeredgewidth=0, markersize=_pt(max(1.6, grid.tile / 60)))
    noses = [c + grid.tile * t.nose for t, c in zip(tiles, grid.corners, strict=True) if len(t.nose)]
    axes.add_collection(LineCollection(_outlines(noses), colors=_NOSE, linewidths=_pt(1.3)))
    bad = [
        c + np.array([(-2, -2), (grid.tile + 2, grid.tile + 2)])
        for t, c in zip(tiles, grid.corners, strict=True)
        if t.complaint
    ]
    axes.add_collection(LineCollection(_outlines(bad), colors=_BAD, linewidths=_pt(4)))


def _outlines(boxes: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Closed outlines (5, 2) of boxes given by two corners (2, 2)."""
    return [box[[0, 1, 1, 0, 0], 0:1] * [1, 0] + box[[0, 0, 1, 1, 0], 1:2] * [0, 1] for box in boxes]


def _draw_captions(axes: Axes, tiles: Sequence[_Tile], grid: _Grid) -> None:
    characters = int(grid.tile / (0.63 * grid.text))
    for tile, (x, y) in zip(tiles, grid.corners, strict=True):
        lines = [
            shortened(tile.video, characters),
            f"IOD {tile.inter_ocular_distance:.1f} px" if tile.landmarks.size else "",
            tile.complaint,
        ]
        axes.text(
            x,
            y + grid.tile + 4,
            "\n".join(shortened(line, characters) for line in lines).rstrip(),
            fontsize=_pt(grid.text),
            color=_BAD if tile.complaint else _INK,
            verticalalignment="top",
            linespacing=1.15,
            parse_math=False,
        )


def _draw_headings(axes: Axes, tiles: Sequence[_Tile], grid: _Grid) -> None:
    """A subject's name above each of the rows that it takes, underlined as far as its tiles reach."""
    clips = Counter(tile.subject for tile in tiles)
    begun: set[str] = set()
    for (subject, _), row in groupby(range(len(tiles)), key=lambda i: (tiles[i].subject, grid.cells[i, 0])):
        corners = grid.corners[list(row)]
        note = "continued" if subject in begun else _counted(clips[subject])
        begun.add(subject)
        (left, top), right = corners[0], corners[-1, 0] + grid.tile
        text = shortened(f"{subject}  ({note})", int((right - left) / (0.65 * 13)))
        axes.text(left, top - 8, text, fontsize=_pt(13), fontweight="bold", color=_INK, parse_math=False)
        axes.plot([left, right], [top - 5, top - 5], color="#a0a0a0", linewidth=_pt(1))


def _draw_title(axes: Axes, tiles: Sequence[_Tile], drawn: int) -> None:
    flagged = sum(1 for tile in tiles if tile.complaint)
    title = f"First aligned frame of every clip: {_counted(len(tiles))}, {flagged} flagged"
    if drawn < len(tiles):
        title += f" (the {drawn} with the worst quality are drawn)"
    axes.text(_MARGIN, 28, title, fontsize=_pt(20), fontweight="bold", color=_INK)
    whole_frames = not any(tile.landmarks.size or tile.complaint for tile in tiles)
    axes.text(
        _MARGIN,
        38,
        _WHOLE_FRAMES if whole_frames else _LEGEND,
        fontsize=_pt(12.5),
        color=_INK,
        verticalalignment="top",
        linespacing=1.2,
    )


def _counted(clips: int) -> str:
    return "1 clip" if clips == 1 else f"{clips} clips"


def _pt(px: float) -> float:
    """Matplotlib's points from px."""
    return px * 72 / DPI
