"""Preset ipol against the published program, written out literally in `tvl1flow_program`."""

import numpy as np
import pytest

from mexflow.config.flow import FlowSpec
from mexflow.motion.tvl1 import tvl1_flow
from motion.faces import face_pair
from motion.textures import shifted
from motion.tvl1flow_program import tvl1flow

IPOL = FlowSpec(preset="ipol")


def distance(flow, other) -> float:
    return np.linalg.norm(flow - other, axis=-1).mean()


@pytest.mark.parametrize("size", [(64, 48), (41, 57)])
def test_a_face_s_flow_is_the_program_s(size):
    """Up to three levels, odd sizes among them."""
    first, second, _ = face_pair(*size)
    assert distance(tvl1_flow(first, second, IPOL), tvl1flow(first, second)) < 1e-3


def test_a_large_motion_is_the_program_s():
    """Warps that leave the image, levels of 40, 20 and 10 px."""
    first, second = shifted(0, 0)[:40, :50], shifted(3.2, -2.1)[:40, :50]
    assert distance(tvl1_flow(first, second, IPOL), tvl1flow(first, second)) < 1e-3


@pytest.mark.parametrize(
    ("given", "program_s"),
    [
        ({"tau": 0.2}, {"tau": 0.2}),
        ({"lambda_": 0.05}, {"lambda_": 0.05}),
        ({"theta": 0.4}, {"theta": 0.4}),
        ({"epsilon": 0.1}, {"epsilon": 0.1}),
        ({"scales": 1}, {"nscales": 1}),
        ({"scale_step": 0.7}, {"zfactor": 0.7}),
        ({"warps": 1}, {"warps": 1}),
        ({"presmoothing": 1.3}, {"sigma": 1.3}),
        ({"max_iterations": 5}, {"max_iterations": 5}),
    ],
    ids=str,
)
def test_each_parameter_acts_as_in_the_program(given, program_s):
    first, second = shifted(0, 0)[:30, :36], shifted(1.4, -0.8)[:30, :36]
    flow = tvl1_flow(first, second, FlowSpec(preset="ipol", **given))
    assert distance(flow, tvl1flow(first, second, **program_s)) < 1e-3
    assert distance(flow, tvl1_flow(first, second, IPOL)) > 2e-3


def test_grey_levels_are_stretched_jointly():
    first, second = shifted(0, 0)[:36, :36], shifted(0.8, 0.4)[:36, :36]
    dim = [(60 + image // 4).astype(np.uint8) for image in (first, second)]
    assert distance(tvl1_flow(*dim, IPOL), tvl1flow(*dim)) < 1e-3
    apart = dim[0], dim[1] + 4
    assert distance(tvl1_flow(*apart, IPOL), tvl1flow(*apart)) < 1e-3
