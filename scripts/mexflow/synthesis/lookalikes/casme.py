"""A look-alike of CASME, the first: frames selected from the videos, and the label table.

Quirks: frame numbers without zeros up to sub07/EP17_1 and with three digits from sub07/EP17_2 on; frames of two
cameras, 640×480 and 1280×720 px; six expressions in one clip, two of them with an offset that cannot be theirs; clips
whose frames are not those of the label, or begin or end elsewhere; clip names of two, three and four parts; subjects as
numbers, without zeros; two blank columns; a second apex that is often none; "tense", which has no class, beside
repression, contempt and fear; a label without its clip and a clip without its label.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from mexflow.datasets.casme import FPS
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


class _Row(NamedTuple):
    subject: int
    clip: str
    shows: int  # which of the planned expressions: 4 subjects × negative, positive, surprise
    first: int  # the number of its first frame
    emotion: str
    units: str | int


_ROWS = (
    _Row(3, "EP03_1", 0, 69, "tense", 4),
    _Row(3, "EP07_1", 0, 100, "repression", "15"),
    _Row(3, "EP09_3", 1, 101, "happiness", "6+12"),
    _Row(3, "EP09_4", 2, 57, "surprise", "1+2"),
    _Row(6, "EP02_5", 3, 5, "disgust", "4+L10"),
    _Row(6, "EP02_5", 4, 29, "happiness", 12),
    _Row(6, "EP02_5", 5, 60, "surprise", "1+2"),
    _Row(6, "EP02_5", 3, 95, "tense", 14),
    _Row(6, "EP02_5", 4, 150, "tense", "L14"),
    _Row(6, "EP02_5", 5, 300, "tense", 17),
    _Row(7, "EP17_1", 6, 69, "contempt", "L14"),
    _Row(7, "EP17_2", 7, 69, "happiness", "6+12"),
    _Row(7, "EP17_1_1", 8, 8, "surprise", 2),
    _Row(13, "EP08_5", 9, 131, "sadness", 15),
    _Row(13, "EP11", 11, 98, "surprise", "1+2"),
    _Row(13, "EP12_2_10", 10, 5, "happiness", 12),
)
_WITHOUT_CLIP = [12, "EP12_4_1", None, 9, 15, 0, 20, None, 20, "fear"]
_WITHOUT_LABEL = _Row(13, "EP09_9", 9, 1, "sadness", 15)

# By subject, clip and first frame: where the offset was mistyped, where the cells are of another part of the video.
_CELLS = {
    (3, "EP07_1", 100): lambda onset, apex, offset: (offset + 200, apex + 200, onset + 200),
    (3, "EP09_3", 101): lambda onset, apex, offset: (4, 8, 15),
    (3, "EP09_4", 57): lambda onset, apex, offset: (7, apex, offset),
    (6, "EP02_5", 29): lambda onset, apex, offset: (onset, apex, offset // 10),
    (6, "EP02_5", 95): lambda onset, apex, offset: (onset, apex, offset + 400),
    (13, "EP08_5", 131): lambda onset, apex, offset: (onset, apex, offset // 10),
    (13, "EP12_2_10", 5): lambda onset, apex, offset: (onset, apex, 300),
}
_PLACE_OF_ZEROS = (7, "EP17_2")
_HEADER = ["Subject", "Filename", None, "OnsetF", "ApexF1", "ApexF2", "OffsetF", None, "AU", "Emotion"]


def write(root: Path, kind: str) -> None:
    """Write the folder: subjects 3, 6, 7 and 13 with an expression of each class, and the rows and clips around.

    Parameters
    ----------
    root : Path
        The folder to write.
    kind : str
        Always "casme".
    """
    expressions = [expression_alone(clip, FPS, _PACE) for clip in planned_expressions(4)]
    first_with_zeros = next(n for n, row in enumerate(_ROWS) if (row.subject, row.clip) == _PLACE_OF_ZEROS)
    with_zeros = {row.clip for row in (*_ROWS[first_with_zeros:], _WITHOUT_LABEL)}
    for subject, clip in dict.fromkeys((row.subject, row.clip) for row in (*_ROWS, _WITHOUT_LABEL)):
        shown = [row for row in (*_ROWS, _WITHOUT_LABEL) if (row.subject, row.clip) == (subject, clip)]
        frames = (one for row in shown for one in enumerate(rendered(expressions[row.shows]), row.first))
        style = FrameStyle(
            name_of=f"{clip}-{{:{'03d' if clip in with_zeros else 'd'}}}.jpg".format,
            size=(1280, 720) if subject == 7 else None,
        )
        write_images(frames, root / "CASME_raw_selected" / f"sub{subject:02d}" / clip, style)
    sheet: list[Sequence[object]] = [_HEADER]
    for number, row in enumerate(_ROWS):
        cells = tuple(shifted(expressions[row.shows], row.first))
        mistyped = _CELLS.get((row.subject, row.clip, row.first))
        onset, apex, offset = mistyped(*cells) if mistyped else cells
        second_apex = apex + 1 if number % 3 == 0 else 0
        sheet.append([row.subject, row.clip, None, onset, apex, second_apex, offset, None, row.units, row.emotion])
    write_workbook(root / "casme.xlsx", {"Sheet1": [*sheet, _WITHOUT_CLIP]})
