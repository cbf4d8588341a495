"""How expressions are spotted in long videos: what scores pairs of frames, and how scores become intervals."""

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

from mexflow.config.features import FlowFeatureSpec
from mexflow.config.spec import Spec

ExpressionType = Literal["macro", "micro"]
Matching = Literal["megc", "voc", "distinct_gt", "as_published"]
Share = Annotated[float, Field(ge=0, le=1)]
Frames = dict[ExpressionType, PositiveInt]
Lengths = dict[ExpressionType, tuple[PositiveInt, PositiveInt | None]]


class _PublishedSettings(Spec):
    """What papers chose for one dataset: k and the accepted lengths of intervals, in frames of its full rate."""

    k: Frames
    lengths: Lengths = Field(default_factory=dict)


PUBLISHED: dict[str, dict[str, _PublishedSettings]] = {
    "softnet": {
        "casme_sq": _PublishedSettings(k={"micro": 6, "macro": 18}),
        "samm_lv": _PublishedSettings(k={"micro": 37, "macro": 174}),
    },
    "mdmd": {
        "casme_sq": _PublishedSettings(k={"micro": 12, "macro": 39}, lengths={"micro": (7, 16), "macro": (17, None)}),
        "samm_lv": _PublishedSettings(
            k={"micro": 80, "macro": 260}, lengths={"micro": (47, 105), "macro": (106, None)}
        ),
    },
}
"""Paper → kind of dataset → settings. SOFTNet: Liong et al., ICIP 2021. MDMD: the baseline of MEGC 2020."""


class SoftnetSpec(Spec):
    """SOFTNet, trained on each fold: scores of pairs (i, i + k), then peaks of their moving mean.

    `labels` are what it learns: `published` (1 where a window meets an expression) or `overlap` (its IoU with it).
    `kept_negatives` is the share of the pairs without expression that is trained on. Of `augmented_types` each pair of
    an expression has three altered copies. `weights` takes files of weights instead of training, one per fold, such as
    "weights/casme_sq_{type}/s{fold}.keras" (`mexflow weights import` makes them); {fold} counts from 1.
    `keep_weights` stores the trained weights. `folds_per_job` shares the folds among several jobs; results do not
    depend on it. `gpus_per_job` is the share of a GPU that a job asks for, as of a model.
    """

    method: Literal["softnet"]
    epochs: PositiveInt = 10
    batch_size: PositiveInt = 12
    learning_rate: PositiveFloat = 5e-4
    labels: Literal["published", "overlap"] = "published"
    kept_negatives: Annotated[float, Field(gt=0, le=1)] = 0.5
    augmented_types: tuple[ExpressionType, ...] = ("micro",)
    weights: str | None = None
    keep_weights: bool = False
    folds_per_job: PositiveInt | None = None
    gpus_per_job: NonNegativeFloat = 1.0

    @property
    def is_trained(self) -> bool:
        """Whether its scores depend on a seed."""
        return self.weights is None

    @model_validator(mode="after")
    def _weights_are_per_fold(self) -> Self:
        if self.weights is not None and not {"{fold}", "{type}"} <= {f"{{{name}}}" for name in _fields(self.weights)}:
            raise ValueError(
                "weights: one file per type and fold is needed; write {type} and {fold} where their names differ,"
                ' such as "weights/{type}/s{fold}.keras"'
            )
        return self


class FlowStrainSpec(Spec):
    """The mean magnitude of flow and strain in the feature's regions, then peaks as of SOFTNet; nothing is trained."""

    method: Literal["flow_strain"]

    @property
    def is_trained(self) -> bool:
        """Never."""
        return False


class MdmdSpec(Spec):
    """Main Directional Maximal Difference (Wang et al. 2017) as in the baseline of MEGC 2020; nothing is trained.

    It has a `k`, a `p` and accepted `lengths` of intervals (shortest and longest, or null) of its own, by type, in
    frames; by default those of the challenge, for CAS(ME)² and SAMM Long Videos. `blocks` are rows and columns.
    """

    method: Literal["mdmd"]
    k: Literal["published"] | Frames = "published"
    p: Share = 0.01
    lengths: Literal["published"] | Lengths = "published"
    blocks: tuple[PositiveInt, PositiveInt] = (6, 6)
    directions: Annotated[int, Field(ge=2, le=36)] = 4

    @property
    def is_trained(self) -> bool:
        """Never."""
        return False


AnySpotter = Annotated[SoftnetSpec | FlowStrainSpec | MdmdSpec, Field(discriminator="method")]


class SpottingProtocolSpec(Spec):
    """Leave-one-subject-out on long videos, and how scores become intervals.

    `k` is half the length of an expression, in frames: from the labels of the `training_subjects` of each fold, as
    published from `all_labels`, the `published` numbers, or a number per type. `p` sets the threshold
    mean + p (max − mean): a number, or the one that finds most on `inner_subjects`, a share `inner_share` of the
    training subjects that a model of its own has not seen. `merge` joins intervals that overlap. `matching` and `iou`
    are how intervals are counted (docs/evaluation.md). `videos: with_truth` leaves out, as published, the videos
    without an expression of the type, from training and from the score. `cut_off: dropped` leaves out the
    expressions that begin before their video does (SAMM Long Videos has ten). MDMD has its own k and p.

    `shift_labels` trains on labels that are moved by half a video: a control that must find nothing above chance.
    """

    k: Literal["training_subjects", "all_labels", "published"] | Frames = "training_subjects"
    p: Literal["inner_subjects"] | Share = "inner_subjects"
    inner_share: Annotated[float, Field(gt=0, lt=1)] = 0.25
    merge: bool = False
    matching: Matching = "megc"
    iou: Annotated[float, Field(gt=0, le=1)] = 0.5
    videos: Literal["all", "with_truth"] = "all"
    cut_off: Literal["kept", "dropped"] = "kept"
    shift_labels: bool = False

    def leaks(self) -> tuple[str, ...]:
        """Why scores under this protocol flatter. Empty for an honest one."""
        found = {
            "k comes from the labels of all subjects": self.k == "all_labels",
            "videos without a true interval of the type are left out": self.videos == "with_truth"
            or self.matching == "as_published",
            "intervals are not matched one to one": self.matching not in {"megc", "as_published"},
        }
        return tuple(reason for reason, applies in found.items() if applies)


class MeasureSpec(Spec):
    """What the measure_pairs stage reads: a spotter that trains nothing, and the feature whose regions it looks at."""

    spotter: Annotated[FlowStrainSpec | MdmdSpec, Field(discriminator="method")]
    feature: FlowFeatureSpec


class ScoringSpec(Spec):
    """What the score_pairs stage reads.

    `k` is a number, or whose labels it follows. `rate` is the share of frames that the alignment keeps. `inner_share`
    makes it score inner subjects instead of test subjects. `job` is as of `mexflow.config.training.TrainingSpec`.
    """

    spotter: AnySpotter
    type: ExpressionType
    k: PositiveInt | Literal["training_subjects", "all_labels"]
    rate: Annotated[float, Field(gt=0, le=1)] = 1.0
    videos: Literal["all", "with_truth"] = "all"
    cut_off: Literal["kept", "dropped"] = "kept"
    shift_labels: bool = False
    inner_share: float | None = None
    seed: NonNegativeInt = 0
    job: tuple[NonNegativeInt, PositiveInt] | None = None
    files_digest: str = ""

    @model_serializer(mode="wrap")
    def _without_the_size_of_a_job(self, serialized: SerializerFunctionWrapHandler) -> dict[str, Any]:
        # How folds are shared among jobs, and on what they run, does not change what is scored.
        spec = serialized(self)
        for key in ("folds_per_job", "gpus_per_job"):
            spec["spotter"].pop(key, None)
        return spec


class SpotSpec(Spec):
    """What the spot stage reads: how scores become intervals. `lengths` belong to MDMD, `merge` and peaks to others."""

    type: ExpressionType
    p: Literal["inner_subjects"] | Share
    merge: bool = False
    iou: float = 0.5
    lengths: tuple[PositiveInt, PositiveInt | None] | None = None
    cut_off: Literal["kept", "dropped"] = "kept"


class SpottingEvaluationSpec(Spec):
    """What the evaluate_spotting stage reads. `kind` is the dataset's, by which published scores are found."""

    kind: str
    types: tuple[ExpressionType, ...]
    matching: Matching
    iou: float
    draws: NonNegativeInt = 2000
    videos: Literal["all", "with_truth"] = "all"
    cut_off: Literal["kept", "dropped"] = "kept"
    shifted_labels: bool = False
    as_published: tuple[str, ...] = ()


def unpublished(
    name: str,
    spotter: AnySpotter,
    protocol_name: str,
    protocol: SpottingProtocolSpec,
    dataset: str,
    kind: str,
    types: tuple[ExpressionType, ...],
) -> list[str]:
    """What is asked for as published and was never published for a kind of dataset, or lacks a type, in words."""
    known = published(spotter.method, kind)
    places: list[tuple[str, Any, Any]]
    places = [(f"spotting_protocols.{protocol_name}.k", protocol.k, known.k if known else {})]
    if isinstance(spotter, MdmdSpec):
        places = [
            (f"spotters.{name}.k", spotter.k, known.k if known else {}),
            (f"spotters.{name}.lengths", spotter.lengths, known.lengths if known else {}),
        ]
    said = []
    for place, given, by_type in places:
        if given == "published":
            lacking = [one for one in types if one not in by_type]
            if lacking:
                form = (
                    "{macro: [SHORTEST, null], micro: [SHORTEST, LONGEST]}"
                    if "lengths" in place
                    else "{macro: FRAMES, micro: FRAMES}"
                )
                said.append(f"{place}: nothing is published for {dataset}, of kind {kind}; write {form}")
        elif isinstance(given, dict):
            said += [f"{place}: says nothing of type {one}" for one in types if one not in given]
    return said


def published(method: str, kind: str) -> _PublishedSettings | None:
    """The settings of a method's paper for a kind of dataset; those of SOFTNet serve flow and strain, too."""
    return PUBLISHED["mdmd" if method == "mdmd" else "softnet"].get(kind)


def _fields(template: str) -> set[str]:
    """The names in braces of a template."""
    import string  # noqa: PLC0415

    try:
        return {name for _, name, _, _ in string.Formatter().parse(template) if name}
    except ValueError:
        return set()
