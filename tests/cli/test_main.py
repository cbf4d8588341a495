"""The `mexflow` command shows the scores of the finished runs."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import mexflow
from mexflow.cli.main import main

COLUMNS = (
    "dataset,feature,labels,model,protocol,permuted_labels,classes,clips,subjects,seeds,"
    "uf1,uf1_sd,uf1_low,uf1_high,uar,uar_sd,uar_low,uar_high,war,war_sd,war_low,war_high,"
    "majority_class,majority_uf1,majority_uar,majority_war,audit"
)
ROWS = [
    "demo,uvs28,three_class,ststnet,loso,False,3,72,8,5,"
    "0.91234,0.0126,0.8504,0.96,0.8765,0.02,0.801,0.9,1.0,0.0,1.0,1.0,negative,0.1667,0.3333,0.3333,passed",
    "casme2_and_samm_and_smic,onset_apex_uvs28,three_class,ststnet,loso_permuted,True,3,442,68,1,"
    "0.33351,,,,0.3,,,,0.0619,,,,negative,0.25,0.3333,0.5656,passed",
]


@pytest.fixture
def results(tmp_path: Path) -> Path:
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "scores.csv").write_text("\n".join([COLUMNS, *ROWS]) + "\n")
    return tmp_path / "results"


@pytest.fixture
def shown(results: Path, monkeypatch, capsys) -> Callable[..., list[str]]:
    """The lines that `mexflow scores` prints beside a results folder, on a terminal of 80 columns."""

    def show(*arguments: str) -> list[str]:
        monkeypatch.chdir(results.parent)
        monkeypatch.setenv("COLUMNS", "80")
        monkeypatch.setattr(sys, "argv", ["mexflow", "scores", *arguments])
        with pytest.raises(SystemExit) as caught:
            main()
        assert caught.value.code == 0
        return capsys.readouterr().out.splitlines()

    return show


def words(lines: list[str], first: str) -> list[str]:
    (line,) = (line for line in lines if first in line)
    return line.split(first)[1].split()


def test_the_numbers_are_shown_as_the_field_writes_them(shown):
    lines = shown()
    assert " ".join(words(lines, "demo, three_class")) == "72 5 .912 ± .013 .876 ± .020 1.000 ± .000"
    assert words(lines, "uvs28, ststnet,") == [".850–.960", ".801–.900", "1.000–1.000"]


def test_one_seed_without_an_interval_shows_its_mean_alone(shown):
    text = "\n".join(shown())
    assert "442" in text
    assert text.count(".334") == text.count(".062") == 1
    assert "nan" not in text
    assert text.count("±") == 4  # three of the run with five seeds, one of the caption


def test_the_table_fits_a_terminal_of_80_columns_and_no_name_is_cut(shown):
    lines = shown()
    assert max(map(len, lines)) <= 80
    runs = "".join(line[:20].strip() for line in lines)
    assert all(name in runs for name in ("casme2_and_samm_and_smic", "onset_apex_uvs28", "loso_permuted"))


def test_the_report_is_named_when_it_is_there(results, shown):
    (results / "report.html").touch()
    assert shown()[-1] == f"Report: {results.resolve() / 'report.html'}"


def test_the_way_to_the_report_is_told_when_it_is_not(results, shown):
    assert shown()[-1] == "No report yet. Run: make report"


def test_results_can_lie_elsewhere(results, shown, tmp_path):
    elsewhere = results.rename(tmp_path / "kept")
    assert words(shown("--results", str(elsewhere)), "demo, three_class")[0] == "72"


@pytest.mark.parametrize("folder", ["missing", "empty", "file.txt"])
def test_without_results_one_line_says_what_to_do(tmp_path, folder):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file.txt").touch()
    command = [sys.executable, "-c", "from mexflow.cli.main import main; main()", "scores", "--results", folder]
    environment = os.environ | {"PYTHONPATH": str(Path(mexflow.__file__).parents[1])}
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=environment, check=False)
    assert done.stderr == f"Error: {folder}/scores.csv is missing. Run: snakemake --cores all\n"
    assert (done.returncode, done.stdout) == (1, "")
