"""From the flow of many clips to one tensor per sample."""

from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from mexflow.config.features import FeatureSpec
from mexflow.datasets.manifest import SCHEMES
from mexflow.errors import UserError
from mexflow.store.flow import ClipFlow, reading_flow
from mexflow.store.packed import PackedFeature

UNITS = {"u": "px", "v": "px", "strain": "1"}
_CLIP_COLUMNS = (
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


def pack_flow(flows: Mapping[str, Path], manifest: pd.DataFrame, spec: FeatureSpec) -> PackedFeature:
    """Pack a feature of a whole dataset.

    Parameters
    ----------
    flows : mapping
        The flow file of every unit.
    manifest : DataFrame
        The dataset's manifest; the samples keep its order.
    spec : FeatureSpec

    Raises
    ------
    UserError
        If a flow file is missing, damaged, or lacks a clip.
    """
    samples: dict[tuple[str, str], np.ndarray] = {}
    for unit, rows in manifest.groupby("unit", sort=True):
        with reading_flow(flows[str(unit)]) as file:
            known = set(file.clips)
            for clip in rows["clip"]:
                if clip not in known:
                    raise UserError(f"{flows[str(unit)]} lacks the clip {clip}. Delete it and run again.")
                samples[str(unit), clip] = channel_stack(file[clip], spec)
    in_order = [samples[key] for key in zip(manifest["unit"], manifest["clip"], strict=True)]
    return PackedFeature(
        samples=np.stack(in_order),
        clips=manifest[list(_CLIP_COLUMNS)].reset_index(drop=True),
        channels=spec.channels,
        units=tuple(UNITS[channel] for channel in spec.channels),
    )


def channel_stack(clip: ClipFlow, spec: FeatureSpec) -> np.ndarray:
    """The sample of one clip with one frame pair.

    Parameters
    ----------
    clip : ClipFlow
    spec : FeatureSpec

    Returns
    -------
    (size, size, channels) float32 array
        u and v in px of the crop (not of the smaller sample), after the steps; resized by area averaging.

    Examples
    --------
    >>> field = np.ones((1, 8, 8, 2), np.float32)
    >>> still = ClipFlow("c", np.array([[1, 2]]), field, field[..., 0], field[0, 0, :1], 4.0)
    >>> spec = FeatureSpec(alignment="a", flow="f", channels=("u", "strain"), size=4)
    >>> channel_stack(still, spec)[0, 0].tolist()
    [0.0, 1.0]
    """
    flow = clip.flow[0]
    if "subtract_nose" in spec.steps:
        flow = flow - clip.nose_flow[0]
    channels = {"u": flow[..., 0], "v": flow[..., 1], "strain": clip.strain[0]}
    return np.stack([_resize(channels[name], spec.size) for name in spec.channels], axis=-1)


def _resize(channel: np.ndarray, size: int) -> np.ndarray:
    return cv2.resize(channel, (size, size), interpolation=cv2.INTER_AREA)
