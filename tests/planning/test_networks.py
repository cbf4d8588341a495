"""The size of networks, told without Keras (`tests/models/test_catalogue.py` compares the catalogue with Keras)."""

import pytest

from mexflow.models.catalogue import CATALOGUE
from mexflow.models.registry import architectures, is_network
from mexflow.planning.networks import STEPS, network_size


@pytest.mark.parametrize(
    "published", [one for one in CATALOGUE if one.weights], ids=lambda one: f"{one.architecture}-{one.weights}"
)
def test_a_published_network_is_told_with_the_weights_of_the_catalogue(published) -> None:
    told = network_size(published.architecture, published.parameters, published.input_shape)
    assert told.weights == published.weights


def test_a_larger_sample_never_makes_a_network_smaller() -> None:
    small, large = (network_size("micro_exp_stcnn", {}, (18, side, side, 1)) for side in (32, 128))
    assert small.weights < large.weights
    assert small.sample_s < large.sample_s
    assert small.sample_mb <= large.sample_mb


def test_every_network_of_the_catalogue_was_measured_or_has_a_relative_that_was() -> None:
    assert {one.architecture for one in STEPS} == {name for name in architectures() if is_network(name)}
    assert all(one.sample_ms > 0 for one in STEPS)


def test_a_network_of_ones_own_is_planned_all_the_same() -> None:
    assert network_size("my_network", {}, (28, 28, 3)).weights > 0
