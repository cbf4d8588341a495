"""Long videos: events in their places, motion as planned, and frames that show it."""

from collections.abc import Iterator
from itertools import islice, pairwise

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mexflow.synthesis.fields import BumpField, displaced_from, sampled, transformed
from mexflow.synthesis.long_video import LongFilm, Pace, PlannedVideo, long_motion, planned_video
from mexflow.synthesis.subject import MARGIN, synthetic_subject

CASME_SQ = Pace(fps=30.0, micro=(9, 17), macro=(20, 70))
SAMM = Pace(fps=200.0, micro=(50, 101), macro=(200, 500))
# Odd numbers are of one photograph, even ones of the other, with glasses.
SUBJECTS = (1, 2)
NAMES = ("centres", "vectors", "widths")


@pytest.fixture(scope="module", params=SUBJECTS)
def video(request: pytest.FixtureRequest) -> PlannedVideo:
    return planned_video(request.param, f"video of {request.param}", 900, CASME_SQ, micro=3, macro=3)


@pytest.fixture(scope="module")
def film(video: PlannedVideo) -> LongFilm:
    return LongFilm(video)


def events(video: PlannedVideo) -> list[tuple[int, int]]:
    return sorted([*((one.onset, one.offset) for one in video.expressions), *video.speech])


@settings(max_examples=60, deadline=None)
@given(
    pace=st.sampled_from([CASME_SQ, SAMM]), seed=st.integers(0, 10**6), micro=st.integers(0, 7), macro=st.integers(0, 5)
)
def test_expressions_and_speech_are_of_their_length_and_never_overlap(
    pace: Pace, seed: int, micro: int, macro: int
) -> None:
    video = planned_video(1, "any", 5000, pace, micro, macro, seed)
    assert sorted(one.type for one in video.expressions) == ["macro"] * macro + ["micro"] * micro
    for one in video.expressions:
        shortest, longest = pace.micro if one.type == "micro" else pace.macro
        assert shortest <= one.offset - one.onset + 1 <= longest
        assert one.onset + 1 < one.apex < one.offset - 1
        assert one.apex - one.onset <= one.offset - one.apex + 1
        low, high = (0.015, 0.03) if one.type == "micro" else (0.04, 0.08)
        assert low <= one.peak <= high
    assert video.speech
    assert all(pace.fps <= last - first + 1 <= 4 * pace.fps for first, last in video.speech)
    numbered = events(video)
    assert numbered[0][0] > 1 and numbered[-1][1] < video.n_frames
    assert all(after - before > 0.2 * pace.fps for (_, before), (after, _) in pairwise(numbered))


def test_a_video_too_short_for_its_expressions_is_refused() -> None:
    with pytest.raises(ValueError, match="300 frames are too few for 9 micro- and 9 macro-expressions"):
        planned_video(1, "short", 300, CASME_SQ, micro=9, macro=9)


def test_a_plan_and_its_frames_follow_from_the_seed(video: PlannedVideo) -> None:
    def again(seed: int) -> PlannedVideo:
        return planned_video(video.subject, video.name, 900, CASME_SQ, micro=3, macro=3, seed=seed)

    assert again(video.seed) == video
    assert again(video.seed + 1) != video
    one, same, other = (
        list(islice(LongFilm(plan).frames(), 3)) for plan in (video, again(video.seed), again(video.seed + 1))
    )
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_at_its_apex_an_expression_has_the_planned_amplitude_and_is_alone(film: LongFilm, video: PlannedVideo) -> None:
    y, x = np.mgrid[:480, :640].astype(np.float64)
    grid = np.stack([x, y], axis=-1)
    for index, one in enumerate(video.expressions):
        strengths = film.motion.strengths[:, one.apex - 1]
        assert np.flatnonzero(strengths).tolist() == [index]
        displacement = strengths[index] * film.motion.fields[index].at(grid)
        peak = np.linalg.norm(displacement, axis=-1).max() / film.subject.inter_ocular_distance
        assert peak == pytest.approx(one.peak, rel=0.01)


def test_an_expression_moves_between_its_onset_and_its_offset_only(film: LongFilm, video: PlannedVideo) -> None:
    for strength, one in zip(film.motion.strengths, video.expressions, strict=False):
        assert (np.flatnonzero(strength) + 1).tolist() == list(range(one.onset + 1, one.offset))
        assert np.all(np.diff(strength[one.onset - 1 : one.apex]) > 0)
        assert np.all(np.diff(strength[one.apex - 1 : one.offset]) < 0)


@pytest.mark.parametrize("pace", [CASME_SQ, SAMM], ids=["30 fps", "200 fps"])
def test_speech_moves_jaw_and_lips_several_times_a_second_by_pixels_and_nothing_else_does(pace: Pace) -> None:
    subject = synthetic_subject(1, 2026)
    iod = subject.inter_ocular_distance
    video = planned_video(1, "speech", round(60 * pace.fps), pace, micro=2, macro=2)
    motion = long_motion(video, subject)
    jaw, lips = motion.strengths[-2:]
    spoken = np.zeros(video.n_frames, bool)
    rates = []
    for first, last in video.speech:
        spoken[first - 1 : last] = True
        burst = jaw[first - 1 : last]
        assert 0.3 * 0.03 * iod < iod * burst.max() <= 0.06 * iod
        drops = np.flatnonzero((burst[1:-1] > burst[:-2]) & (burst[1:-1] >= burst[2:]))
        rates.append(len(drops) / (len(burst) / pace.fps))
    assert iod * jaw.max() > 2
    assert not jaw[~spoken].any() and not lips[~spoken].any()
    assert 2 <= np.mean(rates) <= 6
    assert lips.min() < 0 < lips.max()
    assert np.abs(np.diff(motion.strengths[-2:])).max() < 0.06


def test_the_head_sways_by_several_pixels_but_slowly() -> None:
    for number in SUBJECTS:
        subject = synthetic_subject(number, 2026)
        video = planned_video(number, f"sway {number}", 2600, CASME_SQ, micro=1, macro=1)
        head = long_motion(video, subject).head
        nose = transformed(subject.landmarks[30], head[0])
        path = np.array([transformed(subject.landmarks[30], matrix) for matrix in head]) - nose
        turned = np.degrees(np.arctan2(head[:, 1, 0], head[:, 0, 0]))
        assert 3 < np.ptp(path, axis=0).max() < 11
        assert 30 * np.linalg.norm(np.diff(path, axis=0), axis=1).max() < 4  # px per second
        assert 0.2 < np.ptp(turned) < 1.1


def test_a_frame_never_shows_what_lies_beyond_the_canvas() -> None:
    corners = np.array([[0, 0], [639, 0], [0, 479], [639, 479]], float)
    for number in range(1, 9):
        video = planned_video(number, f"corners {number}", 2600, CASME_SQ, micro=0, macro=0)
        for matrix in long_motion(video, synthetic_subject(number, 2026)).head[::10]:
            seen = transformed(corners, cv2.invertAffineTransform(matrix)) + MARGIN
            assert seen.min() >= 0 and np.all(seen.max(axis=0) <= (639 + 2 * MARGIN, 479 + 2 * MARGIN))


def test_blinks_come_every_few_seconds(video: PlannedVideo, film: LongFilm) -> None:
    begun = np.flatnonzero(np.diff((film.motion.closed > 0.3).astype(int)) == 1)
    assert video.n_frames / 30 / 6 - 1 <= len(begun) <= video.n_frames / 30 / 1.5
    assert film.motion.closed.max() > 0.7


def telling_frames(film: LongFilm) -> Iterator[int]:
    """Frames with open eyes: at rest, at the largest macro- and micro-expressions, and of the widest jaw."""
    open_eyed = film.motion.closed == 0
    moving = film.motion.strengths.any(axis=0)
    yield int(np.flatnonzero(open_eyed & ~moving)[0])
    for strength in film.motion.strengths[[*range(len(film.motion.strengths) - 2), -2]]:
        index = int(np.argmax(strength * open_eyed))
        if strength[index] > 0.9 * strength.max():
            yield index


def test_a_fast_frame_is_the_slow_exact_one(film: LongFilm) -> None:
    """Against the displacement solved at every pixel, and a canvas that was not rounded."""
    y, x = np.mgrid[:480, :640].astype(np.float32)
    grid = np.stack([x, y], axis=-1)
    tried = list(telling_frames(film))
    assert len(tried) >= 5
    for index in tried:
        strengths = film.motion.strengths[:, index]
        active = [film.motion.fields[one].scaled(strengths[one]) for one in np.flatnonzero(strengths)]
        still_face = BumpField(np.zeros((1, 2)), np.zeros((1, 2)), np.ones(1))
        whole = BumpField(*(np.concatenate([getattr(one, name) for one in (still_face, *active)]) for name in NAMES))
        at_rest = displaced_from(transformed(grid, cv2.invertAffineTransform(film.motion.head[index])), whole, 8)
        exact = sampled(film.subject.canvas, at_rest + MARGIN).clip(0, 255)
        difference = np.abs(film.still(index) - exact)
        assert difference.mean() < 0.4
        assert np.percentile(difference, 99.9) < 2


def test_an_apex_frame_shows_the_planned_displacement(film: LongFilm, video: PlannedVideo) -> None:
    """Looked up where the true field says that each point of the face went, it is the face at rest."""
    y, x = np.mgrid[:480, :640].astype(np.float32)
    grid = np.stack([x, y], axis=-1)
    rest = film.subject.canvas[MARGIN:-MARGIN, MARGIN:-MARGIN]
    factors = (-1.0, 0.0, 0.7, 1.0, 1.3)
    for field, one in zip(film.motion.fields, video.expressions, strict=False):
        if film.motion.closed[one.apex - 1] > 0:
            continue
        displacement = field.at(grid)
        size = np.linalg.norm(displacement, axis=-1)
        moving = size > 0.3 * size.max()
        still, head = film.still(one.apex - 1).astype(np.float32), film.motion.head[one.apex - 1]
        errors = [
            np.abs(sampled(still, transformed(grid + factor * displacement, head)) - rest)[moving].mean()
            for factor in factors
        ]
        assert factors[int(np.argmin(errors))] == 1.0


def test_a_closing_eye_changes_the_eyes_alone(film: LongFilm) -> None:
    moving = film.motion.strengths.any(axis=0)
    closed = int(np.argmax(film.motion.closed * ~moving))
    assert film.motion.closed[closed] > 0.5
    shut = film.still(closed).astype(float)
    film.motion.closed[closed], before = 0.0, film.motion.closed[closed]
    changed = np.abs(shut - film.still(closed)).max(axis=-1) > 3
    film.motion.closed[closed] = before
    y, x = np.nonzero(changed)
    left, top = transformed(film.subject.landmarks[36:48], film.motion.head[closed]).min(axis=0)
    right, bottom = transformed(film.subject.landmarks[36:48], film.motion.head[closed]).max(axis=0)
    assert changed.sum() > 100
    assert left - 12 < x.min() and x.max() < right + 12
    assert top - 25 < y.min() and y.max() < bottom + 8


def test_a_gray_part_is_that_part_of_the_coloured_frame() -> None:
    video = planned_video(2, "gray", 300, CASME_SQ, micro=1, macro=1)
    colour, gray = LongFilm(video), LongFilm(video, gray=True, part=(80, 0, 560, 480))
    for index in (0, video.expressions[0].apex - 1, int(np.argmax(colour.motion.closed))):
        expected = cv2.cvtColor(colour.still(index), cv2.COLOR_BGR2GRAY)[:, 80:560].astype(float)
        found = gray.still(index)
        assert found.shape == (480, 480)
        # Pixels saturate before or after the conversion.
        assert np.percentile(np.abs(found - expected), 99) <= 2
        assert np.abs(found - expected).mean() < 0.5


def test_camera_noise_differs_from_frame_to_frame_by_one_and_a_half_grey_levels(film: LongFilm) -> None:
    noise = [
        frame[..., 0].astype(float) - film.still(index)[..., 0] for index, frame in enumerate(islice(film.frames(), 6))
    ]
    inside = (film.still(0) > 40).all(axis=-1) & (film.still(0) < 215).all(axis=-1)
    residues = np.array([one[inside] - one[inside].mean() for one in noise])
    assert np.all(np.abs(residues.std(axis=1) - 1.5) < 0.3)
    assert np.abs(np.corrcoef(residues) - np.eye(6)).max() < 0.3
