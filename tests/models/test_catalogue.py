"""The catalogue of models against the models themselves, the features and the registry."""

import importlib
import subprocess
import sys
from typing import Any

import pytest

from mexflow.config.features import FeatureSpec, FeatureStageSpec
from mexflow.config.ready_features import READY
from mexflow.config.training import ModelSpec
from mexflow.features.shapes import sample_shape
from mexflow.models.catalogue import CATALOGUE, PublishedModel
from mexflow.models.registry import architectures, check_models, is_network, module_of
from mexflow.provenance.fingerprint import SCRIPTS
from models.layer_by_layer import outlined

ENTRIES = pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: f"{entry.architecture} {entry.parameters}")


def feature_of(entry: PublishedModel) -> FeatureSpec:
    definition: dict[str, Any] = {**entry.feature, "alignment": "a"}
    ready = READY[entry.feature["ready"]].definition if "ready" in entry.feature else {}
    if (ready | entry.feature).get("kind", "flow") in {"flow", "hoof"}:
        definition["flow"] = "f"
    return FeatureStageSpec.model_validate({"feature": definition}).feature


def test_every_architecture_has_an_entry_and_every_entry_an_architecture():
    assert {entry.architecture for entry in CATALOGUE} == set(architectures())


def test_the_catalogue_is_no_architecture():
    assert "catalogue" not in architectures()


def test_no_variant_is_listed_twice():
    variants = [(entry.architecture, entry.input_shape, sorted(entry.parameters.items())) for entry in CATALOGUE]
    assert all(variants.count(one) == 1 for one in variants)


@ENTRIES
def test_the_parameters_are_those_that_a_configuration_may_hold(entry):
    schedule = {"epochs": 1, "batch_size": 1, "learning_rate": 1} if is_network(entry.architecture) else {}
    check_models({"m": ModelSpec(architecture=entry.architecture, parameters=entry.parameters, **schedule)})


@pytest.mark.parametrize(
    "entry",
    [entry for entry in CATALOGUE if is_network(entry.architecture)],
    ids=lambda entry: f"{entry.architecture} {entry.parameters}",
)
def test_the_network_has_as_many_weights_as_the_catalogue_says(entry):
    build = importlib.import_module(module_of(entry.architecture)).build
    model = outlined(build, entry.input_shape, entry.classes, **entry.parameters)
    assert model.count_params() == entry.weights
    assert model.output_shape == (None, entry.classes)


def test_classifiers_that_are_fitted_at_once_have_no_number_of_weights():
    assert {entry.weights for entry in CATALOGUE if not is_network(entry.architecture)} == {None}


@ENTRIES
def test_the_feature_has_the_samples_that_the_model_takes(entry):
    shape = sample_shape(feature_of(entry))
    assert entry.input_shape == (shape[1:] if entry.architecture == "joshi_2d" else shape)


def test_the_catalogue_is_told_without_importing_keras():
    code = (
        "import sys; from mexflow.models.catalogue import CATALOGUE;"
        "print(len(CATALOGUE), sorted({'keras', 'tensorflow', 'sklearn'} & set(sys.modules)))"
    )
    told = subprocess.run([sys.executable, "-c", code], cwd=SCRIPTS, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == f"{len(CATALOGUE)} []"
