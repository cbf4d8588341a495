"""Clips made from the two public photographs."""

from pathlib import Path

import cv2
import numpy as np

from mexflow.synthesis.photographs import Photograph, astronaut, hopper

PHOTOGRAPHS = {"astronaut": astronaut, "hopper": hopper}


def gray(photograph: Photograph) -> np.ndarray:
    return cv2.cvtColor(photograph.image, cv2.COLOR_BGR2GRAY)


def portrait() -> np.ndarray:
    """The astronaut's head, enlarged to an inter-ocular distance of 86 px: (460, 500) uint8."""
    head = gray(astronaut())[30:260, 100:350]
    return cv2.resize(head, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)


def noisy(frame: np.ndarray, count: int, seed: int, sigma: float = 2.0) -> list[np.ndarray]:
    """A still clip: nothing moves, the camera adds noise."""
    noise = np.random.default_rng(seed)
    levels = [frame + sigma * noise.standard_normal(frame.shape) for _ in range(count)]
    return [np.clip(np.rint(one), 0, 255).astype(np.uint8) for one in levels]


def write_clip(folder: Path, frames: list[np.ndarray], first: int = 1) -> Path:
    folder.mkdir()
    for number, frame in enumerate(frames, first):
        assert cv2.imwrite(str(folder / f"img{number}.png"), frame)
    return folder
