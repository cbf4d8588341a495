"""From frame px to crop px: where a crop lies, and the one warp that samples it."""

import cv2
import numpy as np

# Points that move with the skull rather than with the face, in inter-ocular distances from between the eyes:
# eye corners, bridge and base of the nose. Mean of the two photographs of the demo and their mirror images.
_ANCHORS = {
    36: (-0.680, 0.009),
    39: (-0.310, 0.028),
    42: (0.310, 0.028),
    45: (0.680, 0.009),
    27: (0.0, -0.032),
    28: (0.0, 0.166),
    29: (0.0, 0.358),
    30: (0.0, 0.558),
    31: (-0.239, 0.652),
    33: (0.0, 0.724),
    35: (0.239, 0.652),
}
ANCHORS = tuple(_ANCHORS)
"""The landmarks that carry a transform: eye corners and nose."""


def canonical_anchors(crop: tuple[int, int], eye_distance: float = 0.38, eye_height: float = 0.32) -> np.ndarray:
    """Where the anchor points lie in a crop with level eyes in the middle of its width.

    By default the crop reaches from above the raised brows to below the dropped chin.

    Parameters
    ----------
    crop : (int, int)
        Width and height, in px.
    eye_distance : float
        Between the centres of the eyes, in widths of the crop.
    eye_height : float
        From the top of the crop to the eyes, in heights of the crop.

    Returns
    -------
    (11, 2) float array
        x, y in px, in the order of `ANCHORS`, pixel centres at whole numbers.
    """
    width, height = crop
    between_eyes = np.array([0.5 * width, eye_height * height])
    return between_eyes + eye_distance * width * np.array(list(_ANCHORS.values())) - 0.5


def similarity(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The similarity transform (rotation, scale, translation) that takes one point set nearest to another.

    Parameters
    ----------
    source, target : (n, 2) float arrays
        Corresponding points x, y.

    Returns
    -------
    (2, 3) float array
        Least-squares optimal; never a reflection.

    References
    ----------
    Umeyama, "Least-squares estimation of transformation parameters between two point patterns", PAMI 1991; in
    the plane the solution is the quotient of two complex sums.

    Examples
    --------
    >>> square = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    >>> similarity(square, 2 * square + 3).round(6).tolist()
    [[2.0, -0.0, 3.0], [0.0, 2.0, 3.0]]
    """
    from_centre, to_centre = source.mean(axis=0), target.mean(axis=0)
    a, b = (points @ np.array([1, 1j]) for points in (source - from_centre, target - to_centre))
    factor = np.vdot(a, b) / np.vdot(a, a)
    linear = np.array([[factor.real, -factor.imag], [factor.imag, factor.real]])
    return np.column_stack([linear, to_centre - linear @ from_centre])


def box_transform(box: np.ndarray, crop: tuple[int, int], margin: float = 0.0) -> np.ndarray:
    """The affine transform that cuts a box out of a frame and scales it to a crop.

    Parameters
    ----------
    box : (4,) array
        Left, top, right, bottom in px. Right and bottom are the first column and row outside.
    crop : (int, int)
        Width and height, in px.
    margin : float
        What is added on each side first, in widths and heights of the box.

    Returns
    -------
    (2, 3) float array
        As image[top:bottom, left:right] and a resize that takes the box's outer edges to the crop's.

    References
    ----------
    Liong et al., "Shallow optical flow three-stream CNN for macro- and micro-expression spotting" (SOFTNet),
    ICIP 2021, section 2.1; margin 0 in its code.

    Examples
    --------
    >>> box_transform(np.array([10.0, 20.0, 30.0, 60.0]), (20, 20)).tolist()
    [[1.0, 0.0, -10.0], [0.0, 0.5, -10.25]]
    """
    corner, opposite = np.asarray(box, float).reshape(2, 2)
    corner, opposite = corner - margin * (opposite - corner), opposite + margin * (opposite - corner)
    scale = np.array(crop) / (opposite - corner)
    return np.column_stack([np.diag(scale), (0.5 - corner) * scale - 0.5])


def apply_transform(transform: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Points (n, 2) under an affine transform (2, 3)."""
    return points @ transform[:, :2].T + transform[:, 2]


def inter_ocular_distance(landmarks: np.ndarray) -> float:
    """Distance between the centres of the eyes, of (68, 2) landmarks, in their unit."""
    return float(np.linalg.norm(landmarks[42:48].mean(axis=0) - landmarks[36:42].mean(axis=0)))


def warp(frame: np.ndarray, transform: np.ndarray, crop: tuple[int, int]) -> np.ndarray:
    """Resample a gray frame into a crop, once, by cubic interpolation.

    Where the crop is smaller than the face, the frame is smoothed first by just what the smaller grid cannot
    hold (a Gaussian of σ = ½ √(1/scale² − 1) px along each axis), so that skin texture does not turn into false
    motion.

    Parameters
    ----------
    frame : (H, W) uint8 array
    transform : (2, 3) float array
        From frame px to crop px.
    crop : (int, int)
        Width and height, in px.

    Returns
    -------
    (height, width) uint8 array
        Beyond the frame its border pixels go on.
    """
    scale = np.hypot(*transform[:, :2])
    if scale.min() < 1:
        # OpenCV takes a σ of 0 for "as along the other axis"; one that is next to nothing leaves the axis alone.
        across, down = np.maximum(0.5 * np.sqrt(np.maximum(scale**-2.0 - 1, 0)), 1e-3)
        frame = cv2.GaussianBlur(frame, (0, 0), across, sigmaY=down)
    return cv2.warpAffine(frame, transform, crop, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
