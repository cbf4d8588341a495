"""What clusters do to jobs: the next attempt or the next run completes, and the results are an undisturbed run's."""

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from workflow.project import Project
from workflow.slurm import Cluster, SnakemakeRun, running_scripts
from workflow.test_killed_jobs import SEED, contents, is_running

PREDICTIONS = f"{SEED}/predictions.csv"
ALIGNED = "results/demo/clip68/aligned/s1.h5"
PACKED = "results/demo/features/uvs28.h5"
LOG_OF_TRAINING = f"logs/{SEED.removeprefix('results/')}.log"
DIFFERS_IN_EACH_RUN = {"times.csv"}

pytestmark = pytest.mark.slow

ENDED_UNRECORDED = pytest.mark.xfail(
    strict=True,
    reason="a job that ends between a killed Snakemake and the next one is recorded by neither",
)


def without(project: Project, made: str) -> Project:
    """Remove a file, or a folder, that a stage has made."""
    path = project.folder / made
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    return project


def assert_as_undisturbed(project: Project, undisturbed: Project, made: str) -> None:
    """Nothing is left to do for a file or folder, no unfinished file lies about, and the contents are right."""
    there = undisturbed.folder / made
    files = [there] if there.is_file() else sorted(file for file in there.rglob("*") if file.is_file())
    assert project.planned_jobs(*(str(file.relative_to(undisturbed.folder)) for file in files)) == set()
    for file in files:
        if file.name not in DIFFERS_IN_EACH_RUN:
            assert contents(project.folder / file.relative_to(undisturbed.folder)) == contents(file), file.name
    assert not list((project.folder / "results").rglob("*.part"))


def states(slurm: Cluster, project: Project) -> list[str]:
    """How the jobs of a project ended, in the order of their submission."""
    return [job.state for job in slurm.jobs(project.folder)]


def log_of_slurm(project: Project, number: str) -> str:
    """What SLURM and Snakemake printed into the log of one failed job."""
    (log,) = (project.folder / "logs" / "slurm").rglob(f"{number}.log")
    return log.read_text()


def finished_folds(project: Project) -> set[int]:
    """The folds that a training has on disk, counted from 1."""
    return {int(file.stem) + 1 for file in (project.folder / SEED / "finished_folds").rglob("[0-9]*.h5")}


def logged_folds(project: Project) -> set[int]:
    """The folds that the last process of a training has trained, counted from 1."""
    log = (project.folder / LOG_OF_TRAINING).read_text()
    return {int(number) for number in re.findall(r"fold (\d+) \(of \d+\)", log)}


@dataclass(frozen=True)
class StandingTraining:
    """A training that stands still behind its first folds, with a minute left before SLURM's time limit ends it."""

    project: Project
    snakemake: SnakemakeRun
    finished: set[int]


@pytest.fixture(scope="module")
def out_of_time(slurm: Cluster, tiny_demo: Project, tmp_path_factory: pytest.TempPathFactory) -> StandingTraining:
    """SLURM looks every half minute for jobs above their limit of whole minutes: other tests run in the meantime."""
    project = without(tiny_demo.copy(tmp_path_factory.mktemp("out_of_time") / "project"), SEED)
    run = slurm.snakemake(project, PREDICTIONS, first_look=25)
    training = run.job_of("train")
    while not finished_folds(project):
        assert is_running(training), (project.folder / LOG_OF_TRAINING).read_text()
        time.sleep(0.01)
    os.kill(training, signal.SIGSTOP)
    slurm.run("scontrol", "update", f"JobId={slurm.jobs(project.folder)[0].number}", "TimeLimit=1")
    return StandingTraining(project, run, finished_folds(project))


@pytest.mark.usefixtures("out_of_time")  # the clock of its last test runs while the others do
def test_a_cancelled_job_runs_again(slurm: Cluster, finished_demo: Project, tiny_demo: Project) -> None:
    project = without(finished_demo, SEED)
    run = slurm.snakemake(project, PREDICTIONS, first_look=12)
    run.job_of("train")
    slurm.run("scancel", slurm.jobs(project.folder)[0].number)
    run.succeeds()
    assert states(slurm, project) == ["CANCELLED", "COMPLETED"]
    assert_as_undisturbed(project, tiny_demo, SEED)


def test_a_job_out_of_memory_runs_again_with_more(slurm: Cluster, finished_demo: Project, tiny_demo: Project) -> None:
    project = without(finished_demo, SEED)
    growing = "train:mem_mb=600 + 3000 * (attempt - 1)"
    run = slurm.snakemake(project, PREDICTIONS, "--set-resources", growing, first_look=16)
    run.succeeds()
    assert states(slurm, project) == ["FAILED", "COMPLETED"]
    first, _ = slurm.jobs(project.folder)
    assert "exceeded memory limit" in log_of_slurm(project, first.number)
    assert_as_undisturbed(project, tiny_demo, SEED)


def test_a_job_outlives_the_daemon_of_its_node(slurm: Cluster, finished_demo: Project, tiny_demo: Project) -> None:
    project = without(finished_demo, SEED)
    run = slurm.snakemake(project, PREDICTIONS)
    training = run.job_of("train")
    os.kill(training, signal.SIGSTOP)
    slurm.kill_node_daemon()
    slurm.start_node_daemon()
    assert is_running(training)
    os.kill(training, signal.SIGCONT)
    run.succeeds()
    assert states(slurm, project) == ["COMPLETED"]
    assert_as_undisturbed(project, tiny_demo, SEED)


def watched(project: Project, stage: str, run: SnakemakeRun) -> int:
    """The most scripts of a stage that were there at once until a run's end."""
    most = 0
    deadline = time.monotonic() + 240
    while run.is_running() and time.monotonic() < deadline:
        most = max(most, sum(is_running(script) for script in running_scripts(project, stage)))
        time.sleep(0.05)
    return most


def test_a_killed_snakemake_is_followed_by_one_that_completes(
    slurm: Cluster, finished_demo: Project, tiny_demo: Project
) -> None:
    project = without(finished_demo, SEED)
    first = slurm.snakemake(project, PREDICTIONS)
    left_behind = first.job_of("train")
    first.kill()
    os.kill(left_behind, signal.SIGSTOP)
    slurm.snakemake(project, "--unlock").succeeds()
    second = slurm.snakemake(project, PREDICTIONS)
    try:
        assert watched(project, "train", second) == 1
    finally:
        with suppress(ProcessLookupError):
            os.kill(left_behind, signal.SIGCONT)
        second.succeeds()
    assert states(slurm, project) == ["CANCELLED", "COMPLETED"]
    assert_as_undisturbed(project, tiny_demo, SEED)


@ENDED_UNRECORDED
def test_a_job_that_ends_after_its_snakemake_is_recorded_or_runs_again(
    slurm: Cluster, finished_demo: Project, tiny_demo: Project
) -> None:
    project = without(finished_demo, SEED)
    made = [str(file.relative_to(tiny_demo.folder)) for file in (tiny_demo.folder / SEED).iterdir()]
    project.build("--cleanup-metadata", *made)
    first = slurm.snakemake(project, PREDICTIONS)
    first.job_of("train")
    first.kill()
    while (now := states(slurm, project)) != ["COMPLETED"]:
        assert now in (["RUNNING"], ["COMPLETING"])
        time.sleep(0.2)
    slurm.snakemake(project, "--unlock").succeeds()
    slurm.snakemake(project, PREDICTIONS).succeeds()
    assert_as_undisturbed(project, tiny_demo, SEED)
    text = (project.folder / "config.yaml").read_text()
    (project.folder / "config.yaml").write_text(text.replace("learning_rate: 0.001", "learning_rate: 0.002"))
    assert {job.partition(":")[0] for job in project.planned_jobs(PREDICTIONS)} == {"train"}


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """A disk of 32 kB over a folder; its files go with it."""
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=32k", "tmpfs", str(folder)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"no small disk can be made: run the tests as root ({done.stderr.strip()})"
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_full_disk_is_told_and_the_next_run_completes(
    slurm: Cluster, finished_demo: Project, tiny_demo: Project
) -> None:
    project = without(finished_demo, PACKED)
    folder = (project.folder / PACKED).parent
    with small_disk(folder):
        said = slurm.snakemake(project, PACKED, "--retries", "0", first_look=14).fails()
        assert "uvs28.h5: the disk is full (" in said
        assert list(folder.iterdir()) == []
        subprocess.run(["mount", "-o", "remount,size=10m", str(folder)], check=True)
        slurm.snakemake(project, PACKED, first_look=14).succeeds()
        assert_as_undisturbed(project, tiny_demo, PACKED)


def test_a_second_user_of_a_results_folder_is_refused(
    slurm: Cluster, finished_demo: Project, tiny_demo: Project
) -> None:
    project = without(finished_demo, ALIGNED)
    first = slurm.snakemake(project, ALIGNED, first_look=20)
    job = first.job_of("align")
    os.kill(job, signal.SIGSTOP)
    said = slurm.snakemake(project, ALIGNED).fails()
    assert "Directory cannot be locked" in said
    assert "no other Snakemake process is trying to create the same files" in said
    assert "Traceback" not in said
    os.kill(job, signal.SIGCONT)
    first.succeeds()
    assert states(slurm, project) == ["COMPLETED"]
    assert_as_undisturbed(project, tiny_demo, ALIGNED)


def test_a_training_out_of_time_goes_on_behind_its_last_finished_fold(
    slurm: Cluster, out_of_time: StandingTraining, tiny_demo: Project
) -> None:
    project, every = out_of_time.project, {1, 2, 3}
    assert out_of_time.finished < every
    out_of_time.snakemake.succeeds()
    assert states(slurm, project) == ["TIMEOUT", "COMPLETED"]
    assert logged_folds(project) == every - out_of_time.finished
    assert_as_undisturbed(project, tiny_demo, SEED)
