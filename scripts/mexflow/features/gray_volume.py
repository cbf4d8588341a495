"""Gray volumes: the frames of an expression, cut and resized."""

import numpy as np

from mexflow.config.features import GrayFeatureSpec
from mexflow.features.flow_channels import REGIONS
from mexflow.video.resizing import resized


def gray_volume(faces: np.ndarray, landmarks: np.ndarray, spec: GrayFeatureSpec) -> np.ndarray:
    """The sample of one expression.

    Parameters
    ----------
    faces : (length, H, W) uint8 or float32 array
        Aligned faces at the times of the feature.
    landmarks : (68, 2) array
        x, y in px of the crop; they may be NaN if there are no regions.
    spec : GrayFeatureSpec

    Returns
    -------
    (length, size, size, channels) array of the same type
        Gray levels; a channel per region, or one for the whole crop.
    """
    crop = faces.shape[2], faces.shape[1]
    regions = [REGIONS[name](landmarks, crop) for name in spec.regions] or [(slice(None), slice(None))]

    def sample(face: np.ndarray) -> np.ndarray:
        parts = (np.ascontiguousarray(face[region]) for region in regions)
        return np.stack([resized(part, spec.size, spec.size, spec.resize) for part in parts], axis=-1)

    return np.stack([sample(face) for face in faces])
