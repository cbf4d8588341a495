"""`mexflow manifest` and `mexflow check`, on a label table typed here and on a look-alike."""

import csv
import io
import shutil
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from mexflow.cli.main import main

HEADER = [
    "Subject",
    "Filename",
    None,
    "OnsetFrame",
    "ApexFrame",
    "OffsetFrame",
    None,
    "Action Units",
    "Estimated Emotion",
]
ROWS = [
    ["01", "EP02_01f", None, 46, 59, 86, None, 12, "happiness"],
    ["04", "EP12_01f", None, 261, "/", 321, None, "4+7", "disgust"],
    ["26", "EP18_50", None, 1, 20, 55, None, "?", "others"],
]


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    book = openpyxl.Workbook()
    for row in [HEADER, *ROWS]:
        book.active.append(row)
    path = tmp_path / "CASME2-coding-20140508.xlsx"
    book.save(path)
    return path


@pytest.fixture
def whole(lookalike: Callable[[str], Path]) -> Path:
    return lookalike("casme2")


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int | str | None:
    monkeypatch.setattr("sys.argv", ["mexflow", *(str(argument) for argument in arguments)])
    with pytest.raises(SystemExit) as left:
        main()
    return left.value.code


def test_labels_only_takes_a_label_file_and_leaves_frames_empty(sheet, monkeypatch, capsys) -> None:
    assert run(monkeypatch, "manifest", "casme2", sheet, "--labels-only") == 0
    said = capsys.readouterr()
    rows = list(csv.DictReader(io.StringIO(said.out)))
    assert [(row["subject"], row["clip"], row["onset"], row["apex"], row["offset"]) for row in rows] == [
        ("sub01", "EP02_01f", "46", "59", "86"),
        ("sub04", "EP12_01f", "261", "291", "321"),
        ("sub26", "EP18_50", "1", "20", "55"),
    ]
    assert {row["source"] + row["content"] for row in rows} == {""}
    assert "3 rows, 3 subjects, 1 repairs" in said.err
    assert "repair apex_missing: 1" in said.err


def test_a_scheme_keeps_what_has_a_class_in_it(sheet, monkeypatch, capsys) -> None:
    assert run(monkeypatch, "manifest", "casme2", sheet, "--labels-only", "--scheme", "three_class") == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["three_class"] for row in rows] == ["positive", "negative"]


def test_output_goes_to_a_file(sheet, tmp_path, monkeypatch, capsys) -> None:
    assert run(monkeypatch, "manifest", "casme2", sheet, "--labels-only", "-o", tmp_path / "m.csv") == 0
    assert capsys.readouterr().out == ""
    assert len((tmp_path / "m.csv").read_text().splitlines()) == 4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["manifest", "csme2", "x"], 'no kind of dataset is named "csme2"; did you mean "casme2"?'),
        (["manifest", "casme2", "gone"], "no folder gone"),
        (["manifest", "casme2"], "ROOT is missing"),
        (
            ["manifest", "casme2", "x", "--scheme", "three"],
            'no label scheme is named "three"; did you mean "three_class"?',
        ),
    ],
)
def test_a_mistake_gets_one_line(arguments, message, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert message in str(run(monkeypatch, *arguments))


def test_the_template_is_what_custom_reads(monkeypatch, capsys) -> None:
    assert run(monkeypatch, "manifest", "custom", "--template") == 0
    assert capsys.readouterr().out.startswith("subject,clip,onset,offset,emotion")


def test_check_tells_what_is_wrong_and_fails(whole, monkeypatch, capsys) -> None:
    assert run(monkeypatch, "check", "casme2", whole) == 1
    said = capsys.readouterr().out
    assert "EP13_08" in said
    assert "EP02_07" in said


def test_check_finds_an_unreadable_frame(whole, tmp_path, monkeypatch, capsys) -> None:
    root = shutil.copytree(whole, tmp_path / "casme2")
    folder = root / "CASME2_RAW_selected" / "CASME2_RAW_selected" / "sub04" / "EP12_01f"
    next(folder.iterdir()).write_bytes(b"no image")
    assert run(monkeypatch, "check", "casme2", root) == 1
    assert "not a readable image" in " ".join(capsys.readouterr().out.split())


def test_a_look_alike_is_written_where_one_says_and_an_unknown_kind_is_told(tmp_path, monkeypatch) -> None:
    assert run(monkeypatch, "lookalike", "smic_vis", tmp_path / "smic") == 0
    assert list((tmp_path / "smic").rglob("*.bmp"))
    assert 'no look-alike of "smic_viz"; did you mean "smic_vis"?' in str(
        run(monkeypatch, "lookalike", "smic_viz", tmp_path / "x")
    )
