"""A small dataset of aligned faces and flows, made through the store's own writers."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mexflow.store.aligned import AlignedVideo, writing_aligned
from mexflow.store.flow import FlowBlock, writing_flow
from mexflow.synthesis.photographs import astronaut
from store.samples import write_video

SIZE = 48


@dataclass(frozen=True)
class Dataset:
    """Files and manifest; `brow` is the pixel (x, y) of an inner brow in every crop."""

    aligned: list[Path]
    flows: list[Path]
    manifest: pd.DataFrame
    brow: tuple[int, int]


@pytest.fixture
def make_dataset(tmp_path: Path) -> Callable[..., Dataset]:
    """Make a dataset of clips (subject, label, brow motion in px).

    `face` draws the faces anew; of `whole` frames neither landmarks nor the head's motion are known.
    """

    def make(clips: list[tuple[str, str, float]], face: int = 0, spread: float = 0.2, whole: bool = False) -> Dataset:
        folder = tmp_path / f"{len(list(tmp_path.iterdir()))}"
        rows = pd.DataFrame(
            [(subject, subject, f"clip{i}", f"clip{i}", label) for i, (subject, label, _) in enumerate(clips)],
            columns=["subject", "unit", "clip", "video", "three_class"],
        )
        motions = [motion for *_, motion in clips]
        landmarks = _landmarks()
        for unit, of_unit in rows.groupby("unit"):
            with writing_aligned(folder / "aligned" / f"{unit}.h5", "{}", "") as file:
                for row, video in of_unit["video"].items():
                    one = _video(video, landmarks, face + 100 * row, spread)
                    write_video(file, _without_landmarks(one) if whole else one)
            with writing_flow(folder / "flow" / f"{unit}.h5", "{}", "") as file:
                for row, clip in of_unit["clip"].items():
                    block = _flow(landmarks, motions[row])
                    file.add(clip, 20.0, iter([_without_nose(block) if whole else block]))
        files = [sorted((folder / kind).glob("*.h5")) for kind in ("aligned", "flow")]
        x, y = np.rint(landmarks[21]).astype(int)
        return Dataset(*files, rows, (int(x), int(y)))

    return make


def _landmarks() -> np.ndarray:
    points = astronaut().landmarks
    low, high = points.min(axis=0), points.max(axis=0)
    return 4 + (SIZE - 9) * (points - low) / (high - low).max()


def _video(name: str, landmarks: np.ndarray, seed: int, spread: float) -> AlignedVideo:
    faces = np.random.default_rng(seed).integers(0, 256, (3, SIZE, SIZE), np.uint8)
    return AlignedVideo(
        video=name,
        frame_numbers=np.array([7, 8, 9]),
        segment=np.zeros(3, int),
        transform_of=np.zeros(3, int),
        transforms=np.eye(2, 3)[None],
        landmarks=landmarks[None],
        crop_size=(SIZE, SIZE),
        fps=200.0,
        kept_fps=200.0,
        inter_ocular_distance=20.0,
        raw_inter_ocular_distance=60.0,
        landmark_spread=spread,
        frames_without_face=0,
        stored_faces=faces.__getitem__,
    )


def _without_landmarks(video: AlignedVideo) -> AlignedVideo:
    unknown = dict.fromkeys(("inter_ocular_distance", "raw_inter_ocular_distance", "landmark_spread"), np.nan)
    return replace(video, landmarks=np.full((1, 68, 2), np.nan), **unknown)


def _without_nose(block: FlowBlock) -> FlowBlock:
    names = ("nose_flow", "nose_residual", "landmarks")
    return replace(block, **{name: getattr(block, name) * np.float32(np.nan) for name in names})


def _flow(landmarks: np.ndarray, motion: float) -> FlowBlock:
    """The brows move down by `motion` px; the head moves as a whole."""
    y, x = np.mgrid[:SIZE, :SIZE]
    bump = sum(np.exp(-((x - a) ** 2 + (y - b) ** 2) / 18) for a, b in landmarks[[21, 22]])
    head = np.array([0.5, -0.3], np.float32)
    flow = np.stack([0 * bump, motion * bump], axis=-1).astype(np.float32) + head
    return FlowBlock(
        pairs=np.array([[7, 9]]),
        flow=flow[None],
        strain=np.abs(bump).astype(np.float32)[None],
        nose_flow=head[None],
        nose_residual=np.zeros((1, 2), np.float32),
        landmarks=landmarks[None].astype(np.float32),
    )
