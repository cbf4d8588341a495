"""SOFTNet: shallow optical flow three-stream network, which scores pairs of frames of a long video.

Liong, See and Wong, "Shallow optical flow three-stream CNN for macro- and micro-expression spotting from long
videos", ICIP 2021 (arXiv 2106.06489). Every stream sees one channel, unlike STSTNet's.

| layer           | u       | v       | strain  | parameters     |
|-----------------|---------|---------|---------|----------------|
| input           | 42×42×1 | 42×42×1 | 42×42×1 |                |
| convolution 5×5 | 42×42×3 | 42×42×5 | 42×42×8 | 78 / 130 / 208 |
| max pooling 3×3 | 14×14×3 | 14×14×5 | 14×14×8 |                |
| concatenation   |         14×14×16            |                |
| max pooling 2×2 |          7×7×16             |                |
| flatten         |            784              |                |
| dense, ReLU     |            400              | 314,000        |
| dense, linear   |             1               | 401            |

314,817 parameters. It is a regression, not a choice among classes: so its function is `build_spotter`, not `build`, and
`mexflow.models.registry` lists no architecture of this name.
"""

import keras
from keras import layers

from mexflow.errors import UserError

INPUT_SHAPE = (42, 42, 3)
"""Of the published samples: brows above mouth; u, v and strain between frames i and i + k."""

_STREAMS = {"u": 3, "v": 5, "strain": 8}


def build_spotter(input_shape: tuple[int, ...] = INPUT_SHAPE) -> keras.Model:
    """SOFTNet.

    Parameters
    ----------
    input_shape : (rows, columns, 3)
        u, v and strain of one pair of frames. Only the published size has the published number of parameters.

    Returns
    -------
    keras.Model
        Not compiled; samples (n, rows, columns, 3) → scores (n, 1), not bounded. Layers with weights: `u_conv`,
        `v_conv`, `strain_conv`, `hidden`, `output`.

    Raises
    ------
    UserError
        If the samples are no images of three channels.
    """
    if len(input_shape) != 3 or input_shape[-1] != len(_STREAMS):
        raise UserError(
            f"softnet works on images with three channels, u, v and strain, and these samples are "
            f"{' × '.join(map(str, input_shape))}. Give the feature channels: [u, v, strain]."
        )
    inputs = keras.Input(input_shape)
    components = keras.ops.split(inputs, len(_STREAMS), axis=-1)
    streams = [_stream(component, name) for component, name in zip(components, _STREAMS, strict=True)]
    features = layers.Concatenate()(streams)
    features = layers.MaxPooling2D(2, strides=2)(features)
    features = layers.Flatten()(features)
    features = layers.Dense(400, activation="relu", name="hidden")(features)
    outputs = layers.Dense(1, dtype="float32", name="output")(features)
    return keras.Model(inputs, outputs, name="softnet")


def _stream(component: keras.KerasTensor, name: str) -> keras.KerasTensor:
    convolution = layers.Conv2D(_STREAMS[name], 5, padding="same", activation="relu", name=f"{name}_conv")
    return layers.MaxPooling2D(3, strides=3)(convolution(component))
