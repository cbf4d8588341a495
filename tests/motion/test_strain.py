"""Optical strain: the table of known fields, and a literal loop."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mexflow.motion.strain import optical_strain

Y, X = np.mgrid[:12, :17].astype(float)
slopes = st.floats(-2, 2)
fields = arrays(np.float64, st.tuples(st.integers(2, 6), st.integers(2, 6), st.just(2)), elements=st.floats(-9, 9))


def field(u, v) -> np.ndarray:
    return np.stack(np.broadcast_arrays(u, v, X)[:2], axis=-1).astype(float)


@given(slopes, slopes)
def test_translation_has_no_strain(u, v):
    assert (optical_strain(field(u, v)) == 0).all()


@given(slopes)
def test_rotation_has_no_strain(angle):
    np.testing.assert_allclose(optical_strain(field(-angle * Y, angle * X)), 0, atol=1e-12)


@given(slopes, slopes)
def test_stretch_has_the_root_of_the_squares(a, b):
    np.testing.assert_allclose(optical_strain(field(a * X, b * Y)), np.sqrt(a**2 + b**2), atol=1e-12)


@given(slopes)
def test_shear_has_its_size_over_root_two(c):
    np.testing.assert_allclose(optical_strain(field(c * Y, 0)), abs(c) / np.sqrt(2), atol=1e-12)
    np.testing.assert_allclose(optical_strain(field(0, c * X)), abs(c) / np.sqrt(2), atol=1e-12)


@given(fields)
def test_swapping_the_axes_transposes_the_strain(flow):
    swapped = flow.swapaxes(0, 1)[..., ::-1]
    np.testing.assert_allclose(optical_strain(swapped), optical_strain(flow).T, atol=1e-12)


def slope(values, at) -> float:
    """Central difference; one-sided at the ends."""
    before, after = max(at - 1, 0), min(at + 1, len(values) - 1)
    return (values[after] - values[before]) / (after - before)


@given(fields)
def test_strain_equals_a_literal_loop(flow):
    height, width, _ = flow.shape
    expected = np.empty((height, width))
    for y in range(height):
        for x in range(width):
            (u_x, v_x), (u_y, v_y) = (
                [slope(line[:, component], at) for component in (0, 1)] for line, at in ((flow[y], x), (flow[:, x], y))
            )
            tensor = np.array([[u_x, (u_y + v_x) / 2], [(u_y + v_x) / 2, v_y]])
            expected[y, x] = np.sqrt((tensor**2).sum())
    np.testing.assert_allclose(optical_strain(flow), expected, atol=1e-12)


@given(arrays(np.float64, (3, 5, 6, 2), elements=st.floats(-9, 9)))
def test_many_fields_are_taken_one_by_one(flows):
    np.testing.assert_array_equal(optical_strain(flows), [optical_strain(flow) for flow in flows])


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_the_float_type_is_kept(kind):
    assert optical_strain(np.zeros((4, 5, 2), kind)).dtype == kind


@pytest.mark.parametrize("shape", [(8, 8), (8, 8, 3), (2, 8), (1, 8, 2), (8, 1, 2)])
def test_what_is_no_flow_field_is_refused(shape):
    with pytest.raises(ValueError, match="a flow field"):
        optical_strain(np.zeros(shape))
