"""Optical strain: the table of known fields for every difference scheme, and literal loops."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mexflow.motion.strain import DIFFERENCES, optical_strain

Y, X = np.mgrid[:12, :17].astype(float)
slopes = st.floats(-2, 2)
fields = arrays(np.float64, st.tuples(st.integers(2, 6), st.integers(2, 6), st.just(2)), elements=st.floats(-9, 9))
EXACT = {"central": np.s_[:, :], "forward": np.s_[:, :], "backward": np.s_[1:, 1:]}
"""Where a scheme is exact for linear fields."""

every_difference = pytest.mark.parametrize("difference", list(DIFFERENCES))


def field(u, v) -> np.ndarray:
    return np.stack(np.broadcast_arrays(u, v, X)[:2], axis=-1).astype(float)


def strain_inside(u, v, difference: str) -> np.ndarray:
    return optical_strain(field(u, v), difference)[EXACT[difference]]


@every_difference
@settings(deadline=None)
@given(u=slopes, v=slopes)
def test_translation_has_no_strain(difference, u, v):
    assert (optical_strain(field(u, v), difference) == 0).all()


@every_difference
@settings(deadline=None)
@given(angle=slopes)
def test_rotation_has_no_strain(difference, angle):
    np.testing.assert_allclose(strain_inside(-angle * Y, angle * X, difference), 0, atol=1e-12)


@every_difference
@settings(deadline=None)
@given(a=slopes, b=slopes)
def test_stretch_has_the_root_of_the_squares(difference, a, b):
    np.testing.assert_allclose(strain_inside(a * X, b * Y, difference), np.sqrt(a**2 + b**2), atol=1e-12)


@every_difference
@settings(deadline=None)
@given(c=slopes)
def test_shear_has_its_size_over_root_two(difference, c):
    np.testing.assert_allclose(strain_inside(c * Y, 0, difference), abs(c) / np.sqrt(2), atol=1e-12)
    np.testing.assert_allclose(strain_inside(0, c * X, difference), abs(c) / np.sqrt(2), atol=1e-12)


@every_difference
@settings(deadline=None)
@given(flow=fields)
def test_swapping_the_axes_transposes_the_strain(difference, flow):
    swapped = flow.swapaxes(0, 1)[..., ::-1]
    np.testing.assert_allclose(optical_strain(swapped, difference), optical_strain(flow, difference).T, atol=1e-12)


def central_slope(values, at) -> float:
    """One-sided at the ends."""
    before, after = max(at - 1, 0), min(at + 1, len(values) - 1)
    return (values[after] - values[before]) / (after - before)


def backward_slope(values, at) -> float:
    return values[at] - values[at - 1] if at > 0 else 0.0


@pytest.mark.parametrize(("difference", "slope"), [("central", central_slope), ("backward", backward_slope)])
@settings(deadline=None)
@given(flow=fields)
def test_strain_equals_a_literal_loop(difference, slope, flow):
    height, width, _ = flow.shape
    expected = np.empty((height, width))
    for y in range(height):
        for x in range(width):
            (u_x, v_x), (u_y, v_y) = (
                [slope(line[:, component], at) for component in (0, 1)] for line, at in ((flow[y], x), (flow[:, x], y))
            )
            tensor = np.array([[u_x, (u_y + v_x) / 2], [(u_y + v_x) / 2, v_y]])
            expected[y, x] = np.sqrt((tensor**2).sum())
    np.testing.assert_allclose(optical_strain(flow, difference), expected, atol=1e-12)


@settings(deadline=None)
@given(fields)
def test_forward_strain_equals_the_steps_of_softnet(flow):
    height, width, _ = flow.shape
    u, v = flow[..., 0], flow[..., 1]
    expected = np.full((height, width), np.nan)
    for y in range(height - 1):
        for x in range(width - 1):
            u_x, u_y = u[y, x] - u[y, x + 1], u[y, x] - u[y + 1, x]
            v_x, v_y = v[y, x] - v[y, x + 1], v[y, x] - v[y + 1, x]
            expected[y, x] = np.sqrt(u_x**2 + v_y**2 + (u_y + v_x) ** 2 / 2)
    for y in range(height - 1):
        expected[y, width - 1] = expected[y, width - 2]
    for x in range(width):
        expected[height - 1, x] = expected[height - 2, x]
    np.testing.assert_allclose(optical_strain(flow, "forward"), expected, atol=1e-12)


@every_difference
@settings(deadline=None)
@given(flows=arrays(np.float64, (3, 5, 6, 2), elements=st.floats(-9, 9)))
def test_many_fields_are_taken_one_by_one(difference, flows):
    one_by_one = [optical_strain(flow, difference) for flow in flows]
    np.testing.assert_array_equal(optical_strain(flows, difference), one_by_one)


@every_difference
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_the_float_type_is_kept(difference, kind):
    assert optical_strain(np.zeros((4, 5, 2), kind), difference).dtype == kind


@settings(deadline=None)
@given(fields)
def test_the_difference_is_central_unless_said(flow):
    np.testing.assert_array_equal(optical_strain(flow), optical_strain(flow, "central"))


@every_difference
@pytest.mark.parametrize("shape", [(8, 8), (8, 8, 3), (2, 8), (1, 8, 2), (8, 1, 2)])
def test_what_is_no_flow_field_is_refused(difference, shape):
    with pytest.raises(ValueError, match="a flow field"):
        optical_strain(np.zeros(shape), difference)


def test_an_unknown_difference_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="'sobel'; known are central, forward, backward"):
        optical_strain(np.zeros((4, 5, 2)), "sobel")
