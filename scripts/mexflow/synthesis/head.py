"""Head motion: a slow smooth drift of the whole face, and its sway in a long video."""

import numpy as np

from mexflow.datasets.demo_plan import PlannedClip, random_stream
from mexflow.synthesis.subject import Subject

_TRANSLATION = 1.5  # px; how far each parameter may wander within a clip, at most
_ROTATION = np.deg2rad(0.2)
_SCALE = 0.002

_SWAY = (5.0, 4.0, np.deg2rad(0.5), 0.004)  # how far x and y (px), roll and scale go from the middle, at most
_PERIODS = (3.0, 25.0)  # s
_WAVES = 6


def head_motion(clip: PlannedClip, subject: Subject) -> np.ndarray:
    """Similarity transforms (n_frames, 2, 3) that take the subject at rest to each frame, in frame px."""
    rng = random_stream(clip.seed, clip.subject, clip.clip, "head")
    n_frames = clip.last_frame - clip.first_frame + 1
    limits = np.array([_TRANSLATION, _TRANSLATION, _ROTATION, _SCALE]) * rng.uniform(0.5, 1, 4)
    x, y, rotation, scale = (limit * _drift(n_frames, rng) for limit in limits)
    return _similarities(subject.landmarks[27:36].mean(axis=0), np.stack([x, y], axis=1), rotation, 1 + scale)


def swaying_head(n_frames: int, fps: float, subject: Subject, rng: np.random.Generator) -> np.ndarray:
    """Similarity transforms (n_frames, 2, 3) that take the subject at rest to each frame of a long video, in frame px.

    Up to 5 px to either side and half a degree of roll, at about a pixel per second: a head that nobody holds.
    """
    limits = np.array(_SWAY) * rng.uniform(0.6, 1, len(_SWAY))
    x, y, rotation, scale = (limit * _sway(np.arange(n_frames) / fps, rng) for limit in limits)
    return _similarities(subject.landmarks[27:36].mean(axis=0), np.stack([x, y], axis=1), rotation, 1 + scale)


def _sway(time: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """An irregular slow curve (n,) between −1 and 1 over the times (n,) in s; fast waves are small."""
    shortest, longest = _PERIODS
    periods = shortest * (longest / shortest) ** rng.uniform(0, 1, _WAVES)
    phases = rng.uniform(0, 2 * np.pi, _WAVES)
    return np.sin(2 * np.pi * time[:, None] / periods + phases) @ (periods / periods.sum())


def _drift(n_frames: int, rng: np.random.Generator) -> np.ndarray:
    """A slow curve (n_frames,) that wanders over a range of 1, through 0 at the middle of the clip."""
    time = np.linspace(-1, 1, n_frames)
    phase, bend = rng.uniform(0, 2 * np.pi), rng.uniform(0.2, 0.6)
    curve = rng.choice([-1, 1]) * time + bend * (np.sin(np.pi * time + phase) - np.sin(phase))
    return curve / np.ptp(curve)


def _similarities(centre: np.ndarray, translation: np.ndarray, rotation: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Rotation (rad) and scale about the centre, then translation, as (n, 2, 3) matrices."""
    cosine, sine = scale * np.cos(rotation), scale * np.sin(rotation)
    linear = np.stack([np.stack([cosine, -sine], axis=1), np.stack([sine, cosine], axis=1)], axis=1)
    return np.concatenate([linear, (centre + translation - linear @ centre)[..., None]], axis=2)
