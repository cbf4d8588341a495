"""Every published dataset end to end, on look-alikes of their folders and with the configuration that ships for it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from mexflow.config.configuration import load_configuration
from mexflow.synthesis.lookalikes import LOOKALIKE_KINDS
from workflow.project import REPOSITORY, TINY, Project

COMPOSITE = "megc2019"
# A run on each look-alike: the clips that have one of the three classes, and their subjects.
SCORED = {
    "casme": (12, 4),
    "casme2": (13, 4),
    "smic_hs": (9, 3),
    "smic_vis": (9, 3),
    "smic_nir": (9, 3),
    "smic_e_hs": (12, 3),
    "smic_e_vis": (11, 3),
    "smic_e_nir": (9, 3),
    "samm": (9, 3),
    "samm_lv": (9, 3),
    "casme_sq": (12, 3),
    "casme3": (9, 3),
    "mmew": (13, 4),
    "fourdme": (9, 3),
}


def shipped(name: str) -> dict[str, Any]:
    return yaml.safe_load((REPOSITORY / "config" / f"{name}.yaml").read_text())


@pytest.fixture(scope="module")
def grid(tmp_path_factory: pytest.TempPathFactory, lookalike: Callable[[str], Path]) -> Project:
    """Every config/<kind>.yaml and the composite at once, built to the scores: two epochs, small crops, one seed."""
    folder = tmp_path_factory.mktemp("grid") / "project"
    config: dict[str, Any] = {**TINY, "datasets": {}, "composites": {}, "experiments": []}
    for name in (*LOOKALIKE_KINDS, COMPOSITE):
        own = shipped(name)
        for kind, dataset in own["datasets"].items():
            config["datasets"][kind] = {**dataset, "root": str(lookalike(dataset["kind"]))}
        config["composites"] |= own.get("composites", {})
        config["experiments"] += [{**one, "seeds": [0]} for one in own["experiments"]]
        for model in own["models"]:
            config["models"] = {**config["models"], model: TINY["models"]["ststnet"]}
    project = Project.new(folder, config)
    project.build()
    return project


def scores(project: Project, dataset: str) -> dict[str, Any]:
    run = project.folder / f"results/{dataset}/runs/uvs28/three_class/ststnet_paper/loso"
    return json.loads((run / "scores.json").read_text())


@pytest.mark.parametrize("name", [*LOOKALIKE_KINDS, COMPOSITE])
def test_the_shipped_configuration_is_valid_on_top_of_the_default_one(name: str) -> None:
    base = yaml.safe_load((REPOSITORY / "config.yaml").read_text())
    own = shipped(name)
    merged = {**base, **own, **{key: {**base.get(key, {}), **own[key]} for key in ("datasets", "models")}}
    runs = load_configuration(merged, f"config/{name}.yaml").runs()
    assert {run.dataset for run in runs} == {name}


@pytest.mark.slow
@pytest.mark.parametrize("kind", LOOKALIKE_KINDS)
def test_each_dataset_runs_from_its_folder_to_its_scores(grid: Project, kind: str) -> None:
    found = scores(grid, kind)
    assert (found["n_clips"], found["n_subjects"]) == SCORED[kind]
    assert found["n_folds"] == found["n_subjects"]
    assert found["leak_audit"]["passed"]


@pytest.mark.slow
def test_the_composite_pools_the_members_and_scores_each(grid: Project) -> None:
    found = scores(grid, COMPOSITE)
    members = {kind: scores(grid, kind) for kind in ("casme2", "smic_hs", "samm")}
    assert set(found["per_dataset"]) == set(members)
    assert found["n_subjects"] == found["n_folds"] == sum(one["n_subjects"] for one in members.values())
    assert found["leak_audit"]["passed"]


@pytest.mark.slow
@pytest.mark.parametrize("kind", LOOKALIKE_KINDS)
def test_repairs_are_written_beside_the_manifest(grid: Project, kind: str) -> None:
    table = pd.read_csv(grid.folder / f"results/{kind}/repairs.csv", dtype=str, keep_default_na=False)
    assert list(table.columns) == ["dataset", "subject", "clip", "onset", "rule", "before", "after"]
    assert len(table) > 0
    assert set(table["dataset"]) == {kind}


@pytest.mark.slow
def test_a_second_start_has_nothing_to_do(grid: Project) -> None:
    assert grid.planned_jobs() == set()


@pytest.mark.slow
def test_people_of_two_members_are_warned_about(
    grid: Project, tmp_path: Path, lookalike: Callable[[str], Path]
) -> None:
    config = yaml.safe_load((grid.folder / "config.yaml").read_text())
    config["composites"] = {"both": {"datasets": ["smic_hs", "smic_e_hs"]}}
    config["experiments"] = [{**TINY["experiments"][0], "datasets": ["both"], "seeds": [0]}]
    project = Project.new(tmp_path / "project", config)
    assert "composites.both: smic_e_hs and smic_hs show the same people of SMIC" in project.build("--dry-run")
