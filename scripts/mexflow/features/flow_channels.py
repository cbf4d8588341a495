"""Channels of flow, strain and gray, from the stored motion to the size that a model takes."""

from collections.abc import Callable, Mapping

import numpy as np

from mexflow.config.features import FlowFeatureSpec
from mexflow.face.regions import brow_strip, eye_mask, eyes_region, mouth_strip, nose_mouth_region, nose_region
from mexflow.motion.encoding import elrcn_flow_image, elrcn_strain_image
from mexflow.motion.strain import optical_strain
from mexflow.video.resizing import resized
from mexflow.video.temporal_interpolation import linear_interpolation

REGIONS: Mapping[str, Callable[[np.ndarray, tuple[int, int]], tuple[slice, slice]]] = {
    "brow_strip": brow_strip,
    "mouth_strip": mouth_strip,
    "eyes": eyes_region,
    "nose_mouth": nose_mouth_region,
}


def flow_channels(
    flow: np.ndarray,
    strain: np.ndarray,
    landmarks: np.ndarray,
    spec: FlowFeatureSpec,
    gray: np.ndarray | None = None,
) -> np.ndarray:
    """The channels of some frame pairs after all steps.

    Parameters
    ----------
    flow : (n, H, W, 2) float32 array
        u, v in px of the crop, as stored.
    strain : (n, H, W) float32 array
        By central differences, as stored.
    landmarks : (n, 68, 2) array
        x, y in px of the crop; they may be NaN if no step and no region needs them.
    spec : FlowFeatureSpec
    gray : (n, H, W) array, optional
        The first frame of each pair; needed for the channel `gray`.

    Returns
    -------
    (n, size, size, channels) array
        float32, u, v and magnitude in px of the crop (not of the smaller sample); uint8 after `encode_8bit`.
    """
    if spec.difference != "central":
        strain = optical_strain(flow, spec.difference)
    size = flow.shape[2], flow.shape[1]
    masks = []
    for step in spec.steps:
        match step:
            case "subtract_nose":
                flow = flow - _nose_means(flow, landmarks)
            case "subtract_nose_strain":
                strain = strain - _nose_means(strain[..., None], landmarks)[..., 0]
            case "absolute":
                flow = np.abs(flow)
            case "mask_eyes":
                masks = [eye_mask(points, size) for points in landmarks]
    channels = _encoded(flow, strain, gray) if "encode_8bit" in spec.steps else _plain(flow, strain, gray)
    stack = np.stack([channels[name] for name in spec.channels], axis=-1)
    for sample, mask in zip(stack, masks, strict=bool(masks)):
        sample[mask] = 0
    return np.stack([_cut(sample, points, spec) for sample, points in zip(stack, landmarks, strict=True)])


def in_time(samples: np.ndarray, length: int) -> np.ndarray:
    """The pairs of an expression (n, …) resampled linearly to (length, …), in their own type."""
    if len(samples) == length:
        return samples
    resampled = linear_interpolation(samples.astype(np.float32), length)
    return np.rint(resampled).astype(np.uint8) if samples.dtype == np.uint8 else resampled.astype(np.float32)


def _nose_means(field: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
    """Mean of each field (n, H, W, c) in its nose region, (n, 1, 1, c)."""
    size = field.shape[2], field.shape[1]
    noses = [one[nose_region(points, size)] for one, points in zip(field, landmarks, strict=True)]
    return np.stack([nose.mean(axis=(0, 1), keepdims=True) for nose in noses])


def _plain(flow: np.ndarray, strain: np.ndarray, gray: np.ndarray | None) -> dict[str, np.ndarray]:
    u, v = flow[..., 0], flow[..., 1]
    faces = {} if gray is None else {"gray": gray.astype(np.float32)}
    return {"u": u, "v": v, "magnitude": np.hypot(u, v), "strain": strain, **faces}


def _encoded(flow: np.ndarray, strain: np.ndarray, gray: np.ndarray | None) -> dict[str, np.ndarray]:
    u, v, magnitude = np.moveaxis(elrcn_flow_image(flow), -1, 0)
    faces = {} if gray is None else {"gray": np.clip(np.rint(gray), 0, 255).astype(np.uint8)}
    return {"u": u, "v": v, "magnitude": magnitude, "strain": elrcn_strain_image(strain), **faces}


def _cut(sample: np.ndarray, landmarks: np.ndarray, spec: FlowFeatureSpec) -> np.ndarray:
    """The whole sample, or its regions one above the other, at the feature's size."""
    if not spec.regions:
        return resized(sample, spec.size, spec.size, spec.resize)
    crop = sample.shape[1], sample.shape[0]
    height = spec.size // len(spec.regions)
    parts = [np.ascontiguousarray(sample[REGIONS[name](landmarks, crop)]) for name in spec.regions]
    return np.concatenate([resized(part, spec.size, height, spec.resize) for part in parts])
