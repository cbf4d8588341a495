"""Jobs that a killed Snakemake has left behind on SLURM: they must not write beside those of the next one."""

import shutil
import subprocess
import time
from collections.abc import Collection
from pathlib import Path

from mexflow.errors import UserError

_ENDED = {
    "CANCELLED",
    "COMPLETED",
    "FAILED",
    "TIMEOUT",
    "OUT_OF_MEMORY",
    "NODE_FAIL",
    "PREEMPTED",
    "BOOT_FAIL",
    "DEADLINE",
}


def comment_of(rule: str, wildcards: Collection[str]) -> str:
    """The comment by which the SLURM plugin names a job; `tests/workflow/test_slurm_faults.py` relies on it."""
    values = "_".join(wildcards).replace("/", "_")
    return f"rule_{rule}_wildcards_{values}" if values else f"rule_{rule}"


def end_left_jobs(comments: Collection[str], folder: Path, patience: float = 120) -> list[str]:
    """Cancel the user's jobs on SLURM that would make the same files, and wait until they are gone.

    Snakemake's lock lets nobody else make these files at the same time, so whoever submitted them is dead.

    Parameters
    ----------
    comments : collection of str
        Of the jobs to be submitted now, see `comment_of`.
    folder : Path
        The working folder that they were submitted from.
    patience : float
        Seconds.

    Returns
    -------
    list of str
        The ids of the jobs that were ended; none where there is no SLURM.

    Raises
    ------
    UserError
        If one of them does not go.
    """
    left = _running(comments, folder)
    if not left:
        return []
    subprocess.run(["scancel", *left], capture_output=True, check=False)
    deadline = time.monotonic() + patience
    while gone_not := _running(comments, folder):
        if time.monotonic() > deadline:
            raise UserError(
                f"An earlier run has left jobs on the cluster that make the same files and cannot be cancelled:"
                f" {', '.join(gone_not)}. Wait until `squeue --me` does not show them any more, and start again."
            )
        time.sleep(1)
    return left


def _running(comments: Collection[str], folder: Path) -> list[str]:
    if shutil.which("squeue") is None:
        return []
    query = ["squeue", "--me", "--noheader", "--format=%A|%T|%Z|%k"]
    asked = subprocess.run(query, capture_output=True, text=True, check=False)
    rows = [line.split("|", 3) for line in asked.stdout.splitlines() if line.count("|") >= 3]
    return [
        number
        for number, state, where, comment in rows
        if Path(where) == folder and comment in comments and state not in _ENDED
    ]
