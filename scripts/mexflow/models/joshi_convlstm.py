"""Joshi's ConvLSTM: an LSTM whose products are convolutions, over the frames.

Joshi, "Facial-Microexpression-Recognition", code published in 2021, for SAMM; final version.

| layer               | output       | parameters, binary | parameters, seven classes |
|---------------------|--------------|--------------------|---------------------------|
| ConvLSTM, 3×3, ReLU | 9×126×126×32 | 38,144             | 38,144                    |
| max pooling, 1×2×2  | 9×63×63×32   |                    |                           |
| flatten             | 1,143,072    |                    |                           |
| dense               | 48 or 64     | 54,867,504         | 73,156,672                |
| dropout 0.3         |              |                    |                           |
| dense, softmax      | 2 or 7       | 98                 | 455                       |

54,905,746 parameters for two classes and 73,195,271 for seven. Weights start from Glorot's uniform distribution, those
that act on the state from an orthogonal one.
"""

from typing import Literal

import keras
from keras import layers

_HIDDEN = {"binary": 48, "seven_class": 64}


def build(
    input_shape: tuple[int, ...], classes: int, *, variant: Literal["binary", "seven_class"] = "seven_class"
) -> keras.Model:
    """Joshi's ConvLSTM.

    Parameters
    ----------
    input_shape : (9, 128, 128, 1)
        Onset, apex, offset and three frames between each; rows, columns, gray.
    classes : int
    variant : {"binary", "seven_class"}
        The network of which of the two tasks; they differ in the hidden dense layer.
    """
    inputs = keras.Input(input_shape)
    features = layers.ConvLSTM2D(
        32, 3, activation="relu", recurrent_activation=_gate, return_sequences=True, name="conv_lstm"
    )(inputs)
    features = layers.MaxPooling3D((1, 2, 2))(features)
    features = layers.Flatten()(features)
    features = layers.Dense(_HIDDEN[variant], activation="relu", name="hidden")(features)
    features = layers.Dropout(0.3)(features)
    outputs = layers.Dense(classes, activation="softmax", dtype="float32", name="output")(features)
    return keras.Model(inputs, outputs, name="joshi_convlstm")


def _gate(state: keras.KerasTensor) -> keras.KerasTensor:
    # The code leaves the gates at the default of TensorFlow 2.6, this hard sigmoid. Keras 3 has another default, a
    # sigmoid, and another hard sigmoid, which reaches 0 and 1 at ∓3 instead of ∓2.5.
    return keras.ops.clip(0.2 * state + 0.5, 0.0, 1.0)
