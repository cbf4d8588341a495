"""Which transform each frame gets, with a detector that tells at once where the face is: the frame's first pixels."""

import gc
import itertools
import weakref

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mexflow.config.alignment import AlignmentSpec
from mexflow.face import tracking
from mexflow.face.geometry import ANCHORS, apply_transform, canonical_anchors
from mexflow.face.landmarks import Face
from mexflow.face.tracking import Faceless, FaceSearch, PosedFrame, posed_frames

FPS = 50.0
POINTS = np.random.default_rng(0).uniform(40, 60, (68, 2))
POINTS[list(ANCHORS)] = canonical_anchors((64, 64))


def frame(x: float | None = 0, y: float = 0) -> np.ndarray:
    """A frame with a face that has moved by x, y px, or with none."""
    return np.array([[0, 0, 0]] if x is None else [[1, x, y]], float)


@pytest.fixture(autouse=True)
def told(monkeypatch):
    """The detector; returns a list that counts its calls."""
    calls = []

    def find(one, *_):
        calls.append(one)
        there, x, y = one[0]
        box = np.array([10.0, 20.0, 42.0, 52.0]) + np.array([x, y, x, y])
        return Face(box, POINTS + np.array([x, y])) if there else None

    monkeypatch.setattr(tracking, "find_face", find)
    return calls


def posed(frames, first=1, numbers=None, **keys) -> list[PosedFrame | Faceless]:
    spec = AlignmentSpec(size=64, **keys)
    numbered = list(zip(numbers or range(first, first + len(frames)), frames, strict=True))
    return list(posed_frames(lambda: iter(numbered), FaceSearch(spec), spec, FPS))


def rows(items) -> list[PosedFrame]:
    return [item for item in items if isinstance(item, PosedFrame)]


def shift(item: PosedFrame) -> np.ndarray:
    """How far its transform takes the face back (px): the movement that it makes up for."""
    np.testing.assert_allclose(item.pose.transform[:, :2], np.eye(2), atol=1e-9)
    return -item.pose.transform[:, 2]


def moving(*places) -> list[np.ndarray]:
    return [frame(x) for x in places]


# --- one transform ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["per_clip", "first_frame_box"])
def test_all_frames_come_in_order_under_one_pose(mode):
    found = rows(posed(moving(*range(30)), first=46, mode=mode))
    assert [one.number for one in found] == list(range(46, 76))
    assert {id(one.pose) for one in found} == {id(found[0].pose)}
    assert {one.segment for one in found} == {0}
    assert [one.frame[0, 1] for one in found] == list(range(30))


def test_the_transform_of_a_clip_is_from_the_median_of_its_first_faces():
    found = rows(posed(moving(1, None, 5, 2, 30, 99), landmark_frames=4))
    assert shift(found[0])[0] == pytest.approx(np.median([1, 5, 2, 30]))


def test_no_frame_is_searched_that_is_not_needed(told):
    posed(moving(*range(30)), landmark_frames=4)
    assert len(told) == 4


def test_the_box_of_the_first_face_becomes_the_crop():
    (first, *_) = rows(posed(moving(None, 3, 7), mode="first_frame_box", margin=0.5))
    corners = np.array([[10 - 16 + 3, 20 - 16], [42 + 16 + 3, 52 + 16]]) - 0.5
    np.testing.assert_allclose(apply_transform(first.pose.transform, corners), [[-0.5, -0.5], [63.5, 63.5]])
    np.testing.assert_allclose(first.pose.landmarks, apply_transform(first.pose.transform, POINTS + np.array([3, 0])))


@pytest.mark.parametrize("mode", ["per_clip", "first_frame_box"])
@pytest.mark.parametrize("policy", ["fail", "drop"])
def test_a_clip_without_a_face_is_one_failure(mode, policy):
    assert posed(moving(*[None] * 9), first=5, mode=mode, on_missing_face=policy) == [Faceless(5, 13, False)]


@pytest.mark.parametrize(("late", "decodings"), [(0, 1), (99, 1), (101, 2), (400, 2)])
def test_only_after_a_long_search_a_clip_is_decoded_twice(late, decodings):
    begun = []

    def decode():
        begun.append(1)
        return enumerate(moving(*[None] * late, *range(20)))

    spec = AlignmentSpec(landmark_frames=1)
    found = list(posed_frames(decode, FaceSearch(spec), spec, FPS))
    assert [one.number for one in found] == list(range(late + 20))
    assert len(begun) == decodings


# --- windows ----------------------------------------------------------------------------------------------------


def windows_of(items) -> list[list[int]]:
    """Frame numbers by segment."""
    return [[one.number for one in of] for _, of in itertools.groupby(rows(items), key=lambda one: one.segment)]


def test_windows_overlap_and_the_last_is_as_long_as_the_video_lets_it():
    found = windows_of(posed(moving(*range(25)), mode="per_window", window=10, overlap=4))
    assert found == [[*range(1, 11)], [*range(7, 17)], [*range(13, 23)], [*range(19, 26)]]


@pytest.mark.parametrize("frames", [1, 9, 10])
def test_a_short_video_is_one_window(frames):
    found = windows_of(posed(moving(*range(frames)), mode="per_window", window=10, overlap=4))
    assert found == [list(range(1, frames + 1))]


@settings(max_examples=60, deadline=None)
@given(frames=st.integers(1, 60), window=st.integers(2, 14), overlap=st.integers(0, 13))
def test_all_frames_are_there_and_near_ones_share_a_window(frames, window, overlap):
    overlap = min(overlap, window - 1)
    found = windows_of(posed(moving(*[0] * frames), mode="per_window", window=window, overlap=overlap))
    shared = {(a, b) for numbers in found for a, b in itertools.product(numbers, repeat=2)}
    near = {(a, b) for a in range(1, frames + 1) for b in range(a, min(a + overlap, frames) + 1)}
    assert near <= shared
    assert all(len(numbers) <= window for numbers in found)
    assert all(set(later) - set(earlier) for earlier, later in itertools.pairwise(found))


def test_a_window_has_the_median_of_its_own_landmarks():
    places = [0.0] * 10 + [6.0] * 10 + [9.0] * 10
    found = posed(moving(*places), mode="per_window", window=10, overlap=0, landmark_frames=5)
    assert [shift(one)[0] for one in rows(found)[5::10]] == pytest.approx([0, 6, 9])


def test_a_frame_is_searched_once_though_windows_share_it(told):
    posed(moving(*range(1000)), mode="per_window", window=100, overlap=50, landmark_frames=5)
    assert len(told) == 1000 / (100 / 5)
    assert len({id(one) for one in told}) == len(told)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.booleans(), min_size=1, max_size=50), st.integers(2, 12), st.integers(0, 11), st.integers(1, 12))
def test_a_window_fails_only_if_none_of_its_frames_shows_a_face(faces, window, overlap, landmark_frames):
    overlap = min(overlap, window - 1)
    frames = [frame(0 if there else None) for there in faces]
    keys = {"mode": "per_window", "window": window, "overlap": overlap, "landmark_frames": landmark_frames}
    found = posed(frames, first=0, on_missing_face="drop", **keys)
    starts = range(0, max(1, len(faces) - overlap), window - overlap)
    spans = [(start, min(start + window, len(faces))) for start in starts]
    without = [Faceless(a, b - 1, False) for a, b in spans if not any(faces[a:b])]
    assert [one for one in found if isinstance(one, Faceless)] == without
    assert windows_of(found) == [list(range(a, b)) for a, b in spans if any(faces[a:b])]


def test_a_window_without_a_face_carries_the_last_transform_and_never_a_later_one():
    places = [None] * 10 + [3.0] * 10 + [None] * 10 + [8.0] * 10
    keys = {"mode": "per_window", "window": 10, "overlap": 0, "on_missing_face": "carry_last"}
    found = posed(moving(*places), **keys)
    assert windows_of(found) == [[*range(11, 21)], [*range(21, 31)], [*range(31, 41)]]
    assert [shift(one)[0] for one in rows(found)[::10]] == pytest.approx([3, 3, 8])
    assert [one for one in found if isinstance(one, Faceless)] == [Faceless(1, 10, False), Faceless(21, 30, True)]


# --- frame by frame ---------------------------------------------------------------------------------------------


def low_passed(places, numbers, deviation) -> np.ndarray:
    """Locally weighted regression by NumPy's own weighted least squares, over three standard deviations."""
    places, numbers = np.array(places), np.array(numbers)
    values = []
    for at in numbers:
        near = np.abs(numbers - at) <= np.ceil(3 * deviation)
        weights = np.exp(-0.25 * ((numbers[near] - at) / deviation) ** 2)  # polyfit squares them
        values.append(np.polyval(np.polyfit(numbers[near] - at, places[near], 1, w=weights), 0))
    return np.array(values)


def test_each_frame_has_its_own_low_passed_transform():
    places = np.random.default_rng(3).normal(0, 5, 120)
    found = rows(posed(moving(*places), mode="per_frame", smoothing=0.1))
    assert [one.number for one in found] == list(range(1, 121))
    np.testing.assert_allclose([shift(one)[0] for one in found], low_passed(places, range(1, 121), 5.0), atol=1e-9)


@given(st.floats(-3, 3), st.floats(0.05, 2), st.integers(2, 80))
@settings(max_examples=30, deadline=None)
def test_a_steady_drift_is_followed_up_to_both_ends(drift, smoothing, frames):
    places = drift * np.arange(frames)
    found = rows(posed(moving(*places), mode="per_frame", smoothing=smoothing))
    np.testing.assert_allclose([shift(one)[0] for one in found], places, atol=1e-6)


def test_half_of_a_motion_at_the_documented_frequency_is_followed_and_a_sixteenth_at_twice_that():
    smoothing = 0.25
    time = np.arange(600) / FPS
    for frequency, followed in [(0.1875 / smoothing, 0.5), (0.375 / smoothing, 1 / 16)]:
        places = 10 * np.sin(2 * np.pi * frequency * time)
        found = rows(posed(moving(*places), mode="per_frame", smoothing=smoothing))
        left = np.array([shift(one)[0] for one in found])[100:-100]
        gain = left @ places[100:-100] / (places[100:-100] @ places[100:-100])
        assert gain == pytest.approx(followed, rel=0.04)


def test_a_gap_in_the_frame_numbers_is_a_gap_in_time():
    numbers = [*range(1, 20), *range(50, 80)]
    places = 0.3 * np.array(numbers)
    found = rows(posed(moving(*places), numbers=numbers, mode="per_frame", smoothing=0.1))
    assert [one.number for one in found] == numbers
    np.testing.assert_allclose([shift(one)[0] for one in found], places, atol=1e-6)


def test_a_frame_without_a_face_is_left_out_or_carries_the_last_transform():
    places = [None, 1, 1, None, None, 1, None]
    keys = {"mode": "per_frame", "smoothing": 0.05}
    dropped, carried = (posed(moving(*places), on_missing_face=policy, **keys) for policy in ("drop", "carry_last"))
    assert [one.number for one in rows(dropped)] == [2, 3, 6]
    assert [one.first for one in dropped if isinstance(one, Faceless)] == [1, 4, 5, 7]
    assert [one.number for one in rows(carried)] == [2, 3, 4, 5, 6, 7]
    assert [one for one in carried if isinstance(one, Faceless)] == [
        Faceless(1, 1, False),
        *(Faceless(number, number, True) for number in (4, 5, 7)),
    ]
    poses = {one.number: one.pose for one in rows(carried)}
    assert poses[3] is poses[4] is poses[5]
    assert poses[6] is poses[7] is not poses[5]


# --- whole frames -----------------------------------------------------------------------------------------------


def test_whole_frames_come_in_order_under_one_pose_and_none_is_searched(told, monkeypatch):
    monkeypatch.setattr(tracking, "landmark_model_path", lambda *_: pytest.fail("a landmark model is asked for"))
    found = posed(moving(None, *range(9)), first=46, mode="whole_frame")
    assert told == []
    assert [(one.number, one.segment) for one in found] == [(number, 0) for number in range(46, 56)]
    assert {id(one.pose) for one in found} == {id(found[0].pose)}


def test_the_edges_of_a_whole_frame_become_those_of_the_crop():
    (one,) = posed([np.zeros((30, 50))], mode="whole_frame")
    corners = np.array([[-0.5, -0.5], [49.5, 29.5]])
    np.testing.assert_allclose(apply_transform(one.pose.transform, corners), [[-0.5, -0.5], [63.5, 63.5]])
    assert one.pose.landmarks.shape == (68, 2)
    assert np.isnan(one.pose.landmarks).all()


# --- memory -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "most"),
    [
        ({"mode": "per_clip", "on_missing_face": "drop"}, 5),
        ({"mode": "first_frame_box", "on_missing_face": "drop"}, 1),
        ({"mode": "per_window", "on_missing_face": "drop", "window": 40, "overlap": 10}, 40),
        ({"mode": "per_frame", "on_missing_face": "drop", "smoothing": 0.1}, 15),
        ({"mode": "whole_frame"}, 1),
    ],
)
@pytest.mark.parametrize("faces", [True, False])
def test_no_more_frames_are_in_memory_than_documented(monkeypatch, keys, most, faces):
    monkeypatch.setattr(tracking, "find_face", lambda *_: Face(np.array([1, 1, 9, 9.0]), POINTS) if faces else None)
    alive: weakref.WeakSet = weakref.WeakSet()
    peak = 0

    class Frame(np.ndarray):
        """Can be counted."""

        __hash__ = object.__hash__

    def decode():
        nonlocal peak
        for number in range(2000):
            one = np.zeros((1, 3)).view(Frame)
            alive.add(one)
            peak = max(peak, len(alive))
            yield number, one
            del one

    gc.disable()  # what only the collector frees is held
    try:
        spec = AlignmentSpec(**keys)
        count = sum(isinstance(item, PosedFrame) for item in posed_frames(decode, FaceSearch(spec), spec, FPS))
    finally:
        gc.enable()
    assert count >= 2000 * faces
    assert peak <= (most if faces else max(most, 100)) + 2
