"""Copies of training samples with small changes, as the published systems made them.

They are made of samples as they are packed, before any normalisation, by a training of its training clips only, or,
as Joshi did, of all clips before the split.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from zlib import crc32

import cv2
import numpy as np

from mexflow.config.augmentation import AugmentationSpec, Family
from mexflow.errors import UserError

_ZERO_FLOW_8_BIT = 128
_CORNER = 15


def augmented(
    tensors: np.ndarray,
    labels: np.ndarray,
    classes: Sequence[str],
    spec: AugmentationSpec,
    seed: int,
    keys: Sequence[str],
    channels: Sequence[str],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The extra copies of some samples, without the samples themselves.

    joshi_volumes
        A non-empty choice of a shift by 1–15 px left or right (`shifted`), a rotation by 1–13° or 348–359°
        (`turned`), both the same for all frames, and Gaussian noise, whose mean U(1, 6), σ U(1, 10) and values are
        drawn afresh for each frame; the seven choices are equally likely (inferred: the source says "at least one").
    joshi_frames
        Each frame by itself, each operation with probability ½, so that one frame in eight stays as it is: shift by
        1–17 px, rotation by 1–15° or 345–359°, noise of mean U(1, 7), σ U(1, 12).
    softnet
        In this order: mirrored left to right; blurred (`blurred`); Gaussian noise of variance 0.01. The published
        features are absolute values, so the mirror changes no sign.
    elrcn
        The 13 variants of the published script are rotations by 5, −5, 10 and −10°, scales 0.9, 1 and 1.1, shifts by
        ±2 px in x and y at once, and a horizontal and a vertical flip. Scale 1 is the sample itself, so there are 12
        copies, in that order. The script scaled the image, which a later resize undid; here the face grows or shrinks
        inside the sample. It worked on gray frames, before the flow: see `moved` for what becomes of flow.

    Within a volume softnet and elrcn do the same to all frames, but for the values of the noise.

    Parameters
    ----------
    tensors : (n, ...) float32 or uint8 array
        Images (rows, columns, channels) or volumes (times, rows, columns, channels), not normalised by the training.
        Joshi: grey levels 0–255. Softnet: values in [0, 1]; uint8 stands for these times 255. Elrcn: gray, or flow
        with its sign in px or, as uint8, in ELRCN's encoding around 128; flow that is absolute or scaled to its
        minimum and maximum would be mirrored wrongly.
    labels : (n,) int array
        Class numbers.
    classes : sequence of str
        Their names.
    spec : AugmentationSpec
    seed : int
        Not negative.
    keys : sequence of n str
        Who each sample is: a sample's copies follow from the seed and its key alone, not from its place, the samples
        around it, or how many copies are asked for.
    channels : sequence of str
        What the last axis holds; elrcn looks for u, v and magnitude.

    Returns
    -------
    copies : (m, ...) array of the same dtype
        Sample by sample. uint8 is rounded, and like the Joshi families clipped to 0–255; softnet's noise to [0, 1].
    labels : (m,) array
    origins : (m,) int array
        Position of the sample that each copy was made of.

    Raises
    ------
    UserError
        If the samples are no images or volumes, or outside the family's range; if a class has no number of copies.
    ValueError
        If keys, labels or channels do not go with the tensors.

    References
    ----------
    The published code of Joshi (2021), of SOFTNet (Liong et al., ICIP 2021) and of ELRCN (Khor et al., FG 2018).
    """
    if not len(tensors) == len(labels) == len(keys) or len(channels) != tensors.shape[-1]:
        raise ValueError(f"{len(labels)} labels, {len(keys)} keys and {len(channels)} channels for {tensors.shape}")
    _check(tensors, spec.family)
    counts = spec.copies_per_class(classes)
    plan = [(origin, number) for origin, label in enumerate(labels) for number in range(counts[label])]
    copies = np.empty((len(plan), *tensors.shape[1:]), tensors.dtype)
    encoded = tensors.dtype == np.uint8
    change = _FAMILIES[spec.family]
    for copy, (origin, number) in zip(copies, plan, strict=True):
        stream = np.random.default_rng(np.random.SeedSequence([seed, crc32(keys[origin].encode()), number]))
        frames = tensors[origin] if tensors.ndim == 5 else tensors[origin][None]
        changed = change(frames, number, stream, channels).reshape(copy.shape)
        copy[...] = np.clip(np.rint(changed), 0, 255) if encoded else changed
    origins = np.array([origin for origin, _ in plan], dtype=int)
    return copies, labels[origins], origins


# --- the operations -----------------------------------------------------------------------------------------------


def shifted(frames: np.ndarray, pixels: int) -> np.ndarray:
    """Frames (times, rows, columns, channels) shifted by columns; what leaves at one side comes in at the other.

    Parameters
    ----------
    frames : array
    pixels : int
        To the right if positive, then what comes in is mirrored left to right, as published; to the left if negative.
    """
    if pixels < 0:
        return np.roll(frames, pixels, axis=2)
    kept = max(frames.shape[2] - pixels, 0)
    return np.concatenate([frames[:, :, kept:][:, :, ::-1], frames[:, :, :kept]], axis=2)


def turned(frames: np.ndarray, degrees: float) -> np.ndarray:
    """Frames (times, rows, columns, channels) turned about their centre, counter-clockwise, by cubic interpolation.

    Every pixel that is 0 or less afterwards becomes the mean of the frame's top left 15 × 15 pixels before the turn:
    those from outside, and as published the black ones of the frame itself.
    The published code interpolates by a cubic spline, this one by cubic convolution.

    Returns
    -------
    float32 array
        Not clipped at the top.
    """
    exact = frames.astype(np.float32)
    corner = exact[:, :_CORNER, :_CORNER].mean(axis=(1, 2), keepdims=True)
    result = _warped(exact, _rotation(degrees), (0, 0), cv2.INTER_CUBIC)
    return np.where(result <= 0, corner, result)


def blurred(frames: np.ndarray) -> np.ndarray:
    """Frames (times, rows, columns, channels) after OpenCV's Gaussian blur of 7 × 7 pixels, as float32.

    OpenCV's automatic σ is 1.4 for this size, for which it has the kernel (1, 3.5, 7, 9, 7, 3.5, 1)/32 per axis; the
    image is mirrored at its edges, the outermost pixels not repeated.
    """
    return _plane_by_plane(frames.astype(np.float32), lambda plane: cv2.GaussianBlur(plane, (7, 7), 0))


def moved(frames: np.ndarray, channels: Sequence[str], linear: np.ndarray, shift: tuple[float, float]) -> np.ndarray:
    """Frames after a linear map about their centre and a shift, by bilinear interpolation; black, or no flow, outside.

    Displacements are what the flow between frames moved alike would be: u and v go through the linear map, so that a
    horizontal flip negates u, a rotation turns the vectors and a scale lengthens them; a magnitude is scaled; strain
    stays. Where one of u and v lacks the other, its share of the other is lost, which matters for rotations only.
    In 8-bit flow the zero is 128: a flip makes 256 − x of x, and 255 of 0, where +8 px cannot be encoded.

    Parameters
    ----------
    frames : (times, rows, columns, channels) array
        uint8 means that u, v and magnitude are encoded around 128.
    channels : sequence of str
    linear : (2, 2) array
        Acts on (x, y), x to the right, y down.
    shift : (x, y) in px

    Returns
    -------
    float32 array
        Neither rounded nor clipped.
    """
    place = {name: number for number, name in enumerate(channels)}
    mixing = np.eye(len(channels), dtype=np.float32)
    for row, one in enumerate("uv"):
        for column, other in enumerate("uv"):
            if one in place and other in place:
                mixing[place[one], place[other]] = linear[row, column]
    if "magnitude" in place:
        mixing[place["magnitude"], place["magnitude"]] = np.sqrt(abs(np.linalg.det(linear)))
    encoded = frames.dtype == np.uint8
    flow = np.isin(channels, ["u", "v", "magnitude"])
    zero = np.where(flow & encoded, _ZERO_FLOW_8_BIT, 0).astype(np.float32)
    return _warped(frames - zero, linear, shift, cv2.INTER_LINEAR) @ mixing.T + zero


def _warped(frames: np.ndarray, linear: np.ndarray, shift: tuple[float, float], interpolation: int) -> np.ndarray:
    rows, columns = frames.shape[1:3]
    centre = np.array([columns - 1, rows - 1]) / 2
    transform = np.column_stack([linear, centre - linear @ centre + shift])
    return _plane_by_plane(
        frames,
        lambda plane: cv2.warpAffine(
            plane, transform, (columns, rows), flags=interpolation, borderMode=cv2.BORDER_CONSTANT, borderValue=0
        ),
    )


def _plane_by_plane(frames: np.ndarray, change: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    # OpenCV drops an axis of one channel and limits the number of channels.
    changed = np.empty_like(frames)
    for time in range(len(frames)):
        for channel in range(frames.shape[-1]):
            changed[time, ..., channel] = change(np.ascontiguousarray(frames[time, ..., channel]))
    return changed


def _rotation(degrees: float) -> np.ndarray:
    """Counter-clockwise as one sees it: y points down."""
    cosine, sine = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    return np.array([[cosine, sine], [-sine, cosine]])


# --- the families -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _JoshiRanges:
    """What is drawn: at least so many operations, shifts in px, angles in degrees, noise in grey levels."""

    fewest: int
    shift: int
    angles: tuple[int, ...]
    mean: tuple[float, float]
    deviation: tuple[float, float]


_VOLUMES: Final = _JoshiRanges(1, 15, (*range(1, 14), *range(348, 360)), (1, 6), (1, 10))
_FRAMES: Final = _JoshiRanges(0, 17, (*range(1, 16), *range(345, 360)), (1, 7), (1, 12))

_ELRCN: Final = (
    *((_rotation(degrees), (0, 0)) for degrees in (5, -5, 10, -10)),
    *((scale * np.eye(2), (0, 0)) for scale in (0.9, 1.1)),
    *((np.eye(2), shift) for shift in ((-2, -2), (-2, 2), (2, -2), (2, 2))),
    (np.diag([-1.0, 1.0]), (0, 0)),
    (np.diag([1.0, -1.0]), (0, 0)),
)


def _joshi(frames: np.ndarray, ranges: _JoshiRanges, stream: np.random.Generator) -> np.ndarray:
    # The bits of one number: every choice of the three operations is equally likely.
    shifts, turns, noisy = stream.integers(ranges.fewest, 8) >> np.arange(3) & 1
    changed = frames.astype(np.float32)
    if shifts:
        changed = shifted(changed, int(stream.integers(1, ranges.shift, endpoint=True) * stream.choice([-1, 1])))
    if turns:
        changed = turned(changed, int(stream.choice(ranges.angles)))
    if noisy:
        changed = np.stack([frame + _noise(frame.shape, ranges, stream) for frame in changed])
    return np.clip(changed, 0, 255)


def _noise(shape: tuple[int, ...], ranges: _JoshiRanges, stream: np.random.Generator) -> np.ndarray:
    return stream.normal(stream.uniform(*ranges.mean), stream.uniform(*ranges.deviation), shape)


def _joshi_volumes(frames: np.ndarray, number: int, stream: np.random.Generator, channels: Sequence[str]) -> np.ndarray:
    return _joshi(frames, _VOLUMES, stream)


def _joshi_frames(frames: np.ndarray, number: int, stream: np.random.Generator, channels: Sequence[str]) -> np.ndarray:
    return np.concatenate([_joshi(frame[None], _FRAMES, stream) for frame in frames])


def _softnet(frames: np.ndarray, number: int, stream: np.random.Generator, channels: Sequence[str]) -> np.ndarray:
    if number == 0:
        return frames[:, :, ::-1]
    if number == 1:
        return blurred(frames)
    white = 255 if frames.dtype == np.uint8 else 1
    return np.clip(frames + white * stream.normal(0, np.sqrt(0.01), frames.shape), 0, white)


def _elrcn(frames: np.ndarray, number: int, stream: np.random.Generator, channels: Sequence[str]) -> np.ndarray:
    return moved(frames, channels, *_ELRCN[number])


_FAMILIES: Final[dict[Family, Callable[..., np.ndarray]]] = {
    "joshi_volumes": _joshi_volumes,
    "joshi_frames": _joshi_frames,
    "softnet": _softnet,
    "elrcn": _elrcn,
}
_HIGHEST: Final[dict[Family, float]] = {"joshi_volumes": 255, "joshi_frames": 255, "softnet": 1}
"""Of the families with a range from 0 on."""


def _check(tensors: np.ndarray, family: Family) -> None:
    if tensors.ndim not in {4, 5}:
        raise UserError(
            f"The augmentation {family} changes images or volumes, not samples of the shape {tensors.shape[1:]}; "
            "leave it out, or take another feature."
        )
    highest = _HIGHEST.get(family)
    if tensors.dtype == np.uint8 or highest is None or not tensors.size:
        return
    if tensors.min() < 0 or tensors.max() > highest:
        raise UserError(
            f"The augmentation {family} is for values from 0 to {highest}; these samples reach from "
            f"{tensors.min():.4g} to {tensors.max():.4g}. Take a feature of that range, or another family."
        )
