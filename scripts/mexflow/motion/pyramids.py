"""Image pyramids for TV-L1: OpenCV's, and the one of the IPOL program tvl1flow.

Levels are pairs of float32 images, grey levels 0–255, the finest first.
"""

import math

import cv2
import numpy as np

Level = tuple[np.ndarray, np.ndarray]

_SMALLEST_OPENCV_SIDE = 16
_ZOOM_SIGMA = 0.6
_GAUSSIAN_REACH = 5  # standard deviations


def opencv_pyramid(first: np.ndarray, second: np.ndarray, scales: int, scale_step: float) -> list[Level]:
    """As OpenCV's DualTVL1OpticalFlow: bilinear, and no level below 16 px but the first."""
    levels = [(first.astype(np.float32), second.astype(np.float32))]
    while len(levels) < scales:
        # OpenCV's own rounding of the size; a side of 0 px would be an error there.
        if min(levels[-1][0].shape) * scale_step < _SMALLEST_OPENCV_SIDE - 1:
            break
        smaller: list[np.ndarray] = [
            np.asarray(cv2.resize(image, None, fx=scale_step, fy=scale_step, interpolation=cv2.INTER_LINEAR))
            for image in levels[-1]
        ]
        if min(smaller[0].shape) < _SMALLEST_OPENCV_SIDE:
            break
        levels.append((smaller[0], smaller[1]))
    return levels


def opencv_enlarged(flow: np.ndarray, shape: tuple[int, int], scale_step: float) -> np.ndarray:
    """The flow (h, w, 2) of a level for the next finer one of the shape."""
    # OpenCV resizes a plane at a time; both at once would round otherwise.
    planes = [cv2.resize(plane, shape[::-1], interpolation=cv2.INTER_LINEAR) for plane in cv2.split(flow)]
    return cv2.merge(planes) * np.float32(1 / scale_step)


def ipol_pyramid(
    first: np.ndarray, second: np.ndarray, scales: int, scale_step: float, presmoothing: float
) -> list[Level]:
    """As the IPOL program: both images scaled to 0–255 together, smoothed, then smoothed and sampled level by level.

    References
    ----------
    Sánchez, Meinhardt-Llopis and Facciolo, "TV-L1 optical flow estimation", IPOL 2013, and its program tvl1flow.
    """
    height, width = first.shape
    # As many levels as leave the diagonal of the coarsest at 16 px or more.
    most = int(1 + math.log(math.hypot(width, height) / 16) / math.log(1 / scale_step))
    sigma = _ZOOM_SIGMA * math.sqrt(1 / scale_step**2 - 1)
    images = [_smoothed(image, presmoothing) for image in _stretched(first, second)]
    levels = [(images[0], images[1])]
    for _ in range(1, min(scales, most)):
        height, width = (int(np.float32(side) * np.float32(scale_step) + 0.5) for side in (height, width))
        images = [_sampled(_smoothed(image, sigma), (height, width), (scale_step, scale_step)) for image in images]
        levels.append((images[0], images[1]))
    return levels


def ipol_enlarged(flow: np.ndarray, shape: tuple[int, int], scale_step: float) -> np.ndarray:
    """The flow (h, w, 2) of a level for the next finer one of the shape."""
    height, width = flow.shape[:2]
    steps = float(np.float32(shape[0]) / height), float(np.float32(shape[1]) / width)
    return _sampled(flow, shape, steps) * np.float32(1 / scale_step)


def _stretched(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    lowest, highest = min(first.min(), second.min()), max(first.max(), second.max())
    if lowest == highest:
        return first.astype(np.float32), second.astype(np.float32)
    stretch = 255.0 / (float(highest) - float(lowest))
    return tuple(((image - float(lowest)) * stretch).astype(np.float32) for image in (first, second))  # type: ignore[return-value]


def _smoothed(image: np.ndarray, sigma: float) -> np.ndarray:
    size = int(_GAUSSIAN_REACH * sigma) + 1
    offsets = np.arange(1 - size, size)
    kernel = np.exp(-(offsets**2) / (2 * sigma**2))
    kernel /= kernel.sum()
    rows, columns = (_reflected(side, size) for side in image.shape)
    padded = image[rows][:, columns]
    inside = slice(size, -size)
    return np.ascontiguousarray(cv2.sepFilter2D(padded, cv2.CV_32F, kernel, kernel)[inside, inside])


def _reflected(side: int, size: int) -> np.ndarray:
    """Indices of a padded line. The program does not repeat the first pixel, and repeats the last one."""
    before = np.arange(size, 0, -1)
    after = side - 1 - np.arange(size)
    return np.clip(np.concatenate([before, np.arange(side), after]), 0, side - 1)


def _sampled(image: np.ndarray, shape: tuple[int, int], steps: tuple[float, float]) -> np.ndarray:
    """Cubic interpolation at the pixel numbers divided by the steps (no half-pixel centres); borders repeated."""
    lines = _interpolated(image, shape[0], steps[0])
    return np.ascontiguousarray(_interpolated(lines.swapaxes(0, 1), shape[1], steps[1]).swapaxes(0, 1))


def _interpolated(lines: np.ndarray, count: int, step: float) -> np.ndarray:
    position = np.arange(count, dtype=np.float32) / np.float32(step)
    whole = position.astype(np.intp)
    t = (position - whole.astype(np.float32)).astype(np.float64)
    if not t.any():  # a scale step of 1/2: every second pixel
        return lines[whole]
    # Keys' cubic convolution, a = −1/2.
    weights = (
        -0.5 * t * (1 - t) ** 2,
        1 - 2.5 * t**2 + 1.5 * t**3,
        0.5 * t + 2 * t**2 - 1.5 * t**3,
        -0.5 * (1 - t) * t**2,
    )
    across = (-1, *[1] * (lines.ndim - 1))
    taps = (np.clip(whole + shift, 0, len(lines) - 1) for shift in (-1, 0, 1, 2))
    return sum(
        weight.astype(np.float32).reshape(across) * lines[tap] for weight, tap in zip(weights, taps, strict=True)
    )
