"""TV-L1 optical flow of one pair of frames: mexflow's own engine, and OpenCV's to compare with."""

from collections.abc import Callable
from functools import partial

import cv2
import numpy as np

from mexflow.config.flow import FlowSpec
from mexflow.motion.presets import flow_parameters
from mexflow.motion.pyramids import ipol_enlarged, ipol_pyramid, opencv_enlarged, opencv_pyramid
from mexflow.motion.tvl1_kernels import LevelMemory, level_memory, solve_ipol_level, solve_opencv_level

FlowMethod = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Two (H, W) uint8 frames in, (H, W, 2) float32 flow out. It may keep memory between calls: one thread, one size."""

# OpenCV's names, its misspelling included.
_OPENCV_NAMES = {
    "scales": "nscales",
    "scale_step": "scaleStep",
    "inner_iterations": "innnerIterations",
    "outer_iterations": "outerIterations",
    "median": "medianFiltering",
}


def tvl1_flow(first: np.ndarray, second: np.ndarray, spec: FlowSpec) -> np.ndarray:
    """Dense motion from one frame to another by TV-L1.

    Parameters
    ----------
    first, second : (H, W) uint8 arrays
        Gray frames under one common transform.
    spec : FlowSpec
        Of method tvl1.

    Returns
    -------
    (H, W, 2) float32 array
        u (along columns) and v (along rows), in px: first[y, x] is found at second[y + v, x + u].

    Raises
    ------
    ValueError
        If the frames are not 8-bit gray images of one size, or the method is another.

    References
    ----------
    Zach, Pock and Bischof, "A duality based approach for realtime TV-L1 optical flow", DAGM 2007; Sánchez,
    Meinhardt-Llopis and Facciolo, "TV-L1 optical flow estimation", IPOL 2013.
    """
    check_frames(first, second)
    return tvl1_method(spec, first.shape)(first, second)


def tvl1_method(spec: FlowSpec, shape: tuple[int, int]) -> FlowMethod:
    """What computes the flows of frames of one size in one thread; its memory is allocated here, once.

    Raises
    ------
    ValueError
        If the spec is of another method.
    """
    if spec.method != "tvl1":
        raise ValueError(f"TV-L1 was asked for a flow of method {spec.method}")
    parameters = flow_parameters(spec)
    if spec.engine == "cv2":
        # One object for one size: it lowers its own number of scales for a small image and keeps it.
        named = {_OPENCV_NAMES.get(name, name): value for name, value in parameters.items()}
        method = cv2.optflow.DualTVL1OpticalFlow_create(**named)  # type: ignore[attr-defined]
        return lambda first, second: method.calc(first, second, None)
    solve = _ipol_flow if spec.preset == "ipol" else _opencv_flow
    return partial(solve, parameters=parameters, memory=level_memory(*shape))


def check_frames(first: np.ndarray, second: np.ndarray) -> None:
    """Check that two frames are gray, 8-bit and of one size.

    Raises
    ------
    ValueError
        If they are not, or are empty.
    """
    if (
        first.dtype != np.uint8
        or first.ndim != 2
        or first.size == 0
        or (first.dtype, first.shape) != (second.dtype, second.shape)
    ):
        raise ValueError(f"two (H, W) uint8 frames expected, got {first.dtype} {first.shape} and {second.shape}")


def _opencv_flow(
    first: np.ndarray, second: np.ndarray, parameters: dict[str, float], memory: LevelMemory
) -> np.ndarray:
    step = parameters["scale_step"]
    levels = opencv_pyramid(first, second, int(parameters["scales"]), step)
    flow = np.zeros((*levels[-1][0].shape, 2), np.float32)
    for finer, coarser in zip(levels[::-1], [None, *levels[:0:-1]], strict=True):
        if coarser is not None:
            flow = opencv_enlarged(flow, finer[0].shape, step)
        solve_opencv_level(
            *finer,
            flow,
            memory,
            *_model(parameters),
            parameters["epsilon"] ** 2 * finer[0].size,
            int(parameters["warps"]),
            int(parameters["inner_iterations"]),
            int(parameters["outer_iterations"]),
            int(parameters["median"]),
        )
    return flow


def _ipol_flow(first: np.ndarray, second: np.ndarray, parameters: dict[str, float], memory: LevelMemory) -> np.ndarray:
    step = parameters["scale_step"]
    levels = ipol_pyramid(first, second, int(parameters["scales"]), step, parameters["presmoothing"])
    flow = np.zeros((*levels[-1][0].shape, 2), np.float32)
    for finer, coarser in zip(levels[::-1], [None, *levels[:0:-1]], strict=True):
        if coarser is not None:
            flow = ipol_enlarged(flow, finer[0].shape, step)
        solve_ipol_level(
            *finer,
            flow,
            memory,
            *_model(parameters),
            parameters["epsilon"] ** 2 * finer[0].size,
            int(parameters["warps"]),
            int(parameters["max_iterations"]),
        )
    return flow


def _model(parameters: dict[str, float]) -> tuple[np.float32, np.float32, np.float32]:
    tau, lambda_, theta = (np.float32(parameters[name]) for name in ("tau", "lambda_", "theta"))
    return tau / theta, lambda_ * theta, theta
