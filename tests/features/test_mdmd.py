"""MDMD: a literal loop over blocks and pixels, motions of known size and direction, movements in time."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mexflow.features.mdmd import mdmd, relative_differences


def towards(u, v, pairs=1, size=12) -> np.ndarray:
    return np.tile([u, v], (pairs, size, size, 1)).astype(np.float64)


def in_a_row(*vectors) -> np.ndarray:
    """One pair, one row of pixels."""
    return np.array(vectors, dtype=float)[None, None]


@st.composite
def placed_motions(draw):
    """Two flows, and the sector in which each vector of the first lies, well inside; some vectors have length 0."""
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    directions = draw(st.integers(1, 9))
    shape = draw(st.tuples(st.integers(1, 3), st.integers(1, 12), st.integers(1, 12)))
    blocks = draw(st.tuples(st.integers(1, shape[1]), st.integers(1, shape[2])))
    lengths = generator.uniform(0.1, 3, shape) * (generator.random(shape) < draw(st.sampled_from([0.2, 0.8, 1])))
    sectors = generator.integers(0, directions, shape)
    angles = 2 * np.pi / directions * (sectors + generator.uniform(0.01, 0.99, shape))
    flow = np.stack([lengths * np.cos(angles), lengths * np.sin(angles)], axis=-1)
    return flow, generator.normal(size=(*shape, 2)), sectors, blocks, directions


def mean_of_greatest_third(values) -> float:
    kept = sorted(values, reverse=True)[: max(1, round(len(values) / 3))]
    return sum(kept) / len(kept)


def literal(flow, flow_twice, sectors, blocks, directions) -> list[float]:
    rows, columns = blocks
    _, height, width, _ = flow.shape
    frames = []
    for current, tail, sector in zip(flow, flow_twice, sectors, strict=True):
        of_blocks = []
        for row in range(rows):
            for column in range(columns):
                found: list[list[float]] = [[] for _ in range(directions)]
                still: list[float] = []
                for y in range(row * (height // rows), (row + 1) * (height // rows)):
                    for x in range(column * (width // columns), (column + 1) * (width // columns)):
                        length = math.hypot(*current[y, x])
                        where = found[sector[y, x]] if length else still
                        where.append(length - math.hypot(*tail[y, x]))
                of_blocks.append(mean_of_greatest_third(max(found, key=len) or still))
        frames.append(mean_of_greatest_third(of_blocks))
    return frames


@settings(deadline=None)
@given(placed_motions())
def test_mdmd_equals_a_literal_loop(motions):
    flow, flow_twice, sectors, blocks, directions = motions
    expected = literal(flow, flow_twice, sectors, blocks, directions)
    np.testing.assert_allclose(mdmd(flow, flow_twice, blocks, directions), expected, rtol=1e-5, atol=1e-5)


@settings(deadline=None)
@given(st.floats(-3, 3), st.floats(-3, 3), st.floats(-3, 3), st.floats(-3, 3), st.integers(1, 40))
def test_the_same_motion_everywhere_is_the_difference_of_its_lengths(u, v, u_twice, v_twice, pairs):
    values = mdmd(towards(u, v, pairs), towards(u_twice, v_twice, pairs))
    np.testing.assert_allclose(values, math.hypot(u, v) - math.hypot(u_twice, v_twice), atol=1e-5)


def test_of_36_blocks_the_greatest_12_count():
    flow = np.zeros((1, 12, 12, 2))
    flow[0, 4:6, 8:10] = [0, 6]
    assert mdmd(flow, np.zeros_like(flow)).tolist() == [6 / 12]
    flow[0, :2] = flow[0, 6:8] = flow[0, 10:] = [-6, 0]
    assert mdmd(flow, np.zeros_like(flow)).tolist() == [6]


def test_of_the_vectors_in_the_main_direction_the_greatest_third_counts():
    flow = in_a_row(*[[length, 0] for length in range(1, 10)])
    assert mdmd(flow, np.zeros_like(flow), blocks=(1, 1)).tolist() == [(9 + 8 + 7) / 3]


@pytest.mark.parametrize(("count", "third"), [(1, 1), (2, 1), (3, 1), (4, 1), (5, 2), (6, 2), (7, 2), (8, 3)])
def test_a_third_is_rounded_to_the_nearest_number_but_is_one_at_least(count, third):
    flow = in_a_row(*[[length, 0] for length in range(1, count + 1)])
    expected = np.mean(range(count - third + 1, count + 1))
    np.testing.assert_allclose(mdmd(flow, np.zeros_like(flow), blocks=(1, 1)), [expected])


def test_many_small_vectors_in_one_direction_outvote_few_great_ones():
    flow = in_a_row([1, 0], [1, 0], [1, 0], [0, -9], [0, -9])
    assert mdmd(flow, np.zeros_like(flow), blocks=(1, 1)).tolist() == [1]


def test_opposite_directions_are_not_one():
    flow = in_a_row([1, 0], [1, 0], [1, 0], [-9, 0], [-9, 0])
    assert mdmd(flow, np.zeros_like(flow), blocks=(1, 1)).tolist() == [1]


@pytest.mark.parametrize(
    ("u", "v", "partner"),
    [(1, 0, (1, 1)), (0, 1, (-1, 1)), (-1, 0, (-1, -1)), (0, -1, (1, -1)), (1, -1e-30, (1, -1)), (1, -0.0, (1, 1))],
)
def test_a_sector_holds_its_lower_edge(u, v, partner):
    """A vector and its partner in the same sector outvote one each in the three other quadrants, of length 50."""
    others = [(a, b) for a in (-1, 1) for b in (-1, 1) if (a, b) != partner]
    flow = in_a_row((u, v), partner, *[(30 * a, 40 * b) for a, b in others])
    assert mdmd(flow, np.zeros_like(flow), blocks=(1, 1)) < 2


def test_of_equally_common_directions_the_first_counts():
    flow = in_a_row([1, -1], [-1, 1], [-3, -4])
    assert mdmd(flow, np.zeros_like(flow), blocks=(1, 1)) == pytest.approx(2**0.5)


def test_pixels_without_motion_have_no_vote():
    flow = in_a_row([0, 0], [0, 0], [0, 0], [-2, -0.0])
    assert mdmd(flow, np.zeros_like(flow), blocks=(1, 1)).tolist() == [2]


def test_a_block_that_moves_only_after_the_current_frame_is_negative():
    flow_twice = towards(0, -2)
    assert mdmd(np.zeros_like(flow_twice), flow_twice).tolist() == [-2]


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32))
def test_rows_and_columns_that_are_left_over_do_not_count(seed):
    flow, flow_twice = np.random.default_rng(seed).normal(size=(2, 2, 23, 20, 2))
    cut = mdmd(flow[:, :18, :18], flow_twice[:, :18, :18])
    np.testing.assert_array_equal(mdmd(flow, flow_twice), cut)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32), st.floats(0.01, 100))
def test_twice_the_motion_has_twice_the_value(seed, scale):
    flow, flow_twice = np.random.default_rng(seed).normal(size=(2, 3, 18, 18, 2))
    expected = scale * mdmd(flow, flow_twice)
    np.testing.assert_allclose(mdmd(scale * flow, scale * flow_twice), expected, rtol=1e-4, atol=1e-5 * scale)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32))
def test_where_in_its_block_a_pixel_lies_does_not_matter(seed):
    generator = np.random.default_rng(seed)
    flow, flow_twice = generator.normal(size=(2, 2, 24, 24, 2))
    rows, columns = (np.concatenate([4 * block + generator.permutation(4) for block in range(6)]) for _ in range(2))
    moved = mdmd(flow[:, rows][:, :, columns], flow_twice[:, rows][:, :, columns])
    np.testing.assert_allclose(moved, mdmd(flow, flow_twice), rtol=1e-6)


def test_each_pair_stands_for_itself_however_many_there_are():
    flow, flow_twice = np.random.default_rng(0).normal(size=(2, 40, 12, 12, 2)).astype(np.float32)
    each = [mdmd(flow[j : j + 1], flow_twice[j : j + 1])[0] for j in range(40)]
    assert mdmd(flow, flow_twice).tolist() == each
    assert mdmd(flow[:0], flow_twice[:0]).shape == (0,)


def test_stored_half_precision_is_measured_in_single():
    flow = towards(3, 4).astype(np.float16)
    values = mdmd(flow, np.zeros_like(flow))
    assert (values.dtype, values.tolist()) == (np.float32, [5])


def moving(displacement, k) -> np.ndarray:
    """F of a face that is displaced as a whole to the right, by this many px in each frame."""
    pairs = len(displacement) - 2 * k
    flows = [np.zeros((pairs, 6, 6, 2)) for _ in range(2)]
    for flow, interval in zip(flows, (k, 2 * k), strict=True):
        flow[..., 0] = (displacement[interval : interval + pairs] - displacement[:pairs])[:, None, None]
    return mdmd(*flows)


@pytest.mark.parametrize("half_width", [3, 6, 8])
def test_what_rises_and_falls_within_2k_frames_is_found_at_its_apex(half_width):
    k, apex = 8, 50
    displacement = np.maximum(1 - np.abs(np.arange(100) - apex) / half_width, 0)
    values = moving(displacement, k)
    assert (values.argmax() + k, values.max()) == (apex, 1)
    relative = relative_differences(values, k)
    assert relative.argmax() + k == apex


@pytest.mark.parametrize("duration", [1, 5, 20])
def test_a_movement_that_lasts_has_no_positive_value(duration):
    displacement = np.clip((np.arange(100) - 40) / duration, 0, 1)
    assert moving(displacement, 8).max() == 0
    assert moving(displacement, 8).min() < -0.3


@settings(deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 60), st.integers(1, 15))
def test_relative_differences_equal_a_literal_loop(seed, count, k):
    values = np.random.default_rng(seed).normal(size=count).astype(np.float32)
    expected = [0.0] * count
    for i in range(count):
        if i - k + 1 >= 0 and i + k - 1 < count:
            expected[i] = values[i] - (float(values[i - k + 1]) + float(values[i + k - 1])) / 2
    relative = relative_differences(values, k)
    assert relative.dtype == np.float32
    np.testing.assert_allclose(relative, expected, rtol=1e-6, atol=1e-6)


@given(st.floats(-5, 5), st.floats(-5, 5), st.integers(1, 20))
def test_a_steady_rise_has_no_relative_difference(start, slope, k):
    np.testing.assert_allclose(relative_differences(start + slope * np.arange(50), k), 0, atol=1e-5)


@pytest.mark.parametrize(
    ("shapes", "options", "message"),
    [
        (((4, 6, 2), (4, 6, 2)), {}, "two flows"),
        (((1, 6, 6, 3), (1, 6, 6, 3)), {}, "two flows"),
        (((2, 6, 6, 2), (1, 6, 6, 2)), {}, "two flows"),
        (((1, 5, 6, 2), (1, 5, 6, 2)), {}, "no 6 × 6 blocks"),
        (((1, 6, 6, 2), (1, 6, 6, 2)), {"blocks": (1, 7)}, "no 1 × 7 blocks"),
        (((1, 6, 6, 2), (1, 6, 6, 2)), {"blocks": (0, 1)}, "no 0 × 1 blocks"),
        (((1, 6, 6, 2), (1, 6, 6, 2)), {"directions": 0}, "at least one direction"),
    ],
)
def test_what_cannot_be_measured_is_refused(shapes, options, message):
    with pytest.raises(ValueError, match=message):
        mdmd(*map(np.zeros, shapes), **options)


def test_a_k_below_1_is_refused():
    with pytest.raises(ValueError, match="k is 0"):
        relative_differences(np.zeros(5), 0)
