"""Joshi's CNN+LSTM: a CNN on each frame, an LSTM over the frames.

Joshi, "Facial-Microexpression-Recognition", code published in 2021, for SAMM; final version.

| layer                         | output       | parameters |
|-------------------------------|--------------|------------|
| convolution, each frame       | 9×126×126×32 | 320        |
| max pooling, each frame       | 9×63×63×32   |            |
| convolution, each frame       | 9×61×61×64   | 18,496     |
| max pooling, each frame       | 9×30×30×64   |            |
| flatten, each frame           | 9×57,600     |            |
| dropout 0.3                   |              |            |
| LSTM, ReLU, input dropout 0.4 | 32           | 7,377,024  |
| dense                         | 24           | 792        |
| dropout 0.35 (binary) or 0.3  |              |            |
| dense, softmax                | 2 or 7       | 50 or 175  |

7,396,682 parameters for two classes and 7,396,807 for seven. Kernels are 3×3, pooling is 2×2. The LSTM's state goes
through a ReLU where a tanh is usual; its gates are sigmoids. Weights start from Glorot's uniform distribution, those
that act on the state from an orthogonal one.
"""

from typing import Literal

import keras
from keras import layers

_DROPOUT = {"binary": 0.35, "seven_class": 0.3}


def build(
    input_shape: tuple[int, ...], classes: int, *, variant: Literal["binary", "seven_class"] = "seven_class"
) -> keras.Model:
    """Joshi's CNN+LSTM.

    Parameters
    ----------
    input_shape : (9, 128, 128, 1)
        Onset, apex, offset and three frames between each; rows, columns, gray.
    classes : int
    variant : {"binary", "seven_class"}
        The network of which of the two tasks; they differ in the last dropout.
    """
    inputs = keras.Input(input_shape)
    features = layers.TimeDistributed(_frame_cnn(input_shape[1:]), name="frames")(inputs)
    features = layers.Dropout(0.3)(features)
    features = layers.LSTM(32, activation="relu", dropout=0.4, name="lstm")(features)
    features = layers.Dense(24, activation="relu", name="hidden")(features)
    features = layers.Dropout(_DROPOUT[variant])(features)
    outputs = layers.Dense(classes, activation="softmax", dtype="float32", name="output")(features)
    return keras.Model(inputs, outputs, name="joshi_lstm")


def _frame_cnn(frame_shape: tuple[int, ...]) -> keras.Sequential:
    # One model over time, not each of its layers over time as in Joshi's code: the same network, in a third of the
    # time and of the memory.
    return keras.Sequential(
        [
            keras.Input(frame_shape),
            layers.Conv2D(32, 3, activation="relu", name="conv_1"),
            layers.MaxPooling2D(2),
            layers.Conv2D(64, 3, activation="relu", name="conv_2"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
        ],
        name="frame_cnn",
    )
