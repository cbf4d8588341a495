"""MicroExpSTCNN: one three-dimensional convolution over the whole face.

Reddy, Karri, Dubey and Mukherjee, "Spontaneous facial micro-expression recognition using 3D spatiotemporal
convolutional neural networks", IJCNN 2019 (arXiv 1904.01390), section III and table I, and the authors' code. Table I
ends with "Dropout 3" where the code has the softmax layer; so has this one. The code puts time last, we put it first.

| layer          | kernel | output, 96 frames | parameters | output, 18 frames | parameters |
|----------------|--------|-------------------|------------|-------------------|------------|
| convolution    | 15×3×3 | 82×62×62×32       | 4,352      | 4×62×62×32        | 4,352      |
| max pooling    | 3×3×3  | 27×20×20×32       |            | 1×20×20×32        |            |
| dropout 0.5    |        |                   |            |                   |            |
| flatten        |        | 345,600           |            | 12,800            |            |
| dense          |        | 128               | 44,236,928 | 128               | 1,638,528  |
| dropout 0.5    |        |                   |            |                   |            |
| dense, softmax |        | 3                 | 387        | 3                 | 387        |

44,241,667 and 1,643,267 parameters for three classes. The dense layers start from a normal distribution with
deviation 0.05, the convolution from Glorot's uniform one.
"""

from typing import Literal

import keras
from keras import layers

from mexflow.errors import UserError

_POOL = 3


def build(
    input_shape: tuple[int, ...],
    classes: int,
    *,
    kernel_size: int = 3,
    kernel_depth: int = 15,
    activation: Literal["relu", "swish"] = "relu",
) -> keras.Model:
    """MicroExpSTCNN.

    Parameters
    ----------
    input_shape : (96, 64, 64, 1) or (18, 64, 64, 1)
        Frames, rows, columns, gray. 96 frames for CAS(ME)², 18 for SMIC.
    classes : int
    kernel_size : int
        Rows and columns of the kernels, px. The paper's kernel study has 3, 5 and 7.
    kernel_depth : int
        Frames of the kernels. The kernel study has 3, 7, 15 and 19, each with each size.
    activation : {"relu", "swish"}
        Of the convolution and of the hidden dense layer; swish (x·sigmoid(x)) is the study of `dubey_3dcnn`.

    Raises
    ------
    UserError
        If the samples are no volumes, or too small for kernel and pooling.
    """
    inputs = keras.Input(input_shape)
    features = spatiotemporal_features(inputs, (kernel_depth, kernel_size, kernel_size), activation, name="conv")
    # An initializer's seed is drawn when it is made: two layers that share one would start alike.
    features = layers.Dense(
        128, activation=activation, kernel_initializer=keras.initializers.RandomNormal(stddev=0.05), name="hidden"
    )(features)
    features = layers.Dropout(0.5)(features)
    outputs = layers.Dense(
        classes,
        activation="softmax",
        kernel_initializer=keras.initializers.RandomNormal(stddev=0.05),
        dtype="float32",
        name="output",
    )(features)
    return keras.Model(inputs, outputs, name="micro_exp_stcnn")


def spatiotemporal_features(
    volumes: keras.KerasTensor, kernel: tuple[int, int, int], activation: str, name: str
) -> keras.KerasTensor:
    """Convolution with 32 filters, max pooling by 3, dropout, flatten: how MicroExpSTCNN and the FuseNets begin.

    Parameters
    ----------
    volumes : (batch, frames, rows, columns, channels) tensor
    kernel : (frames, rows, columns)
    activation : str
        Of the convolution.
    name : str
        Of the convolution layer.

    Returns
    -------
    (batch, features) tensor

    Raises
    ------
    UserError
        If the samples are no volumes, or too small for kernel and pooling.
    """
    shape = tuple(volumes.shape[1:])
    least = tuple(extent + _POOL - 1 for extent in kernel)
    if len(shape) != 4 or any(have < need for have, need in zip(shape, least, strict=False)):
        raise UserError(
            f"A convolution of {_written(kernel)} (frames × rows × columns) with pooling by {_POOL} works on samples "
            f"of at least {_written(least)} and a channel axis, and these are {_written(shape)}. Take a feature with "
            "more frames (stcnn_gray64x18, stcnn_gray64x96, fusenet_eyes_mouth32) or, where the model has them, a "
            "smaller kernel_depth or kernel_size."
        )
    features = layers.Conv3D(32, kernel, activation=activation, name=name)(volumes)
    features = layers.MaxPooling3D(_POOL)(features)
    features = layers.Dropout(0.5)(features)
    return layers.Flatten()(features)


def _written(extents: tuple[int, ...]) -> str:
    return " × ".join(map(str, extents))
