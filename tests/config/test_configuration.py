"""What a configuration asks for, and the one string that stands for a part of it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.written import loaded
from mexflow.config.alignment import AlignmentSpec
from mexflow.config.configuration import Run
from mexflow.config.features import FlowFeatureSpec
from mexflow.config.flow import FlowSpec
from mexflow.config.spec import nearest
from mexflow.config.training import ModelSpec, ProtocolSpec

SECOND = ("loso: {split: loso}", "loso: {split: loso}\n  chance: {split: loso, permute_labels: true}")


def test_an_experiment_is_the_product_of_its_lists():
    runs = loaded(SECOND, ("[loso]", "[loso, chance]"), ("[demo]", "[own, demo]")).runs()
    assert list(runs) == [
        Run("demo", "uvs28", "three_class", "ststnet", "chance"),
        Run("demo", "uvs28", "three_class", "ststnet", "loso"),
        Run("own", "uvs28", "three_class", "ststnet", "chance"),
        Run("own", "uvs28", "three_class", "ststnet", "loso"),
    ]
    assert set(map(tuple, runs.values())) == {(0, 1, 2, 3, 4)}


def test_experiments_that_ask_for_one_run_share_its_seeds():
    again = "{datasets: [demo], features: [uvs28], models: [ststnet], protocols: [loso], labels: three_class, seeds: "
    runs = loaded(("three_class}", f"three_class, seeds: [7, 2]}}\n  - {again}[2, 0, 0]}}")).runs()
    assert list(runs.values()) == [[0, 2, 7]]


def test_a_run_that_differs_in_its_labels_is_another_run():
    again = "{datasets: [demo], features: [uvs28], models: [ststnet], protocols: [loso], labels: emotion, seeds: [9]}"
    runs = loaded(("three_class}", f"three_class}}\n  - {again}")).runs()
    assert {run.labels: seeds for run, seeds in runs.items()} == {"emotion": [9], "three_class": [0, 1, 2, 3, 4]}


def test_a_run_is_known_by_its_folder(tmp_path):
    run = Run("demo", "uvs28", "emotion", "ststnet", "loso")
    folder = tmp_path / "results" / run.dataset / "runs" / run.feature / run.labels / run.model / run.protocol
    assert Run.of_folder(folder) == run


MODEL = {
    "architecture": "ststnet",
    "parameters": {"b": 1, "a": {"d": 2, "c": 3}},
    "epochs": 500,
    "batch_size": 256,
    "learning_rate": 5.0e-5,
    "keep_weights": False,
}


@given(st.permutations(list(MODEL)))
def test_the_order_of_keys_does_not_count(order):
    swapped = {key: MODEL[key] for key in order} | {"parameters": {"a": {"c": 3, "d": 2}, "b": 1}}
    assert ModelSpec(**swapped).canonical() == ModelSpec(**MODEL).canonical()


@pytest.mark.parametrize(
    ("short", "long"),
    [
        (ProtocolSpec(split="loso"), ProtocolSpec(split="loso", permute_labels=False)),
        (FlowSpec(), FlowSpec(method="tvl1", preset="opencv", tau=None)),
        (AlignmentSpec(), AlignmentSpec(size=128, landmark_frames=5)),
        (
            FlowFeatureSpec(alignment="a", flow="f"),
            FlowFeatureSpec(alignment="a", flow="f", channels=["u", "v", "strain"], steps=["subtract_nose"], size=28),
        ),
    ],
)
def test_a_default_may_be_left_out(short, long):
    assert short.canonical() == long.canonical()


@pytest.mark.parametrize(
    "change",
    [
        {"learning_rate": 5.1e-5},
        {"epochs": 501},
        {"parameters": {"b": 1, "a": {"d": 2, "c": 4}}},
        {"parameters": {}},
        {"keep_weights": True},
        {"architecture": "other"},
    ],
)
def test_another_value_is_another_string(change):
    assert ModelSpec(**(MODEL | change)).canonical() != ModelSpec(**MODEL).canonical()


def test_the_order_of_channels_counts():
    uv, vu = (FlowFeatureSpec(alignment="a", flow="f", channels=order) for order in (["u", "v"], ["v", "u"]))
    assert uv.canonical() != vu.canonical()


def test_a_whole_number_is_the_same_learning_rate_as_its_float():
    whole, real = (ModelSpec(**(MODEL | {"learning_rate": rate})).canonical() for rate in (1, 1.0))
    assert whole == real


def test_a_stage_reads_back_what_it_was_called_with():
    specs = [ModelSpec(**MODEL), FlowSpec(tau=0.3, median=5), AlignmentSpec(landmark_model="é/model.dat")]
    for spec in specs:
        assert type(spec).model_validate_json(spec.canonical()) == spec


def test_the_string_is_json_without_blanks():
    text = FlowSpec(tau=0.25).canonical()
    assert json.loads(text)["tau"] == 0.25
    assert not set(text) & set(" \n")


def test_the_nearest_word_is_named_and_all_words_where_none_is_near():
    assert nearest("lambda", ["lambda_", "theta"]) == '; did you mean "lambda_"?'
    assert nearest("zzz", ["theta", "alpha"]) == "; known: alpha, theta"
    assert nearest("zzz", []) == "; known: none"
