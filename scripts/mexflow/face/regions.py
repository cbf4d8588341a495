"""Regions of an aligned face, from its landmarks (68, 2), x and y in px of the crop, and its (width, height).

What the publications give in px of a crop 128 px wide is taken in proportion to the width of the crop. A rectangle
is given as rows and columns; it is cut at the border of the crop and always holds a pixel.
"""

import cv2
import numpy as np

_NOSE = 5 / 128  # half a side
_STRIP_MARGIN = 12 / 128
_EYE_MARGIN = 15 / 128

Rectangle = tuple[slice, slice]
"""Rows and columns."""


def nose_region(landmarks: np.ndarray, crop: tuple[int, int]) -> Rectangle:
    """The bridge of the nose: skin that moves with the head only.

    Landmark 28 ± 5 px: a window of 11 × 11 px in a crop 128 px wide, moved where it would leave the crop.

    References
    ----------
    Liong et al., "Shallow optical flow three-stream CNN for macro- and micro-expression spotting" (SOFTNet),
    ICIP 2021, section 2.1: the window whose mean flow is taken as head motion.
    """
    width, height = crop
    half = max(1, round(_NOSE * width))
    x, y = np.rint(landmarks[28]).astype(int)
    return _window(y, half, height), _window(x, half, width)


def brow_strip(landmarks: np.ndarray, crop: tuple[int, int]) -> Rectangle:
    """Both brows and eyes: from 12 px above the brows' landmarks 19 and 24 to 12 px below the eyes' 41 and 46.

    References
    ----------
    SOFTNet (see `nose_region`), section 2.1 and code; paper and figure draw two regions, the code has one.
    """
    x, y = landmarks.T
    margin = _STRIP_MARGIN * crop[0]
    rows = min(y[19], y[24]) - margin, max(y[41], y[46]) + margin
    return _rectangle(rows, (x[17] - margin, x[26] + margin), crop)


def mouth_strip(landmarks: np.ndarray, crop: tuple[int, int]) -> Rectangle:
    """The mouth: 12 px around landmarks 50 (above), 57 (below), 60 and 64 (the inner corners of the lips).

    References
    ----------
    SOFTNet (see `nose_region`), section 2.1 and code.
    """
    x, y = landmarks.T
    margin = _STRIP_MARGIN * crop[0]
    return _rectangle((y[50] - margin, y[57] + margin), (x[60] - margin, x[64] + margin), crop)


def eye_mask(landmarks: np.ndarray, crop: tuple[int, int]) -> np.ndarray:
    """Where blinks would be: the two outlines of the eyes, each of their points moved outwards by 15 px.

    Outer and inner corners move sideways, points of the upper lid up, of the lower lid down.

    Returns
    -------
    (height, width) bool array
        True in the eyes, border included.

    References
    ----------
    SOFTNet (see `nose_region`), section 2.1 and code: flow and strain are set to 0 there.
    """
    width, height = crop
    outwards = np.array([(-1, 0), (0, -1), (0, -1), (1, 0), (0, 1), (0, 1)])
    mask = np.zeros((height, width), np.uint8)
    for eye in (landmarks[36:42], landmarks[42:48]):
        outline = np.clip(np.rint(eye + _EYE_MARGIN * width * outwards), 0, crop)
        cv2.fillPoly(mask, [outline.astype(np.int32)], 1)
    return mask.astype(bool)


def eyes_region(landmarks: np.ndarray, crop: tuple[int, int]) -> Rectangle:
    """Eyes and brows over the width of the face: rows from landmark 19 to 1, columns from 1 to 15.

    References
    ----------
    Reddy et al., "Spontaneous facial micro-expression recognition using 3D spatiotemporal convolutional neural
    networks" (MicroExpFuseNet), IJCNN 2019 (arXiv 1904.01390), and its code.
    """
    x, y = landmarks.T
    return _rectangle((y[19], y[1]), (x[1], x[15]), crop)


def nose_mouth_region(landmarks: np.ndarray, crop: tuple[int, int]) -> Rectangle:
    """Nose and mouth over the width of the cheeks: rows from landmark 2 to 6, columns from 2 to 14.

    References
    ----------
    MicroExpFuseNet (see `eyes_region`).
    """
    x, y = landmarks.T
    return _rectangle((y[2], y[6]), (x[2], x[14]), crop)


def _rectangle(rows: tuple[float, float], columns: tuple[float, float], crop: tuple[int, int]) -> Rectangle:
    width, height = crop
    return _span(*rows, height), _span(*columns, width)


def _span(start: float, stop: float, size: int) -> slice:
    first = int(np.clip(np.rint(start), 0, size - 1))
    return slice(first, int(np.clip(np.rint(stop), first + 1, size)))


def _window(centre: int, half: int, size: int) -> slice:
    centre = min(max(centre, half), size - 1 - half)
    return slice(int(centre - half), int(centre + half + 1))
