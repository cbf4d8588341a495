"""Whole grids on a real SLURM with the profile that ships: what comes out is what a local run gives."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from workflow.project import TINY, Project
from workflow.slurm import Cluster
from workflow.test_killed_jobs import contents

KINDS = ("smic_hs", "casme2", "samm")
GRID = {**TINY["experiments"][0], "datasets": list(KINDS), "protocols": ["loso", "three"]}
LOOKALIKES: dict[str, Any] = {
    **TINY,
    "models": {
        "ststnet": {**TINY["models"]["ststnet"], "gpus_per_job": 0.25, "seeds_per_job": 2},
        "svm": {"architecture": "svm", "parameters": {"kernel": "linear"}},
    },
    "protocols": {"loso": {"split": "loso"}, "three": {"split": "k_fold", "by": "subject", "folds": 3}},
    "experiments": [
        {**GRID, "models": ["ststnet"], "seeds": [0, 1]},
        {**GRID, "models": ["svm"], "seeds": [0]},
    ],
}
"""Three datasets, two models, two protocols; two seeds of the network in one job, and one of the machine."""


def results(project: Project) -> dict[str, dict[str, bytes]]:
    """What a run has predicted and scored, and the tensors it was trained on."""
    folder = project.folder / "results"
    files = [*folder.rglob("predictions.csv"), *folder.rglob("scores.*"), *folder.rglob("features/*.h5")]
    return {str(file.relative_to(folder)): contents(file) for file in files}


def submitted(cluster: Cluster, project: Project) -> dict[str, str]:
    """The rule of each job that SLURM has run for a project, and its state."""
    return {job.number: f"{job.comment.split('_wildcards_')[0]} {job.state}" for job in cluster.jobs(project.folder)}


@pytest.mark.slow
def test_the_demo_gives_on_slurm_what_it_gives_here(slurm: Cluster, tiny_demo: Project, tmp_path: Path) -> None:
    project = Project.new(tmp_path / "project", TINY)
    slurm.snakemake(project, "results/scores.csv", first_look=10).succeeds()
    assert results(project) == {
        name: found for name, found in results(tiny_demo).items() if (project.folder / "results" / name).exists()
    }
    assert (project.folder / "results/scores.csv").exists()
    states = submitted(slurm, project)
    assert set(states.values()) == {
        f"rule_{rule} COMPLETED" for rule in ("synthesize", "align", "flow", "pack", "train", "evaluate", "scores")
    }
    assert len(states) == 3 + 3 + 3 + 1 + 2 + 1 + 1


@pytest.mark.slow
def test_look_alikes_give_on_slurm_what_they_give_here(
    slurm: Cluster, lookalike: Callable[[str], Path], tmp_path: Path
) -> None:
    datasets = {kind: {"kind": kind, "root": str(lookalike(kind))} for kind in KINDS}
    config = {**LOOKALIKES, "datasets": datasets}
    here, there = (Project.new(tmp_path / name, config) for name in ("here", "there"))
    here.build("results/scores.csv")
    slurm.snakemake(there, "results/scores.csv", first_look=10).succeeds(within=600)
    found = results(there)
    assert found == results(here)
    assert sum(name.endswith("loso/scores.json") for name in found) == 3 * 2
    trained = [state for state in submitted(slurm, there).values() if "train" in state]
    assert trained == ["rule_train COMPLETED"] * 3 * 2 * 2


@pytest.mark.slow
def test_a_training_gets_a_card_and_the_memory_and_time_of_its_size(
    slurm: Cluster, finished_demo: Project, tmp_path: Path
) -> None:
    part = "demo/runs/uvs28/three_class/ststnet/loso/seed0"
    target = f"results/{part}/predictions.csv"
    (finished_demo.folder / target).unlink()
    slurm.snakemake(finished_demo, target, first_look=10).succeeds()
    (job,) = slurm.jobs(finished_demo.folder)
    told = dict(item.split("=", 1) for item in slurm.run("scontrol", "show", "job", job.number).split() if "=" in item)
    asked = json.loads((finished_demo.folder / f"logs/{part}.jsonl").read_text())["resources"]
    assert told["TresPerJob"] == "gres:gpu:1"
    assert told["MinMemoryNode"] in {f"{asked['mem_mb']}M", f"{asked['mem_mb'] / 1024:g}G"}
    hours, minutes, _ = map(int, told["TimeLimit"].split(":"))
    assert 60 * hours + minutes == asked["runtime"]
