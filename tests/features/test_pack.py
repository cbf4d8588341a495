"""Packing: which samples, in which order, with which rows beside them."""

import shutil
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from features.made import blocks, constant_block, feature, flow_feature, landmarks
from mexflow.config.features import FeatureSpec
from mexflow.datasets.manifest import Expression, manifest_of
from mexflow.errors import UserError
from mexflow.features.hoof import hoof_full_circle
from mexflow.features.lbp_top import lbp_top
from mexflow.features.pack import Sources, pack
from mexflow.features.shapes import sample_shape
from mexflow.store.aligned import writing_aligned
from mexflow.store.flow import writing_flow
from mexflow.store.packed import PackedFeature, read_packed, writing_packed
from mexflow.video.temporal_interpolation import linear_interpolation, tim

SIZE = 32
# Neither the units nor the clips inside them are in alphabetical order; both subjects have a clip "e1".
CLIPS = [("s2", "e3", 1.0), ("s1", "e1", 2.0), ("s2", "e1", 3.0), ("s10", "e2", 4.0), ("s1", "e0", 5.0)]


@pytest.fixture
def manifest() -> pd.DataFrame:
    rows = [
        Expression(
            dataset="demo",
            subject=subject,
            clip=clip,
            video=clip,
            unit=subject,
            source=f"{subject}/{clip}",
            first_frame=1,
            onset=int(10 * value),
            apex=int(10 * value) + 3,
            offset=int(10 * value) + 7,
            fps=200.0,
            emotion="happiness",
            three_class="positive",
            five_class="",
            objective="I",
            binary="",
            seven_class="",
            stimulus="",
            action_units="12",
            expression_type="micro",
            apex_source="label",
            content="0" * 8,
        )
        for subject, clip, value in CLIPS
    ]
    return manifest_of(rows)


@pytest.fixture
def folder(built: Path, tmp_path: Path) -> Path:
    """A copy of `built`, to change."""
    return shutil.copytree(built, tmp_path / "project")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Flow of one pair, `flows`, of seven pairs, `videos`, and the faces, `aligned`, of every clip."""
    folder = tmp_path_factory.mktemp("built")
    for unit in ("s1", "s2", "s10"):
        own = [(clip, value) for subject, clip, value in sorted(CLIPS) if subject == unit]
        with writing_flow(folder / "flows" / f"{unit}.h5", "{}", "0") as file:
            for clip, value in own:
                file.add(clip, 5.0, blocks(constant_block(value, -value, value / 10)))
        with writing_flow(folder / "videos" / f"{unit}.h5", "{}", "0") as file:
            for clip, value in own:
                first = int(10 * value)
                parts = (constant_block(value, 0, 0, 4, first=first), constant_block(value, 0, 0, 3, first=first + 4))
                file.add(clip, 5.0, blocks(*parts))
        with writing_aligned(folder / "aligned" / f"{unit}.h5", "{}", "0") as file:
            for clip, value in own:
                out = file.writer(clip, (SIZE, SIZE))
                index = out.add_transform(np.eye(2, 3), landmarks(SIZE, SIZE))
                for number, face in enumerate(faces_of(value), int(10 * value) - 2):
                    out.append(number, face, 0, index)
                out.finish(
                    fps=200.0,
                    kept_fps=200.0,
                    inter_ocular_distance=9.0,
                    raw_inter_ocular_distance=9.0,
                    landmark_spread=0.0,
                    frames_without_face=0,
                )
    return folder


def faces_of(value: float) -> np.ndarray:
    """12 frames, of which the third to the tenth are the expression."""
    return np.random.default_rng(int(value)).integers(0, 256, (12, SIZE, SIZE), np.uint8)


def packed(folder: Path, manifest: pd.DataFrame, spec: FeatureSpec, flows: str = "flows") -> PackedFeature:
    path = folder / "feature.h5"
    with Sources(folder / flows, folder / "aligned") as sources, writing_packed(path, "{}", "0") as out:
        pack(manifest, spec, sources, out)
    found = read_packed(path)
    assert found.samples.shape[1:] == sample_shape(spec)
    assert len(found.samples) == len(found.clips)
    return found


def test_samples_keep_the_manifest_s_order_across_units(folder, manifest) -> None:
    found = packed(folder, manifest, flow_feature(steps=()))
    assert (found.samples.shape, found.samples.dtype) == ((5, 4, 4, 3), np.float32)
    np.testing.assert_array_equal(found.samples[:, 0, 0, 0], [1, 2, 3, 4, 5])
    assert found.clips[["subject", "clip"]].to_records(index=False).tolist() == [one[:2] for one in CLIPS]
    assert found.clips.onset.tolist() == [10, 20, 30, 40, 50]


def test_the_table_numbers_its_rows_as_the_samples_even_for_a_part_of_the_manifest(folder, manifest) -> None:
    found = packed(folder, manifest[manifest.unit != "s2"], flow_feature(steps=()))
    np.testing.assert_array_equal(found.samples[:, 0, 0, 0], [2, 4, 5])
    assert found.clips.index.tolist() == [0, 1, 2]


def test_channels_units_and_normalisation_are_named(folder, manifest) -> None:
    spec = flow_feature(channels=("strain", "u"), normalise="none")
    found = packed(folder, manifest, spec).layout
    assert (found.channels, found.units, found.normalise) == (("strain", "u"), ("1", "px"), "none")


def test_a_sample_is_scaled_to_0_and_1_by_itself_and_a_constant_channel_to_0(folder, manifest) -> None:
    spec = feature(kind="gray", length=8, time="slice", size=8, normalise="sample_min_max")
    scaled = packed(folder, manifest, spec).samples
    assert scaled.dtype == np.float32
    assert (scaled.min(axis=(1, 2, 3)) == 0).all()
    assert (scaled.max(axis=(1, 2, 3)) == 1).all()
    flat = packed(folder, manifest, flow_feature(normalise="sample_min_max"))
    assert (flat.samples == 0).all()


def test_pairs_of_an_interval_are_samples_of_their_own(folder, manifest) -> None:
    found = packed(folder, manifest, flow_feature(steps=(), pairs={"interval": 1}), "videos")
    assert len(found.samples) == 5 * 7
    assert list(found.clips.columns) == ["dataset", "subject", "video", "first", "second", "fps"]
    first = found.clips.iloc[:7]
    assert (set(first.subject), set(first.video)) == ({"s2"}, {"e3"})
    assert first["first"].tolist() == list(range(10, 17))
    np.testing.assert_array_equal(found.samples[:7, 0, 0, 0], 1)


def test_pairs_of_each_frame_are_brought_to_one_length(folder, manifest) -> None:
    found = packed(folder, manifest, flow_feature(steps=(), pairs="onset_each", length=3), "videos")
    assert found.samples.shape == (5, 3, 4, 4, 3)


def test_slices_take_the_frames_of_the_expression(folder, manifest) -> None:
    found = packed(folder, manifest, feature(kind="gray", time="slice", length=4, start=2, size=SIZE))
    assert found.samples.dtype == np.uint8
    np.testing.assert_array_equal(found.samples[0, ..., 0], faces_of(1)[4:8])


def test_a_clip_that_is_too_short_for_its_slice_is_interpolated(folder, manifest) -> None:
    found = packed(folder, manifest, feature(kind="gray", time="slice", length=15, size=SIZE))
    expected = linear_interpolation(faces_of(1)[2:10].astype(np.float32), 15)
    np.testing.assert_allclose(found.samples[0, ..., 0], expected, atol=1e-4)


def test_key_frames_are_onset_apex_offset_and_those_between(folder, manifest) -> None:
    found = packed(folder, manifest, feature(kind="gray", time="key_frames", length=5, size=SIZE))
    # Onset 10, apex 13, offset 17: steps of (13 − 10) // 2 and (17 − 13) // 2.
    np.testing.assert_array_equal(found.samples[0, ..., 0], faces_of(1)[[2, 3, 5, 7, 9]])


def test_regions_of_gray_are_channels(folder, manifest) -> None:
    spec = feature(kind="gray", time="slice", length=2, size=8, regions=["eyes", "nose_mouth"])
    found = packed(folder, manifest, spec)
    assert found.layout.channels == ("eyes", "nose_mouth")
    points = landmarks(SIZE, SIZE)
    rows = slice(*np.rint(points[[19, 1], 1]).astype(int))
    columns = slice(*np.rint(points[[1, 15], 0]).astype(int))
    inside = np.ascontiguousarray(faces_of(1)[2][rows, columns])
    expected = cv2.resize(inside, (8, 8), interpolation=cv2.INTER_AREA)
    np.testing.assert_array_equal(found.samples[0, 0, ..., 0], expected)


def test_lbp_top_is_that_of_the_interpolated_expression(folder, manifest) -> None:
    found = packed(folder, manifest, feature(kind="lbp_top", length=7))
    volume = tim(faces_of(2)[2:10].astype(np.float32), 7)
    np.testing.assert_array_equal(found.samples[1], lbp_top(volume, (3, 3, 3)))


def test_lbp_top_of_a_clip_that_is_too_short_says_what_to_do(folder, manifest) -> None:
    with pytest.raises(UserError, match=r"s2/e3: .*Give the feature a length"):
        packed(folder, manifest, feature(kind="lbp_top", radii=[1, 1, 4]))


def test_hoof_is_that_of_the_flow_without_the_head(folder, manifest) -> None:
    still = packed(folder, manifest, feature(kind="hoof", flow="tvl1"))
    assert (still.samples == 0).all()
    moving = packed(folder, manifest, feature(kind="hoof", flow="tvl1", steps=(), bins=4, blocks=[2, 1]))
    expected = hoof_full_circle(np.broadcast_to(np.float32([1, -1]), (1, SIZE, SIZE, 2)), 4, (2, 1))
    np.testing.assert_array_equal(moving.samples[0], expected)


def test_a_clip_that_its_alignment_left_out_is_left_out(folder, manifest) -> None:
    with writing_flow(folder / "flows" / "s10.h5", "{}", "0") as file:
        file.leave_out("e2")
    found = packed(folder, manifest, flow_feature(steps=()))
    np.testing.assert_array_equal(found.samples[:, 0, 0, 0], [1, 2, 3, 5])
    assert "e2" not in set(found.clips["clip"])


def test_a_clip_that_its_flow_file_lacks_is_named(folder, manifest) -> None:
    with writing_flow(folder / "flows" / "s2.h5", "{}", "0") as file:
        file.add("e3", 5.0, blocks(constant_block(1, 1, 1)))
    with pytest.raises(UserError, match=r"s2\.h5 lacks e1"):
        packed(folder, manifest, flow_feature())


def test_a_missing_flow_file_is_named(folder, manifest) -> None:
    (folder / "flows" / "s10.h5").unlink()
    with pytest.raises(UserError, match=r"s10\.h5 is missing"):
        packed(folder, manifest, flow_feature())


def test_a_flow_file_cut_in_half_is_named(folder, manifest) -> None:
    path = folder / "flows" / "s1.h5"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match=r"s1\.h5 is damaged"):
        packed(folder, manifest, flow_feature())
