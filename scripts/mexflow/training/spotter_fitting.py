"""SOFTNet on fold after fold: always from the same initial weights, in an order fixed before the first epoch."""

import keras
import numpy as np
import pandas as pd

from mexflow.config.spotting import SoftnetSpec
from mexflow.models.softnet import build_spotter


class SpotterTrainer:
    """A network that is built once; each fit starts from the weights that it began with.

    Parameters
    ----------
    spec : SoftnetSpec
        The schedule.
    input_shape : (rows, columns, 3)
        Of one sample.
    seed : int
        Of the initial weights, which are those of all folds, as published.

    References
    ----------
    Liong, See and Wong, ICIP 2021, section 3.3, and the published code.
    """

    def __init__(self, spec: SoftnetSpec, input_shape: tuple[int, ...], seed: int) -> None:
        self._spec = spec
        keras.utils.set_random_seed(seed)
        self.model = build_spotter(input_shape)
        self._initial = self.model.get_weights()
        self.model.compile(
            optimizer=keras.optimizers.SGD(spec.learning_rate),
            loss="mean_squared_error",
            metrics=["mean_absolute_error"],
            # TensorFlow gains nothing by compiling; JAX would go operation by operation.
            jit_compile=keras.backend.backend() == "jax",
        )

    def fit(self, tensors: np.ndarray, targets: np.ndarray) -> pd.DataFrame:
        """Train from the initial weights.

        Parameters
        ----------
        tensors : (n, rows, columns, 3) float32 array
            In the order in which every epoch sees them.
        targets : (n,) float32 array
            In 0..1.

        Returns
        -------
        DataFrame
            epoch (from 1), loss (mean squared error), error (mean absolute error): means over the samples, while they
            are trained on.
        """
        self.model.set_weights(self._initial)
        self.model.optimizer.iterations.assign(0)
        curve = []
        for epoch in range(1, self._spec.epochs + 1):
            total = np.zeros(2)
            for start in range(0, len(tensors), self._spec.batch_size):
                part = slice(start, start + self._spec.batch_size)
                logs = self.model.train_on_batch(tensors[part], targets[part], return_dict=True)
                total += len(targets[part]) * np.array([logs["loss"], logs["mean_absolute_error"]])
            curve.append((epoch, *(total / len(tensors))))
        return pd.DataFrame(curve, columns=["epoch", "loss", "error"])

    def weights(self) -> dict[str, np.ndarray]:
        """The weights as they are now, by their path in the model."""
        return {one.path: keras.ops.convert_to_numpy(one) for one in self.model.weights}
