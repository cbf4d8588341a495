"""A look-alike of SMIC-HS: raw frames, no label file.

Quirks: subjects without padding, frame numbers of 6 to 8 digits, a gap in the numbers, clips of the neutral part that
are no expressions.
"""

from pathlib import Path

from mexflow.synthesis.lookalikes.writing import FrameStyle, planned_expressions, shifted, write_frames

_TAGS = {"sadness": ("negative", "ne"), "happiness": ("positive", "po"), "surprise": ("surprise", "sur")}
_STYLE = FrameStyle(name_of="image{:06d}.bmp".format)
_FIRST = (90823, 148798, 7426679)


def write(root: Path) -> None:
    """Write the folder: subjects 1, 3 and 20 with 3 clips each."""
    for clip in planned_expressions(3):
        place = int(clip.subject.removeprefix("s")) - 1
        subject, first = f"s{(1, 3, 20)[place]}", _FIRST[place]
        label, tag = _TAGS[clip.emotion]
        onset, _, offset = shifted(clip, first)
        numbers = [number for number in range(onset, offset + 1) if (place, number) != (1, onset + 3)]
        folder = root / "SMIC_all_raw" / "HS" / subject / "micro" / label / f"{subject}_{tag}_01"
        write_frames(clip, folder, _STYLE, first, numbers)
    neutral = planned_expressions(1)[0]
    folder = root / "SMIC_all_raw" / "HS" / "s1" / "non_micro" / "s1_non_01"
    write_frames(neutral, folder, _STYLE, 1007, range(1007, 1012))
