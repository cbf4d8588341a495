"""The code that a stage runs: which modules it holds, and when its hash changes."""

import shutil
from pathlib import Path

import pytest

from mexflow.provenance import fingerprint as module
from mexflow.provenance.fingerprint import closure, fingerprint

REAL_SCRIPTS = module.SCRIPTS
STAGES = sorted(path.stem for path in REAL_SCRIPTS.glob("*.py"))


def moved_to(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SCRIPTS", folder)
    forget()


def forget() -> None:
    """As in a new process."""
    module._imports.cache_clear()
    module._tokens_of.cache_clear()


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """Write modules by their dotted names into a folder of scripts."""
    moved_to(tmp_path, monkeypatch)

    def write(**sources: str) -> None:
        for name, source in ({"mexflow.__init__": ""} | sources).items():
            file = tmp_path.joinpath(*name.split(".")).with_suffix(".py")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(source)
            if file.parent != tmp_path and not (file.parent / "__init__.py").exists():
                (file.parent / "__init__.py").write_text("")
        forget()

    yield write
    forget()


def modules(root: Path) -> set[str]:
    return set(closure(root / "stage.py")) - {"stage.py", "mexflow"}


@pytest.mark.parametrize(
    "source",
    [
        "import mexflow.motion.strain",
        "import numpy, mexflow.motion.strain as s",
        "from mexflow.motion.strain import optical_strain",
        "from mexflow.motion import strain",
        "from mexflow.motion import strain as s, other",
        "from mexflow.motion.strain import *",
        "def late():\n    from mexflow.motion.strain import optical_strain",
        "if False:\n    import mexflow.motion.strain",
        "try:\n    import os\nexcept ImportError:\n    from mexflow.motion import (\n        strain,\n    )",
    ],
)
def test_every_form_of_import_is_followed(tree, tmp_path, source):
    tree(**{"stage": source, "mexflow.motion.strain": "", "mexflow.other": ""})
    assert modules(tmp_path) == {"mexflow.motion", "mexflow.motion.strain"}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("from . import flow", {"mexflow.motion.flow"}),
        ("from .flow import tvl1", {"mexflow.motion.flow"}),
        ("from .flow.deep import x", {"mexflow.motion.flow", "mexflow.motion.flow.deep"}),
        ("from .. import face", {"mexflow.face"}),
        ("from ..face.regions import nose", {"mexflow.face", "mexflow.face.regions"}),
    ],
)
def test_a_relative_import_is_followed(tree, tmp_path, source, found):
    tree(
        **{
            "stage": "import mexflow.motion.strain",
            "mexflow.motion.strain": source,
            "mexflow.motion.flow.__init__": "",
            "mexflow.motion.flow.deep": "",
            "mexflow.face.regions": "",
        }
    )
    assert modules(tmp_path) == {"mexflow.motion", "mexflow.motion.strain"} | found


def test_a_package_is_followed_into_what_its_init_imports(tree, tmp_path):
    tree(
        **{
            "stage": "from mexflow.motion.strain import optical_strain",
            "mexflow.motion.__init__": "from mexflow.face import regions\nfrom .flow import tvl1",
            "mexflow.motion.strain": "",
            "mexflow.motion.flow": "",
            "mexflow.face.regions": "import mexflow.motion.strain",
        }
    )
    expected = {"mexflow.motion", "mexflow.motion.strain", "mexflow.motion.flow", "mexflow.face"}
    assert modules(tmp_path) == expected | {"mexflow.face.regions"}


def test_what_is_no_project_module_is_not_followed(tree, tmp_path):
    tree(stage="import numpy\nimport mexflowish\nfrom os import path\nfrom mexflow.errors import UserError")
    (tmp_path / "mexflow" / "errors.py").write_text("class UserError(Exception): pass")
    assert modules(tmp_path) == {"mexflow.errors"}


def test_a_module_named_by_the_rule_belongs_to_the_code(tree, tmp_path):
    tree(
        **{
            "stage": "x = 1",
            "mexflow.models.ststnet": "from mexflow.models.layers import conv",
            "mexflow.models.layers": "",
        }
    )
    alone = fingerprint("stage")
    assert fingerprint("stage", "mexflow.models.ststnet") != alone
    assert "mexflow.models.layers" in closure(tmp_path / "stage.py", "mexflow.models.ststnet")


def test_a_missing_stage_or_module_is_an_error(tree):
    tree(stage="x = 1", lost="import mexflow.gone")
    with pytest.raises(FileNotFoundError, match="nowhere"):
        fingerprint("nowhere")
    with pytest.raises(FileNotFoundError, match=r"mexflow\.gone"):
        fingerprint("lost")


def test_moving_code_to_another_module_counts(tree):
    tree(**{"stage": "import mexflow.a\nimport mexflow.b", "mexflow.a": "x = 1", "mexflow.b": ""})
    before = fingerprint("stage")
    tree(**{"mexflow.a": "", "mexflow.b": "x = 1"})
    assert fingerprint("stage") != before


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """A copy of this project's scripts."""
    folder = tmp_path / "scripts"
    shutil.copytree(REAL_SCRIPTS, folder, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    moved_to(folder, monkeypatch)
    yield folder
    forget()


def fingerprints() -> dict[str, str]:
    forget()
    return {stage: fingerprint(stage) for stage in STAGES}


def changed_stages(before: dict[str, str]) -> set[str]:
    return {stage for stage, code in fingerprints().items() if code != before[stage]}


def rewrite_a_body(file: Path) -> None:
    lines = file.read_text().splitlines()
    (number, line) = next((n, line) for n, line in enumerate(lines) if line.startswith("    return "))
    lines[number] = line.replace("return ", "return +")
    file.write_text("\n".join(lines))


def test_a_function_in_motion_changes_flow_and_never_align(copy):
    before = fingerprints()
    rewrite_a_body(copy / "mexflow" / "motion" / "strain.py")
    changed = changed_stages(before)
    assert {"flow", "pack"} <= changed  # packing computes strain by other schemes, too
    assert not changed & {"synthesize", "align", "import_feature", "compose", "train", "evaluate"}


def test_a_metric_changes_evaluate_and_nothing_before_it(copy):
    before = fingerprints()
    rewrite_a_body(copy / "mexflow" / "evaluation" / "recognition.py")
    changed = changed_stages(before)
    assert "evaluate" in changed
    assert not changed & {"synthesize", "align", "flow", "pack", "train"}


def test_a_script_of_its_own_changes_its_stage_alone(copy):
    before = fingerprints()
    with (copy / "align.py").open("a") as file:
        file.write("\nx = 1\n")
    assert changed_stages(before) == {"align"}


def test_a_comment_and_a_docstring_in_every_module_change_nothing(copy):
    before = fingerprints()
    for file in copy.rglob("*.py"):
        text = file.read_text()
        end = text.find('"""', 3) if text.startswith('"""') else -1
        if end > 0:
            text = '"""Another docstring."""' + text[end + 3 :]
        file.write_text(f"# a comment\n{text}\n\n# another\n")
    assert changed_stages(before) == set()


def test_the_place_and_the_times_of_the_files_do_not_count(copy, monkeypatch):
    before = fingerprints()
    monkeypatch.setattr(module, "SCRIPTS", copy.rename(copy.with_name("elsewhere")))
    for file in module.SCRIPTS.rglob("*.py"):
        file.touch()
    assert changed_stages(before) == set()


def test_a_stage_does_not_depend_on_the_whole_configuration():
    for stage in ("align", "flow", "pack", "train"):
        assert "mexflow.config.configuration" not in closure(REAL_SCRIPTS / f"{stage}.py")
