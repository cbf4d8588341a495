"""ELRCN's 8-bit images: a literal pixel, the way back, and what cv2 makes of them."""

from fractions import Fraction

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mexflow.motion.encoding import (
    elrcn_flow_image,
    elrcn_strain_image,
    flow_from_elrcn_image,
    strain_from_elrcn_image,
)

kinds = st.sampled_from([np.float32, np.float64])


def fields(components: int, largest: float):
    shapes = st.tuples(st.integers(1, 4), st.integers(1, 5), st.just(components))
    floats = st.floats(-largest, largest, width=32)
    return kinds.flatmap(lambda kind: arrays(kind, shapes, elements=floats))


def half_up(value: Fraction) -> int:
    return int(min(max(value, 0), 255) + Fraction(1, 2))


@settings(deadline=None)
@given(fields(2, 20))
def test_u_and_v_equal_the_published_formula(flow):
    image = elrcn_flow_image(flow)
    for place in np.ndindex(flow.shape):
        assert image[place] == half_up(16 * Fraction(float(flow[place])) + 128)


@settings(deadline=None)
@given(fields(2, 20))
def test_the_third_channel_is_the_length(flow):
    lengths = 16 * np.sqrt(flow[..., 0].astype(float) ** 2 + flow[..., 1].astype(float) ** 2) + 128
    assert np.abs(elrcn_flow_image(flow)[..., 2] - np.minimum(lengths, 255)).max() <= 0.5 + 1e-9


@pytest.mark.parametrize(
    ("u", "v", "colours"),
    [
        (0, 0, (128, 128, 128)),
        (1, 0, (144, 128, 144)),
        (3, -4, (176, 64, 208)),
        (1 / 32, -1 / 32, (129, 128, 129)),  # halves go up; a cast would give 128, 127, 128
        (100, -100, (255, 0, 255)),
    ],
)
def test_known_motions_have_known_colours(u, v, colours):
    assert tuple(elrcn_flow_image(np.array([[[u, v]]], np.float64))[0, 0]) == colours


@settings(deadline=None)
@given(fields(2, 7.875))
def test_the_flow_comes_back_to_half_a_step(flow):
    assert np.abs(flow_from_elrcn_image(elrcn_flow_image(flow)) - flow).max() <= 1 / 32 + 1e-6


@settings(deadline=None)
@given(arrays(np.uint8, (3, 4, 3)))
def test_every_colour_survives_the_way_to_flow_and_back(image):
    again = elrcn_flow_image(flow_from_elrcn_image(image))
    np.testing.assert_array_equal(again[..., :2], image[..., :2])


def test_a_file_of_the_image_is_read_in_reverse_by_cv2():
    image = elrcn_flow_image(np.array([[[3.0, -4.0]]]))
    file = cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))[1]
    np.testing.assert_array_equal(cv2.imdecode(file, cv2.IMREAD_COLOR), image[..., ::-1])


@settings(deadline=None)
@given(fields(3, 2))
def test_strain_equals_the_published_formula(strain):
    image = elrcn_strain_image(strain)
    for place in np.ndindex(strain.shape):
        assert image[place] == half_up(255 * Fraction(float(strain[place])))


@settings(deadline=None)
@given(kinds.flatmap(lambda kind: arrays(kind, (3, 4), elements=st.floats(0, 1, width=32))))
def test_strain_comes_back_to_half_a_step(strain):
    assert np.abs(strain_from_elrcn_image(elrcn_strain_image(strain)) - strain).max() <= 1 / 510 + 1e-6


@settings(deadline=None)
@given(arrays(np.uint8, (3, 4)))
def test_every_gray_survives_the_way_to_strain_and_back(image):
    np.testing.assert_array_equal(elrcn_strain_image(strain_from_elrcn_image(image)), image)


def test_the_types_are_those_of_images_and_of_the_store():
    flow, strain = np.zeros((2, 3, 4, 2)), np.zeros((2, 3, 4))
    assert (elrcn_flow_image(flow).dtype, elrcn_strain_image(strain).dtype) == (np.uint8, np.uint8)
    assert elrcn_flow_image(flow).shape == (2, 3, 4, 3)
    assert flow_from_elrcn_image(elrcn_flow_image(flow)).dtype == np.float32
    assert strain_from_elrcn_image(elrcn_strain_image(strain)).dtype == np.float32


@pytest.mark.parametrize("shape", [(4, 5), (4, 5, 3), (4, 2)])
def test_what_is_no_flow_field_is_refused(shape):
    with pytest.raises(ValueError, match="a flow field"):
        elrcn_flow_image(np.zeros(shape))


def test_what_is_no_8_bit_image_is_refused():
    with pytest.raises(ValueError, match="an 8-bit image"):
        flow_from_elrcn_image(np.zeros((4, 5, 3)))
    with pytest.raises(ValueError, match="an 8-bit image"):
        flow_from_elrcn_image(np.zeros((4, 5, 4), np.uint8))
    with pytest.raises(ValueError, match="an 8-bit image"):
        strain_from_elrcn_image(np.zeros((4, 5)))
