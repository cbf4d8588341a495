"""Two frames of a photographed face between which a known expression moves it."""

import cv2
import numpy as np

from face.photograph_clip import portrait
from mexflow.synthesis.fields import BumpField, displaced_from

NOISE = 1.5  # grey levels


def face_pair(height: int, width: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Frames (height, width) uint8, with camera noise, and the true flow (height, width, 2), up to 1 % of the width.

    The second frame is one cubic sampling of the photograph, which is finer than the frames.
    """
    picture = portrait()[20:430, 60:470].astype(np.float32)
    y, x = np.mgrid[:height, :width].astype(np.float64)
    points = np.stack([x, y], axis=-1)
    bumps = np.array(
        [(0.30, 0.62, 0.7, -0.8), (0.68, 0.62, -0.6, -0.8), (0.36, 0.30, 0.1, -0.9), (0.5, 0.85, 0.0, 0.7)]
    )
    size = np.array([width, height])
    field = BumpField(bumps[:, :2] * size, 0.01 * width * bumps[:, 2:], np.full(4, 0.08 * width))
    noise = np.random.default_rng(seed)
    frames = []
    for seen in (points, displaced_from(points, field, 20)):
        at = ((seen + 0.5) / size * picture.shape[::-1] - 0.5).astype(np.float32)
        smooth = cv2.GaussianBlur(picture, (0, 0), max(0.4 * picture.shape[1] / width, 0.3))
        frame = cv2.remap(smooth, at[..., 0], at[..., 1], cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101)
        frame += NOISE * noise.standard_normal(frame.shape, np.float32)
        frames.append(np.clip(np.rint(frame), 0, 255).astype(np.uint8))
    return frames[0], frames[1], field.at(points)
