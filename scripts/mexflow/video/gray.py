"""From colour to gray, as the published systems do it.

All weigh the channels as ITU-R BT.601 does. They differ in which channel they take for red: SOFTNet, ELRCN, and
MicroExpSTCNN and the FuseNets on SMIC get it right; the published scripts of MicroExpSTCNN and the FuseNets on CAS(ME)²
tell OpenCV that frames from an RGB reader are BGR. The frames of SAMM are gray to begin with, so nothing is left to
convert for Joshi's networks. Green channel, mean of the channels and BT.709 are used by none of them.
"""

from collections.abc import Callable

import cv2
import numpy as np

GrayConversion = Callable[[np.ndarray], np.ndarray]
"""(H, W, 3) uint8 array, blue first, to (H, W) uint8 array."""


def bt601(bgr: np.ndarray) -> np.ndarray:
    """0.299 R + 0.587 G + 0.114 B, rounded.

    Parameters
    ----------
    bgr : (H, W, 3) uint8 array
        Blue, green, red.

    Returns
    -------
    (H, W) uint8 array
    """
    return cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY)


def bt601_swapped(bgr: np.ndarray) -> np.ndarray:
    """0.114 R + 0.587 G + 0.299 B, rounded: the published conversion of MicroExpSTCNN for CAS(ME)².

    On skin, which is red, it is darker than `bt601`.

    Parameters
    ----------
    bgr : (H, W, 3) uint8 array
        Blue, green, red.

    Returns
    -------
    (H, W) uint8 array
    """
    return cv2.cvtColor(bgr, cv2.COLOR_RGB2GRAY)


GRAY_CONVERSIONS: dict[str, GrayConversion] = {"bt601": bt601, "bt601_swapped": bt601_swapped}
"""By name."""
