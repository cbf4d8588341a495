"""The published systems through the real Snakemake: each under the protocols of its paper, in both variants.

On look-alikes, with the definitions that a line of configuration stands for, made small: tiny samples, few frames, one
epoch, one seed. What differs by a name alone is run once: Dubey's four shares with ReLU, ELRCN's CDE and its single
database with `st`, its variants as published under HDE. Of those with a VGG-16 per channel the one with four is run:
that with five is the same code, and 9 GB of weights with the state of their optimizer.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pytest

from mexflow.config.systems import ALIGNMENTS, FEATURES, FLOWS, PROTOCOLS, SYSTEMS, VARIANTS, Variant, model_name
from mexflow.config.training import ProtocolSpec
from workflow.project import Project

KINDS = ("smic_hs", "casme_sq", "casme2", "samm")
COMPOSITES = {
    "megc2018": {"datasets": ["casme2", "samm"], "clips": "megc2018"},
    "megc2019": {"datasets": ["casme2", "samm", "smic_hs"], "clips": "megc2019"},
}
MEMBERS = {kind: {kind} for kind in KINDS} | {name: set(one["datasets"]) for name, one in COMPOSITES.items()}
SIZES = {"stcnn": 12, "fusenet": 8, "elrcn_flow50": 8, "elrcn": 32, "joshi": 24}
DATASETS = {
    "micro_exp": "smic_hs",
    "dubey": "smic_hs",
    "joshi": "samm",
    "ststnet": "megc2019",
    "off_apexnet": "megc2019",
}


class Case(NamedTuple):
    """One run."""

    system: str
    variant: Variant
    dataset: str
    protocol: str

    @property
    def folder(self) -> str:
        """Where its results lie."""
        system = SYSTEMS[self.system]
        labels, feature = system.labels_on(MEMBERS[self.dataset]), system.setup(self.variant).feature
        model = model_name(self.system, self.variant)
        return f"results/{self.dataset}/runs/{feature}/{labels}/{model}/{self.protocol}"


def cases() -> Iterator[Case]:
    """Every run of the grid."""
    for name, system in SYSTEMS.items():
        for variant in VARIANTS:
            for protocol in system.setup(variant).protocols:
                for dataset in datasets_of(name, variant, protocol):
                    yield Case(name, variant, dataset, protocol)


def datasets_of(name: str, variant: Variant, protocol: str) -> list[str]:
    """What a system is run on under a protocol: nothing, where another run shows the same."""
    if "_svm" in name:
        # Machines beside the networks: one of each kind will do, and those of descriptors.
        return {"ststnet_svm_rbf": ["megc2019"], "lbp_top_svm": ["megc2018"], "hoof_svm": ["megc2018"]}.get(name, [])
    if name.startswith("elrcn"):
        return _of_elrcn(name, variant, protocol)
    if name == "dubey_swish" and not protocol.startswith(("holdout20", "loso")):
        return []
    if name.endswith("_96"):
        return ["casme_sq"]
    return [next(dataset for prefix, dataset in DATASETS.items() if name.startswith(prefix))]


def _of_elrcn(name: str, variant: Variant, protocol: str) -> list[str]:
    # Its networks take seconds a fold, however small the frames: HDE has the fewest folds.
    if protocol.startswith("hde"):
        alike = {"elrcn_s", "elrcn_scratch", "elrcn_st4se", "elrcn_st5se", "elrcn_st4te"}
        return [] if name == "elrcn_st5te" or (variant == "leak_free" and name in alike) else ["megc2018"]
    if name == "elrcn_st":
        return ["megc2018"] if variant == "as_published" else ["casme2"]
    return []


CASES = list(cases())


def small_feature(name: str) -> dict[str, Any]:
    size = next(({"size": size} for prefix, size in SIZES.items() if name.startswith(prefix)), {})
    return FEATURES[name] | size | ({"pairs": {"tim": 3}} if name.startswith("elrcn") else {})


def small_model(name: str, variant: Variant) -> dict[str, Any]:
    model = dict(SYSTEMS[name].setup(variant).model)
    if "epochs" in model:
        model |= {"epochs": 1, "batch_size": 64}
    if "spatial" in model:
        model["spatial"] = model["spatial"] | {"epochs": 1, "batch_size": 64}
    if model["architecture"] == "elrcn":
        model["parameters"] = model["parameters"] | {"lstm_units": 4}
    return model


def small_protocol(name: str) -> dict[str, Any]:
    protocol = dict(PROTOCOLS[name])
    if "train_counts" in protocol:
        protocol["train_counts"] = dict.fromkeys(protocol["train_counts"], 1)
    return protocol


@pytest.fixture(scope="module")
def grid(tmp_path_factory: pytest.TempPathFactory, lookalike: Callable[[str], Path]) -> Project:
    """All of them, built to the scores."""
    config: dict[str, Any] = {
        "datasets": {kind: {"kind": kind, "root": str(lookalike(kind))} for kind in KINDS},
        "composites": COMPOSITES,
        "alignments": {name: one | {"size": 64} for name, one in ALIGNMENTS.items()},
        "flows": {name: one | {"preset": "fast"} for name, one in FLOWS.items()},
        "features": {name: small_feature(name) for name in FEATURES},
        "models": {model_name(one.system, one.variant): small_model(one.system, one.variant) for one in CASES},
        "protocols": {one.protocol: small_protocol(one.protocol) for one in CASES},
        "experiments": [
            {
                "datasets": [one.dataset],
                "features": [SYSTEMS[one.system].setup(one.variant).feature],
                "models": [model_name(one.system, one.variant)],
                "protocols": [one.protocol],
                "labels": SYSTEMS[one.system].labels_on(MEMBERS[one.dataset]),
                "seeds": [0],
            }
            for one in CASES
        ],
    }
    project = Project.new(tmp_path_factory.mktemp("systems") / "project", config)
    project.build("--keep-going", "results/scores.csv")
    return project


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids="-".join)
def test_a_system_runs_from_its_clips_to_its_scores(grid: Project, case: Case) -> None:
    found = json.loads((grid.folder / case.folder / "scores.json").read_text())
    assert found["leak_audit"]["passed"]
    assert found["leak_audit"]["as_published"] == list(ProtocolSpec(**PROTOCOLS[case.protocol]).leaks())
    assert bool(found["leak_audit"]["as_published"]) <= (case.variant == "as_published")
    predictions = pd.read_csv(grid.folder / case.folder / "predictions.csv", dtype={"clip": str})
    assert len(predictions) == found["n_clips"] == sum(found["class_counts"])
    assert set(found["per_dataset"]) <= MEMBERS[case.dataset]
    assert ("directions" in found) == case.protocol.startswith("hde")


@pytest.mark.slow
def test_the_table_of_scores_marks_what_is_published_with_a_leak(grid: Project) -> None:
    table = pd.read_csv(grid.folder / "results/scores.csv", keep_default_na=False)
    assert len(table) == len(CASES)
    leaks = {name: ProtocolSpec(**PROTOCOLS[name]).leaks() for name in {one.protocol for one in CASES}}
    leaky = {(model_name(one.system, one.variant), one.protocol) for one in CASES if leaks[one.protocol]}
    marked = table[table.audit == "as published"]
    assert set(zip(marked.model, marked.protocol, strict=True)) == leaky
