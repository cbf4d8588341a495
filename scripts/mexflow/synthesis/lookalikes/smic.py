"""A look-alike of SMIC as one of its cameras took it, HS, VIS or NIR: raw and cropped frames, no label file.

Quirks: subjects without padding; absolute frame counters of 4 to 8 digits, padded to 6, that pass from 6 digits to 7 or
from 7 to 8 within a clip; a gap in the numbers just where the middle frame should be; folders of the neutral part that
hold no expression; cropped frames of 139×170 px with a prefix, among which s18_sur_03 and the last frames of s3_po_08,
s3_sur_01 and s3_ne_16 are missing; subjects without positive expressions; the cameras side by side in one folder.
"""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from mexflow.datasets.demo_plan import PlannedClip
from mexflow.datasets.smic import FPS, emotion_of
from mexflow.synthesis.lookalikes.writing import (
    FrameStyle,
    expression_alone,
    planned_expressions,
    rendered,
    write_images,
)
from mexflow.synthesis.subject import synthetic_subject

# Clip → number of its first frame. A blink of the demo is a long one for the slow cameras: their clips have none.
_CLIPS = {
    "hs": {
        **{"s1_ne_01": 90823, "s1_po_01": 99985, "s1_sur_01": 114211},
        **{"s3_ne_16": 426679, "s3_po_08": 551007, "s3_sur_01": 999990},
        **{"s18_ne_01": 7426679, "s18_ne_02": 9999988, "s18_sur_03": 10000101},
    },
    "vis": {
        **{"s11_ne_02": 4988, "s11_po_01": 9997, "s11_po_02": 11206},
        **{"s15_ne_01": 20131, "s15_po_01": 21444, "s15_sur_01": 22003},
        **{"s20_ne_02": 99998, "s20_sur_02": 101310, "s20_sur_03": 103777},
    },
    "nir": {
        **{"s11_ne_02": 4991, "s11_po_01": 10000, "s11_po_02": 11209},
        **{"s15_ne_01": 20135, "s15_po_01": 21448, "s15_sur_01": 22007},
        **{"s20_ne_02": 99993, "s20_sur_02": 101305, "s20_sur_03": 103772},
    },
}
_WITHOUT_MIDDLE_FRAME = {"s3_ne_16", "s20_sur_02"}
_NOT_CROPPED = "s18_sur_03"
_FEWER_CROPPED = {"s3_po_08": 2, "s3_sur_01": 1, "s3_ne_16": 1}
_FIRST_NEUTRAL, _NEUTRAL_FRAMES = 1007, 5
_CROP_WIDTH, _CROP_HEIGHT = 139, 170


def write(root: Path, kind: str) -> None:
    """Write what one camera took: 3 subjects with 3 clips each, and one sequence without an expression.

    Parameters
    ----------
    root : Path
        What the other cameras took may lie there; it stays.
    kind : str
        "smic_hs", "smic_vis" or "smic_nir".
    """
    camera = kind.removeprefix("smic_")
    raw, cropped = (root / form / camera.upper() for form in ("SMIC_all_raw", "SMIC_all_cropped"))
    style = FrameStyle(name_of="image{:06d}.bmp".format, gray=camera == "nir")
    for name, first in _CLIPS[camera].items():
        clip = filmed(name, camera)
        frames = list(enumerate(rendered(clip), first))
        if name in _WITHOUT_MIDDLE_FRAME:
            del frames[(len(frames) - 1) // 2]
        folder = Path(_subject(name), "micro", emotion_of(name), name)
        write_images(frames, raw / folder, style)
        if name != _NOT_CROPPED:
            there = frames[: len(frames) - _FEWER_CROPPED.get(name, 0)]
            write_images(there, cropped / folder, _cropped(style, clip))
    _write_neutral(raw, next(iter(_CLIPS[camera])), camera, style)


def filmed(name: str, camera: str) -> PlannedClip:
    """The expression of a clip, onset to offset from frame 1, as a camera films it.

    Subject, emotion and number are those of the demo's expression, so that the cameras, and the long clips of SMIC-E,
    show the same people do the same. It goes frame by frame at the 100 frames per second of HS, half as fast as in the
    demo, to last as long as an expression of SMIC: 11–58 frames of HS, 4–13 of VIS and NIR.

    Parameters
    ----------
    name : str
        Of the clip: "s3_ne_16".
    camera : str
        "hs", "vis" or "nir".
    """
    number = name.rpartition("_")[2]
    clip = _expressions()[f"{_subject(name)}_{emotion_of(name)}_{number}"]
    return expression_alone(clip, FPS[camera], pace=round(FPS["hs"] / FPS[camera]))


@cache
def _expressions() -> dict[str, PlannedClip]:
    return {clip.clip: clip for clip in planned_expressions(subjects=20, clips_per_emotion=22)}


def _write_neutral(raw: Path, name: str, camera: str, style: FrameStyle) -> None:
    subject, clip = _subject(name), filmed(name, camera)
    still = replace(clip, first_frame=clip.onset - _NEUTRAL_FRAMES + 1, last_frame=clip.onset)
    folder = raw / subject / "non_micro" / f"{subject}_non_01"
    write_images(enumerate(rendered(still), _FIRST_NEUTRAL), folder, style)


def _cropped(style: FrameStyle, clip: PlannedClip) -> FrameStyle:
    part = _face(int(clip.subject.removeprefix("s")), clip.seed)
    return replace(style, name_of="reg_image{:06d}.bmp".format, size=(_CROP_WIDTH, _CROP_HEIGHT), part=part)


@cache
def _face(subject: int, seed: int) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of the window around a face, brows and chin in it, in the shape of the crops."""
    landmarks = synthetic_subject(subject, seed).landmarks
    (left, top), (width, height) = landmarks.min(axis=0), np.ptp(landmarks, axis=0)
    wide = 1.15 * width
    high = wide * _CROP_HEIGHT / _CROP_WIDTH
    left, top = left - (wide - width) / 2, top - 0.6 * (high - height)
    return round(left), round(top), round(left + wide), round(top + high)


def _subject(name: str) -> str:
    return name.partition("_")[0]
