"""The record of what was handed out, and input statistics against a literal computation."""

import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mexflow.training.samples import Normaliser, Samples
from training.toys import clip_table, tensors_of

pixels = st.floats(-50, 50, width=32)


@given(arrays(np.float32, (3, 2, 4, 2), elements=pixels))
def test_statistics_are_those_of_each_channel_over_samples_and_pixels(tensors):
    measured = Normaliser.of(tensors)
    for channel in range(2):
        values = [float(tensors[n, y, x, channel]) for n in range(3) for y in range(2) for x in range(4)]
        deviation = statistics.pstdev(values)
        assert measured.mean[channel] == pytest.approx(statistics.fmean(values), abs=1e-9)
        assert measured.deviation[channel] == pytest.approx(deviation if deviation > 0 else 1, rel=1e-6, abs=1e-9)


@given(st.floats(-1e4, 1e4, width=32), st.integers(1, 500))
def test_a_constant_channel_becomes_zero_and_nothing_else(level, count):
    tensors = np.full((count, 3, 3, 1), level, np.float32)
    normalise = Normaliser.of(tensors)
    assert normalise.deviation == 1
    assert (normalise(tensors) == 0).all()
    assert normalise(tensors + np.float32(2)) == pytest.approx(2, abs=1e-2)


def test_normalised_samples_have_mean_0_and_deviation_1_as_float32():
    tensors = tensors_of([0, 1, 2] * 10) * np.float32([0.01, 3, 100]) + np.float32([1, -2, 5000])
    normalised = Normaliser.of(tensors)(tensors)
    assert normalised.dtype == np.float32
    np.testing.assert_allclose(normalised.mean(axis=(0, 1, 2), dtype=float), 0, atol=1e-4)
    np.testing.assert_allclose(normalised.std(axis=(0, 1, 2), dtype=float), 1, atol=1e-4)


def test_what_is_handed_out_is_written_down():
    samples = Samples(tensors_of([0, 1, 2]), np.array([0, 1, 2]), clip_table(["s1"], clips_each=3))
    tensors, labels = samples.take(np.array([2, 0]), fold=4, use="fit")
    np.testing.assert_array_equal(tensors, samples.tensors[[2, 0]])
    assert labels.tolist() == [2, 0]
    ((fold, use, positions),) = samples.taken
    assert (fold, use, positions.tolist()) == (4, "fit", [2, 0])
