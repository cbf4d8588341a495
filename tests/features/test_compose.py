"""Composed features: the listed samples of every member, each with its own tensor."""

import numpy as np
import pandas as pd
import pytest

from mexflow.errors import UserError
from mexflow.features.compose import compose_features
from mexflow.store.packed import PackedFeature


def member(dataset: str, clips: list[str], first: int, channels: tuple[str, ...] = ("u", "v")) -> PackedFeature:
    values = np.arange(first, first + len(clips), dtype=np.float32)
    table = pd.DataFrame({"dataset": dataset, "subject": "s1", "clip": clips})
    return PackedFeature(
        np.broadcast_to(values[:, None, None, None], (len(clips), 2, 2, 2)), table, channels, ("px", "px")
    )


def manifest(*clips: tuple[str, str]) -> pd.DataFrame:
    return pd.DataFrame([{"dataset": dataset, "subject": "s1", "clip": clip} for dataset, clip in clips])


def test_samples_come_in_the_order_of_the_manifest_from_the_right_member() -> None:
    members = [member("a", ["x", "y"], 10), member("b", ["x", "z"], 20)]
    composed = compose_features(members, manifest(("b", "x"), ("a", "y"), ("b", "z")))
    assert composed.samples[:, 0, 0, 0].tolist() == [20, 11, 21]
    assert composed.clips[["dataset", "clip"]].to_numpy().tolist() == [["b", "x"], ["a", "y"], ["b", "z"]]
    assert composed.channels == ("u", "v")


def test_a_clip_that_no_member_holds_is_named() -> None:
    with pytest.raises(UserError, match="a/s1/w is in no member's feature"):
        compose_features([member("a", ["x"], 0)], manifest(("a", "x"), ("a", "w")))


def test_members_of_different_channels_are_refused() -> None:
    with pytest.raises(UserError, match="different channels"):
        compose_features([member("a", ["x"], 0), member("b", ["x"], 0, ("v", "u"))], manifest(("a", "x")))
