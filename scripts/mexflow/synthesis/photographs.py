"""The two photographs that every synthetic face comes from, with their 68 landmarks."""

from dataclasses import dataclass

import cv2
import matplotlib.cbook
import numpy as np
import skimage.data

# Measured once with dlib's 68-point model (iBUG numbering) on the photographs enlarged twice by
# cv2.INTER_CUBIC, in the photographs' own px: rendering needs no dlib. tests/synthesis measures again.
# fmt: off
_ASTRONAUT_LANDMARKS = np.array([
    (179.25, 104.25), (179.75, 115.75), (180.75, 126.75), (181.75, 138.25), (184.75, 149.25),
    (190.75, 159.75), (199.75, 167.75), (208.75, 175.25), (220.25, 178.25), (231.75, 176.75),
    (242.25, 171.25), (252.25, 163.75), (259.75, 154.25), (264.75, 143.75), (267.75, 132.25),
    (270.25, 120.75), (271.75, 108.75), (186.25, 94.25), (191.75, 88.25), (200.25, 87.25),
    (208.75, 88.75), (216.25, 92.25), (236.25, 93.75), (244.25, 90.75), (252.25, 90.75),
    (260.25, 92.75), (265.25, 99.25), (225.75, 102.25), (225.25, 110.75), (225.25, 118.75),
    (224.75, 127.25), (214.25, 131.25), (219.25, 132.75), (224.25, 134.25), (229.25, 133.25),
    (234.25, 131.75), (195.25, 101.25), (200.25, 97.75), (206.75, 98.75), (212.25, 103.75),
    (206.25, 104.25), (199.75, 103.75), (237.75, 105.25), (243.25, 100.25), (249.75, 100.75),
    (255.25, 104.25), (250.25, 106.25), (243.75, 106.25), (200.25, 138.75), (208.75, 139.25),
    (217.75, 139.25), (223.25, 140.75), (229.25, 139.75), (237.25, 140.25), (245.75, 140.75),
    (237.25, 150.75), (228.75, 154.75), (222.25, 155.25), (215.75, 154.25), (207.25, 149.25),
    (203.25, 140.25), (217.25, 142.75), (223.25, 144.25), (229.25, 143.25), (242.75, 141.75),
    (228.75, 149.75), (222.75, 150.25), (216.75, 149.25),
])
_HOPPER_LANDMARKS = np.array([
    (175.75, 206.75), (179.75, 229.25), (185.25, 250.75), (191.75, 271.75), (199.25, 292.25),
    (210.75, 310.25), (226.75, 322.75), (245.75, 330.75), (268.75, 331.75), (290.25, 328.75),
    (309.75, 318.75), (326.25, 304.75), (338.75, 285.75), (347.25, 264.75), (351.25, 242.25),
    (353.25, 218.75), (354.25, 194.25), (185.75, 191.75), (190.75, 175.25), (205.75, 167.25),
    (223.25, 166.25), (239.25, 170.75), (279.25, 167.25), (294.75, 160.25), (312.75, 158.75),
    (329.25, 165.25), (339.25, 178.75), (261.25, 188.25), (262.25, 204.75), (263.25, 221.25),
    (263.75, 238.25), (244.75, 246.25), (254.75, 249.25), (265.75, 252.25), (276.75, 248.75),
    (285.75, 244.75), (207.25, 198.25), (214.75, 191.75), (224.75, 190.25), (235.75, 195.25),
    (226.25, 197.75), (216.25, 199.75), (289.75, 192.25), (298.25, 185.25), (308.25, 184.75),
    (317.75, 189.75), (309.25, 192.25), (299.25, 192.75), (230.25, 280.25), (242.25, 273.75),
    (254.75, 271.25), (265.25, 273.25), (275.25, 270.75), (287.75, 271.75), (300.25, 276.25),
    (288.75, 283.75), (277.25, 288.25), (266.75, 289.75), (255.25, 289.25), (242.75, 286.75),
    (234.25, 279.75), (255.25, 277.75), (265.75, 278.75), (276.25, 277.25), (295.25, 276.75),
    (276.25, 278.25), (266.25, 279.75), (255.25, 279.25),
])
# fmt: on

# Where each landmark goes in the mirrored face, so that 0–16 still run from the image's left to its right.
_MIRRORED_ORDER = np.array(
    [
        *range(16, -1, -1),  # jaw
        *range(26, 16, -1),  # brows
        *range(27, 31),  # nose bridge
        *range(35, 30, -1),  # nostrils
        *(45, 44, 43, 42, 47, 46),  # image-left eye, which was the image-right one
        *(39, 38, 37, 36, 41, 40),
        *(54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55),  # outer lips
        *(64, 63, 62, 61, 60, 67, 66, 65),  # inner lips
    ]
)


@dataclass(frozen=True)
class Photograph:
    """A face: uint8 BGR image (h, w, 3) and its landmarks (68, 2), x and y in px, by iBUG number."""

    image: np.ndarray
    landmarks: np.ndarray


def astronaut() -> Photograph:
    """Eileen Collins, NASA, 1993; public domain. Inter-ocular distance 43 px."""
    return Photograph(_bgr(skimage.data.astronaut()), _ASTRONAUT_LANDMARKS)


def hopper() -> Photograph:
    """Grace Hopper, US Navy, 1984; public domain, Matplotlib's sample. Inter-ocular distance 83 px."""
    path = matplotlib.cbook.get_sample_data("grace_hopper.jpg", asfileobj=False)
    return Photograph(np.asarray(cv2.imread(str(path))), _HOPPER_LANDMARKS)


def mirrored(photograph: Photograph) -> Photograph:
    """The photograph as in a mirror; landmarks are renumbered so that each number keeps its meaning."""
    landmarks = photograph.landmarks[_MIRRORED_ORDER]
    landmarks[:, 0] = photograph.image.shape[1] - 1 - landmarks[:, 0]
    return Photograph(np.ascontiguousarray(photograph.image[:, ::-1]), landmarks)


def eye_centres(landmarks: np.ndarray) -> np.ndarray:
    """Centres of the image-left and the image-right eye (2, 2), in the px of the (68, 2) landmarks."""
    return np.stack([landmarks[36:42].mean(axis=0), landmarks[42:48].mean(axis=0)])


def inter_ocular_distance(landmarks: np.ndarray) -> float:
    """Distance between the two eye centres, in the px of the (68, 2) landmarks."""
    left, right = eye_centres(landmarks)
    return float(np.hypot(*(right - left)))


def _bgr(image: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(image[..., ::-1])
