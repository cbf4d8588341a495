"""Another size for an image, as OpenCV computes it."""

import cv2
import numpy as np

_INTERPOLATION = {"area": cv2.INTER_AREA, "bilinear": cv2.INTER_LINEAR, "nearest": cv2.INTER_NEAREST}


def resized(image: np.ndarray, width: int, height: int, method: str) -> np.ndarray:
    """An image at another size, both sides scaled independently.

    Parameters
    ----------
    image : (H, W) or (H, W, channels) uint8 or float32 array
    width, height : int
        In px.
    method : str
        `area` (the mean of what each pixel covers), `bilinear` or `nearest`.

    Returns
    -------
    (height, width) or (height, width, channels) array of the same type
        The pixels of cv2.resize; channels stay an axis, however many they are.

    Examples
    --------
    >>> resized(np.array([[0, 2, 4, 6]], np.uint8), 2, 1, "area").tolist()
    [[1, 5]]
    """
    # Channel by channel, because OpenCV shrinks no more than four of them by area.
    planes = np.moveaxis(image.reshape(*image.shape[:2], -1), -1, 0)
    method_of_opencv = _INTERPOLATION[method]
    small = [
        cv2.resize(np.ascontiguousarray(plane), (width, height), interpolation=method_of_opencv) for plane in planes
    ]
    return np.stack(small, axis=-1).reshape(height, width, *image.shape[2:])
