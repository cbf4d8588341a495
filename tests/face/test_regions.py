"""The window on the nose."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mexflow.face.regions import nose_region

places = st.floats(-50, 300)


def nose_at(x, y) -> np.ndarray:
    landmarks = np.full((68, 2), -1000.0)
    landmarks[28] = x, y
    return landmarks


def test_the_nose_region_is_11_px_square_around_landmark_28():
    rows, columns = nose_region(nose_at(63.2, 51.8), 128)
    assert (rows, columns) == (slice(47, 58), slice(58, 69))


@given(places, places, st.integers(32, 256))
def test_the_nose_region_stays_whole_inside_the_crop(x, y, size):
    crop = np.zeros((size, size))
    there = crop[nose_region(nose_at(x, y), size)]
    middle = crop[nose_region(nose_at(size / 2, size / 2), size)]
    assert there.shape == middle.shape
    assert there.shape[0] % 2 == 1


@given(places, places)
def test_a_nose_near_the_border_moves_the_window_no_further_than_needed(x, y):
    rows, columns = nose_region(nose_at(x, y), 128)
    assert rows.start + 5 == np.clip(np.rint(y), 5, 122)
    assert columns.start + 5 == np.clip(np.rint(x), 5, 122)
