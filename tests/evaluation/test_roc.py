"""ROC curves and AUC against scikit-learn, and the interval of the macro AUC against a literal bootstrap."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sklearn_metrics

from mexflow.evaluation.roc import auc, auc_scores, roc_curve, roc_curves

tied_scores = st.lists(st.tuples(st.booleans(), st.integers(0, 8)), min_size=2, max_size=40).filter(
    lambda drawn: len({is_class for is_class, _ in drawn}) == 2
)


def predictions(seeds=(0,), clips=60, classes=3, absent=None) -> pd.DataFrame:
    """Clips of eight subjects; the probability of the true class is raised. Two decimals make ties."""
    truth = np.random.default_rng(5).integers(0, classes, clips)
    if absent is not None:
        truth[truth == absent] = (absent + 1) % classes
    parts = []
    for seed in seeds:
        weight = np.random.default_rng(seed).random((clips, classes)) + 0.5 * np.eye(classes)[truth]
        probability = np.round(weight / weight.sum(axis=1, keepdims=True), 2)
        probability[:, -1] = 1 - probability[:, :-1].sum(axis=1)
        part = pd.DataFrame(probability.astype(np.float32), columns=[f"p_{c}" for c in range(classes)])
        subject = [f"s{number % 8}" for number in range(clips)]
        part = part.assign(dataset="d", subject=subject, clip=[f"c{number}" for number in range(clips)])
        parts.append(part.assign(fold=subject, seed=seed, y_true=truth, y_pred=probability.argmax(axis=1)))
    return pd.concat(parts, ignore_index=True)


@settings(deadline=None)
@given(tied_scores)
def test_auc_agrees_with_scikit_learn(drawn):
    of_class, scores = np.array(drawn).T
    assert auc(of_class == 1, scores) == pytest.approx(sklearn_metrics.roc_auc_score(of_class, scores), abs=1e-12)


@settings(deadline=None)
@given(tied_scores)
def test_the_curve_is_that_of_scikit_learn_without_the_points_between_its_corners(drawn):
    of_class, scores = np.array(drawn).T
    curve = roc_curve(of_class == 1, scores)
    all_points = sklearn_metrics.roc_curve(of_class, scores, drop_intermediate=False)[:2]
    ours, theirs = set(zip(*curve, strict=True)), set(zip(*all_points, strict=True))
    assert ours <= theirs
    assert (curve[0][0], curve[1][0], curve[0][-1], curve[1][-1]) == (0, 0, 1, 1)
    assert np.trapezoid(curve.true_positive_rate, curve.false_positive_rate) == pytest.approx(
        auc(of_class == 1, scores), abs=1e-12
    )
    steps = np.diff(np.stack(curve), axis=1)
    turns = steps[0, :-1] * steps[1, 1:] - steps[0, 1:] * steps[1, :-1]
    assert (np.abs(turns) > 1e-9).all(), "no corner lies on the line of its neighbours"


@settings(deadline=None)
@given(tied_scores)
def test_auc_of_the_opposite_scores_is_the_rest(drawn):
    of_class, scores = np.array(drawn).T
    assert auc(of_class == 1, -scores) == pytest.approx(1 - auc(of_class == 1, scores), abs=1e-12)


def test_auc_is_the_share_of_pairs_in_order():
    """Pairs of a clip of the class (.7, .4) with another (.5, .4, .1): 3 in order, then 1, and one tie."""
    of_class, scores = np.array([True, False, True, False, False]), np.array([0.7, 0.5, 0.4, 0.4, 0.1])
    assert auc(of_class, scores) == pytest.approx((3 + 1 + 0.5) / 6)


@pytest.mark.parametrize("of_class", [[True, True], [False, False]])
def test_one_class_alone_has_no_curve(of_class):
    assert np.isnan(auc(np.array(of_class), np.array([0.2, 0.8])))
    with pytest.raises(ValueError, match="clips of others"):
        roc_curve(np.array(of_class), np.array([0.2, 0.8]))


def test_the_macro_average_is_that_of_scikit_learn_for_every_seed():
    frame = predictions(seeds=(4, 2))
    result = auc_scores(frame, draws=100)
    expected = [
        [sklearn_metrics.roc_auc_score(part["y_true"] == c, part[f"p_{c}"]) for c in range(3)]
        for part in (frame[frame["seed"] == seed] for seed in (2, 4))
    ]
    assert result["per_class"] == pytest.approx(list(np.mean(expected, axis=0)))
    assert result["per_seed"] == pytest.approx(list(np.mean(expected, axis=1)))
    assert result["mean"] == pytest.approx(np.mean(expected))
    assert result["sd"] == pytest.approx(np.std(result["per_seed"], ddof=1))
    assert result["ci"][0] < result["mean"] < result["ci"][1]


def test_an_absent_class_is_left_out_of_the_macro_average():
    result = auc_scores(predictions(absent=1), draws=50)
    first, absent, last = result["per_class"]
    assert absent is None
    assert result["mean"] == pytest.approx((first + last) / 2)
    assert [curve["class"] for curve in roc_curves(predictions(absent=1))] == [0, 2]


def test_a_single_class_has_no_auc_at_all():
    frame = predictions(seeds=(0, 1)).assign(y_true=1)
    expected = {"per_class": [None] * 3, "mean": None, "sd": None, "per_seed": [None, None], "ci": None}
    assert auc_scores(frame, draws=20) == expected
    assert roc_curves(frame) == []


def test_the_interval_is_the_literal_bootstrap_of_the_same_draws():
    """Subjects repeated clip by clip; a class that a draw lacks is left out of its mean."""
    frame, draws = predictions(seeds=(0, 1), clips=24), 80
    people = sorted(set(frame["subject"]))
    times = np.random.default_rng(3).multinomial(len(people), np.full(len(people), 1 / len(people)), size=draws)
    values = []
    for row in times:
        macro = []
        for _, part in frame.groupby("seed"):
            clips = [part[part["subject"] == person] for person, n in zip(people, row, strict=True) for _ in range(n)]
            drawn = pd.concat(clips)
            areas = [auc(drawn["y_true"] == c, drawn[f"p_{c}"]) for c in range(3)]
            macro.append(np.nanmean(areas))
        values.append(np.mean(macro))
    expected = np.percentile(values, [2.5, 97.5])
    np.testing.assert_allclose(auc_scores(frame, draws, seed=3)["ci"], expected, atol=1e-12)


def test_every_seed_and_class_has_a_curve_under_its_auc():
    curves = roc_curves(predictions(seeds=(1, 0)))
    assert [(curve["seed"], curve["class"]) for curve in curves] == [(s, c) for s in (0, 1) for c in range(3)]
    for curve in curves:
        area = np.trapezoid(curve["true_positive_rate"], curve["false_positive_rate"])
        assert area == pytest.approx(curve["auc"], abs=1e-12)
