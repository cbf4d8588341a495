"""A look-alike of MMEW: cropped frames of micro-expressions, stills of macro-expressions, and the label table.

Quirks: a folder per emotion, clips named by person, emotion and sample, frames from 1 without zeros; subjects as
numbers; a column of remarks; an apex and an offset far behind the last frame, cells that count in another video, an
onset of 0 and an apex of 0; "others", which has no class; a label without its clip and a clip without its label; stills
that are no clips. What number an emotion has in the names is published for happiness (01) and anger (07) only.
"""

from pathlib import Path
from typing import NamedTuple

from mexflow.datasets.mmew import FPS
from mexflow.synthesis.lookalikes.writing import (
    FrameStyle,
    expression_alone,
    planned_expressions,
    rendered,
    shifted,
    write_images,
    write_workbook,
)

_PACE = 2  # the expressions are planned for 200 frames per second
_CROPPED = (125, 40, 515, 430)
_FRAMES = FrameStyle(name_of="{}.jpg".format, size=(231, 231), part=_CROPPED)
_HEADER = ["Subject", "Filename", "OnsetFrame", "ApexFrame", "OffsetFrame", "Action Units", "Estimated Emotion"]


class _Clip(NamedTuple):
    name: str
    shows: int  # which of the planned expressions: 4 subjects × negative, positive, surprise
    emotion: str
    units: str | int
    remark: str | None = None


_LABELLED = (
    _Clip("S03-03-001", 0, "disgust", "4+9"),
    _Clip("S03-05-004", 0, "sadness", "4+15"),
    _Clip("S03-01-002", 1, "happiness", "6+12"),
    _Clip("S03-02-001", 2, "surprise", "1+2"),
    _Clip("S13-07-001", 3, "anger", "4+7", "glasses"),
    _Clip("S13-01-001", 4, "happiness", 12, "glasses"),
    _Clip("S13-02-002", 5, "surprise", "1+2", "glasses"),
    _Clip("S14-03-001", 6, "disgust", 4),
    _Clip("S14-01-003", 7, "happiness", "L12"),
    _Clip("S14-02-001", 8, "surprise", "1+2"),
    _Clip("S17-04-001", 9, "fear", "4+20"),
    _Clip("S17-06-002", 9, "others", 14, "not sure"),
    _Clip("S17-01-001", 10, "happiness", "6+12"),
    _Clip("S17-02-001", 11, "surprise", 2),
)
_WITHOUT_LABEL = _Clip("S17-02-003", 11, "surprise", 2)
_WITHOUT_CLIP = [18, "S18-05-001", 1, 20, 45, 15, "sadness", None]

_CELLS = {
    "S13-01-001": lambda onset, apex, offset: (0, apex, offset),
    "S14-03-001": lambda onset, apex, offset: (onset, apex + 100, offset + 100),
    "S14-01-003": lambda onset, apex, offset: (onset, 0, offset),
    "S14-02-001": lambda onset, apex, offset: (40, 50, 80),
}


def write(root: Path, kind: str) -> None:
    """Write the folder: subjects 3, 13, 14 and 17 with an expression of each class, and the rows and clips around.

    Parameters
    ----------
    root : Path
        The folder to write.
    kind : str
        Always "mmew".
    """
    expressions = [expression_alone(clip, FPS, _PACE) for clip in planned_expressions(4)]
    folder = root / "MMEW_Final"
    for clip in (*_LABELLED, _WITHOUT_LABEL):
        frames = rendered(expressions[clip.shows])
        write_images(enumerate(frames, 1), folder / "Micro_Expression" / clip.emotion / clip.name, _FRAMES)
    still = FrameStyle(name_of="S03-01-{:03d}.jpg".format, size=_FRAMES.size, part=_CROPPED)
    smile = expressions[1]
    write_images([(1, rendered(smile)[smile.apex - 1])], folder / "Macro_Expression" / "S03" / "happiness", still)
    sheet: list[list[object]] = [[*_HEADER, "remarks"]]
    for clip in _LABELLED:
        cells = tuple(shifted(expressions[clip.shows], 1))
        cells = _CELLS[clip.name](*cells) if clip.name in _CELLS else cells
        sheet.append([int(clip.name[1:3]), clip.name, *cells, clip.units, clip.emotion, clip.remark])
    write_workbook(folder / "MMEW_Micro_Exp.xlsx", {"Sheet1": [*sheet, _WITHOUT_CLIP]})
