"""The table of a paper: a target of its own, made of the runs that belong to it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from workflow.project import REPOSITORY, TINY, Project


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, lookalike: Callable[[str], Path]) -> Project:
    """The configuration that ships for the table of Dubey et al., on a look-alike, with one seed."""
    shipped: dict[str, Any] = yaml.safe_load((REPOSITORY / "config/table_dubey.yaml").read_text())
    datasets = {name: one | {"root": str(lookalike("smic_hs"))} for name, one in shipped["datasets"].items()}
    experiments = [one | {"seeds": [0]} for one in shipped["experiments"]]
    config = {**TINY, "datasets": datasets, "experiments": experiments}
    return Project.new(tmp_path_factory.mktemp("tables") / "project", config)


def test_a_table_asks_for_its_runs_and_nothing_else(project: Project) -> None:
    jobs = project.planned_jobs("table_dubey")
    trained = [job for job in jobs if job.startswith("train: ")]
    # Four networks and machines at four shares as published, at those and leaving one subject out without a leak.
    assert len(trained) == 4 * 4 + 4 * 5
    assert all("_as_published/" in job or "_leak_free/" in job for job in trained)
    assert "paper_table: results/tables/dubey.csv" in jobs
    assert {job.partition(":")[0] for job in jobs} == {"align", "pack", "train", "evaluate", "paper_table"}


def test_a_table_that_no_experiment_belongs_to_names_the_ready_configuration(project: Project) -> None:
    done = project.snakemake("--dry-run", "table_joshi")
    assert done.returncode != 0
    assert "--configfile config/table_joshi.yaml" in done.stdout + done.stderr
