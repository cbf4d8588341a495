"""The Spot-Then-Recognise Score by hand, against scikit-learn, and the quirks of the official script."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import precision_score, recall_score

from evaluation.literal_intervals import of_one_video
from mexflow.evaluation.spotting import score_spotting
from mexflow.evaluation.strs import spot_then_recognise

# Three hits, two false, two missed.
TRUE = [(0, 9), (20, 29), (40, 49), (60, 69), (80, 89)]
SPOTTED = [(0, 9), (20, 29), (40, 49), (200, 209), (300, 309)]
EMOTIONS = ["negative", "positive", "surprise", "negative", "positive"]
NAMED = ["negative", "surprise", "positive", "negative", "negative"]


def strs_of(spotted=SPOTTED, y_pred=NAMED, true=TRUE, emotion=EMOTIONS, **options):
    predictions = of_one_video(spotted, y_pred=y_pred)
    return score_spotting(predictions, of_one_video(true, emotion=emotion), draws=0, **options)["strs"]


def test_the_published_example():
    micro = strs_of()["micro"]
    assert micro["f1_spotting"] == pytest.approx(0.6)
    assert micro["f1_analysis"] == pytest.approx(1 / 3)
    assert micro["strs"] == pytest.approx(0.2)
    assert micro["n_analysed"] == 3


def test_the_published_score_of_casme2():
    """.6516 of spotting × .5927 of the analysis; these counts have that F1 to four digits."""
    confusion = [[3, 7, 0], [5, 11, 0], [2, 1, 7]]
    pairs = [(str(t), str(p)) for t, row in enumerate(confusion) for p, count in enumerate(row) for _ in range(count)]
    scores = spot_then_recognise(0.6516, *zip(*pairs, strict=True))
    assert (round(scores["f1_analysis"], 4), round(scores["strs"], 4)) == (0.5927, 0.3862)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=1))
def test_the_analysis_is_the_harmonic_mean_of_macro_precision_and_recall(pairs):
    y_true, y_pred = map(list, zip(*pairs, strict=True))
    options = {"labels": sorted(set(y_true)), "average": "macro", "zero_division": 0}
    precision, recall = precision_score(y_true, y_pred, **options), recall_score(y_true, y_pred, **options)
    expected = 2 * precision * recall / (precision + recall) if precision + recall else 0
    scores = spot_then_recognise(0.5, y_true, y_pred)
    assert scores["f1_analysis"] == pytest.approx(expected)
    assert scores["strs"] == pytest.approx(expected / 2)


def test_only_emotions_of_the_analysis_count():
    assert strs_of(emotion=["negative", "others", "", "", ""])["micro"]["n_analysed"] == 2
    chosen = strs_of(emotion=["negative", "others", "", "", ""], emotions=["negative"])["micro"]
    assert (chosen["n_analysed"], chosen["f1_analysis"], chosen["strs"]) == (1, 1.0, pytest.approx(0.6))
    assert strs_of(emotions=["fear"])["micro"]["strs"] is None


def test_a_truth_that_predictions_bring_goes_before_the_emotion():
    predictions = of_one_video(SPOTTED, y_pred=NAMED, y_true=NAMED)
    scores = score_spotting(predictions, of_one_video(TRUE, emotion=EMOTIONS), draws=0)
    assert scores["strs"]["micro"]["f1_analysis"] == 1


def test_nothing_spotted_scores_nothing():
    assert strs_of(spotted=[(500, 509)], y_pred=["negative"])["micro"]["strs"] == 0


def test_without_an_analysis_there_is_no_strs():
    assert score_spotting(of_one_video(SPOTTED), of_one_video(TRUE, emotion=EMOTIONS), draws=0)["strs"] is None
    assert score_spotting(of_one_video(SPOTTED, y_pred=NAMED), of_one_video(TRUE), draws=0)["strs"] is None


def test_the_script_agrees_where_its_quirks_do_not_show():
    strs = strs_of()
    compat = strs["compat"]["micro"]
    assert {name: compat[name] for name in strs["micro"]} == pytest.approx(strs["micro"])
    assert (compat["tp"], compat["fp"], compat["fn"]) == (3, 2, 2)


def test_the_script_counts_one_prediction_on_two_truths_twice():
    strs = strs_of(spotted=[(1, 10)], y_pred=["a"], true=[(1, 5), (6, 10)], emotion=["a", "b"])
    assert (strs["micro"]["f1_spotting"], strs["micro"]["n_analysed"]) == (pytest.approx(2 / 3), 1)
    assert (strs["compat"]["micro"]["f1_spotting"], strs["compat"]["micro"]["n_analysed"]) == (1, 2)


def test_the_script_sees_predicted_subjects_and_videos_with_truth_only():
    spotted, true = of_one_video([(0, 9)], y_pred="a"), of_one_video([(0, 9)], emotion="a")
    without_truth = spotted.assign(video="empty")
    without_prediction = true.assign(subject="unseen")
    both = [spotted, without_truth], [true, without_prediction]
    predictions, truth = (pd.concat(one, ignore_index=True) for one in both)
    strs = score_spotting(predictions, truth, draws=0)["strs"]
    assert strs["micro"]["f1_spotting"] == pytest.approx(0.5)
    compat = strs["compat"]["micro"]
    assert (compat["tp"], compat["fp"], compat["fn"], compat["f1_spotting"]) == (1, 0, 0, 1)


def test_the_script_fails_on_one_class_that_is_all_right():
    strs = strs_of(y_pred=["happy"] * 5, emotion=["happy"] * 5)
    assert strs["micro"]["f1_analysis"] == 1
    assert strs["compat"]["micro"]["f1_analysis"] is None


def test_the_script_fails_where_nothing_is_right():
    strs = strs_of(y_pred=["fear"] * 5)
    assert strs["micro"]["strs"] == 0
    assert strs["compat"]["micro"]["strs"] is None


def test_the_uar_of_the_script_is_macro_precision():
    y_pred = ["negative", "positive", "positive", "negative", "negative"]
    compat = strs_of(y_pred=y_pred)["compat"]["micro"]
    assert compat["uar"] == pytest.approx((1 + 1 / 2 + 0) / 3)  # recall would be 2/3
