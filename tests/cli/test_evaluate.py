"""`mexflow evaluate` prints what `judge` and `compare` find, for people and for programs."""

import json
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from mexflow.cli.evaluate import evaluate
from mexflow.errors import UserError
from mexflow.evaluation.judging import judge

LOG = """\
casme2 sub01
EP02_01f 0 0
EP19_05f 2 0

casme2 sub02
EP01_11f 1 1
EP03_02f 0 1
smic s03
s03_ne_01 0 0
s03_po_01 1 1
"""
BETTER = LOG.replace("2 0", "2 2")
CSV = """\
dataset,subject,clip,fold,seed,y_true,y_pred,p_0,p_1
demo,s1,a,0,0,0,0,0.9,0.1
demo,s1,b,0,0,1,0,0.6,0.4
demo,s2,c,1,0,1,1,0.2,0.8
demo,s1,a,0,1,0,0,0.8,0.2
demo,s1,b,0,1,1,1,0.4,0.6
demo,s2,c,1,1,1,1,0.3,0.7
"""


@pytest.fixture
def log(tmp_path) -> Path:
    (tmp_path / "log.txt").write_text(LOG)
    return tmp_path / "log.txt"


def run(*arguments: object) -> Result:
    result = CliRunner().invoke(evaluate, [str(one) for one in arguments], env={"COLUMNS": "80"})
    if isinstance(result.exception, UserError):
        raise result.exception
    return result


def rows(text: str, first: str) -> list[list[str]]:
    """The words after `first` of every line that starts with it."""
    return [line.strip()[len(first) :].split() for line in text.splitlines() if line.strip().startswith(first)]


def decimal(value: float) -> str:
    return f"{value:.3f}".removeprefix("0")


def test_json_is_all_that_is_printed_and_holds_the_scores(log):
    result = run("recognition", log, "--json", "--bootstrap", 100)
    assert (result.exit_code, result.stderr) == (0, "")
    scores = json.loads(result.stdout)
    assert scores == judge(log, 100)
    expected = "uf1 uar war macro_precision f1_harmonic uf1_foldmean n_clips n_subjects confusion per_dataset ci"
    assert set(expected.split()) <= set(scores)


def test_the_tables_show_the_scores(log):
    text = run("recognition", log, "--bootstrap", 100).stdout
    scores = judge(log, 100)
    low, high = scores["ci"]["uf1"]
    assert rows(text, "UF1")[0] == [decimal(scores["uf1"]), f"{decimal(low)}–{decimal(high)}"]
    assert rows(text, "uf1_foldmean")[0] == [decimal(scores["uf1_foldmean"])]
    assert rows(text, "0") == [["3", ".667", ".667", ".667"], ["2", "1", "0"]]
    assert rows(text, "smic")[0] == ["2", "1", "1.000", "1.000", "1.000"]
    assert "6 clips of 3 subjects, 3 folds pooled, 1 seed." in " ".join(text.split())
    assert max(map(len, text.splitlines())) <= 80


def test_an_absent_class_is_told(log):
    text = run("recognition", log, "--bootstrap", 10).stdout
    assert "No clip of class 2 in smic: left out of the means over classes." in text
    assert "No clip of class 2:" not in text
    log.write_text(LOG.replace("EP19_05f 2 0\n", ""))
    assert "No clip of class 2: left out of the means over classes." in run("recognition", log).stdout


def test_seeds_have_a_spread_and_probabilities_an_auc(tmp_path):
    (tmp_path / "[b]predictions.csv").write_text(CSV)
    text = run("recognition", tmp_path / "[b]predictions.csv", "--bootstrap", 50).stdout
    assert rows(text, "WAR (accuracy)")[0][:3] == [".833", "±", ".236"]
    assert rows(text, "AUC (macro)")[0][:3] == ["1.000", "±", ".000"]
    assert rows(text, "0")[-1] == ["2", "0"]
    assert rows(text, "1")[-1] == ["1", "3"]
    assert "Sum over 2 seeds." in text
    assert "[b]predictions.csv" in text.replace("\n", "")


def test_models_are_compared_in_a_table(log, tmp_path):
    other = tmp_path / "better.txt"
    other.write_text(BETTER)
    arguments = ["compare", log, other, "--draws", 200]
    text = run(*arguments).stdout
    compared = json.loads(run(*arguments, "--json").stdout)
    (pair,) = compared["pairs"]
    assert (pair["first"], pair["second"]) == (str(log), str(other))
    assert pair["mcnemar"]["per_seed"] == [{"only_first": 0, "only_second": 1, "p": 1.0}]
    assert pair["difference"] == pytest.approx((2 / 3 + 4 / 5 + 0) / 3 - (4 / 5 + 4 / 5 + 1) / 3)
    difference, *_, p, p_holm, mcnemar, mcnemar_holm = rows(text, "A − B")[0]
    assert difference == f"-{decimal(-pair['difference'])}"
    assert float(p) == float(p_holm) == pytest.approx(pair["p"], abs=5e-4)
    assert mcnemar == mcnemar_holm == "1.000"
    assert rows(text, "B")[0][0] == decimal(compared["models"][str(other)]["uf1"]["mean"])


def test_four_models_have_six_pairs(log, tmp_path):
    others = []
    for number, text in enumerate([BETTER, LOG.replace("f 1 1", "f 1 2"), LOG.replace("f 0 0", "f 0 1")]):
        others.append(tmp_path / f"{number}.txt")
        others[-1].write_text(text)
    text = run("compare", log, *others, "--draws", 20).stdout
    pairs = [line.split()[0] + line.split()[2] for line in text.splitlines() if " − " in line]
    assert pairs == ["AB", "AC", "AD", "BC", "BD", "CD"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["recognition", "absent.csv"], "absent.csv: there is no such file"),
        (["compare", "log.txt"], "two models or more"),
        (["compare", "log.txt", "log.txt"], "log.txt is given twice"),
        (["compare", "log.txt", "short.txt"], "short.txt: lacks clip smic/s03/s03_po_01, which log.txt has"),
    ],
)
def test_a_mistake_is_told_in_one_message(log, monkeypatch, arguments, message):
    monkeypatch.chdir(log.parent)
    Path("short.txt").write_text(LOG.removesuffix("s03_po_01 1 1\n"))
    with pytest.raises(UserError, match=message):
        run(*arguments)


def test_draws_below_none_are_refused(log):
    assert run("recognition", log, "--bootstrap", -1).exit_code == 2
    assert run("compare", log, log, "--draws", 0).exit_code == 2
