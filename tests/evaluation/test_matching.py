"""Matching against all matchings there are, and every rule against its literal reading."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.literal_intervals import (
    Interval,
    intervals,
    largest_matching,
    literal_iou,
    of_one_video,
    spotted_tables,
    true_tables,
)
from mexflow.evaluation.matching import (
    MATCHINGS,
    Intervals,
    Pairs,
    arranged,
    group_counts,
    most_pairs,
    overlaps,
)
from mexflow.store.spotting import TYPES, VIDEO

THRESHOLDS = [0.3, 0.5, 0.55, 0.7]
Counts = tuple[int, int, int]


def counts_of(spotted: list[Interval], true: list[Interval], matching: str, least: float) -> Counts:
    """The counts of one video and type, spotted in the order of their scores."""
    predictions = of_one_video(spotted, score=-np.arange(len(spotted), dtype=float))
    task = arranged(predictions, of_one_video(true), of_one_video([(0, 0)]))
    hits = MATCHINGS[matching].pick(overlaps(task.predicted, task.true, least))
    tp, fp, fn = group_counts(task, hits, MATCHINGS[matching])[0, TYPES.index("micro")].tolist()
    return tp, fp, fn


def literal_megc(spotted: list[Interval], true: list[Interval], least: float) -> Counts:
    tp = largest_matching(spotted, true, least)
    return tp, len(spotted) - tp, len(true) - tp


def literal_voc(spotted: list[Interval], true: list[Interval], least: float) -> Counts:
    """A prediction is held against its best truth only (the first of equals), the second that finds it is false."""
    true, found, false = sorted(true), set(), 0
    for prediction in spotted:
        overlap = [literal_iou(prediction, one) for one in true]
        best = overlap.index(max(overlap)) if overlap else None
        if best is None or overlap[best] < least or best in found:
            false += 1
        else:
            found.add(best)
    return len(found), false, len(true) - len(found)


def literal_distinct(spotted: list[Interval], true: list[Interval], least: float) -> Counts:
    tp = sum(any(literal_iou(prediction, one) >= least for prediction in spotted) for one in true)
    return tp, max(len(spotted) - tp, 0), len(true) - tp


def literal_softnet(spotted: list[Interval], true: list[Interval], least: float) -> Counts:
    if not true:
        return 0, 0, 0
    return literal_voc(spotted, true, least) if spotted else (0, 1, len(true))


LITERAL: dict[str, Callable[[list[Interval], list[Interval], float], Counts]] = {
    "megc": literal_megc,
    "voc": literal_voc,
    "distinct_gt": literal_distinct,
    "as_published": literal_softnet,
}


def test_every_matching_has_a_literal_reading():
    assert set(LITERAL) == set(MATCHINGS)


@pytest.mark.parametrize("matching", MATCHINGS)
@settings(max_examples=300, deadline=None)
@given(st.lists(intervals, max_size=6), st.lists(intervals, max_size=5), st.sampled_from(THRESHOLDS))
def test_a_rule_counts_as_its_literal_reading(matching, spotted, true, least):
    assert counts_of(spotted, true, matching, least) == LITERAL[matching](spotted, true, least)


def test_one_to_one_is_the_largest_of_all_matchings_on_thousands_of_random_sets():
    random = np.random.default_rng(0)
    greedy_loses = 0
    for _ in range(4000):
        spotted, true = (random_intervals(random, int(random.integers(0, most))) for most in (7, 6))
        least = float(random.choice(THRESHOLDS))
        pairs = overlaps(*(as_intervals(one) for one in (spotted, true)), least)
        found = most_pairs(pairs)
        assert len(found.truth) == largest_matching(spotted, true, least), (spotted, true, least)
        check_one_to_one(found, spotted, true, least)
        greedy_loses += len(found.truth) > literal_voc(spotted, true, least)[0]
    assert greedy_loses > 50  # else the sets were too easy


def random_intervals(random: np.random.Generator, number: int) -> list[Interval]:
    return [(int(onset), int(onset + more)) for onset, more in random.integers([0, 0], [12, 8], (number, 2))]


def as_intervals(one: list[Interval]) -> Intervals:
    onset, offset = np.array(one, dtype=int).reshape(-1, 2).T
    return Intervals(np.zeros(len(one), dtype=int), onset, offset)


def check_one_to_one(found: Pairs, spotted: list[Interval], true: list[Interval], least: float) -> None:
    assert len(set(found.prediction.tolist())) == len(set(found.truth.tolist())) == len(found.truth)
    for prediction, truth, iou in zip(*(values.tolist() for values in found), strict=True):
        assert iou == literal_iou(spotted[prediction], true[truth]) >= least


@pytest.mark.parametrize(
    ("spotted", "true", "expected"),
    [
        ([(1, 10)], [(1, 5), (6, 10)], (1, 0, 1)),
        ([(1, 5), (6, 10)], [(1, 10)], (1, 1, 0)),
        ([(1, 10), (1, 5)], [(1, 5), (6, 10)], (2, 0, 0)),  # the first must leave the truth that it came to first
        ([(1, 5)], [(1, 5), (1, 5)], (1, 0, 1)),
    ],
)
def test_an_interval_that_overlaps_two_by_half_counts_once(spotted, true, expected):
    assert counts_of(spotted, true, "megc", 0.5) == expected


def test_a_chain_of_moves_is_followed_to_its_end():
    """Each prediction would rather have its neighbour's truth; the last one pushes all the others along."""
    number = 2000
    chain = [(row, truth) for row in range(1, number) for truth in (row - 1, row)] + [(number, 0)]
    prediction, truth = np.array(chain).T
    assert len(most_pairs(Pairs(prediction, truth, np.ones(len(chain)))).truth) == number


def test_the_largest_matching_keeps_the_best_scores():
    predictions = of_one_video([(0, 9), (0, 9), (0, 9)], score=[0.1, 0.9, 0.5])
    task = arranged(predictions, of_one_video([(0, 9), (1, 9)]))
    hits = most_pairs(overlaps(task.predicted, task.true, 0.5))
    assert sorted(task.predictions["score"].iloc[hits.prediction]) == [0.5, 0.9]


@settings(max_examples=100, deadline=None)
@given(spotted_tables, true_tables, st.sampled_from(THRESHOLDS))
def test_the_pairs_are_those_of_a_loop_over_all_rows(spotted, true, least):
    task = arranged(spotted, true)
    found = overlaps(task.predicted, task.true, least)
    expected = {}
    for row, a in enumerate(task.predictions.itertuples()):
        for other, b in enumerate(task.truth.itertuples()):
            iou = literal_iou((a.onset, a.offset), (b.onset, b.offset))
            if (a.dataset, a.subject, a.video, a.type) == (b.dataset, b.subject, b.video, b.type) and iou >= least:
                expected[row, other] = iou
    assert dict(zip(zip(found.prediction, found.truth, strict=True), found.iou, strict=True)) == expected


def test_a_video_counts_whoever_names_it():
    spotted, true, listed = (of_one_video([(0, 1)]).assign(video=name) for name in "abc")
    task = arranged(spotted, true, listed.assign(fps=25.0))
    assert list(task.videos["video"]) == ["a", "b", "c"]
    counts = group_counts(task, overlaps(task.predicted, task.true, 0.5), MATCHINGS["megc"])
    assert counts[:, TYPES.index("micro")].tolist() == [[0, 1, 0], [0, 0, 1], [0, 0, 0]]
    assert not counts[:, TYPES.index("macro")].any()
    assert task.videos["fps"].isna().tolist() == [True, True, False]


def test_equal_names_in_two_subjects_are_two_videos():
    first = of_one_video([(0, 1)])
    second = first.assign(subject="other")
    task = arranged(first, second)
    assert len(task.videos) == 2
    assert len(overlaps(task.predicted, task.true, 0.5).iou) == 0
    assert list(task.videos[VIDEO].columns) == VIDEO


def test_nothing_overlaps_nothing():
    none = pd.DataFrame(of_one_video([]))
    task = arranged(none, of_one_video([(0, 1)]))
    assert len(overlaps(task.predicted, task.true, 0.5).iou) == 0
