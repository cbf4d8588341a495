"""Dense optical flow of many pairs of frames, by any method, on any number of threads."""

import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import cv2
import numpy as np

from mexflow.config.flow import FlowSpec
from mexflow.motion.presets import flow_parameters
from mexflow.motion.tvl1 import FlowMethod, check_frames, tvl1_method

_DIS_PRESETS = {
    "ultrafast": cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST,
    "fast": cv2.DISOPTICAL_FLOW_PRESET_FAST,
    "medium": cv2.DISOPTICAL_FLOW_PRESET_MEDIUM,
}
_SMALLEST_DIS_SIDE, _DIS_PATCH = 12, 8  # px


def dense_flows(firsts: np.ndarray, seconds: np.ndarray, spec: FlowSpec, threads: int = 1) -> np.ndarray:
    """Dense motion of many pairs of frames; the pairs are spread over threads.

    Parameters
    ----------
    firsts, seconds : (n, H, W) uint8 arrays
        Gray frames, the two of a pair under one common transform.
    spec : FlowSpec
    threads : int
        The result does not depend on it.

    Returns
    -------
    (n, H, W, 2) float32 array
        u (along columns) and v (along rows), in px: firsts[i, y, x] is found at seconds[i, y + v, x + u].

    Raises
    ------
    ValueError
        If the frames are not 8-bit gray images of one size, or too small or too flat for DIS.
    """
    if firsts.ndim != 3 or firsts.shape != seconds.shape:
        raise ValueError(f"two (n, H, W) stacks of frames expected, got {firsts.shape} and {seconds.shape}")
    flows = np.empty((*firsts.shape, 2), np.float32)
    if len(firsts) == 0:
        return flows
    check_frames(firsts[0], seconds[0])

    def solve(pairs: range) -> None:
        method = _method(spec, firsts.shape[1:])
        for pair in pairs:
            flows[pair] = method(firsts[pair], seconds[pair])

    workers = min(max(threads, 1), len(firsts))
    shares = [range(worker, len(firsts), workers) for worker in range(workers)]
    with _opencv_on_one_thread():
        if workers == 1:
            solve(shares[0])
        else:
            with ThreadPoolExecutor(workers) as pool:
                list(pool.map(solve, shares))
    return flows


def _method(spec: FlowSpec, shape: tuple[int, int]) -> FlowMethod:
    match spec.method:
        case "tvl1":
            return tvl1_method(spec, shape)
        case "dis":
            _check_dis_size(*shape)
            method = cv2.DISOpticalFlow_create(_DIS_PRESETS[spec.preset])  # type: ignore[attr-defined]
            return lambda first, second: method.calc(first, second, None)
        case "farneback":
            return _farneback(flow_parameters(spec))


def _check_dis_size(height: int, width: int) -> None:
    """OpenCV chooses the coarsest level from the width alone; where its height is below a patch, it crashes."""
    coarsest = max(int(math.log2(width / 16) + 0.5), 0)
    lowest = max(_SMALLEST_DIS_SIDE, _DIS_PATCH << coarsest)
    if width < _SMALLEST_DIS_SIDE or height < lowest:
        raise ValueError(f"DIS needs frames of at least 12 px, these at least {lowest} px high; got {width} × {height}")


def _farneback(parameters: dict[str, float]) -> FlowMethod:
    """Iterations and polynomials as in OpenCV's tutorial: 3 iterations, 5 px, σ 1.2."""
    scales, step, window = int(parameters["scales"]), parameters["scale_step"], int(parameters["window"])
    return lambda first, second: cv2.calcOpticalFlowFarneback(  # type: ignore[call-overload]
        first, second, None, step, scales, window, 3, 5, 1.2, 0
    )


@contextmanager
def _opencv_on_one_thread() -> Iterator[None]:
    """The pairs take the threads: OpenCV must not start its own for each of them."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)
