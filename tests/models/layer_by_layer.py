"""Models of any size told layer by layer, and their layers written out in NumPy."""

import keras
import numpy as np


def outlined(build, input_shape, classes, **options) -> keras.Model:
    """A model whose weights have shapes but no values: the largest would take a gigabyte."""
    with keras.StatelessScope(initialize_variables=False):
        model = build(input_shape, classes, **options)
    keras.utils.clear_session()  # else the next model would bring this one's weights into being
    return model


def seeded(build, input_shape, classes, **options) -> keras.Model:
    """A model with the same random weights in every run of the tests."""
    keras.utils.set_random_seed(0)
    return build(input_shape, classes, **options)


def layer_table(model) -> list[tuple[str, tuple[int, ...], float]]:
    """Kind, output shape and number of parameters (of a dropout: its rate) of each layer, the input left out."""
    return [
        (
            type(layer).__name__,
            tuple(layer.output.shape[1:]),
            layer.rate if isinstance(layer, keras.layers.Dropout) else layer.count_params(),
        )
        for layer in model.layers
        if not isinstance(layer, keras.layers.InputLayer)
    ]


def convolution(samples, kernel, bias) -> np.ndarray:
    """Channels last, any number of axes, no padding."""
    axes = tuple(range(samples.ndim - 1))
    windows = np.lib.stride_tricks.sliding_window_view(samples, kernel.shape[:-2], axis=axes)
    # windows: position…, channel, offset…; kernel: offset…, channel, filter
    last = windows.ndim
    return np.tensordot(windows, np.moveaxis(kernel, -2, 0), (range(len(axes), last), range(len(axes) + 1))) + bias


def max_pooling(samples, pool) -> np.ndarray:
    """Channels last; what does not fill a pool is left out."""
    for axis, size in enumerate(pool):
        kept = samples.shape[axis] // size
        samples = np.moveaxis(samples, axis, 0)[: kept * size]
        samples = np.moveaxis(samples.reshape(kept, size, *samples.shape[1:]).max(axis=1), 0, axis)
    return samples


def relu(values) -> np.ndarray:
    return np.maximum(values, 0)


def swish(values) -> np.ndarray:
    return values * sigmoid(values)


def sigmoid(values) -> np.ndarray:
    return 1 / (1 + np.exp(-values))


def softmax(values) -> np.ndarray:
    powers = np.exp(values - values.max())
    return powers / powers.sum()


def weights(model, name) -> list[np.ndarray]:
    return model.get_layer(name).get_weights()


def dense(values, model, name) -> np.ndarray:
    kernel, bias = weights(model, name)
    return values @ kernel + bias


def he_limit(kernel) -> float:
    """The bound of He's uniform distribution for a kernel of these inputs."""
    return np.sqrt(6 / np.prod(kernel.shape[:-1]))


def learning_weights(model, samples, labels) -> set[str]:
    """The paths of the weights that one step of gradient descent changes."""
    model.compile("sgd", "sparse_categorical_crossentropy", run_eagerly=True)
    before = model.get_weights()
    model.train_on_batch(samples, labels)
    pairs = zip(model.weights, before, model.get_weights(), strict=True)
    return {weight.path for weight, old, new in pairs if weight.trainable and (old != new).any()}
