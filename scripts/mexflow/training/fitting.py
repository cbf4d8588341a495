"""One compiled model, trained afresh on fold after fold."""

import gc
from collections.abc import Callable

import keras
import numpy as np
import pandas as pd

from mexflow.config.training import ModelSpec
from mexflow.models.registry import build_model

# A Keras model is full of reference cycles and waits for Python's garbage collection, which counts objects and
# not bytes: the models of several folds would fill the memory. Collecting takes 0.2 s, so small ones may wait.
_LARGE = 1_000_000  # parameters


class FoldTrainer:
    """A model that is built and compiled once; each fit starts from new weights and a new optimizer state.

    Building and tracing a Keras model takes seconds and leaves memory behind; resetting its variables does not.
    """

    def __init__(self, spec: ModelSpec, input_shape: tuple[int, ...], classes: int) -> None:
        self._spec = spec
        self._shape = (input_shape, classes)
        self.model = build_model(spec, *self._shape)
        self.model.compile(
            optimizer=keras.optimizers.Adam(spec.learning_rate),
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
        for epoch in range(1, self._spec.epochs + 1):
            shuffled = order.permutation(len(tensors))
            total = np.zeros(2)
            for start in range(0, len(tensors), self._spec.batch_size):
                batch = shuffled[start : start + self._spec.batch_size]
                logs = self.model.train_on_batch(tensors[batch], labels[batch], return_dict=True)
                total += len(batch) * np.array([logs["loss"], logs["accuracy"]])
            curve.append((epoch, *(total / len(tensors))))
            on_epoch()
        return pd.DataFrame(curve, columns=["epoch", "loss", "accuracy"])

    def predict(self, tensors: np.ndarray) -> np.ndarray:
        """Class probabilities (n, classes) float32 of normalised samples."""
        batches = range(0, len(tensors), self._spec.batch_size)
        parts = [self.model.predict_on_batch(tensors[start : start + self._spec.batch_size]) for start in batches]
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
