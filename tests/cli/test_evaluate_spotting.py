"""`mexflow evaluate spotting` reads three formats, prints what `judge_spotting` finds, and writes the challenges'."""

import gzip
import json
from pathlib import Path
from typing import get_args

import pytest
from click.testing import Result
from typer.testing import CliRunner

from mexflow.cli.evaluate import evaluate
from mexflow.cli.evaluate_spotting import Matching
from mexflow.errors import UserError
from mexflow.evaluation.matching import MATCHINGS
from mexflow.evaluation.spotting_judging import judge_spotting

SPOTTED = """\
dataset,subject,video,type,onset,offset,score,y_pred
samm_lv,006,006_1,micro,10,20,0.9,sad
samm_lv,006,006_1,macro,200,300,0.5,sad
samm_lv,007,007_2,micro,10,20,0.1,sad
casme_sq,15,15_0102,macro,1,10,0.3,happy
"""
TRUE = """\
dataset,subject,video,type,onset,apex,offset,emotion,fps
samm_lv,006,006_1,micro,10,16,20,sad,200
casme_sq,15,15_0102,macro,1,3,5,happy,30
casme_sq,15,15_0102,macro,6,8,10,sad,30
"""
VIDEOS = "dataset,subject,video\nsamm_lv,006,006_1\nsamm_lv,007,007_2\nsamm_lv,008,008_1\ncasme_sq,15,15_0102\n"
LOG = "1\n006_1 10 20 10 20 TP\n006_1 10 20 11 20 TP\n2\n15_0102 1 5 - - FN\n"
SUBMITTED = "vid,pred_onset,pred_offset,type\n006_1,10,20,me\n006_1,200,300,mae\n007_2,10,20,me\n15_0102,1,10,mae\n"


@pytest.fixture(autouse=True)
def files(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, text in {"p.csv": SPOTTED, "t.csv": TRUE, "v.csv": VIDEOS, "log.txt": LOG, "s.csv": SUBMITTED}.items():
        Path(name).write_text(text)
    return tmp_path


def run(*arguments: object) -> Result:
    result = CliRunner().invoke(evaluate, ["spotting", *map(str, arguments)], env={"COLUMNS": "90"})
    if isinstance(result.exception, UserError):
        raise result.exception
    return result


def printed(*arguments: object) -> dict:
    result = run(*arguments, "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    return json.loads(result.stdout)


def counts(one: dict) -> tuple[int, int, int]:
    return one["tp"], one["fp"], one["fn"]


def test_every_matching_can_be_asked_for():
    assert get_args(Matching) == tuple(MATCHINGS)


def test_json_is_all_that_is_printed_and_holds_the_scores():
    scores = printed("p.csv", "t.csv", "--videos", "v.csv", "--bootstrap", 50)
    assert scores == judge_spotting(Path("p.csv"), Path("t.csv"), Path("v.csv"), draws=50)
    assert [counts(scores[kind]) for kind in ("macro", "micro", "overall")] == [(1, 1, 1), (1, 1, 0), (2, 2, 1)]
    assert scores["overall"]["f1"] == pytest.approx(4 / 7)
    assert (scores["n_videos"], scores["n_videos_without_truth"], scores["n_subjects"]) == (4, 2, 4)
    assert set(scores["per_dataset"]) == {"samm_lv", "casme_sq"}
    assert scores["strs"]["overall"]["f1_analysis"] == 1


def test_options_reach_the_scores():
    assert counts(printed("p.csv", "t.csv", "--matching", "distinct_gt")["macro"]) == (2, 1, 0)
    assert counts(printed("p.csv", "t.csv", "--matching", "as_published")["overall"]) == (2, 0, 1)
    assert counts(printed("p.csv", "t.csv", "--iou", "0.6")["macro"]) == (0, 2, 2)
    assert printed("p.csv", "t.csv", "--emotions", "sad, fear")["strs"]["overall"]["n_analysed"] == 1


def test_the_tables_show_the_scores():
    text = run("p.csv", "t.csv", "--bootstrap", 50).stdout
    rows = [line.split() for line in text.splitlines() if line.strip().startswith(("macro", "micro", "overall"))]
    assert rows[0][:7] == ["macro", "1", "1", "1", ".500", ".500", ".500"]
    assert rows[2][:7] == ["overall", "2", "2", "1", ".500", ".667", ".571"]
    apex = rows[4]  # the middle of 10..20 is 15, the apex 16, at 200 fps
    assert apex[:4] == ["micro", "1.000", "1.0", "5.0"]
    words = " ".join(text.split())
    assert "3 videos of 3 subjects, 1 without a true interval. Matching megc, IoU ≥ 0.5." in words
    assert "1 predicted video in neither TRUTH nor --videos" in words
    assert "samm_lv/007/007_2" in words
    assert max(len(line) for line in text.splitlines() if "--videos" not in line) <= 90


def test_scores_that_rank_nothing_are_told():
    Path("p.csv").write_text(SPOTTED.replace(",score", ",other"))
    assert "No AP: the predictions have no scores." in run("p.csv", "t.csv", "--bootstrap", 0).stdout
    Path("p.csv").write_text(SPOTTED.replace("0.9", "0").replace("0.5", "0").replace("0.1", "0").replace("0.3", "0"))
    assert "All scores are equal" in run("p.csv", "t.csv", "--bootstrap", 0).stdout


def test_a_log_needs_no_truth():
    scores = printed("log.txt", "--bootstrap", 20)
    assert (scores["format"], scores["macro"], scores["micro"]) == ("megc2020", None, None)
    assert (counts(scores["overall"]), counts(scores["recount"])) == ((2, 0, 1), (1, 1, 1))
    text = run("log.txt", "--bootstrap", 20).stdout
    recount = next(line.split() for line in text.splitlines() if line.strip().startswith("recount "))
    assert recount[1:4] == [str(count) for count in counts(scores["recount"])]


def test_a_submission_scores_as_the_table_of_its_intervals():
    submitted, table = (printed(name, "t.csv", "--videos", "v.csv", "--bootstrap", 50) for name in ("s.csv", "p.csv"))
    for name in ("macro", "micro", "overall", "ci", "apex", "n_videos"):
        assert submitted[name] == table[name]
    assert (submitted["format"], submitted["ap"], submitted["strs"]) == ("megc2023", None, None)


def test_both_formats_of_the_challenges_are_written():
    scores = printed("p.csv", "t.csv", "--export-megc2020", "out.txt", "--export-megc2023", "out.csv")
    assert Path("out.csv").read_text() == SUBMITTED
    assert counts(printed("out.txt")["overall"]) == counts(scores["overall"])


def test_gzipped_files_are_read():
    for name in ("p.csv", "log.txt"):
        Path(f"{name}.gz").write_bytes(gzip.compress(Path(name).read_bytes()))
    assert printed("p.csv.gz", "t.csv")["overall"] == printed("p.csv", "t.csv")["overall"]
    assert printed("log.txt.gz")["recount"] == printed("log.txt")["recount"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["absent.csv", "t.csv"], "absent.csv: there is no such file"),
        (["p.csv"], "p.csv: name a file of true intervals, too"),
        (["p.csv", "absent.csv"], "absent.csv: there is no such file"),
        (["p.csv", "v.csv"], "v.csv: true intervals lack the column type, onset, offset"),
        (["t.csv", "t.csv", "--iou", "0"], "no threshold"),
        (["v.csv", "t.csv"], "v.csv: spotted intervals lack the column"),
        (["log.txt", "t.csv"], "log.txt: an MEGC 2020 log holds its own truth"),
        (["log.txt", "--matching", "voc"], "log.txt: an MEGC 2020 log holds its own truth"),
        (["log.txt", "--export-megc2023", "x.csv"], "log.txt: an MEGC 2020 log has no types"),
        (["other.txt", "t.csv"], 'other.txt: begins with "casme2 sub01", as no known format does; give a CSV with'),
        (["empty.csv", "t.csv"], 'empty.csv: begins with ""'),
    ],
)
def test_a_mistake_is_told_in_one_message(arguments, message):
    Path("other.txt").write_text("casme2 sub01\nEP02_01f 0 0\n")
    Path("empty.csv").write_text("\n")
    with pytest.raises(UserError, match=message):
        run(*arguments)


def test_what_an_option_cannot_be_is_refused():
    assert run("p.csv", "t.csv", "--matching", "coco").exit_code == 2
    assert run("p.csv", "t.csv", "--bootstrap", -1).exit_code == 2
