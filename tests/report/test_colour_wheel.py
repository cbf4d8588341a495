"""The colour wheel: direction is hue, magnitude is saturation."""

import colorsys

import numpy as np
import pytest

from mexflow.report.colour_wheel import colour_wheel, flow_colours


def colours_at(angles: np.ndarray, magnitude: float = 1.0) -> np.ndarray:
    flow = magnitude * np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    return flow_colours(flow[None], radius=1)[0]


def hue(colour: np.ndarray) -> float:
    return 360 * colorsys.rgb_to_hsv(*(colour / 255))[0]


def test_right_is_red_down_is_yellow_left_is_cyan_and_up_is_violet():
    right, down, left, up = (hue(colour) for colour in colours_at(np.radians([0, 90, 180, 270])))
    assert right == 0
    assert 45 <= down <= 65
    assert 175 <= left <= 200
    assert 250 <= up <= 280


def test_opposite_directions_have_complementary_hues():
    angles = np.radians(np.arange(360))
    hues = np.array([hue(colour) for colour in colours_at(angles)])
    apart = np.abs(hues - np.roll(hues, 180)) % 360
    assert (np.minimum(apart, 360 - apart) > 120).all()


def test_the_hue_turns_one_way_and_without_a_seam():
    colours = colours_at(np.radians(np.arange(0, 360, 0.5))).astype(int)
    steps = np.abs(colours - np.roll(colours, 1, axis=0)).max(axis=1)
    assert steps.max() <= 255 * 55 / 4 / 720 + 1  # the fastest change of the wheel: green to cyan in 4 hues
    hues = np.array([hue(colour) for colour in colours])
    assert (np.diff(hues) >= -0.3).all()


def test_no_motion_is_white():
    assert (flow_colours(np.zeros((3, 4, 2)), radius=2.0) == 255).all()


def test_more_motion_is_more_saturated_up_to_the_radius():
    for angle in np.radians(range(0, 360, 15)):
        lines = [colours_at(np.array([angle]), magnitude)[0] for magnitude in np.linspace(0, 1, 11)]
        saturation = [colorsys.rgb_to_hsv(*(colour / 255))[1] for colour in lines]
        assert (np.diff(saturation) > 0).all()
    np.testing.assert_array_equal(colours_at(np.array([1.0]), 1), colours_at(np.array([1.0]), 7))


def test_only_motion_relative_to_the_radius_matters():
    flow = np.random.default_rng(0).normal(size=(5, 5, 2))
    np.testing.assert_array_equal(flow_colours(flow, 1.5), flow_colours(4 * flow, 6))


def test_the_wheel_shows_the_colours_of_the_flow():
    wheel = colour_wheel(101)
    np.testing.assert_array_equal(wheel[50, 50], 255)
    np.testing.assert_array_equal(wheel[0, 0], 255)
    for row, column in ((50, 95), (95, 50), (50, 5), (20, 30)):
        flow = np.array([[[column - 50, row - 50]]], float)
        np.testing.assert_array_equal(wheel[row, column], flow_colours(flow, 50.5)[0, 0])


@pytest.mark.parametrize("radius", [0, -1, float("nan")])
def test_a_radius_that_is_not_positive_is_refused(radius):
    with pytest.raises(ValueError, match="positive"):
        flow_colours(np.zeros((2, 2, 2)), radius)
