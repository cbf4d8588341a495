"""Every architecture on samples that are nearly as small as it takes, and what a backend of Keras makes of them.

Run as a program (`python -m models.miniatures FOLDER`), it reads the weights that `write_reference` left in a folder,
on the backend of this process, and writes what it predicts and trains beside them.
"""

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np

from mexflow.config.training import ModelSpec
from mexflow.models.registry import build_model
from mexflow.training.fitting import FoldTrainer

CLASSES = 3
LEARNING_RATE = 1e-3


@dataclass(frozen=True)
class Miniature:
    architecture: str
    input_shape: tuple[int, ...]
    parameters: dict[str, Any] = field(default_factory=dict)
    gray_levels: bool = False

    @property
    def name(self) -> str:
        return "-".join([self.architecture, *map(str, self.parameters.values())])

    @property
    def spec(self) -> ModelSpec:
        return ModelSpec(
            architecture=self.architecture,
            parameters=self.parameters,
            epochs=1,
            batch_size=4,
            learning_rate=LEARNING_RATE,
        )

    @property
    def samples(self) -> np.ndarray:
        rng, shape = np.random.default_rng(0), (4, *self.input_shape)
        made = rng.integers(0, 256, shape) if self.gray_levels else rng.standard_normal(shape)
        return made.astype(np.float32)

    def build(self) -> keras.Model:
        keras.utils.set_random_seed(0)
        return build_model(self.spec, self.input_shape, CLASSES)


MINIATURES = (
    Miniature("dubey_3dcnn", (17, 5, 6, 1)),
    Miniature("elrcn", (3, 4, 5, 3), {"variant": "t", "lstm_units": 4, "lstm_layers": 2}),
    Miniature(
        "elrcn",
        (2, 32, 32, 3),
        {"variant": "st", "lstm_units": 4, "sigmoid": True, "pixels": "raw", "layout_bug": True},
        gray_levels=True,
    ),
    Miniature("joshi_2d", (22, 23, 1)),
    Miniature("joshi_3d", (9, 10, 11, 1)),
    Miniature("joshi_convlstm", (3, 6, 7, 1)),
    Miniature("joshi_lstm", (3, 10, 11, 1)),
    Miniature("micro_exp_fusenet", (17, 5, 6, 2), {"fusion": "late"}),
    Miniature("micro_exp_stcnn", (17, 5, 6, 1)),
    Miniature("off_apexnet", (5, 6, 2)),
    Miniature("ststnet", (10, 11, 3), {"dense_units": 8, "batch_norm": True, "dropout": 0.5}),
)


def write_reference(folder: Path) -> None:
    """The weights of each miniature, in order, and what this backend predicts with them."""
    for one in MINIATURES:
        model = one.build()
        np.savez(folder / f"{one.name}_weights.npz", *model.get_weights())
        np.savez(folder / f"{one.name}_reference.npz", predicted=model.predict_on_batch(one.samples))


def write_results(one: Miniature, folder: Path) -> None:
    """What this backend predicts with the given weights; then one step from new ones: loss, change, predictions."""
    trainer = FoldTrainer(one.spec, one.input_shape, CLASSES)
    with np.load(folder / f"{one.name}_weights.npz") as stored:
        trainer.model.set_weights([stored[name] for name in stored.files])
    predicted = trainer.predict(one.samples)
    curve = trainer.fit(one.samples, np.arange(4) % CLASSES, 0, lambda: None)
    new = one.build().trainable_variables[0]
    change = np.abs(keras.ops.convert_to_numpy(trainer.model.trainable_variables[0] - new)).max()
    np.savez(
        folder / f"{one.name}_{keras.backend.backend()}.npz",
        predicted=predicted,
        trained=trainer.predict(one.samples),
        loss=curve.loss,
        change=change,
    )


if __name__ == "__main__":
    for miniature in MINIATURES:
        write_results(miniature, Path(sys.argv[1]))
