"""One compiled model, trained afresh on fold after fold."""

import gc
from collections.abc import Callable
from typing import Protocol

import keras
import numpy as np
import pandas as pd
from sklearn.base import ClassifierMixin

from mexflow.config.training import ModelSpec
from mexflow.errors import UserError
from mexflow.models.registry import build_model, is_network, new_estimator

# A Keras model is full of reference cycles and waits for Python's garbage collection, which counts objects and
# not bytes: the models of several folds would fill the memory. Collecting takes 0.2 s, so small ones may wait.
_LARGE = 1_000_000  # parameters


_OPTIMIZERS = {"adam": keras.optimizers.Adam, "sgd": keras.optimizers.SGD}


class Trainer(Protocol):
    """What trains on one fold after another."""

    steps: int
    """How often `fit` calls `on_epoch`."""

    def fit(self, tensors: np.ndarray, labels: np.ndarray, seed: int, on_epoch: Callable[[], None]) -> pd.DataFrame:
        """Train from scratch; loss and accuracy per epoch."""

    def predict(self, tensors: np.ndarray) -> np.ndarray:
        """Class probabilities."""

    def weights(self) -> dict[str, np.ndarray]:
        """What was learnt."""


def trainer_of(spec: ModelSpec, input_shape: tuple[int, ...], classes: int) -> Trainer:
    """What trains a model: a network in epochs, or a classifier at once."""
    return FoldTrainer(spec, input_shape, classes) if is_network(spec.architecture) else EstimatorTrainer(spec, classes)


class EstimatorTrainer:
    """A classifier of scikit-learn on flattened samples; each fit makes a new one."""

    steps = 1

    def __init__(self, spec: ModelSpec, classes: int) -> None:
        self._spec, self._classes = spec, classes

    def fit(self, tensors: np.ndarray, labels: np.ndarray, seed: int, on_epoch: Callable[[], None]) -> pd.DataFrame:
        """Fit a new classifier.

        Parameters
        ----------
        tensors : (n, ...) float32 array
            Normalised training samples.
        labels : (n,) int array
        seed : int
        on_epoch : callable
            Called once.

        Returns
        -------
        DataFrame
            One row: epoch 1, loss (the share of training samples that it gets wrong), accuracy.

        Raises
        ------
        UserError
            If there is one class only.
        """
        self._known = np.unique(labels)
        if self._known.size < 2:
            raise UserError("A support vector machine needs two classes in every training fold.")
        self._estimator = new_estimator(self._spec, seed)
        self._estimator.fit(tensors.reshape(len(tensors), -1), labels)
        accuracy = float(np.mean(self.predict(tensors).argmax(axis=1) == labels))
        on_epoch()
        return pd.DataFrame([(1, 1 - accuracy, accuracy)], columns=["epoch", "loss", "accuracy"])

    def predict(self, tensors: np.ndarray) -> np.ndarray:
        """Pseudo-probabilities (n, classes): the softmax of the distances to the boundaries, which keeps their order.

        A class that the training fold lacks has 0.
        """
        distances = self._estimator.decision_function(tensors.reshape(len(tensors), -1))
        if distances.ndim == 1:
            distances = np.stack([-distances, distances], axis=1)
        shares = np.zeros((len(tensors), self._classes))
        exponents = np.exp(distances - distances.max(axis=1, keepdims=True))
        shares[:, self._known] = exponents / exponents.sum(axis=1, keepdims=True)
        return shares.astype(np.float32)

    def weights(self) -> dict[str, np.ndarray]:
        """Coefficients or support vectors of the last classifier."""
        names = ("coef_", "intercept_", "support_vectors_", "dual_coef_")
        return {name.rstrip("_"): getattr(self._estimator, name) for name in names if _has(self._estimator, name)}


def _has(estimator: ClassifierMixin, name: str) -> bool:
    # An RBF machine has a property `coef_` that raises.
    try:
        return hasattr(estimator, name)
    except AttributeError:
        return False


class FoldTrainer:
    """A model that is built and compiled once; each fit starts from new weights and a new optimizer state.

    Building and tracing a Keras model takes seconds and leaves memory behind; resetting its variables does not.
    """

    def __init__(self, spec: ModelSpec, input_shape: tuple[int, ...], classes: int) -> None:
        assert spec.epochs is not None
        assert spec.batch_size is not None
        assert spec.learning_rate is not None
        self._spec, self.steps, self._batch_size = spec, spec.epochs, spec.batch_size
        self._shape = (input_shape, classes)
        self.model = build_model(spec, *self._shape)
        self.model.compile(
            optimizer=_OPTIMIZERS[spec.optimizer](spec.learning_rate),
            loss="sparse_categorical_crossentropy",
            metrics=["accuracy"],
            jit_compile=False,
        )
        self.model.optimizer.build(self.model.trainable_variables)
        self._new_optimizer = [keras.ops.convert_to_numpy(one) for one in self.model.optimizer.variables]

    def fit(self, tensors: np.ndarray, labels: np.ndarray, seed: int, on_epoch: Callable[[], None]) -> pd.DataFrame:
        """Train from scratch.

        Parameters
        ----------
        tensors : (n, ...) float32 array
            Normalised training samples.
        labels : (n,) int array
        seed : int
            Of the initial weights, the order of samples, and dropout.
        on_epoch : callable
            Called after every epoch.

        Returns
        -------
        DataFrame
            epoch (from 1), loss, accuracy: mean over the training samples, while they are trained on.
        """
        self._reset(seed)
        order = np.random.default_rng(seed)
        curve = []
        for epoch in range(1, self.steps + 1):
            shuffled = order.permutation(len(tensors))
            total = np.zeros(2)
            for start in range(0, len(tensors), self._batch_size):
                batch = shuffled[start : start + self._batch_size]
                logs = self.model.train_on_batch(tensors[batch], labels[batch], return_dict=True)
                total += len(batch) * np.array([logs["loss"], logs["accuracy"]])
            curve.append((epoch, *(total / len(tensors))))
            on_epoch()
        return pd.DataFrame(curve, columns=["epoch", "loss", "accuracy"])

    def predict(self, tensors: np.ndarray) -> np.ndarray:
        """Class probabilities (n, classes) float32 of normalised samples."""
        batches = range(0, len(tensors), self._batch_size)
        parts = [self.model.predict_on_batch(tensors[start : start + self._batch_size]) for start in batches]
        return np.concatenate(parts)

    def weights(self) -> dict[str, np.ndarray]:
        """The weights as they are now, by their path in the model."""
        return {one.path: keras.ops.convert_to_numpy(one) for one in self.model.weights}

    def _reset(self, seed: int) -> None:
        keras.utils.set_random_seed(seed)
        self._copy_variables(build_model(self._spec, *self._shape))
        if self.model.count_params() > _LARGE:
            gc.collect()
        for own, fresh in zip(self.model.optimizer.variables, self._new_optimizer, strict=True):
            own.assign(fresh)

    def _copy_variables(self, new: keras.Model) -> None:
        # `variables` holds the weights and the states of the random generators of dropout layers.
        for own, fresh in zip(self.model.variables[: len(new.variables)], new.variables, strict=True):
            own.assign(fresh)
