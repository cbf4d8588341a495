"""How large a network is and how long its training step takes, told without Keras."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from mexflow.models.catalogue import CATALOGUE, PublishedModel


@dataclass(frozen=True)
class Step:
    """What was measured of one published network on one core (`benchmarks/networks.py`).

    Attributes
    ----------
    architecture : str
    input_shape : tuple of int
        Of one sample, channels last.
    parameters : dict
        As in the configuration.
    step_ms : float
        Of a training step, whatever its batch: weights are read and updated.
    sample_ms : float
        Of a training step, for each sample of its batch.
    sample_mb : float
        Memory for each sample of a batch: activations and their gradients.
    """

    architecture: str
    input_shape: tuple[int, ...]
    parameters: dict[str, Any]
    step_ms: float
    sample_ms: float
    sample_mb: float


@dataclass(frozen=True)
class NetworkSize:
    """What a network is expected to be.

    Attributes
    ----------
    weights : int
    step_s, sample_s : float
        Seconds of a training step of one core, and of it for each sample of its batch.
    sample_mb : float
        Memory for each sample of a batch.
    """

    weights: int
    step_s: float
    sample_s: float
    sample_mb: float


_UNKNOWN = NetworkSize(weights=1_000_000, step_s=0.02, sample_s=0.01, sample_mb=20)


def network_size(architecture: str, parameters: dict[str, Any], input_shape: tuple[int, ...]) -> NetworkSize:
    """The size of a network by that of the published variant that is most alike.

    An architecture of which none is published, one's own, is taken for one of a million weights.

    Parameters
    ----------
    architecture : str
    parameters : dict
        As in the configuration.
    input_shape : tuple of int
        Shape of one sample. What grows with its values is scaled by their number.

    Examples
    --------
    >>> network_size("ststnet", {}, (28, 28, 3)).weights
    1651
    """
    if not any(one.architecture == architecture for one in STEPS):
        return _UNKNOWN
    published = _nearest([one for one in CATALOGUE if one.weights], architecture, parameters, input_shape)
    step = _nearest(STEPS, architecture, parameters, input_shape)
    assert published.weights is not None
    weights = published.weights * _growth(published, input_shape)
    measured = _nearest(CATALOGUE, step.architecture, step.parameters, step.input_shape)
    heavier = weights / (measured.weights or weights)
    growth = _growth(step, input_shape)
    return NetworkSize(
        round(weights), step.step_ms * heavier / 1000, step.sample_ms * growth / 1000, step.sample_mb * growth
    )


def _nearest(
    variants: Sequence[Any],
    architecture: str,
    parameters: dict[str, Any],
    input_shape: tuple[int, ...],
) -> Any:
    own = [one for one in variants if one.architecture == architecture]

    def unlike(one: Any) -> tuple[int, float]:
        differing = sum(one.parameters.get(key) != parameters.get(key) for key in {*one.parameters, *parameters})
        growth = _growth(one, input_shape)
        return differing, max(growth, 1 / growth)

    return min(own, key=unlike)


def _growth(one: "Step | PublishedModel", input_shape: tuple[int, ...]) -> float:
    return prod(input_shape) / prod(one.input_shape)


STEPS = (
    Step("micro_exp_stcnn", (96, 64, 64, 1), {}, 212.08, 93.14, 8.43),
    Step("micro_exp_stcnn", (18, 64, 64, 1), {}, 8.72, 4.04, 4.74),
    Step(
        "micro_exp_fusenet",
        (96, 32, 32, 2),
        {"fusion": "intermediate", "dense_activation": "linear"},
        756.23,
        67.46,
        32.95,
    ),
    Step(
        "micro_exp_fusenet", (18, 32, 32, 2), {"fusion": "intermediate", "dense_activation": "linear"}, 37.6, 2.53, 2.11
    ),
    Step("micro_exp_fusenet", (96, 32, 32, 2), {"fusion": "late", "dense_activation": "linear"}, 797.83, 56.86, 45.84),
    Step("micro_exp_fusenet", (18, 32, 32, 2), {"fusion": "late", "dense_activation": "linear"}, 35.57, 2.43, 1.82),
    Step("dubey_3dcnn", (18, 64, 64, 1), {"activation": "relu"}, 7.41, 4.25, 4.97),
    Step("dubey_3dcnn", (18, 64, 64, 1), {"activation": "swish"}, 7.6, 5.52, 9.0),
    Step("elrcn", (9, 224, 224, 3), {"variant": "s"}, 1250.65, 7725.04, 296.9),
    Step("elrcn", (9, 50, 50, 3), {"variant": "t", "sigmoid": True}, 1555.33, 51.81, 46.07),
    Step("elrcn", (9, 224, 224, 3), {"variant": "nofine"}, 119.61, 2399.97, 180.13),
    Step("elrcn", (9, 224, 224, 1), {"variant": "sf"}, 699.16, 900.3, 152.74),
    Step("joshi_2d", (128, 128, 1), {"variant": "binary"}, 17.51, 8.22, 6.94),
    Step("joshi_2d", (128, 128, 1), {"variant": "seven_class"}, 117.63, 37.87, 12.17),
    Step("joshi_3d", (9, 128, 128, 1), {"variant": "binary", "kernel_depth": 1}, 99.67, 133.91, 109.18),
    Step("joshi_3d", (9, 128, 128, 1), {"variant": "seven_class", "kernel_depth": 1}, 94.11, 64.59, 83.26),
    Step("joshi_3d", (9, 128, 128, 1), {"variant": "binary", "kernel_depth": 3}, 55.94, 211.6, 108.3),
    Step("joshi_3d", (9, 128, 128, 1), {"variant": "seven_class", "kernel_depth": 3}, 48.07, 81.52, 50.98),
    Step("joshi_lstm", (9, 128, 128, 1), {"variant": "binary"}, 112.07, 74.09, 27.14),
    Step("joshi_lstm", (9, 128, 128, 1), {"variant": "seven_class"}, 116.01, 76.36, 29.3),
    Step("joshi_convlstm", (9, 128, 128, 1), {"variant": "binary"}, 288.02, 476.91, 316.6),
    Step("joshi_convlstm", (9, 128, 128, 1), {"variant": "seven_class"}, 313.09, 462.02, 259.88),
    Step("ststnet", (28, 28, 3), {}, 1.48, 0.08, 0.15),
    Step("ststnet", (28, 28, 3), {"dense_units": 400}, 1.47, 0.11, 0.13),
    Step("ststnet", (28, 28, 3), {"batch_norm": True, "dropout": 0.5}, 1.42, 0.24, 0.21),
    Step("off_apexnet", (28, 28, 2), {}, 10.19, 0.31, 0.22),
)
