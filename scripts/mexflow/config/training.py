"""What is trained, and on whom it is tested."""

from typing import Any, Literal

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt

from mexflow.config.spec import Spec


class ModelSpec(Spec):
    """An architecture (a module of `mexflow.models`), its own parameters, and its training schedule.

    `keep_weights` stores the trained weights of every fold; a large model over many folds fills a disk.
    """

    architecture: str
    parameters: dict[str, Any] = Field(default_factory=dict)
    epochs: PositiveInt
    batch_size: PositiveInt
    learning_rate: PositiveFloat
    keep_weights: bool = False


class ProtocolSpec(Spec):
    """How clips are split into folds.

    `permute_labels` shuffles the labels inside each subject before training: a control that must score at chance.
    """

    split: Literal["loso"]
    permute_labels: bool = False


class TrainingSpec(Spec):
    """What the train stage reads: one model, one protocol, one label scheme, one seed."""

    model: ModelSpec
    protocol: ProtocolSpec
    labels: str
    classes: tuple[str, ...]
    seed: NonNegativeInt
