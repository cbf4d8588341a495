"""OFF-ApexNet: the two components of the flow between onset and apex, one stream each.

Gan, Liong, Yau, Huang and Tan, "OFF-ApexNet on micro-expression recognition system", Signal Processing: Image
Communication 2019 (arXiv 1805.08699).

| layer, per stream | kernel | output   | parameters |
|-------------------|--------|----------|------------|
| convolution, same | 5×5    | 28×28×6  | 156        |
| max pooling       | 2×2    | 14×14×6  |            |
| convolution, same | 5×5    | 14×14×16 | 2,416      |
| max pooling       | 2×2    | 7×7×16   |            |
| flatten           |        | 784      |            |

| layer, both streams | output | parameters |
|---------------------|--------|------------|
| concatenation       | 1,568  |            |
| dense               | 1024   | 1,606,656  |
| dropout 0.5         |        |            |
| dense               | 1024   | 1,049,600  |
| dropout 0.5         |        |            |
| dense, softmax      | 3      | 3,075      |

2,664,475 parameters for three classes; the paper of STSTNet lists 2.77 million for this network, a difference that
nobody has explained. The dropout is that of a public re-implementation.
"""

import keras
from keras import layers

from mexflow.errors import UserError

_STREAMS = ("u", "v")


def build(input_shape: tuple[int, ...], classes: int, *, dropout: float = 0.5) -> keras.Model:
    """OFF-ApexNet.

    Parameters
    ----------
    input_shape : (28, 28, 2)
        u and v between onset and apex.
    classes : int
    dropout : float
        Dropout rate after each hidden dense layer.

    Raises
    ------
    UserError
        If the samples are no images of two channels.
    """
    if len(input_shape) != 3 or input_shape[-1] != len(_STREAMS):
        raise UserError(
            f"off_apexnet works on images with two channels, u and v, and these samples are "
            f"{' × '.join(map(str, input_shape))}. Take the feature offapex28, or give yours channels: [u, v]."
        )
    inputs = keras.Input(input_shape)
    components = keras.ops.split(inputs, len(_STREAMS), axis=-1)
    streams = [_stream(component, name) for name, component in zip(_STREAMS, components, strict=True)]
    features = layers.Concatenate()(streams)
    for number in (1, 2):
        features = layers.Dense(1024, activation="relu", name=f"hidden_{number}")(features)
        features = layers.Dropout(dropout)(features)
    outputs = layers.Dense(classes, activation="softmax", dtype="float32", name="output")(features)
    return keras.Model(inputs, outputs, name="off_apexnet")


def _stream(component: keras.KerasTensor, name: str) -> keras.KerasTensor:
    for number, filters in enumerate((6, 16), start=1):
        convolution = layers.Conv2D(filters, 5, padding="same", activation="relu", name=f"{name}_conv_{number}")
        component = layers.MaxPooling2D(2)(convolution(component))
    return layers.Flatten()(component)
