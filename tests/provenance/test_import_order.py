"""A module imports from the packages that stand before its own in the order of the data, never from later ones."""

import ast
from pathlib import Path

import pytest

import mexflow

PACKAGE = Path(mexflow.__file__).parent
ORDER = [
    "errors",
    "config",
    "provenance",
    "store",
    "datasets",
    "synthesis",
    "video",
    "face",
    "motion",
    "features",
    "models",
    "planning",
    "training",
    "evaluation",
    "report",
    "cli",
]
MODULES = sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))


def later_imports(source: str, package: str) -> list[str]:
    """The imports from packages that stand after `package`."""
    found = []
    for node in ast.walk(ast.parse(source)):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "a relative import; write the whole name"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        own = [name.split(".")[1] for name in names if name.startswith("mexflow.")]
        found += [name for name in own if ORDER.index(name) > ORDER.index(package)]
    return found


def test_every_package_has_its_place():
    packages = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert packages - {"__init__", "__pycache__"} <= set(ORDER)


@pytest.mark.parametrize("name", [name for name in MODULES if name != "__init__.py"])
def test_no_module_imports_from_a_later_package(name):
    package = name.removesuffix(".py").split("/")[0]
    assert later_imports((PACKAGE / name).read_text(), package) == []


@pytest.mark.parametrize(
    "source",
    ["from mexflow.video.frames import gray_frames", "from mexflow import video", "def f():\n    import mexflow.cli"],
)
def test_a_later_import_is_seen(source):
    assert later_imports(source, "store") != []
