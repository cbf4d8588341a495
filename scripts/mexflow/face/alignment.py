"""One similarity transform and one warp per clip: raw frames in, aligned crops out."""

from pathlib import Path

import cv2
import numpy as np

from mexflow.config.alignment import AlignmentSpec
from mexflow.errors import UserError
from mexflow.face.landmarks import find_landmarks, landmark_model_path
from mexflow.store.aligned import AlignedVideo
from mexflow.video.frames import gray_frames

# The crop: eyes level, their centres 0.38 of its width apart and at 0.32 of its height. It reaches from above
# the raised brows to below the dropped chin.
_EYE_DISTANCE = 0.38
_EYE_HEIGHT = 0.32

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


def align_video(video: str, source: Path, first_frame: int, spec: AlignmentSpec) -> AlignedVideo:
    """Align all frames of a clip by the face in its first frames.

    The landmarks are the median over the first `spec.landmark_frames` frames that show a face; one similarity
    transform takes the eye corners and the nose to the canonical face; each frame is warped once.

    Parameters
    ----------
    video : str
        The name to give it.
    source : Path
        An image folder or a video file.
    first_frame : int
        The number of a video file's first frame.
    spec : AlignmentSpec

    Raises
    ------
    UserError
        If the clip cannot be read or shows no face.
    """
    found, searched = _first_landmarks(source, first_frame, spec)
    landmarks = np.median(found, axis=0)
    transform = similarity(landmarks[list(_ANCHORS)], canonical_anchors(spec.size))
    numbers, faces = [], []
    for number, frame in gray_frames(source, first_frame):
        numbers.append(number)
        faces.append(warp(frame, transform, spec.size))
    aligned = apply_transform(transform, landmarks)
    jitter = (found - landmarks)[:, list(_ANCHORS)]
    scale = float(np.hypot(transform[0, 0], transform[1, 0]))
    return AlignedVideo(
        video=video,
        faces=np.stack(faces),
        frame_numbers=np.array(numbers),
        landmarks=aligned,
        transform=transform,
        inter_ocular_distance=inter_ocular_distance(aligned),
        raw_inter_ocular_distance=inter_ocular_distance(landmarks),
        landmark_spread=scale * float(np.sqrt(np.mean(np.sum(jitter**2, axis=-1)))),
        frames_without_face=searched - len(found),
    )


def canonical_anchors(size: int) -> np.ndarray:
    """Where the anchor points lie in a crop.

    Parameters
    ----------
    size : int
        Width and height of the crop, in px.

    Returns
    -------
    (11, 2) float array
        x, y in px, pixel centres at whole numbers.
    """
    points = np.array(list(_ANCHORS.values()))
    return size * (np.array([0.5, _EYE_HEIGHT]) + _EYE_DISTANCE * points) - 0.5


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


def apply_transform(transform: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Points (n, 2) under an affine transform (2, 3)."""
    return points @ transform[:, :2].T + transform[:, 2]


def inter_ocular_distance(landmarks: np.ndarray) -> float:
    """Distance between the centres of the eyes, of (68, 2) landmarks, in their unit."""
    return float(np.linalg.norm(landmarks[42:48].mean(axis=0) - landmarks[36:42].mean(axis=0)))


def warp(frame: np.ndarray, transform: np.ndarray, size: int) -> np.ndarray:
    """Resample a gray frame into a crop, once, by cubic interpolation.

    Where the crop is smaller than the face, the frame is smoothed first by just what the smaller grid cannot
    hold (a Gaussian of σ = ½ √(1/scale² − 1) px), so that skin texture does not turn into false motion.

    Parameters
    ----------
    frame : (H, W) uint8 array
    transform : (2, 3) float array
        From frame px to crop px.
    size : int
        Width and height of the crop, in px.

    Returns
    -------
    (size, size) uint8 array
    """
    scale = np.hypot(transform[0, 0], transform[1, 0])
    if scale < 1:
        frame = cv2.GaussianBlur(frame, (0, 0), 0.5 * np.sqrt(scale**-2 - 1))
    return cv2.warpAffine(frame, transform, (size, size), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)


def _first_landmarks(source: Path, first_frame: int, spec: AlignmentSpec) -> tuple[np.ndarray, int]:
    model = landmark_model_path(spec.landmark_model)
    found: list[np.ndarray] = []
    searched = 0
    for _, frame in gray_frames(source, first_frame):
        searched += 1
        landmarks = find_landmarks(frame, model)
        if landmarks is not None:
            found.append(landmarks)
            if len(found) == spec.landmark_frames:
                break
    if not found:
        raise UserError(
            f"{source}: no face in any of its {searched} frames. Look at the clip: it must show one upright face,"
            " at least 80 px wide. Remove its label row if it does not."
        )
    return np.array(found), searched
