"""Flow and strain as one number per pair: a literal loop over pixels, and motions of known size."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mexflow.features.flow_strain import flow_strain, flow_strain_scores


def literal(channels) -> list[list[float]]:
    measures = []
    for pair in channels.tolist():
        pixels = [pixel for row in pair for pixel in row]
        flow = sum(math.hypot(u, v) for u, v, _ in pixels)
        measures.append([flow / len(pixels), sum(abs(strain) for _, _, strain in pixels) / len(pixels)])
    return measures


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 2**32), st.tuples(st.integers(1, 4), st.integers(1, 9), st.integers(1, 9)))
def test_measures_equal_a_literal_loop(seed, shape):
    channels = np.random.default_rng(seed).normal(size=(*shape, 3)).astype(np.float32)
    np.testing.assert_allclose(flow_strain(channels), literal(channels), rtol=1e-6)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_same_motion_everywhere_is_its_own_mean(dtype):
    channels = np.tile([-3.0, 4.0, 0.25], (2, 42, 42, 1)).astype(dtype)
    channels[1] *= 0.5
    measures = flow_strain(channels)
    assert measures.dtype == np.float32
    assert measures.tolist() == [[5.0, 0.25], [2.5, 0.125]]


def test_strain_below_that_of_the_nose_counts_as_much_as_strain_above_it():
    channels = np.zeros((1, 2, 6, 3))
    channels[..., 2] = [0.5, -0.5, 0.5, -0.5, 0.5, -0.5]
    assert flow_strain(channels).tolist() == [[0.0, 0.5]]


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 2**32), st.integers(1, 30), st.floats(0.01, 100), st.floats(0.01, 100))
def test_the_unit_of_either_measure_does_not_matter_and_scores_are_1_on_the_average(seed, pairs, first, second):
    measures = np.random.default_rng(seed).uniform(0.1, 2, (pairs, 2))
    scores = flow_strain_scores(measures)
    np.testing.assert_allclose(flow_strain_scores(measures * [first, second]), scores, rtol=1e-5)
    assert scores.mean(dtype=np.float64) == pytest.approx(1, rel=1e-6)


def test_flow_and_strain_have_equal_shares():
    measures = np.array([[4.0, 0.01], [0.0, 0.03]])
    np.testing.assert_allclose(flow_strain_scores(measures), [(2 + 0.5) / 2, (0 + 1.5) / 2])


def test_a_video_without_motion_has_zeros_and_one_without_strain_half_of_the_rest():
    assert flow_strain_scores(np.zeros((3, 2), np.float32)).tolist() == [0, 0, 0]
    assert flow_strain_scores(np.array([[1.0, 0.0], [3.0, 0.0]])).tolist() == [0.25, 0.75]


def test_a_video_without_pairs_has_no_scores():
    assert flow_strain_scores(flow_strain(np.zeros((0, 42, 42, 3)))).shape == (0,)


@pytest.mark.parametrize(
    "channels", [np.zeros((42, 42, 3)), np.zeros((1, 42, 42, 4)), np.zeros((1, 42, 42, 3), np.uint8)]
)
def test_what_is_no_flow_and_strain_is_refused(channels):
    with pytest.raises(ValueError, match="u, v and strain expected"):
        flow_strain(channels)


@pytest.mark.parametrize("shape", [(4,), (4, 3)])
def test_what_are_no_measures_is_refused(shape):
    with pytest.raises(ValueError, match="measures"):
        flow_strain_scores(np.zeros(shape))
