"""A stage's function as a command: typed arguments in, and a message or a traceback out."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import mexflow
from mexflow.cli.stage import stage
from mexflow.config.spec import Spec

SCRIPTS = sorted(Path(mexflow.__file__).parents[1].glob("*.py"))


class Size(Spec):
    height: int
    width: int = 28


received: dict[str, object] = {}


@stage
def command(
    source: Path,
    count: int,
    parts: list[Path],
    *,
    spec: Size,
    faces: bool,
    unit_name: str = "all",
    threads: int = 1,
    inner: list[Path] = [],  # noqa: B006 - typer copies it
) -> None:
    received.update(locals())


NEEDED = ["raw/c1", "3", "a.h5", "b.h5", "--spec", '{"height":4}', "--faces"]


def call(monkeypatch, *arguments: str) -> dict[str, object]:
    received.clear()
    monkeypatch.setattr(sys, "argv", ["stage.py", *arguments])
    with pytest.raises(SystemExit) as caught:
        command()
    assert caught.value.code == 0
    return dict(received)


def complaint(monkeypatch, capsys, *arguments: str) -> str:
    """What a wrong call prints, in one line: without the frame around it."""
    received.clear()
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(sys, "argv", ["stage.py", *arguments])
    with pytest.raises(SystemExit) as caught:
        command()
    assert caught.value.code not in (0, None)
    assert not received
    return " ".join(capsys.readouterr().err.replace("│", " ").split())


def test_arguments_arrive_with_their_types_and_the_rest_has_its_defaults(monkeypatch):
    assert call(monkeypatch, *NEEDED) == {
        "source": Path("raw/c1"),
        "count": 3,
        "parts": [Path("a.h5"), Path("b.h5")],
        "spec": Size(height=4, width=28),
        "faces": True,
        "unit_name": "all",
        "threads": 1,
        "inner": [],
    }


def test_options_replace_defaults(monkeypatch):
    found = call(monkeypatch, *NEEDED, "--threads", "2", "--unit-name", "sub 05")
    assert (found["threads"], found["unit_name"]) == (2, "sub 05")


@pytest.mark.parametrize(
    ("options", "value"),
    [
        (["--inner", "a b.h5"], [Path("a b.h5")]),
        (["--inner", "a b.h5", "--inner", "c.h5"], [Path("a b.h5"), Path("c.h5")]),
        (["--inner=c.h5", "--inner=a b.h5", "--inner=c.h5"], [Path("c.h5"), Path("a b.h5"), Path("c.h5")]),
    ],
)
def test_a_list_is_an_option_that_is_repeated(monkeypatch, options, value):
    found = call(monkeypatch, *NEEDED, *options)
    assert (found["inner"], found["parts"]) == (value, [Path("a.h5"), Path("b.h5")])


def test_options_may_stand_among_the_arguments_of_a_list(monkeypatch):
    found = call(monkeypatch, *NEEDED[:3], "--inner=c.h5", *NEEDED[3:])
    assert (found["parts"], found["inner"]) == ([Path("a.h5"), Path("b.h5")], [Path("c.h5")])


def test_the_default_of_a_list_is_new_in_every_call(monkeypatch):
    call(monkeypatch, *NEEDED)["inner"].append(Path("left.h5"))
    assert call(monkeypatch, *NEEDED)["inner"] == []


@pytest.mark.parametrize(("option", "value"), [("--faces", True), ("--no-faces", False)])
def test_a_bool_is_a_pair_of_options(monkeypatch, option, value):
    assert call(monkeypatch, *NEEDED[:-1], option)["faces"] is value


def test_a_spec_comes_back_from_its_canonical_json(monkeypatch):
    spec = Size(height=4, width=5)
    assert call(monkeypatch, *NEEDED[:4], "--faces", "--spec", spec.canonical())["spec"] == spec


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ("{}", "height: this key is missing"),
        ('{"height":4,"widht":5}', 'unknown key "widht"; did you mean "width"?'),
        ('{"height":"tall"}', "height: should be a valid integer"),
        ('{"width":"wide"}', "height: this key is missing width: should be a valid integer"),
        ('{"height":', "invalid JSON"),
        ("", "invalid JSON"),
    ],
)
def test_a_wrong_spec_is_told_in_words(monkeypatch, capsys, spec, told):
    printed = complaint(monkeypatch, capsys, *NEEDED[:4], "--faces", "--spec", spec)
    assert f"Invalid value for '--spec': {told}" in printed


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "Missing argument 'source'"),
        (NEEDED[:2], "Missing argument 'parts'"),
        (NEEDED[:4], "Missing option '--spec'"),
        (NEEDED[:-1], "Missing option '--faces'"),
        ([*NEEDED, "--threads", "many"], "Invalid value for '--threads': Input should be a valid integer"),
        ([*NEEDED, "--unit", "s1"], "No such option: --unit"),
    ],
)
def test_a_wrong_call_names_the_argument(monkeypatch, capsys, arguments, told):
    assert told in complaint(monkeypatch, capsys, *arguments)


SCRIPT = '''
"""A stage that fails."""
import sys
from mexflow.cli.stage import stage
from mexflow.errors import UserError

@stage
def main(kind: str) -> None:
    raise {"mine": UserError("v.avi: [cut] off. Restore it."), "ours": ValueError("a defect")}[kind]

main()
'''


def failed(tmp_path: Path, kind: str) -> subprocess.CompletedProcess[str]:
    (tmp_path / "fail.py").write_text(SCRIPT)
    return run(tmp_path / "fail.py", kind)


def run(*command: object) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"COLUMNS": "200", "PYTHONPATH": str(Path(mexflow.__file__).parents[1])}
    return subprocess.run(
        [sys.executable, *map(str, command)], capture_output=True, text=True, env=environment, check=False
    )


def test_a_mistake_of_the_user_is_one_line(tmp_path):
    done = failed(tmp_path, "mine")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "Error: v.avi: [cut] off. Restore it.\n")


def test_a_defect_keeps_its_traceback(tmp_path):
    done = failed(tmp_path, "ours")
    assert done.returncode == 1
    assert done.stderr.startswith("Traceback (most recent call last):\n")
    assert "fail.py" in done.stderr
    assert done.stderr.endswith("\nValueError: a defect\n")
    assert "Error: a defect\n" not in done.stderr.splitlines(keepends=True)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_explains_itself(script):
    first_line = script.read_text().splitlines()[0]
    done = run(script, "--help")
    assert done.returncode == 0, done.stderr
    assert first_line.strip('"') in " ".join(done.stdout.split())
