"""Costs follow what earlier jobs took, from the most alike of them on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mexflow.planning.estimate import PlannedJob, Rates, costs_of
from mexflow.planning.recorded import Record


def record(rule: str, took: float, expected: float, **names: str) -> Record:
    return Record(rule, names, took, 100, 1, expected, 1000, 0)


def job(rule: str, expected: float = 60, needed: bool = True, **names: str) -> PlannedJob:
    return PlannedJob(rule, names, needed, expected, threads=2, gpus=0.5, disk_mb=250)


EARLIER = [
    record("train", 30, 10, model="ststnet", dataset="smic"),
    record("train", 10, 10, model="off_apexnet", dataset="smic"),
    record("flow", 5, 10, flow="fast"),
]


def test_jobs_of_the_same_model_count_before_others_of_the_rule() -> None:
    rates = Rates(EARLIER)
    assert rates.factor(job("train", model="ststnet", dataset="samm")) == 3
    assert rates.factor(job("train", model="joshi_3d")) == (30 + 10) / (10 + 10)
    assert rates.factor(job("flow", flow="opencv")) == 0.5
    assert rates.factor(job("align", alignment="box")) == 1


def test_what_is_up_to_date_costs_nothing() -> None:
    (cost,) = costs_of([job("flow", flow="fast"), job("flow", needed=False)], EARLIER)
    assert (cost.jobs, cost.needed, cost.records) == (2, 1, 1)
    assert cost.core_hours == pytest.approx(60 * 0.5 * 2 / 3600)
    assert cost.gpu_hours == pytest.approx(60 * 0.5 * 0.5 / 3600)
    assert cost.disk_gb == 0.25


@given(st.lists(st.tuples(st.floats(0.1, 1e4), st.floats(0.1, 1e4)), min_size=1, max_size=20))
def test_a_grid_that_ran_is_estimated_at_what_it_took(times: list[tuple[float, float]]) -> None:
    earlier = [record("align", took, expected, alignment="box") for took, expected in times]
    again = [PlannedJob("align", {"alignment": "box"}, True, expected) for _, expected in times]
    (cost,) = costs_of(again, earlier)
    assert cost.core_hours * 3600 == pytest.approx(sum(took for took, _ in times))
