"""TV-L1 against known motion, and mexflow's engine against OpenCV's own."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mexflow.config.flow import FlowSpec
from mexflow.motion.tvl1 import tvl1_flow, tvl1_method
from mexflow.synthesis.fields import BumpField, displaced_from
from motion.faces import face_pair
from motion.textures import grid, seen_at, shifted

STILL = shifted(0, 0)
OPENCV, FAST, IPOL = (FlowSpec(preset=preset) for preset in ("opencv", "fast", "ipol"))
every_preset = pytest.mark.parametrize("spec", [OPENCV, FAST, IPOL], ids=["opencv", "fast", "ipol"])


def endpoint_error(flow, truth) -> np.ndarray:
    return np.linalg.norm(flow - truth, axis=-1)


# --- known motion -------------------------------------------------------------------------------------------------


@every_preset
def test_a_shift_to_the_right_is_positive_u(spec):
    u, v = np.moveaxis(tvl1_flow(STILL, np.roll(STILL, 1, axis=1), spec), -1, 0)
    assert np.median(u) == pytest.approx(1, abs=0.05)
    assert np.median(v) == pytest.approx(0, abs=0.05)


@every_preset
def test_a_shift_downwards_is_positive_v(spec):
    u, v = np.moveaxis(tvl1_flow(STILL, np.roll(STILL, 1, axis=0), spec), -1, 0)
    assert np.median(u) == pytest.approx(0, abs=0.05)
    assert np.median(v) == pytest.approx(1, abs=0.05)


@every_preset
@pytest.mark.parametrize("shift", [(0.6, 0), (0, 0.6), (-0.45, 0.8), (1.7, -1.2)])
def test_a_sub_pixel_shift_is_recovered(spec, shift):
    flow = tvl1_flow(STILL, shifted(*shift), spec)
    assert endpoint_error(flow, shift).mean() < 0.15 * np.hypot(*shift)


@every_preset
def test_a_smooth_bump_is_recovered(spec):
    bump = BumpField(np.array([[48.0, 48.0]]), np.array([[1.2, -0.8]]), np.array([12.0]))
    truth = bump.at(grid())
    flow = tvl1_flow(STILL, seen_at(displaced_from(grid(), bump, 20)), spec)
    assert endpoint_error(flow, truth).mean() < 0.4 * endpoint_error(0, truth).mean()


@every_preset
def test_two_equal_frames_do_not_move(spec):
    # The IPOL program takes the image as 0 beyond its border, gradient and all, so its flow is only nearly 0.
    assert np.abs(tvl1_flow(STILL, STILL, spec)).max() <= (1e-3 if spec is IPOL else 0)


@every_preset
def test_the_result_is_float32_px_of_the_frames_size(spec):
    flow = tvl1_flow(STILL[:60], shifted(0.5, 0)[:60], spec)
    assert flow.shape == (60, 96, 2)
    assert flow.dtype == np.float32


@every_preset
def test_transposed_frames_have_the_transposed_flow(spec):
    """Rows and columns are treated alike, so u and v change places."""
    first, second = STILL[:61], shifted(0.7, -0.3)[:61]
    flow = tvl1_flow(first, second, spec)
    transposed = tvl1_flow(first.T.copy(), second.T.copy(), spec)
    inside = slice(8, -8), slice(8, -8)  # at the border rounding errors grow
    assert endpoint_error(transposed.swapaxes(0, 1)[..., ::-1], flow)[inside].mean() < 0.005


# --- OpenCV's algorithm -------------------------------------------------------------------------------------------


def opencv_s_own(spec) -> FlowSpec:
    return spec.model_copy(update={"engine": "cv2"})


@pytest.mark.parametrize("size", [64, 128])
@pytest.mark.parametrize("spec", [OPENCV, FAST], ids=["opencv", "fast"])
def test_a_face_s_flow_is_opencv_s_and_no_worse(spec, size):
    first, second, truth = face_pair(size, size)
    ours, own = tvl1_flow(first, second, spec), tvl1_flow(first, second, opencv_s_own(spec))
    assert endpoint_error(ours, own).mean() <= 0.02
    assert endpoint_error(ours, truth).mean() <= 1.02 * endpoint_error(own, truth).mean()


# Where a warp reaches beyond the image OpenCV's algorithm amplifies rounding errors, so that after many warps
# single pixels at the border differ. After one warp of one level nothing does.
ONE_WARP = {"scales": 1, "warps": 1}


@pytest.mark.parametrize("size", [(96, 96), (61, 47), (33, 90), (3, 3), (3, 40), (16, 17), (50, 5)])
@pytest.mark.parametrize("median", [1, 3, 5])
def test_one_warp_is_opencv_s_to_the_last_digits(size, median):
    rows, columns = size
    first, second = STILL[:rows, :columns], shifted(0.7, -0.3)[:rows, :columns]
    spec = FlowSpec(**ONE_WARP, median=median, epsilon=1e-4, inner_iterations=9, outer_iterations=4)
    ours, own = tvl1_flow(first, second, spec), tvl1_flow(first, second, opencv_s_own(spec))
    np.testing.assert_allclose(ours, own, atol=1e-5)


@pytest.mark.parametrize(
    "given",
    [
        {"tau": 0.2},
        {"lambda_": 0.05},
        {"theta": 0.4},
        {"epsilon": 0.1},
        {"inner_iterations": 3},
        {"outer_iterations": 1},
        {"warps": 2},
        {"scales": 2},
        {"scales": 3, "scale_step": 0.6},
    ],
    ids=str,
)
def test_each_parameter_acts_as_in_opencv(given):
    spec = FlowSpec(**{**ONE_WARP, "outer_iterations": 2, **given})
    first, second = STILL, shifted(0.7, -0.3)
    ours, own = tvl1_flow(first, second, spec), tvl1_flow(first, second, opencv_s_own(spec))
    assert endpoint_error(ours, own).mean() < 1e-4
    plain = FlowSpec(**{**ONE_WARP, "outer_iterations": 2})
    assert endpoint_error(tvl1_flow(first, second, plain), ours).mean() > 1e-4


@pytest.mark.parametrize("size", [(15, 15), (16, 16), (19, 19), (20, 20), (24, 40), (40, 18), (31, 31)])
def test_levels_below_16_px_are_left_out_as_in_opencv(size):
    rows, columns = size
    first, second = STILL[:rows, :columns], shifted(1.5, 1.0)[:rows, :columns]
    spec = FlowSpec(warps=1, outer_iterations=2)
    ours, own = tvl1_flow(first, second, spec), tvl1_flow(first, second, opencv_s_own(spec))
    assert endpoint_error(ours, own).mean() < 1e-3


@every_preset
@pytest.mark.parametrize("size", [(1, 1), (1, 7), (9, 1), (2, 2), (5, 3), (12, 200), (17, 16)])
def test_images_smaller_than_the_pyramid_have_a_flow(spec, size):
    rows, columns = size
    first = np.resize(STILL, size)
    flow = tvl1_flow(first, 255 - first, spec)
    assert flow.shape == (rows, columns, 2)
    assert np.isfinite(flow).all()


# --- input --------------------------------------------------------------------------------------------------------


@every_preset
@pytest.mark.parametrize("level", [0, 7, 255])
def test_a_constant_scene_does_not_move(spec, level):
    frame = np.full((40, 50), level, np.uint8)
    assert (tvl1_flow(frame, frame, spec) == 0).all()


@every_preset
def test_a_scene_that_only_gets_brighter_does_not_move_inside(spec):
    flow = tvl1_flow(np.full((64, 80), 100, np.uint8), np.full((64, 80), 120, np.uint8), spec)
    assert np.abs(flow[24:-24, 24:-24]).max() < 0.05


images = arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40)), elements=st.sampled_from([0, 1, 128, 255]))


@settings(max_examples=40, deadline=None)
@given(images, st.sampled_from([OPENCV, FAST, IPOL]))
def test_no_image_gives_nan(image, spec):
    assert np.isfinite(tvl1_flow(image, image[::-1, ::-1].copy(), spec)).all()


@every_preset
def test_the_full_range_of_grey_levels_is_used(spec):
    """OpenCV wants floats in [0, 1]; frames here are 0–255, and λ means the same for both engines."""
    dim, dim_shifted = STILL // 2, shifted(0.7, -0.3) // 2
    bright_flow, dim_flow = (tvl1_flow(*pair, spec) for pair in ((STILL, shifted(0.7, -0.3)), (dim, dim_shifted)))
    # The IPOL program stretches the levels, OpenCV's does not: its data term halves with them.
    difference = endpoint_error(bright_flow, dim_flow).mean()
    assert difference < 0.02 if spec is IPOL else difference > 0.001


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
# The defaults of OpenCV's documentation and the published presets.
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
    tvl1_flow(STILL, STILL, spec.model_copy(update={"engine": "cv2"}))
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
    spec = FlowSpec(engine="cv2", **{name: OTHERS[name]})
    assert opencv_s_view(spec, monkeypatch) == pytest.approx({**DEFAULTS, name: OTHERS[name]})


def test_a_parameter_given_as_zero_replaces_the_preset_s(monkeypatch):
    assert opencv_s_view(FlowSpec(preset="fast", gamma=0.0), monkeypatch)["gamma"] == 0


def test_every_parameter_of_the_spec_is_tested_here():
    of_other_presets = {"presmoothing", "max_iterations", "window"}
    assert set(FlowSpec.model_fields) == {"method", "preset", "engine", *GETTERS, *of_other_presets}


def test_engine_cv2_gives_opencv_s_own_flow():
    second = shifted(0.7, -0.3)
    own = cv2.optflow.DualTVL1OpticalFlow_create().calc(STILL, second, None)
    np.testing.assert_array_equal(tvl1_flow(STILL, second, FlowSpec(engine="cv2")), own)


def test_the_presets_differ():
    second = shifted(0.7, -0.3)
    flows = [tvl1_flow(STILL, second, spec) for spec in (OPENCV, FAST, IPOL)]
    for one, other in ((0, 1), (1, 2), (0, 2)):
        assert np.abs(flows[one] - flows[other]).max() > 1e-3


def test_another_method_is_refused():
    with pytest.raises(ValueError, match="TV-L1 was asked for a flow of method dis"):
        tvl1_flow(STILL, STILL, FlowSpec(method="dis"))


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
@pytest.mark.parametrize("spec", [OPENCV, IPOL, FlowSpec(engine="cv2")], ids=["opencv", "ipol", "cv2"])
def test_a_small_pair_in_between_changes_nothing(spec, small):
    """OpenCV's object lowers its number of scales for a small image and keeps it so."""
    second = shifted(2.5, -1.5)
    first_result = tvl1_flow(STILL, second, spec)
    tvl1_flow(STILL[:small, :small], second[:small, :small], spec)
    np.testing.assert_array_equal(tvl1_flow(STILL, second, spec), first_result)


@every_preset
def test_nothing_of_one_pair_is_left_for_the_next(spec):
    method, second = tvl1_method(spec, STILL.shape), shifted(2.5, -1.5)
    first_result = method(STILL, second)
    method(255 - STILL, shifted(-3, 4))
    np.testing.assert_array_equal(method(STILL, second), first_result)


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
        (STILL[:0], STILL[:0]),
    ],
    ids=["float", "float second", "16 bit", "BGR", "BGR second", "sizes", "stack", "empty"],
)
def test_frames_that_are_not_8_bit_gray_of_one_size_are_refused(first, second):
    with pytest.raises(ValueError, match=r"two \(H, W\) uint8 frames expected"):
        tvl1_flow(first, second, OPENCV)
