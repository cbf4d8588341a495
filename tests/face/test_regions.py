"""Regions, against a literal reading of the publications' lists of landmarks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from matplotlib.path import Path

from mexflow.face.geometry import ANCHORS, apply_transform, canonical_anchors, similarity
from mexflow.face.regions import (
    brow_strip,
    eye_mask,
    eyes_region,
    mouth_strip,
    nose_mouth_region,
    nose_region,
)
from mexflow.synthesis.photographs import astronaut, hopper

RECTANGLES = [brow_strip, eyes_region, mouth_strip, nose_mouth_region, nose_region]
places = st.floats(-50, 300)
sides = st.integers(32, 256)


def nose_at(x, y) -> np.ndarray:
    landmarks = np.full((68, 2), -1000.0)
    landmarks[28] = x, y
    return landmarks


def face(photograph, crop=(128, 128)) -> np.ndarray:
    """A photograph's landmarks in a canonical crop, in whole px."""
    landmarks = photograph().landmarks
    return np.rint(apply_transform(similarity(landmarks[list(ANCHORS)], canonical_anchors(crop)), landmarks))


def test_the_nose_region_is_11_px_square_around_landmark_28():
    rows, columns = nose_region(nose_at(63.2, 51.8), (128, 128))
    assert (rows, columns) == (slice(47, 58), slice(58, 69))


def test_in_a_crop_that_is_not_square_the_nose_region_is():
    rows, columns = nose_region(nose_at(140, 150), (280, 340))
    assert (rows, columns) == (slice(139, 162), slice(129, 152))


@given(places, places, sides, sides)
def test_the_nose_region_stays_whole_inside_the_crop(x, y, width, height):
    crop = np.zeros((height, width))
    there = crop[nose_region(nose_at(x, y), (width, height))]
    middle = crop[nose_region(nose_at(width / 2, height / 2), (width, height))]
    assert there.shape == middle.shape
    assert there.shape[0] % 2 == 1


@given(places, places)
def test_a_nose_near_the_border_moves_the_window_no_further_than_needed(x, y):
    rows, columns = nose_region(nose_at(x, y), (128, 128))
    assert rows.start + 5 == np.clip(np.rint(y), 5, 122)
    assert columns.start + 5 == np.clip(np.rint(x), 5, 122)


def literally(low_y, high_y, low_x, high_x) -> tuple[slice, slice]:
    """image[low_y:high_y, low_x:high_x] of a crop of 128 px, its bounds cut at the border as in SOFTNet's code."""
    rows, columns = ([min(max(int(bound), 0), 128) for bound in pair] for pair in ((low_y, high_y), (low_x, high_x)))
    return slice(*rows), slice(*columns)


@pytest.mark.parametrize("photograph", [astronaut, hopper])
def test_rectangles_are_those_of_the_publications(photograph):
    points = face(photograph)
    x, y = points[:, 0], points[:, 1]
    assert brow_strip(points, (128, 128)) == literally(
        min(y[19], y[24]) - 12, max(y[41], y[46]) + 12, x[17] - 12, x[26] + 12
    )
    assert mouth_strip(points, (128, 128)) == literally(y[50] - 12, y[57] + 12, x[60] - 12, x[64] + 12)
    assert eyes_region(points, (128, 128)) == literally(y[19], y[1], x[1], x[15])
    assert nose_mouth_region(points, (128, 128)) == literally(y[2], y[6], x[2], x[14])


@pytest.mark.parametrize("photograph", [astronaut, hopper])
@pytest.mark.parametrize("region", RECTANGLES)
def test_in_a_crop_of_twice_the_size_a_region_has_twice_the_size(photograph, region):
    points = face(photograph)
    small, large = region(points, (128, 128)), region(2 * points + 0.5, (256, 256))
    for one, other in zip(small, large, strict=True):
        assert abs(2 * one.start - other.start) <= 2
        assert abs(2 * one.stop - other.stop) <= 2


def test_the_regions_of_a_face_hold_what_they_are_called_after():
    points = face(hopper)
    for region, inside in [
        (brow_strip, range(17, 27)),
        (brow_strip, range(36, 48)),
        (mouth_strip, range(60, 68)),
        (eyes_region, range(36, 48)),
        (nose_mouth_region, range(31, 36)),
        (nose_mouth_region, range(48, 68)),
    ]:
        rows, columns = region(points, (128, 128))
        x, y = points[list(inside)].T
        assert rows.start <= y.min() and y.max() < rows.stop, region
        assert columns.start <= x.min() and x.max() < columns.stop, region


@given(arrays(np.float64, (68, 2), elements=st.floats(-200, 500)), sides, sides)
def test_any_landmarks_give_a_rectangle_in_the_crop_with_a_pixel_in_it(points, width, height):
    for region in RECTANGLES:
        rows, columns = region(points, (width, height))
        assert 0 <= rows.start < rows.stop <= height
        assert 0 <= columns.start < columns.stop <= width


@pytest.mark.parametrize("photograph", [astronaut, hopper])
def test_the_eye_mask_is_the_two_polygons_of_the_publication(photograph):
    points = face(photograph)
    x, y = points[:, 0], points[:, 1]
    inside = np.zeros((128, 128), bool)
    border = np.zeros((128, 128), bool)
    rows, columns = np.mgrid[:128, :128]
    pixels = np.stack([columns.ravel(), rows.ravel()], axis=1)
    for a, b, c, d, e, f in (range(36, 42), range(42, 48)):
        polygon = [
            (x[a] - 15, y[a]),
            (x[b], y[b] - 15),
            (x[c], y[c] - 15),
            (x[d] + 15, y[d]),
            (x[e], y[e] + 15),
            (x[f], y[f] + 15),
        ]
        outline = Path([*polygon, polygon[0]])
        within, around = (outline.contains_points(pixels, radius=radius).reshape(128, 128) for radius in (-1.5, 1.5))
        within, around = within & around, within | around
        inside |= within
        border |= around & ~within
    mask = eye_mask(points, (128, 128))
    np.testing.assert_array_equal(mask[~border], inside[~border])
    assert mask.sum() > 1500


@pytest.mark.parametrize("crop", [(64, 64), (140, 170), (280, 340)])
def test_the_eye_mask_covers_the_same_share_of_the_width_of_any_crop(crop):
    small, large = eye_mask(face(hopper), (128, 128)), eye_mask(face(hopper, crop), crop)
    assert large.shape == crop[::-1]
    assert large.sum() / crop[0] ** 2 == pytest.approx(small.sum() / 128**2, rel=0.1)


@given(arrays(np.float64, (68, 2), elements=st.floats(-200, 500)))
def test_an_eye_mask_can_be_drawn_of_any_landmarks(points):
    mask = eye_mask(points, (40, 50))
    assert (mask.shape, mask.dtype) == ((50, 40), bool)
