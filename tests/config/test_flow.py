"""Which presets, engines and parameters a flow may have, and what is said of the others."""

import pytest
from pydantic import ValidationError

from mexflow.config.flow import FlowSpec
from mexflow.config.mistakes import mistakes_in_words


@pytest.mark.parametrize(
    ("given", "preset", "engine"),
    [
        ({}, "opencv", "numba"),
        ({"preset": "ipol"}, "ipol", "numba"),
        ({"engine": "cv2"}, "opencv", "cv2"),
        ({"method": "dis"}, "medium", "cv2"),
        ({"method": "dis", "preset": "fast"}, "fast", "cv2"),
        ({"method": "farneback"}, "opencv", "cv2"),
    ],
)
def test_what_is_left_out_follows_from_the_method(given, preset, engine):
    spec = FlowSpec.model_validate(given)
    assert (spec.preset, spec.engine) == (preset, engine)
    assert FlowSpec.model_validate_json(spec.canonical()) == spec


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"preset": "medium"}, "method tvl1 has no preset medium; it has opencv, fast, ipol"),
        ({"method": "dis", "preset": "ipol"}, "method dis has no preset ipol; it has ultrafast, fast, medium"),
        (
            {"preset": "ipol", "engine": "cv2"},
            "OpenCV does not have preset ipol; write engine: numba, or leave engine out",
        ),
        (
            {"method": "dis", "engine": "numba"},
            "method dis is computed by OpenCV only; write engine: cv2, or leave engine out",
        ),
        ({"gamma": 0.1}, "a gamma above 0 needs OpenCV's own TV-L1; add engine: cv2"),
        (
            {"preset": "ipol", "median": 5, "gamma": 0.0},
            "method tvl1, preset ipol has no parameter gamma, median; it has epsilon, lambda_, max_iterations,"
            " presmoothing, scale_step, scales, tau, theta, warps",
        ),
        ({"preset": "ipol", "gamma": 0.1}, "method tvl1, preset ipol has no parameter gamma; it has"),
        ({"method": ["dis"]}, "method: "),
        ({"presmoothing": 0.8}, "method tvl1, preset opencv has no parameter presmoothing; it has"),
        ({"method": "dis", "tau": 0.2}, "method dis, preset medium has no parameter tau; it has none"),
        ({"method": "farneback", "warps": 2}, "method farneback, preset opencv has no parameter warps; it has"),
    ],
)
def test_what_does_not_fit_is_said_in_words(given, message):
    with pytest.raises(ValidationError) as caught:
        FlowSpec.model_validate(given)
    (line,) = mistakes_in_words(caught.value)
    assert line.startswith(message)


def test_gamma_is_taken_by_opencv_and_zero_by_both():
    assert FlowSpec(gamma=0.1, engine="cv2").gamma == 0.1
    assert FlowSpec(gamma=0.0).gamma == 0
