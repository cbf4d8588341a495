"""What is trained, and on whom it is tested."""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from mexflow.config.augmentation import AugmentationSpec
from mexflow.config.spec import Name, Spec

Monitored = Literal["training_loss", "validation_loss"]


class ValidationSpec(Spec):
    """Which of a fold's training clips are kept back to watch the training by, never to train on.

    `share` of them, whole subjects (`by: subject`) or, as some papers did, single clips with the classes' shares kept.
    """

    share: Annotated[float, Field(gt=0, lt=1)]
    by: Literal["subject", "clip"] = "subject"


class EarlyStoppingSpec(Spec):
    """End a training when a loss has not become lower for more than `patience` epochs.

    `restore_best` goes back to the weights of the best epoch; otherwise those of the last are kept.
    """

    monitor: Monitored = "validation_loss"
    patience: NonNegativeInt = 0
    restore_best: bool = True


class PlateauSpec(Spec):
    """Multiply the learning rate by `factor` whenever a loss has not become lower by 1e-4 for `patience` epochs."""

    monitor: Monitored = "validation_loss"
    factor: Annotated[float, Field(gt=0, lt=1)] = 0.5
    patience: PositiveInt = 3
    least: PositiveFloat = 1e-4


class SpatialStageSpec(Spec):
    """The first of two stages: the network of single frames, each with the class of its clip. See `models.elrcn`."""

    epochs: PositiveInt
    batch_size: PositiveInt
    early_stopping: EarlyStoppingSpec | None = None


class ModelSpec(Spec):
    """An architecture (a module of `mexflow.models`), its own parameters, and its training schedule.

    `epochs`, `batch_size` and `learning_rate` are needed by networks, and not known to classifiers that are fitted at
    once; nor are the keys below, except `augmentation`, `oversample`, `vote`, `keep_weights`,
    `folds_per_job` and `seeds_per_job`.

    `optimizer` is `adam` or `sgd`, the latter with `momentum`. `decay` lowers the learning rate with every step, as
    the key of that name did in old Keras: rate / (1 + decay · steps). `plateau` lowers it when a loss stands still.
    `validation` keeps training clips back, which `early_stopping` and `plateau` may watch. `class_weights: balanced`
    weighs each class as if all had as many clips. `oversample` repeats clips of rarer classes until all have as many.
    `augmentation` adds altered copies of training clips. `vote` makes a network of single frames recognise clips: by
    the `plurality` of its frames, or their `mean_probability`. `spatial` trains ELRCN in its two published stages.
    `precision` is that of the layers: half precision halves time and memory on a GPU; weights stay float32.
    `tensorboard` writes the learning curves in its format as well. `keep_weights` stores the trained weights of every
    fold; a large model over many folds fills a disk. `folds_per_job` shares the folds of a seed among several jobs;
    `seeds_per_job` gives several seeds of a run to one job, which trains with one after the other. With both, a job has
    so many folds of each of its seeds. Results depend on neither. `gpus_per_job` is the share of a GPU that a job of
    a network asks for, on a cluster or where the machine has one: 0.25 lets four trainings share a card.
    """

    architecture: str
    parameters: dict[str, Any] = Field(default_factory=dict)
    epochs: PositiveInt | None = None
    batch_size: PositiveInt | None = None
    learning_rate: PositiveFloat | None = None
    optimizer: Literal["adam", "sgd"] = "adam"
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.0
    decay: NonNegativeFloat = 0.0
    plateau: PlateauSpec | None = None
    early_stopping: EarlyStoppingSpec | None = None
    validation: ValidationSpec | None = None
    class_weights: Literal["none", "balanced"] = "none"
    oversample: bool = False
    augmentation: AugmentationSpec | None = None
    vote: Literal["plurality", "mean_probability"] | None = None
    spatial: SpatialStageSpec | None = None
    precision: Literal["float32", "mixed_float16", "mixed_bfloat16"] = "float32"
    tensorboard: bool = False
    keep_weights: bool = False
    folds_per_job: PositiveInt | None = None
    seeds_per_job: PositiveInt | None = None
    gpus_per_job: NonNegativeFloat = 1.0

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        said = []
        if self.validation is None:
            watchers = {"early_stopping": self.early_stopping, "plateau": self.plateau}
            if self.spatial is not None:
                watchers["spatial.early_stopping"] = self.spatial.early_stopping
            said += [
                f"{key}.monitor: validation_loss needs the key validation, such as {{share: 0.2}}"
                for key, watcher in watchers.items()
                if watcher is not None and watcher.monitor == "validation_loss"
            ]
        if self.momentum and self.optimizer != "sgd":
            said.append("momentum: belongs to optimizer sgd")
        if self.decay and self.plateau is not None:
            said.append("decay: the learning rate follows decay or plateau, not both")
        if said:
            raise ValueError("\n".join(said))
        return self


_KEYS_OF_SPLITS: dict[str, set[str]] = {
    "loso": set(),
    "k_fold": {"by", "folds", "stratify", "random_state"},
    "holdout": {"by", "test_share", "train_counts", "shuffle", "stratify", "random_state"},
    "cross": {"train", "test"},
    "hde": set(),
    "given": {"file"},
}
_NEEDED = {"cross": {"train", "test"}, "given": {"file"}}


class ProtocolSpec(Spec):
    """How clips are split into folds, and what else a test consists of.

    `loso` leaves one subject out; on a composite that is CDE and the protocol of MEGC 2019. `k_fold` and `holdout`
    split `by` subject or, as many papers did, by clip; `stratify` keeps the classes' shares. The split of a k-fold
    follows the run's seed, so that several seeds are a repeated k-fold; that of a holdout is the same for all seeds;
    unless `random_state` (scikit-learn's) fixes or changes it. A holdout tests `test_share` of the clips, the last ones
    of the table sorted by class if `shuffle` is false, or trains on `train_counts` of each class. `cross` trains on
    some datasets and tests on others; `hde` does so both ways between two (MEGC 2018). `given` takes a table of folds:
    fold, role ("train" or "test"), dataset, subject, clip. `permute_labels` shuffles the labels inside each subject
    before training: a control that must score at chance.

    The other keys let published leaks in, each of which marks the scores wherever they are shown. `statistics: all`
    measures the input's mean and scale on all clips. `epoch: best_on_test` keeps the epoch that is best on the test
    clips. `augmentation: before_split` takes copies of clips for clips. `carry_over` goes on from the fold before, with
    the state of its `optimizer` or with the whole `model`. `scored: all` scores the training clips as well.
    """

    split: Literal["loso", "k_fold", "holdout", "cross", "hde", "given"]
    by: Literal["subject", "clip"] = "subject"
    folds: Annotated[int, Field(ge=2)] = 5
    test_share: Annotated[float, Field(gt=0, lt=1)] | None = None
    train_counts: dict[str, PositiveInt] = Field(default_factory=dict)
    shuffle: bool = True
    stratify: bool = True
    random_state: NonNegativeInt | None = None
    train: tuple[Name, ...] = ()
    test: tuple[Name, ...] = ()
    file: Path | None = None
    permute_labels: bool = False
    statistics: Literal["training", "all"] = "training"
    epoch: Literal["last", "best_on_test"] = "last"
    augmentation: Literal["in_training", "before_split"] = "in_training"
    carry_over: Literal["nothing", "optimizer", "model"] = "nothing"
    scored: Literal["test", "all"] = "test"

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

    @model_validator(mode="after")
    def _holdout_is_whole(self) -> Self:
        if self.split != "holdout":
            return self
        if (self.test_share is None) == (not self.train_counts):
            raise ValueError("split holdout needs one of the keys test_share and train_counts")
        if (self.train_counts or not self.shuffle) and self.by != "clip":
            raise ValueError("train_counts and shuffle: false go with by: clip")
        if not self.shuffle and (self.stratify or self.train_counts):
            raise ValueError("shuffle: false takes the last clips; it needs stratify: false and test_share")
        return self

    @property
    def apart(self) -> Literal["subject", "clip", "nothing"]:
        """What is never on both sides of a fold."""
        if self.scored == "all":
            return "nothing"
        return "clip" if self.split in {"k_fold", "holdout"} and self.by == "clip" else "subject"

    @property
    def tests_every_clip(self) -> bool:
        """Whether the folds together test each clip once."""
        return self.split in {"loso", "k_fold", "hde"} or self.scored == "all"

    def leaks(self) -> tuple[str, ...]:
        """Why scores under this protocol flatter: what its papers did and nobody should. Empty for an honest one."""
        found = {
            "clips of one subject are in training and in the test": self.split in {"k_fold", "holdout"}
            and self.by == "clip",
            "training clips are scored together with test clips": self.scored == "all",
            "altered copies of one clip are in training and in the test": self.augmentation == "before_split",
            "input statistics are those of all clips": self.statistics == "all",
            "the epoch is the one that is best on the test clips": self.epoch == "best_on_test",
            "each fold goes on from the weights of the fold before, which has seen its test clips": self.carry_over
            == "model",
            "each fold goes on with the optimizer's state of the fold before": self.carry_over == "optimizer",
        }
        return tuple(reason for reason, applies in found.items() if applies)


class _SeedlessSpec(Spec):
    model: ModelSpec
    protocol: ProtocolSpec
    labels: str
    classes: tuple[str, ...]
    job: tuple[NonNegativeInt, PositiveInt] | None = None
    files_digest: str = ""

    @model_serializer(mode="wrap")
    def _without_the_size_of_a_job(self, serialized: SerializerFunctionWrapHandler) -> dict[str, Any]:
        # How folds and seeds are shared among jobs does not change what is trained: these say which are this one's.
        spec = serialized(self)
        for key in ("folds_per_job", "seeds_per_job", "gpus_per_job"):
            spec["model"].pop(key, None)
        return spec


class TrainingSpec(_SeedlessSpec):
    """One training: one model, one protocol, one label scheme, one seed.

    `job` is the number of a job, from 0, and how many share the folds: it trains every so many-th from its own on.
    `files_digest` is the hash of the files of given folds and given weights.
    """

    seed: NonNegativeInt


class TrainingStageSpec(_SeedlessSpec):
    """What the train stage reads: a training as `TrainingSpec` says, and each seed that it is done with."""

    seeds: Annotated[tuple[NonNegativeInt, ...], Field(min_length=1)]

    def trainings(self) -> list[TrainingSpec]:
        """The training with each seed."""
        shared = {name: value for name, value in self if name != "seeds"}
        return [TrainingSpec(**shared, seed=seed) for seed in self.seeds]
