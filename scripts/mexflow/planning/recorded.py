"""What finished jobs took: the records that Snakemake writes for every rule's `benchmark:`."""

import json
from dataclasses import dataclass
from pathlib import Path

LOGS = Path("logs")


@dataclass(frozen=True)
class Record:
    """One finished job.

    Attributes
    ----------
    rule : str
    names : dict
        Its wildcards.
    seconds : float
        Wall time.
    memory_mb : float
        The largest resident memory; 0 of a job that was too short to be looked at.
    threads : int
    expected_s, asked_mb, gpus : float
        What it was expected to take, and what it asked for.
    """

    rule: str
    names: dict[str, str]
    seconds: float
    memory_mb: float
    threads: int
    expected_s: float
    asked_mb: float
    gpus: float


def recorded_jobs(logs: Path = LOGS) -> list[Record]:
    """All records below a folder. Empty and foreign files are left out, and those of older runs that lack the names."""
    found = []
    for file in sorted(logs.rglob("*.jsonl")):
        try:
            found.append(_record(json.loads(file.read_text().splitlines()[-1])))
        except (OSError, ValueError, LookupError, TypeError):
            continue
    return found


def _record(told: dict) -> Record:
    resources = told["resources"]
    return Record(
        rule=told["rule_name"],
        names=told["wildcards"],
        seconds=float(told["s"]),
        memory_mb=_number(told["max_rss"]),
        threads=int(told["threads"]),
        expected_s=float(resources["expected_s"]),
        asked_mb=float(resources["mem_mb"]),
        gpus=float(resources.get("gpu_percent", 0)) / 100 or float(resources.get("gpu", 0)),
    )


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
