"""The whole configuration, checked before any job starts, and the runs that it asks for."""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, NonNegativeInt, ValidationError, model_validator

from mexflow.config.alignment import AlignmentSpec
from mexflow.config.datasets import AnyDataset, CompositeSpec, PrecomputedSpec
from mexflow.config.features import AnyFeatureSpec, FlowFeatureSpec
from mexflow.config.flow import FlowSpec
from mexflow.config.mistakes import mistakes_in_words
from mexflow.config.pairs import per_expression
from mexflow.config.spec import Name, Spec, nearest
from mexflow.config.training import ModelSpec, ProtocolSpec
from mexflow.errors import UserError

LabelScheme = Literal["emotion", "three_class", "five_class", "objective", "binary", "seven_class", "stimulus"]

AS_GIVEN = "as_given"
"""The feature of datasets that consist of features already."""

_RESERVED = {"alignments": {"raw", "features", "runs"}, "flows": {"aligned"}, "features": {AS_GIVEN}}


class Experiment(Spec):
    """The product of its lists."""

    datasets: Annotated[tuple[Name, ...], Field(min_length=1)]
    features: Annotated[tuple[Name, ...], Field(min_length=1)]
    models: Annotated[tuple[Name, ...], Field(min_length=1)]
    protocols: Annotated[tuple[Name, ...], Field(min_length=1)]
    labels: LabelScheme
    seeds: Annotated[tuple[NonNegativeInt, ...], Field(min_length=1)] = (0, 1, 2, 3, 4)


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


class Configuration(Spec):
    """`config.yaml`: names for things, then experiments that cross them."""

    datasets: dict[Name, AnyDataset]
    composites: dict[Name, CompositeSpec] = Field(default_factory=dict)
    alignments: dict[Name, AlignmentSpec]
    flows: dict[Name, FlowSpec]
    features: dict[Name, AnyFeatureSpec]
    models: dict[Name, ModelSpec]
    protocols: dict[Name, ProtocolSpec]
    experiments: tuple[Experiment, ...]

    @model_validator(mode="after")
    def _names_are_known_and_free(self) -> Self:
        mistakes = [*self._taken_names(), *self._unknown_names(), *self._features_that_cannot_be()]
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
            computed = [name for name in experiment.features if name != AS_GIVEN]
            yield from self._unknown(f"{where}.features", "features", computed)
            for section in ("models", "protocols"):
                yield from self._unknown(f"{where}.{section}", section, getattr(experiment, section))

    def _features_that_cannot_be(self) -> Iterator[str]:
        for position, experiment in enumerate(self.experiments):
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

    def _is_precomputed(self, dataset: str) -> bool | None:
        """Whether a dataset, or a composite's members, consist of features; None if one of them is unknown."""
        members = [self.datasets.get(name) for name in self.members(dataset)]
        if None in members:
            return None
        return any(isinstance(member, PrecomputedSpec) for member in members)

    def members(self, dataset: str) -> tuple[str, ...]:
        """The datasets behind a name: a composite's, or itself."""
        return self.composites[dataset].datasets if dataset in self.composites else (dataset,)

    def _unknown(self, where: str, section: str, names: Iterable[str]) -> Iterator[str]:
        known = getattr(self, section)
        for name in names:
            if name not in known:
                yield f'{where}: no {section.removesuffix("s")} is named "{name}"{nearest(name, known)}'

    def runs(self) -> dict[Run, list[int]]:
        """Every run that the experiments ask for, with its seeds: sorted, each once."""
        seeds: dict[Run, set[int]] = {}
        for one in self.experiments:
            for parts in itertools.product(one.datasets, one.features, [one.labels], one.models, one.protocols):
                seeds.setdefault(Run(*parts), set()).update(one.seeds)
        return {run: sorted(seeds[run]) for run in sorted(seeds)}


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
