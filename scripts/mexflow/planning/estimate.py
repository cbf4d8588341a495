"""What a grid will cost: expected seconds of its jobs, corrected by what earlier jobs took."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mexflow.planning.recorded import Record

_KINDS = ("alignment", "flow", "pairs", "feature", "model", "spotter")
"""The names that decide how long a job takes; datasets, units and seeds are in its size."""


@dataclass(frozen=True)
class PlannedJob:
    """One job of the configured grid.

    Attributes
    ----------
    rule : str
    names : dict
        Its wildcards.
    needed : bool
        Whether it would run now; of one that would not, the rest is 0.
    expected_s : float
        Wall time by the size of its input.
    threads : int
    gpus : float
        How many it asks for.
    disk_mb : float
        What it leaves behind.
    """

    rule: str
    names: dict[str, str]
    needed: bool
    expected_s: float = 0.0
    threads: int = 1
    gpus: float = 0.0
    disk_mb: float = 0.0


@dataclass(frozen=True)
class Cost:
    """What the jobs of one rule cost.

    Attributes
    ----------
    rule : str
    jobs, needed : int
        All of them, and those that would run now.
    core_hours, gpu_hours, disk_gb : float
        Of those that would run.
    records : int
        How many finished jobs of the rule the estimate rests on; 0 where it is the size of the input alone.
    """

    rule: str
    jobs: int
    needed: int
    core_hours: float
    gpu_hours: float
    disk_gb: float
    records: int


class Rates:
    """How much longer jobs took than expected, by rule and by what they are made with.

    Parameters
    ----------
    records : iterable of Record
    """

    def __init__(self, records: Iterable[Record]) -> None:
        self._sums: defaultdict[tuple, list[float]] = defaultdict(lambda: [0.0, 0.0, 0])
        for one in records:
            if one.expected_s > 0:
                for key in _keys(one.rule, one.names):
                    took, expected, number = self._sums[key]
                    self._sums[key] = [took + one.seconds, expected + one.expected_s, number + 1]

    def factor(self, job: PlannedJob) -> float:
        """Took / expected, of jobs of the same rule and kind, or of the same rule; 1 where there is none."""
        for key in _keys(job.rule, job.names):
            if key in self._sums:
                took, expected, _ = self._sums[key]
                return took / expected
        return 1.0

    def records(self, rule: str) -> int:
        """How many records there are of a rule."""
        return int(self._sums[(rule,)][2]) if (rule,) in self._sums else 0


def costs_of(jobs: Sequence[PlannedJob], records: Iterable[Record]) -> list[Cost]:
    """The cost of each rule, in the order in which rules first appear.

    Examples
    --------
    >>> costs_of([PlannedJob("flow", {}, needed=True, expected_s=3600, disk_mb=500)], [])
    [Cost(rule='flow', jobs=1, needed=1, core_hours=1.0, gpu_hours=0.0, disk_gb=0.5, records=0)]
    """
    rates = Rates(records)
    by_rule: dict[str, list[PlannedJob]] = {}
    for job in jobs:
        by_rule.setdefault(job.rule, []).append(job)
    costs = []
    for rule, own in by_rule.items():
        needed = [job for job in own if job.needed]
        hours = [job.expected_s * rates.factor(job) / 3600 for job in needed]
        costs.append(
            Cost(
                rule=rule,
                jobs=len(own),
                needed=len(needed),
                core_hours=sum(hour * job.threads for hour, job in zip(hours, needed, strict=True)),
                gpu_hours=sum(hour * job.gpus for hour, job in zip(hours, needed, strict=True)),
                disk_gb=sum(job.disk_mb for job in needed) / 1000,
                records=rates.records(rule),
            )
        )
    return costs


def _keys(rule: str, names: dict[str, str]) -> list[tuple]:
    """From the most alike to the least: the same rule and kind, the same rule."""
    kind = tuple((name, names[name]) for name in _KINDS if name in names)
    return [(rule, kind), (rule,)] if kind else [(rule,)]
