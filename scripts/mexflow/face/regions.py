"""Regions of an aligned face, from its landmarks."""

import numpy as np

_HALF_WIDTH = 5 / 128


def nose_region(landmarks: np.ndarray, size: int) -> tuple[slice, slice]:
    """The bridge of the nose: skin that moves with the head only.

    Parameters
    ----------
    landmarks : (68, 2) float array
        x, y in px of the crop.
    size : int
        Width and height of the crop, in px.

    Returns
    -------
    (slice, slice)
        Rows and columns: landmark 28 ± 5 px in a crop of 128 px, and in proportion in others.

    References
    ----------
    Liong et al., "Shallow optical flow three-stream CNN for macro- and micro-expression spotting" (SOFTNet),
    ICIP 2021, section 2.1: the 11 × 11 window whose mean flow is taken as head motion.
    """
    half = max(1, round(_HALF_WIDTH * size))
    x, y = np.rint(landmarks[28]).astype(int)
    return _window(y, half, size), _window(x, half, size)


def _window(centre: int, half: int, size: int) -> slice:
    centre = min(max(centre, half), size - 1 - half)
    return slice(int(centre - half), int(centre + half + 1))
