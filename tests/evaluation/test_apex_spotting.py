"""Apex spotting against a loop over rows, and its errors by hand."""

import numpy as np
import pytest
from hypothesis import given, settings

from evaluation.literal_intervals import of_one_video, spotted_tables, true_tables
from mexflow.evaluation.apex_spotting import apex_scores
from mexflow.evaluation.matching import MATCHINGS, Pairs, arranged, overlaps

NO_HITS = Pairs(np.array([], dtype=int), np.array([], dtype=int), np.array([], dtype=float))


def scores_of(spotted, true, videos=None):
    task = arranged(spotted, true, videos)
    return apex_scores(task, MATCHINGS["megc"].pick(overlaps(task.predicted, task.true, 0.5)))


@settings(max_examples=80, deadline=None)
@given(spotted_tables, true_tables)
def test_an_apex_is_spotted_where_one_of_its_video_and_type_lies_in_the_interval(spotted, true):
    found = apex_scores(arranged(spotted, true), NO_HITS)
    group = ["dataset", "subject", "video", "type"]
    middles = [(tuple(row[group]), (row["onset"] + row["offset"]) // 2) for _, row in spotted.iterrows()]
    for name in ("macro", "micro", "overall"):
        own = true[(true["type"] == name) | (name == "overall")]
        expected = sum(
            any(where == tuple(row[group]) and row["onset"] <= apex <= row["offset"] for where, apex in middles)
            for _, row in own.iterrows()
        )
        assert (found[name]["n"], found[name]["spotted"]) == (len(own), expected)
        assert found[name]["spotting_rate"] == (pytest.approx(expected / len(own)) if len(own) else None)


def test_the_error_is_that_of_hits_with_a_known_apex_in_frames_and_ms():
    true = of_one_video([(0, 9), (100, 109), (200, 209)], apex=[4.0, 107.0, np.nan], fps=[200.0, 50.0, 50.0])
    spotted = of_one_video([(0, 9), (101, 109), (200, 209), (400, 409)], apex=[9.0, np.nan, 205.0, 405.0])
    micro = scores_of(spotted, true)["micro"]
    # |9 − 4| frames at 200 fps; the middle of 101..109 is 105, |105 − 107| at 50 fps.
    assert micro["n_measured"] == 2
    assert micro["mean_error_frames"] == pytest.approx((5 + 2) / 2)
    assert micro["mean_error_ms"] == pytest.approx((25 + 40) / 2)
    assert (micro["n"], micro["spotted"]) == (3, 3)


def test_the_rate_of_a_video_serves_where_its_intervals_tell_none():
    true = of_one_video([(0, 9)], apex=[3.0])
    listed = true[["dataset", "subject", "video"]].assign(fps=100.0)
    assert scores_of(true.drop(columns="apex"), true)["overall"]["mean_error_ms"] is None
    assert scores_of(true.drop(columns="apex"), true, listed)["overall"]["mean_error_ms"] == pytest.approx(10)


def test_without_a_true_apex_there_is_a_rate_but_no_error():
    overall = scores_of(of_one_video([(0, 9)]), of_one_video([(0, 9)]))["overall"]
    assert overall["spotting_rate"] == 1
    assert overall["mean_error_frames"] is None
