"""Pseudo-labels against their rules read literally, window by window and frame by frame."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mexflow.training.pseudo_labels import overlap_labels, published_labels

FRAMES = st.integers(0, 60)
K = st.integers(1, 20)
INTERVALS = st.lists(st.tuples(st.integers(-5, 70), st.integers(0, 30)), max_size=5).map(
    lambda pairs: [(onset, onset + more) for onset, more in pairs]
)
"""Overlapping ones, single frames, and some that leave a video at either end."""


def windows(frames, k) -> list[set[int]]:
    return [set(range(i, i + k)) for i in range(frames - k)]


def ends(intervals) -> tuple[np.ndarray, np.ndarray]:
    return np.array([one for one, _ in intervals], dtype=int), np.array([one for _, one in intervals], dtype=int)


@given(FRAMES, K, INTERVALS)
def test_a_published_label_is_1_where_the_window_meets_the_interval_behind_its_onset(frames, k, intervals):
    expected = [
        float(any(window & set(range(onset + 1, offset + 1)) for onset, offset in intervals))
        for window in windows(frames, k)
    ]
    labels = published_labels(frames, k, *ends(intervals))
    assert labels.dtype == np.float32
    assert labels.tolist() == expected


@given(st.integers(1, 60), K, st.integers(0, 50), st.integers(1, 30))
def test_the_ones_of_an_interval_run_from_onset_minus_k_plus_2_to_offset(frames, k, onset, more):
    labels = published_labels(frames, k, np.array([onset]), np.array([onset + more]))
    assert np.flatnonzero(labels).tolist() == [i for i in range(frames - k) if onset - k + 2 <= i <= onset + more]


@given(FRAMES, K, INTERVALS)
def test_an_overlap_label_is_the_greatest_iou_of_sets_of_frames(frames, k, intervals):
    seen = [set(range(onset, offset + 1)) & set(range(frames)) for onset, offset in intervals]
    expected = [max([len(w & one) / len(w | one) for one in seen], default=0) for w in windows(frames, k)]
    labels = overlap_labels(frames, k, *ends(intervals))
    assert labels.dtype == np.float32
    np.testing.assert_allclose(labels, expected, rtol=1e-6)


def test_an_interval_at_the_end_of_the_video_is_learnt_by_the_last_pairs_only():
    assert np.flatnonzero(published_labels(100, 10, np.array([95]), np.array([120]))).tolist() == [87, 88, 89]
    assert np.flatnonzero(overlap_labels(100, 10, np.array([95]), np.array([120]))).tolist() == [86, 87, 88, 89]


@pytest.mark.parametrize("labels", [published_labels, overlap_labels])
@pytest.mark.parametrize(
    ("k", "onset", "offset", "message"),
    [(0, 3, 4, "a window of 0 frames"), (3, 4, 3, "interval 0: offset 3 before onset 4")],
)
def test_what_is_no_window_or_interval_is_refused(labels, k, onset, offset, message):
    with pytest.raises(ValueError, match=message):
        labels(10, k, np.array([onset]), np.array([offset]))
