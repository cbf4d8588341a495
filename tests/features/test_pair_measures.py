"""Scores of frame pairs by spotters that train nothing, from flow files to packed numbers."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.made import blocks, constant_block, flow_feature
from mexflow.config.spotting import FlowStrainSpec, MdmdSpec
from mexflow.features import pair_measures
from mexflow.features.flow_strain import flow_strain, flow_strain_scores
from mexflow.features.mdmd import mdmd, relative_differences
from mexflow.features.pack import PAIR_COLUMNS, Sources, pack_pairs
from mexflow.features.pair_measures import pack_measures
from mexflow.store.flow import FlowBlock, writing_flow
from mexflow.store.packed import PackedFeature, read_packed, writing_packed

K, FRAMES, SIZE = 2, 30, 24
VIDEOS = pd.DataFrame({"dataset": "d", "subject": "s1", "video": ["long", "gone"], "unit": "u", "fps": 30.0})
FEATURE = flow_feature(pairs={"interval": "k"}, steps=(), normalise="none", size=SIZE)


def moving(interval: int) -> FlowBlock:
    """Pairs (i, i + interval) of random motion."""
    count = FRAMES - interval
    random = np.random.default_rng(interval)
    block = constant_block(0, 0, 0, pairs=count, size=SIZE)
    first = np.arange(1, count + 1)
    return FlowBlock(
        **{
            **vars(block),
            "pairs": np.stack([first, first + interval], axis=1),
            "flow": random.normal(0, 1, (count, SIZE, SIZE, 2)).astype(np.float32),
            "strain": random.random((count, SIZE, SIZE), np.float32),
        }
    )


@pytest.fixture
def flows(tmp_path: Path) -> Path:
    for interval in (K, 2 * K):
        with writing_flow(tmp_path / f"interval_{interval}" / "u.h5", "{}", "") as file:
            file.add("long", 20.0, blocks(moving(interval)))
            file.leave_out("gone")
    return tmp_path


def measured(flows: Path, spotter: FlowStrainSpec | MdmdSpec) -> PackedFeature:
    near, far = (Sources(flows / f"interval_{n * K}", flows) for n in (1, 2))
    with near, far, writing_packed(flows / "measured.h5", "{}", "") as out:
        pack_measures(VIDEOS, spotter, FEATURE, K, near, far, out)
    return read_packed(flows / "measured.h5")


def test_flow_and_strain_are_those_of_the_features_samples_without_their_scale(flows: Path) -> None:
    found = measured(flows, FlowStrainSpec(method="flow_strain"))
    block = moving(K)
    channels = np.concatenate([block.flow, block.strain[..., None]], axis=-1)
    np.testing.assert_allclose(found.samples, flow_strain_scores(flow_strain(channels)), rtol=1e-5)
    assert found.clips["first"].tolist() == list(range(1, FRAMES - K + 1))


def test_mdmd_has_a_score_where_head_current_and_tail_frame_are_there(flows: Path) -> None:
    found = measured(flows, MdmdSpec(method="mdmd", blocks=(3, 3)))
    near, far = moving(K), moving(2 * K)
    values = mdmd(near.flow[: FRAMES - 2 * K], far.flow, (3, 3), 4)
    expected = np.zeros(FRAMES - K, np.float32)
    expected[: FRAMES - 2 * K] = relative_differences(values, K)
    np.testing.assert_allclose(found.samples, expected, rtol=1e-5, atol=1e-7)
    assert not found.samples[-K:].any()


@pytest.mark.parametrize("spotter", [FlowStrainSpec(method="flow_strain"), MdmdSpec(method="mdmd", blocks=(3, 3))])
def test_scores_do_not_depend_on_how_many_pairs_are_in_memory(
    flows: Path, spotter: FlowStrainSpec | MdmdSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once = measured(flows, spotter).samples
    monkeypatch.setattr(pair_measures, "_BLOCK", 7)
    np.testing.assert_allclose(measured(flows, spotter).samples, at_once, rtol=1e-6)


def test_a_video_too_short_for_pairs_of_2k_has_scores_of_0(flows: Path) -> None:
    with writing_flow(flows / f"interval_{2 * K}" / "u.h5", "{}", "") as file:
        file.leave_out("long")
        file.leave_out("gone")
    found = measured(flows, MdmdSpec(method="mdmd", blocks=(3, 3)))
    assert found.samples.shape == (FRAMES - K,)
    assert not found.samples.any()


def test_a_missing_frame_moves_no_score_of_mdmd(flows: Path) -> None:
    """Frame 20 shows no face; around the pairs that it takes away, scores stay those of their own frames."""
    spotter = MdmdSpec(method="mdmd", blocks=(3, 3))
    whole = measured(flows, spotter)
    for interval in (K, 2 * K):
        block = moving(interval)
        there = (block.pairs != 20).all(axis=1)
        with writing_flow(flows / f"interval_{interval}" / "u.h5", "{}", "") as file:
            file.add("long", 20.0, blocks(FlowBlock(**{name: array[there] for name, array in vars(block).items()})))
            file.leave_out("gone")
    lacking = measured(flows, spotter)
    firsts = lacking.clips["first"].to_numpy()
    assert set(whole.clips["first"]) - set(firsts) == {20, 20 - K}
    # Near frame 20 neighbours are missing, from which a score is told.
    far = (firsts < 20 - 4 * K) | (firsts > 20 + 2 * K)
    expected = whole.samples[np.isin(whole.clips["first"], firsts[far])]
    np.testing.assert_allclose(lacking.samples[far], expected, rtol=1e-5)
    assert lacking.samples[firsts == 20 - 2 * K] == 0


def test_scores_stand_beside_the_pairs_of_every_video_that_is_there(flows: Path) -> None:
    for interval in (K, 2 * K):
        with writing_flow(flows / f"interval_{interval}" / "u.h5", "{}", "") as file:
            file.add("long", 20.0, blocks(moving(interval)))
            file.add("gone", 20.0, blocks(moving(interval)))
    found = measured(flows, MdmdSpec(method="mdmd", blocks=(3, 3)))
    assert list(found.clips.columns) == list(PAIR_COLUMNS)
    assert found.clips.video.tolist() == ["long"] * (FRAMES - K) + ["gone"] * (FRAMES - K)
    np.testing.assert_array_equal(*np.split(found.samples, 2))


def test_a_video_that_was_left_out_has_no_pairs_but_a_file(flows: Path) -> None:
    with Sources(flows / f"interval_{K}", flows) as sources, writing_packed(flows / "pairs.h5", "{}", "") as out:
        assert pack_pairs(VIDEOS.iloc[1:], FEATURE, sources, out) == 0
    packed = read_packed(flows / "pairs.h5")
    assert packed.samples.shape == (0, SIZE, SIZE, 3)
    assert list(packed.clips.columns) == list(PAIR_COLUMNS)


def test_pairs_are_packed_as_they_follow(flows: Path) -> None:
    with Sources(flows / f"interval_{K}", flows) as sources, writing_packed(flows / "pairs.h5", "{}", "") as out:
        assert pack_pairs(VIDEOS, FEATURE, sources, out) == FRAMES - K
    packed = read_packed(flows / "pairs.h5")
    np.testing.assert_allclose(packed.samples[..., :2], moving(K).flow, rtol=1e-6)
    assert set(packed.clips.video) == {"long"}
