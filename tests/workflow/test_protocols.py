"""Protocols and classifiers through the real Snakemake: folds, scores, and marks on what was published with a leak."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from workflow.project import TINY, Project

PROTOCOLS: dict[str, dict[str, Any]] = {
    "loso": {"split": "loso"},
    "by_subject": {"split": "k_fold", "folds": 2},
    "by_clip": {"split": "k_fold", "folds": 3, "by": "clip"},
    "holdout": {"split": "holdout", "test_share": 0.4},
    "published": {"split": "holdout", "test_share": 0.2, "by": "clip", "stratify": False, "random_state": 4},
}
ACROSS: dict[str, dict[str, Any]] = {
    "hde": {"split": "hde"},
    "to_again": {"split": "cross", "train": ["demo"], "test": ["again"]},
}


@pytest.fixture(scope="module")
def grid(tiny_demo: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Every protocol with a support vector machine."""
    project = tiny_demo.copy(tmp_path_factory.mktemp("protocols") / "project")
    one_seed = {**TINY["experiments"][0], "models": ["svm"], "seeds": [0]}
    both = {**one_seed, "datasets": ["both"], "protocols": list(ACROSS)}
    alone = {**one_seed, "protocols": list(PROTOCOLS)}
    config = {
        **TINY,
        "datasets": {**TINY["datasets"], "again": {"kind": "demo", "subjects": 2, "clips_per_emotion": 1, "seed": 7}},
        "composites": {"both": {"datasets": ["demo", "again"]}},
        "models": {**TINY["models"], "svm": {"architecture": "svm"}},
        "protocols": PROTOCOLS | ACROSS,
        "experiments": [alone, both],
    }
    project.configure(config)
    project.build()
    return project


def run(project: Project, protocol: str, dataset: str = "demo", model: str = "svm") -> Path:
    return project.folder / f"results/{dataset}/runs/uvs28/three_class/{model}/{protocol}"


def scores(project: Project, *names: str) -> dict[str, Any]:
    return json.loads((run(project, *names) / "scores.json").read_text())


@pytest.mark.slow
@pytest.mark.parametrize(("protocol", "folds", "clips"), [("loso", 3, 9), ("by_subject", 2, 9), ("by_clip", 3, 9)])
def test_every_clip_is_tested_once(grid: Project, protocol: str, folds: int, clips: int) -> None:
    found = scores(grid, protocol)
    assert (found["n_folds"], found["n_clips"], len(found["seeds"])) == (folds, clips, 1)


@pytest.mark.slow
def test_a_holdout_tests_some_subjects_on_none_of_whom_it_trains(grid: Project) -> None:
    splits = pd.read_csv(run(grid, "holdout") / "seed0/splits.csv", dtype=str)
    test, train = (set(splits[splits.role == role].subject) for role in ("test", "train"))
    assert test
    assert not test & train
    assert scores(grid, "holdout")["n_clips"] == 3 * len(test)


@pytest.mark.slow
def test_protocols_across_datasets_train_on_one_and_test_on_the_other(grid: Project) -> None:
    assert scores(grid, "hde", "both")["n_clips"] == 15
    splits = pd.read_csv(run(grid, "to_again", "both") / "seed0/splits.csv", dtype=str)
    assert set(zip(splits.role, splits.dataset, strict=True)) == {("train", "demo"), ("test", "again")}


@pytest.mark.slow
@pytest.mark.parametrize("protocol", ["by_clip", "published"])
def test_what_leaks_by_its_definition_is_marked_wherever_it_is_shown(grid: Project, protocol: str) -> None:
    reason = "clips of one subject are in training and in the test"
    assert scores(grid, protocol)["leak_audit"]["as_published"] == [reason]
    table = pd.read_csv(grid.folder / "results/scores.csv").set_index(["protocol", "model"])
    assert table.loc[(protocol, "svm"), "audit"] == "as published"
    assert table.loc[(protocol, "svm"), "leaks"] == reason
    assert table.loc[("loso", "svm"), "audit"] == "passed"
    assert f"as published: {reason}" in (grid.folder / "results/scores.html").read_text()


@pytest.mark.slow
def test_a_changed_share_runs_that_protocol_only(grid: Project, tmp_path: Path) -> None:
    project = grid.copy(tmp_path / "project")
    config = (project.folder / "config.yaml").read_text()
    (project.folder / "config.yaml").write_text(config.replace("test_share: 0.4", "test_share: 0.5"))
    planned = project.planned_jobs()
    assert {job for job in planned if "/holdout/" in job}
    assert all("/holdout/" in job or job.startswith("scores:") for job in planned)
