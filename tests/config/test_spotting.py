"""Spotting in the configuration: what is asked for, and what cannot be."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from mexflow.config.configuration import SpottingRun, SpottingTask, load_configuration
from mexflow.config.spotting import SpottingProtocolSpec, published
from mexflow.errors import UserError

CONFIG: dict[str, Any] = {
    "datasets": {
        "sq": {"kind": "casme_sq", "root": "raw", "unit": "video"},
        "mine": {"kind": "custom", "root": "own", "unit": "video"},
        "lv": {"kind": "samm_lv", "root": "lv", "unit": "video"},
    },
    "composites": {"both": {"datasets": ["sq", "lv"]}},
    "alignments": {"box": {"mode": "first_frame_box"}},
    "flows": {"tvl1": {}},
    "features": {
        "softnet42": {"ready": "softnet42", "alignment": "box", "flow": "tvl1", "pairs": {"interval": "k"}},
        "fixed": {"ready": "softnet42", "alignment": "box", "flow": "tvl1", "pairs": {"interval": 6}},
        "scaled": {"alignment": "box", "flow": "tvl1", "pairs": {"interval": "k"}},
    },
    "models": {},
    "protocols": {},
    "spotters": {
        "softnet": {"method": "softnet"},
        "released": {"method": "softnet", "weights": "weights/{type}/s{fold}.keras"},
        "mdmd": {"method": "mdmd"},
    },
    "spotting_protocols": {
        "leak_free": {},
        "paper": {"k": "published", "p": 0.55, "videos": "with_truth", "matching": "as_published"},
    },
    "experiments": [
        {"datasets": ["sq"], "features": ["softnet42"], "spotters": ["softnet", "mdmd"], "protocols": ["leak_free"]}
    ],
}


def changed(change: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    config = copy.deepcopy(CONFIG)
    change(config)
    return config


def test_a_spotter_that_trains_nothing_runs_once() -> None:
    tasks = load_configuration(CONFIG).spotting_runs()
    assert tasks == {
        SpottingRun("sq", "softnet42", "mdmd", "leak_free"): SpottingTask(("macro", "micro"), (0,)),
        SpottingRun("sq", "softnet42", "softnet", "leak_free"): SpottingTask(("macro", "micro"), (0, 1, 2, 3, 4)),
    }
    assert load_configuration(CONFIG).runs() == {}


def test_experiments_on_one_run_unite_their_types_and_seeds() -> None:
    def split(config: dict[str, Any]) -> None:
        (one,) = config["experiments"]
        one["spotters"] = ["softnet"]
        config["experiments"] = [one | {"types": ["micro"], "seeds": [3]}, one | {"types": ["macro"], "seeds": [1]}]

    tasks = load_configuration(changed(split)).spotting_runs()
    assert list(tasks.values()) == [SpottingTask(("macro", "micro"), (1, 3))]


def mistakes(config: dict[str, Any]) -> list[str]:
    with pytest.raises(UserError) as told:
        load_configuration(config)
    return str(told.value).splitlines()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda c: c["datasets"]["sq"].update(unit="subject"),
            "experiments[0].datasets: sq has long videos as units of work when they are spotted in; add unit: video",
        ),
        (lambda c: c["experiments"][0].update(datasets=["both"]), "both is a composite; name its datasets (sq, lv)"),
        (lambda c: c["experiments"][0].update(features=["fixed"]), "needs a feature of flow with pairs: {interval: k}"),
        (lambda c: c["experiments"][0].update(features=["scaled"]), "needs normalise: sample_min_max or none"),
        (lambda c: c["experiments"][0].update(spotters=["sofnet"]), 'no spotter is named "sofnet"; did you mean "soft'),
        (lambda c: c["experiments"][0].update(protocols=["papers"]), 'is named "papers"; did you mean "paper"?'),
        (
            lambda c: c["experiments"][0].update(datasets=["mine"], protocols=["paper"], spotters=["softnet"]),
            "spotting_protocols.paper.k: nothing is published for mine, of kind custom; write {macro: FRAMES",
        ),
        (
            lambda c: c["experiments"][0].update(datasets=["mine"], spotters=["mdmd"]),
            "spotters.mdmd.lengths: nothing is published for mine, of kind custom; write {macro: [SHORTEST, null]",
        ),
        (lambda c: c["experiments"][0].update(spotters=["released"]), "protocol leak_free needs videos: with_truth"),
        (lambda c: c["experiments"][0].update(spotters=["released"]), "protocol leak_free needs a number as p"),
        (lambda c: c["spotters"]["released"].update(weights="s1.keras"), "one file per type and fold is needed"),
        (lambda c: c["spotters"]["softnet"].update(epoch=3), 'unknown key "epoch"; did you mean "epochs"?'),
        (lambda c: c["spotting_protocols"]["paper"].update(k={"micro": 6}), "paper.k: says nothing of type macro"),
        (lambda c: c["alignments"].update(measures={}), 'the name "measures" is taken by a folder of results'),
        (lambda c: c["alignments"].update(spotting={}), 'the name "spotting" is taken by a folder of results'),
    ],
)
def test_a_mistake_is_told_in_one_line(change: Callable[[dict[str, Any]], Any], said: str) -> None:
    config = changed(change)
    if "paper.k: says" in said:
        config["experiments"][0]["protocols"] = ["paper"]
        config["experiments"][0]["spotters"] = ["softnet"]
    lines = mistakes(config)
    assert any(said in line for line in lines), lines
    assert len(lines) == (2 if config["experiments"][0]["spotters"] == ["released"] or "lengths" in said else 1)


@pytest.mark.parametrize(
    ("protocol", "said"),
    [
        (
            {"k": "published", "p": 0.55},
            "experiments[0]: spotter released takes weights of published folds, which hold the subjects of videos with"
            " an expression of the type only; protocol paper needs videos: with_truth",
        ),
        (
            {"k": "published", "videos": "with_truth"},
            "experiments[0]: spotter released takes given weights, whose networks have seen all subjects but one;"
            " protocol paper needs a number as p",
        ),
    ],
)
def test_given_weights_know_their_subjects(protocol: dict[str, Any], said: str) -> None:
    def released(config: dict[str, Any]) -> None:
        config["spotting_protocols"]["paper"] = protocol
        config["experiments"][0].update(spotters=["released"], protocols=["paper"])

    assert mistakes(changed(released)) == [f"config.yaml: {said}"]


@pytest.mark.parametrize(
    ("section", "changes", "said"),
    [
        ("spotting_protocols.paper", {"p": 1.5}, ".p: should be less than or equal to 1 (given: 1.5)"),
        ("spotting_protocols.paper", {"p": "inner"}, '.p: "inner" is not known here; known: inner_subjects'),
        (
            "spotting_protocols.paper",
            {"k": "training"},
            '.k: "training" is not known here; did you mean "training_subjects"?',
        ),
        ("spotting_protocols.paper", {"k": 6}, ".k: keys with values are needed, as in {key: value} (given: 6)"),
        (
            "spotting_protocols.paper",
            {"k": {"micro": 0, "macro": 3}},
            ".k.micro: should be greater than 0 (given: 0)",
        ),
        (
            "spotting_protocols.paper",
            {"k": {"mikro": 6, "macro": 3}},
            '.k: "mikro" is not known here; did you mean "micro"?',
        ),
        ("spotters.mdmd", {"k": "publishd"}, '.k: "publishd" is not known here; did you mean "published"?'),
        ("spotters.mdmd", {"lengths": {"micro": [0, 5]}}, ".lengths.micro[0]: should be greater than 0 (given: 0)"),
        ("spotters.mdmd", {"method": "mdm"}, '.method: "mdm" is not known here; did you mean "mdmd"?'),
    ],
)
def test_a_word_or_a_number_that_cannot_be_is_told_once_where_it_stands(
    section: str, changes: dict[str, Any], said: str
) -> None:
    kind, name = section.split(".")
    assert mistakes(changed(lambda c: c[kind][name].update(changes))) == [f"config.yaml: {section}{said}"]


def test_a_spotter_without_a_method_is_told() -> None:
    assert mistakes(changed(lambda c: c["spotters"]["mdmd"].pop("method"))) == [
        'config.yaml: spotters.mdmd: the key "method" is missing'
    ]


def test_precomputed_features_cannot_be_spotted_in() -> None:
    def given(config: dict[str, Any]) -> None:
        config["datasets"]["given"] = {"kind": "packed", "file": "given.h5"}
        config["experiments"][0].update(datasets=["given"], spotters=["softnet"])

    assert mistakes(changed(given)) == [
        "config.yaml: experiments[0].datasets: given consists of features, and spotting starts from raw videos"
    ]


def test_given_weights_go_with_the_protocol_that_they_were_published_for() -> None:
    def released(config: dict[str, Any]) -> None:
        config["experiments"][0].update(spotters=["released"], protocols=["paper"])

    assert list(load_configuration(changed(released)).spotting_runs().values()) == [
        SpottingTask(("macro", "micro"), (0,))
    ]


def test_published_settings_are_those_of_the_papers() -> None:
    assert {kind: published("softnet", kind).k for kind in ("casme_sq", "samm_lv")} == {
        "casme_sq": {"micro": 6, "macro": 18},
        "samm_lv": {"micro": 37, "macro": 174},
    }
    assert {kind: published("mdmd", kind).k for kind in ("casme_sq", "samm_lv")} == {
        "casme_sq": {"micro": 12, "macro": 39},
        "samm_lv": {"micro": 80, "macro": 260},
    }
    assert published("flow_strain", "casme_sq") == published("softnet", "casme_sq")


def test_the_defaults_leak_nothing_and_what_papers_did_is_named() -> None:
    assert SpottingProtocolSpec().leaks() == ()
    assert SpottingProtocolSpec(k="published", p=0.55).leaks() == ()
    paper = SpottingProtocolSpec(k="all_labels", p=0.55, videos="with_truth", matching="as_published")
    assert len(paper.leaks()) == 2


def test_altered_copies_need_samples_of_a_known_range() -> None:
    def unscaled(config: dict[str, Any]) -> None:
        config["features"]["softnet42"]["normalise"] = "none"

    with pytest.raises(UserError, match="spotter softnet alters copies of samples in 0–1"):
        load_configuration(changed(unscaled))

    def without_copies(config: dict[str, Any]) -> None:
        unscaled(config)
        config["spotters"]["softnet"]["augmented_types"] = []

    assert load_configuration(changed(without_copies)).spotting_runs()
