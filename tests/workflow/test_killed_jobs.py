"""A job killed at any moment: the next run completes, and its results are those of an undisturbed run."""

import os
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import h5py
import hdf5plugin  # noqa: F401
import numpy as np
import pytest

from workflow.project import Project, environment

SEED = "results/demo/runs/uvs28/three_class/ststnet/loso/seed0"
FLOWS = "results/demo/clip68/tvl1/onset_apex"
STAGES = {
    # stage: (the folder to remove so that it runs, targets, longest delay before the kill in seconds)
    "align": ("results/demo/clip68/aligned", [f"results/demo/clip68/aligned/s{n}.h5" for n in (1, 2, 3)], 2.5),
    "flow": (FLOWS, [f"{FLOWS}/s{n}.h5" for n in (1, 2, 3)], 1.5),
    "pack": ("results/demo/features", ["results/demo/features/uvs28.h5"], 1.2),
    "train": (SEED, [f"{SEED}/predictions.csv"], 8.0),
}
OF_OTHERS = {"times.csv", "flow_sheet_three_class.png", "quality.csv", "quality.html"}
"""Files in these folders that are not made again, or differ in each run."""
KILLS = [("align", 5), ("flow", 5), ("pack", 5), ("train", 5)]


def contents(path: Path) -> dict[str, bytes]:
    """What a file holds, without what HDF5 adds of its own."""
    if path.suffix != ".h5":
        return {"": path.read_bytes()}
    found: dict[str, bytes] = {}
    with h5py.File(path) as file:
        file.visititems(
            lambda name, item: (
                found.update({name: np.asarray(item[()]).astype(str).tobytes()})
                if isinstance(item, h5py.Dataset)
                else None
            )
        )
    return found


def wait_for_job(project: Project, stage: str, snakemake: subprocess.Popen[Any]) -> list[int]:
    """The process ids of the stage's scripts, as soon as there is one."""
    script = f"{project.folder}/scripts/{stage}.py".encode()
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline and snakemake.poll() is None:
        running = []
        for process in Path("/proc").iterdir():
            try:
                arguments = (process / "cmdline").read_bytes().split(b"\0")
            except (OSError, ValueError):
                continue
            if script in arguments[1:2]:
                running.append(int(process.name))
        if running:
            return running
        time.sleep(0.02)
    raise AssertionError(f"no job of {stage} was seen")


def is_running(process: int) -> bool:
    """Neither gone nor waiting for its parent to take note of its end."""
    try:
        return (Path("/proc") / str(process) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.slow
@pytest.mark.parametrize(("stage", "kills"), KILLS)
def test_a_killed_job_runs_again_and_nothing_half_written_is_read(
    finished_demo: Project, tiny_demo: Project, stage: str, kills: int
) -> None:
    removed, targets, longest = STAGES[stage]
    moments = random.Random(stage)
    struck = 0
    for attempt in range(3 * kills):
        shutil.rmtree(finished_demo.folder / removed)
        command = [*finished_demo.command(), "--cores", "2", *targets]
        snakemake = subprocess.Popen(
            command,
            cwd=finished_demo.folder,
            env=environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        jobs = wait_for_job(finished_demo, stage, snakemake)
        time.sleep(moments.uniform(0, longest))
        # A kill after the job's end proves nothing and does not count.
        struck += any(is_running(job) for job in jobs)
        if attempt % 2:
            # Everything at once, as a power cut would: Snakemake leaves its lock behind.
            os.killpg(snakemake.pid, signal.SIGKILL)
            snakemake.wait()
            finished_demo.build("--unlock")
        else:
            for job in jobs:
                try:
                    os.kill(job, signal.SIGKILL)
                except ProcessLookupError:
                    continue
            snakemake.wait()
        finished_demo.build(*targets)
        for file in sorted((tiny_demo.folder / removed).rglob("*")):
            if file.is_file() and file.name not in OF_OTHERS:
                again = finished_demo.folder / file.relative_to(tiny_demo.folder)
                assert contents(again) == contents(file), f"{stage}, attempt {attempt}: {again.name}"
        if struck == kills:
            break
    assert struck == kills
    assert not list((finished_demo.folder / "results").rglob("*.part"))


def test_ctrl_c_leaves_no_lock_and_no_half_written_file(finished_demo: Project) -> None:
    shutil.rmtree(finished_demo.folder / "results/demo/clip68/aligned")
    command = [*finished_demo.command(), "--cores", "2", *STAGES["align"][1]]
    snakemake = subprocess.Popen(
        command,
        cwd=finished_demo.folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        # Tests that run in the background of a shell inherit its deafness to Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - no threads here
    )
    wait_for_job(finished_demo, "align", snakemake)
    written = finished_demo.folder / "results/demo/clip68/aligned"
    deadline = time.monotonic() + 60
    while not list(written.glob(".*.part")) and time.monotonic() < deadline:
        time.sleep(0.01)
    os.killpg(snakemake.pid, signal.SIGINT)
    snakemake.communicate(timeout=60)
    assert snakemake.returncode != 0
    assert not list((finished_demo.folder / "results").rglob("*.part"))
    finished_demo.build(*STAGES["align"][1])
    finished_demo.build()
    assert finished_demo.planned_jobs() == set()
