"""Scores of spotting: counts summed before any ratio, what leaves them unchanged, and their intervals."""

import json
import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.literal_intervals import VIDEOS, largest_matching, of_one_video, spotted_tables, table, true_tables
from mexflow.errors import UserError
from mexflow.evaluation.matching import MATCHINGS
from mexflow.evaluation.spotting import KINDS, METRICS, count_intervals, score_spotting
from mexflow.store.spotting import VIDEO

GROUP = [*VIDEO, "type"]


def counts(scores: dict, kind: str = "overall") -> tuple[int, int, int]:
    return scores[kind]["tp"], scores[kind]["fp"], scores[kind]["fn"]


def intervals_of(frame: pd.DataFrame, key: tuple[str, ...]) -> list[tuple[int, int]]:
    return [(row.onset, row.offset) for row in frame.itertuples() if tuple(getattr(row, one) for one in GROUP) == key]


def scored(spotted: pd.DataFrame, true: pd.DataFrame, **options: object) -> dict:
    return score_spotting(spotted, true, draws=0, **options)


@settings(max_examples=60, deadline=None)
@given(spotted_tables, true_tables)
def test_counts_are_those_of_all_matchings_summed_over_videos_and_types(spotted, true):
    scores = scored(spotted, true)
    for kind in KINDS:
        chosen = [one if kind == "overall" else one[one["type"] == kind] for one in (spotted, true)]
        keys = set(map(tuple, pd.concat(chosen)[GROUP].to_numpy()))
        tp = 0
        for key in keys:
            tp += largest_matching(*(intervals_of(one, key) for one in chosen), 0.5)
        assert counts(scores, kind) == (tp, len(chosen[0]) - tp, len(chosen[1]) - tp)


@settings(max_examples=40, deadline=None)
@given(spotted_tables, true_tables, st.sampled_from(sorted(MATCHINGS)), st.randoms())
def test_the_order_of_rows_does_not_matter(spotted, true, matching, random):
    order, other = (random.sample(range(len(one)), len(one)) for one in (spotted, true))
    assert scored(spotted.iloc[order], true.iloc[other], matching=matching) == scored(spotted, true, matching=matching)


@settings(max_examples=40, deadline=None)
@given(spotted_tables, true_tables, st.permutations(range(len(VIDEOS))), st.sampled_from(sorted(MATCHINGS)))
def test_the_names_of_videos_do_not_matter(spotted, true, order, matching):
    names = {video: f"{place}" for place, (_, _, video) in zip(order, VIDEOS, strict=True)}
    renamed = [one.assign(video=one["video"].map(names).astype(str)) for one in (spotted, true)]
    before, after = scored(spotted, true, matching=matching), scored(*renamed, matching=matching)
    for one in (before, after, *before["per_dataset"].values(), *after["per_dataset"].values()):
        del one["videos_only_predicted"]
    assert before == after


@settings(max_examples=40, deadline=None)
@given(spotted_tables, true_tables, st.sampled_from(sorted(MATCHINGS)))
def test_datasets_and_types_add_up(spotted, true, matching):
    listed = table([(*video, "micro", 0, 0) for video in VIDEOS])
    scores = scored(spotted, true, videos=listed, matching=matching)
    for kind in KINDS:
        parts = [counts(one, kind) for one in scores["per_dataset"].values()]
        assert counts(scores, kind) == tuple(map(sum, zip(*parts, strict=True)))
    both = zip(counts(scores, "macro"), counts(scores, "micro"), strict=True)
    assert counts(scores) == tuple(macro + micro for macro, micro in both)


@settings(max_examples=40, deadline=None)
@given(spotted_tables, true_tables, st.sampled_from(sorted(MATCHINGS)))
def test_files_of_half_the_videos_add_up(spotted, true, matching):
    whole = scored(spotted, true, matching=matching)
    total = np.zeros(3, dtype=int)
    for chosen in ({"006_1", "7_1"}, {"006_2", "15_0102"}):
        parts = [one[one["video"].isin(chosen)] for one in (spotted, true)]
        if len(parts[1]):
            total += counts(scored(*parts, matching=matching))
        elif matching != "as_published":
            total += [0, len(parts[0]), 0]
    assert counts(whole) == tuple(total)


@settings(max_examples=40, deadline=None)
@given(spotted_tables, true_tables, st.sampled_from(sorted(MATCHINGS)))
def test_ratios_follow_from_counts(spotted, true, matching):
    scores = scored(spotted, true, matching=matching)
    for kind in KINDS:
        tp, fp, fn = counts(scores, kind)
        one = scores[kind]
        assert one["precision"] == (pytest.approx(tp / (tp + fp)) if tp + fp else None)
        assert one["recall"] == (pytest.approx(tp / (tp + fn)) if tp + fn else None)
        assert one["f1"] == (pytest.approx(2 * tp / (2 * tp + fp + fn)) if tp + fp + fn else None)
    json.dumps(scores, allow_nan=False)


def test_the_f1_of_the_challenge_is_2a_over_m_plus_n():
    spotted = table([(*VIDEOS[0], "micro", 0, 9), (*VIDEOS[1], "macro", 0, 9), (*VIDEOS[1], "macro", 50, 59)])
    true = table([(*VIDEOS[0], "micro", 0, 9), (*VIDEOS[1], "macro", 0, 9), (*VIDEOS[2], "micro", 0, 9)])
    scores = scored(spotted, true)
    assert scores["overall"]["f1"] == pytest.approx(2 * 2 / (3 + 3))
    assert scores["micro"]["f1"] == pytest.approx(2 * 1 / (2 + 1))


def test_a_micro_expression_does_not_find_a_macro_expression():
    spotted = of_one_video([(0, 9)])
    assert counts(scored(spotted, spotted.assign(type="macro"))) == (0, 1, 1)


def test_videos_without_truth_count_but_not_as_published():
    true = of_one_video([(0, 9)])
    spotted = pd.concat([true, true.assign(video="empty")], ignore_index=True)
    scores = scored(spotted, true)
    assert counts(scores) == (1, 1, 0)
    assert (scores["n_videos"], scores["n_videos_without_truth"]) == (2, 1)
    assert scores["videos_only_predicted"] == ["samm_lv/006/empty"]
    assert scored(spotted, true, videos=spotted[VIDEO])["videos_only_predicted"] == []
    assert counts(scored(spotted, true, matching="as_published")) == (1, 0, 0)


def test_as_published_a_video_without_prediction_has_a_false_one():
    true = of_one_video([(0, 9), (20, 29)])
    true = pd.concat([true, true.assign(video="silent")], ignore_index=True)
    spotted = of_one_video([(0, 9)])
    assert counts(scored(spotted, true)) == (1, 0, 3)
    assert counts(scored(spotted, true, matching="as_published")) == (1, 1, 3)
    # A video without truth is no video to it, listed or not.
    listed = true[VIDEO].drop_duplicates()
    listed = pd.concat([listed, listed.iloc[:1].assign(video="empty")])
    assert counts(scored(spotted, true, videos=listed, matching="as_published")) == (1, 1, 3)


def test_nothing_spotted_is_a_score():
    scores = score_spotting(of_one_video([]), of_one_video([(0, 9)]), draws=10)
    assert counts(scores) == (0, 0, 1)
    assert (scores["micro"]["precision"], scores["micro"]["f1"]) == (None, 0)
    assert scores["macro"]["f1"] is None


def test_equal_scores_have_an_ap_that_is_told_to_mean_nothing():
    spotted, true = of_one_video([(0, 9), (50, 59)]), of_one_video([(0, 9)])
    assert scored(spotted, true)["ap"] is None
    equal = scored(spotted.assign(score=0.0), true)["ap"]
    assert (equal["all_scores_equal"], equal["micro"]) == (True, pytest.approx(0.5))
    ranked = scored(spotted.assign(score=[2.0, 1.0]), true)["ap"]
    assert (ranked["all_scores_equal"], ranked["micro"], ranked["overall"], ranked["macro"]) == (False, 1, 1, None)


def test_the_interval_is_that_of_a_literal_bootstrap_of_subjects():
    random = np.random.default_rng(3)
    by_subject = random.integers(0, 9, (7, 3))
    times = np.random.default_rng(0).multinomial(7, np.full(7, 1 / 7), size=200)
    found = count_intervals(by_subject, draws=200)
    values: dict[str, list[float]] = {name: [] for name in METRICS}
    for row in times:
        tp, fp, fn = sum((by_subject[subject] for subject in range(7) for _ in range(row[subject])), np.zeros(3))
        values["precision"].append(tp / (tp + fp))
        values["recall"].append(tp / (tp + fn))
        values["f1"].append(2 * tp / (2 * tp + fp + fn))
    for name, interval in found.items():
        assert interval == pytest.approx(np.percentile(values[name], [2.5, 97.5]).tolist())


def test_subjects_are_drawn_with_all_their_videos_and_one_alone_has_no_interval():
    true = table([(*video, "micro", 0, 9) for video in VIDEOS])
    spotted = true[true["subject"] != "15"]
    scores = score_spotting(spotted, true, draws=500)
    low, high = scores["ci"]["micro"]["recall"]
    assert (scores["n_subjects"], high) == (3, 1)
    assert 0 <= low < 0.75
    assert scores["per_dataset"]["casme_sq"]["ci"]["micro"]["recall"] is None
    assert scores["ci"]["macro"] == dict.fromkeys(METRICS)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"matching": "coco"}, 'no matching is named "coco"; there are megc'),
        ({"iou": 0.0}, "0.0 is no threshold"),
        ({"iou": 1.1}, "1.1 is no threshold"),
        ({"videos": of_one_video([(0, 1), (0, 1)])}, "listed twice"),
    ],
)
def test_what_cannot_be_is_refused(options, message):
    with pytest.raises(UserError, match=message):
        scored(of_one_video([(0, 9)]), of_one_video([(0, 9)]), **options)


def test_fifty_thousand_predictions_take_seconds():
    random = np.random.default_rng(0)

    def rows(number: int) -> pd.DataFrame:
        video, onset = random.integers(0, 500, number), random.integers(0, 6000, number)
        frame = pd.DataFrame({"dataset": "d", "subject": [f"{one % 30}" for one in video]})
        frame["video"], frame["type"] = [f"{one}" for one in video], random.choice(["macro", "micro"], number)
        return frame.assign(onset=onset, offset=onset + random.integers(8, 200, number))

    spotted, true = rows(50_000).assign(score=random.random(50_000)), rows(2500)
    start = time.process_time()
    score_spotting(spotted, true)
    assert time.process_time() - start < 10  # 0.5 s by itself; the bound only keeps a quadratic one out
