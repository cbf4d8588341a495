"""Half precision: the layers compute in it, the probabilities do not."""

from collections.abc import Iterator

import keras
import numpy as np
import pytest

from mexflow.models.registry import architectures, is_network
from models.miniatures import MINIATURES, Miniature

MORE = (
    Miniature("elrcn", (2, 32, 32, 3), {"variant": "s"}, gray_levels=True),
    Miniature("elrcn", (9, 32, 32, 1), {"variant": "sf"}, gray_levels=True),
)


ALL = pytest.mark.parametrize("miniature", [*MINIATURES, *MORE], ids=lambda one: one.name)


@pytest.fixture(params=["float16", "bfloat16"])
def half(request: pytest.FixtureRequest) -> Iterator[str]:
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(f"mixed_{request.param}")
    yield request.param
    keras.config.set_dtype_policy(before)


def layers_with_weights(model) -> list[keras.Layer]:
    inner = [layer for layer in model._flatten_layers(include_self=False) if not isinstance(layer, keras.Model)]
    return [layer for layer in inner if layer.weights]


def test_every_network_is_tried():
    assert {one.architecture for one in MINIATURES} == {name for name in architectures() if is_network(name)}


@ALL
def test_the_last_layer_alone_computes_in_single_precision(half, miniature):
    model = miniature.build()
    last, *others = sorted(layers_with_weights(model), key=lambda layer: layer.name not in {"output", "fc8"})
    assert last.compute_dtype == "float32"
    assert {layer.compute_dtype for layer in others} == {half}
    assert {weight.dtype for weight in model.weights} == {"float32"}


@ALL
def test_the_probabilities_are_in_single_precision(half, miniature):
    assert miniature.build().output.dtype == "float32"


@ALL
@pytest.mark.parametrize("half", ["bfloat16"], indirect=True)  # TensorFlow pools volumes of float16 on a GPU only
def test_probabilities_sum_to_1_as_those_of_half_precision_would_not(half, miniature):
    """Eight bits leave each of three probabilities an error of up to 1e-3."""
    probabilities = miniature.build().predict_on_batch(miniature.samples)
    assert probabilities.dtype == np.float32
    assert np.isfinite(probabilities).all()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)
