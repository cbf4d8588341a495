"""The presets, against the table of their sources, and what a spec changes in them."""

from typing import get_args

import pytest

from mexflow.config.flow import _PARAMETERS, FlowSpec
from mexflow.motion.presets import PRESETS, flow_parameters


def test_every_preset_has_a_value_for_every_parameter_that_it_takes():
    assert {key: set(parameters) for key, parameters in PRESETS.items()} == _PARAMETERS


def test_every_preset_of_the_config_belongs_to_a_method():
    named = set(get_args(FlowSpec.model_fields["preset"].annotation))
    assert {preset for _, preset in PRESETS} == named


def test_ipol_has_the_program_s_values():
    assert flow_parameters(FlowSpec(preset="ipol")) == {
        "tau": 0.25,
        "lambda_": 0.15,
        "theta": 0.3,
        "epsilon": 0.01,
        "scales": 100,
        "scale_step": 0.5,
        "warps": 5,
        "presmoothing": 0.8,
        "max_iterations": 300,
    }


def test_fast_is_opencv_but_for_two_values():
    opencv, fast = (flow_parameters(FlowSpec(preset=preset)) for preset in ("opencv", "fast"))
    assert {name: value for name, value in fast.items() if value != opencv[name]} == {
        "epsilon": 0.05,
        "outer_iterations": 3,
    }


@pytest.mark.parametrize(("method", "preset"), PRESETS)
def test_a_given_value_replaces_the_preset_s_and_no_other(method, preset):
    for name, value in PRESETS[method, preset].items():
        other = 3 if name == "median" else type(value)(value / 2) or 1
        engine = "numba" if preset == "ipol" else "cv2"
        spec = FlowSpec(method=method, preset=preset, engine=engine, **{name: other})
        assert flow_parameters(spec) == PRESETS[method, preset] | {name: other}
