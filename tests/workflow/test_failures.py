"""A job that fails stops no other, and the user is told which failed, why, and what waits for it."""

import copy
import csv
import shutil
from pathlib import Path

import pytest

from workflow.project import TINY, Project
from workflow.slurm import Cluster

RUNS = "results/demo/runs/uvs28/three_class"
SHEET, FLOW_SHEET = (
    "results/demo/clip68/contact_sheet.png",
    "results/demo/clip68/tvl1/onset_apex/flow_sheet_three_class.png",
)
# Its convolutions span 15 frames, and a sample of uvs28 is one image of flow.
UNFIT = {"architecture": "dubey_3dcnn", "epochs": 2, "batch_size": 8, "learning_rate": 0.001}
FIT = {"architecture": "svm"}


def configuration(other: dict[str, object]) -> dict[str, object]:
    """The tiny demo, and one seed of another model."""
    config = copy.deepcopy(TINY)
    config["models"]["other"] = other
    config["experiments"].append({**config["experiments"][0], "models": ["other"], "seeds": [0]})
    return config


def failures(project: Project) -> list[dict[str, str]]:
    with (project.folder / "results/failed.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def begin_with(project: Project, stage: str, code: str) -> None:
    """Put a line in front of a stage's script."""
    script = project.folder / "scripts" / f"{stage}.py"
    script.write_text(f"{code}\n{script.read_text()}")


def scores(project: Project) -> str:
    """What `mexflow scores` prints."""
    done = project.mexflow("scores")
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def failed(tiny_demo: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A run in which one training cannot be, another job succeeds at its second attempt, and the rest is fine."""
    project = tiny_demo.copy(tmp_path_factory.mktemp("failures") / "project")
    project.configure(configuration(UNFIT))
    for path in (f"{RUNS}/ststnet/loso/seed0/predictions.csv", f"{RUNS}/ststnet/loso/scores.json", SHEET):
        (project.folder / path).unlink()
    once = (
        "import pathlib, sys; pathlib.Path('tried').exists() or (pathlib.Path('tried').touch(), sys.exit('Error: no'))"
    )
    begin_with(project, "contact_sheet", once)
    done = project.snakemake("--retries", "1")
    assert done.returncode != 0
    assert "Traceback" not in done.stdout + done.stderr
    assert "1 job failed; 1 run waits for it. See results/failed.html" in done.stdout + done.stderr
    return project


@pytest.mark.slow
def test_the_others_are_finished(failed: Project, tiny_demo: Project) -> None:
    for name in ("predictions.csv", "seed0/predictions.csv", "scores.json"):
        found, expected = ((one.folder / RUNS / "ststnet/loso" / name).read_bytes() for one in (failed, tiny_demo))
        assert found == expected
    assert (failed.folder / "tried").exists()
    assert (failed.folder / SHEET).exists()


def test_exactly_the_failing_training_is_listed_with_the_end_of_its_log(failed: Project) -> None:
    (row,) = failures(failed)
    assert (row["rule"], row["job"]) == ("train", "demo · uvs28 · three_class · other · loso · seed0")
    assert row["waiting_runs"] == f"{RUNS}/other/loso"
    log = (failed.folder / row["log"]).read_text().splitlines()
    assert log[-1].startswith("Error: A convolution of 15 × 3 × 3")
    assert row["reason"] == log[-1].removeprefix("Error: ")
    assert row["last_lines"].splitlines() == log[-20:]
    page = (failed.folder / "results/failed.html").read_text()
    assert "1 job failed; 1 run waits for it" in page
    assert "works on samples of at least 17 × 5 × 5" in page


def test_the_scores_of_finished_runs_are_shown_and_what_failed(failed: Project) -> None:
    printed = scores(failed)
    assert "ststnet" in printed.partition("failed")[0]
    assert "other" not in printed.partition("failed")[0]
    assert "1 job failed; 1 run waits for it. See " in printed
    assert "train: demo · uvs28 · three_class · other · loso · seed0: A convolution of 15 × 3 × 3" in printed


def test_a_report_can_be_made_of_what_is_finished(failed: Project) -> None:
    (failed.folder / "results/report.html").unlink(missing_ok=True)
    printed = failed.build("finished", "--report", "results/report.html")
    assert "Adding confusion.png" in printed
    assert (failed.folder / "results/report.html").exists()


def test_a_dry_run_leaves_the_page_alone(failed: Project) -> None:
    before = (failed.folder / "results/failed.html").stat().st_mtime_ns
    failed.build("--dry-run")
    assert (failed.folder / "results/failed.html").stat().st_mtime_ns == before


@pytest.mark.slow
def test_the_page_goes_when_the_cause_is_removed(failed: Project, tmp_path: Path) -> None:
    project = failed.copy(tmp_path / "project")
    project.configure(configuration(FIT))
    project.build()
    assert not list((project.folder / "results").glob("failed.*"))
    with (project.folder / "results/scores.csv").open(newline="") as file:
        assert {row["model"] for row in csv.DictReader(file)} == {"ststnet", "other"}
    assert "failed" not in scores(project).replace("passed its leak audit", "")


def test_a_killed_job_and_one_without_output_are_told_apart(finished_demo: Project) -> None:
    for path in (SHEET, FLOW_SHEET):
        (finished_demo.folder / path).unlink()
    begin_with(finished_demo, "contact_sheet", "import os; print('half way', flush=True); os.kill(os.getpid(), 9)")
    begin_with(finished_demo, "flow_sheet", "import sys; sys.exit()")
    done = finished_demo.snakemake(SHEET, FLOW_SHEET, "--latency-wait", "1")
    assert done.returncode != 0
    assert {row["rule"]: row["reason"] for row in failures(finished_demo)} == {
        "contact_sheet": "ended without a message: killed, out of memory or out of time",
        "flow_sheet": "ended well, but its output is missing or empty",
    }
    assert {row["rule"]: row["last_lines"] for row in failures(finished_demo)}["contact_sheet"] == "half way"
    assert {row["waiting_runs"] for row in failures(finished_demo)} == {""}


@pytest.mark.slow
def test_on_a_cluster_the_scheduler_is_heard_as_well(slurm: Cluster, finished_demo: Project) -> None:
    for path in (SHEET, FLOW_SHEET):
        (finished_demo.folder / path).unlink()
    begin_with(finished_demo, "contact_sheet", "import os; print('half way', flush=True); os.kill(os.getpid(), 9)")
    begin_with(finished_demo, "flow_sheet", "import sys; sys.exit('Error: no face in s1.')")
    slurm.snakemake(finished_demo, SHEET, FLOW_SHEET, "--retries", "0", first_look=8).fails()
    reasons = {row["rule"]: row["reason"] for row in failures(finished_demo)}
    assert reasons["flow_sheet"] == "no face in s1."
    silent, said = reasons["contact_sheet"].split(". SLURM-job '", maxsplit=1)
    assert silent == "ended without a message: killed, out of memory or out of time"
    assert "SLURM status is: 'FAILED'" in said


def test_without_failures_nothing_is_written(finished_demo: Project) -> None:
    shutil.rmtree(finished_demo.folder / "results/demo/features")
    finished_demo.build("features")
    assert not list((finished_demo.folder / "results").glob("failed.*"))
