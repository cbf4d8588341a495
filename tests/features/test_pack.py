"""Channel stacks and packing, on fields made by hand."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mexflow.config.features import FeatureSpec
from mexflow.datasets.manifest import Expression, manifest_of
from mexflow.errors import UserError
from mexflow.features.pack import channel_stack, pack_flow
from mexflow.store.flow import ClipFlow, writing_flow


def spec(**changes) -> FeatureSpec:
    return FeatureSpec(**{"alignment": "clip68", "flow": "tvl1", "size": 4, **changes})


def motion(u, v, strain, nose=(0.0, 0.0), clip="c") -> ClipFlow:
    flow = np.stack([u, v], axis=-1)[None].astype(np.float32)
    nose = np.array([nose], np.float32)
    return ClipFlow(clip, np.array([[1, 2]]), flow, np.asarray(strain, np.float32)[None], nose, 5.0)


def constant(u, v, strain, nose=(0.0, 0.0), clip="c", size=8) -> ClipFlow:
    return motion(*(np.full((size, size), value) for value in (u, v, strain)), nose, clip)


@pytest.mark.parametrize(
    ("channels", "values"),
    [
        (("u", "v", "strain"), [1.5, -2.5, 0.25]),
        (("strain", "v", "u"), [0.25, -2.5, 1.5]),
        (("v",), [-2.5]),
    ],
)
def test_channels_come_in_the_order_of_the_spec_in_px(channels, values):
    stack = channel_stack(constant(1.5, -2.5, 0.25), spec(channels=channels))
    assert stack.shape == (4, 4, len(values))
    assert stack.dtype == np.float32
    np.testing.assert_array_equal(stack, np.broadcast_to(np.float32(values), stack.shape))


def test_the_nose_s_motion_is_subtracted_from_u_and_v_only():
    stack = channel_stack(constant(1.5, -2.5, 0.25, nose=(1.0, 0.5)), spec())
    np.testing.assert_array_equal(stack[0, 0], np.float32([0.5, -3.0, 0.25]))


def test_without_steps_the_flow_stays_raw():
    stack = channel_stack(constant(1.5, -2.5, 0.25, nose=(1.0, 0.5)), spec(steps=()))
    np.testing.assert_array_equal(stack[0, 0], np.float32([1.5, -2.5, 0.25]))


def test_the_stored_flow_is_not_changed():
    clip = constant(1.5, -2.5, 0.25, nose=(1.0, 0.5))
    channel_stack(clip, spec())
    assert (clip.flow[..., 0] == 1.5).all()
    assert (clip.flow[..., 1] == -2.5).all()


def overlaps(large: int, small: int) -> np.ndarray:
    """(small, large): which part of each small pixel each large pixel covers."""
    ends = np.arange(1, small + 1) * large / small
    starts = ends - large / small
    pixels = np.arange(large)
    covered = np.minimum(ends[:, None], pixels + 1) - np.maximum(starts[:, None], pixels)
    return covered.clip(min=0) * small / large


@given(st.sampled_from([(128, 28), (128, 32), (96, 28), (40, 7), (28, 28)]), st.integers(0, 2**32 - 1))
def test_each_pixel_is_the_mean_of_the_area_that_it_covers(sizes, seed):
    large, small = sizes
    fields = np.random.default_rng(seed).standard_normal((3, large, large)).astype(np.float32)
    weights = overlaps(large, small)
    expected = np.moveaxis(weights @ fields.astype(float) @ weights.T, 0, -1)
    np.testing.assert_allclose(channel_stack(motion(*fields), spec(size=small)), expected, atol=1e-5)


# --- packing ----------------------------------------------------------------------------------------------------

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
def flows(tmp_path):
    paths = {}
    for unit in ("s1", "s2", "s10"):
        paths[unit] = tmp_path / f"{unit}.h5"
        with writing_flow(paths[unit], "{}", "0") as file:
            for subject, clip, value in sorted(CLIPS):
                if subject == unit:
                    file.add(constant(value, -value, value / 10, clip=clip))
    return paths


def test_samples_keep_the_manifest_s_order_across_units(flows, manifest):
    packed = pack_flow(flows, manifest, spec())
    assert packed.samples.shape == (5, 4, 4, 3)
    assert packed.samples.dtype == np.float32
    np.testing.assert_array_equal(packed.samples[:, 0, 0, 0], [1, 2, 3, 4, 5])
    assert packed.clips[["subject", "clip"]].to_records(index=False).tolist() == [one[:2] for one in CLIPS]
    assert packed.clips.onset.tolist() == [10, 20, 30, 40, 50]


def test_the_table_numbers_its_rows_as_the_samples_even_for_a_part_of_the_manifest(flows, manifest):
    part = manifest[manifest.unit != "s2"]
    packed = pack_flow(flows, part, spec())
    np.testing.assert_array_equal(packed.samples[:, 0, 0, 0], [2, 4, 5])
    assert packed.clips.index.tolist() == [0, 1, 2]


def test_channels_and_units_are_named(flows, manifest):
    packed = pack_flow(flows, manifest, spec(channels=("strain", "u")))
    assert packed.channels == ("strain", "u")
    assert packed.units == ("1", "px")


def test_a_clip_that_its_flow_file_lacks_is_named(flows, manifest):
    with writing_flow(flows["s2"], "{}", "0") as file:
        file.add(constant(1, 1, 1, clip="e3"))
    with pytest.raises(UserError, match=r"s2\.h5 lacks the clip e1"):
        pack_flow(flows, manifest, spec())


def test_a_missing_flow_file_is_named(flows, manifest):
    flows["s10"].unlink()
    with pytest.raises(UserError, match=r"s10\.h5 is missing"):
        pack_flow(flows, manifest, spec())


def test_a_flow_file_cut_in_half_is_named(flows, manifest):
    whole = flows["s1"].read_bytes()
    flows["s1"].write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match=r"s1\.h5 is damaged"):
        pack_flow(flows, manifest, spec())
