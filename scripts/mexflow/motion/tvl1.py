"""TV-L1 optical flow."""

import cv2
import numpy as np

from mexflow.config.flow import FlowSpec

_OPENCV = {
    "tau": 0.25,
    "lambda_": 0.15,
    "theta": 0.3,
    "gamma": 0.0,
    "epsilon": 0.01,
    "scales": 5,
    "scale_step": 0.8,
    "warps": 5,
    "inner_iterations": 30,
    "outer_iterations": 10,
    "median": 5,
}
PRESETS = {"opencv": _OPENCV, "fast": {**_OPENCV, "epsilon": 0.05, "outer_iterations": 3}}

# OpenCV's names, its misspelling included.
_OPENCV_NAMES = {
    "scales": "nscales",
    "scale_step": "scaleStep",
    "inner_iterations": "innnerIterations",
    "outer_iterations": "outerIterations",
    "median": "medianFiltering",
}


def tvl1_parameters(spec: FlowSpec) -> dict[str, float]:
    """The parameters of a flow: its preset's, replaced by those it gives itself."""
    given = spec.model_dump(exclude={"method", "preset"}, exclude_none=True)
    return PRESETS[spec.preset] | given


def tvl1_flow(first: np.ndarray, second: np.ndarray, spec: FlowSpec) -> np.ndarray:
    """Dense motion from one frame to another.

    Parameters
    ----------
    first, second : (H, W) uint8 arrays
        Gray frames under one common transform.
    spec : FlowSpec

    Returns
    -------
    (H, W, 2) float32 array
        u (along columns) and v (along rows), in px: first[y, x] is found at second[y + v, x + u].

    Raises
    ------
    ValueError
        If the frames are not 8-bit gray images of one size.

    References
    ----------
    Zach, Pock and Bischof, "A duality based approach for realtime TV-L1 optical flow", DAGM 2007; Sánchez,
    Meinhardt-Llopis and Facciolo, "TV-L1 optical flow estimation", IPOL 2013.
    """
    if first.dtype != np.uint8 or first.ndim != 2 or (first.dtype, first.shape) != (second.dtype, second.shape):
        raise ValueError(f"two (H, W) uint8 frames expected, got {first.dtype} {first.shape} and {second.shape}")
    # A new object for each pair: OpenCV's lowers its own number of scales for a small image and keeps it.
    named = {_OPENCV_NAMES.get(name, name): value for name, value in tvl1_parameters(spec).items()}
    method = cv2.optflow.DualTVL1OpticalFlow_create(**named)  # type: ignore[attr-defined]
    return method.calc(first, second, None)
