"""What look-alikes share: expressions, frames under a dataset's own names, workbooks."""

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import openpyxl

from mexflow.datasets.demo_plan import PlannedClip, planned_clips
from mexflow.store.files import replacing
from mexflow.synthesis.render import clip_frames

_SEED = 2026


def planned_expressions(subjects: int, clips_per_emotion: int = 1) -> list[PlannedClip]:
    """Expressions of so many subjects, negative, positive and surprise, as image folders."""
    return [replace(clip, is_video=False) for clip in planned_clips(subjects, clips_per_emotion, _SEED)]


def expression_alone(clip: PlannedClip, fps: float, pace: int = 1) -> PlannedClip:
    """A clip cut to its expression, onset to offset from frame 1, as a camera of another speed films it.

    Parameters
    ----------
    clip : PlannedClip
    fps : float
        Frames per second of that camera.
    pace : int
        How many of the clip's frames pass from one frame to the next.
    """
    rise, fall = ((after - before) // pace for before, after in ((clip.onset, clip.apex), (clip.apex, clip.offset)))
    apex, offset = 1 + rise, 1 + rise + fall
    return replace(clip, fps=fps, first_frame=1, onset=1, apex=apex, offset=offset, last_frame=offset)


@lru_cache(maxsize=3)  # of one subject, as a rule
def rendered(clip: PlannedClip) -> tuple[np.ndarray, ...]:
    """The frames of a clip, (480, 640, 3) uint8, BGR. Those of the last clips are kept: other places may show them."""
    return tuple(clip_frames(clip))


@dataclass(frozen=True)
class FrameStyle:
    """How a dataset stores its frames.

    Attributes
    ----------
    name_of : callable
        Frame number → file name.
    gray : bool
    size : (int, int), optional
        Width and height in px; that of the part that is kept by default. The picture is fitted in, and its rim
        drawn out to the borders.
    part : (int, int, int, int), optional
        Left, top, right and bottom of the part of the frame that is kept, in px; the whole frame by default.
    quality : int
        Of a JPEG, up to 100.
    """

    name_of: Callable[[int], str]
    gray: bool = False
    size: tuple[int, int] | None = None
    part: tuple[int, int, int, int] | None = None
    quality: int = 95


def write_images(frames: Iterable[tuple[int, np.ndarray]], folder: Path, style: FrameStyle) -> None:
    """Write rendered frames into an image folder.

    Parameters
    ----------
    frames : iterable of (int, (H, W, 3) or (H, W) uint8 array)
        The dataset's number of each frame, and the frame, BGR or gray.
    folder : Path
        It appears whole; what stood there is replaced.
    style : FrameStyle

    Raises
    ------
    OSError
        If an image cannot be written.
    """
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    for number, frame in frames:
        image, quality = _styled(frame, style), [cv2.IMWRITE_JPEG_QUALITY, style.quality]
        if not cv2.imwrite(str(partial / style.name_of(number)), image, quality):
            raise OSError(f"{folder / style.name_of(number)} could not be written")
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)


def _styled(frame: np.ndarray, style: FrameStyle) -> np.ndarray:
    image = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY) if style.gray and frame.ndim == 3 else frame
    if style.part is not None:
        left, top, right, bottom = style.part
        image = image[top:bottom, left:right]
    return image if style.size is None else _fitted(image, *style.size)


def _fitted(image: np.ndarray, width: int, height: int) -> np.ndarray:
    scale = min(width / image.shape[1], height / image.shape[0])
    inner = round(scale * image.shape[1]), round(scale * image.shape[0])
    kernel = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    left, top = (width - inner[0]) // 2, (height - inner[1]) // 2
    right, bottom = width - inner[0] - left, height - inner[1] - top
    resized = cv2.resize(image, inner, interpolation=kernel)
    return cv2.copyMakeBorder(resized, top, bottom, left, right, cv2.BORDER_REPLICATE)


def write_workbook(path: Path, sheets: Mapping[str, Sequence[Sequence[object]]]) -> None:
    """Write a true xlsx file: sheet name → rows; a text that begins with "=" is a formula without a cached value."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    with replacing(path) as beside:
        book.save(beside)


def shifted(clip: PlannedClip, first: int) -> Iterator[int]:
    """Onset, apex and offset of a clip whose first frame has another number."""
    for number in (clip.onset, clip.apex, clip.offset):
        yield number - clip.first_frame + first
