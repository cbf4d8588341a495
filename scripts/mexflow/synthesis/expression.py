"""Facial expressions as motion: which way each action unit moves the skin, how far, and when."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from mexflow.datasets.demo_plan import PlannedClip, random_stream
from mexflow.synthesis.fields import BumpField
from mexflow.synthesis.subject import Subject

PEAK_RANGE = (0.015, 0.03)  # largest displacement at the apex, in inter-ocular distances


class _Pull(NamedTuple):
    """Skin around a landmark (or midway between several) pulled by a muscle.

    `away` from the face's midline (towards it when negative) and `up`, relative to each other;
    `reach` is the standard deviation of the bump in inter-ocular distances.
    """

    landmarks: tuple[int, ...]
    away: float
    up: float
    reach: float


# Directions after Ekman, Friesen & Hager, "Facial Action Coding System", 2002.
_ACTION_UNITS: dict[str, tuple[_Pull, ...]] = {
    "1": (  # inner brow raiser
        _Pull((21,), 0.0, 1.0, 0.17),
        _Pull((22,), 0.0, 1.0, 0.17),
    ),
    "2": (  # outer brow raiser
        _Pull((18,), 0.1, 0.8, 0.20),
        _Pull((25,), 0.1, 0.8, 0.20),
    ),
    "4": (  # brow lowerer: down and together
        _Pull((21,), -0.6, -0.8, 0.18),
        _Pull((22,), -0.6, -0.8, 0.18),
        _Pull((19,), -0.2, -0.5, 0.18),
        _Pull((24,), -0.2, -0.5, 0.18),
    ),
    "6": (  # cheek raiser
        _Pull((41, 48), 0.1, 0.6, 0.22),
        _Pull((46, 54), 0.1, 0.6, 0.22),
    ),
    "12": (  # lip corner puller: up and out
        _Pull((48,), 0.6, 0.8, 0.20),
        _Pull((54,), 0.6, 0.8, 0.20),
    ),
    "15": (  # lip corner depressor
        _Pull((48,), 0.1, -1.0, 0.20),
        _Pull((54,), 0.1, -1.0, 0.20),
    ),
    "18": (  # lip pucker: the corners come together
        _Pull((48,), -1.0, 0.0, 0.20),
        _Pull((54,), -1.0, 0.0, 0.20),
    ),
    "26": (  # jaw drop: lower lip and chin
        _Pull((57,), 0.0, -0.9, 0.22),
        _Pull((57, 8), 0.0, -0.4, 0.26),
        _Pull((8,), 0.0, -0.6, 0.28),
    ),
}


def expression_at_apex(clip: PlannedClip, subject: Subject) -> BumpField:
    """Displacement of the subject's skin from rest to the clip's apex, in frame px.

    The peak is drawn from PEAK_RANGE; sides and action units differ in strength from clip to clip.
    """
    rng = random_stream(clip.seed, clip.subject, clip.clip, "expression")
    field = pulled_skin(clip.action_units, subject, rng)
    return with_peak(field, rng.uniform(*PEAK_RANGE) * subject.inter_ocular_distance)


def pulled_skin(action_units: str, subject: Subject, rng: np.random.Generator) -> BumpField:
    """Where action units move the subject's skin, the largest displacement being near 1 px.

    Parameters
    ----------
    action_units : str
        Such as "4+15".
    subject : Subject
    rng : numpy Generator
        Sides and action units differ in strength by about 12 %.
    """
    sides = np.exp(rng.normal(0, 0.12, 2))
    pulls = [
        (pull, strength)
        for unit in action_units.split("+")
        for strength in [np.exp(rng.normal(0, 0.12))]
        for pull in _ACTION_UNITS[unit]
    ]
    return _field(pulls, sides, subject)


def with_peak(field: BumpField, peak: float) -> BumpField:
    """The same field, its largest displacement being so many px."""
    return field.scaled(peak / _largest_displacement(field))


def _field(pulls: Sequence[tuple[_Pull, float]], sides: np.ndarray, subject: Subject) -> BumpField:
    across = subject.eye_axis
    upwards = np.array([across[1], -across[0]])
    midline = subject.landmarks[27:31].mean(axis=0)
    centres, vectors = [], []
    for pull, unit_strength in pulls:
        centre = subject.landmarks[list(pull.landmarks)].mean(axis=0)
        from_midline = (centre - midline) @ across / subject.inter_ocular_distance
        # ±1 away from the midline; chin and lower lip, on it, get the mean of both sides
        side = float(np.clip(from_midline / 0.1, -1, 1))
        strength = unit_strength * np.interp(side, (-1, 1), sides)
        centres.append(centre)
        vectors.append(strength * (side * pull.away * across + pull.up * upwards))
    reaches = np.array([pull.reach for pull, _ in pulls])
    return BumpField(np.array(centres), np.array(vectors), reaches * subject.inter_ocular_distance)


def _largest_displacement(field: BumpField) -> float:
    """Largest |D| in px, searched every px around the bumps."""
    margin = field.widths.max()
    (left, top), (right, bottom) = field.centres.min(axis=0) - margin, field.centres.max(axis=0) + margin
    x, y = np.meshgrid(np.arange(left, right), np.arange(top, bottom))
    return float(np.linalg.norm(field.at(np.stack([x, y], axis=-1)), axis=-1).max())


def time_course(clip: PlannedClip) -> np.ndarray:
    """Strength of the expression in each frame (n_frames,): 0 up to onset, 1 at apex, 0 from offset, smooth.

    Examples
    --------
    >>> from mexflow.datasets.demo_plan import planned_clips
    >>> clip = planned_clips(subjects=2, clips_per_emotion=1, seed=0)[0]
    >>> strength = time_course(clip)
    >>> strength[clip.onset - clip.first_frame], strength[clip.apex - clip.first_frame]
    (np.float64(0.0), np.float64(1.0))
    """
    return rise_and_fall(np.arange(clip.first_frame, clip.last_frame + 1), clip.onset, clip.apex, clip.offset)


def rise_and_fall(frames: np.ndarray, onset: int, apex: int, offset: int) -> np.ndarray:
    """Strength of an expression in the frames of these numbers (n,): 0 up to onset, 1 at apex, 0 from offset, smooth.

    Examples
    --------
    >>> rise_and_fall(np.arange(7), onset=1, apex=3, offset=5).tolist()
    [0.0, 0.0, 0.5, 1.0, 0.5, 0.0, 0.0]
    """
    linear = np.interp(frames, (onset, apex, offset), (0.0, 1.0, 0.0))
    return linear * linear * (3 - 2 * linear)
