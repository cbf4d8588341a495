"""What all features share: the table beside the samples, and their scale."""

import numpy as np

from mexflow.datasets.manifest import SCHEMES

CLIP_COLUMNS = (
    "dataset",
    "subject",
    "clip",
    "onset",
    "apex",
    "offset",
    "fps",
    *SCHEMES,
    "action_units",
    "expression_type",
    "apex_source",
)
"""The columns of the manifest that are kept with the samples."""


def normalised(sample: np.ndarray, normalise: str) -> np.ndarray:
    """One sample (…, channels), each channel scaled to 0–1 if the feature asks for it; a constant one becomes 0."""
    if normalise != "sample_min_max":
        return sample
    axes = tuple(range(sample.ndim - 1)) or None
    low, high = (np.asarray(limit, np.float32) for limit in (sample.min(axis=axes), sample.max(axis=axes)))
    return ((sample - low) / np.where(high > low, high - low, 1)).astype(np.float32)
