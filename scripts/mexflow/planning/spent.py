"""What the jobs of each rule took."""

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from mexflow.planning.recorded import Record


@dataclass(frozen=True)
class Spent:
    """The jobs of one rule that have run.

    Attributes
    ----------
    rule : str
    jobs : int
    core_hours, gpu_hours : float
        Wall time × threads, and × GPUs asked for.
    median_s : float
        Wall time of a job.
    times_expected : float
        Their time over what the size of their input let expect.
    memory_mb : float
        The largest resident memory of a job.
    asked_mb : float
        What the job with that memory asked for.
    """

    rule: str
    jobs: int
    core_hours: float
    gpu_hours: float
    median_s: float
    times_expected: float
    memory_mb: float
    asked_mb: float

    @property
    def memory_share(self) -> float:
        """The memory used, of that asked for."""
        return self.memory_mb / self.asked_mb


def spent_by_rule(records: Iterable[Record]) -> list[Spent]:
    """What each rule took, the most expensive first."""
    by_rule: dict[str, list[Record]] = {}
    for one in records:
        by_rule.setdefault(one.rule, []).append(one)
    return sorted((_spent(rule, own) for rule, own in by_rule.items()), key=lambda one: -one.core_hours)


def _spent(rule: str, own: list[Record]) -> Spent:
    largest = max(own, key=lambda one: one.memory_mb)
    seconds = [one.seconds for one in own]
    return Spent(
        rule=rule,
        jobs=len(own),
        core_hours=sum(one.seconds * one.threads for one in own) / 3600,
        gpu_hours=sum(one.seconds * one.gpus for one in own) / 3600,
        median_s=median(seconds),
        times_expected=sum(seconds) / max(sum(one.expected_s for one in own), 1e-9),
        memory_mb=largest.memory_mb,
        asked_mb=largest.asked_mb,
    )
