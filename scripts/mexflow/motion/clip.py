"""The motion of one clip: its frame pairs, their flow and strain, and the head's part in it."""

import cv2
import numpy as np

from mexflow.config.flow import FlowStageSpec
from mexflow.errors import UserError
from mexflow.face.regions import nose_region
from mexflow.motion.strain import optical_strain
from mexflow.motion.tvl1 import tvl1_flow
from mexflow.store.aligned import AlignedVideo
from mexflow.store.flow import ClipFlow


def flow_of_clip(
    clip: str, onset: int, apex: int, video: AlignedVideo, spec: FlowStageSpec, threads: int = 1
) -> ClipFlow:
    """Flow and strain for the frame pairs of one labelled expression.

    Parameters
    ----------
    clip : str
        Its name.
    onset, apex : int
        Frame numbers as in the manifest.
    video : AlignedVideo
        The frames that hold it.
    spec : FlowStageSpec
    threads : int
        CPU threads for the flow. The result does not depend on it.

    Raises
    ------
    UserError
        If a frame of a pair is not in the video.
    """
    cv2.setNumThreads(threads)
    pairs = [(onset, apex)]
    fields = [tvl1_flow(_frame(video, clip, a), _frame(video, clip, b), spec.flow) for a, b in pairs]
    flow = np.stack(fields)
    rows, columns = nose_region(video.landmarks, video.faces.shape[1])
    return ClipFlow(
        clip=clip,
        pairs=np.array(pairs),
        flow=flow,
        strain=optical_strain(flow),
        nose_flow=flow[:, rows, columns].mean(axis=(1, 2)),
        inter_ocular_distance=video.inter_ocular_distance,
    )


def _frame(video: AlignedVideo, clip: str, number: int) -> np.ndarray:
    position = np.flatnonzero(video.frame_numbers == number)
    if position.size == 0:
        first, last = video.frame_numbers.min(), video.frame_numbers.max()
        raise UserError(
            f"{clip}: its label names frame {number}, but {video.video} has frames {first} to {last}."
            " Correct the label row or restore the frames."
        )
    return video.faces[position[0]]
