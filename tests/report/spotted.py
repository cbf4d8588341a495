"""A long video with its scores, intervals, faces and flow, made through the store's own writers."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from mexflow.evaluation.peaks import peaks, spotted_intervals
from mexflow.report.spotted_video import SpottedVideo, spotted_videos
from mexflow.report.spotting_page import PictureFiles
from mexflow.store.aligned import AlignedVideo, writing_aligned
from mexflow.store.flow import FlowBlock, writing_flow
from mexflow.store.pair_scores import VideoScores
from mexflow.store.spotting import INTERVAL
from mexflow.synthesis.photographs import astronaut
from store.samples import write_video

K = {"macro": 10, "micro": 4}
P = 0.5
FIRST, FPS, SIZE = 101, 50.0, 40
THRESHOLDS = ["dataset", "subject", "video", "type", "fold", "k", "p", "threshold"]
HEAD = (0.5, -0.25)


def names(video="v1", subject="s1"):
    return {"dataset": "d", "subject": subject, "video": video}


def scores_of(kind, apexes, length=600, video="v1", subject="s1"):
    """The smoothed scores rise to a peak at each apex, given in frame numbers."""
    k = K[kind]
    frames = FIRST + np.arange(length - k)
    apexes = np.reshape(apexes, (-1, 1))
    # The moving mean of 2k values from place j on belongs to j + k: its middle lies half a place before.
    bumps = np.exp(-(((frames - apexes + 0.5) / k) ** 2)).sum(axis=0)
    ripple = 1e-6 * np.cos(frames)
    return VideoScores(
        **names(video, subject), fold=0, held_out="d/s1", k=k, fps=FPS, frames=frames, scores=bumps + ripple
    )


@dataclass(frozen=True)
class Tables:
    """What `spotted_videos` reads."""

    videos: pd.DataFrame
    scores: dict
    spotted: pd.DataFrame
    thresholds: pd.DataFrame
    truth: pd.DataFrame

    def join(self, **options) -> list[SpottedVideo]:
        return spotted_videos(self.videos, self.scores, self.spotted, self.thresholds, self.truth, **options)


def tables(apexes, truth, length=600, video="v1", subject="s1"):
    """`apexes`: type → frames of the peaks; `truth`: (type, onset, offset, apex or nan) rows."""
    scores = {kind: [scores_of(kind, of_type, length, video, subject)] for kind, of_type in apexes.items()}
    spotted, thresholds = [], []
    for kind, (one,) in scores.items():
        spotted.append(spotted_intervals(one.scores, one.k, P, names(video, subject), kind, one.frames))
        threshold = peaks(one.scores, one.k, P).threshold
        thresholds.append((*names(video, subject).values(), kind, 0, one.k, P, threshold))
    true = pd.DataFrame(
        [(*names(video, subject).values(), kind, onset, offset, apex) for kind, onset, offset, apex in truth],
        columns=[*INTERVAL, "apex"],
    ).astype({"apex": float})
    return Tables(
        pd.DataFrame([{**names(video, subject), "unit": "u1", "fps": FPS}]),
        scores,
        pd.concat(spotted, ignore_index=True),
        pd.DataFrame(thresholds, columns=THRESHOLDS),
        true,
    )


APEXES = {"macro": [200, 400], "micro": [300, 500]}
TRUTH = [("macro", 192, 212, 203), ("micro", 297, 303, np.nan), ("micro", 560, 570, 566)]
"""One macro- and one micro-expression are found, one micro-expression is missed; two of four peaks are false."""


def landmarks():
    points = astronaut().landmarks
    low, high = points.min(axis=0), points.max(axis=0)
    return 3 + (SIZE - 7) * (points - low) / (high - low).max()


def faces_of(length=600, face=0):
    """Smooth pictures, each unlike the others: a JPEG keeps them."""
    coarse = np.random.default_rng(face).uniform(20, 235, (length, 4, 4))
    return np.kron(coarse, np.ones((1, SIZE // 4, SIZE // 4))).astype(np.uint8)


def flow_of(first, k):
    """The motion of a pair, the head's included: all of the face moves alike, in a direction of its own."""
    turn = 0.7 * first + k
    return np.tile([2 * np.cos(turn), 2 * np.sin(turn)], (SIZE, SIZE, 1)) + np.array(HEAD)


def write_files(folder: Path, faces: bool, length=600, face=0, whole=False, video="v1", subject="s1") -> PictureFiles:
    """What pages with or without faces are made from.

    Of `whole` frames neither landmarks nor the head's motion are known.
    """
    points = np.full((68, 2), np.nan) if whole else landmarks()
    numbers = FIRST + np.arange(length)
    zeros = np.zeros(length, int)
    with writing_aligned(folder / "aligned" / "u1.h5", "{}", "") as file:
        of_face = {
            "crop_size": (SIZE, SIZE),
            "fps": FPS,
            "kept_fps": FPS,
            "inter_ocular_distance": 20.0,
            "raw_inter_ocular_distance": 60.0,
            "landmark_spread": 0.2,
            "frames_without_face": 0,
            "stored_faces": faces_of(length, face).__getitem__,
        }
        write_video(file, AlignedVideo(video, numbers, zeros, zeros, np.eye(2, 3)[None], points[None], **of_face))
    for k in () if faces else K.values():
        with writing_flow(folder / "flow" / f"interval_{k}" / "u1.h5", "{}", "") as file:
            firsts = numbers[:-k]
            count = len(firsts)
            head = np.tile([np.nan, np.nan] if whole else HEAD, (count, 1)).astype(np.float32)
            block = FlowBlock(
                pairs=np.stack([firsts, firsts + k], axis=-1),
                flow=np.stack([flow_of(first, k) for first in firsts]).astype(np.float32),
                strain=np.zeros((count, SIZE, SIZE), np.float32),
                nose_flow=head,
                nose_residual=np.zeros((count, 2), np.float32),
                landmarks=np.tile(points, (count, 1, 1)).astype(np.float32),
            )
            file.add(video, 20.0, iter([block]))
    return PictureFiles({("d", subject, video): "u1"}, folder / "aligned", folder / "flow", faces)
