"""Jobs ask for more where their input is larger, and for enough."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mexflow.config.alignment import AlignmentSpec
from mexflow.config.flow import FlowSpec
from mexflow.config.spotting import FlowStrainSpec, SoftnetSpec
from mexflow.config.training import ModelSpec
from mexflow.planning import work

STSTNET = ModelSpec(architecture="ststnet", epochs=100, batch_size=256, learning_rate=1e-3)
sizes = st.integers(1, 10_000)


@given(few=sizes, more=sizes)
def test_more_frames_take_more(few: int, more: int) -> None:
    few, more = sorted((few, few + more))
    spec = AlignmentSpec()
    small, large = (work.work_of_alignment(spec, frames, 60_000 * frames, 1) for frames in (few, more))
    assert small.seconds < large.seconds
    assert small.disk_mb < large.disk_mb
    small, large = (work.work_of_flow(FlowSpec(), pairs, 128 * 128) for pairs in (few, more))
    assert small.seconds < large.seconds
    assert small.disk_mb < large.disk_mb


def test_a_job_of_many_seeds_takes_as_long_as_jobs_of_one_less_their_starts() -> None:
    one, five = (work.work_of_training(STSTNET, (28, 28, 3), 442, 68, seeds) for seeds in (1, 5))
    start = work.work_of_training(STSTNET, (28, 28, 3), 442, 68, 0).seconds
    assert five.seconds - start == pytest.approx(5 * (one.seconds - start))
    assert five.memory_mb == one.memory_mb


def test_weights_that_are_kept_are_counted_on_the_disk() -> None:
    kept = STSTNET.model_copy(update={"keep_weights": True})
    plain, with_weights = (work.work_of_training(model, (28, 28, 3), 442, 68, 5) for model in (STSTNET, kept))
    assert with_weights.disk_mb - plain.disk_mb == pytest.approx(68 * 5 * 1651 * 4 / 1e6)


def test_a_network_of_many_weights_asks_for_their_memory_and_that_of_the_optimizer() -> None:
    fusenet = ModelSpec(architecture="micro_exp_fusenet", epochs=1, batch_size=8, learning_rate=1e-3)
    asked = work.work_of_training(fusenet, (96, 32, 32, 2), 100, 5, 1).memory_mb
    assert asked > 4 * 4 * 177_088_515 / 1e6  # weights, gradients and Adam's two moments, float32


def test_a_spotter_that_trains_nothing_takes_seconds() -> None:
    trained = work.work_of_scoring(SoftnetSpec(method="softnet"), 50_000, 22)
    plain = work.work_of_scoring(FlowStrainSpec(method="flow_strain"), 50_000, 22)
    assert plain.seconds < 60 < trained.seconds


def test_a_machine_that_is_fitted_at_once_asks_for_what_its_stage_imports() -> None:
    machine = ModelSpec(architecture="svm", parameters={"kernel": "linear"})
    measured = 825 + 2 * 160  # MB: the stage on nine clips, and the two Snakemakes around it
    assert work.work_of_training(machine, (28, 28, 3), 9, 3, 1).memory_mb > measured
