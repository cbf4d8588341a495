"""Aligned and flow files of clips whose nose region moves as told."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from mexflow.store.aligned import AlignedVideo, writing_aligned
from mexflow.store.flow import FlowBlock, writing_flow
from store.samples import write_video

WIDTH, HEIGHT = 56, 48
NOSE = (30, 21)  # x, y in px of the crop


@dataclass(frozen=True)
class Clip:
    """One expression, or one video of an interval's pairs: the nose's (before, after) of each pair, in px.

    Pair k is frames 100 + k and 103 + k. Without pairs the alignment has left it out; `carried` are frames that show
    no face. Of `whole` frames neither landmarks nor the nose's motion are known.
    """

    subject: str
    name: str
    nose: list[tuple[float, float]] = field(default_factory=list)
    spread: float = 0.25
    carried: tuple[int, int] | None = None
    whole: bool = False


@dataclass(frozen=True)
class Files:
    """Files by unit, and the manifest."""

    aligned: list[Path]
    flows: list[Path]
    manifest: pd.DataFrame


def write_files(folder: Path, clips: list[Clip], face: int = 0, size: tuple[int, int] = (WIDTH, HEIGHT)) -> Files:
    """Write a unit per subject, each video named as its clip. `face` draws the faces anew, `size` scales the crop."""
    manifest = pd.DataFrame([(one.subject, one.subject, one.name, one.name) for one in clips])
    manifest.columns = ["subject", "unit", "video", "clip"]
    subjects = sorted({one.subject for one in clips})
    files = Files(
        [folder / "aligned" / f"{subject}.h5" for subject in subjects],
        [folder / "flow" / f"{subject}.h5" for subject in subjects],
        manifest,
    )
    for subject, aligned, flow in zip(subjects, files.aligned, files.flows, strict=True):
        with writing_aligned(aligned, "{}", "") as videos, writing_flow(flow, "{}", "") as motion:
            for number, clip in enumerate(clips):
                if clip.subject == subject and clip.nose:
                    write_video(videos, _video(clip, face + 1000 * number, size))
                    motion.add(clip.name, 20.0, iter([_block(clip, number, size)]))
                    if clip.carried is not None:
                        videos.note_failure(clip.name, *clip.carried, "no face", "carried")
                elif clip.subject == subject:
                    videos.note_failure(clip.name, 100, 140, "no face", "dropped")
                    motion.leave_out(clip.name)
    return files


def faces_of(number: int, face: int = 0, count: int = 4, size: tuple[int, int] = (WIDTH, HEIGHT)) -> np.ndarray:
    """The faces of clip `number`, frames 100 to 99 + count."""
    return np.random.default_rng(face + 1000 * number).integers(0, 256, (count, size[1], size[0]), np.uint8)


def flow_of(number: int, pair: int, size: tuple[int, int] = (WIDTH, HEIGHT)) -> np.ndarray:
    """The flow of one pair of clip `number`, whose head moves by (1, 2) px."""
    rng = np.random.default_rng((number, pair))
    return rng.normal((1, 2), size=(size[1], size[0], 2)).astype(np.float32)


def _video(clip: Clip, seed: int, size: tuple[int, int]) -> AlignedVideo:
    count = len(clip.nose) + 3
    return AlignedVideo(
        video=clip.name,
        frame_numbers=100 + np.arange(count),
        segment=np.zeros(count, int),
        transform_of=np.zeros(count, int),
        transforms=np.eye(2, 3)[None],
        landmarks=_landmarks(clip, size)[None],
        crop_size=size,
        fps=200.0,
        kept_fps=200.0,
        inter_ocular_distance=20.0,
        raw_inter_ocular_distance=60.0,
        landmark_spread=np.nan if clip.whole else clip.spread,
        frames_without_face=0 if clip.carried is None else clip.carried[1] - clip.carried[0] + 1,
        stored_faces=faces_of(0, seed, count, size).__getitem__,
    )


def _block(clip: Clip, number: int, size: tuple[int, int]) -> FlowBlock:
    pairs = len(clip.nose)
    return FlowBlock(
        pairs=np.array([[100 + k, 103 + k] for k in range(pairs)]),
        flow=np.stack([flow_of(number, k, size) for k in range(pairs)]),
        strain=np.zeros((pairs, size[1], size[0]), np.float32),
        nose_flow=np.tile(np.array([np.nan, np.nan] if clip.whole else [1, 2], np.float32), (pairs, 1)),
        nose_residual=np.array(clip.nose, np.float32) * (np.nan if clip.whole else 1),
        landmarks=np.tile(_landmarks(clip, size).astype(np.float32), (pairs, 1, 1)),
    )


def _landmarks(clip: Clip, size: tuple[int, int]) -> np.ndarray:
    if clip.whole:
        return np.full((68, 2), np.nan)
    return np.tile(np.array(NOSE) * size[0] / WIDTH, (68, 1))
