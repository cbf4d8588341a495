"""Blinks: the upper lid comes down over the eye, nothing else moves."""

from typing import NamedTuple

import numpy as np

from mexflow.datasets.demo_plan import PlannedClip, random_stream
from mexflow.synthesis.subject import Subject

_SHARE_OF_CLIPS = 1 / 3
_FRAMES = (24, 40)  # a blink lasts 120–200 ms
_CLOSED = 0.9  # how much of the opening the lid covers at most
_LASHES = 0.15  # how far the lashes reach above the lid's landmarks, in openings of the eye
_RIM = 0.3  # height of the lid's edge, lashes and lid line, that moves as a whole, in openings of the eye
_FOLD = 1.0  # height of the skin above the lid that takes part, rim included, in openings of the eye

_IMAGE_LEFT_EYE = ((36, 39), (37, 38), (40, 41))  # corners, upper lid, lower lid
_IMAGE_RIGHT_EYE = ((42, 45), (43, 44), (46, 47))


class Eye(NamedTuple):
    """An eye in its own frame: origin between the corners, x along them, y down; all in frame px.

    The upper lid at rest runs at −upper·(1 − (x/half_width)²), the lower one at lower·(1 − (x/half_width)²).
    """

    centre: np.ndarray
    axis: np.ndarray
    half_width: float
    upper: float
    lower: float
    behind_glasses: bool


def blink_course(clip: PlannedClip) -> np.ndarray:
    """How closed the eyes are in each frame (n_frames,), 0 to 0.9; all 0 in the clips without a blink."""
    rng = random_stream(clip.seed, clip.subject, clip.clip, "blink")
    n_frames = clip.last_frame - clip.first_frame + 1
    blinks, middle, duration = rng.random() < _SHARE_OF_CLIPS, rng.uniform(0, n_frames), rng.uniform(*_FRAMES)
    if not blinks:
        return np.zeros(n_frames)
    return one_blink(n_frames, middle, duration)


def one_blink(n_frames: int, middle: float, duration: float) -> np.ndarray:
    """How closed the eyes are in each frame (n_frames,), 0 to 0.9, in one blink; middle and duration in frames.

    Examples
    --------
    >>> one_blink(5, middle=2, duration=4).round(2).tolist()
    [0.0, 0.45, 0.9, 0.45, 0.0]
    """
    phase = np.clip((np.arange(n_frames) - middle) / duration, -0.5, 0.5)
    return _CLOSED * (1 + np.cos(2 * np.pi * phase)) / 2


def eyes(subject: Subject) -> tuple[Eye, Eye]:
    """The two eyes of the subject at rest."""
    left, right = (_eye(subject, *indices) for indices in (_IMAGE_LEFT_EYE, _IMAGE_RIGHT_EYE))
    return left, right


def _eye(subject: Subject, corners: tuple[int, int], upper: tuple[int, int], lower: tuple[int, int]) -> Eye:
    outer, inner = subject.landmarks[corners[0]], subject.landmarks[corners[1]]
    width = float(np.hypot(*(inner - outer)))
    axis = (inner - outer) / width
    downwards = np.array([-axis[1], axis[0]])
    centre = (outer + inner) / 2
    rise = -float(((subject.landmarks[list(upper)] - centre) @ downwards).mean())
    drop = float(((subject.landmarks[list(lower)] - centre) @ downwards).mean())
    opening = rise + drop
    return Eye(
        centre=centre,
        axis=axis,
        half_width=0.55 * width,
        upper=rise + _LASHES * opening,
        lower=drop,
        behind_glasses=subject.has_glasses,
    )


def lower_lid(source: np.ndarray, eye: Eye, closed: float, centre: np.ndarray) -> None:
    """Draw the lid over one eye: changes the sampling map in place, around that eye only.

    Parameters
    ----------
    source : (h, w, 2) float array
        Which point of the open-eyed face each pixel shows, in the px of `eye`.
    eye : Eye
    closed : float
        How far the lid is down, 0 to 1.
    centre : (2,) float array
        The pixel of the map that the eye's centre is near.
    """
    reach = 1.6 * eye.half_width
    left, top = (centre - reach).astype(int)
    right, bottom = (centre + reach).astype(int)
    window = source[top:bottom, left:right]
    window[...] = with_lid(window, eye, closed)


def with_lid(points: np.ndarray, eye: Eye, closed: float) -> np.ndarray:
    """Where an open-eyed face has what the points (..., 2) show when the lid is so far down, in px.

    The lid covers the eye, so this map is not a deformation: it jumps at the lid's edge.
    """
    downwards = np.array([-eye.axis[1], eye.axis[0]])
    x = (points - eye.centre) @ eye.axis
    y = (points - eye.centre) @ downwards
    arch = np.clip(1 - (x / eye.half_width) ** 2, 0, None)
    top, bottom = -eye.upper * arch, eye.lower * arch
    edge = top + closed * (bottom - top)
    if eye.behind_glasses:
        lid, begin = _mirrored_skin(y, edge, bottom), top
    else:
        rim, fold = np.array([_RIM, _FOLD]) * (eye.upper + eye.lower)
        lid, begin = _unfolded_skin(edge - y, edge - top, rim, fold) + top, top - fold
    covered = np.clip(edge - y + 0.5, 0, 1) * np.clip(y - begin + 0.5, 0, 1)
    return points + (covered * (lid - y))[..., None] * downwards


def _unfolded_skin(height: np.ndarray, lowered: np.ndarray, rim: float, fold: float) -> np.ndarray:
    """The lid as the skin above the open eye: its rim as it is, the rest stretched by the way it went.

    From the height above the lowered lid's edge to y below the raised lid's edge, px.
    """
    return -np.minimum(height, rim) - np.maximum(height - rim, 0) * (fold - rim) / (fold - rim + lowered)


def _mirrored_skin(y: np.ndarray, edge: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    """The lid as the skin and lashes below the eye, mirrored: the rim of the glasses hides those above it."""
    return bottom + edge - y
