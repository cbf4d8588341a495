"""One small file of every kind that the store writes, and how to read all of it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mexflow.store.aligned import AlignedVideo, reading_aligned, writing_aligned
from mexflow.store.flow import ClipFlow, reading_flow, writing_flow
from mexflow.store.packed import PackedFeature, read_packed, write_packed
from mexflow.store.weights import read_weights, write_weights


def aligned_video(name: str = "v", frames: int = 3, size: int = 24) -> AlignedVideo:
    """Random faces."""
    rng = np.random.default_rng(1)
    return AlignedVideo(
        video=name,
        faces=rng.integers(0, 256, (frames, size, size), np.uint8),
        frame_numbers=np.arange(98, 98 + frames),
        landmarks=rng.normal(size=(68, 2)),
        transform=rng.normal(size=(2, 3)),
        inter_ocular_distance=10.25,
        raw_inter_ocular_distance=99.5,
        landmark_spread=0.125,
        frames_without_face=2,
    )


def clip_flow(name: str = "c", pairs: int = 2, size: int = 24) -> ClipFlow:
    """Random motion."""
    rng = np.random.default_rng(2)
    return ClipFlow(
        clip=name,
        pairs=np.array([[98, 100 + n] for n in range(pairs)]),
        flow=rng.normal(size=(pairs, size, size, 2)).astype(np.float32),
        strain=rng.random((pairs, size, size)).astype(np.float32),
        nose_flow=rng.normal(size=(pairs, 2)).astype(np.float32),
        inter_ocular_distance=10.25,
    )


def clips(count: int) -> pd.DataFrame:
    """A table with what tables get wrong: leading zeros, other alphabets, empty cells, numbers of all kinds."""
    return pd.DataFrame(
        {
            "subject": ["006", "é中", "", "NA"][:count] + ["x"] * (count - 4),
            "clip": [f"{n:04d}" for n in range(count)],
            "onset": range(count),
            "fps": 1 / 3,
            "voiced": [n % 2 == 0 for n in range(count)],
            "emotion": "",
        }
    )


def packed_feature(samples: int = 6) -> PackedFeature:
    """Random samples."""
    data = np.random.default_rng(3).normal(size=(samples, 8, 8, 3)).astype(np.float32)
    return PackedFeature(data, clips(samples), ("u", "v", "strain"), ("px", "px", "1"))


WEIGHTS = {
    "s1": {"conv/kernel": np.random.default_rng(4).normal(size=(3, 3, 2, 5)), "conv/bias": np.zeros(5)},
    "s2": {"conv/kernel": np.ones((3, 3, 2, 5)), "conv/bias": np.ones(5), "last/kernel": np.arange(12.0).reshape(3, 4)},
}


def _write_aligned(path: Path) -> None:
    with writing_aligned(path, "{}", "code") as file:
        file.add(aligned_video("v"))
        file.add(aligned_video("w"))


def _read_aligned(path: Path) -> Any:
    with reading_aligned(path) as file:
        return [vars(file[name]) for name in file.videos]


def _write_flow(path: Path) -> None:
    with writing_flow(path, "{}", "code") as file:
        file.add(clip_flow("c"))
        file.add(clip_flow("d"))


def _read_flow(path: Path) -> Any:
    with reading_flow(path) as file:
        return [vars(file[name]) for name in file.clips]


def _read_weights(path: Path) -> Any:
    return [read_weights(path, fold) for fold in WEIGHTS]


@dataclass(frozen=True)
class Kind:
    """A kind of file."""

    write: Callable[[Path], None]
    read: Callable[[Path], Any]


KINDS = {
    "aligned": Kind(_write_aligned, _read_aligned),
    "flow": Kind(_write_flow, _read_flow),
    "feature": Kind(
        lambda path: write_packed(packed_feature(), path, "{}", "code"), lambda path: vars(read_packed(path))
    ),
    "weights": Kind(lambda path: write_weights(WEIGHTS, path, "{}", "code"), _read_weights),
}
