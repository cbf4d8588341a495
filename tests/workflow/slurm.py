"""A throw-away SLURM on the loopback address: a pretend node with two pretend cards, no systemd, no cgroups."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from workflow.project import Project, environment

DAEMONS = ("munged", "slurmctld", "slurmd")
PACKAGES = "slurm-wlm munge"

CONFIGURATION = """\
ClusterName=mexflow
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort={controller_port}
SlurmdPort={node_port}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
PlugStackConfig={folder}/plugstack.conf
# Nothing listens outside this machine.
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SwitchType=switch/none
AccountingStorageType=accounting_storage/none
# Without cgroups, memory is kept in bounds by measuring it every second.
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,sched_min_interval=0,bf_interval=1
# The node may have more processors and memory than the machine.
SlurmdParameters=config_overrides
ReturnToService=2
# Ended jobs stay visible: the state of a job is asked from squeue, there is no accounting.
MinJobAge=3600
KillWait=2
GresTypes=gpu
NodeName=localhost NodeAddr=127.0.0.1 CPUs=8 RealMemory=16000 Gres=gpu:2 State=UNKNOWN
PartitionName=cpu Nodes=localhost Default=YES MaxTime=UNLIMITED State=UP
PartitionName=gpu Nodes=localhost Default=NO MaxTime=UNLIMITED State=UP
"""

CARDS = """\
# A card needs a device of its own; any will do, since nothing keeps jobs from it.
Name=gpu File=/dev/null
Name=gpu File=/dev/zero
"""

SRUN = """\
#!/bin/sh
# The job that Snakemake submits starts its step without SLURM_CONF.
SLURM_CONF={folder}/slurm.conf exec {srun} "$@"
"""


@dataclass(frozen=True)
class Job:
    """A job of SLURM.

    Attributes
    ----------
    number : str
    state : str
        RUNNING, TIMEOUT …
    comment : str
        `rule_<rule>_wildcards_<wildcards>`.
    """

    number: str
    state: str
    comment: str


class Cluster:
    """SLURM's daemons in a folder of their own. `running_cluster` starts and stops one.

    Parameters
    ----------
    folder : Path
        Empty. Its path is short, since it holds sockets, and everyone may enter it, since munged asks for that.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._daemons: dict[str, subprocess.Popen[bytes]] = {}
        self._runs: list[SnakemakeRun] = []

    def environment(self) -> dict[str, str]:
        """The environment of a user of this cluster who has not activated anything."""
        return environment() | {
            "SLURM_CONF": str(self.folder / "slurm.conf"),
            "PATH": f"{self.folder}/bin:{os.defpath}",
        }

    def run(self, *command: str) -> str:
        """What a command of SLURM prints; it must succeed."""
        done = subprocess.run(command, env=self.environment(), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def jobs(self, folder: Path) -> list[Job]:
        """All jobs that were submitted for a project folder, in the order of their submission."""
        printed = self.run("squeue", "--noheader", "--states=all", "--format=%A|%T|%k|%Z")
        rows = [line.split("|") for line in printed.splitlines()]
        found = [Job(*row[:3]) for row in rows if row[3] == str(folder)]
        return sorted(found, key=lambda job: int(job.number))

    def snakemake(self, project: Project, *arguments: str, first_look: int = 18) -> "SnakemakeRun":
        """Start Snakemake with profiles/slurm on a project, in the background.

        Parameters
        ----------
        project : Project
        *arguments : str
        first_look : int
            Seconds until Snakemake asks for the state of its jobs. As long as no job has completed, it asks again after
            10 s more each time (18, 28, 38 …): best is a little more than what the first job takes.
        """
        for_here = (
            *("--slurm-status-command", "squeue"),  # no accounting
            *("--slurm-init-seconds-before-status-checks", str(first_look)),
            *("--latency-wait", "5"),  # no network file system
        )
        run = SnakemakeRun(project, self.environment(), "--profile", "profiles/slurm", *for_here, *arguments)
        self._runs.append(run)
        return run

    def kill_node_daemon(self) -> None:
        """SIGKILL to slurmd. Its jobs run on."""
        self._daemons["slurmd"].kill()
        self._daemons.pop("slurmd").wait()

    def start_node_daemon(self) -> None:
        """Start slurmd again; it finds the jobs that run."""
        self._start("slurmd", "-D")
        self._wait_until(self._node_answers)

    def start(self) -> None:
        """Start the daemons.

        Raises
        ------
        AssertionError
            If they are not ready after half a minute.
        """
        for name in ("state", "spool", "bin"):
            (self.folder / name).mkdir(exist_ok=True)
        self._write("munge.key", os.urandom(128), 0o400)
        self._write("gres.conf", CARDS.encode())
        self._write("plugstack.conf", b"")
        self._write("bin/srun", SRUN.format(folder=self.folder, srun=shutil.which("srun")).encode(), 0o755)
        controller_port, node_port = free_ports(2)
        configuration = CONFIGURATION.format(folder=self.folder, controller_port=controller_port, node_port=node_port)
        self._write("slurm.conf", configuration.encode())
        own = {name: f"{self.folder}/munge.{name}" for name in ("key", "socket", "pid", "log", "seed")}
        self._start(
            *("munged", "--foreground", f"--key-file={own['key']}", f"--socket={own['socket']}"),
            *(f"--pid-file={own['pid']}", f"--log-file={own['log']}", f"--seed-file={own['seed']}"),
        )
        self._wait_until(Path(own["socket"]).exists)
        self._start("slurmctld", "-D", "-c")
        self._start("slurmd", "-D", "-c")
        self._wait_until(self._node_answers)

    def stop(self) -> None:
        """End what tests have left running, all jobs and all daemons, by the process ids that were started here."""
        for run in self._runs:
            run.kill()
        try:
            if set(DAEMONS) <= set(self._daemons):
                self.run("scancel", "--user=root")
                self._wait_until(self._no_job_runs)
        finally:
            for name in reversed(DAEMONS):
                if name in self._daemons:
                    self._terminate(self._daemons.pop(name))

    def logs(self) -> str:
        """The last lines of each daemon's log."""
        return "\n".join(
            f"{file.name}: " + "\n".join(file.read_text(errors="replace").splitlines()[-15:])
            for file in sorted(self.folder.glob("*.log"))
        )

    def _write(self, name: str, content: bytes, mode: int = 0o644) -> None:
        path = self.folder / name
        path.write_bytes(content)
        path.chmod(mode)

    def _start(self, daemon: str, *arguments: str) -> None:
        with (self.folder / f"{daemon}.out.log").open("ab") as printed:
            self._daemons[daemon] = subprocess.Popen(
                [program(daemon), *arguments],
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=printed,
                # Ctrl-C in the tests is not meant for them; they are stopped in their order.
                start_new_session=True,
            )

    @staticmethod
    def _terminate(daemon: subprocess.Popen[bytes]) -> None:
        daemon.terminate()
        try:
            daemon.wait(timeout=20)
        except subprocess.TimeoutExpired:
            daemon.kill()
            daemon.wait()

    def _node_answers(self) -> bool:
        asked = subprocess.run(
            ["sinfo", "--noheader", "--format=%T", "--partition=cpu"],
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        return asked.stdout.strip() in {"idle", "mixed", "allocated"} and self._daemons["slurmd"].poll() is None

    def _no_job_runs(self) -> bool:
        return not self.run("squeue", "--noheader", "--format=%A").strip()

    def _wait_until(self, ready: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 30
        while not ready():
            ended = [name for name, daemon in self._daemons.items() if daemon.poll() is not None]
            assert not ended, f"{', '.join(ended)} ended\n{self.logs()}"
            assert time.monotonic() < deadline, self.logs()
            time.sleep(0.1)


class SnakemakeRun:
    """A Snakemake process in the background, and what it has printed so far.

    Parameters
    ----------
    project : Project
    environment : dict
    *arguments : str
    """

    def __init__(self, project: Project, environment: dict[str, str], *arguments: str) -> None:
        self._project = project
        self._printed = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the process is of interest
        self.process = subprocess.Popen(
            [*project.command(), *arguments],
            cwd=project.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=self._printed,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            # Tests that run in the background of a shell inherit its deafness to Ctrl-C.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - no threads here
        )

    def printed(self) -> str:
        """What it has printed so far."""
        file = self._printed.fileno()
        # Not by reading on: the process writes where this file stands.
        return os.pread(file, os.fstat(file).st_size, 0).decode(errors="replace")

    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self.process.poll() is None

    def job_of(self, stage: str, within: float = 180) -> int:
        """Wait until the script of a stage runs. Its process id."""
        deadline = time.monotonic() + within
        while not (found := running_scripts(self._project, stage)):
            self._assert(self.is_running() and time.monotonic() < deadline)
            time.sleep(0.05)
        return found[0]

    def kill(self) -> None:
        """SIGKILL, as a login node does with what runs too long; jobs on the cluster run on."""
        self.process.kill()
        self.process.wait()

    def interrupt(self) -> None:
        """Ctrl-C."""
        os.killpg(self.process.pid, signal.SIGINT)

    def succeeds(self, within: float = 240) -> str:
        """Wait for its end; it must succeed. What it printed."""
        self._assert(self._code(within) == 0)
        return self.printed()

    def fails(self, within: float = 240) -> str:
        """Wait for its end; it must fail. What it printed."""
        self._assert(self._code(within) != 0)
        return self.printed()

    def _code(self, within: float) -> int:
        try:
            return self.process.wait(timeout=within)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"not at its end after {within:.0f} s:\n{self.printed()}") from None

    def _assert(self, holds: bool) -> None:
        if not holds:
            self.kill()
            raise AssertionError(self.printed())


def running_scripts(project: Project, stage: str) -> list[int]:
    """The process ids of a stage's scripts that run, or stand still, in a project."""
    script = f"{project.folder}/scripts/{stage}.py".encode()
    found = []
    for process in Path("/proc").iterdir():
        try:
            arguments = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if script in arguments[1:2]:
            found.append(int(process.name))
    return found


def missing() -> list[str]:
    """The daemons that are not installed."""
    return [name for name in DAEMONS if shutil.which(name, path=_PLACES) is None]


def program(daemon: str) -> str:
    """Where a daemon lies: Debian keeps them outside a user's PATH.

    Raises
    ------
    FileNotFoundError
        If it is not installed.
    """
    found = shutil.which(daemon, path=_PLACES)
    if found is None:
        raise FileNotFoundError(daemon)
    return found


_PLACES = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin", "/sbin"])


def free_ports(number: int) -> list[int]:
    """Ports of the loopback address that nobody listens on."""
    sockets = [socket.socket() for _ in range(number)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


@contextmanager
def running_cluster() -> Iterator[Cluster]:
    """A cluster with an idle node; stopped and removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="mexflow-slurm-"))
    folder.chmod(0o755)
    cluster = Cluster(folder)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)
