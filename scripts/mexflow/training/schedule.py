"""How a network is trained: its optimizer, the course of its learning rate, when it ends, which classes weigh how much.

Keras's own callbacks do the watching; they are called by `mexflow.training.fitting`, which trains batch by batch.
"""

import keras
import numpy as np

from mexflow.config.training import ModelSpec


def new_optimizer(spec: ModelSpec) -> keras.Optimizer:
    """A new optimizer, with its learning rate falling as rate / (1 + decay · steps) where the model has a decay.

    Parameters
    ----------
    spec : ModelSpec
    """
    assert spec.learning_rate is not None
    rate = spec.learning_rate
    if spec.decay:
        rate = keras.optimizers.schedules.InverseTimeDecay(rate, decay_steps=1, decay_rate=spec.decay)
    if spec.optimizer == "sgd":
        return keras.optimizers.SGD(rate, momentum=spec.momentum)
    return keras.optimizers.Adam(rate)


def new_watchers(spec: ModelSpec, choose_epoch: bool) -> list[keras.callbacks.Callback]:
    """What watches a training after every epoch: plateaus, the end, and for published choices the best epoch.

    Parameters
    ----------
    spec : ModelSpec
    choose_epoch : bool
        Whether the epoch is taken that is best on watched samples.
    """
    watchers: list[keras.callbacks.Callback] = []
    if spec.plateau is not None:
        watchers.append(
            keras.callbacks.ReduceLROnPlateau(
                monitor=spec.plateau.monitor,
                factor=spec.plateau.factor,
                patience=spec.plateau.patience,
                mode="min",
                min_lr=spec.plateau.least,
            )
        )
    if spec.early_stopping is not None:
        watchers.append(
            keras.callbacks.EarlyStopping(
                monitor=spec.early_stopping.monitor,
                patience=spec.early_stopping.patience,
                mode="min",
                restore_best_weights=spec.early_stopping.restore_best,
            )
        )
    if choose_epoch:
        watchers.append(BestEpoch())
    return watchers


class BestEpoch(keras.callbacks.Callback):
    """Keeps the weights of the first epoch with the highest `watched_accuracy`, and goes back to them in the end."""

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Forget the training before."""
        self._best, self._weights = -np.inf, None

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Compare and keep."""
        assert logs is not None
        if logs["watched_accuracy"] > self._best:
            self._best, self._weights = logs["watched_accuracy"], self.model.get_weights()

    def on_train_end(self, logs: dict | None = None) -> None:
        """Go back."""
        if self._weights is not None:
            self.model.set_weights(self._weights)


def class_weights(labels: np.ndarray) -> dict[int, float]:
    """N / (classes present · n_c): every class weighs the same in sum, and the mean weight of a sample is 1.

    Examples
    --------
    >>> class_weights(np.array([0, 0, 0, 1]))
    {0: 0.6666666666666666, 1: 2.0}
    """
    present, counts = np.unique(labels, return_counts=True)
    return {int(one): float(len(labels) / (len(present) * count)) for one, count in zip(present, counts, strict=True)}


def oversampled(labels: np.ndarray, seed: int) -> np.ndarray:
    """Positions of all samples and, in random order, repeats of those of rarer classes until all classes are as many.

    Whole rounds first: no sample is repeated twice before all of its class are repeated once.

    Parameters
    ----------
    labels : (n,) int array
    seed : int

    Returns
    -------
    (m,) int array
        m = classes present · samples of the commonest class.
    """
    draw = np.random.default_rng(seed)
    present, counts = np.unique(labels, return_counts=True)
    parts = []
    for one in present:
        own = np.flatnonzero(labels == one)
        rounds = [own, *(draw.permutation(own) for _ in range(int(np.ceil(counts.max() / len(own)))))]
        parts.append(np.concatenate(rounds)[: counts.max()])
    return np.concatenate(parts)
