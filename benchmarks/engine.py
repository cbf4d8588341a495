"""What the engine costs: Snakemake, and what our workflow does while it is parsed and for each job.

Each part runs a copy of the workflow in a folder of its own. The first two run two plain Snakefiles of as many jobs
beside it, pairs of jobs one after the other: the least that a job can be, and jobs with what ours have (two files each
on average, a benchmark, resources, a parameter) but no Python code behind them.

1. A finished grid of 10,000 jobs (custom datasets × features × models × protocols × seeds), run again: "Nothing to be
   done". Its outputs are placeholders and its records are those of `snakemake --touch`. Our share is the part of all
   samples of the main thread's stack, one every 5 ms, whose innermost frame of Snakemake or ours is ours: libraries
   count for who calls them, imports included.
2. 1,000 jobs whose stages do nothing but write their outputs, by a script that imports nothing, on two cores.
3. One frame changed in a dataset of 10,000 clips with 500,000 frames: the time of `snakemake --dry-run`.

Times are of the wall, the best of three runs in turns; CPU times of all processes stand beside them, since other work
on the machine does not change those much.

Run: .venv/bin/python benchmarks/engine.py [--jobs 10000] [--short-jobs 1000] [--clips 10000]
     .venv/bin/python benchmarks/engine.py --write    and replaces benchmarks/engine.md
"""

import argparse
import datetime
import json
import os
import platform
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml

REPOSITORY = Path(__file__).resolve().parents[1]
WORKFLOW = ("rules", "scripts", "profiles", "envs", "docs")
JOBS_PER_RUN = 3
"""The training of five seeds, the scores and the figures."""

FEATURES = 4
REPEATS = 3

SAMPLER = '''"""Samples the stack of the main thread; tells how many samples there were, and how many of ours."""

import atexit
import json
import signal
from pathlib import Path

OURS, SNAKEMAKE = str(Path(__file__).parent), str(Path("site-packages", "snakemake"))
COUNTS = {"ours": 0, "all": 0}


def count(number, frame):
    COUNTS["all"] += 1
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith(OURS) or SNAKEMAKE in name:
            COUNTS["ours"] += name.startswith(OURS)
            return
        frame = frame.f_back


def tell():
    signal.setitimer(signal.ITIMER_REAL, 0)
    Path("samples.json").write_text(json.dumps(COUNTS))


signal.signal(signal.SIGALRM, count)
signal.setitimer(signal.ITIMER_REAL, 0.005, 0.005)
atexit.register(tell)
'''

STAGE = """import os, sys
names = ["splits.csv", "curves.csv", "times.csv", "weights.h5", "audit.json", "predictions.csv"]
given = [one for one in sys.argv[1:] if one.startswith("results/")]
wanted = [f"{one}/{name}" for one in given[1:] for name in names] if "train.py" in sys.argv[0] else given
for path in wanted:
    if not os.path.exists(path):
        with open(path, "w") as file:
            file.write("done")
sys.exit()
"""
"""Stands before a stage's own code: writes what is not there yet. The code behind it still counts as the stage's."""

PLAIN = """
rule all:
    input:
        expand("results/{item}/second.txt", item=range(PAIRS)),
    localrule: True


rule first:
    output:
        "results/{item}/first.txt",
    log:
        "logs/{item}/first.log",
    shell:
        "python stage.py {output} > {log} 2>&1"


rule second:
    input:
        "results/{item}/first.txt",
    output:
        "results/{item}/second.txt",
    log:
        "logs/{item}/second.log",
    shell:
        "python stage.py {input} {output} > {log} 2>&1"
"""
"""The least that a job can be."""

ALIKE = """
rule all:
    input:
        expand("results/{item}/second.txt", item=range(PAIRS)),
    localrule: True


rule first:
    output:
        ensure("results/{item}/first.txt", non_empty=True),
    log:
        "logs/{item}/first.log",
    benchmark:
        "logs/{item}/first.jsonl"
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        spec="{}",
    shell:
        "python stage.py {output} --spec {params.spec:q} > {log} 2>&1"


rule second:
    input:
        "results/{item}/first.txt",
    output:
        "results/{item}/second.txt",
        "results/{item}/third.txt",
        "results/{item}/fourth.txt",
    log:
        "logs/{item}/second.log",
    benchmark:
        "logs/{item}/second.jsonl"
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        spec="{}",
    shell:
        "python stage.py {input} {output} --spec {params.spec:q} > {log} 2>&1"
"""
"""Jobs with what ours have: two files each on average, a benchmark, resources, a parameter; but no code behind them."""

SAMPLED = """
import sys
sys.path.insert(0, ".")
import sampler
import snakemake.cli
sys.exit(snakemake.cli.main())
"""
"""Snakemake under the sampler, its own imports included."""

TOUCH = """
import sys, types
import snakemake.cli, snakemake.executors.touch
snakemake.executors.touch.time = types.SimpleNamespace(sleep=lambda seconds: None)
sys.exit(snakemake.cli.main())
"""
"""Snakemake, but `--touch` does not wait 0.1 s after each job."""


@dataclass(frozen=True)
class Cost:
    """What a process took, and what it printed."""

    seconds: float
    cpu: float
    printed: str


def main() -> None:
    """Measure, print, and write the page when asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=10_000)
    parser.add_argument("--short-jobs", type=int, default=1_000)
    parser.add_argument("--clips", type=int, default=10_000)
    parser.add_argument("--write", action="store_true", help="replace benchmarks/engine.md")
    options = parser.parse_args()
    lines = []
    for line in page(options.jobs, options.short_jobs, options.clips):
        print(line, flush=True)
        lines.append(line)
    if options.write:
        Path(__file__).with_suffix(".md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def page(jobs: int, short_jobs: int, clips: int) -> Iterator[str]:
    """The page, line by line."""
    yield "# The cost of the engine"
    yield ""
    yield "Written by `benchmarks/engine.py --write`; what is measured and how stands at its head."
    yield ""
    yield (
        f"{datetime.datetime.now(tz=datetime.UTC):%Y-%m-%d}, {processor()} ({platform.machine()}), {os.cpu_count()}"
        f" cores, load {os.getloadavg()[0]:.1f} at the start; Python {platform.python_version()}, Snakemake"
        f" {version('snakemake')}."
    )
    for part, size in ((finished_grid, jobs), (short_run, short_jobs), (changed_clip, clips)):
        yield ""
        with tempfile.TemporaryDirectory() as folder:
            yield from part(Path(folder), size)


def finished_grid(folder: Path, jobs: int) -> Iterator[str]:
    """What it takes to see that nothing is to be done."""
    ours = folder / "ours"
    datasets = max(1, round(jobs / 615))
    copy_workflow(ours, grid(datasets, models=5, protocols=4))
    for number in range(datasets):
        write_clips(ours / f"clips{number}", clips=240, frames=50, subjects=60)
    yield "## A finished grid, run again"
    yield ""
    yield "| | jobs | s | CPU s | ours, share |"
    yield "|---|--:|--:|--:|--:|"
    workflows = {"mexflow": ours, **plain_workflows(folder, jobs)}
    counts = {name: finish(one) for name, one in workflows.items()}
    for name, cost in best(workflows).items():
        assert "Nothing to be done" in cost.printed
        share = f"{100 * own_share(ours):.0f} %" if name == "mexflow" else ""
        yield f"| {name} | {counts[name]:,} | {cost.seconds:.1f} | {cost.cpu:.1f} | {share} |"
    yield ""
    yield f"Limits: 10 s, 20 %. {datasets} datasets of 240 clips with 50 frames."


def short_run(folder: Path, jobs: int) -> Iterator[str]:
    """What a job takes that does nothing."""
    ours = folder / "ours"
    models, subjects = max(1, round(jobs * 0.5 / JOBS_PER_RUN / FEATURES)), max(1, jobs // 12)
    copy_workflow(ours, grid(1, models=models, protocols=1))
    write_clips(ours / "clips0", clips=2 * subjects, frames=2, subjects=subjects)
    for stage in (ours / "scripts").glob("*.py"):
        stage.write_text(STAGE + stage.read_text(encoding="utf-8"), encoding="utf-8")
    yield "## Short jobs, two at a time"
    yield ""
    yield "| | jobs | s | ms per job | CPU ms per job |"
    yield "|---|--:|--:|--:|--:|"
    found = {}
    for name, cost in best({"mexflow": ours, **plain_workflows(folder, jobs)}, anew=True).items():
        done = int(re.findall(r"(\d+) of \d+ steps", cost.printed)[-1])
        found[name] = cost.seconds / done, cost.cpu / done
        per_job, cpu = (1000 * value for value in found[name])
        yield f"| {name} | {done:,} | {cost.seconds:.1f} | {per_job:.0f} | {cpu:.0f} |"
    yield ""
    for name in list(found)[1:]:
        ratio, of_cpu = (mine / theirs for mine, theirs in zip(found["mexflow"], found[name], strict=True))
        yield f"A job of ours takes {ratio:.2f} × one of: {name} ({of_cpu:.2f} × its CPU time)."
    yield "The limit is 1.2."


def changed_clip(folder: Path, clips: int) -> Iterator[str]:
    """What it takes to know what one changed frame means."""
    copy_workflow(folder, grid(1, models=1, protocols=1))
    write_clips(folder / "clips0", clips=clips, frames=50, subjects=100)
    jobs = finish(folder)
    unchanged = snakemake(folder, "--dry-run")
    assert "Nothing to be done" in unchanged.printed
    (folder / "clips0" / "s7" / "c7" / "img9.jpg").write_bytes(b"new")
    changed = snakemake(folder, "--dry-run")
    aligned = len(re.findall(r"^rule align:", changed.printed, re.MULTILINE))
    assert aligned == 2, changed.printed
    yield f"## One clip changed of {clips:,}"
    yield ""
    yield f"{clips * 50:,} frames, 100 subjects, {jobs:,} jobs."
    yield ""
    yield "| `snakemake --dry-run` | s | CPU s |"
    yield "|---|--:|--:|"
    yield f"| nothing changed | {unchanged.seconds:.1f} | {unchanged.cpu:.1f} |"
    yield f"| one frame changed | {changed.seconds:.1f} | {changed.cpu:.1f} |"
    yield ""
    yield "Limit: 15 s."


def grid(datasets: int, models: int, protocols: int) -> dict[str, Any]:
    """A configuration: so many datasets and models, four features by two alignments and two flows, five seeds."""
    names = [f"d{number}" for number in range(datasets)]
    pairs = [(alignment, flow) for alignment in ("clip68", "window68") for flow in ("tvl1", "farneback")]
    features = {f"uvs28_{a}_{f}": {"ready": "uvs28", "alignment": a, "flow": f} for a, f in pairs}
    architectures = ("ststnet", "off_apexnet")
    return {
        "datasets": {
            name: {"kind": "custom", "root": f"clips{number}", "fps": 200} for number, name in enumerate(names)
        },
        "alignments": {"clip68": {"mode": "per_clip"}, "window68": {"mode": "per_window"}},
        "flows": {"tvl1": {"preset": "fast"}, "farneback": {"method": "farneback"}},
        "features": features,
        "models": {
            f"m{number}": {
                "architecture": architectures[number % 2],
                "epochs": number + 1,
                "batch_size": 8,
                "learning_rate": 1e-3,
                "seeds_per_job": 5,
            }
            for number in range(models)
        },
        "protocols": {"loso": {"split": "loso"}}
        | {f"folds{number}": {"split": "k_fold", "folds": number + 1} for number in range(1, protocols)},
        "experiments": [
            {
                "datasets": names,
                "features": list(features),
                "models": [f"m{number}" for number in range(models)],
                "protocols": ["loso", *(f"folds{number}" for number in range(1, protocols))],
                "labels": "three_class",
            }
        ],
    }


def copy_workflow(folder: Path, config: dict[str, Any]) -> None:
    """The workflow in a folder of its own."""
    folder.mkdir(exist_ok=True)
    shutil.copyfile(REPOSITORY / "Snakefile", folder / "Snakefile")
    for name in WORKFLOW:
        shutil.copytree(REPOSITORY / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False))


def write_clips(root: Path, clips: int, frames: int, subjects: int) -> None:
    """A custom dataset of empty frames; three emotions."""
    lines = ["subject,clip,onset,apex,offset,emotion"]
    emotions = ("happiness", "surprise", "disgust")
    for number in range(clips):
        subject, clip = f"s{number % subjects}", f"c{number}"
        clip_folder = root / subject / clip
        clip_folder.mkdir(parents=True)
        for frame in range(1, frames + 1):
            (clip_folder / f"img{frame}.jpg").touch()
        lines.append(f"{subject},{clip},1,{max(1, frames // 2)},{frames},{emotions[number % 3]}")
    (root / "labels.csv").write_text("\n".join(lines) + "\n")


def plain_workflows(folder: Path, jobs: int) -> dict[str, Path]:
    """Snakefiles of so many jobs, with the engine's settings of ours."""
    workflows = {"plain jobs of one file": PLAIN, "plain jobs with what ours have": ALIKE}
    for number, snakefile in enumerate(workflows.values()):
        own = folder / f"plain{number}"
        own.mkdir()
        (own / "Snakefile").write_text(f"PAIRS = {jobs // 2}\n{snakefile}")
        (own / "stage.py").write_text(STAGE)
        shutil.copytree(REPOSITORY / "profiles" / "default", own / "profiles" / "default")
    return {name: folder / f"plain{number}" for number, name in enumerate(workflows)}


def finish(folder: Path) -> int:
    """Placeholders for all outputs, recorded as if their jobs had run. The number of jobs."""
    summary = snakemake(folder, "--summary").printed
    outputs = [line.split("\t")[0] for line in summary.splitlines() if line.startswith("results/")]
    for output in outputs:
        path = folder / output
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("done")
    touched = run(
        [sys.executable, "-c", TOUCH, "--nocolor", "--touch", "--forceall", "--cores", "1000"], folder
    ).printed
    return int(re.findall(r"(\d+) of \d+ steps", touched)[-1])


def best(workflows: dict[str, Path], anew: bool = False) -> dict[str, Cost]:
    """The fastest of `REPEATS` runs of each, in turns; from nothing when asked."""
    found: dict[str, list[Cost]] = {name: [] for name in workflows}
    for _ in range(REPEATS):
        for name, folder in workflows.items():
            for built in ("results", "logs", ".snakemake") if anew else ():
                shutil.rmtree(folder / built, ignore_errors=True)
            found[name].append(snakemake(folder, "--cores", "2"))
    return {name: min(costs, key=lambda cost: cost.seconds) for name, costs in found.items()}


def own_share(folder: Path) -> float:
    """The share of our code in a run that has nothing to do."""
    (folder / "sampler.py").write_text(SAMPLER, encoding="utf-8")
    run([sys.executable, "-c", SAMPLED, "--nocolor", "--cores", "2"], folder)
    counts = json.loads((folder / "samples.json").read_text(encoding="utf-8"))
    return counts["ours"] / counts["all"]


def snakemake(folder: Path, *arguments: str) -> Cost:
    """Run Snakemake to its end."""
    return run([sys.executable, "-m", "snakemake", "--nocolor", *arguments], folder)


def run(command: list[str], folder: Path) -> Cost:
    """Run a command to its end; it must succeed."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    # The same `python` for the plain Snakefile as for our rules.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    surroundings = os.environ | {"PATH": path}
    done = subprocess.run(command, cwd=folder, env=surroundings, capture_output=True, text=True, check=False)
    seconds, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0, done.stdout + done.stderr
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(seconds, cpu, done.stdout + done.stderr)


def processor() -> str:
    """Its name, as the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")


if __name__ == "__main__":
    main()
