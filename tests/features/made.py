"""Motion and faces made by hand, and the specs that ask for them."""

from collections.abc import Iterator

import numpy as np

from mexflow.config.features import FeatureSpec, FeatureStageSpec
from mexflow.store.flow import FlowBlock
from mexflow.synthesis.photographs import astronaut


def feature(**keys) -> FeatureSpec:
    """A feature as the configuration would name it."""
    return FeatureStageSpec.model_validate({"feature": {"alignment": "clip68", **keys}}).feature


def flow_feature(**keys) -> FeatureSpec:
    """A small feature of flow."""
    return feature(**{"flow": "tvl1", "size": 4, **keys})


def landmarks(width: int, height: int) -> np.ndarray:
    """68 points of a real face, (68, 2) px, filling a crop but for its rim."""
    points = astronaut().landmarks
    low, high = points.min(axis=0), points.max(axis=0)
    return (points - low) / (high - low) * (np.array([width, height]) * 0.7) + np.array([width, height]) * 0.15


def constant_block(u: float, v: float, strain: float, pairs: int = 1, size: int = 32, first: int = 1) -> FlowBlock:
    """The same motion everywhere, in every pair."""
    flow = np.broadcast_to(np.float32([u, v]), (pairs, size, size, 2))
    return FlowBlock(
        pairs=np.array([[first + n, first + n + 1] for n in range(pairs)]),
        flow=flow,
        strain=np.full((pairs, size, size), strain, np.float32),
        nose_flow=np.tile(np.float32([u, v]), (pairs, 1)),
        nose_residual=np.zeros((pairs, 2), np.float32),
        landmarks=np.tile(landmarks(size, size).astype(np.float32), (pairs, 1, 1)),
    )


def blocks(*items: FlowBlock) -> Iterator[FlowBlock]:
    """As the writer takes them."""
    return iter(items)
