"""Gray levels of colours, by the weights of BT.601."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mexflow.video.gray import GRAY_CONVERSIONS, bt601, bt601_swapped

images = arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(3)))


@pytest.mark.parametrize(
    ("name", "weights"), [("bt601", (0.114, 0.587, 0.299)), ("bt601_swapped", (0.299, 0.587, 0.114))]
)
@given(bgr=images)
def test_a_conversion_weighs_the_channels_as_its_name_says(name, weights, bgr):
    gray = GRAY_CONVERSIONS[name](bgr)
    assert gray.dtype == np.uint8
    assert np.abs(gray - bgr @ np.array(weights)).max() <= 0.51


@given(bgr=images)
def test_swapped_is_what_opencv_makes_of_rgb_that_it_is_told_is_bgr(bgr):
    rgb = np.ascontiguousarray(bgr[..., ::-1])
    np.testing.assert_array_equal(bt601_swapped(bgr), bt601(rgb))


@pytest.mark.parametrize("convert", GRAY_CONVERSIONS.values(), ids=GRAY_CONVERSIONS)
def test_gray_stays_as_it_is(convert):
    levels = np.arange(256, dtype=np.uint8)[None]
    np.testing.assert_array_equal(convert(np.stack([levels] * 3, axis=-1)), levels)


def test_swapped_makes_skin_darker():
    skin = np.array([[[120, 150, 200]]], np.uint8)
    assert int(bt601(skin)[0, 0]) - int(bt601_swapped(skin)[0, 0]) == round(0.185 * (200 - 120))
