"""Peaks against the published rule read literally, curves with known peaks, and videos that hardly are any."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mexflow.evaluation.peaks import moving_mean, peaks, spotted_intervals, threshold_of
from mexflow.store.spotting import check_spotted, read_spotted, write_spotted

VIDEO = {"dataset": "samm_lv", "subject": "006", "video": "006_1"}


def spotted(scores, k, p, frames=None, **options):
    """In frames from 0 on, if none are given."""
    frames = np.arange(len(scores)) if frames is None else frames
    return spotted_intervals(np.asarray(scores, dtype=float), k, p, VIDEO, "micro", frames, **options)


def triangle(centre, half_width, length) -> np.ndarray:
    return np.maximum(1 - np.abs(np.arange(length) - centre) / half_width, 0)


def literal_intervals(scores, k, p) -> list[tuple[int, int, float]]:
    """Means, threshold and peaks in loops; of near peaks the highest stays. For scores without equal neighbours."""
    n = len(scores) + k
    means = [sum(scores[j : j + 2 * k]) / (2 * k) for j in range(n - 3 * k)]
    if not means:
        return []
    mean = sum(means) / len(means)
    threshold = mean + p * (max(means) - mean)
    inner = range(1, len(means) - 1)
    found = [j for j in inner if means[j - 1] < means[j] > means[j + 1] and means[j] >= threshold]
    kept: list[int] = []
    for j in sorted(found, key=lambda j: -means[j]):
        if all(abs(j - other) >= k for other in kept):
            kept.append(j)
    return [(j, j + 2 * k, means[j]) for j in sorted(kept)]


@settings(max_examples=60)
@given(st.integers(0, 2**32 - 1), st.integers(0, 300), st.integers(1, 40), st.floats(0, 0.95))
def test_intervals_are_those_of_the_published_rule(seed, length, k, p):
    scores = np.random.default_rng(seed).standard_normal(length)
    expected = literal_intervals(scores.tolist(), k, p)
    frame = spotted(scores, k, p)
    assert list(zip(frame["onset"], frame["offset"], strict=True)) == [one[:2] for one in expected]
    np.testing.assert_allclose(frame["score"], [one[2] for one in expected], rtol=1e-9, atol=1e-12)


@given(st.integers(1, 8), st.integers(0, 60))
def test_a_moving_mean_has_n_minus_3k_values_and_each_is_the_mean_of_2k(k, length):
    scores = np.random.default_rng(length).standard_normal(length)
    expected = [scores[j : j + 2 * k].mean() for j in range(length + k - 3 * k)]
    np.testing.assert_allclose(moving_mean(scores, k), expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("k", [3, 10])
def test_a_triangle_is_spotted_around_the_frame_in_the_middle_of_the_pairs_that_it_rises_over(k):
    """Symmetric about pair c + ½, the mean is highest where its 2k scores are: at j = c − k + 1, frame c + 1."""
    scores = triangle(100.5, 15, 200)
    (row,) = spotted(scores, k, 0.55).itertuples()
    assert (row.onset, row.apex, row.offset) == (101 - k, 101, 101 + k)
    distances = np.arange(k) + 0.5
    assert row.score == pytest.approx(np.maximum(1 - distances / 15, 0).mean())


def test_the_threshold_lies_between_mean_and_maximum():
    scores = np.random.default_rng(0).random(500)
    smoothed = moving_mean(scores, 6)
    for p, expected in [(0, smoothed.mean()), (0.25, 0.75 * smoothed.mean() + 0.25 * smoothed.max())]:
        assert peaks(scores, 6, p).threshold == pytest.approx(expected)
    assert peaks(scores, 6, 1).position.tolist() == [int(smoothed.argmax())]


@given(arrays(np.float32, st.integers(1, 50), elements=st.floats(-1e6, 1e6, width=32)), st.floats(0, 1))
def test_a_threshold_lies_among_the_values_whatever_the_rounding(values, p):
    assert values.min() <= threshold_of(values, p) <= values.max()
    mean = sum(values.tolist()) / len(values)
    expected = mean + p * (values.tolist()[int(values.argmax())] - mean)
    assert threshold_of(values, p) == pytest.approx(expected, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("count", [3, 6])
def test_the_threshold_of_equal_values_is_their_value(count):
    """0.1 is no binary fraction: the mean of three is a bit above it, that of six a bit below."""
    assert threshold_of(np.full(count, 0.1), 0.0) == 0.1


def test_a_greater_p_never_finds_more():
    scores = np.random.default_rng(0).random(2000)
    counts = [len(spotted(scores, 6, p)) for p in np.linspace(0, 1, 11)]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > counts[-1] == 1


@pytest.mark.parametrize("constant", [0.0, 0.1, 1 / 3, -7.7e5])
def test_a_constant_score_has_no_peak(constant):
    assert spotted(np.full(300, constant), 7, 0.55).empty


@pytest.mark.parametrize("length", [0, 1, 11, 12, 13, 14])
def test_a_video_of_hardly_3k_frames_has_no_peak(length):
    frame = spotted(np.arange(length) % 3, 6, 0.0)
    assert frame.empty
    check_spotted(frame)


def test_a_plateau_is_one_peak_in_its_middle():
    k = 2
    scores = np.zeros(60)
    scores[20:31] = 1.0  # the mean of four is 1 from 20 to 27
    (row,) = spotted(scores, k, 0.55).itertuples()
    assert (row.onset, row.score) == (23, 1.0)


def test_of_two_peaks_less_than_k_apart_the_lower_one_goes():
    scores = triangle(40, 4, 120) + 0.9 * triangle(49, 4, 120)
    assert len(spotted(scores, 2, 0.3)) == 2
    smoothed, _, position = peaks(scores, 5, 0.0)
    assert (np.diff(position) >= 5).all()
    assert int(smoothed.argmax()) in position


def test_noise_has_intervals_that_share_frames():
    frame = spotted(np.random.default_rng(0).standard_normal(150), 6, 0)
    assert (frame["onset"].to_numpy()[1:] <= frame["offset"].to_numpy()[:-1]).any()


@given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.floats(0, 1))
def test_merged_intervals_are_the_unions_of_those_that_share_frames(seed, k, p):
    scores = np.random.default_rng(seed).standard_normal(150)
    chains: list[list] = []
    for row in spotted(scores, k, p).itertuples():
        if chains and row.onset <= chains[-1][-1].offset:
            chains[-1].append(row)
        else:
            chains.append([row])
    expected = []
    for chain in chains:
        best = max(chain, key=lambda row: row.score)
        expected.append((chain[0].onset, chain[-1].offset, best.score, best.apex))
    merged = spotted(scores, k, p, merge=True)
    assert list(zip(*(merged[name] for name in ("onset", "offset", "score", "apex")), strict=True)) == expected


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.integers(0, 150), st.booleans())
def test_intervals_lie_inside_the_video_and_have_its_own_numbers(seed, k, length, merge):
    """Of pairs that begin with each third frame from 1000 on, and after a gap that no peak can see."""
    generator = np.random.default_rng(seed)
    scores = generator.standard_normal(length)
    numbers = 1000 + 3 * np.arange(length) + 50 * (np.arange(length) >= length // 2)
    frame, counted = (spotted(scores, k, 0, frames, merge=merge) for frames in (numbers, None))
    assert (counted["offset"] < length).all()
    assert (frame["onset"] <= frame["apex"]).all()
    assert (frame["apex"] <= frame["offset"]).all()
    for name in ("onset", "apex", "offset"):
        assert frame[name].tolist() == [numbers[int(position)] for position in counted[name]]
    assert frame["score"].tolist() == counted["score"].tolist()


@pytest.mark.parametrize("count", [19, 21, 0])
def test_frames_of_other_pairs_are_refused(count):
    with pytest.raises(ValueError, match=f"20 scores, but the first frames of {count} pairs"):
        spotted([0.0] * 20, 2, 0.5, np.arange(count))


def test_the_rows_are_a_table_of_spotted_intervals(tmp_path):
    frame = spotted(np.random.default_rng(0).random(400), 6, 0.3)
    assert len(frame) > 2
    write_spotted(frame, tmp_path / "spotted.csv")
    back = read_spotted(tmp_path / "spotted.csv")
    assert set(map(tuple, back[["dataset", "subject", "video", "type"]].to_numpy())) == {
        ("samm_lv", "006", "006_1", "micro")
    }
    for name in ("onset", "offset", "score", "apex"):
        assert back[name].tolist() == frame[name].tolist()


@pytest.mark.parametrize(
    ("scores", "k", "p", "message"),
    [
        ([0.0] * 20, 2, 1.1, "p is 1.1"),
        ([0.0] * 20, 2, float("nan"), "p is nan"),
        ([0.0] * 20, 0, 0.5, "a moving mean over 0 scores"),
        ([0.0, 1.0, float("nan"), float("inf")], 1, 0.5, "score 2 is not finite"),
    ],
)
def test_what_cannot_be_searched_is_refused(scores, k, p, message):
    with pytest.raises(ValueError, match=message):
        spotted(scores, k, p)
