"""A network of two convolutions and a dense layer in double precision, and the same written out in NumPy."""

import keras
import numpy as np
from keras import layers

SHAPE = (6, 5, 2)
CLASSES = 3


def tiny_network() -> keras.Model:
    """With weights that leave half of the ReLUs open."""
    keras.utils.set_random_seed(0)
    network = keras.Sequential(
        [
            keras.Input(SHAPE, dtype="float64"),
            layers.Conv2D(4, 3, padding="same", activation="relu", dtype="float64"),
            layers.Conv2D(3, (2, 3), activation="relu", dtype="float64"),
            layers.Flatten(dtype="float64"),
            layers.Dense(CLASSES, activation="softmax", dtype="float64"),
        ]
    )
    rng = np.random.default_rng(0)
    network.set_weights([rng.normal(scale=0.5, size=array.shape) for array in network.get_weights()])
    return network


def literal_convolved(network: keras.Model, sample: np.ndarray) -> np.ndarray:
    """What the second convolution makes of one sample: (5, 3, 3)."""
    first, second, *_ = (layer.get_weights() for layer in network.layers)
    return _convolved(_convolved(np.pad(sample, ((1, 1), (1, 1), (0, 0))), *first), *second)


def literal_scores(network: keras.Model, sample: np.ndarray) -> np.ndarray:
    """The logits of one sample."""
    kernel, bias = network.layers[-1].get_weights()
    return literal_convolved(network, sample).ravel() @ kernel + bias


def _convolved(image: np.ndarray, kernel: np.ndarray, bias: np.ndarray) -> np.ndarray:
    rows, columns, _, filters = kernel.shape
    outputs = np.empty((image.shape[0] - rows + 1, image.shape[1] - columns + 1, filters))
    for y, x in np.ndindex(outputs.shape[:2]):
        window = image[y : y + rows, x : x + columns]
        outputs[y, x] = [np.sum(window * kernel[..., f]) + bias[f] for f in range(filters)]
    return outputs.clip(min=0)
