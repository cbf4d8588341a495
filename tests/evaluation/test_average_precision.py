"""Average precision against a literal slow one, and by hand."""

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from evaluation.literal_intervals import COLUMNS, literal_iou, of_one_video, spotted_tables, true_tables
from mexflow.evaluation.average_precision import THRESHOLDS, average_precisions, interpolated_area
from mexflow.evaluation.matching import arranged


def literal_average_precision(spotted: pd.DataFrame, true: pd.DataFrame, least: float) -> float:
    """Ranked by score, each takes the free truth that it overlaps most; the integral over recall in tiny steps."""
    free = [*true[COLUMNS].itertuples(index=False)]
    hits, curve = 0, []
    for rank, row in enumerate(spotted.sort_values("score", ascending=False).itertuples(), start=1):
        reach = [
            (literal_iou((row.onset, row.offset), (one.onset, one.offset)), -number)
            for number, one in enumerate(free)
            if (one.dataset, one.subject, one.video) == (row.dataset, row.subject, row.video)
        ]
        best = max(reach, default=(0.0, 0))
        if best[0] >= least:
            free.pop(-best[1])
            hits += 1
        curve.append((hits / len(true), hits / rank))
    area = 0.0
    for step in range(1, len(true) + 1):
        reached = [precision for recall, precision in curve if recall >= step / len(true) - 1e-9]
        area += max(reached, default=0.0) / len(true)
    return area


@settings(max_examples=80, deadline=None)
@given(spotted_tables, true_tables)
def test_it_is_the_literal_one_when_no_two_scores_are_equal(spotted, true):
    spotted = spotted.assign(score=np.random.default_rng(len(spotted)).permutation(len(spotted)).astype(float))
    # The literal one takes the first of equals in this order, as arranged does.
    true = true.sort_values(["onset", "offset"])
    found = average_precisions(arranged(spotted, true))
    for name in ("macro", "micro"):
        own = true[true["type"] == name]
        if own.empty:
            assert found[name] is None
            continue
        expected = [literal_average_precision(spotted[spotted["type"] == name], own, least) for least in THRESHOLDS]
        np.testing.assert_allclose(found[name], expected, atol=1e-12)


def test_the_thresholds_are_those_of_coco():
    assert " ".join(f"{one:.2f}" for one in THRESHOLDS) == "0.50 0.55 0.60 0.65 0.70 0.75 0.80 0.85 0.90 0.95"
    assert tuple(float(Fraction(one, 20)) for one in range(10, 20)) == THRESHOLDS  # 17 of 20 frames are 0.85 enough


def test_an_interpolated_curve_by_hand():
    """Precision 1, 1/2, 2/3, 2/4, 3/5 at recall 1/4, 1/4, 2/4, 2/4, 3/4: 1/4 · (1 + 2/3 + 3/5)."""
    scores, right = np.array([5.0, 4, 3, 2, 1]), np.array([1, 0, 1, 0, 1], dtype=bool)
    assert interpolated_area(scores, right, positives=4) == pytest.approx((1 + 2 / 3 + 3 / 5) / 4)


@given(st.lists(st.booleans(), max_size=12), st.integers(0, 3))
def test_the_area_is_the_mean_over_positives_of_the_best_precision_that_still_reaches_them(right, missed):
    positives = sum(right) + missed
    assume(positives > 0)
    hits = [sum(right[: rank + 1]) for rank in range(len(right))]
    best = [
        max((hits[rank] / (rank + 1) for rank in range(len(right)) if hits[rank] >= wanted), default=0)
        for wanted in range(1, positives + 1)
    ]
    scores = -np.arange(len(right), dtype=float)
    assert interpolated_area(scores, np.array(right, dtype=bool), positives) == pytest.approx(sum(best) / positives)


def test_a_duplicate_is_false():
    found = average_precisions(
        arranged(of_one_video([(0, 9), (0, 9)], score=[0.2, 0.9]), of_one_video([(0, 9), (50, 59)]))
    )
    assert found["micro"] == pytest.approx([0.5] * 10)


@pytest.mark.parametrize("order", [[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2]])
def test_equal_scores_enter_together_whatever_their_order(order):
    right = np.array([True, False, False, True])[order]
    assert interpolated_area(np.zeros(4), right, positives=2) == pytest.approx(0.5)


def test_no_predictions_have_no_area_and_no_truth_has_no_answer():
    nothing = np.array([], dtype=float)
    assert interpolated_area(nothing, nothing.astype(bool), positives=3) == 0
    assert np.isnan(interpolated_area(nothing, nothing.astype(bool), positives=0))
