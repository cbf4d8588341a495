"""Resizing: against literal sums over pixels."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mexflow.video.resizing import resized

RANDOM = np.random.default_rng(11)


@given(st.integers(1, 6), st.integers(1, 6), st.sampled_from([(1, 2), (3, 1), (4, 5)]))
def test_an_area_is_the_mean_of_its_pixels(width: int, height: int, factors: tuple[int, int]) -> None:
    across, down = factors
    image = RANDOM.random((height * down, width * across)).astype(np.float32)
    means = image.reshape(height, down, width, across).mean(axis=(1, 3))
    np.testing.assert_allclose(resized(image, width, height, "area"), means, atol=1e-6)


def test_the_nearest_pixel_is_the_one_at_the_upper_left_of_what_is_covered() -> None:
    image = RANDOM.integers(0, 256, (10, 14), np.uint8)
    rows, columns = (np.arange(size) * whole // size for size, whole in ((4, 10), (6, 14)))
    np.testing.assert_array_equal(resized(image, 6, 4, "nearest"), image[np.ix_(rows, columns)])


def test_a_ramp_stays_a_ramp_between_pixel_centres() -> None:
    ramp = np.tile(np.arange(12, dtype=np.float32), (3, 1))
    found = resized(ramp, 8, 3, "bilinear")
    np.testing.assert_allclose(found, np.tile((np.arange(8) + 0.5) * 12 / 8 - 0.5, (3, 1)), atol=1e-5)


@pytest.mark.parametrize("channels", [1, 2, 5])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_channels_stay_an_axis_and_are_resized_one_by_one(channels: int, dtype: type) -> None:
    image = RANDOM.integers(0, 256, (9, 8, channels)).astype(dtype)
    found = resized(image, 5, 4, "area")
    assert (found.shape, found.dtype) == ((4, 5, channels), dtype)
    for channel in range(channels):
        alone = cv2.resize(np.ascontiguousarray(image[..., channel]), (5, 4), interpolation=cv2.INTER_AREA)
        np.testing.assert_array_equal(found[..., channel], alone)


@given(st.integers(1, 4), st.sampled_from([(8, 8), (5, 4), (20, 17)]), st.integers(0, 2**32 - 1))
def test_few_channels_become_what_opencv_makes_of_them_at_once(channels: int, size: tuple[int, int], seed: int) -> None:
    image = np.random.default_rng(seed).random((9, 13, channels)).astype(np.float32)
    for method, flag in (("area", cv2.INTER_AREA), ("bilinear", cv2.INTER_LINEAR), ("nearest", cv2.INTER_NEAREST)):
        expected = cv2.resize(image, size, interpolation=flag).reshape(*size[::-1], channels)
        np.testing.assert_allclose(resized(image, *size, method), expected, atol=1e-6)
