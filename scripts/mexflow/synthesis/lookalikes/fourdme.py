"""A look-alike of 4DME: gray clips of micro-expressions, the long videos that they are cut from, three label tables.

Quirks: clips that keep the frame numbers of the long video, and clips numbered from their own first frame; one person
in two sessions; action units marked (k); two emotions at once, and "Others"; an apex before the onset; frame numbers of
9 digits; a macro-expression whose offset lies behind the end of its video; a label without its clip and a clip without
its label; a sheet from before the release, with stray quotes in its header and cells and no names of clips. How 4DME
looks rests on a single public toolbox (tvaranka/meb); the size of its frames is not known.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mexflow.datasets.demo_plan import PlannedClip
from mexflow.datasets.fourdme import FPS
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
_REST = 3  # frames before each onset and behind each offset of a long video


class _Expression(NamedTuple):
    session: str
    video: str
    number: int  # of the expression in its video
    shows: int  # which of the planned expressions: 3 subjects × negative, positive, surprise, two of each
    emotion: str
    units: str | int
    macro: bool = False

    @property
    def clip(self) -> str:
        return f"{self.session}_{self.video}_{self.number}"


_EXPRESSIONS = (
    _Expression("S08", "002_01", 1, 0, "Negative", "4(k)+15"),
    _Expression("S08", "002_01", 2, 2, "Positive", "AU6+AU12"),
    _Expression("S08", "002_01", 3, 4, "Surprise", "1+2+26"),
    _Expression("S08", "002_01", 4, 1, "Negative", "4+15", macro=True),
    _Expression("S13_1st", "001_01", 1, 6, "Negative", 4),
    _Expression("S13_1st", "001_01", 2, 10, "Surprise", "L1+L2"),
    _Expression("S13_2nd", "003_02", 1, 8, "Positive", 12),
    _Expression("S13_2nd", "003_02", 2, 8, "Others", 14),
    _Expression("S20", "001_03", 1, 12, "Repression", 15),
    _Expression("S20", "001_03", 2, 14, "Positive", "6+12"),
    _Expression("S20", "001_03", 3, 16, "Surprise", "1+2"),
    _Expression("S20", "001_03", 4, 16, "Surprise+Positive", "1+12"),
    _Expression("S20", "001_03", 9, 16, "Surprise", "1+2"),
)
_FIRST = {"S08": 1826, "S13_1st": 40, "S13_2nd": 90, "S20": 4711}
"""The number of the first frame of each session's long video."""
_OWN_NUMBERS = "S20"
_WITHOUT_LABEL = "S20_001_03_9"
_WITHOUT_CLIP = _Expression("S21", "001_03", 1, 0, "Others", 14)
_MISTYPED = {
    "S13_1st_001_01_1": lambda onset, apex, offset: (onset, onset - 20, offset),
    "S08_002_01_4": lambda onset, apex, offset: (onset, apex, offset + 60),
}

_EMOTIONS = ("Positive", "Negative", "Surprise", "Repression", "Others")
_UNITS = (1, 2, 4, 6, 12, 14, 15, 26)
_CLIP = FrameStyle(name_of="{}.jpg".format, gray=True)
_LONG = FrameStyle(name_of="Frame_{:09d}.jpg".format, gray=True)
_EARLY_TABLE = "4DME_Labelling_Micro-expression_emotion_eyeblink_final_remove_unsuefull_codes.xlsx"


def write(root: Path, kind: str) -> None:
    """Write the folder: subjects 8, 13 (in two sessions) and 20 with an expression of each class, and what is around.

    Parameters
    ----------
    root : Path
        The folder to write.
    kind : str
        Always "fourdme".
    """
    plans = planned_expressions(3, clips_per_emotion=2)
    cells: dict[str, tuple[int, ...]] = {_WITHOUT_CLIP.clip: (5, 9, 14)}
    for session, first in _FIRST.items():
        shown = [one for one in _EXPRESSIONS if one.session == session]
        frames: list[np.ndarray] = []
        for one in shown:
            # What lasts over half a second is no micro-expression.
            plan = _with_rest(expression_alone(plans[one.shows], FPS, 1 if one.macro else _PACE))
            cells[one.clip] = onset, _, _ = tuple(shifted(plan, first + len(frames)))
            if not one.macro:
                expression = rendered(plan)[_REST : _REST + plan.offset - plan.onset + 1]
                numbered = enumerate(expression, 1 if session == _OWN_NUMBERS else onset)
                write_images(numbered, root / "4DMicro" / "gray_micro" / session / one.clip, _CLIP)
            frames += rendered(plan)
        video = root / "4DME" / "long_gray_video" / "long gray video" / session / f"{session}_{shown[0].video}"
        write_images(enumerate(frames, first), video, _LONG)
    cells |= {clip: mistyped(*cells[clip]) for clip, mistyped in _MISTYPED.items()}
    _write_tables(root, cells)


def _with_rest(alone: PlannedClip) -> PlannedClip:
    onset, apex, offset = (number + _REST for number in (alone.onset, alone.apex, alone.offset))
    return replace(alone, onset=onset, apex=apex, offset=offset, last_frame=offset + _REST)


def _write_tables(root: Path, cells: Mapping[str, tuple[int, ...]]) -> None:
    times = ("Onset", "Apex", "Offset")
    one_hot = (f"AU{unit}" for unit in _UNITS)
    release: list[Sequence[object]] = [
        ("sub_ID", "fold_name", *times, "AUs", "Emotion", "eye blink", *_EMOTIONS, "Total", "fold", *one_hot)
    ]
    early: list[Sequence[object]] = [
        ("sub_ID'", "video_number'", "ME_number'", "subME_number'", *times, "Length", "AUs", *_EMOTIONS)
    ]
    long: list[Sequence[object]] = [("Subject", "Filename", *times, "AUs", "Emotion", "Expression type")]
    for one in (*_EXPRESSIONS, _WITHOUT_CLIP):
        if one.clip == _WITHOUT_LABEL:
            continue
        where = cells[one.clip]
        long.append(
            (one.session, one.clip, *where, one.units, one.emotion, f"{'Macro' if one.macro else 'Micro'}-expression")
        )
        if one.macro:
            continue
        felt = [int(emotion in one.emotion) for emotion in _EMOTIONS]
        units = [int(str(unit) in re.findall(r"\d+", str(one.units))) for unit in _UNITS]
        named = (one.session, one.clip)
        release.append((*named, *where, one.units, one.emotion, 0, *felt, sum(felt), len(release), *units))
        parts = (one.session, *(f"{part}'" for part in one.video.split("_")), one.number)
        early.append((*parts, *where, where[-1] - where[0] + 1, one.units, *felt))
    write_workbook(root / "4DME_Labelling_Micro_release v1.xlsx", {"Sheet1": release})
    write_workbook(root / _EARLY_TABLE, {"Sheet1": early})
    write_workbook(root / "Micro and Macro-expression labels.xlsx", {"Sheet1": long})
