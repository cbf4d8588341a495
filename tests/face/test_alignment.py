"""One transform and one warp per clip, against scikit-image, literal resampling and the photographs."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from skimage.transform import SimilarityTransform

from face.photograph_clip import PHOTOGRAPHS, noisy, portrait, write_clip
from mexflow.config.alignment import AlignmentSpec
from mexflow.errors import UserError
from mexflow.face.alignment import (
    align_video,
    apply_transform,
    canonical_anchors,
    inter_ocular_distance,
    similarity,
    warp,
)
from mexflow.face.landmarks import find_landmarks
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


@pytest.mark.parametrize("size", [32, 128, 224])
def test_canonical_eyes_are_level_at_the_documented_place(size):
    """Eye centres 0.38 of the width apart at 0.32 of the height, for the photographs on average."""
    anchors = canonical_anchors(size)
    crops = [
        apply_transform(similarity(face.landmarks[EYE_CORNERS_AND_NOSE], anchors), face.landmarks) for face in FACES
    ]
    left, right = np.mean([eye_centres(landmarks) for landmarks in crops], axis=0)
    assert right - left == pytest.approx([0.38 * size, 0], abs=0.005 * size)
    assert (left + right) / 2 == pytest.approx([0.5 * size - 0.5, 0.32 * size - 0.5], abs=0.005 * size)


def test_canonical_anchors_are_the_mean_face_of_the_photographs():
    in_eye_distances = []
    for face in FACES:
        left, right = eye_centres(face.landmarks)
        to_eyes = similarity(np.stack([left, right]), np.array([[-0.5, 0.0], [0.5, 0.0]]))
        in_eye_distances.append(apply_transform(to_eyes, face.landmarks[EYE_CORNERS_AND_NOSE]))
    anchors = (canonical_anchors(1000) + 0.5 - [500, 320]) / 380
    np.testing.assert_allclose(anchors, np.mean(in_eye_distances, axis=0), atol=0.002)


def test_canonical_anchors_are_symmetric():
    x, y = canonical_anchors(128).T
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
    crop = warp(frame, np.array([[1, 0, -across], [0, 1, -down]]), 128)
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
    crop = warp(frame, transform, size)[inside]
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
    crop, literal = warp(frame, transform, size).astype(float), area_average(frame, transform, size)
    assert abs(crop.mean() - literal.mean()) < 0.3
    assert np.abs(crop - literal).mean() < 3


@given(level=st.integers(0, 255), transform=transforms)
def test_a_constant_image_stays_constant(level, transform):
    assert (warp(np.full((50, 60), level, np.uint8), transform, 40) == level).all()


# --- whole clips ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def still_clip(tmp_path_factory):
    frames = noisy(portrait(), 8, seed=0)
    return frames, write_clip(tmp_path_factory.mktemp("still") / "clip", frames, first=46)


@pytest.fixture(scope="module")
def still(still_clip):
    return align_video("clip", still_clip[1], 1, AlignmentSpec())


def test_the_face_of_a_clip_lies_at_the_canonical_place(still):
    off = np.linalg.norm(still.landmarks[EYE_CORNERS_AND_NOSE] - canonical_anchors(128), axis=1)
    assert off.max() < 3
    assert still.inter_ocular_distance == pytest.approx(0.38 * 128, rel=0.05)
    assert still.inter_ocular_distance == pytest.approx(inter_ocular_distance(still.landmarks))


def test_landmarks_found_anew_in_the_crop_are_those_that_are_stored(still, landmark_model):
    enlarged = cv2.resize(still.faces[0], None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC)
    again = (find_landmarks(enlarged, landmark_model) + 0.5) / 4 - 0.5
    assert np.linalg.norm(again - still.landmarks, axis=1)[EYE_CORNERS_AND_NOSE].max() < 3


def test_all_frames_are_warped_by_the_one_stored_transform(still, still_clip):
    frames, _ = still_clip
    np.testing.assert_array_equal(still.faces, [warp(frame, still.transform, 128) for frame in frames])
    assert still.faces.dtype == np.uint8
    assert still.frame_numbers.tolist() == list(range(46, 54))
    raw = inter_ocular_distance(still.landmarks) / np.hypot(*still.transform[:, 0])
    assert still.raw_inter_ocular_distance == pytest.approx(raw)


def test_a_still_clip_shows_no_spread_of_its_landmarks(still):
    assert still.landmark_spread < 1
    assert still.frames_without_face == 0


@pytest.mark.parametrize(
    ("degrees", "scale", "shift"), [(6, 1.15, (12.3, -7.7)), (-8, 0.9, (5.5, 9.2)), (0, 1, (0.5, 0.5))]
)
def test_a_shifted_rotated_scaled_copy_gives_the_same_crops(still, tmp_path, degrees, scale, shift):
    height, width = portrait().shape
    moved_by = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, scale)
    moved_by[:, 2] += shift
    moved = cv2.warpAffine(portrait(), moved_by, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    copy = align_video("copy", write_clip(tmp_path / "copy", noisy(moved, 8, seed=1)), 1, AlignmentSpec())
    assert np.abs(copy.faces.mean(axis=0) - still.faces.mean(axis=0)).mean() < 4
    # The way there and back leads every landmark home: half a pixel of the crop is dlib's own rounding.
    raw = apply_transform(cv2.invertAffineTransform(still.transform), still.landmarks)
    home = apply_transform(copy.transform, apply_transform(moved_by, raw))
    assert np.linalg.norm(home - still.landmarks, axis=1).mean() < 1


@pytest.mark.parametrize("size", [64, 224])
def test_the_crop_has_the_size_asked_for(still_clip, still, size):
    crop = align_video("clip", still_clip[1], 1, AlignmentSpec(size=size))
    assert crop.faces.shape == (8, size, size)
    np.testing.assert_allclose((crop.landmarks + 0.5) / size, (still.landmarks + 0.5) / 128, atol=1e-6)


def test_a_clip_without_a_face_is_refused_with_the_number_of_its_frames(tmp_path):
    source = write_clip(tmp_path / "wall", noisy(np.full((120, 160), 128, np.uint8), 4, seed=0))
    with pytest.raises(UserError, match=r"wall: no face in any of its 4 frames"):
        align_video("wall", source, 1, AlignmentSpec())


def test_first_frames_without_a_face_are_skipped_and_counted(tmp_path, still, still_clip):
    wall = noisy(np.full_like(portrait(), 128), 3, seed=0)
    source = write_clip(tmp_path / "clip", [*wall, *still_clip[0]])
    clip = align_video("clip", source, 1, AlignmentSpec())
    assert clip.frames_without_face == 3
    assert len(clip.faces) == 11
    np.testing.assert_array_equal(clip.transform, still.transform)


def test_one_bad_first_frame_does_not_sway_the_median(tmp_path, still, still_clip):
    jerk = np.roll(still_clip[0][0], (20, 30), axis=(0, 1))
    source = write_clip(tmp_path / "clip", [jerk, *still_clip[0]])
    clip = align_video("clip", source, 1, AlignmentSpec())
    raw = apply_transform(cv2.invertAffineTransform(still.transform), still.landmarks)
    off = np.linalg.norm(apply_transform(clip.transform, raw) - still.landmarks, axis=1)
    assert off.mean() < 0.5
    assert clip.landmark_spread > 5
