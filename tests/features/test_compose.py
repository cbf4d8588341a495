"""Composed features: the listed samples of every member, each with its own tensor."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mexflow.errors import UserError
from mexflow.features.compose import compose_features
from mexflow.store.packed import Layout, PackedFeature, read_packed, write_packed, writing_packed


def member(folder: Path, dataset: str, clips: list[str], first: int, channels: tuple[str, ...] = ("u", "v")) -> Path:
    values = np.arange(first, first + len(clips), dtype=np.float32)
    samples = np.broadcast_to(values[:, None, None, None], (len(clips), 2, 2, 2))
    table = pd.DataFrame({"dataset": dataset, "subject": "s1", "clip": clips})
    path = folder / f"{dataset}.h5"
    write_packed(PackedFeature(samples, table, Layout(channels, ("px", "px"))), path, "{}", "0")
    return path


def manifest(*clips: tuple[str, str]) -> pd.DataFrame:
    return pd.DataFrame([{"dataset": dataset, "subject": "s1", "clip": clip} for dataset, clip in clips])


def composed(folder: Path, members: list[Path], rows: pd.DataFrame) -> PackedFeature:
    with writing_packed(folder / "all.h5", "{}", "0") as out:
        compose_features(members, rows, out)
    return read_packed(folder / "all.h5")


def test_the_listed_samples_come_member_by_member(tmp_path: Path) -> None:
    members = [member(tmp_path, "a", ["x", "y"], 10), member(tmp_path, "b", ["x", "w", "z"], 20)]
    found = composed(tmp_path, members, manifest(("b", "x"), ("a", "y"), ("b", "z")))
    assert found.samples[:, 0, 0, 0].tolist() == [11, 20, 22]
    assert found.clips[["dataset", "clip"]].to_numpy().tolist() == [["a", "y"], ["b", "x"], ["b", "z"]]
    assert found.layout.channels == ("u", "v")


def test_a_clip_that_a_member_s_alignment_left_out_is_left_out(tmp_path: Path) -> None:
    found = composed(tmp_path, [member(tmp_path, "a", ["x"], 0)], manifest(("a", "x"), ("a", "w")))
    assert found.clips["clip"].tolist() == ["x"]


def test_members_of_different_channels_are_refused(tmp_path: Path) -> None:
    members = [member(tmp_path, "a", ["x"], 0), member(tmp_path, "b", ["x"], 0, ("v", "u"))]
    with pytest.raises(UserError, match="different channels"):
        composed(tmp_path, members, manifest(("a", "x")))
