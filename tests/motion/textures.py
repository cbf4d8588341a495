"""A textured image that can be moved by a known field."""

import cv2
import numpy as np

MARGIN = 32
SIZE = 96


def _texture() -> np.ndarray:
    grain = np.random.default_rng(0).standard_normal((SIZE + 2 * MARGIN,) * 2)
    mixed = cv2.GaussianBlur(grain, (0, 0), 1.5) + 3 * cv2.GaussianBlur(grain, (0, 0), 4)
    return (128 + 40 * mixed / mixed.std()).astype(np.float32)


TEXTURE = _texture()


def grid() -> np.ndarray:
    """Pixel centres (96, 96, 2): x, y."""
    y, x = np.mgrid[:SIZE, :SIZE].astype(float)
    return np.stack([x, y], axis=-1)


def seen_at(points: np.ndarray) -> np.ndarray:
    """The texture at the points (h, w, 2) px as an 8-bit picture."""
    x, y = np.moveaxis(points.astype(np.float32) + MARGIN, -1, 0)
    return np.clip(np.rint(cv2.remap(TEXTURE, x, y, cv2.INTER_LANCZOS4)), 0, 255).astype(np.uint8)


def shifted(u: float, v: float) -> np.ndarray:
    """The texture after everything has moved by u px to the right and v px down."""
    return seen_at(grid() - [u, v])
