"""`mexflow plan` says what Snakemake would do, and `mexflow costs` what it did."""

import re

import pytest

from workflow.project import TINY, Project


def rows(printed: str) -> dict[str, list[str]]:
    """Rule → jobs, done, to run and the rest of its row."""
    found = [line.split() for line in printed.splitlines()]
    return {row[0]: row[1:] for row in found if len(row) > 3 and row[1].isdigit() and "/" not in row}


def written(project: Project) -> dict[str, int]:
    """All results with their modification times, but for what the index keeps for itself."""
    files = [file for file in (project.folder / "results").rglob("*") if file.is_file()]
    return {str(file): file.stat().st_mtime_ns for file in files if file.name != "contents.json"}


@pytest.mark.slow
def test_a_finished_grid_has_nothing_to_run(finished_demo: Project) -> None:
    done = finished_demo.mexflow("plan")
    assert done.returncode == 0, done.stderr
    assert "Experiment 1: uvs28 × ststnet × loso × 2 seeds" in done.stdout
    assert re.search(r"demo +1 / 1", done.stdout)
    assert rows(done.stdout)["train"][:3] == ["2", "2", "0"]
    assert rows(done.stdout)["all"][2] == "0"


@pytest.mark.slow
def test_what_is_added_is_planned_as_snakemake_plans_it(finished_demo: Project) -> None:
    models = {**TINY["models"], "svm": {"architecture": "svm"}}
    experiment = {**TINY["experiments"][0], "models": ["ststnet", "svm"], "seeds": [0, 1, 2]}
    finished_demo.configure({**TINY, "models": models, "experiments": [experiment]})
    done = finished_demo.mexflow("plan")
    assert "Experiment 1: uvs28 × ststnet, svm × loso × 3 seeds" in done.stdout
    assert re.search(r"demo +0 / 2", done.stdout)
    by_snakemake: dict[str, int] = {}
    for job in finished_demo.planned_jobs():
        rule = job.partition(":")[0]
        by_snakemake[rule] = by_snakemake.get(rule, 0) + 1
    found = rows(done.stdout)
    assert {rule: int(row[2]) for rule, row in found.items() if row[2] != "0" and rule != "all"} == by_snakemake
    assert found["train"][:3] == ["6", "2", "4"]
    # Two trainings have run here: those to come are told by them.
    assert found["train"][-2:] == ["2", "jobs"]


@pytest.mark.slow
def test_nothing_is_run_and_nothing_is_written(finished_demo: Project) -> None:
    before = written(finished_demo)
    finished_demo.configure({**TINY, "experiments": [{**TINY["experiments"][0], "seeds": [7]}]})
    assert finished_demo.mexflow("plan").returncode == 0
    assert written(finished_demo) == before


@pytest.mark.slow
def test_a_mistake_is_told_in_its_own_words(finished_demo: Project) -> None:
    finished_demo.configure({**TINY, "experiments": [{**TINY["experiments"][0], "models": ["ststnett"]}]})
    done = finished_demo.mexflow("plan")
    assert done.returncode == 1
    assert 'did you mean "ststnet"?' in done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    missing = finished_demo.mexflow("plan", "nowhere.yaml")
    assert missing.returncode == 1
    assert "nowhere.yaml" in missing.stderr
    assert "Traceback" not in missing.stdout + missing.stderr


@pytest.mark.slow
def test_costs_are_told_of_every_rule_that_ran(finished_demo: Project) -> None:
    done = finished_demo.mexflow("costs")
    assert done.returncode == 0, done.stderr
    found = rows(done.stdout)
    assert {rule: int(row[0]) for rule, row in found.items() if rule in {"synthesize", "align", "train"}} == {
        "synthesize": 3,
        "align": 3,
        "train": 2,
    }
    assert (finished_demo.folder / "results/costs.png").stat().st_size > 10_000


def test_without_a_record_the_next_step_is_told(tmp_path) -> None:
    project = Project.new(tmp_path / "project", TINY)
    done = project.mexflow("costs")
    assert done.returncode == 1
    assert "no job has left a record" in done.stderr
