"""Names of parts say exactly what is in them, and stay short."""

import re

from hypothesis import given
from hypothesis import strategies as st

from mexflow.config.parts import PART_PATTERN, Part, parts_of

seed_sets = st.sets(st.integers(0, 60) | st.integers(0, 10**9), min_size=1, max_size=20)


@given(seed_sets, st.none() | st.tuples(st.integers(0, 99), st.just(100)))
def test_a_part_can_be_read_from_its_name(seeds, job):
    part = Part(tuple(sorted(seeds)), job)
    assert re.fullmatch(PART_PATTERN, part.name)
    assert Part.named(part.name) == part


def test_twenty_seeds_in_a_row_have_a_short_name():
    assert Part(tuple(range(20))).name == "seeds0-19"
    assert Part((1, 2, 4, 9, 10, 11)).name == "seeds1-2+4+9-11"


@given(seed_sets, st.integers(1, 7), st.integers(1, 3))
def test_every_share_of_the_folds_of_every_seed_is_in_one_part(seeds, seeds_per_job, jobs):
    parts = parts_of(list(seeds), seeds_per_job, jobs)
    shares = [None] if jobs == 1 else [(number, jobs) for number in range(jobs)]
    found = [(seed, part.job) for part in parts for seed in part.seeds]
    assert sorted(found, key=str) == sorted(((seed, job) for seed in seeds for job in shares), key=str)
    assert len({part.name for part in parts}) == len(parts)


@given(st.integers(1, 5), st.integers(1, 4), st.integers(1, 9))
def test_seeds_added_behind_leave_full_parts_as_they_are(seeds_per_job, full, added):
    before = parts_of(range(seeds_per_job * full), seeds_per_job)
    after = parts_of(range(seeds_per_job * full + added), seeds_per_job)
    assert after[: len(before)] == before
