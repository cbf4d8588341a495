"""pair_scores.h5: how surely each pair of frames of a long video belongs to an expression, by the model of its fold."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import hdf5plugin
import numpy as np

from mexflow.store.files import open_hdf5, read_text, telling_damage, write_texts, writing_hdf5


@dataclass(frozen=True)
class VideoScores:
    """The scores of one video's pairs of frames (i, i + k).

    Attributes
    ----------
    dataset, subject, video : str
    fold : int
        Of the model that scored it, from 0.
    held_out : str
        The subject that no part of that model has seen, `<dataset>/<subject>`.
    k : int
        Frames between the two of a pair, at the rate that is kept.
    fps : float
        Frames per second of the dataset's frame numbers.
    frames : (n,) int64 array
        The number of the first frame of each pair, ascending, in the dataset's own numbers.
    scores : (n,) float32 array
    """

    dataset: str
    subject: str
    video: str
    fold: int
    held_out: str
    k: int
    fps: float
    frames: np.ndarray
    scores: np.ndarray


def write_pair_scores(videos: Iterable[VideoScores], path: Path, spec: str, code: str) -> None:
    """Write the scores of many videos, whole or not at all; a video may come from several folds.

    Raises
    ------
    UserError
        If the disk is full.
    """
    compression = hdf5plugin.Blosc(cname="zstd", clevel=3, shuffle=hdf5plugin.Blosc.SHUFFLE)
    with writing_hdf5(path, "pair scores", spec, code) as file:
        for number, one in enumerate(videos):
            group = file.create_group(f"{number:06d}")
            write_texts(group, dataset=one.dataset, subject=one.subject, video=one.video, held_out=one.held_out)
            group.attrs.update(fold=one.fold, k=one.k, fps=one.fps)
            for name, units in (("frames", "frame"), ("scores", "1")):
                group.create_dataset(name, data=getattr(one, name), fletcher32=True, **compression)
                write_texts(group[name], units=units)


def read_pair_scores(path: Path) -> list[VideoScores]:
    """Read the scores of all videos of a file, in the order in which they were written.

    Raises
    ------
    UserError
        If the file is missing or damaged.
    """
    with open_hdf5(path, "pair scores") as file, telling_damage(file):
        return [
            VideoScores(
                **{name: read_text(group, name) for name in ("dataset", "subject", "video")},
                fold=int(group.attrs["fold"]),
                held_out=read_text(group, "held_out"),
                k=int(group.attrs["k"]),
                fps=float(group.attrs["fps"]),
                frames=group["frames"][()],
                scores=group["scores"][()],
            )
            for group in file.values()
        ]
