"""STSTNet: shallow triple stream three-dimensional CNN.

Liong, Gan, See, Khor and Huang, "Shallow triple stream three-dimensional CNN (STSTNet) for micro-expression
recognition", FG 2019 (arXiv 1902.03634), table I. Every stream sees all three channels.

| layer              | kernel | filters   | stride | padding | output 28×28×3 in |
|--------------------|--------|-----------|--------|---------|-------------------|
| 3 convolutions     | 3×3    | 3 / 5 / 8 | 1      | same    | 28×28×3 / 5 / 8   |
| max pooling        | 3×3    |           | 3      | same    | 10×10×3 / 5 / 8   |
| concatenation      |        |           |        |         | 10×10×16          |
| average pooling    | 2×2    |           | 2      | valid   | 5×5×16            |
| flatten            |        |           |        |         | 400               |
| dense, softmax     |        |           |        |         | classes           |

1,651 parameters for three classes: 448 in the convolutions and 1,203 at the end. The paper says 1,670.
"""

import keras
from keras import layers


def build(
    input_shape: tuple[int, ...],
    classes: int,
    *,
    dense_units: int = 0,
    batch_norm: bool = False,
    dropout: float = 0.0,
) -> keras.Model:
    """STSTNet.

    Parameters
    ----------
    input_shape : (28, 28, 3)
        u, v and strain between onset and apex.
    classes : int
    dense_units : int
        Units of a hidden dense layer; 0 for none. "FC 400" of the paper is the flattened vector by its own
        count of parameters; re-implementations that read it as a dense layer have 400 here.
    batch_norm : bool
        Batch normalisation after each convolution, as in the authors' PyTorch code but not in the paper.
    dropout : float
        Dropout rate after each stream's pooling; the PyTorch code has 0.5, the paper none.
    """
    inputs = keras.Input(input_shape)
    streams = [_stream(inputs, filters, batch_norm, dropout) for filters in (3, 5, 8)]
    features = layers.Concatenate()(streams)
    features = layers.AveragePooling2D(2, strides=2)(features)
    features = layers.Flatten()(features)
    if dense_units:
        features = layers.Dense(dense_units, activation="relu", name="hidden")(features)
    outputs = layers.Dense(classes, activation="softmax", dtype="float32", name="output")(features)
    return keras.Model(inputs, outputs, name="ststnet")


def _stream(inputs: keras.KerasTensor, filters: int, batch_norm: bool, dropout: float) -> keras.KerasTensor:
    stream = layers.Conv2D(filters, 3, padding="same", activation="relu", name=f"conv_{filters}")(inputs)
    if batch_norm:
        stream = layers.BatchNormalization(name=f"norm_{filters}")(stream)
    stream = layers.MaxPooling2D(3, strides=3, padding="same")(stream)
    return layers.Dropout(dropout)(stream) if dropout else stream
