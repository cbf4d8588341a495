"""Dubey's 3D-CNN: MicroExpSTCNN with another activation."""

import numpy as np
import pytest

from mexflow.models import micro_exp_stcnn
from mexflow.models.dubey_3dcnn import build
from models.layer_by_layer import (
    convolution,
    dense,
    layer_table,
    max_pooling,
    outlined,
    relu,
    seeded,
    softmax,
    swish,
    weights,
)


def test_layers_and_parameters_are_those_of_micro_exp_stcnn():
    model = outlined(build, (18, 64, 64, 1), 3)
    assert layer_table(model) == layer_table(outlined(micro_exp_stcnn.build, (18, 64, 64, 1), 3))
    assert model.count_params() == 1_643_267


@pytest.mark.parametrize(("options", "literal"), [({}, swish), ({"activation": "relu"}, relu)], ids=["default", "relu"])
def test_the_activation_is_swish_unless_asked_for_relu(options, literal):
    model = seeded(build, (17, 5, 5, 1), 3, **options)
    volume = np.random.default_rng(0).standard_normal((17, 5, 5, 1)).astype(np.float32)
    pooled = max_pooling(literal(convolution(volume, *weights(model, "conv"))), (3, 3, 3))
    expected = softmax(dense(literal(dense(pooled.ravel(), model, "hidden")), model, "output"))
    np.testing.assert_allclose(model.predict_on_batch(volume[None])[0], expected, atol=1e-6)
