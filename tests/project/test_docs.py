"""What the documents say is so."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from mexflow.config import alignment, augmentation, datasets, features, flow, spotting, training
from mexflow.config.configuration import Configuration, Experiment, SpottingExperiment, SystemExperiment
from mexflow.datasets.index import KINDS
from mexflow.datasets.labels import scheme_table

REPOSITORY = Path(__file__).resolve().parents[2]


def test_the_picture_of_the_architecture_is_the_rule_graph() -> None:
    command = [sys.executable, "-m", "snakemake", "--rulegraph", "mermaid-js"]
    drawn = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout
    names = dict(re.findall(r"(id\d+)\[(\w+)\]", drawn))
    edges = {(names[a], names[b]) for a, b in re.findall(r"(id\d+) --> (id\d+)", drawn)}
    page = (REPOSITORY / "docs/architecture.md").read_text()
    assert edges == set(re.findall(r"^    (\w+) --> (\w+)$", page, re.MULTILINE))


@pytest.mark.parametrize(
    "spec",
    [
        datasets.ReleasedSpec,
        datasets.CompositeSpec,
        datasets.DemoSpec,
        datasets.CustomSpec,
        alignment.AlignmentSpec,
        flow.FlowSpec,
        flow.FlowStageSpec,
        features.FlowFeatureSpec,
        features.GrayFeatureSpec,
        features.LbpTopFeatureSpec,
        features.HoofFeatureSpec,
        datasets.ImagesSpec,
        datasets.PackedSpec,
        training.ModelSpec,
        training.ValidationSpec,
        training.EarlyStoppingSpec,
        training.PlateauSpec,
        training.SpatialStageSpec,
        augmentation.AugmentationSpec,
        training.ProtocolSpec,
        spotting.SoftnetSpec,
        spotting.FlowStrainSpec,
        spotting.MdmdSpec,
        spotting.SpottingProtocolSpec,
        Experiment,
        SystemExperiment,
        SpottingExperiment,
        Configuration,
    ],
)
def test_every_key_is_documented(spec: type) -> None:
    page = (REPOSITORY / "docs/configuration.md").read_text()
    for key in spec.model_fields:
        assert f"`{key}`" in page, key


def test_every_package_is_in_the_table_of_the_architecture() -> None:
    packages = {path.parent.name for path in (REPOSITORY / "scripts/mexflow").glob("*/__init__.py")}
    page = (REPOSITORY / "docs/architecture.md").read_text()
    assert packages | {"errors"} == set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE))


def test_the_table_of_label_schemes_is_that_of_the_code() -> None:
    assert scheme_table() in (REPOSITORY / "docs/datasets.md").read_text()


def test_every_kind_of_dataset_is_in_the_table() -> None:
    page = (REPOSITORY / "docs/datasets.md").read_text()
    for kind in KINDS:
        assert f"`{kind}`" in page, kind


def test_every_link_leads_somewhere() -> None:
    for page in [REPOSITORY / "README.md", *(REPOSITORY / "docs").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
