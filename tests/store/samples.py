"""One small file of every kind that the store writes, and how to read all of it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mexflow.store.aligned import AlignedFile, AlignedVideo, reading_aligned, writing_aligned
from mexflow.store.flow import ClipFlow, FlowBlock, reading_flow, writing_flow
from mexflow.store.packed import Layout, PackedFeature, read_packed, write_packed
from mexflow.store.weights import read_weights, write_weights


def aligned_video(name: str = "v", windows: tuple[range, ...] = (range(98, 101), range(100, 103))) -> AlignedVideo:
    """Random faces, 28 px wide and 24 high, in windows of these frame numbers, each under its own transform."""
    rng = np.random.default_rng(1)
    numbers = np.concatenate(windows)
    faces = rng.integers(0, 256, (numbers.size, 24, 28), np.uint8)
    of_window = np.repeat(np.arange(len(windows)), [len(window) for window in windows])
    return AlignedVideo(
        video=name,
        frame_numbers=numbers,
        segment=of_window,
        transform_of=of_window,
        transforms=rng.normal(size=(len(windows), 2, 3)),
        landmarks=rng.normal(size=(len(windows), 68, 2)),
        crop_size=(28, 24),
        fps=200.0,
        kept_fps=25.0,
        inter_ocular_distance=10.25,
        raw_inter_ocular_distance=99.5,
        landmark_spread=0.125,
        frames_without_face=2,
        stored_faces=faces.__getitem__,
    )


def write_video(file: AlignedFile, video: AlignedVideo) -> None:
    """Write a video as a stage does, row by row."""
    out = file.writer(video.video, video.crop_size)
    for transform, landmarks in zip(video.transforms, video.landmarks, strict=True):
        out.add_transform(transform, landmarks)
    for row, number in enumerate(video.frame_numbers):
        out.append(int(number), video.stored_faces(row), int(video.segment[row]), int(video.transform_of[row]))
    out.finish(
        fps=video.fps,
        kept_fps=video.kept_fps,
        inter_ocular_distance=video.inter_ocular_distance,
        raw_inter_ocular_distance=video.raw_inter_ocular_distance,
        landmark_spread=video.landmark_spread,
        frames_without_face=video.frames_without_face,
    )


def content_of(video: AlignedVideo) -> dict[str, Any]:
    """All that a video holds, its faces read."""
    return vars(video) | {"stored_faces": video.faces(slice(None))}


def flow_blocks(pairs: int = 2, size: int = 24, block: int = 2) -> list[FlowBlock]:
    """Random motion, so many pairs at a time."""
    rng = np.random.default_rng(2)
    blocks = []
    for start in range(0, pairs, block):
        n = min(block, pairs - start)
        blocks.append(
            FlowBlock(
                pairs=np.array([[98 + start + k, 100 + start + k] for k in range(n)]),
                flow=rng.normal(size=(n, size, size + 4, 2)).astype(np.float32),
                strain=rng.random((n, size, size + 4)).astype(np.float32),
                nose_flow=rng.normal(size=(n, 2)).astype(np.float32),
                nose_residual=rng.random((n, 2)).astype(np.float32),
                landmarks=rng.normal(size=(n, 68, 2)).astype(np.float32),
            )
        )
    return blocks


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
    return PackedFeature(data, clips(samples), Layout(("u", "v", "strain"), ("px", "px", "1")))


WEIGHTS = {
    "s1": {"conv/kernel": np.random.default_rng(4).normal(size=(3, 3, 2, 5)), "conv/bias": np.zeros(5)},
    "s2": {"conv/kernel": np.ones((3, 3, 2, 5)), "conv/bias": np.ones(5), "last/kernel": np.arange(12.0).reshape(3, 4)},
}


def _write_aligned(path: Path) -> None:
    with writing_aligned(path, "{}", "code") as file:
        write_video(file, aligned_video("v"))
        write_video(file, aligned_video("w"))
        file.note_failure("w", 103, 110, "no face", "dropped")


def _read_aligned(path: Path) -> Any:
    with reading_aligned(path) as file:
        return [file.failures.to_dict("list"), *(content_of(file[name]) for name in file.videos)]


def _write_flow(path: Path) -> None:
    with writing_flow(path, "{}", "code") as file:
        file.add("c", 10.25, iter(flow_blocks()))
        file.add("d", 10.25, iter(flow_blocks(pairs=5)))


def _read_flow(path: Path) -> Any:
    with reading_flow(path) as file:
        return [_everything(file[name]) for name in file.clips]


def _everything(clip: ClipFlow) -> dict[str, Any]:
    return {name: getattr(clip, name) for name in NUMBERS} | {"flow": clip.flow(), "strain": clip.strain()}


NUMBERS = ("pairs", "nose_flow", "nose_residual", "landmarks", "inter_ocular_distance")


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
