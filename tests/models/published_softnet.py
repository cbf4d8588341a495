"""A weight file of SOFTNet in the format of Keras 2.2.4-tf, written with h5py, and the network in NumPy."""

from collections.abc import Mapping
from pathlib import Path

import h5py
import numpy as np

from models.layer_by_layer import convolution, max_pooling, relu

LAYERS = [
    *("input_1", "input_2", "input_3", "conv2d", "conv2d_1", "conv2d_2"),
    *("max_pooling2d", "max_pooling2d_1", "max_pooling2d_2", "concatenate", "max_pooling2d_3"),
    *("flatten", "dense", "dense_1"),
]
KERNELS = {
    "conv2d": (5, 5, 1, 3),
    "conv2d_1": (5, 5, 1, 5),
    "conv2d_2": (5, 5, 1, 8),
    "dense": (784, 400),
    "dense_1": (400, 1),
}


def random_weights(seed=0) -> dict[str, list[np.ndarray]]:
    """Kernels whose layers keep the spread of their inputs, and biases that matter."""
    draw = np.random.default_rng(seed)
    return {
        name: [
            (draw.standard_normal(shape) * np.sqrt(2 / np.prod(shape[:-1]))).astype(np.float32),
            (draw.standard_normal(shape[-1:]) * 0.3).astype(np.float32),
        ]
        for name, shape in KERNELS.items()
    }


def write_published(file: Path, weights: Mapping[str, list[np.ndarray]], layers=LAYERS) -> Path:
    """Names are arrays of bytes; a layer without weights has an empty array of floats, as NumPy makes of no names."""
    with h5py.File(file, "w") as out:
        out.attrs["layer_names"] = np.asarray([name.encode("utf8") for name in layers])
        out.attrs["backend"] = b"tensorflow"
        out.attrs["keras_version"] = b"2.2.4-tf"
        for name in layers:
            group = out.create_group(name)
            inner = [f"{name}/kernel:0", f"{name}/bias:0"] if name in weights else []
            group.attrs["weight_names"] = np.asarray([one.encode("utf8") for one in inner])
            for one, array in zip(inner, weights.get(name, []), strict=True):
                dataset = group.create_dataset(one, array.shape, dtype=array.dtype)
                dataset[:] = array
    return file


def literal_score(weights: Mapping[str, list[np.ndarray]], sample: np.ndarray) -> float:
    """Every layer written out: one sample (42, 42, 3) → its score."""
    streams = []
    for channel, name in enumerate(("conv2d", "conv2d_1", "conv2d_2")):
        padded = np.pad(sample[..., [channel]], ((2, 2), (2, 2), (0, 0)))
        streams.append(max_pooling(relu(convolution(padded, *weights[name])), (3, 3)))
    vector = max_pooling(np.concatenate(streams, axis=-1), (2, 2)).ravel()
    hidden, output = weights["dense"], weights["dense_1"]
    return float((relu(vector @ hidden[0] + hidden[1]) @ output[0] + output[1])[0])
