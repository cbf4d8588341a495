"""PBS, LSF and SGE through profiles/generic: pretended schedulers that keep what they are asked and run the jobs."""

import os
import re
import shutil
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from workflow.project import Project, environment
from workflow.slurm import SnakemakeRun, running_scripts
from workflow.test_killed_jobs import FLOWS, SEED, contents

ALIGNED = "results/demo/clip68/aligned/s1.h5"
FLOW = f"{FLOWS}/s1.h5"
PACKED = "results/demo/features/uvs28.h5"
PREDICTIONS = f"{SEED}/predictions.csv"
WANTED = ("align:mem_mb=2501 * attempt", "align:runtime=95", "align:gpu=2", "flow:mem_mb=1000", "flow:runtime=5")
"""For `align`, with three threads: not to be divided evenly, more than an hour, two cards. `flow` states no card."""

SUBMIT = """\
#!/bin/sh
# Keeps the arguments and the script, runs the script in the background and prints an id.
cd "{desk}"
number=$(($(ls ./*.arguments 2> /dev/null | wc -l) + 1))
printf '%s\\n' "$@" > "$number.arguments"
cat > "$number.script"
PBS_JOBID=$number.server LSB_JOBID=$number JOB_ID=$number setsid sh "$number.script" > "$number.printed" 2>&1 &
echo $! > "$number.process"
printf '{answer}\\n' "$number"
"""
ASK = """\
#!/bin/sh
# The job is the last argument.
for id in "$@"; do :; done
cd "{desk}"
if grep -q '^State:.[^Z]' "/proc/$(cat "${id%%.*}.process")/status" 2> /dev/null; then
{known}
else
{unknown}
fi
"""
LIST = """\
#!/bin/sh
# All jobs that run.
cd "{desk}"
echo 'job-ID prior name user state submit/start at queue'
for process in *.process; do
  grep -q '^State:.[^Z]' "/proc/$(cat "$process")/status" 2> /dev/null || continue
  echo "     ${process%.process} 0.5 align root r 01/01/2026 10:00:00 all"
done
exit 0
"""
CANCEL = """\
#!/bin/sh
# Ends jobs as schedulers do: the whole session, nothing is left to clean up.
cd "{desk}"
for id in "$@"; do
  echo "$id" >> cancelled
  kill -KILL -- "-$(cat "${id%%.*}.process")"
done
"""
PBS_UNKNOWN = 'echo "qstat: Unknown Job Id $id" >&2; exit 153'
LSF_UNKNOWN = 'echo "Job <$id> is not found" >&2; exit 255'
COMMANDS = {
    "pbs": {
        "qsub": SUBMIT.replace("{answer}", "%s.server"),
        "qstat": ASK.replace("{known}", "  echo R").replace("{unknown}", f"  {PBS_UNKNOWN}"),
        "qdel": CANCEL,
    },
    "lsf": {
        "bsub": SUBMIT.replace("{answer}", "Job <%s> is submitted to queue <normal>."),
        "bjobs": ASK.replace("{known}", "  echo RUN").replace("{unknown}", f"  {LSF_UNKNOWN}"),
        "bkill": CANCEL,
    },
    "sge": {"qsub": SUBMIT.replace("{answer}", "%s"), "qstat": LIST, "qdel": CANCEL},
}

STATED = {
    # scheduler: (what the job of align asks for, what no job without a card asks for)
    "pbs": (("select=1:ncpus=3:mem=2501mb:ngpus=2", "walltime=1:35:00"), "ngpus"),
    "lsf": (("-n\n3", "span[hosts=1] rusage[mem=2501MB]", "-M\n2501MB", "-W\n95", "-gpu\nnum=2"), "-gpu"),
    # A third of the memory for each slot, rounded up.
    "sge": (("-pe\nsmp\n3", "h_vmem=834M,h_rt=5700,gpu=2"), "gpu="),
}


@dataclass(frozen=True)
class Scheduler:
    """Pretended commands of a scheduler, and the desk on which they keep what they get."""

    name: str
    commands: Path
    desk: Path

    @classmethod
    def pretended(cls, name: str, folder: Path) -> "Scheduler":
        """Write its commands."""
        scheduler = cls(name, folder / "commands", folder / "desk")
        scheduler.commands.mkdir(parents=True)
        scheduler.desk.mkdir()
        for command, text in COMMANDS[name].items():
            script = scheduler.commands / command
            script.write_text(text.replace("{desk}", str(scheduler.desk)))
            script.chmod(0o755)
        return scheduler

    def snakemake(self, project: Project, *arguments: str) -> SnakemakeRun:
        """Start Snakemake with profiles/generic, set to this scheduler as a user would."""
        profile = project.folder / "profiles" / "generic" / "profile.yaml"
        profile.write_text(re.sub('scheduler = "[a-z]+"', f'scheduler = "{self.name}"', profile.read_text(), count=1))
        path = f"{self.commands}:{os.defpath}"
        in_haste = ("--seconds-between-status-checks", "1", "--latency-wait", "5")
        return SnakemakeRun(
            project, environment() | {"PATH": path}, "--profile", "profiles/generic", *in_haste, *arguments
        )

    def submissions(self) -> list[str]:
        """The arguments of each submission, one a line."""
        found = sorted(self.desk.glob("*.arguments"), key=lambda file: int(file.stem))
        return [file.read_text() for file in found]


def without(project: Project, *made: str) -> Project:
    for one in made:
        path = project.folder / one
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    return project


def assert_equal(project: Project, undisturbed: Project, *made: str) -> None:
    for one in made:
        assert contents(project.folder / one) == contents(undisturbed.folder / one), one


@pytest.mark.slow
@pytest.mark.parametrize("name", ["pbs", "lsf", "sge"])
def test_a_scheduler_gets_what_rules_state_and_results_equal_a_local_run(
    name: str, finished_demo: Project, tiny_demo: Project, tmp_path: Path
) -> None:
    project = without(finished_demo, ALIGNED, FLOW)
    scheduler = Scheduler.pretended(name, tmp_path / "scheduler")
    scheduler.snakemake(project, FLOW, "--set-resources", *WANTED, "--set-threads", "align=3").succeeds()
    assert_equal(project, tiny_demo, ALIGNED, FLOW)
    align, flow = scheduler.submissions()
    stated, of_cards = STATED[name]
    for words in stated:
        assert f"\n{words}\n" in align
    assert of_cards not in flow
    assert project.planned_jobs(FLOW) == set()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["pbs", "lsf", "sge"])
def test_a_job_that_its_scheduler_kills_runs_again_with_more(
    name: str, finished_demo: Project, tiny_demo: Project, tmp_path: Path
) -> None:
    project = without(finished_demo, ALIGNED)
    scheduler = Scheduler.pretended(name, tmp_path / "scheduler")
    run = scheduler.snakemake(project, ALIGNED, "--set-resources", *WANTED)
    run.job_of("align")
    os.killpg(int((scheduler.desk / "1.process").read_text()), signal.SIGKILL)
    run.succeeds()
    assert_equal(project, tiny_demo, ALIGNED)
    first, second = scheduler.submissions()
    assert "2501" in first
    assert "5002" in second


def test_ctrl_c_takes_the_jobs_back(finished_demo: Project, tmp_path: Path) -> None:
    project = without(finished_demo, ALIGNED)
    scheduler = Scheduler.pretended("pbs", tmp_path / "scheduler")
    run = scheduler.snakemake(project, ALIGNED)
    run.job_of("align")
    run.interrupt()
    run.fails()
    assert (scheduler.desk / "cancelled").read_text() == "1.server\n"
    deadline = time.monotonic() + 10
    while running_scripts(project, "align") and time.monotonic() < deadline:
        time.sleep(0.1)
    assert running_scripts(project, "align") == []


@pytest.mark.slow
def test_commands_of_ones_own_take_the_place_of_the_profiles(
    finished_demo: Project, tiny_demo: Project, tmp_path: Path
) -> None:
    project = without(finished_demo, PACKED, SEED)
    jobs = tmp_path / "jobs"
    jobs.mkdir()
    submit, status, cancel = (tmp_path / f"{name}.sh" for name in ("submit", "status", "cancel"))
    submit.write_text(
        f'cd "{jobs}"; id=$(($(ls | wc -l) + 1)); mkdir "$id"; cp "$1" "$id/script"; chmod +x "$id/script"\n'
        '(setsid "./$id/script" > "$id/printed" 2>&1; echo $? > "$id/code") > /dev/null 2>&1 & echo "$id"\n'
    )
    status.write_text(
        f'case $(cat "{jobs}/$1/code" 2> /dev/null) in 0) echo success;; "") echo running;; *) echo failed;; esac\n'
    )
    cancel.write_text("#!/bin/sh\nexit 0\n")
    cancel.chmod(0o755)
    SnakemakeRun(
        project,
        environment(),
        *("--profile", "profiles/generic", PREDICTIONS),
        *("--cluster-generic-submit-cmd", f"sh {submit}", "--cluster-generic-status-cmd", f"sh {status}"),
        *("--cluster-generic-cancel-cmd", str(cancel)),
        *("--seconds-between-status-checks", "1", "--latency-wait", "5"),
    ).succeeds()
    assert len(list(jobs.iterdir())) == 2
    assert_equal(project, tiny_demo, PACKED, PREDICTIONS)
