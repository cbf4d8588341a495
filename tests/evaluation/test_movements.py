"""Runs above a threshold: a literal reading of the rule, runs of known place, and the frames that they are told in."""

from itertools import groupby

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mexflow.evaluation.movements import runs_above, spotted_movements
from mexflow.features.mdmd import relative_differences
from mexflow.store.spotting import check_spotted, read_spotted, write_spotted

VIDEO = {"dataset": "casme_sq", "subject": "15", "video": "15_0101"}


def spotted(scores, k, p, lengths, frames):
    return spotted_movements(np.asarray(scores), k, p, lengths, frames, VIDEO, "micro")


def literal_runs(scores, p, shortest, longest) -> list[tuple[int, int]]:
    if len(scores) == 0:
        return []
    mean = sum(scores) / len(scores)
    threshold = mean + p * (max(scores) - mean)
    runs = []
    for above, places in groupby(range(len(scores)), key=lambda place: scores[place] > threshold):
        run = list(places)
        if above and shortest <= len(run) and (longest is None or len(run) <= longest):
            runs.append((run[0], run[-1]))
    return runs


@given(
    st.lists(st.integers(-3, 3), max_size=60),
    st.floats(0, 0.95),
    st.integers(1, 4),
    st.one_of(st.none(), st.integers(0, 4)),
)
def test_runs_are_those_of_the_rule(scores, p, shortest, more):
    longest = None if more is None else shortest + more
    # Sixteenths: nothing is rounded in their sums; equal scores are no run.
    scores = [score / 16 for score in scores]
    expected = [] if len(set(scores)) < 2 else literal_runs(scores, p, shortest, longest)
    assert runs_above(np.array(scores), p, shortest, longest) == expected


def test_runs_are_kept_whole_or_dropped():
    scores = np.array([1, 0, 1, 1, 0, 1, 1, 1, 0, 1, 1, 1, 1])
    assert runs_above(scores, 0.01, 1) == [(0, 0), (2, 3), (5, 7), (9, 12)]
    assert runs_above(scores, 0.01, 2, 3) == [(2, 3), (5, 7)]
    assert runs_above(scores, 0.01, 4) == [(9, 12)]
    assert runs_above(scores, 0.01, 5) == []


def test_negative_scores_count_for_the_threshold():
    scores = np.array([-4.0, 1.0, 1.5, 2.5, -1.0])
    assert runs_above(scores, 0.0, 1) == [(1, 3)]
    assert runs_above(np.maximum(scores, 0), 0.0, 1) == [(2, 3)]


@pytest.mark.parametrize("constant", [0.0, 0.1, 1 / 3, -7.7e5])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_equal_scores_have_no_run(constant, dtype):
    assert runs_above(np.full(300, constant, dtype), 0.0, 1) == []


def test_with_p_1_nothing_is_above():
    assert runs_above(np.random.default_rng(0).random(100), 1.0, 1) == []


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.integers(0, 80), st.booleans())
def test_movements_are_the_runs_of_the_frames_that_have_a_relative_difference(seed, k, n_frames, padded):
    """Scores by frame in a dictionary; frame j + k of the video is in the middle of j … j + 2k."""
    generator = np.random.default_rng(seed)
    numbers = 1000 + 3 * np.arange(n_frames) + 50 * (np.arange(n_frames) >= n_frames // 2)
    frames = numbers[: max(n_frames - k, 0)]
    values = generator.standard_normal(max(n_frames - 2 * k, 0))
    scores = relative_differences(values, k)
    by_frame = {j + k: float(scores[j]) for j in range(k - 1, len(scores) - k + 1)}
    runs = literal_runs(list(by_frame.values()), 0.01, 2, 6) if k > 1 else []
    expected = []
    for first, last in runs:
        run = list(by_frame)[first : last + 1]
        apex = max(run, key=by_frame.__getitem__)
        expected.append((numbers[run[0]], numbers[run[-1]], by_frame[apex], numbers[apex]))
    if padded:
        scores = np.concatenate([scores, np.zeros(len(frames) - len(scores), np.float32)])
    table = spotted(scores, k, 0.01, (2, 6), frames)
    check_spotted(table)
    assert list(zip(*(table[name] for name in ("onset", "offset", "score", "apex")), strict=True)) == expected


def test_the_frames_without_a_relative_difference_do_not_count_for_the_threshold():
    k = 3
    defined = [0.0, 0.5, 1.0, 0.5, 0.5]  # mean 0.5; with the zeros at either end 0.28
    scores = [0.0] * (k - 1) + defined + [0.0] * (k - 1)
    (row,) = spotted(scores, k, 0.0, (1, None), np.arange(len(scores) + k)).itertuples()
    assert (row.onset, row.offset, row.apex, row.score) == (7, 7, 7, 1.0)


def test_of_equal_scores_the_first_is_the_apex():
    scores = [0, 0, 0, 2, 3, 3, 2, 0, 0, 0]
    (row,) = spotted(scores, 2, 0.01, (4, 4), np.arange(100, 112)).itertuples()
    assert (row.onset, row.apex, row.offset) == (105, 106, 108)


@pytest.mark.parametrize("k", [4, 5, 20])
def test_a_video_of_hardly_2k_frames_has_no_movement(k):
    table = spotted(np.zeros(max(12 - 2 * k, 0)), k, 0.01, (1, None), np.arange(max(12 - k, 0)))
    assert table.empty
    check_spotted(table)


def test_the_rows_are_a_table_of_spotted_intervals(tmp_path):
    scores = relative_differences(np.random.default_rng(0).random(400), 6)
    table = spotted(scores, 6, 0.01, (2, None), np.arange(406))
    assert len(table) > 2
    write_spotted(table, tmp_path / "spotted.csv")
    back = read_spotted(tmp_path / "spotted.csv")
    assert set(map(tuple, back[["dataset", "subject", "video", "type"]].to_numpy())) == {
        ("casme_sq", "15", "15_0101", "micro")
    }
    for name in ("onset", "offset", "score", "apex"):
        assert back[name].tolist() == table[name].tolist()


@pytest.mark.parametrize(
    ("scores", "p", "lengths", "message"),
    [
        ([0.0] * 4, 1.1, (1, None), "p is 1.1"),
        ([0.0] * 4, float("nan"), (1, None), "p is nan"),
        ([0.0, 1.0, float("nan"), float("inf")], 0.5, (1, None), "score 2 is not finite"),
        ([0.0] * 4, 0.5, (0, None), "no run has a length of 0"),
        ([0.0] * 4, 0.5, (7, 6), "no run has a length of 7 to 6"),
    ],
)
def test_what_cannot_be_searched_is_refused(scores, p, lengths, message):
    with pytest.raises(ValueError, match=message):
        runs_above(np.array(scores), p, *lengths)


@pytest.mark.parametrize(
    ("scores", "k", "frames", "message"),
    [
        (np.zeros(10), 0, 10, "k is 0"),
        (np.zeros(9), 2, 12, "9 scores, but 12 pairs, 10 of them"),
        (np.zeros(11), 2, 12, "11 scores, but 12 pairs, 10 of them"),
        (np.arange(12) == 10, 2, 12, "one of the last 2 pairs has a score"),
    ],
)
def test_scores_of_other_frames_are_refused(scores, k, frames, message):
    with pytest.raises(ValueError, match=message):
        spotted(scores, k, 0.5, (1, None), np.arange(frames))
