"""Geometry: smooth displacement fields (sums of Gaussian bumps), affine transforms, sampling."""

from dataclasses import dataclass

import cv2
import numpy as np


@dataclass(frozen=True)
class BumpField:
    """Displacement field D(x) = Σ vectorᵢ · exp(−|x − centreᵢ|² / 2 widthᵢ²).

    Attributes
    ----------
    centres, vectors : (n, 2) float array
        Where the bumps stand and which way they push, x and y in px.
    widths : (n,) float array
        Their standard deviations in px.
    """

    centres: np.ndarray
    vectors: np.ndarray
    widths: np.ndarray

    def at(self, points: np.ndarray) -> np.ndarray:
        """Displacement (..., 2) in px at the points (..., 2), in the points' float type."""
        kind = points.dtype
        exponent = np.zeros((*points.shape[:-1], len(self.widths)), kind)
        for axis in (0, 1):
            scaled = (points[..., axis, None] - self.centres[:, axis].astype(kind)) / self.widths.astype(kind)
            exponent -= scaled * scaled
        return np.exp(exponent * kind.type(0.5)) @ self.vectors.astype(kind)

    def scaled(self, factor: float) -> "BumpField":
        """The same field, `factor` times as strong."""
        return BumpField(self.centres, self.vectors * factor, self.widths)


def displaced_from(points: np.ndarray, field: BumpField, iterations: int = 4) -> np.ndarray:
    """Where the points (..., 2) were before the field moved them: the x that solves x + D(x) = point.

    Fixed-point iteration; each step shrinks the error by the steepest gradient of D, which must be below 1.

    Examples
    --------
    >>> field = BumpField(np.zeros((1, 2)), np.array([[0.0, -2.0]]), np.array([10.0]))
    >>> moved = np.array([3.0, 4.0]) + field.at(np.array([3.0, 4.0]))
    >>> displaced_from(moved, field, iterations=8).round(6).tolist()
    [3.0, 4.0]
    """
    origin = points
    for _ in range(iterations):
        origin = points - field.at(origin)
    return origin


def transformed(points: np.ndarray, transform: np.ndarray) -> np.ndarray:
    """The points (..., 2) under the affine transform (2, 3), in the points' float type."""
    transform = transform.astype(points.dtype)
    return points @ transform[:, :2].T + transform[:, 2]


def sampled(image: np.ndarray, points: np.ndarray) -> np.ndarray:
    """The image's cubic interpolation at the points (h, w, 2), float32 px; mirrored beyond its borders."""
    x, y = points[..., 0], points[..., 1]
    return cv2.remap(image, x, y, interpolation=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101)
