"""What look-alikes share: expressions, frames under a dataset's own names, workbooks."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import openpyxl

from mexflow.datasets.demo_plan import PlannedClip, planned_clips
from mexflow.store.files import replacing
from mexflow.synthesis.render import clip_frames

_SEED = 2026


def planned_expressions(subjects: int, clips_per_emotion: int = 1) -> list[PlannedClip]:
    """Expressions of so many subjects, negative, positive and surprise, as image folders."""
    return [replace(clip, is_video=False) for clip in planned_clips(subjects, clips_per_emotion, _SEED)]


@dataclass(frozen=True)
class FrameStyle:
    """How a dataset stores its frames.

    Attributes
    ----------
    name_of : callable
        Frame number → file name.
    gray : bool
    """

    name_of: Callable[[int], str]
    gray: bool = False


def write_frames(
    clip: PlannedClip, folder: Path, style: FrameStyle, first: int, numbers: Sequence[int] | None = None
) -> None:
    """Render an expression into an image folder.

    Parameters
    ----------
    clip : PlannedClip
    folder : Path
        It appears whole; what stood there is replaced.
    style : FrameStyle
    first : int
        The dataset's number of the clip's first frame.
    numbers : sequence of int, optional
        The dataset's numbers of the frames to write; all by default.
    """
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    for number, frame in enumerate(clip_frames(clip), first):
        if numbers is None or number in numbers:
            image = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY) if style.gray else frame
            if not cv2.imwrite(str(partial / style.name_of(number)), image):
                raise OSError(f"{folder / style.name_of(number)} could not be written")
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)


def write_workbook(path: Path, sheets: dict[str, Sequence[Sequence[object]]]) -> None:
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
