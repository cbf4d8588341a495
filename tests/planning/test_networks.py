"""The size of networks told without Keras is that of the networks."""

import pytest

from mexflow.config.training import ModelSpec
from mexflow.models.catalogue import CATALOGUE
from mexflow.models.registry import architectures, build_model, is_network
from mexflow.planning.networks import STEPS, network_size

SMALL = [one for one in CATALOGUE if one.weights and one.weights < 20e6]


@pytest.mark.parametrize("published", SMALL, ids=lambda one: f"{one.architecture}-{one.weights}")
def test_a_published_network_has_the_weights_it_is_told_to_have(published) -> None:
    told = network_size(published.architecture, published.parameters, published.input_shape).weights
    model = build_model(
        ModelSpec(architecture=published.architecture, parameters=published.parameters),
        published.input_shape,
        published.classes,
    )
    assert model.count_params() == told


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
