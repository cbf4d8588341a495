"""Transforms and the warp, against scikit-image, literal resampling and the photographs."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from skimage.transform import SimilarityTransform

from face.photograph_clip import PHOTOGRAPHS, portrait
from mexflow.face.geometry import (
    ANCHORS,
    apply_transform,
    box_transform,
    canonical_anchors,
    similarity,
    warp,
)
from mexflow.synthesis.photographs import eye_centres, mirrored

EYE_CORNERS_AND_NOSE = [36, 39, 42, 45, 27, 28, 29, 30, 31, 33, 35]
FACES = [one for photograph in PHOTOGRAPHS.values() for one in (photograph(), mirrored(photograph()))]
points = arrays(np.float64, (11, 2), elements=st.floats(-500, 500))
transforms = st.builds(
    lambda angle, scale, x, y: similarity_matrix(angle, scale, (x, y)),
    st.floats(-np.pi, np.pi),
    st.floats(0.05, 20),
    st.floats(-300, 300),
    st.floats(-300, 300),
)


def similarity_matrix(angle, scale, shift) -> np.ndarray:
    return SimilarityTransform(scale=scale, rotation=angle, translation=shift).params[:2]


def spread_out(cloud) -> np.ndarray:
    """The points with a triangle among them, so that they never fall together."""
    return np.concatenate([cloud, [[0.0, 0.0], [50.0, 0.0], [0.0, 70.0]]])


@given(points, transforms)
def test_a_known_transform_is_recovered(cloud, transform):
    source = spread_out(cloud)
    np.testing.assert_allclose(similarity(source, apply_transform(transform, source)), transform, atol=1e-8)


@given(points, points)
def test_similarity_equals_umeyama_s(one, other):
    source, target = spread_out(one), spread_out(other)
    expected = SimilarityTransform.from_estimate(source, target).params[:2]
    found = similarity(source, target)
    np.testing.assert_allclose(apply_transform(found, source), apply_transform(expected, source), atol=1e-6)


@given(points)
def test_similarity_never_reflects(cloud):
    source = spread_out(cloud)
    linear = similarity(source, source * [-1, 1])[:, :2]
    assert np.linalg.det(linear) >= 0
    np.testing.assert_allclose(linear, [[linear[0, 0], -linear[1, 0]], [linear[1, 0], linear[0, 0]]], atol=1e-12)


@pytest.mark.parametrize(
    ("crop", "distance", "height"),
    [((32, 32), 0.38, 0.32), ((128, 128), 0.38, 0.32), ((280, 340), 0.38, 0.32), ((140, 170), 0.5, 0.4)],
)
def test_canonical_eyes_are_level_at_the_place_asked_for(crop, distance, height):
    """Eye centres so many widths apart at so many heights, for the photographs on average."""
    anchors = canonical_anchors(crop, distance, height)
    size = crop[0]
    crops = [
        apply_transform(similarity(face.landmarks[EYE_CORNERS_AND_NOSE], anchors), face.landmarks) for face in FACES
    ]
    left, right = np.mean([eye_centres(landmarks) for landmarks in crops], axis=0)
    assert right - left == pytest.approx([distance * size, 0], abs=0.005 * size)
    assert (left + right) / 2 == pytest.approx([0.5 * size - 0.5, height * crop[1] - 0.5], abs=0.005 * size)


def test_canonical_anchors_are_the_mean_face_of_the_photographs():
    in_eye_distances = []
    for face in FACES:
        left, right = eye_centres(face.landmarks)
        to_eyes = similarity(np.stack([left, right]), np.array([[-0.5, 0.0], [0.5, 0.0]]))
        in_eye_distances.append(apply_transform(to_eyes, face.landmarks[EYE_CORNERS_AND_NOSE]))
    anchors = (canonical_anchors((1000, 1000)) + 0.5 - [500, 320]) / 380
    np.testing.assert_allclose(anchors, np.mean(in_eye_distances, axis=0), atol=0.002)


def test_the_anchors_are_eye_corners_and_nose():
    assert list(ANCHORS) == EYE_CORNERS_AND_NOSE


def test_canonical_anchors_are_symmetric():
    x, y = canonical_anchors((128, 128)).T
    outer_left, inner_left, inner_right, outer_right = range(4)
    assert x[outer_left] + x[outer_right] == pytest.approx(127)
    assert x[inner_left] + x[inner_right] == pytest.approx(127)
    assert x[4:8] == pytest.approx(63.5)
    assert (y[outer_left], y[inner_left]) == (y[outer_right], y[inner_right])


# --- the warp ---------------------------------------------------------------------------------------------------


def hills(x, y, height) -> np.ndarray:
    """A smooth landscape, a tenth of its height steep per px."""
    return 128 + height * np.sin(2 * np.pi * x / 61) * np.cos(2 * np.pi * y / 71)


def shifted_hills(across, down, height) -> tuple[np.ndarray, np.ndarray]:
    """The landscape shifted by the warp, and as it should be."""
    y, x = np.mgrid[:200, :200].astype(float)
    frame = np.rint(hills(x, y, height)).astype(np.uint8)
    y, x = np.mgrid[:128, :128].astype(float)
    crop = warp(frame, np.array([[1, 0, -across], [0, 1, -down]]), (128, 128))
    return crop.astype(float), hills(x + across, y + down, height)


@given(st.floats(8, 60), st.floats(8, 60))
def test_a_sub_pixel_shift_is_reproduced_in_grey_levels(across, down):
    crop, truth = shifted_hills(across, down, height=40)
    assert np.sqrt(np.mean((crop - truth) ** 2)) < 0.5
    assert abs(np.mean(crop - truth)) < 0.1


@given(st.floats(8, 60), st.floats(8, 60))
def test_a_sub_pixel_shift_is_reproduced_in_px(across, down):
    """The shift that is left, by least squares; OpenCV's cubic kernel alone is up to 0.05 px off."""
    crop, truth = shifted_hills(across, down, height=120)
    slopes = np.stack([slope.ravel() for slope in np.gradient(truth)], axis=1)
    shift_left, *_ = np.linalg.lstsq(slopes, (crop - truth).ravel(), rcond=None)
    assert np.abs(shift_left).max() < 0.08


def area_average(frame, transform, size, per_px=16) -> np.ndarray:
    """Each crop pixel as the mean of 16 × 16 points of its square, each the nearest frame pixel."""
    inverse = np.linalg.inv(np.vstack([transform, [0, 0, 1]]))[:2]
    along = (np.arange(size * per_px) + 0.5) / per_px - 0.5
    x, y = np.meshgrid(along, along)
    columns, rows = (np.rint(a * x + b * y + c).astype(int) for a, b, c in inverse)
    rows, columns = rows.clip(0, frame.shape[0] - 1), columns.clip(0, frame.shape[1] - 1)
    return frame[rows, columns].astype(float).reshape(size, per_px, size, per_px).mean(axis=(1, 3))


@pytest.mark.parametrize("period", [2.0, 2.3, 2.6])
@pytest.mark.parametrize("scale", [0.3, 0.45, 0.59])
def test_a_texture_finer_than_the_crop_s_grid_does_not_alias(scale, period):
    """Stripes that the crop cannot hold: gray stays, and less false pattern than an area average leaves."""
    x = np.mgrid[:400, :400][1]
    frame = np.rint(128 + 80 * np.cos(2 * np.pi * x / period)).astype(np.uint8)
    transform = similarity_matrix(0.0, scale, (0.2, 0.3))
    size, inside = int(380 * scale), np.s_[4:-4, 4:-4]
    crop = warp(frame, transform, (size, size))[inside]
    unsmoothed = cv2.warpAffine(frame, transform, (size, size), flags=cv2.INTER_CUBIC)[inside]
    assert crop.mean() == pytest.approx(128, abs=1)
    assert crop.std() < area_average(frame, transform, size)[inside].std()
    assert crop.std() < unsmoothed.std() / 2


@pytest.mark.parametrize("scale", [0.3, 0.6, 0.9])
def test_a_smaller_face_looks_like_its_area_average(scale):
    """A photograph in a smaller crop, rotated: what differs is sharpness at edges, not place or brightness."""
    frame = portrait()
    transform = similarity_matrix(0.2, scale, (30.0, -20.0))
    size = int(300 * scale)
    crop, literal = warp(frame, transform, (size, size)).astype(float), area_average(frame, transform, size)
    assert abs(crop.mean() - literal.mean()) < 0.3
    assert np.abs(crop - literal).mean() < 3


@given(level=st.integers(0, 255), transform=transforms)
def test_a_constant_image_stays_constant(level, transform):
    assert (warp(np.full((50, 60), level, np.uint8), transform, (40, 30)) == level).all()


# --- the box ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("crop", [(128, 128), (140, 170)])
@pytest.mark.parametrize("box", [(100, 60, 330, 290), (120, 90, 300, 270)])
def test_a_box_is_cut_out_and_resized(box, crop):
    """Against the slice and the resize of the publication, here by area: only sharpness at edges differs."""
    frame = portrait()
    left, top, right, bottom = box
    literal = cv2.resize(frame[top:bottom, left:right], crop, interpolation=cv2.INTER_AREA).astype(float)
    found = warp(frame, box_transform(np.array(box), crop), crop).astype(float)
    assert np.abs(found - literal).mean() < 2
    shifts = [np.roll(found, shift, axis=axis) for axis in (0, 1) for shift in (-1, 1)]
    assert all(np.abs(found - literal).mean() < 0.7 * np.abs(shifted - literal).mean() for shifted in shifts)


@pytest.mark.parametrize("axis", [0, 1])
def test_a_crop_that_is_smaller_along_one_axis_is_smoothed_along_that_axis_only(axis):
    stripes = np.rint(128 + 80 * np.cos(np.pi * np.mgrid[:200, :200] / 1.5)).astype(np.uint8)
    scale = np.array([0.5, 1.0]) if axis else np.array([1.0, 0.5])
    transform = np.column_stack([np.diag(scale), [0.0, 0.0]])
    crop = (int(200 * scale[0]), int(200 * scale[1]))
    along, across = (warp(stripes[which], transform, crop)[4:-4, 4:-4].std() for which in (axis, 1 - axis))
    assert along < 15
    assert across > 50


@given(st.tuples(*[st.floats(-50, 300)] * 2), st.tuples(*[st.floats(20, 300)] * 2), st.floats(0, 1))
def test_the_margin_is_added_on_each_side(corner, size, margin):
    box = np.concatenate([corner, np.add(corner, size)])
    wider = box + margin * np.array([-size[0], -size[1], size[0], size[1]])
    np.testing.assert_allclose(box_transform(box, (64, 80), margin), box_transform(wider, (64, 80)), atol=1e-9)


def test_a_box_beyond_the_frame_goes_on_with_the_frame_s_border():
    frame = np.tile(np.arange(100, 200, dtype=np.uint8), (80, 1))
    crop = warp(frame, box_transform(np.array([-20.0, -10.0, 44.0, 54.0]), (64, 64)), (64, 64))
    np.testing.assert_array_equal(crop[:, :20], 100)
    np.testing.assert_array_equal(crop[0], crop[-1])
