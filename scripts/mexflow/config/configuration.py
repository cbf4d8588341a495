"""The whole configuration, checked before any job starts, and the runs that it asks for."""

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    Discriminator,
    Field,
    NonNegativeInt,
    PositiveInt,
    Tag,
    ValidationError,
    model_validator,
)

from mexflow.config.alignment import AlignmentSpec
from mexflow.config.datasets import AnyDataset, CompositeSpec, PrecomputedSpec
from mexflow.config.features import AnyFeatureSpec, FeatureStageSpec, FlowFeatureSpec
from mexflow.config.flow import FlowSpec
from mexflow.config.mistakes import mistakes_in_words
from mexflow.config.pairs import OPEN_INTERVAL, per_expression
from mexflow.config.spec import Name, Spec, nearest
from mexflow.config.spotting import AnySpotter, ExpressionType, SoftnetSpec, SpottingProtocolSpec, unpublished
from mexflow.config.systems import PROTOCOLS, SYSTEMS, VARIANTS, Variant, checked_names, definitions, model_name
from mexflow.config.training import ModelSpec, ProtocolSpec
from mexflow.errors import UserError

LabelScheme = Literal["emotion", "three_class", "five_class", "objective", "binary", "seven_class", "stimulus"]

AS_GIVEN = "as_given"
"""The feature of datasets that consist of features already."""

_RESERVED = {
    "alignments": {"raw", "features", "runs", "measures", "spotting"},
    "flows": {"aligned"},
    "features": {AS_GIVEN},
}

Seeds = Annotated[tuple[NonNegativeInt, ...], Field(min_length=1)]

_SECTIONS: Mapping[str, Callable[[Any], Spec]] = {
    "alignments": AlignmentSpec.model_validate,
    "flows": FlowSpec.model_validate,
    "features": lambda definition: FeatureStageSpec.model_validate({"feature": definition}).feature,
    "models": ModelSpec.model_validate,
    "protocols": ProtocolSpec.model_validate,
}
"""Where definitions of systems go, and what checks them."""


class Experiment(Spec):
    """The product of its lists."""

    datasets: Annotated[tuple[Name, ...], Field(min_length=1)]
    features: Annotated[tuple[Name, ...], Field(min_length=1)]
    models: Annotated[tuple[Name, ...], Field(min_length=1)]
    protocols: Annotated[tuple[Name, ...], Field(min_length=1)]
    labels: LabelScheme
    seeds: Seeds = (0, 1, 2, 3, 4)


class SystemExperiment(Spec):
    """Published systems on datasets: features, models, protocols and label schemes are the systems' own.

    `systems` are names of `mexflow.config.systems` (`mexflow systems` lists them), each in its `variants`. `weights` is
    the VGG-Face file that systems of ELRCN start from; without it they start from random weights. `seeds_per_job` is
    that of their models.
    """

    datasets: Annotated[tuple[Name, ...], Field(min_length=1)]
    systems: Annotated[tuple[str, ...], Field(min_length=1), AfterValidator(checked_names)]
    variants: Annotated[tuple[Variant, ...], Field(min_length=1)] = VARIANTS
    weights: Path | None = None
    seeds: Seeds = (0, 1, 2, 3, 4)
    seeds_per_job: PositiveInt | None = None

    def pairs(self) -> Iterator[tuple[str, Variant]]:
        """Every system in every variant."""
        return itertools.product(self.systems, self.variants)


class SpottingExperiment(Spec):
    """Expressions spotted in long videos: the product of its lists. Its protocols are `spotting_protocols`.

    Seeds are those of spotters that are trained; others run once.
    """

    datasets: Annotated[tuple[Name, ...], Field(min_length=1)]
    features: Annotated[tuple[Name, ...], Field(min_length=1)]
    spotters: Annotated[tuple[Name, ...], Field(min_length=1)]
    protocols: Annotated[tuple[Name, ...], Field(min_length=1)]
    types: Annotated[tuple[ExpressionType, ...], Field(min_length=1)] = ("macro", "micro")
    seeds: Seeds = (0, 1, 2, 3, 4)


def _form(data: Any) -> str:
    """Whether an experiment that is not checked yet names systems, spotters or the parts of a grid."""
    if not isinstance(data, dict):
        if isinstance(data, SpottingExperiment):
            return "spotting"
        return "systems" if isinstance(data, SystemExperiment) else "grid"
    if any(str(key).startswith("spotter") or key == "types" for key in data):
        return "spotting"
    named = any(str(key).startswith("system") or key in {"variants", "weights"} for key in data)
    return "systems" if named else "grid"


AnyExperiment = Annotated[
    Annotated[Experiment, Tag("grid")]
    | Annotated[SystemExperiment, Tag("systems")]
    | Annotated[SpottingExperiment, Tag("spotting")],
    Discriminator(_form),
]


@dataclass(frozen=True, order=True)
class Run:
    """One combination of an experiment; its seeds are scored together. The fields are the wildcards of its paths."""

    dataset: str
    feature: str
    labels: str
    model: str
    protocol: str

    @classmethod
    def of_folder(cls, folder: Path) -> Self:
        """The run that results/<dataset>/runs/<feature>/<labels>/<model>/<protocol> belongs to."""
        dataset, _, *names = folder.parts[-6:]
        return cls(dataset, *names)


@dataclass(frozen=True, order=True)
class SpottingRun:
    """One combination of a spotting experiment: its types and seeds are scored together. Fields are wildcards."""

    dataset: str
    feature: str
    spotter: str
    protocol: str

    @classmethod
    def of_folder(cls, folder: Path) -> Self:
        """The run that results/<dataset>/spotting/<feature>/<spotter>/<protocol> belongs to."""
        dataset, _, *names = folder.parts[-5:]
        return cls(dataset, *names)


@dataclass(frozen=True)
class SpottingTask:
    """What a spotting run consists of: expression types, and the seeds of its spotter, both sorted."""

    types: tuple[ExpressionType, ...]
    seeds: tuple[int, ...]


class Configuration(Spec):
    """`config.yaml`: names for things, then experiments that cross them."""

    datasets: dict[Name, AnyDataset]
    composites: dict[Name, CompositeSpec] = Field(default_factory=dict)
    alignments: dict[Name, AlignmentSpec]
    flows: dict[Name, FlowSpec]
    features: dict[Name, AnyFeatureSpec]
    models: dict[Name, ModelSpec]
    protocols: dict[Name, ProtocolSpec]
    spotters: dict[Name, AnySpotter] = Field(default_factory=dict)
    spotting_protocols: dict[Name, SpottingProtocolSpec] = Field(default_factory=dict)
    experiments: tuple[AnyExperiment, ...]

    @model_validator(mode="before")
    @classmethod
    def _with_definitions_of_systems(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        for one in _system_experiments(data.get("experiments")):
            for section, needed in _definitions(one):
                given = data.get(section) or {}
                if isinstance(given, dict):
                    data = data | {section: needed | given}
        return data

    @model_validator(mode="after")
    def _names_are_known_and_free(self) -> Self:
        mistakes = [
            *self._taken_names(),
            *self._unknown_names(),
            *self._features_without_landmarks(),
            *self._features_that_cannot_be(),
            *self._systems_that_cannot_be(),
            *self._spotting_that_cannot_be(),
        ]
        if mistakes:
            raise ValueError("\n".join(mistakes))
        return self

    def _taken_names(self) -> Iterator[str]:
        for name in sorted(self.composites.keys() & self.datasets.keys()):
            yield f'composites: the name "{name}" is that of a dataset; choose another'
        for section, reserved in _RESERVED.items():
            for name in sorted(getattr(self, section).keys() & reserved):
                yield f'{section}: the name "{name}" is taken by a folder of results; choose another'

    def _unknown_names(self) -> Iterator[str]:
        for name, feature in self.features.items():
            yield from self._unknown(f"features.{name}.alignment", "alignments", [feature.alignment])
            flow = getattr(feature, "flow", None)
            if flow is not None:
                yield from self._unknown(f"features.{name}.flow", "flows", [flow])
        for name, composite in self.composites.items():
            yield from self._unknown(f"composites.{name}.datasets", "datasets", composite.datasets)
        for position, experiment in enumerate(self.experiments):
            where = f"experiments[{position}]"
            own = [name for name in experiment.datasets if name not in self.composites]
            yield from self._unknown(f"{where}.datasets", "datasets", own)
            if isinstance(experiment, SystemExperiment):
                continue
            if isinstance(experiment, SpottingExperiment):
                yield from self._unknown(f"{where}.features", "features", experiment.features)
                yield from self._unknown(f"{where}.spotters", "spotters", experiment.spotters)
                yield from self._unknown(f"{where}.protocols", "spotting_protocols", experiment.protocols)
                continue
            computed = [name for name in experiment.features if name != AS_GIVEN]
            yield from self._unknown(f"{where}.features", "features", computed)
            for section in ("models", "protocols"):
                yield from self._unknown(f"{where}.{section}", section, getattr(experiment, section))

    def _features_without_landmarks(self) -> Iterator[str]:
        for name, feature in self.features.items():
            alignment = self.alignments.get(feature.alignment)
            if alignment is None or alignment.has_landmarks:
                continue
            for key, words in feature.needs_landmarks().items():
                rest = ", ".join(word for word in getattr(feature, key) if word not in words)
                yield (
                    f"features.{name}.{key}: {', '.join(words)} cannot be without landmarks, and alignment"
                    f" {feature.alignment} (mode {alignment.mode}) has none; write {key}: [{rest}], or choose another"
                    " alignment"
                )

    def _features_that_cannot_be(self) -> Iterator[str]:
        for position, experiment in enumerate(self.experiments):
            if not isinstance(experiment, Experiment):
                continue
            where = f"experiments[{position}].features"
            given = {name: self._is_precomputed(name) for name in experiment.datasets}
            for name in experiment.features:
                for dataset, precomputed in given.items():
                    if precomputed is not None and precomputed != (name == AS_GIVEN):
                        are = f"consists of features: its feature is {AS_GIVEN}" if precomputed else "has raw clips"
                        yield f"{where}: {name} is not for {dataset}, which {are}"
                feature = self.features.get(name)
                if isinstance(feature, FlowFeatureSpec) and not per_expression(feature.pairs):
                    yield (
                        f"{where}: {name} has a sample per frame pair ({feature.pairs});"
                        " recognition needs one per expression"
                    )

    def _systems_that_cannot_be(self) -> Iterator[str]:
        named = [(n, one) for n, one in enumerate(self.experiments) if isinstance(one, SystemExperiment)]
        told = set()
        for position, experiment in named:
            for section, needed in _definitions(experiment):
                for name, definition in needed.items():
                    if getattr(self, section)[name] != _SECTIONS[section](definition):
                        told.add(
                            f'{section}.{name}: experiments[{position}] names a system that has "{name}" of its own,'
                            f" and this says something else; {_remedy(section, name)}"
                        )
        yield from sorted(told)
        for position, experiment in named:
            where = f"experiments[{position}].datasets"
            for dataset in experiment.datasets:
                kinds = self.kinds(dataset)
                if self._is_precomputed(dataset):
                    yield f"{where}: {dataset} consists of features, and systems start from raw clips"
                elif kinds:
                    lacking = [name for name in experiment.systems if SYSTEMS[name].labels_on(kinds) is None]
                    yield from (f"{where}: {_why_not(name, dataset, kinds)}" for name in lacking)

    def _spotting_that_cannot_be(self) -> Iterator[str]:
        for position, experiment in enumerate(self.experiments):
            if isinstance(experiment, SpottingExperiment):
                for section, names, check in (
                    ("datasets", experiment.datasets, self._why_no_long_videos),
                    ("features", experiment.features, self._why_no_feature_of_pairs),
                ):
                    found = (f"{name} {why}" for name in names if (why := check(name)))
                    yield from (f"experiments[{position}].{section}: {one}" for one in found)
                unfit = [*self._unfit_spotters(experiment), *self._samples_without_range(experiment)]
                yield from (f"experiments[{position}]: {one}" for one in unfit)

    def _why_no_long_videos(self, dataset: str) -> str | None:
        if dataset in self.composites:
            members = ", ".join(self.composites[dataset].datasets)
            return f"is a composite; name its datasets ({members}): their counts are summed in results/spotting.csv"
        if self._is_precomputed(dataset):
            return "consists of features, and spotting starts from raw videos"
        if dataset in self.datasets and self.datasets[dataset].unit != "video":
            return "has long videos as units of work when they are spotted in; add unit: video to the dataset"
        return None

    def _why_no_feature_of_pairs(self, name: str) -> str | None:
        feature = self.features.get(name)
        if feature is None:
            return None
        if not isinstance(feature, FlowFeatureSpec) or feature.pairs != OPEN_INTERVAL:
            return "has no pairs of a whole video; spotting needs a feature of flow with pairs: {interval: k}"
        if feature.normalise not in {"sample_min_max", "none"}:
            return "is normalised by its training; spotting needs normalise: sample_min_max or none"
        return None

    def _samples_without_range(self, experiment: SpottingExperiment) -> Iterator[str]:
        for name, feature in itertools.product(experiment.spotters, experiment.features):
            spotter = self.spotters.get(name)
            if not isinstance(spotter, SoftnetSpec) or spotter.weights:
                continue
            altered = set(spotter.augmented_types) & set(experiment.types)
            if altered and getattr(self.features.get(feature), "normalise", "") == "none":
                yield (
                    f"spotter {name} alters copies of samples in 0–1, and {feature} has no such range; give it"
                    " normalise: sample_min_max, or the spotter augmented_types: []"
                )

    def _unfit_spotters(self, experiment: SpottingExperiment) -> Iterator[str]:
        for name, protocol in itertools.product(experiment.spotters, experiment.protocols):
            spotter, how = self.spotters.get(name), self.spotting_protocols.get(protocol)
            if spotter is None or how is None:
                continue
            if isinstance(spotter, SoftnetSpec) and spotter.weights and how.videos != "with_truth":
                yield (
                    f"spotter {name} takes weights of published folds, which hold the subjects of videos with an"
                    f" expression of the type only; protocol {protocol} needs videos: with_truth"
                )
            if isinstance(spotter, SoftnetSpec) and spotter.weights and how.p == "inner_subjects":
                yield (
                    f"spotter {name} takes given weights, whose networks have seen all subjects but one; protocol"
                    f" {protocol} needs a number as p"
                )
            for dataset in experiment.datasets:
                if dataset in self.datasets:
                    yield from unpublished(
                        name, spotter, protocol, how, dataset, self.datasets[dataset].kind, experiment.types
                    )

    def _is_precomputed(self, dataset: str) -> bool | None:
        """Whether a dataset, or a composite's members, consist of features; None if one of them is unknown."""
        members = [self.datasets.get(name) for name in self.members(dataset)]
        if None in members:
            return None
        return any(isinstance(member, PrecomputedSpec) for member in members)

    def members(self, dataset: str) -> tuple[str, ...]:
        """The datasets behind a name: a composite's, or itself."""
        return self.composites[dataset].datasets if dataset in self.composites else (dataset,)

    def kinds(self, dataset: str) -> list[str]:
        """The kinds of the datasets behind a name, sorted, each once; of datasets that are unknown none."""
        return sorted({self.datasets[name].kind for name in self.members(dataset) if name in self.datasets})

    def _unknown(self, where: str, section: str, names: Iterable[str]) -> Iterator[str]:
        known = getattr(self, section)
        for name in names:
            if name not in known:
                yield f'{where}: no {section.removesuffix("s")} is named "{name}"{nearest(name, known)}'

    def runs(self) -> dict[Run, list[int]]:
        """Every run of recognition that the experiments ask for, with its seeds: sorted, each once."""
        seeds: dict[Run, set[int]] = {}
        for one in self.experiments:
            for run in self.combinations(one):
                if isinstance(run, SpottingRun):
                    continue
                seeds.setdefault(run, set()).update(one.seeds)
        return {run: sorted(seeds[run]) for run in sorted(seeds)}

    def systems(self) -> dict[Run, tuple[str, Variant]]:
        """The runs of published systems, sorted, each with its system and its variant."""
        found: dict[Run, tuple[str, Variant]] = {}
        for one in self.experiments:
            if isinstance(one, SystemExperiment):
                found.update(self._runs_of_systems(one))
        return {run: found[run] for run in sorted(found)}

    def spotting_runs(self) -> dict[SpottingRun, SpottingTask]:
        """Every spotting run that the experiments ask for: sorted, each once, with its types and seeds."""
        tasks: dict[SpottingRun, SpottingTask] = {}
        for one in self.experiments:
            if not isinstance(one, SpottingExperiment):
                continue
            for run in self.combinations(one):
                assert isinstance(run, SpottingRun)
                trained = self.spotters[run.spotter].is_trained
                known = tasks.get(run, SpottingTask((), ()))
                types = tuple(sorted({*known.types, *one.types}))
                tasks[run] = SpottingTask(types, tuple(sorted({*known.seeds, *(one.seeds if trained else (0,))})))
        return {run: tasks[run] for run in sorted(tasks)}

    def combinations(self, one: Experiment | SystemExperiment | SpottingExperiment) -> list[Run | SpottingRun]:
        """Every run of one experiment."""
        if isinstance(one, SystemExperiment):
            return list(self._runs_of_systems(one))
        if isinstance(one, SpottingExperiment):
            spotted = itertools.product(one.datasets, one.features, one.spotters, one.protocols)
            return [SpottingRun(*part) for part in spotted]
        parts = itertools.product(one.datasets, one.features, [one.labels], one.models, one.protocols)
        return [Run(*part) for part in parts]

    def _runs_of_systems(self, experiment: SystemExperiment) -> dict[Run, tuple[str, Variant]]:
        runs: dict[Run, tuple[str, Variant]] = {}
        for dataset, (name, variant) in itertools.product(experiment.datasets, experiment.pairs()):
            setup, labels = SYSTEMS[name].setup(variant), SYSTEMS[name].labels_on(self.kinds(dataset))
            assert labels is not None, "checked at loading"
            for protocol in setup.protocols:
                # HDE goes both ways between two datasets; elsewhere there is no such protocol.
                if PROTOCOLS[protocol]["split"] != "hde" or len(self.members(dataset)) == 2:
                    run = Run(dataset, setup.feature, labels, model_name(name, variant), protocol)
                    runs[run] = name, variant
        return runs


def _system_experiments(experiments: Any) -> Iterator[SystemExperiment]:
    """Those experiments, not checked yet, that name systems. Mistakes in them are told when they are checked."""
    for one in experiments if isinstance(experiments, list | tuple) else ():
        if _form(one) == "systems":
            try:
                yield SystemExperiment.model_validate(one)
            except ValidationError:
                continue


def _definitions(experiment: SystemExperiment) -> Iterator[tuple[str, dict[str, dict[str, Any]]]]:
    for name, variant in experiment.pairs():
        needed = definitions(name, variant, experiment.weights)
        if experiment.seeds_per_job is not None:
            of_job = {"seeds_per_job": experiment.seeds_per_job}
            needed["models"] = {model: definition | of_job for model, definition in needed["models"].items()}
        yield from needed.items()


def _remedy(section: str, name: str) -> str:
    pretrained = [model_name(one, variant) for one in SYSTEMS if SYSTEMS[one].pretrained for variant in VARIANTS]
    if section == "models" and name in pretrained:
        return (
            "choose another name for yours, and give all experiments on that system the same weights and seeds_per_job"
        )
    return "choose another name for yours"


def _why_not(system: str, dataset: str, kinds: list[str]) -> str:
    labels = SYSTEMS[system].labels
    known = ", ".join(f"{scheme} on {kind}" for kind, scheme in labels.items() if kind != "*")
    several = f"a composite of {', '.join(kinds)}" if len(kinds) > 1 else f"of kind {kinds[0]}"
    return f"{system} has no label scheme for {dataset}, which is {several}; it has {known}"


def load_configuration(data: Mapping[str, Any], source: str = "config.yaml") -> Configuration:
    """Check a configuration as YAML gives it.

    Parameters
    ----------
    data : mapping
        The merged content of the configuration files.
    source : str
        What error messages call it.

    Raises
    ------
    UserError
        With one line per mistake: where, what is wrong, what was probably meant.
    """
    try:
        return Configuration.model_validate(dict(data))
    except ValidationError as error:
        raise UserError("\n".join(f"{source}: {line}" for line in mistakes_in_words(error))) from None
