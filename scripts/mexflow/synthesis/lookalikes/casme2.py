"""A look-alike of CASME II: raw-selected frames, the coding sheet of 2019 and the objective classes.

Quirks: an apex "/", an apex at the onset, a label without its clip, a clip without its label, blank columns, subjects
as text, the optional `f` of clip names, frame numbers without padding.
"""

from pathlib import Path

from mexflow.synthesis.lookalikes.writing import (
    FrameStyle,
    planned_expressions,
    shifted,
    write_frames,
    write_workbook,
)

_EMOTIONS = {"sadness": "disgust", "happiness": "happiness", "surprise": "surprise"}
_STYLE = FrameStyle(name_of="img{}.jpg".format)


def write(root: Path) -> None:
    """Write the folder: 3 subjects with 3 clips each, and one row and one clip that have no counterpart."""
    rows: list[list[object]] = [
        [
            "Subject",
            "Filename",
            None,
            "OnsetFrame",
            "ApexFrame",
            "OffsetFrame",
            None,
            "Action Units",
            "Estimated Emotion",
        ]
    ]
    classes: list[list[object]] = [["Subject", "Filename", "Objective Class"]]
    for number, clip in enumerate(planned_expressions(3)):
        subject, name = clip.subject.removeprefix("s").zfill(2), f"EP{2 + number % 3:02d}_01{'f' * (number % 2)}"
        first = 95 if number == 1 else 40
        onset, apex, offset = shifted(clip, first)
        folder = root / "CASME2_RAW_selected" / f"sub{subject}" / name
        write_frames(clip, folder, _STYLE, first, range(onset, offset + 1))
        cell = {3: "/", 4: onset}.get(number, apex)
        rows.append([subject, name, None, onset, cell, offset, None, clip.action_units, _EMOTIONS[clip.emotion]])
        classes.append([int(subject), name, 1 + number % 7])
    rows.append(["03", "EP19_06f", None, 10, 20, 30, None, "?", "others"])
    spare = planned_expressions(3)[-1]
    onset, _, offset = shifted(spare, 50)
    write_frames(spare, root / "CASME2_RAW_selected" / "sub03" / "EP02_07", _STYLE, 50, range(onset, offset + 1))
    write_workbook(root / "CASME2-coding-20190701.xlsx", {"Sheet1": rows, "Sheet2": [], "Sheet3": []})
    write_workbook(root / "CASME2-ObjectiveClasses.xlsx", {"Sheet1": classes})
