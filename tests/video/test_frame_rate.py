"""Frames of a lower rate: against exact fractions, slices, and labels."""

import weakref
from dataclasses import replace
from fractions import Fraction
from math import inf, nan

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mexflow.errors import UserError
from mexflow.video.frame_rate import at_lower_rate, kept_frames
from store.samples import aligned_video

rates = st.tuples(st.integers(2, 240), st.integers(1, 239)).filter(lambda pair: pair[1] < pair[0])
lengths = st.integers(1, 400)
gappy = st.sets(st.integers(-5, 300), min_size=1).map(sorted)


def nearest_to_times(count: int, fps: Fraction, target: Fraction) -> list[int]:
    """Of the frames 0 … count − 1 and all that might follow, the nearest to k / target seconds, while it is there."""
    kept, k = [], 0
    while True:
        position = k * fps / target
        nearest = min(range(int(position), int(position) + 2), key=lambda frame: (abs(frame - position), frame))
        if nearest >= count:
            return kept
        kept.append(nearest)
        k += 1


@given(count=lengths, rate=rates, first=st.integers(0, 300))
def test_without_gaps_the_frame_nearest_to_each_time_is_kept(count, rate, first):
    fps, target = rate
    expected = [first + position for position in nearest_to_times(count, Fraction(fps), Fraction(target))]
    assert kept_frames(range(first, first + count), fps, target).tolist() == expected


@pytest.mark.parametrize("fps", [23.976, 29.97, 59.94, 119.88, 239.76])
@pytest.mark.parametrize("target", [12.5, 20.0, 23.9])
def test_rates_of_television_are_met_too(fps, target):
    assert kept_frames(range(1000), fps, target).tolist() == nearest_to_times(1000, Fraction(fps), Fraction(target))


@given(count=lengths, target=st.integers(1, 60), factor=st.integers(2, 9))
def test_a_whole_ratio_takes_every_so_manieth(count, target, factor):
    numbers = np.arange(1, count + 1)
    np.testing.assert_array_equal(kept_frames(numbers, factor * target, target), numbers[::factor])


@pytest.mark.parametrize(
    ("fps", "expected"),
    [
        (30, [0, 1, 2, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 16]),
        (90, [0, 4, 7, 11, 14]),
        (60, [0, 2, 5, 7, 10, 12, 14]),
        (100, [0, 4, 8, 12, 16]),
    ],
)
def test_25_frames_per_second_of_common_rates(fps, expected):
    assert kept_frames(range(17), fps, 25).tolist() == expected


def test_of_two_frames_equally_near_the_earlier_is_kept():
    assert kept_frames(range(11), 100, 40).tolist() == [0, 2, 5, 7, 10]


@given(numbers=gappy, rate=rates)
def test_with_gaps_each_time_has_the_nearest_frame_for_which_no_other_time_is_nearer(numbers, rate):
    fps, target = rate
    interval = Fraction(fps, target)
    kept = kept_frames(numbers, fps, target).tolist()
    nearest: dict[int, int] = {}
    for number in numbers:
        position = number - numbers[0]
        k = min(
            range(int(position / interval), int(position / interval) + 2),
            key=lambda k: (abs(k * interval - position), k),
        )
        if k not in nearest or abs(k * interval - position) < abs(k * interval - nearest[k] + numbers[0]):
            nearest[k] = number
    last = numbers[-1] - numbers[0]
    assert kept == [number for k, number in sorted(nearest.items()) if k * interval <= last + Fraction(1, 2)]


def test_a_gap_stays_a_gap():
    numbers = [*range(0, 20), *range(61, 81)]
    assert kept_frames(numbers, 200, 25).tolist() == [0, 8, 16, 64, 72, 80]


def test_beside_a_lost_frame_its_neighbour_is_kept():
    numbers = [number for number in range(41) if number not in (8, 23, 24)]
    assert kept_frames(numbers, 200, 25).tolist() == [0, 7, 16, 25, 32, 40]


def test_frames_keep_their_numbers_and_their_content():
    frames = [(number, f"frame {number}") for number in range(46, 76)]
    assert list(at_lower_rate(frames, 200, 25)) == [(number, f"frame {number}") for number in (46, 54, 62, 70)]


def test_no_frames_make_none():
    assert kept_frames([], 200, 25).tolist() == []


def test_a_clip_is_never_held_as_a_whole():
    alive, most = 0, 0

    def forget() -> None:
        nonlocal alive
        alive -= 1

    def decoded():
        nonlocal alive, most
        for number in range(2000):
            frame = np.zeros((4, 4), np.uint8)
            weakref.finalize(frame, forget)
            alive += 1
            most = max(most, alive)
            yield number, frame

    assert sum(1 for _ in at_lower_rate(decoded(), 200, 25)) == 250
    assert most <= 4


@pytest.mark.parametrize("target", [25, 25.0, 30, inf, 0, -25, nan])
def test_a_rate_that_is_not_lower_is_refused_before_a_frame_is_read(target):
    def unread():
        raise AssertionError
        yield

    with pytest.raises(
        UserError, match=r"^fps: .+ is not below the 25 frames per second of the clip\. .*leave `fps` out"
    ):
        at_lower_rate(unread(), 25, target)


def nearest_kept(number: int, kept: np.ndarray, fps: float, target: float) -> int:
    """The frame of an aligned video at the lower rate that stands for a labelled one."""
    return replace(aligned_video(), frame_numbers=kept, fps=fps, kept_fps=target).nearest(number)


@given(count=lengths, rate=rates, first=st.integers(0, 300), place=st.floats(0, 1))
def test_a_label_goes_to_the_nearest_kept_frame(count, rate, first, place):
    fps, target = rate
    kept = kept_frames(range(first, first + count), fps, target)
    number = first + int(place * (count - 1))
    found = nearest_kept(number, kept, fps, target)
    assert found == min(kept.tolist(), key=lambda frame: (abs(frame - number), frame))


@given(count=lengths, rate=rates, labels=st.tuples(*[st.floats(0, 1)] * 3))
def test_onset_apex_and_offset_keep_their_order(count, rate, labels):
    fps, target = rate
    kept = kept_frames(range(count), fps, target)
    onset, apex, offset = (nearest_kept(int(label * (count - 1)), kept, fps, target) for label in sorted(labels))
    assert onset <= apex <= offset


@given(count=lengths, rate=rates)
def test_a_kept_frame_stands_for_itself(count, rate):
    fps, target = rate
    kept = kept_frames(range(count), fps, target)
    assert [nearest_kept(int(number), kept, fps, target) for number in kept] == kept.tolist()


@given(numbers=gappy, rate=rates, beyond=st.integers(1, 50))
def test_a_label_outside_of_the_clip_has_no_frame(numbers, rate, beyond):
    fps, target = rate
    kept = kept_frames(numbers, fps, target)
    assume(len(kept) > 0)
    for number in (numbers[0] - beyond, numbers[-1] + beyond + int(fps / target)):
        with pytest.raises(UserError, match=f"no frame near {number} is kept"):
            nearest_kept(number, kept, fps, target)
