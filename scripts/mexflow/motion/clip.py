"""The motion of one clip or video: its frame pairs, their flow and strain, and the head's part in it."""

import itertools
from collections.abc import Iterator, Sequence

import numpy as np

from mexflow.config.flow import FlowStageSpec
from mexflow.config.pairs import parameter
from mexflow.errors import UserError
from mexflow.face.regions import nose_region
from mexflow.motion.dense import dense_flows
from mexflow.motion.strain import optical_strain
from mexflow.store.aligned import AlignedVideo
from mexflow.store.flow import FlowBlock
from mexflow.video.temporal_interpolation import tim

_BLOCK = 64  # frame pairs in memory at a time


def flow_of_expression(
    onset: int, apex: int, offset: int, video: AlignedVideo, spec: FlowStageSpec, threads: int = 1
) -> Iterator[FlowBlock]:
    """Flow and strain for the frame pairs of one labelled expression.

    Parameters
    ----------
    onset, apex, offset : int
        Frame numbers as in the manifest; at a lower frame rate the nearest that are kept stand for them.
    video : AlignedVideo
        The frames that hold it.
    spec : FlowStageSpec
        With pairs of expressions.
    threads : int
        CPU threads for the flow. The result does not depend on it.

    Yields
    ------
    FlowBlock

    Raises
    ------
    UserError
        If a frame of a pair is not in the video, or an expression has too few frames for its pairs.
    """
    onset, apex, offset = (video.nearest(number) for number in (onset, apex, offset))
    if spec.pairs.startswith("tim_"):
        yield from _interpolated(onset, offset, video, spec, threads)
        return
    match spec.pairs:
        case "onset_apex":
            pairs = [(onset, apex)]
        case "onset_each":
            pairs = [(onset, later) for later in _numbers(video, onset, offset)[1:]]
        case _:
            numbers = _numbers(video, onset, offset)
            pairs = list(itertools.pairwise(numbers))
    if not pairs:
        raise UserError(f"{video.video}: the expression at {onset}..{offset} has one frame and no pair of frames.")
    yield from _blocks(pairs, video, spec, threads)


def flow_of_video(video: AlignedVideo, spec: FlowStageSpec, threads: int = 1) -> Iterator[FlowBlock]:
    """Flow and strain for every frame i of a video and i + k.

    Parameters
    ----------
    video : AlignedVideo
    spec : FlowStageSpec
        With pairs of an interval k, in frames of the rate that is kept; a pair of which one frame is missing is
        left out.
    threads : int
        CPU threads for the flow. The result does not depend on it.

    Yields
    ------
    FlowBlock

    Raises
    ------
    UserError
        If the video has no more than k frames.
    """
    interval = parameter(spec.pairs)
    pairs = pairs_of_video(video, interval)
    if not pairs:
        frames = len(np.unique(video.frame_numbers))
        raise UserError(f"{video.video}: {frames} frames and no two of them {interval} apart. Shorten interval.")
    yield from _blocks(pairs, video, spec, threads)


def pairs_of_video(video: AlignedVideo, interval: int) -> list[tuple[int, int]]:
    """Frame numbers of all pairs that are `interval` kept frames apart; none if the video is too short."""
    numbers = np.unique(video.frame_numbers)
    times = np.rint((numbers - numbers[0]) * video.kept_fps / video.fps).astype(int)
    seconds = np.searchsorted(times, times + interval)
    firsts = np.flatnonzero(np.append(times, -1)[np.minimum(seconds, len(times))] == times + interval)
    return [(int(numbers[first]), int(numbers[seconds[first]])) for first in firsts]


def _numbers(video: AlignedVideo, onset: int, offset: int) -> list[int]:
    first, last = video.pair_rows(onset, offset)
    return [int(number) for number in video.frame_numbers[first : last + 1]]


def _blocks(
    pairs: Sequence[tuple[int, int]], video: AlignedVideo, spec: FlowStageSpec, threads: int
) -> Iterator[FlowBlock]:
    for start in range(0, len(pairs), _BLOCK):
        block = pairs[start : start + _BLOCK]
        rows = np.array([video.pair_rows(first, second) for first, second in block])
        first, second = (video.faces(rows[:, side]) for side in (0, 1))
        landmarks = np.stack([video.landmarks_of(row) for row in rows[:, 0]])
        yield _block(np.array(block), first, second, landmarks, spec, threads)


def _interpolated(
    onset: int, offset: int, video: AlignedVideo, spec: FlowStageSpec, threads: int
) -> Iterator[FlowBlock]:
    first, last = video.pair_rows(onset, offset)
    volume = tim(video.faces(range(first, last + 1)).astype(np.float32), parameter(spec.pairs))
    faces = np.clip(np.rint(volume), 0, 255).astype(np.uint8)
    numbers = np.arange(len(faces))
    landmarks = np.repeat(video.landmarks_of(first)[None], len(faces) - 1, axis=0)
    yield _block(np.stack([numbers[:-1], numbers[1:]], axis=-1), faces[:-1], faces[1:], landmarks, spec, threads)


def _block(
    pairs: np.ndarray, first: np.ndarray, second: np.ndarray, landmarks: np.ndarray, spec: FlowStageSpec, threads: int
) -> FlowBlock:
    flow = dense_flows(first, second, spec.flow, threads)
    nose_flow, nose_residual = _nose_motion(flow, landmarks)
    return FlowBlock(
        pairs=pairs,
        flow=flow,
        strain=optical_strain(flow),
        nose_flow=nose_flow,
        nose_residual=nose_residual,
        landmarks=landmarks.astype(np.float32),
    )


def _nose_motion(flow: np.ndarray, landmarks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean flow of the nose region, and the median |flow| there before and after its subtraction; (n, 2) each."""
    if np.isnan(landmarks).any():
        unknown = np.full((len(flow), 2), np.nan, np.float32)
        return unknown, unknown
    size = flow.shape[2], flow.shape[1]
    noses = [one[nose_region(points, size)] for one, points in zip(flow, landmarks, strict=True)]
    means = np.stack([nose.mean(axis=(0, 1)) for nose in noses])
    residual = [
        [np.median(np.linalg.norm(nose - shift, axis=-1)) for shift in (0, mean)]
        for nose, mean in zip(noses, means, strict=True)
    ]
    return means, np.array(residual, np.float32)
