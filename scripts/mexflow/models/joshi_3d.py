"""Joshi's 3D CNN, with kernels that span frames or, as published, do not.

Joshi, "Facial-Microexpression-Recognition", code published in 2021, for SAMM; final version. Its kernels are one frame
deep: nothing before the dense layer sees two frames together.

| binary         | output, depth 1 | parameters | output, depth 3 | parameters |
|----------------|-----------------|------------|-----------------|------------|
| convolution    | 9×126×126×64    | 640        | 7×126×126×64    | 1,792      |
| max pooling    | 9×63×63×64      |            | 7×63×63×64      |            |
| convolution    | 9×61×61×96      | 55,392     | 5×61×61×96      | 165,984    |
| max pooling    | 9×30×30×96      |            | 5×30×30×96      |            |
| flatten        | 777,600         |            | 432,000         |            |
| dense          | 24              | 18,662,424 | 24              | 10,368,024 |
| dropout 0.35   |                 |            |                 |            |
| dense, softmax | 2               | 50         | 2               | 50         |

| seven classes  | output, depth 1 | parameters | output, depth 3 | parameters |
|----------------|-----------------|------------|-----------------|------------|
| convolution    | 9×126×126×32    | 320        | 7×126×126×32    | 896        |
| max pooling    | 9×63×63×32      |            | 7×63×63×32      |            |
| batch norm     |                 | 128        |                 | 128        |
| convolution    | 9×61×61×64      | 18,496     | 5×61×61×64      | 55,360     |
| max pooling    | 9×30×30×64      |            | 5×30×30×64      |            |
| batch norm     |                 | 256        |                 | 256        |
| flatten        | 518,400         |            | 288,000         |            |
| dense          | 32              | 16,588,832 | 32              | 9,216,032  |
| dropout 0.27   |                 |            |                 |            |
| batch norm     |                 | 128        |                 | 128        |
| dense, softmax | 7               | 231        | 7               | 231        |

As published 18,718,506 and 16,608,391 parameters, running means and variances included; with depth 3 10,535,850 and
9,273,031. Kernels are 3×3 px, pooling is 1×2×2. All weights start from He's uniform distribution.
"""

from dataclasses import dataclass
from typing import Literal

import keras
from keras import layers


@dataclass(frozen=True)
class _Sizes:
    filters: tuple[int, int]
    hidden: int
    dropout: float
    batch_norm: bool


_SIZES = {
    "binary": _Sizes(filters=(64, 96), hidden=24, dropout=0.35, batch_norm=False),
    "seven_class": _Sizes(filters=(32, 64), hidden=32, dropout=0.27, batch_norm=True),
}


def build(
    input_shape: tuple[int, ...],
    classes: int,
    *,
    variant: Literal["binary", "seven_class"] = "seven_class",
    kernel_depth: int = 3,
) -> keras.Model:
    """Joshi's 3D CNN.

    Parameters
    ----------
    input_shape : (9, 128, 128, 1)
        Onset, apex, offset and three frames between each; rows, columns, gray.
    classes : int
    variant : {"binary", "seven_class"}
        The network of which of the two tasks.
    kernel_depth : int
        Frames of the kernels. As published it is 1.
    """
    sizes = _SIZES[variant]
    inputs = features = keras.Input(input_shape)
    for number, filters in enumerate(sizes.filters, start=1):
        features = layers.Conv3D(
            filters, (kernel_depth, 3, 3), activation="relu", kernel_initializer="he_uniform", name=f"conv_{number}"
        )(features)
        features = layers.MaxPooling3D((1, 2, 2))(features)
        if sizes.batch_norm:
            features = layers.BatchNormalization(name=f"conv_{number}_norm")(features)
    features = layers.Flatten()(features)
    features = layers.Dense(sizes.hidden, activation="relu", kernel_initializer="he_uniform", name="hidden")(features)
    features = layers.Dropout(sizes.dropout)(features)
    if sizes.batch_norm:
        features = layers.BatchNormalization(name="hidden_norm")(features)
    outputs = layers.Dense(
        classes, activation="softmax", kernel_initializer="he_uniform", dtype="float32", name="output"
    )(features)
    return keras.Model(inputs, outputs, name="joshi_3d")
