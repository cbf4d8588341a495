"""Many pairs at once: every method, any number of threads, bit for bit."""

import cv2
import numpy as np
import pytest

from mexflow.config.flow import FlowSpec
from mexflow.motion.dense import dense_flows
from mexflow.motion.tvl1 import tvl1_flow
from motion.textures import shifted

SHIFTS = [(0.0, 0.0), (0.7, -0.3), (-1.2, 0.4), (0.2, 0.9), (1.6, 1.1)]
FIRSTS = np.stack([shifted(0, 0)] * len(SHIFTS))
SECONDS = np.stack([shifted(*shift) for shift in SHIFTS])
SPECS = {
    "opencv": FlowSpec(),
    "fast": FlowSpec(preset="fast"),
    "ipol": FlowSpec(preset="ipol"),
    "cv2": FlowSpec(preset="fast", engine="cv2"),
    "dis": FlowSpec(method="dis"),
    "farneback": FlowSpec(method="farneback"),
}
every_method = pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)


@every_method
def test_each_pair_has_its_flow(spec):
    flows = dense_flows(FIRSTS, SECONDS, spec)
    assert flows.shape == (5, 96, 96, 2)
    assert flows.dtype == np.float32
    for flow, shift in zip(flows, SHIFTS, strict=True):
        assert np.linalg.norm(flow - shift, axis=-1).mean() < 0.05 + 0.15 * np.hypot(*shift)


@every_method
def test_the_flows_do_not_depend_on_the_number_of_threads(spec):
    alone = dense_flows(FIRSTS, SECONDS, spec, threads=1)
    for threads in (2, 3, 16):
        np.testing.assert_array_equal(dense_flows(FIRSTS, SECONDS, spec, threads=threads), alone)


@every_method
def test_a_pair_s_flow_does_not_depend_on_its_neighbours(spec):
    together = dense_flows(FIRSTS, SECONDS, spec)
    for pair in (1, 4):
        np.testing.assert_array_equal(dense_flows(FIRSTS[[pair]], SECONDS[[pair]], spec)[0], together[pair])


@pytest.mark.parametrize("name", ["opencv", "fast", "ipol", "cv2"])
def test_tv_l1_is_that_of_single_pairs(name):
    flow = dense_flows(FIRSTS[:2], SECONDS[:2], SPECS[name])[1]
    np.testing.assert_array_equal(flow, tvl1_flow(FIRSTS[1], SECONDS[1], SPECS[name]))


@pytest.mark.parametrize(
    ("preset", "number"),
    [
        ("ultrafast", cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST),
        ("fast", cv2.DISOPTICAL_FLOW_PRESET_FAST),
        ("medium", cv2.DISOPTICAL_FLOW_PRESET_MEDIUM),
    ],
)
def test_dis_is_opencv_s(preset, number):
    own = cv2.DISOpticalFlow_create(number).calc(FIRSTS[2], SECONDS[2], None)
    np.testing.assert_array_equal(dense_flows(FIRSTS, SECONDS, FlowSpec(method="dis", preset=preset))[2], own)


def test_farneback_is_opencv_s():
    own = cv2.calcOpticalFlowFarneback(FIRSTS[2], SECONDS[2], None, 0.5, 3, 15, 3, 5, 1.2, 0)
    np.testing.assert_array_equal(dense_flows(FIRSTS, SECONDS, FlowSpec(method="farneback"))[2], own)


def test_farneback_s_parameters_reach_opencv():
    spec = FlowSpec(method="farneback", scales=2, scale_step=0.7, window=9)
    own = cv2.calcOpticalFlowFarneback(FIRSTS[2], SECONDS[2], None, 0.7, 2, 9, 3, 5, 1.2, 0)
    np.testing.assert_array_equal(dense_flows(FIRSTS, SECONDS, spec)[2], own)


def test_opencv_keeps_its_number_of_threads():
    before = cv2.getNumThreads()
    cv2.setNumThreads(2)
    dense_flows(FIRSTS, SECONDS, SPECS["dis"], threads=3)
    assert cv2.getNumThreads() == 2
    cv2.setNumThreads(before)


def test_no_pair_has_no_flow():
    assert dense_flows(FIRSTS[:0], SECONDS[:0], SPECS["fast"], threads=2).shape == (0, 96, 96, 2)


@pytest.mark.parametrize(
    ("firsts", "seconds"), [(FIRSTS, SECONDS[:-1]), (FIRSTS[0], SECONDS[0]), (FIRSTS, SECONDS[:, 1:])]
)
def test_stacks_that_do_not_match_are_refused(firsts, seconds):
    with pytest.raises(ValueError, match=r"two \(n, H, W\) stacks of frames expected"):
        dense_flows(firsts, seconds, SPECS["fast"])


@every_method
def test_frames_that_are_not_8_bit_are_refused(spec):
    with pytest.raises(ValueError, match=r"two \(H, W\) uint8 frames expected"):
        dense_flows(FIRSTS.astype(np.float32), SECONDS.astype(np.float32), spec)


@pytest.mark.parametrize(("height", "width", "lowest"), [(11, 12, 12), (40, 11, 12), (31, 64, 32), (127, 200, 128)])
def test_frames_too_small_or_flat_for_dis_are_refused(height, width, lowest):
    frames = np.zeros((1, height, width), np.uint8)
    with pytest.raises(ValueError, match=f"these at least {lowest} px high; got {width} × {height}"):
        dense_flows(frames, frames, SPECS["dis"])


@pytest.mark.parametrize("size", [(12, 12), (32, 64), (96, 24), (64, 90), (128, 200)])
@pytest.mark.parametrize("preset", ["ultrafast", "fast", "medium"])
def test_the_smallest_frames_for_dis_have_a_flow(size, preset):
    """OpenCV reads beyond its memory, and often crashes, where the check is too weak."""
    first, second = np.random.default_rng(0).integers(0, 255, (2, 1, *size), np.uint8)
    assert np.isfinite(dense_flows(first, second, FlowSpec(method="dis", preset=preset))).all()
