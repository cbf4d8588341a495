"""HOOF: motions of known direction, a literal loop over them, and NumPy's histogram."""

from math import ceil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mexflow.features.hoof import hoof, hoof_full_circle

both = pytest.mark.parametrize("histogram", [hoof, hoof_full_circle])


def towards(u: float, v: float, pairs: int = 1) -> np.ndarray:
    return np.tile([u, v], (pairs, 4, 6, 1)).astype(np.float64)


@st.composite
def placed_motions(draw):
    """Lengths and the bins that their directions lie in, well inside; some frame pairs stand still."""
    seed, bins = draw(st.integers(0, 2**32)), draw(st.integers(1, 12))
    shape = draw(st.tuples(st.integers(1, 4), st.integers(1, 9), st.integers(1, 9)))
    blocks = draw(st.tuples(st.integers(1, shape[1]), st.integers(1, shape[2])))
    generator = np.random.default_rng(seed)
    lengths = generator.uniform(0, 3, shape) * (generator.random((shape[0], 1, 1)) < 0.7)
    return generator, bins, blocks, lengths, generator.integers(0, bins, shape)


def literal(lengths, positions, bins, blocks) -> np.ndarray:
    pairs, height, width = lengths.shape
    rows, columns = blocks
    vector = []
    for row in range(rows):
        for column in range(columns):
            histograms = []
            for pair in range(pairs):
                histogram = [0.0] * bins
                for y in range(ceil(row * height / rows), ceil((row + 1) * height / rows)):
                    for x in range(ceil(column * width / columns), ceil((column + 1) * width / columns)):
                        histogram[positions[pair, y, x]] += lengths[pair, y, x]
                if sum(histogram) > 0:
                    histograms.append([share / sum(histogram) for share in histogram])
            vector += list(np.mean(histograms, axis=0)) if histograms else [0.0] * bins
    return np.array(vector)


@settings(deadline=None)
@given(placed_motions())
def test_hoof_equals_a_literal_loop(motions):
    generator, bins, blocks, lengths, positions = motions
    angles = -np.pi / 2 + np.pi / bins * (positions + generator.uniform(0.01, 0.99, lengths.shape))
    side = generator.choice([-1, 1], lengths.shape)
    flow = np.stack([side * lengths * np.cos(angles), lengths * np.sin(angles)], axis=-1)
    np.testing.assert_allclose(hoof(flow, bins, blocks), literal(lengths, positions, bins, blocks), atol=1e-6)


@settings(deadline=None)
@given(placed_motions())
def test_hoof_full_circle_equals_a_literal_loop(motions):
    generator, bins, blocks, lengths, positions = motions
    angles = -np.pi + 2 * np.pi / bins * (positions + generator.uniform(0.01, 0.99, lengths.shape))
    flow = np.stack([lengths * np.cos(angles), lengths * np.sin(angles)], axis=-1)
    expected = literal(lengths, positions, bins, blocks)
    np.testing.assert_allclose(hoof_full_circle(flow, bins, blocks), expected, atol=1e-6)


@settings(deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 30))
def test_one_pair_equals_the_histogram_of_numpy(seed, bins):
    u, v = np.random.default_rng(seed).normal(size=(2, 8, 9)).astype(np.float32)
    flow = np.stack([u, v], axis=-1)[None]
    lengths = np.sqrt(u.astype(float) ** 2 + v.astype(float) ** 2)
    folded = np.histogram(np.arcsin(v / lengths), bins, (-np.pi / 2, np.pi / 2), weights=lengths)[0]
    np.testing.assert_allclose(hoof(flow, bins), folded / lengths.sum(), atol=1e-6)
    whole = np.histogram(np.angle(u + 1j * v.astype(float)), bins, (-np.pi, np.pi), weights=lengths)[0]
    np.testing.assert_allclose(hoof_full_circle(flow, bins), whole / lengths.sum(), atol=1e-6)


@pytest.mark.parametrize(
    ("u", "v", "position"),
    [(0, -2, 0), (3, -1, 3), (-3, -1, 3), (1, 0, 4), (-1, 0, 4), (-1, -0.0, 4), (3, 1, 4), (0, 2, 7)],
)
def test_the_primary_angle_goes_from_up_to_down(u, v, position):
    assert np.argmax(hoof(towards(u, v))) == position


@pytest.mark.parametrize(
    ("u", "v", "position"),
    [(-1, 0, 0), (-1, -0.0, 0), (-3, -1, 0), (0, -2, 2), (1, 0, 4), (0, 2, 6), (-3, 1, 7)],
)
def test_the_full_circle_starts_and_ends_on_the_left(u, v, position):
    assert np.argmax(hoof_full_circle(towards(u, v))) == position


@settings(deadline=None)
@given(st.integers(0, 2**32))
def test_hoof_cannot_tell_left_from_right_and_the_full_circle_can(seed):
    flow = np.random.default_rng(seed).normal(size=(2, 6, 7, 2))
    mirrored = flow * [-1, 1]
    np.testing.assert_array_equal(hoof(mirrored), hoof(flow))
    np.testing.assert_allclose(hoof_full_circle(mirrored), np.roll(hoof_full_circle(flow)[::-1], 4), atol=1e-6)
    assert not np.allclose(hoof_full_circle(mirrored), hoof_full_circle(flow))


@both
@settings(deadline=None)
@given(seed=st.integers(0, 2**32), scale=st.floats(0.01, 100))
def test_the_amplitude_of_a_pair_does_not_matter(histogram, seed, scale):
    flow = np.random.default_rng(seed).normal(size=(2, 6, 7, 2))
    stronger = flow * np.array([1, scale])[:, None, None, None]
    np.testing.assert_allclose(histogram(stronger), histogram(flow), atol=1e-6)


@both
def test_a_block_that_never_moves_has_zeros(histogram):
    flow = towards(1, 0, pairs=3)
    flow[:, :, 3:] = 0
    moving, still = histogram(flow, blocks=(1, 2)).reshape(2, 8)
    assert (moving.sum(), still.sum()) == (1, 0)


@both
def test_a_still_pair_is_left_out_of_the_mean(histogram):
    flow = np.concatenate([towards(1, 0), towards(0, 0), towards(0, 1)])
    np.testing.assert_array_equal(histogram(flow), histogram(flow[[0, 2]]))
    assert histogram(flow).sum() == 1


@both
@settings(deadline=None)
@given(seed=st.integers(0, 2**32), rows=st.integers(1, 3), columns=st.integers(1, 3))
def test_a_block_is_the_field_cut_out(histogram, seed, rows, columns):
    flow = np.random.default_rng(seed).normal(size=(2, 4 * rows, 3 * columns, 2))
    cells = [cell for strip in np.split(flow, rows, axis=1) for cell in np.split(strip, columns, axis=2)]
    expected = np.concatenate([histogram(cell, 5) for cell in cells])
    np.testing.assert_allclose(histogram(flow, 5, (rows, columns)), expected, atol=1e-6)


@both
def test_the_vector_is_float32_whatever_the_flow(histogram):
    assert histogram(towards(1, 0).astype(np.float16)).dtype == np.float32


@both
@pytest.mark.parametrize(
    ("shape", "bins", "blocks", "message"),
    [
        ((4, 6, 2), 8, (1, 1), "the flow"),
        ((1, 4, 6, 3), 8, (1, 1), "the flow"),
        ((0, 4, 6, 2), 8, (1, 1), "the flow"),
        ((1, 4, 6, 2), 0, (1, 1), "at least one bin"),
        ((1, 4, 6, 2), 8, (5, 1), "no 5 × 1 blocks"),
        ((1, 4, 6, 2), 8, (1, 7), "no 1 × 7 blocks"),
        ((1, 4, 6, 2), 8, (0, 1), "no 0 × 1 blocks"),
    ],
)
def test_what_cannot_be_described_is_refused(histogram, shape, bins, blocks, message):
    with pytest.raises(ValueError, match=message):
        histogram(np.zeros(shape), bins, blocks)
