"""Models that are built once and trained afresh on fold after fold: networks, networks of frames, classifiers."""

import gc
from collections.abc import Callable
from typing import Protocol

import keras
import numpy as np
import pandas as pd
from sklearn.base import ClassifierMixin

from mexflow.config.training import ModelSpec
from mexflow.errors import UserError
from mexflow.models.registry import build_model, new_estimator
from mexflow.training.schedule import class_weights, new_optimizer, new_watchers

# A Keras model is full of reference cycles and waits for Python's garbage collection, which counts objects and
# not bytes: the models of several folds would fill the memory. Collecting takes 0.2 s, so small ones may wait.
_LARGE = 1_000_000  # parameters

Labelled = tuple[np.ndarray, np.ndarray]
"""Samples (n, ...) and their labels (n,)."""


class Trainer(Protocol):
    """What trains on one fold after another."""

    steps: int
    """How often `fit` calls `on_epoch`."""

    def fit(
        self,
        tensors: np.ndarray,
        labels: np.ndarray,
        seed: int,
        on_epoch: Callable[[], None],
        validation: Labelled | None = None,
        watched: Labelled | None = None,
    ) -> pd.DataFrame:
        """Train from scratch; loss and accuracy per epoch."""

    def predict(self, tensors: np.ndarray) -> np.ndarray:
        """Class probabilities."""

    def weights(self) -> dict[str, np.ndarray]:
        """What was learnt."""


class EstimatorTrainer:
    """A classifier of scikit-learn on flattened samples; each fit makes a new one."""

    steps = 1

    def __init__(self, spec: ModelSpec, classes: int) -> None:
        self._spec, self._classes = spec, classes

    def fit(
        self,
        tensors: np.ndarray,
        labels: np.ndarray,
        seed: int,
        on_epoch: Callable[[], None],
        validation: Labelled | None = None,
        watched: Labelled | None = None,
    ) -> pd.DataFrame:
        """Fit a new classifier.

        Parameters
        ----------
        tensors : (n, ...) float32 array
            Normalised training samples.
        labels : (n,) int array
        seed : int
        on_epoch : callable
            Called once.
        validation, watched : (tensors, labels), optional
            Of no use to a classifier that is fitted at once.

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
    """A network that is built and compiled once; each fit starts from new weights and a new optimizer state.

    Building and tracing a Keras model takes seconds and leaves memory behind; resetting its variables does not.

    Parameters
    ----------
    spec : ModelSpec
        The schedule.
    input_shape : tuple of int
        Of one sample.
    classes : int
    carry_over : str
        What a fit takes over from the one before, as some papers did: nothing, the state of its optimizer, or the whole
        model.
    new_model : callable, optional
        Makes a new network; by default that of the spec.
    """

    def __init__(
        self,
        spec: ModelSpec,
        input_shape: tuple[int, ...],
        classes: int,
        carry_over: str = "nothing",
        new_model: Callable[[], keras.Model] | None = None,
    ) -> None:
        assert spec.epochs is not None
        assert spec.batch_size is not None
        self._spec, self.steps, self._batch_size = spec, spec.epochs, spec.batch_size
        self._new_model = new_model or (lambda: build_model(spec, input_shape, classes))
        self._carried = {"nothing": (), "optimizer": ("optimizer",), "model": ("optimizer", "model")}[carry_over]
        self._has_trained = False
        self.model = self._new_model()
        self.model.compile(
            optimizer=new_optimizer(spec),
            loss="sparse_categorical_crossentropy",
            metrics=["accuracy"],
            # TensorFlow gains nothing by compiling; JAX would go operation by operation.
            jit_compile=keras.backend.backend() == "jax",
        )
        self.model.optimizer.build(self.model.trainable_variables)
        self._new_optimizer = [keras.ops.convert_to_numpy(one) for one in self.model.optimizer.variables]

    def fit(
        self,
        tensors: np.ndarray,
        labels: np.ndarray,
        seed: int,
        on_epoch: Callable[[], None],
        validation: Labelled | None = None,
        watched: Labelled | None = None,
    ) -> pd.DataFrame:
        """Train from scratch, or from what is carried over.

        Parameters
        ----------
        tensors : (n, ...) float32 array
            Normalised training samples.
        labels : (n,) int array
        seed : int
            Of the initial weights, the order of samples, and dropout.
        on_epoch : callable
            Called after every epoch.
        validation : (tensors, labels), optional
            Samples that are kept back to watch the loss by.
        watched : (tensors, labels), optional
            Samples on which the epoch is chosen that has them right most often, the first of several.

        Returns
        -------
        DataFrame
            epoch (from 1), loss, accuracy: mean over the training samples, while they are trained on; learning_rate;
            with `validation` also validation_loss and validation_accuracy, with `watched` watched_accuracy, all after
            the epoch.
        """
        self.restart(seed)
        order = np.random.default_rng(seed)
        watchers = new_watchers(self._spec, watched is not None)
        weights = class_weights(labels) if self._spec.class_weights == "balanced" else None
        for one in watchers:
            one.set_model(self.model)
            one.on_train_begin()
        self.model.stop_training = False
        curve = []
        for epoch in range(1, self.steps + 1):
            told = {"epoch": epoch, **self._train_epoch(tensors, labels, order.permutation(len(tensors)), weights)}
            told["learning_rate"] = float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate))
            if validation is not None:
                told |= self._tested("validation", *validation)
            if watched is not None:
                told["watched_accuracy"] = self._tested("watched", *watched)["watched_accuracy"]
            curve.append(told)
            for one in watchers:
                one.on_epoch_end(epoch - 1, told | {"training_loss": told["loss"]})
            on_epoch()
            if self.model.stop_training:
                break
        for one in watchers:
            one.on_train_end()
        self._has_trained = True
        return pd.DataFrame(curve)

    def predict(self, tensors: np.ndarray) -> np.ndarray:
        """Class probabilities (n, classes) float32 of normalised samples."""
        batches = range(0, len(tensors), self._batch_size)
        parts = [self.model.predict_on_batch(tensors[start : start + self._batch_size]) for start in batches]
        return np.concatenate(parts)

    def weights(self) -> dict[str, np.ndarray]:
        """The weights as they are now, by their path in the model."""
        return {one.path: keras.ops.convert_to_numpy(one) for one in self.model.weights}

    def restart(self, seed: int) -> None:
        """New weights and a new optimizer state, but for what is carried over; `fit` begins so."""
        keras.utils.set_random_seed(seed)
        carried = self._carried if self._has_trained else ()
        if "model" not in carried:
            self._copy_variables(self._new_model())
            if self.model.count_params() > _LARGE:
                gc.collect()
        if "optimizer" not in carried:
            for own, fresh in zip(self.model.optimizer.variables, self._new_optimizer, strict=True):
                own.assign(fresh)

    def _train_epoch(
        self, tensors: np.ndarray, labels: np.ndarray, order: np.ndarray, weights: dict[int, float] | None
    ) -> dict[str, float]:
        total = np.zeros(2)
        for start in range(0, len(order), self._batch_size):
            batch = order[start : start + self._batch_size]
            logs = self.model.train_on_batch(tensors[batch], labels[batch], class_weight=weights, return_dict=True)
            total += len(batch) * np.array([logs["loss"], logs["accuracy"]])
        loss, accuracy = total / len(order)
        return {"loss": loss, "accuracy": accuracy}

    def _tested(self, what: str, tensors: np.ndarray, labels: np.ndarray) -> dict[str, float]:
        probabilities = self.predict(tensors).astype(np.float64)
        right = np.clip(probabilities[np.arange(len(labels)), labels], keras.config.epsilon(), 1)
        accuracy = float(np.mean(probabilities.argmax(axis=1) == labels))
        return {f"{what}_loss": float(-np.log(right).mean()), f"{what}_accuracy": accuracy}

    def _copy_variables(self, new: keras.Model) -> None:
        # `variables` holds the weights and the states of the random generators of dropout layers.
        for own, fresh in zip(self.model.variables[: len(new.variables)], new.variables, strict=True):
            own.assign(fresh)
