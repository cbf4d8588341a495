"""How the seeds and folds of a run are parted among its training jobs, and what the folders of these are called."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

PART_PATTERN = r"seeds?\d+([-+]\d+)*(_job\d+of\d+)?"
"""A regular expression for the names of parts."""


@dataclass(frozen=True)
class Part:
    """What one training job of a run makes.

    Attributes
    ----------
    seeds : tuple of int
        In ascending order.
    job : (int, int), optional
        Where jobs share the folds of these seeds: the number of this one, from 0, and how many they are.

    Examples
    --------
    >>> Part((7,)).name
    'seed7'
    >>> Part((0, 1, 2, 3, 4, 7), job=(0, 2)).name
    'seeds0-4+7_job1of2'
    >>> Part.named("seeds0-2+7").seeds
    (0, 1, 2, 7)
    """

    seeds: tuple[int, ...]
    job: tuple[int, int] | None = None

    @classmethod
    def named(cls, name: str) -> "Part":
        """The part with a name that matches `PART_PATTERN`."""
        seeds, _, job = name.partition("_job")
        ranges = [(int(first), int(last or first)) for first, last in re.findall(r"(\d+)(?:-(\d+))?", seeds)]
        number, jobs = map(int, job.split("of")) if job else (1, 1)
        every = tuple(seed for first, last in ranges for seed in range(first, last + 1))
        return cls(every, (number - 1, jobs) if job else None)

    @property
    def name(self) -> str:
        """`seed<N>`, of several `seeds` and their ranges; `_job<I>of<J>` behind where jobs share the folds."""
        ranges = [[seed for _, seed in own] for _, own in groupby(enumerate(self.seeds), lambda one: one[1] - one[0])]
        told = "+".join(str(own[0]) if len(own) == 1 else f"{own[0]}-{own[-1]}" for own in ranges)
        job = f"_job{self.job[0] + 1}of{self.job[1]}" if self.job else ""
        return f"{'seed' if len(self.seeds) == 1 else 'seeds'}{told}{job}"


def parts_of(seeds: Sequence[int], seeds_per_job: int = 1, jobs: int = 1) -> list[Part]:
    """The parts of a run: its seeds in ascending order, so many a job, and the folds of these shared by so many jobs.

    Examples
    --------
    >>> [part.name for part in parts_of(range(7), seeds_per_job=3)]
    ['seeds0-2', 'seeds3-5', 'seed6']
    """
    ordered = sorted(seeds)
    groups = [tuple(ordered[first : first + seeds_per_job]) for first in range(0, len(ordered), seeds_per_job)]
    shares = [None] if jobs == 1 else [(number, jobs) for number in range(jobs)]
    return [Part(group, share) for group in groups for share in shares]
