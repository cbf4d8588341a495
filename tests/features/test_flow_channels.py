"""Channels after their steps, on fields made by hand."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.made import flow_feature, landmarks
from mexflow.features.flow_channels import flow_channels, in_time
from mexflow.motion.strain import optical_strain

SIZE = 32
POINTS = landmarks(SIZE, SIZE)
RANDOM = np.random.default_rng(7)


def channels(u, v, strain, gray=None, points=POINTS, **keys) -> np.ndarray:
    flow = np.stack([np.asarray(u), np.asarray(v)], axis=-1)[None].astype(np.float32)
    faces = None if gray is None else np.asarray(gray)[None]
    return flow_channels(flow, np.asarray(strain, np.float32)[None], points[None], flow_feature(**keys), faces)[0]


def everywhere(value: float) -> np.ndarray:
    return np.full((SIZE, SIZE), value)


def noise(scale: float = 1.0) -> np.ndarray:
    return scale * RANDOM.standard_normal((SIZE, SIZE))


@pytest.mark.parametrize(
    ("names", "values"),
    [
        (("u", "v", "strain"), [3.0, -4.0, 0.25]),
        (("strain", "v", "u"), [0.25, -4.0, 3.0]),
        (("magnitude", "gray"), [5.0, 99.0]),
    ],
)
def test_channels_come_in_the_order_of_the_spec(names, values) -> None:
    stack = channels(everywhere(3), everywhere(-4), everywhere(0.25), everywhere(99), channels=names, steps=())
    assert (stack.shape, stack.dtype) == ((4, 4, len(values)), np.float32)
    np.testing.assert_array_equal(stack, np.broadcast_to(np.float32(values), stack.shape))


def nose_window() -> tuple[slice, slice]:
    """Landmark 28 ± 5 px of 128, in this crop ± 1 px."""
    x, y = np.rint(POINTS[28]).astype(int)
    return slice(y - 1, y + 2), slice(x - 1, x + 2)


def test_the_nose_s_mean_is_subtracted_from_u_and_v_only_where_asked() -> None:
    u, v, strain = noise(), noise(), np.abs(noise())
    plain = channels(u, v, strain, steps=(), size=SIZE)
    moved = channels(u, v, strain, steps=("subtract_nose",), size=SIZE)
    both = channels(u, v, strain, steps=("subtract_nose", "subtract_nose_strain"), size=SIZE)
    means = np.array([field[nose_window()].mean() for field in (u, v, strain)])
    np.testing.assert_allclose(plain - moved, np.broadcast_to(means * [1, 1, 0], plain.shape), atol=1e-5)
    np.testing.assert_allclose(plain - both, np.broadcast_to(means, plain.shape), atol=1e-5)
    assert both[..., 2].min() < 0  # SOFTNet keeps negative strain


def test_absolute_values_are_those_of_the_flow_after_the_steps_before_them() -> None:
    u, v = noise(), noise()
    stack = channels(u, v, -everywhere(1), steps=("subtract_nose", "absolute"), size=SIZE)
    np.testing.assert_allclose(stack[..., 0], np.abs(u - u[nose_window()].mean()), atol=1e-5)
    assert (stack[..., 2] == -1).all()


def test_the_eyes_are_zero_in_every_channel_and_the_rest_is_untouched() -> None:
    u = 1 + np.abs(noise())
    stack = channels(u, u, u, steps=("mask_eyes",), size=SIZE)
    for eye in (POINTS[36:42], POINTS[42:48]):
        x, y = np.rint(eye.mean(axis=0)).astype(int)
        assert (stack[y, x] == 0).all()
    x, y = np.rint(POINTS[62]).astype(int)
    np.testing.assert_allclose(stack[y, x], u[y, x], rtol=1e-6)
    masked = (stack == 0).all(axis=-1)
    assert ((stack == 0).any(axis=-1) == masked).all()
    np.testing.assert_allclose(stack[~masked][:, 0], u[~masked], rtol=1e-6)


@pytest.mark.parametrize("difference", ["forward", "backward"])
def test_strain_is_computed_anew_where_another_scheme_is_asked_for(difference: str) -> None:
    u, v = noise(), noise()
    stack = channels(u, v, everywhere(9), steps=(), channels=("strain",), difference=difference, size=SIZE)
    flow = np.stack([u, v], axis=-1).astype(np.float32)
    np.testing.assert_array_equal(stack[..., 0], optical_strain(flow, difference))


def test_8_bit_images_are_those_that_elrcn_wrote() -> None:
    stack = channels(
        *(everywhere(value) for value in (3, -4, 0.5)),
        everywhere(77),
        channels=("u", "v", "magnitude", "strain", "gray"),
        steps=("encode_8bit",),
    )
    assert stack.dtype == np.uint8
    assert stack[0, 0].tolist() == [16 * 3 + 128, 128 - 16 * 4, 16 * 5 + 128, 128, 77]


def test_regions_are_stacked_from_top_to_bottom_at_the_full_width() -> None:
    y, x = np.mgrid[:SIZE, :SIZE].astype(float)
    stack = channels(y, x, 0 * x, steps=(), regions=("brow_strip", "mouth_strip"), size=8, resize="bilinear")
    assert stack.shape == (8, 8, 3)
    brows, mouth = stack[:4, :, 0], stack[4:, :, 0]
    assert brows.mean() < POINTS[30, 1] < mouth.mean()
    # The brow strip is 12 px of 128 wider than landmarks 17 to 26.
    margin = 12 / 128 * SIZE
    assert stack[:4, :, 1].mean() == pytest.approx((POINTS[17, 0] + POINTS[26, 0]) / 2, abs=1)
    width = POINTS[26, 0] - POINTS[17, 0] + 2 * margin
    assert stack[0, -1, 1] - stack[0, 0, 1] == pytest.approx(width * 7 / 8, abs=1.5)


def overlaps(large: int, small: int) -> np.ndarray:
    """(small, large): which part of each small pixel each large pixel covers."""
    ends = np.arange(1, small + 1) * large / small
    starts = ends - large / small
    pixels = np.arange(large)
    covered = np.minimum(ends[:, None], pixels + 1) - np.maximum(starts[:, None], pixels)
    return covered.clip(min=0) * small / large


@given(st.sampled_from([(128, 28), (128, 32), (96, 28), (40, 7), (28, 28)]), st.integers(0, 2**32 - 1))
def test_each_pixel_is_the_mean_of_the_area_that_it_covers(sizes, seed) -> None:
    large, small = sizes
    fields = np.random.default_rng(seed).standard_normal((3, large, large)).astype(np.float32)
    weights = overlaps(large, small)
    expected = np.moveaxis(weights @ fields.astype(float) @ weights.T, 0, -1)
    found = channels(*fields, points=landmarks(large, large), steps=(), size=small)
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize(("resize", "flag"), [("bilinear", cv2.INTER_LINEAR), ("nearest", cv2.INTER_NEAREST)])
def test_other_resizes_are_opencv_s(resize: str, flag: int) -> None:
    u = noise().astype(np.float32)
    found = channels(u, u, u, steps=(), size=9, resize=resize)[..., 1]
    np.testing.assert_allclose(found, cv2.resize(u, (9, 9), interpolation=flag), atol=1e-6)


def test_what_needs_no_landmarks_is_the_same_without_them() -> None:
    u, v, strain = noise(), noise(), np.abs(noise())
    for steps in ((), ("absolute",), ("encode_8bit",)):
        stacks = [channels(u, v, strain, steps=steps, points=points) for points in (POINTS, np.full((68, 2), np.nan))]
        np.testing.assert_array_equal(*stacks)


def test_what_is_stored_is_not_changed() -> None:
    flow, strain = RANDOM.standard_normal((1, SIZE, SIZE, 2)).astype(np.float32), np.ones((1, SIZE, SIZE), np.float32)
    before = flow.copy(), strain.copy()
    steps = ("subtract_nose", "subtract_nose_strain", "absolute", "mask_eyes")
    flow_channels(flow, strain, POINTS[None], flow_feature(steps=steps))
    np.testing.assert_array_equal(flow, before[0])
    np.testing.assert_array_equal(strain, before[1])


def test_time_is_resampled_linearly_and_keeps_the_type() -> None:
    ramp = np.arange(5, dtype=np.float32)[:, None, None, None] * np.ones((1, 2, 2, 3), np.float32)
    found = in_time(ramp, 9)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found[:, 0, 0, 0], np.linspace(0, 4, 9), atol=1e-6)
    assert in_time(ramp.astype(np.uint8), 3).dtype == np.uint8
    assert in_time(ramp, 5) is ramp
