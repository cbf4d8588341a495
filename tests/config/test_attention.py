"""Which runs leave what maps of attention are made from."""

import pytest

from mexflow.config.attention import leaves_maps
from mexflow.config.features import FlowFeatureSpec, GrayFeatureSpec, HoofFeatureSpec, LbpTopFeatureSpec
from mexflow.config.training import ModelSpec, ProtocolSpec

FLOW = FlowFeatureSpec(alignment="a", flow="f")
SCHEDULE = {"epochs": 1, "batch_size": 1, "learning_rate": 1.0}
STSTNET = ModelSpec(architecture="ststnet", keep_weights=True, **SCHEDULE)
STAGES = {"architecture": "elrcn", "keep_weights": True, "spatial": {"epochs": 1, "batch_size": 1}, **SCHEDULE}
LOSO = ProtocolSpec(split="loso")


@pytest.mark.parametrize(
    ("feature", "model", "protocol", "expected"),
    [
        (FLOW, STSTNET, LOSO, True),
        (GrayFeatureSpec(alignment="a", length=9), STSTNET, LOSO, True),
        (HoofFeatureSpec(alignment="a", flow="f"), STSTNET, LOSO, False),
        (LbpTopFeatureSpec(alignment="a"), STSTNET, LOSO, False),
        (FLOW, STSTNET.model_copy(update={"keep_weights": False}), LOSO, False),
        (FLOW, ModelSpec(**STAGES), LOSO, True),
        (FLOW, ModelSpec(**STAGES, parameters={"variant": "nofine"}), LOSO, False),
        (FLOW, STSTNET, ProtocolSpec(split="loso", scored="all"), False),
        (FLOW, STSTNET, ProtocolSpec(split="loso", augmentation="before_split"), False),
    ],
)
def test_maps_need_images_kept_weights_and_clips_held_out(feature, model, protocol, expected):
    assert leaves_maps(feature, model, protocol) is expected
