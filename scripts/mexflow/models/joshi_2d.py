"""Joshi's 2D CNN: one frame in; a clip is recognised by a vote of its frames.

Joshi, "Facial-Microexpression-Recognition", code published in 2021, for SAMM; final version.

| binary         | output     | parameters | seven classes  | output     | parameters |
|----------------|------------|------------|----------------|------------|------------|
| convolution    | 126×126×32 | 320        | convolution    | 126×126×64 | 640        |
| max pooling    | 63×63×32   |            | max pooling    | 63×63×64   |            |
| batch norm     |            | 128        | batch norm     |            | 256        |
| convolution    | 61×61×64   | 18,496     | convolution    | 61×61×128  | 73,856     |
| max pooling    | 30×30×64   |            | max pooling    | 30×30×128  |            |
| batch norm     |            | 256        | batch norm     |            | 512        |
|                |            |            | convolution    | 28×28×256  | 295,168    |
|                |            |            | max pooling    | 14×14×256  |            |
|                |            |            | batch norm     |            | 1,024      |
| flatten        | 57,600     |            | flatten        | 50,176     |            |
| dense          | 64         | 3,686,464  | dense          | 384        | 19,267,968 |
| dropout 0.3    |            |            | dropout 0.42   |            |            |
| batch norm     |            | 256        | batch norm     |            | 1,536      |
|                |            |            | dense          | 96         | 36,960     |
|                |            |            | dropout 0.25   |            |            |
|                |            |            | batch norm     |            | 384        |
| dense, softmax | 2          | 130        | dense, softmax | 7          | 679        |

3,706,050 and 19,678,983 parameters, running means and variances included. Kernels are 3×3, pooling is 2×2. All weights
start from He's uniform distribution.
"""

from dataclasses import dataclass
from typing import Literal

import keras
from keras import layers


@dataclass(frozen=True)
class _Sizes:
    filters: tuple[int, ...]
    hidden: tuple[tuple[int, float], ...]  # units, and the dropout rate after them


_SIZES = {
    "binary": _Sizes(filters=(32, 64), hidden=((64, 0.3),)),
    "seven_class": _Sizes(filters=(64, 128, 256), hidden=((384, 0.42), (96, 0.25))),
}


def build(
    input_shape: tuple[int, ...], classes: int, *, variant: Literal["binary", "seven_class"] = "seven_class"
) -> keras.Model:
    """Joshi's 2D CNN.

    Parameters
    ----------
    input_shape : (128, 128, 1)
        Rows, columns, gray of a single frame.
    classes : int
    variant : {"binary", "seven_class"}
        The network of which of the two tasks.
    """
    sizes = _SIZES[variant]
    inputs = features = keras.Input(input_shape)
    for number, filters in enumerate(sizes.filters, start=1):
        features = layers.Conv2D(filters, 3, activation="relu", kernel_initializer="he_uniform", name=f"conv_{number}")(
            features
        )
        features = layers.MaxPooling2D(2)(features)
        features = layers.BatchNormalization(name=f"conv_{number}_norm")(features)
    features = layers.Flatten()(features)
    for number, (units, dropout) in enumerate(sizes.hidden, start=1):
        features = layers.Dense(units, activation="relu", kernel_initializer="he_uniform", name=f"hidden_{number}")(
            features
        )
        features = layers.Dropout(dropout)(features)
        features = layers.BatchNormalization(name=f"hidden_{number}_norm")(features)
    outputs = layers.Dense(
        classes, activation="softmax", kernel_initializer="he_uniform", dtype="float32", name="output"
    )(features)
    return keras.Model(inputs, outputs, name="joshi_2d")
