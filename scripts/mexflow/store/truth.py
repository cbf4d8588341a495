"""raw/truth/<subject>.h5: the motion that rendered clips really have, a group per clip."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mexflow.store.files import open_hdf5, telling_damage, write_texts, writing_hdf5


@dataclass(frozen=True)
class TrueMotion:
    """What moves in one rendered clip.

    Attributes
    ----------
    expression : (h, w, 2) float32 array
        Displacement u, v from onset to apex by the expression alone, in px of the frame, at every `stride`-th
        pixel of the onset frame.
    stride : int
        px
    head : (n, 2, 3) float array
        The similarity transform from the subject at rest to each frame.
    amplitude : (n,) float array
        Strength of the expression in each frame: 0 at onset, 1 at apex.
    first_frame, onset, apex, offset : int
        Frame numbers.
    inter_ocular_distance : float
        px of the frame.
    """

    expression: np.ndarray
    stride: int
    head: np.ndarray
    amplitude: np.ndarray
    first_frame: int
    onset: int
    apex: int
    offset: int
    inter_ocular_distance: float


_NUMBERS = ("first_frame", "onset", "apex", "offset", "inter_ocular_distance")


def write_truth(clips: Mapping[str, TrueMotion], path: Path, spec: str, code: str) -> None:
    """Write the true motion of a subject's clips, whole or not at all.

    Raises
    ------
    UserError
        If the disk is full.
    """
    with writing_hdf5(path, "truth", spec, code) as file:
        for name, motion in clips.items():
            group = file.create_group(name)
            for array in ("expression", "head", "amplitude"):
                group.create_dataset(array, data=getattr(motion, array), fletcher32=True)
            group["expression"].attrs["stride"] = motion.stride
            write_texts(group["expression"], channels="u,v", units="px")
            for number in _NUMBERS:
                group.attrs[number] = getattr(motion, number)


def read_truth(path: Path) -> dict[str, TrueMotion]:
    """The true motion of a subject's clips, by name.

    Raises
    ------
    UserError
        If the file is missing or damaged.
    """
    with open_hdf5(path, "truth") as file, telling_damage(file):
        return {
            name: TrueMotion(
                **{array: group[array][()] for array in ("expression", "head", "amplitude")},
                **{number: group.attrs[number].item() for number in _NUMBERS},
                stride=int(group["expression"].attrs["stride"]),
            )
            for name, group in file.items()
        }
