"""Features as people write them, and the mistakes that they make."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from config.written import loaded
from mexflow.config.features import Difference, FeatureStageSpec, FlowFeatureSpec, GrayFeatureSpec, LbpTopFeatureSpec
from mexflow.config.mistakes import mistakes_in_words
from mexflow.config.pairs import pairs_name, parameter
from mexflow.config.ready_features import READY
from mexflow.errors import UserError
from mexflow.motion.strain import DIFFERENCES

FEATURE = "uvs28: {alignment: clip68, flow: tvl1}"


def written(text: str) -> tuple[str, str]:
    return FEATURE, f"uvs28: {text}"


def test_a_ready_made_feature_is_its_definition_with_the_keys_that_are_given() -> None:
    ready = loaded(written("{ready: uvs28, alignment: clip68, flow: tvl1, size: 56}")).features["uvs28"]
    assert ready == FlowFeatureSpec(alignment="clip68", flow="tvl1", size=56)


@pytest.mark.parametrize("name", READY)
def test_every_ready_made_feature_is_valid_and_survives_its_canonical_form(name: str) -> None:
    keys = {"ready": name, "alignment": "a"}
    if READY[name].definition.get("kind", "flow") in {"flow", "hoof"}:
        keys["flow"] = "f"
    if name == "softnet42":
        keys["pairs"] = {"interval": 6}
    spec = FeatureStageSpec.model_validate({"feature": keys})
    assert FeatureStageSpec.model_validate_json(spec.canonical()) == spec


def test_a_kind_has_its_own_keys() -> None:
    gray = loaded(written("{kind: gray, alignment: clip68, length: 18}")).features["uvs28"]
    assert isinstance(gray, GrayFeatureSpec)
    lbp = loaded(written("{ready: lbp_top, alignment: clip68}")).features["uvs28"]
    assert isinstance(lbp, LbpTopFeatureSpec)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "{ready: uvs29, alignment: clip68, flow: tvl1}",
            'features.uvs28: ready: no feature "uvs29"; did you mean "uvs28"',
        ),
        ("{kind: grey, alignment: clip68}", 'features.uvs28.kind: "grey" is not known here; did you mean "gray"'),
        (
            "{alignment: clip68, flow: tvl1, chanels: [u]}",
            'features.uvs28: unknown key "chanels"; did you mean "channels"',
        ),
        ("{alignment: clip68, flow: tvl2}", 'features.uvs28.flow: no flow is named "tvl2"; did you mean "tvl1"'),
        ("{kind: gray, alignment: clip86, length: 9}", 'no alignment is named "clip86"; did you mean "clip68"'),
        ("{alignment: clip68, flow: tvl1, pairs: onset_each}", "length: pairs onset_each are as many as"),
        ("{alignment: clip68, flow: tvl1, length: 3}", "length: pairs onset_apex have their own number"),
        ("{alignment: clip68, flow: tvl1, pairs: {intervall: 6}}", "such as {interval: 6}"),
        ("{alignment: clip68, flow: tvl1, pairs: {tim: 1}}", "such as {interval: 6}"),
        ("{alignment: clip68, flow: tvl1, pairs: {interval: 0}}", "such as {interval: 6}"),
        ("{kind: gray, alignment: clip68, length: 8, time: key_frames}", "length: key frames are an odd number"),
        ("{kind: gray, alignment: clip68, length: 8, start: 3}", "start: belongs to time: slice"),
        (
            "{alignment: clip68, flow: tvl1, pairs: {interval: 6}}",
            "experiments[0].features: uvs28 has a sample per frame",
        ),
        (
            "{alignment: clip68, flow: tvl1, regions: [eyes, nose_mouth], size: 27}",
            "size: 27 rows cannot be shared by 2",
        ),
    ],
)
def test_a_mistake_names_its_key_and_what_was_meant(text: str, line: str) -> None:
    with pytest.raises(UserError) as caught:
        loaded(written(text))
    assert line in str(caught.value)


WHOLE = ("clip68: {mode: per_clip}", "clip68: {mode: per_clip}\n  whole: {mode: whole_frame}")


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("{alignment: whole, flow: tvl1}", ["steps: subtract_nose cannot be", "none; write steps: [], or"]),
        ("{ready: hoof, alignment: whole, flow: tvl1}", ["steps: subtract_nose cannot be"]),
        (
            "{alignment: whole, flow: tvl1, steps: [absolute, subtract_nose_strain, mask_eyes]}",
            ["steps: subtract_nose_strain, mask_eyes cannot be", "write steps: [absolute], or"],
        ),
        (
            "{ready: fusenet_eyes_mouth32, alignment: whole}",
            [
                "regions: eyes, nose_mouth cannot be",
                "alignment whole (mode whole_frame) has none; write regions: [], or",
            ],
        ),
    ],
)
def test_steps_and_regions_that_need_landmarks_are_refused_on_whole_frames(text: str, lines: list[str]) -> None:
    with pytest.raises(UserError) as caught:
        loaded(WHOLE, written(text))
    (told,) = str(caught.value).splitlines()
    assert told.startswith("config.yaml: features.uvs28.")
    assert all(line in told for line in lines), told
    loaded(WHOLE, written(text.replace("alignment: whole", "alignment: clip68")))


@pytest.mark.parametrize(
    "text",
    [
        "{alignment: whole, flow: tvl1, steps: []}",
        "{alignment: whole, flow: tvl1, steps: [absolute]}",
        "{ready: elrcn_flow224, alignment: whole, flow: tvl1}",
        "{ready: hoof, alignment: whole, flow: tvl1, steps: []}",
        "{ready: lbp_top, alignment: whole}",
        "{ready: stcnn_gray64x18, alignment: whole}",
        "{ready: joshi_gray128x9, alignment: whole}",
    ],
)
def test_what_needs_no_landmarks_goes_with_whole_frames(text: str) -> None:
    assert loaded(WHOLE, written(text)).features["uvs28"].alignment == "whole"


def test_features_from_elsewhere_go_with_datasets_of_features_only() -> None:
    given_dataset = ("own: {kind: custom, root: /data/own}", "own: {kind: images, table: /data/features.csv}")
    with pytest.raises(UserError, match="as_given is not for demo, which has raw clips"):
        loaded(("features: [uvs28]", "features: [as_given]"))
    with pytest.raises(UserError, match="uvs28 is not for own, which consists of features: its feature is as_given"):
        loaded(given_dataset, ("[demo]", "[own]"))
    runs = loaded(given_dataset, ("[demo]", "[own]"), ("features: [uvs28]", "features: [as_given]")).runs()
    assert [run.feature for run in runs] == ["as_given"]


@given(st.integers(1, 10**6))
def test_a_pairing_has_one_name(number: int) -> None:
    assert pairs_name({"interval": number}) == pairs_name(f"interval_{number}") == f"interval_{number}"
    assert parameter(f"interval_{number}") == number


def test_the_schemes_of_strain_are_those_of_the_code() -> None:
    assert set(get_args(Difference)) == set(DIFFERENCES)


def test_neighbours_are_as_many_as_lbp_top_can_have() -> None:
    with pytest.raises(ValidationError) as caught:
        LbpTopFeatureSpec(alignment="a", neighbours=[8, 8, 3])
    assert "greater than or equal to 4" in mistakes_in_words(caught.value)[0]
