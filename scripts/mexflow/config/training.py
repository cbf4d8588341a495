"""What is trained, and on whom it is tested."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    Field,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from mexflow.config.spec import Name, Spec


class ModelSpec(Spec):
    """An architecture (a module of `mexflow.models`), its own parameters, and its training schedule.

    `epochs`, `batch_size` and `learning_rate` are needed by networks, and not known to classifiers that are fitted at
    once. `optimizer` is of networks, too; `sgd` has no momentum.
    `keep_weights` stores the trained weights of every fold; a large model over many folds fills a disk.
    """

    architecture: str
    parameters: dict[str, Any] = Field(default_factory=dict)
    epochs: PositiveInt | None = None
    batch_size: PositiveInt | None = None
    learning_rate: PositiveFloat | None = None
    optimizer: Literal["adam", "sgd"] = "adam"
    keep_weights: bool = False


_KEYS_OF_SPLITS: dict[str, set[str]] = {
    "loso": set(),
    "k_fold": {"by", "folds", "stratify", "random_state"},
    "holdout": {"by", "test_share", "stratify", "random_state"},
    "cross": {"train", "test"},
    "hde": set(),
    "given": {"file"},
}
_NEEDED = {"holdout": {"test_share"}, "cross": {"train", "test"}, "given": {"file"}}


class ProtocolSpec(Spec):
    """How clips are split into folds.

    `loso` leaves one subject out; on a composite that is CDE and the protocol of MEGC 2019. `k_fold` and `holdout`
    split `by` subject or, as many papers did, by clip; `stratify` keeps the classes' shares. The split of a k-fold
    follows the run's seed, that of a holdout is the same for all seeds, unless `random_state` (scikit-learn's) fixes
    or changes it. `cross` trains on some datasets and tests on others; `hde` does so both ways between two (MEGC
    2018). `given` takes a table of folds: fold, role ("train" or "test"), dataset, subject, clip.
    `permute_labels` shuffles the labels inside each subject before training: a control that must score at chance.
    """

    split: Literal["loso", "k_fold", "holdout", "cross", "hde", "given"]
    by: Literal["subject", "clip"] = "subject"
    folds: Annotated[int, Field(ge=2)] = 5
    test_share: Annotated[float, Field(gt=0, lt=1)] | None = None
    stratify: bool = True
    random_state: NonNegativeInt | None = None
    train: tuple[Name, ...] = ()
    test: tuple[Name, ...] = ()
    file: Path | None = None
    permute_labels: bool = False

    @model_validator(mode="before")
    @classmethod
    def _only_keys_of_the_split(cls, data: Any) -> Any:
        split = data.get("split") if isinstance(data, dict) else None
        if split in _KEYS_OF_SPLITS:
            own = _KEYS_OF_SPLITS[split]
            foreign = [key for key in data if any(key in keys for keys in _KEYS_OF_SPLITS.values()) and key not in own]
            lacking = sorted(_NEEDED.get(split, set()) - data.keys())
            if foreign or lacking:
                said = [f'"{key}" is no key of split {split}' for key in foreign]
                raise ValueError("\n".join([*said, *(f"split {split} needs the key {key}" for key in lacking)]))
        return data

    @model_serializer(mode="wrap")
    def _without_keys_of_other_splits(self, serialized: SerializerFunctionWrapHandler) -> dict[str, Any]:
        foreign = set().union(*_KEYS_OF_SPLITS.values()) - _KEYS_OF_SPLITS[self.split]
        return {key: value for key, value in serialized(self).items() if key not in foreign}

    def leaks(self) -> tuple[str, ...]:
        """Why scores under this protocol flatter: what its papers did and nobody should. Empty for an honest one."""
        if self.split in {"k_fold", "holdout"} and self.by == "clip":
            return ("clips of one subject are in training and in the test",)
        return ()


class TrainingSpec(Spec):
    """What the train stage reads: one model, one protocol, one label scheme, one seed.

    `files_digest` is the hash of the files of given folds and given weights.
    """

    model: ModelSpec
    protocol: ProtocolSpec
    labels: str
    classes: tuple[str, ...]
    seed: NonNegativeInt
    files_digest: str = ""
