"""ELRCN: enriched long-term recurrent convolutional network.

Khor, See, Phan and Lin, "Enriched long-term recurrent convolutional network for facial micro-expression
recognition", FG 2018 (arXiv 1805.08417), section III, and its published code.

Spatial module: the 16 layers of VGG-Face (`mexflow.models.vgg_face`), with five classes and 224 × 224 in.

| layer                           | output        | parameters               |
|---------------------------------|---------------|--------------------------|
| 2 convolutions of 64, pooling   | 112×112×64    | 38,720 from 3 channels   |
| 2 convolutions of 128, pooling  | 56×56×128     | 221,440                  |
| 3 convolutions of 256, pooling  | 28×28×256     | 1,475,328                |
| 3 convolutions of 512, pooling  | 14×14×512     | 5,899,776                |
| 3 convolutions of 512, pooling  | 7×7×512       | 7,079,424                |
| fc6, dropout                    | 4096          | 102,764,544              |
| fc7, dropout                    | 4096          | 16,781,312               |
| fc8, softmax                    | 5             | 20,485                   |

134,281,029 parameters from 3 channels, 134,281,605 from 4, 134,282,181 from 5, and 134,284,485 from 9 frames.

Temporal module, on what fc7 makes of each frame:

| layer                | output | parameters                                                                  |
|----------------------|--------|-----------------------------------------------------------------------------|
| LSTM                 | 3000   | 85,164,000 (4096 in), 134,316,000 (8192 in) or 183,468,000 (12288 in)       |
| dense, ReLU          | 128    | 384,128                                                                     |
| dense                | 5      | 645                                                                         |

85,548,773, 134,700,773 or 183,852,773 parameters.

The variants:

| variant   | channels of a frame            | spatial modules           | weights   | frozen   | temporal |
|-----------|--------------------------------|---------------------------|-----------|----------|----------|
| `st`      | u, v, magnitude; or gray       | one                       | VGG-Face  | to fc6   | yes      |
| `scratch` | u, v, magnitude; or gray       | one                       | VGG-Face  | none     | yes      |
| `s`       | u, v, magnitude; or gray       | one, frames averaged      | VGG-Face  | to fc6   | no       |
| `nofine`  | u, v, magnitude; or gray       | one, frames averaged      | VGG-Face  | to fc7   | no       |
| `sf`      | gray; the frames are channels  | one                       | random    | none     | no       |
| `t`       | any                            | none: pixels              | –         | –        | yes      |
| `st4se`   | u, v, magnitude, strain        | one on all 4 channels     | random    | none     | yes      |
| `st5se`   | the same and gray              | one on all 5 channels     | random    | none     | yes      |
| `st4te`   | u, v, magnitude, strain        | one for flow, one for strain                | VGG-Face | none | yes |
| `st5te`   | the same and gray              | one for flow, one for strain, one for gray  | VGG-Face | none | yes |

**As published, ELRCN is trained in two stages, not end to end**: each spatial module learns single frames, each with
the class of its clip; then the temporal module learns the sequences of its fc7 vectors. `parts` gives the modules
for that, `streams` what each spatial module sees, `fc7_of` its vectors, and `joined` the one model that the trained
parts make; `mexflow.training.two_stages` trains them, and in `nofine` a linear support vector machine with C = 1 on
fc7's vectors. `build` joins untrained parts, for training end to end, which is ours. So is, since scores are per clip
here, the average over frames in `s` and `nofine` (published: single frames are scored).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import keras
from keras import layers, ops

from mexflow.config.spec import nearest
from mexflow.errors import UserError
from mexflow.models.vgg_face import LAYERS, MEAN, load_vgg_face, vgg_16


@dataclass(frozen=True)
class _Variant:
    channels: tuple[int, ...] = (1, 3)
    pretrained: bool = False
    frozen: str = ""
    temporal: bool = True


_VARIANTS = {
    "st": _Variant(pretrained=True, frozen="fc6"),
    "scratch": _Variant(pretrained=True),
    "s": _Variant(pretrained=True, frozen="fc6", temporal=False),
    "nofine": _Variant(pretrained=True, frozen="fc7", temporal=False),
    "sf": _Variant(channels=(1,), temporal=False),
    "t": _Variant(channels=()),
    "st4se": _Variant(channels=(4,)),
    "st5se": _Variant(channels=(5,)),
    "st4te": _Variant(channels=(4,), pretrained=True),
    "st5te": _Variant(channels=(5,), pretrained=True),
}
_STREAMS = ("flow", "strain", "gray")
_PIXELS = ("mean_subtracted", "raw")


@dataclass(frozen=True)
class Parts:
    """The modules of an ELRCN, not compiled, each to be trained by itself.

    Attributes
    ----------
    variant : str
    input_shape : tuple of int
        Of one sample: frames, rows, columns, channels.
    spatial : tuple of keras.Model
        One per image that `streams` gives; none in `t`.
    temporal : keras.Model or None
        None in `s`, `nofine` and `sf`.
    """

    variant: str
    input_shape: tuple[int, ...]
    spatial: tuple[keras.Model, ...]
    temporal: keras.Model | None


@dataclass(frozen=True)
class Makers:
    """What makes a new module of each kind, as in `Parts`.

    Attributes
    ----------
    spatial : tuple of callables
    temporal : callable or None
    """

    spatial: tuple[Callable[[], keras.Model], ...]
    temporal: Callable[[], keras.Model] | None


def build(
    input_shape: tuple[int, ...],
    classes: int,
    *,
    variant: str = "st",
    weights: str = "",
    lstm_units: int = 3000,
    lstm_layers: int = 1,
    sigmoid: bool = False,
    pixels: str = "mean_subtracted",
    layout_bug: bool = False,
) -> keras.Model:
    """ELRCN as one network, from clips to class probabilities, for training end to end.

    Parameters
    ----------
    input_shape : (frames, rows, columns, channels)
        Grey levels of 8-bit images, 0 to 255; (9, 224, 224, …) as published, (9, 50, 50, …) for `t`.
    classes : int
    variant : str
        See the table of this module.
    weights : str
        Path of a VGG-Face file, see `mexflow.models.vgg_face.read_vgg_face`; empty for random weights.
    lstm_units, lstm_layers : int
        Units of each LSTM layer, and how many layers: 1 or 2. Their gates are sigmoids; Keras 2.0, which the
        published code ran on, had piecewise linear ones.
    sigmoid : bool
        Sigmoid output of the temporal module, as published, see `temporal_module`.
    pixels : str
        `mean_subtracted` takes VGG-Face's mean from images of three channels; `raw`, as published, leaves it in and
        reverses these channels, for the published code read its images as blue, green, red.
    layout_bug : bool
        Scramble each image as published, see `spatial_module`.

    Returns
    -------
    keras.Model
        As `joined` makes it.

    Raises
    ------
    UserError
        If a parameter or the input does not go with the variant, or the weight file does not fit.
    """
    return joined(
        parts(
            input_shape,
            classes,
            variant=variant,
            weights=weights,
            lstm_units=lstm_units,
            lstm_layers=lstm_layers,
            sigmoid=sigmoid,
            pixels=pixels,
            layout_bug=layout_bug,
        )
    )


def parts(
    input_shape: tuple[int, ...],
    classes: int,
    *,
    variant: str = "st",
    weights: str = "",
    lstm_units: int = 3000,
    lstm_layers: int = 1,
    sigmoid: bool = False,
    pixels: str = "mean_subtracted",
    layout_bug: bool = False,
) -> Parts:
    """The modules of a variant, for training in two stages as published.

    Layers that the variant freezes are frozen where VGG-Face weights were read; random ones are frozen in `nofine`
    only. Parameters and errors are those of `build`.
    """
    new = makers(
        input_shape,
        classes,
        variant=variant,
        weights=weights,
        lstm_units=lstm_units,
        lstm_layers=lstm_layers,
        sigmoid=sigmoid,
        pixels=pixels,
        layout_bug=layout_bug,
    )
    temporal = None if new.temporal is None else new.temporal()
    return Parts(variant, input_shape, tuple(make() for make in new.spatial), temporal)


def makers(
    input_shape: tuple[int, ...],
    classes: int,
    *,
    variant: str = "st",
    weights: str = "",
    lstm_units: int = 3000,
    lstm_layers: int = 1,
    sigmoid: bool = False,
    pixels: str = "mean_subtracted",
    layout_bug: bool = False,
) -> Makers:
    """What makes each module of a variant anew, so that a fold can begin with one and not with all of them in memory.

    Parameters and errors are those of `build`, what is frozen as in `parts`.
    """
    _check(input_shape, variant, weights, lstm_layers, pixels)
    kind = _VARIANTS[variant]
    images = [] if variant == "t" else streams(keras.Input(input_shape), variant)
    spatial = tuple(
        partial(
            spatial_module,
            tuple(image.shape[-3:]),
            classes,
            weights=weights,
            frozen=kind.frozen if weights or variant == "nofine" else "",
            pixels=pixels,
            layout_bug=layout_bug,
            name=f"spatial_{name}",
        )
        for name, image in zip(_STREAMS, images, strict=False)
    )
    if not kind.temporal:
        return Makers(spatial, None)
    frames, rows, columns, channels = input_shape
    size = 4096 * len(spatial) or rows * columns * channels
    units = (lstm_units,) * lstm_layers
    return Makers(spatial, partial(temporal_module, (frames, size), classes, lstm_units=units, sigmoid=sigmoid))


def streams(clips: Any, variant: str) -> list[Any]:
    """The images that each spatial module of a variant sees.

    Parameters
    ----------
    clips : (n, frames, rows, columns, channels) array or symbolic tensor
    variant : str
        Any but `t`.

    Returns
    -------
    list of (n, frames, rows, columns, 3, 4 or 5) tensors
        In `st4te` and `st5te` flow, strain and gray, in the others one. A lone channel is repeated three times. In
        `sf` the frames are the channels: (n, rows, columns, frames).
    """
    if variant == "sf":
        return [ops.moveaxis(clips[..., 0], -3, -1)]
    if variant in ("st4te", "st5te"):
        split = [clips[..., :3], *(clips[..., one : one + 1] for one in range(3, clips.shape[-1]))]
    else:
        split = [clips]
    return [ops.repeat(one, 3, axis=-1) if one.shape[-1] == 1 else ops.convert_to_tensor(one) for one in split]


def spatial_module(
    image_shape: tuple[int, ...],
    classes: int,
    *,
    weights: str = "",
    frozen: str = "",
    pixels: str = "mean_subtracted",
    layout_bug: bool = False,
    name: str = "spatial",
) -> keras.Model:
    """VGG-Face with a softmax over the classes, for single frames.

    Parameters
    ----------
    image_shape : (rows, columns, channels)
    classes : int
    weights, pixels : str
        See `build`.
    frozen : str
        The last layer that is not trained (`fc6` as published), with all before it; empty to train all.
    layout_bug : bool
        Read the numbers of each image, which are stored channels last, as if they were stored channels first:
        what the published code feeds to VGG-Face.
    name : str
        Of the model; its variables' paths begin with it.

    Raises
    ------
    UserError
        If the weight file does not fit.
    """
    inputs = images = keras.Input(image_shape)
    rows, columns, channels = image_shape
    if pixels == "raw" and channels == 3:
        images = ops.flip(images, axis=-1)
    if layout_bug:
        images = layers.Permute((2, 3, 1))(layers.Reshape((channels, rows, columns))(images))
    if pixels == "mean_subtracted" and channels == 3:
        images = images - MEAN
    with keras.name_scope(name):
        module = keras.Model(inputs, vgg_16(images, classes), name=name)
    if weights:
        load_vgg_face(module, Path(weights))
    for layer in LAYERS[: LAYERS.index(frozen) + 1] if frozen else ():
        module.get_layer(layer).trainable = False
    return module


def temporal_module(
    input_shape: tuple[int, ...],
    classes: int,
    *,
    lstm_units: Sequence[int] = (3000,),
    sigmoid: bool = False,
) -> keras.Model:
    """Long short-term memory over the vectors of a clip's frames.

    Parameters
    ----------
    input_shape : (frames, size of a vector)
    classes : int
    lstm_units : sequence of int
        Units of each LSTM layer.
    sigmoid : bool
        Sigmoid output, as published, rather than softmax. It is divided by its sum here: Keras's cross-entropy does
        the same, so the loss is the published one, and the output is a probability per class.
    """
    inputs = keras.Input(input_shape)
    *lower, last = lstm_units
    features = inputs
    for number, units in enumerate(lower, start=1):
        features = layers.LSTM(units, return_sequences=True, name=f"lstm_{number}")(features)
    features = layers.LSTM(last, name=f"lstm_{len(lstm_units)}")(features)
    features = layers.Dense(128, activation="relu", name="hidden")(features)
    activation = "sigmoid" if sigmoid else "softmax"
    outputs = layers.Dense(classes, activation=activation, dtype="float32", name="output")(features)
    if sigmoid:
        outputs = outputs / ops.sum(outputs, axis=-1, keepdims=True)
    return keras.Model(inputs, outputs, name="temporal")


def fc7_of(spatial: keras.Model) -> keras.Model:
    """The part of a spatial module that makes fc7's vectors (4096, after dropout, which works in training only)."""
    return keras.Model(spatial.input, spatial.get_layer("drop7").output, name=f"{spatial.name}_fc7")


def joined(modules: Parts) -> keras.Model:
    """One model, from clips to class probabilities, that shares its weights with its parts.

    Parameters
    ----------
    modules : Parts
        Trained or not.
    """
    clips = keras.Input(modules.input_shape)
    return keras.Model(clips, _probabilities(modules, clips), name="elrcn")


def _probabilities(modules: Parts, clips: keras.KerasTensor) -> keras.KerasTensor:
    images = streams(clips, modules.variant) if modules.spatial else []
    if modules.variant == "sf":
        return modules.spatial[0](images[0])
    if modules.temporal is None:
        return layers.GlobalAveragePooling1D(dtype="float32")(_frame_by_frame(modules.spatial[0], images[0]))
    if not modules.spatial:
        return modules.temporal(layers.Reshape((modules.input_shape[0], -1))(clips))
    vectors = [_frame_by_frame(fc7_of(one), image) for one, image in zip(modules.spatial, images, strict=True)]
    return modules.temporal(layers.Concatenate()(vectors) if len(vectors) > 1 else vectors[0])


def _frame_by_frame(module: keras.Model, clips: keras.KerasTensor) -> keras.KerasTensor:
    # One batch of all frames: keras.layers.TimeDistributed repeats the whole graph of the module for every frame.
    outputs = module(ops.reshape(clips, (-1, *clips.shape[2:])))
    return ops.reshape(outputs, (-1, clips.shape[1], outputs.shape[-1]))


def _check(input_shape: tuple[int, ...], variant: str, weights: str, lstm_layers: int, pixels: str) -> None:
    if variant not in _VARIANTS:
        raise UserError(f'elrcn: no variant "{variant}"{nearest(variant, _VARIANTS)}')
    if pixels not in _PIXELS:
        raise UserError(f'elrcn: no way of scaling "{pixels}" in pixels{nearest(pixels, _PIXELS)}')
    if lstm_layers not in (1, 2):
        raise UserError(f"elrcn: lstm_layers is 1 or 2 (given: {lstm_layers})")
    kind = _VARIANTS[variant]
    if weights and not kind.pretrained:
        raise UserError(f'elrcn: variant "{variant}" starts from random weights; leave weights empty')
    if len(input_shape) != 4 or (kind.channels and input_shape[-1] not in kind.channels):
        channels = " or ".join(map(str, kind.channels)) or "channels"
        given = " × ".join(map(str, input_shape))
        needed = f"samples of frames × rows × columns × {channels}"
        raise UserError(f'elrcn: variant "{variant}" takes {needed}; this feature has {given}. Name another feature.')
    if variant != "t" and min(input_shape[1:3]) < 32:
        size = " × ".join(map(str, input_shape[1:3]))
        raise UserError(
            f"elrcn: VGG takes 32 × 32 pixels and more; this feature has {size}. Set its size, e.g. to 224."
        )
