"""Published datasets end to end, on look-alikes of their folders, alone and as the composite of MEGC 2019."""

import importlib
import json

import pandas as pd
import pytest

from workflow.project import TINY, Project

MEMBERS = {"casme2": "casme2", "smic_hs": "smic", "samm": "samm"}


@pytest.fixture(scope="module")
def composite(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Look-alikes of the three datasets of MEGC 2019, each alone and all together, built to the scores."""
    folder = tmp_path_factory.mktemp("composite")
    for kind, module in MEMBERS.items():
        importlib.import_module(f"mexflow.synthesis.lookalikes.{module}").write(folder / kind)
    experiment = {**TINY["experiments"][0], "datasets": ["megc2019", *MEMBERS], "seeds": [0]}
    config = {
        **TINY,
        "datasets": {kind: {"kind": kind, "root": str(folder / kind)} for kind in MEMBERS},
        "composites": {"megc2019": {"datasets": list(MEMBERS), "clips": "megc2019"}},
        "experiments": [experiment],
    }
    project = Project.new(folder / "project", config)
    project.build()
    return project


def scores(project: Project, dataset: str) -> dict:
    run = project.folder / f"results/{dataset}/runs/uvs28/three_class/ststnet/loso"
    return json.loads((run / "scores.json").read_text())


@pytest.mark.slow
def test_each_dataset_is_scored_alone(composite: Project) -> None:
    for kind in MEMBERS:
        found = scores(composite, kind)
        assert (found["n_clips"], found["n_subjects"]) == (9, 3), kind


@pytest.mark.slow
def test_the_composite_pools_the_members_and_scores_each(composite: Project) -> None:
    found = scores(composite, "megc2019")
    assert found["n_subjects"] == found["n_folds"] == 9
    assert found["n_clips"] == 27
    assert set(found["per_dataset"]) == set(MEMBERS)
    assert found["leak_audit"]["passed"]


@pytest.mark.slow
def test_every_repair_is_written_down(composite: Project) -> None:
    def rules(kind: str) -> list[tuple[str, str]]:
        table = pd.read_csv(composite.folder / f"results/{kind}/repairs.csv", dtype=str)
        return sorted(zip(table["subject"], table["rule"], strict=True))

    assert rules("casme2") == [
        ("sub02", "apex_missing"),
        ("sub03", "clip_without_label"),
        ("sub03", "label_without_clip"),
    ]
    assert rules("samm") == [("011", "apex_outside"), ("011", "apex_outside")]


@pytest.mark.slow
def test_a_second_start_has_nothing_to_do(composite: Project) -> None:
    assert composite.planned_jobs() == set()
