"""A look-alike of SAMM: gray frames and the FACS workbook.

Quirks: 13 rows before the header, subjects as text, durations as formulas, an apex after the offset and one before the
onset, frame numbers of 4 and of 5 digits, intensities and alternatives among the action units, a trailing blank.
"""

from pathlib import Path

from mexflow.synthesis.lookalikes.writing import (
    FrameStyle,
    planned_expressions,
    shifted,
    write_frames,
    write_workbook,
)

_SUBJECTS = ("006", "011", "026")
_EMOTIONS = {"sadness": "Anger", "happiness": "Happiness", "surprise": "Surprise"}
_UNITS = {"sadness": "4B+7", "happiness": "(R6 or R12)+12 ", "surprise": "1+2"}
_HEADER: list[object] = [
    "Subject",
    "Filename",
    "Inducement Code",
    "Onset Frame",
    "Apex Frame",
    "Offset Frame",
    "Duration",
    "Micro",
    "Action Units",
    "Estimated Emotion",
    "Objective Classes",
    "Notes",
]


def write(root: Path) -> None:
    """Write the folder: subjects 006, 011 and 026 with 3 clips each."""
    rows: list[list[object]] = [["SAMM Micro FACS Codes"], [], [None] * 8, [], [], ["Symbol Key:"], ["A"], ["B"], []]
    rows += [["AU Help:"], ["see the manual"], ["and the paper"], [], _HEADER]
    for number, clip in enumerate(planned_expressions(3)):
        subject = _SUBJECTS[int(clip.subject.removeprefix("s")) - 1]
        name = f"{subject}_{1 + number % 3}_{2 + number % 2}"
        first = 996 if subject == "011" else 5562
        onset, apex, offset = shifted(clip, first)
        digits = "04d" if subject == "011" else "05d"
        style = FrameStyle(name_of=(f"{subject}_{{:{digits}}}.jpg").format, gray=True)
        write_frames(clip, root / "SAMM" / subject / name, style, first, range(onset, offset + 1))
        cell = {4: offset + 9, 5: onset - 300}.get(number, apex)
        line = len(rows) + 1
        interval = [onset, cell, offset, f"=SUM(F{line}-D{line})+1"]
        rows.append(
            [
                subject,
                name,
                1,
                *interval,
                "Micro - 1/2",
                _UNITS[clip.emotion],
                _EMOTIONS[clip.emotion],
                1 + number % 7,
                None,
            ]
        )
    write_workbook(root / "SAMM_Micro_FACS_Codes_v2.xlsx", {"MICRO_ONLY": rows})
