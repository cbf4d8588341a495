"""One synthetic person: a photograph given another face shape, skin tone and light, framed by a camera."""

from dataclasses import dataclass

import cv2
import numpy as np

from mexflow.datasets.demo_plan import random_stream
from mexflow.synthesis.fields import BumpField, displaced_from, sampled, transformed
from mexflow.synthesis.photographs import (
    Photograph,
    astronaut,
    eye_centres,
    hopper,
    inter_ocular_distance,
    mirrored,
)

FRAME_WIDTH, FRAME_HEIGHT = 640, 480
_INTER_OCULAR_RANGE = (86.0, 95.0)  # px, eye centre to eye centre
MARGIN = 16  # px of canvas around the frame, so that a drifting head never shows the canvas' end
_CANVAS_WIDTH, _CANVAS_HEIGHT = FRAME_WIDTH + 2 * MARGIN, FRAME_HEIGHT + 2 * MARGIN
_NOSE = (0.5, 0.55)  # where the nose is, in parts of the canvas: low enough for hair and hat to be in sight


@dataclass(frozen=True)
class Subject:
    """A face at rest.

    Attributes
    ----------
    canvas : (480 + 2 MARGIN, 640 + 2 MARGIN, 3) float32 array
        BGR grey levels; the frame's pixel (0, 0) is the canvas' (MARGIN, MARGIN).
    landmarks : (68, 2) float array
        iBUG landmarks in frame px.
    has_glasses : bool
        Spectacles: their rim hides the skin above the eyes.
    """

    canvas: np.ndarray
    landmarks: np.ndarray
    has_glasses: bool

    @property
    def inter_ocular_distance(self) -> float:
        """Distance between the eye centres in frame px."""
        return inter_ocular_distance(self.landmarks)

    @property
    def eye_axis(self) -> np.ndarray:
        """Unit vector (2,) from the image-left to the image-right eye."""
        left, right = eye_centres(self.landmarks)
        return (right - left) / self.inter_ocular_distance


def synthetic_subject(number: int, seed: int) -> Subject:
    """The person that the seed gives to subject `number` (from 1).

    Odd numbers come from one photograph, even ones from the other, every second pair mirrored.
    """
    name = f"s{number}"
    has_glasses = number % 2 == 0
    photograph = hopper() if has_glasses else astronaut()
    if (number - 1) // 2 % 2:
        photograph = mirrored(photograph)
    face = _framed(photograph, random_stream(seed, name, "shape"))
    skin = _skin_mask(face)[..., None]
    canvas = face.image * (1 + skin * (_skin_tone(random_stream(seed, name, "skin")) - 1))
    canvas *= 1 + skin * _pores(random_stream(seed, name, "pores"))
    canvas *= _light(face.landmarks, random_stream(seed, name, "light"))
    return Subject(np.clip(canvas, 0, 255).astype(np.float32), face.landmarks - MARGIN, has_glasses)


def _framed(photograph: Photograph, rng: np.random.Generator) -> Photograph:
    """The photograph's face in another shape, in front of the camera: one cubic sampling, in canvas px."""
    shape = _face_shape(photograph.landmarks, rng)
    landmarks = displaced_from(photograph.landmarks, shape, iterations=50)
    to_photograph = _camera(landmarks, rng)
    y, x = np.mgrid[:_CANVAS_HEIGHT, :_CANVAS_WIDTH].astype(np.float32)
    points = transformed(np.stack([x, y], axis=-1), to_photograph)
    source = points + shape.at(points)
    source[..., 1].clip(min=0, out=source[..., 1])  # above the photograph more wall, not hair in a mirror
    canvas = sampled(photograph.image, source)
    return Photograph(canvas, transformed(landmarks, cv2.invertAffineTransform(to_photograph)))


def _camera(landmarks: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Similarity (2, 3) from canvas px to photograph px: the eyes nearly level, at a random size."""
    left, right = eye_centres(landmarks)
    across = right - left
    roll = np.arctan2(across[1], across[0]) + np.deg2rad(rng.uniform(-3, 3))
    scale = np.hypot(*across) / rng.uniform(*_INTER_OCULAR_RANGE)
    linear = scale * np.array([[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]])
    nose_in_canvas = np.array([_CANVAS_WIDTH, _CANVAS_HEIGHT]) * _NOSE + rng.uniform(-1, 1, 2) * (10, 3)
    nose = landmarks[27:36].mean(axis=0)
    return np.column_stack([linear, nose - linear @ nose_in_canvas])


def _face_shape(landmarks: np.ndarray, rng: np.random.Generator) -> BumpField:
    """Broad random bumps at landmarks, nearly alike on both sides, that make another face.

    The field tells where the shape of the photograph is, seen from the new face.
    """
    iod = inter_ocular_distance(landmarks)
    left, right = eye_centres(landmarks)
    across = (right - left) / iod
    pairs = ((2, 14), (5, 11), (19, 24), (37, 44), (31, 35), (48, 54))
    middle = (8, 27, 30, 33, 51, 57)
    centres, vectors = [], []
    for one, other in pairs:
        push = rng.normal(0, 0.04 * iod, 2)
        for landmark, sign in ((one, 1.0), (other, -1.0)):
            own = push + rng.normal(0, 0.007 * iod, 2)
            centres.append(landmarks[landmark])
            vectors.append(sign * own[0] * across + own[1] * _downwards(across))
    for landmark in middle:
        centres.append(landmarks[landmark])
        vectors.append(rng.normal(0, 0.035 * iod) * _downwards(across))
    return BumpField(np.array(centres), np.array(vectors), np.full(len(centres), 0.42 * iod))


def _downwards(across: np.ndarray) -> np.ndarray:
    return np.array([-across[1], across[0]])


def _skin_mask(face: Photograph) -> np.ndarray:
    """How much each pixel is skin of the head, 0–1, from its chroma and its distance to the nose."""
    _, red, blue = np.moveaxis(cv2.cvtColor(face.image, cv2.COLOR_BGR2YCrCb).astype(np.float32), -1, 0)
    chroma = _ramp(red, 133, 141) * _ramp(-blue, -127, -119)
    iod = inter_ocular_distance(face.landmarks)
    centre = face.landmarks[27:36].mean(axis=0)
    x = (np.arange(face.image.shape[1]) - centre[0]) / (1.35 * iod)
    y = (np.arange(face.image.shape[0]) - centre[1])[:, None] / (1.7 * iod)
    head = _ramp(-np.hypot(x, y), -1.0, -0.85)
    return np.asarray(cv2.GaussianBlur((chroma * head).astype(np.float32), (0, 0), 0.025 * iod))


def _ramp(values: np.ndarray, start: float, end: float) -> np.ndarray:
    return np.clip((values - start) / (end - start), 0, 1)


def _skin_tone(rng: np.random.Generator) -> np.ndarray:
    """What more or less melanin does to blue, green and red (3,): blue most, red least."""
    return np.exp(-rng.uniform(-0.1, 0.75) * np.array([0.9, 0.7, 0.45]))


def _pores(rng: np.random.Generator) -> np.ndarray:
    """Fine fixed grain of the skin that an enlarged photograph lacks: 3 %, at scales of about 1–3 px."""
    grain = rng.standard_normal((_CANVAS_HEIGHT, _CANVAS_WIDTH, 1), np.float32)
    grain = cv2.GaussianBlur(grain, (0, 0), 0.9) - cv2.GaussianBlur(grain, (0, 0), 2.5)
    return 0.03 / grain.std() * grain[..., None]


def _light(landmarks: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Light (h, w, 3) that falls off across the picture, from a random side, with a slight tint."""
    angle, fall_off = rng.uniform(0, 2 * np.pi), rng.uniform(0.05, 0.12)
    centre, iod = landmarks.mean(axis=0), inter_ocular_distance(landmarks)
    x = (np.arange(_CANVAS_WIDTH) - centre[0]) / iod
    y = (np.arange(_CANVAS_HEIGHT) - centre[1])[:, None] / iod
    light = np.exp(3 * fall_off * np.tanh((x * np.cos(angle) + y * np.sin(angle)) / 3))
    return light[..., None] * np.exp(rng.normal(0, 0.03, 3))
