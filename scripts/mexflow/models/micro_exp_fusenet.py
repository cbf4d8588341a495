"""MicroExpFuseNet, intermediate and late: one stream for the eyes, one for nose and mouth.

Reddy, Karri, Dubey and Mukherjee, "Spontaneous facial micro-expression recognition using 3D spatiotemporal
convolutional neural networks", IJCNN 2019 (arXiv 1904.01390), section III, and the authors' code. The code puts time
last, we put it first.

Each stream, 32×32 px:

| layer       | kernel | output, 96 frames | output, 18 frames | parameters |
|-------------|--------|-------------------|-------------------|------------|
| convolution | 15×3×3 | 82×30×30×32       | 4×30×30×32        | 4,352      |
| max pooling | 3×3×3  | 27×10×10×32       | 1×10×10×32        |            |
| dropout 0.5 |        |                   |                   |            |
| flatten     |        | 86,400            | 3,200             |            |

Intermediate fusion joins the streams here, late fusion at the end (the code has a ReLU more after the late one's
pooling, of values that are not negative anyway):

| intermediate   | output | parameters, 96 / 18     | late              | output | parameters, 96 / 18    |
|----------------|--------|-------------------------|-------------------|--------|------------------------|
| concatenation  |        |                         | dense, per stream | 1024   | 88,474,624 / 3,277,824 |
| dense          | 1024   | 176,948,224 / 6,554,624 | dropout 0.5       |        |                        |
| dropout 0.5    |        |                         | dense, per stream | 128    | 131,200                |
| dense          | 128    | 131,200                 | dropout 0.5       |        |                        |
| dropout 0.5    |        |                         | concatenation     | 256    |                        |
| dense, softmax | 3      | 387                     | dense, softmax    | 3      | 771                    |

Parameters for three classes: intermediate 177,088,515 (96 frames) and 6,694,915 (18), late 177,221,123 and 6,827,523.
All weights start from Glorot's uniform distribution.
"""

from typing import Literal, assert_never

import keras
from keras import layers

from mexflow.errors import UserError
from mexflow.models.micro_exp_stcnn import spatiotemporal_features

_STREAMS = ("eyes", "nose_mouth")


def build(
    input_shape: tuple[int, ...],
    classes: int,
    *,
    fusion: Literal["intermediate", "late"] = "intermediate",
    dense_activation: Literal["linear", "relu"] = "relu",
) -> keras.Model:
    """MicroExpFuseNet.

    Parameters
    ----------
    input_shape : (96, 32, 32, 2) or (18, 32, 32, 2)
        Frames, rows, columns; gray of the eyes and of nose and mouth. 96 frames for CAS(ME)², 18 for SMIC.
    classes : int
    fusion : {"intermediate", "late"}
        Whether the streams are joined before or after the hidden dense layers.
    dense_activation : {"linear", "relu"}
        Of the hidden dense layers. As published it is "linear": the code has no activation there, so that all layers
        after the pooling are together no more than one linear map. The paper does not mention it.

    Raises
    ------
    UserError
        If the samples are no volumes of two channels, or too small for kernel and pooling.
    """
    if input_shape[-1] != len(_STREAMS):
        raise UserError(
            f"micro_exp_fusenet works on two channels, the eyes and nose and mouth, and these samples have "
            f"{input_shape[-1]}. Take the feature fusenet_eyes_mouth32, or give yours regions: [eyes, nose_mouth]."
        )
    inputs = keras.Input(input_shape)
    channels = keras.ops.split(inputs, len(_STREAMS), axis=-1)
    streams = [
        spatiotemporal_features(channel, (15, 3, 3), "relu", name=f"{stream}_conv")
        for stream, channel in zip(_STREAMS, channels, strict=True)
    ]
    join = layers.Concatenate()
    match fusion:
        case "intermediate":
            features = _hidden_layers(join(streams), dense_activation, name="hidden")
        case "late":
            ends = [
                _hidden_layers(features, dense_activation, name=f"{stream}_hidden")
                for stream, features in zip(_STREAMS, streams, strict=True)
            ]
            features = join(ends)
        case _:
            assert_never(fusion)
    outputs = layers.Dense(classes, activation="softmax", dtype="float32", name="output")(features)
    return keras.Model(inputs, outputs, name=f"{fusion}_micro_exp_fusenet")


def _hidden_layers(features: keras.KerasTensor, activation: str, name: str) -> keras.KerasTensor:
    for number, units in enumerate((1024, 128), start=1):
        features = layers.Dense(units, activation=activation, name=f"{name}_{number}")(features)
        features = layers.Dropout(0.5)(features)
    return features
