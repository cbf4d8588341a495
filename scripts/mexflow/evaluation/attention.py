"""Where a trained network looks: Grad-CAM, HiResCAM and saliency of clips that it was not trained on."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
from keras import ops

from mexflow.config.training import TrainingSpec
from mexflow.errors import UserError
from mexflow.models.gradients import OpenNetwork, gradient, open_network
from mexflow.models.registry import build_model, is_network
from mexflow.store.attention import ClassMaps
from mexflow.store.packed import PackedFeature
from mexflow.store.predictions import CLIP, read_predictions
from mexflow.store.weights import read_weights
from mexflow.training.backend import configure_backend
from mexflow.training.samples import Normaliser

_BATCH = 8


def grad_cam(network: OpenNetwork, samples: np.ndarray, classes: np.ndarray) -> np.ndarray | None:
    """Where the last convolutions find what, on the whole, speaks for a class.

    A map is ReLU(Σ w · A) over the filters' outputs A of a convolution; w is the mean over all positions of the
    gradient of the score with respect to A. It is brought to the grid of the sample linearly. Where several
    convolutions in parallel are the last, it is the mean of theirs. w does not know positions: a network with dense
    layers, to which the same motion means one class here and another there, may get a map of the wrong place. See
    `hires_cam`.

    Parameters
    ----------
    network : OpenNetwork
    samples : (n, [times,] rows, columns, channels) float32 array
        Normalised. For a network of single frames, clips (n, times, rows, columns, channels) will do: each frame has
        a map of its own.
    classes : (n,) int array
        Whose score is asked about.

    Returns
    -------
    (n, [times,] rows, columns) float32 array, or None
        Each sample's map is scaled to a maximum of 1; one without any positive part is 0. None if the network has no
        convolution.

    References
    ----------
    Selvaraju et al., "Grad-CAM: visual explanations from deep networks via gradient-based localization", ICCV 2017.
    """
    if network.convolved is None:
        return None
    return _of_batches(partial(_class_activations, by_position=False), network, samples, classes)


def hires_cam(network: OpenNetwork, samples: np.ndarray, classes: np.ndarray) -> np.ndarray | None:
    """Where what the last convolutions find speaks for a class: Grad-CAM without its mean over positions.

    A map is ReLU(Σ g · A); g is the gradient at each position. If only linear layers follow the convolution, Σ g · A
    is, position by position, what adds up to the score.

    Parameters
    ----------
    network, samples, classes
        As for `grad_cam`.

    Returns
    -------
    (n, [times,] rows, columns) float32 array, or None
        As of `grad_cam`.

    References
    ----------
    Draelos and Carin, "Use HiResCAM instead of Grad-CAM for faithful explanations of convolutional neural networks",
    arXiv 2011.08891, 2020.
    """
    if network.convolved is None:
        return None
    return _of_batches(partial(_class_activations, by_position=True), network, samples, classes)


def saliency(network: OpenNetwork, samples: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """How much the score of a class depends on each position: the largest |∂ score / ∂ sample| of its channels.

    Parameters
    ----------
    network, samples, classes
        As for `grad_cam`.

    Returns
    -------
    (n, [times,] rows, columns) float32 array
        Each sample's map is scaled to a maximum of 1; one without any gradient is 0.

    References
    ----------
    Simonyan, Vedaldi and Zisserman, "Deep inside convolutional networks: visualising image classification models and
    saliency maps", ICLR workshop 2014.
    """
    return _of_batches(_saliency, network, samples, classes)


_KINDS = {"grad_cam": grad_cam, "hires_cam": hires_cam, "saliency": saliency}


def attention_of_run(
    feature: PackedFeature, spec: TrainingSpec, folders: Sequence[Path], threads: int = 1
) -> dict[str, ClassMaps]:
    """Mean maps of each class, each clip's by the network of the fold that held it out, for its true class.

    Parameters
    ----------
    feature : PackedFeature
        What the run was trained on.
    spec : TrainingSpec
    folders : sequence of Path
        Of the jobs that have trained with the seed, on different folds, with weights.h5 and predictions.csv.
    threads : int
        CPU threads.

    Returns
    -------
    dict
        Class → maps, in the order of the classes; those without a clip are left out.

    Raises
    ------
    UserError
        If a file is missing or damaged, or the weights were not kept or are no network's.
    """
    configure_backend(threads)
    if not is_network(spec.model.architecture):
        raise UserError(f"{spec.model.architecture} is no network: there are no gradients to draw maps from.")
    shape = feature.samples.shape[1:]
    model = build_model(spec.model, shape[1:] if spec.model.vote else shape, len(spec.classes))
    network = open_network(model)
    means: dict[int, _MeanMaps] = defaultdict(_MeanMaps)
    for fold in _folds(folders, feature.clips, len(spec.classes), spec.seed):
        _give_weights(model, fold)
        asked = network, fold.normalise(feature.samples[fold.positions]), fold.classes
        maps = {kind: of(*asked) for kind, of in _KINDS.items()}
        for number in np.unique(fold.classes):
            own = fold.classes == number
            means[number].add(**{kind: None if some is None else some[own] for kind, some in maps.items()})
    return {spec.classes[number]: means[number].maps() for number in sorted(means)}


class _MeanMaps:
    """Sums over the clips of one class."""

    def __init__(self) -> None:
        self._clips = 0
        self._sums: dict[str, np.ndarray] = {}

    def add(self, **maps: np.ndarray | None) -> None:
        self._clips += max(len(one) for one in maps.values() if one is not None)
        for kind, some in maps.items():
            if some is not None:
                total = some.sum(axis=0, dtype=np.float64)
                self._sums[kind] = self._sums[kind] + total if kind in self._sums else total

    def maps(self) -> ClassMaps:
        means = {kind: (total / self._clips).astype(np.float32) for kind, total in self._sums.items()}
        return ClassMaps(means.get("grad_cam"), means.get("hires_cam"), means["saliency"], self._clips)


_Maps = Callable[[OpenNetwork, np.ndarray, np.ndarray], np.ndarray]


def _of_batches(maps: _Maps, network: OpenNetwork, samples: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Maps of a few samples at a time, of clips frame by frame where the network takes single frames."""
    if samples.ndim == len(network.input_shape) + 2:
        clips, frames = samples.shape[:2]
        single = samples.reshape(clips * frames, *samples.shape[2:])
        found = _of_batches(maps, network, single, np.repeat(classes, frames))
        return found.reshape(clips, frames, *found.shape[1:])
    starts = range(0, len(samples), _BATCH)
    parts = [maps(network, samples[start : start + _BATCH], classes[start : start + _BATCH]) for start in starts]
    return np.concatenate(parts)


def _class_activations(network: OpenNetwork, samples: np.ndarray, classes: np.ndarray, by_position: bool) -> np.ndarray:
    assert network.convolved is not None
    assert network.scores_of_convolved is not None
    after = network.scores_of_convolved
    convolved = [ops.convert_to_numpy(one) for one in network.convolved(samples)]
    slopes = gradient(lambda tensors: _summed(after([samples, *tensors]), classes), convolved)
    if not by_position:
        slopes = [one.mean(axis=tuple(range(1, one.ndim - 1)), keepdims=True) for one in slopes]
    maps = [np.maximum((a * g).sum(axis=-1), 0) for a, g in zip(convolved, slopes, strict=True)]
    return _scaled(np.mean([_on_grid(one, len(samples), samples.shape[1:-1]) for one in maps], axis=0))


def _on_grid(maps: np.ndarray, samples: int, grid: tuple[int, ...]) -> np.ndarray:
    """The maps of a convolution, brought to the grid of the samples."""
    if len(maps) != samples:
        maps = maps.reshape(samples, -1, *maps.shape[1:])  # a batch of frames
    if maps.ndim == len(grid):
        maps = maps[:, None]  # one map for all times
    return _resized(maps, grid)


def _resized(maps: np.ndarray, grid: tuple[int, ...]) -> np.ndarray:
    """Maps (n, …) brought to a grid linearly, axis by axis; positions are the middles of pixels."""
    for axis, size in enumerate(grid, start=1):
        there = maps.shape[axis]
        positions = (np.arange(size) + 0.5) * there / size - 0.5
        weights = np.stack([np.interp(positions, np.arange(there), unit) for unit in np.eye(there)])
        maps = np.moveaxis(np.tensordot(maps, weights.astype(np.float32), axes=(axis, 0)), -1, axis)
    return maps


def _saliency(network: OpenNetwork, samples: np.ndarray, classes: np.ndarray) -> np.ndarray:
    (slopes,) = gradient(lambda tensors: _summed(network.scores(tensors[0]), classes), [samples])
    return _scaled(np.abs(slopes).max(axis=-1))


def _summed(scores: Any, classes: np.ndarray) -> Any:
    # Samples do not see each other: the gradient of the sum is that of each sample's own score.
    return ops.sum(ops.take_along_axis(scores, classes[:, None], axis=1))


def _scaled(maps: np.ndarray) -> np.ndarray:
    highest = maps.max(axis=tuple(range(1, maps.ndim)), keepdims=True)
    return (maps / np.where(highest > 0, highest, 1)).astype(np.float32)


@dataclass(frozen=True)
class _Fold:
    """Clips that a fold held out: positions in the feature, true classes; and what it has learnt."""

    file: Path
    positions: np.ndarray
    classes: np.ndarray
    normalise: Normaliser
    weights: dict[str, np.ndarray]


def _folds(folders: Sequence[Path], clips: pd.DataFrame, classes: int, seed: int) -> Iterator[_Fold]:
    places = pd.Series(range(len(clips)), index=pd.MultiIndex.from_frame(clips[CLIP]))
    for folder in folders:
        predictions = read_predictions(folder / "predictions.csv", classes)
        for fold, rows in predictions[predictions.seed == seed].groupby("fold", sort=False):
            found = places.reindex(pd.MultiIndex.from_frame(rows[CLIP]))
            if found.isna().any():
                clip = "/".join(rows[CLIP].iloc[int(found.isna().to_numpy().argmax())])
                raise UserError(f"{folder / 'predictions.csv'}: {clip} is no clip of this feature.")
            weights = read_weights(folder / "weights.h5", f"{seed}/{fold}")
            normalise = Normaliser(weights.pop("input_mean"), weights.pop("input_deviation"))
            positions, truth = found.to_numpy(dtype=int), rows["y_true"].to_numpy()
            yield _Fold(folder / "weights.h5", positions, truth, normalise, weights)


def _give_weights(model: keras.Model, fold: _Fold) -> None:
    # ELRCN in two stages has more: the softmax of the first stage, or a support vector machine at the end.
    if not {one.path for one in model.weights} <= fold.weights.keys() or "coef" in fold.weights:
        raise UserError(
            f"{fold.file} does not hold the weights of this network. Set keep_weights: true for the model; of a network"
            " that ends in a support vector machine no maps can be drawn."
        )
    for one in model.weights:
        one.assign(fold.weights[one.path])
