"""TV-L1 against known motion and OpenCV's own object."""

import cv2
import numpy as np
import pytest

from mexflow.config.flow import FlowSpec
from mexflow.motion.tvl1 import tvl1_flow
from mexflow.synthesis.fields import BumpField, displaced_from
from motion.textures import grid, seen_at, shifted

STILL = shifted(0, 0)
OPENCV, FAST = FlowSpec(preset="opencv"), FlowSpec(preset="fast")


def endpoint_error(flow, truth) -> np.ndarray:
    return np.linalg.norm(flow - truth, axis=-1)


def test_a_shift_to_the_right_is_positive_u():
    u, v = np.moveaxis(tvl1_flow(STILL, np.roll(STILL, 1, axis=1), OPENCV), -1, 0)
    assert np.median(u) == pytest.approx(1, abs=0.05)
    assert np.median(v) == pytest.approx(0, abs=0.05)


def test_a_shift_downwards_is_positive_v():
    u, v = np.moveaxis(tvl1_flow(STILL, np.roll(STILL, 1, axis=0), OPENCV), -1, 0)
    assert np.median(u) == pytest.approx(0, abs=0.05)
    assert np.median(v) == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("spec", [OPENCV, FAST], ids=["opencv", "fast"])
@pytest.mark.parametrize("shift", [(0.6, 0), (0, 0.6), (-0.45, 0.8), (1.7, -1.2)])
def test_a_sub_pixel_shift_is_recovered(spec, shift):
    flow = tvl1_flow(STILL, shifted(*shift), spec)
    assert endpoint_error(flow, shift).mean() < 0.15 * np.hypot(*shift)


@pytest.mark.parametrize("spec", [OPENCV, FAST], ids=["opencv", "fast"])
def test_a_smooth_bump_is_recovered(spec):
    bump = BumpField(np.array([[48.0, 48.0]]), np.array([[1.2, -0.8]]), np.array([12.0]))
    truth = bump.at(grid())
    flow = tvl1_flow(STILL, seen_at(displaced_from(grid(), bump, 20)), spec)
    assert endpoint_error(flow, truth).mean() < 0.4 * endpoint_error(0, truth).mean()


def test_two_equal_frames_do_not_move():
    assert (tvl1_flow(STILL, STILL, OPENCV) == 0).all()


def test_the_result_is_float32_px_of_the_frames_size():
    flow = tvl1_flow(STILL[:60], shifted(0.5, 0)[:60], FAST)
    assert flow.shape == (60, 96, 2)
    assert flow.dtype == np.float32


# --- parameters ---------------------------------------------------------------------------------------------------

GETTERS = {
    "tau": "getTau",
    "lambda_": "getLambda",
    "theta": "getTheta",
    "gamma": "getGamma",
    "epsilon": "getEpsilon",
    "scales": "getScalesNumber",
    "scale_step": "getScaleStep",
    "warps": "getWarpingsNumber",
    "inner_iterations": "getInnerIterations",
    "outer_iterations": "getOuterIterations",
    "median": "getMedianFiltering",
}
# The table of flow-and-alignment.md, section 1.
DEFAULTS = {
    "tau": 0.25,
    "lambda_": 0.15,
    "theta": 0.3,
    "gamma": 0,
    "epsilon": 0.01,
    "scales": 5,
    "scale_step": 0.8,
    "warps": 5,
    "inner_iterations": 30,
    "outer_iterations": 10,
    "median": 5,
}
OTHERS = {
    "tau": 0.2,
    "lambda_": 0.05,
    "theta": 0.4,
    "gamma": 0.1,
    "epsilon": 0.02,
    "scales": 3,
    "scale_step": 0.7,
    "warps": 2,
    "inner_iterations": 17,
    "outer_iterations": 4,
    "median": 3,
}


def opencv_s_view(spec, monkeypatch) -> dict[str, float]:
    """What OpenCV's object says of itself after a flow was computed with the spec."""
    made = []
    create = cv2.optflow.DualTVL1OpticalFlow_create
    monkeypatch.setattr(
        cv2.optflow, "DualTVL1OpticalFlow_create", lambda **named: made.append(create(**named)) or made[-1]
    )
    tvl1_flow(STILL, STILL, spec)
    (method,) = made
    assert not method.getUseInitialFlow()
    return {name: getattr(method, getter)() for name, getter in GETTERS.items()}


def test_preset_opencv_is_opencv_s_defaults(monkeypatch):
    fresh = cv2.optflow.DualTVL1OpticalFlow_create()
    assert opencv_s_view(OPENCV, monkeypatch) == pytest.approx(DEFAULTS)
    assert {name: getattr(fresh, getter)() for name, getter in GETTERS.items()} == pytest.approx(DEFAULTS)


def test_preset_fast_has_another_epsilon_and_fewer_iterations(monkeypatch):
    assert opencv_s_view(FAST, monkeypatch) == pytest.approx({**DEFAULTS, "epsilon": 0.05, "outer_iterations": 3})


@pytest.mark.parametrize("name", GETTERS)
def test_a_given_parameter_reaches_opencv_and_no_other_changes(name, monkeypatch):
    spec = FlowSpec(**{name: OTHERS[name]})
    assert opencv_s_view(spec, monkeypatch) == pytest.approx({**DEFAULTS, name: OTHERS[name]})


def test_a_parameter_given_as_zero_replaces_the_preset_s(monkeypatch):
    assert opencv_s_view(FlowSpec(preset="fast", gamma=0.0), monkeypatch)["gamma"] == 0


def test_every_parameter_of_the_spec_is_tested_here():
    assert set(FlowSpec.model_fields) == {"method", "preset", *GETTERS}


def test_preset_opencv_gives_opencv_s_own_flow_and_fast_another():
    second = shifted(0.7, -0.3)
    own = cv2.optflow.DualTVL1OpticalFlow_create().calc(STILL, second, None)
    np.testing.assert_array_equal(tvl1_flow(STILL, second, OPENCV), own)
    assert np.abs(tvl1_flow(STILL, second, FAST) - own).max() > 1e-3


# --- independence -------------------------------------------------------------------------------------------------


def test_the_result_does_not_depend_on_the_number_of_threads():
    second = shifted(0.7, -0.3)
    before = cv2.getNumThreads()
    flows = []
    for threads in (1, 2, 4):
        cv2.setNumThreads(threads)
        flows.append(tvl1_flow(STILL, second, OPENCV))
    cv2.setNumThreads(before)
    np.testing.assert_array_equal(flows[0], flows[1])
    np.testing.assert_array_equal(flows[0], flows[2])


@pytest.mark.parametrize("small", [20, 40])
def test_a_small_pair_in_between_changes_nothing(small):
    """OpenCV's object lowers its number of scales for a small image and keeps it so."""
    second = shifted(2.5, -1.5)
    first_result = tvl1_flow(STILL, second, OPENCV)
    tvl1_flow(STILL[:small, :small], second[:small, :small], OPENCV)
    np.testing.assert_array_equal(tvl1_flow(STILL, second, OPENCV), first_result)


def test_opencv_s_object_really_has_that_state():
    """What the test before guards against; when this fails, OpenCV has mended it."""
    reused = cv2.optflow.DualTVL1OpticalFlow_create()
    second = shifted(2.5, -1.5)
    first_result = reused.calc(STILL, second, None)
    reused.calc(STILL[:20, :20], second[:20, :20], None)
    assert np.abs(reused.calc(STILL, second, None) - first_result).max() > 1e-3


def test_the_frames_are_not_changed():
    first, second = STILL.copy(), shifted(0.7, 0)
    kept = second.copy()
    tvl1_flow(first, second, FAST)
    np.testing.assert_array_equal(first, STILL)
    np.testing.assert_array_equal(second, kept)


COLOUR = np.repeat(STILL[..., None], 3, axis=-1)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (STILL.astype(np.float32), STILL.astype(np.float32)),
        (STILL, STILL.astype(np.float32)),
        (STILL.astype(np.uint16), STILL.astype(np.uint16)),
        (COLOUR, COLOUR),
        (STILL, COLOUR),
        (STILL, STILL[:-1]),
        (STILL[None], STILL[None]),
    ],
    ids=["float", "float second", "16 bit", "BGR", "BGR second", "sizes", "stack"],
)
def test_frames_that_are_not_8_bit_gray_of_one_size_are_refused(first, second):
    with pytest.raises(ValueError, match=r"two \(H, W\) uint8 frames expected"):
        tvl1_flow(first, second, OPENCV)
