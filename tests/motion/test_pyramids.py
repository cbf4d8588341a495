"""Pyramids: sizes and values, against OpenCV's resize and the literal IPOL program."""

import cv2
import numpy as np
import pytest

from mexflow.motion.pyramids import ipol_enlarged, ipol_pyramid, opencv_enlarged, opencv_pyramid
from motion import tvl1flow_program as program
from motion.textures import shifted

FIRST, SECOND = shifted(0, 0), shifted(0.7, -0.3)


@pytest.mark.parametrize(
    ("size", "heights"),
    [
        (96, [96, 77, 62, 50, 40]),
        (40, [40, 32, 26, 21, 17]),
        (31, [31, 25, 20, 16]),
        (19, [19]),
        (20, [20, 16]),
        (5, [5]),
    ],
)
def test_opencv_s_levels_are_never_below_16_px(size, heights):
    levels = opencv_pyramid(FIRST[:size], SECOND[:size], 5, 0.8)
    assert [first.shape[0] for first, _ in levels] == heights


@pytest.mark.parametrize("step", [0.5, 0.8, 0.95])
@pytest.mark.parametrize("size", range(1, 40))
def test_the_levels_are_opencv_s_resize_until_one_is_too_small(size, step):
    expected = [FIRST[:size].astype(np.float32)]
    while len(expected) < 5 and round(min(expected[-1].shape) * step) > 0:
        expected.append(cv2.resize(expected[-1], None, fx=step, fy=step, interpolation=cv2.INTER_LINEAR))
        if min(expected[-1].shape) < 16:
            expected.pop()
            break
    levels = [first for first, _ in opencv_pyramid(FIRST[:size], SECOND[:size], 5, step)]
    assert [level.shape for level in levels] == [level.shape for level in expected]
    for level, one in zip(levels, expected, strict=True):
        np.testing.assert_array_equal(level, one)


def test_opencv_enlarges_the_flow_and_its_values():
    flow = np.random.default_rng(0).standard_normal((16, 20, 2)).astype(np.float32)
    enlarged = opencv_enlarged(flow, (20, 25), 0.8)
    for component in (0, 1):
        alone = np.ascontiguousarray(flow[..., component])
        np.testing.assert_array_equal(enlarged[..., component], cv2.resize(alone, (25, 20)) * np.float32(1.25))


@pytest.mark.parametrize("shape", [(48, 41), (33, 60)])
def test_ipol_s_levels_are_the_program_s(shape):
    rows, columns = shape
    levels = ipol_pyramid(FIRST[:rows, :columns], SECOND[:rows, :columns], 100, 0.5, 0.8)
    low = min(FIRST[:rows, :columns].min(), SECOND[:rows, :columns].min())
    high = max(FIRST[:rows, :columns].max(), SECOND[:rows, :columns].max())
    stretched = ((FIRST[:rows, :columns].astype(float) - low) * 255 / (float(high) - low)).astype(np.float32)
    expected = program.gaussian(stretched, 0.8)
    for first, _ in levels:
        assert first.shape == expected.shape
        np.testing.assert_allclose(first, expected, atol=2e-3)
        expected = program.zoom_out(expected, 0.5)
    assert len(levels) == 1 + int(np.log2(np.hypot(*shape) / 16))


@pytest.mark.parametrize(("coarse", "fine"), [((20, 24), (40, 48)), ((21, 24), (41, 47)), ((2, 3), (3, 6))])
def test_ipol_enlarges_as_the_program(coarse, fine):
    part = np.random.default_rng(0).standard_normal(coarse).astype(np.float32)
    enlarged = ipol_enlarged(np.stack([part, -part], axis=-1), fine, 0.5)
    np.testing.assert_allclose(enlarged[..., 0], 2 * program.zoom_in(part, fine), atol=1e-5)
    np.testing.assert_array_equal(enlarged[..., 1], -enlarged[..., 0])
