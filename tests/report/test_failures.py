"""Failed jobs: the reason that their logs tell, the table and the page, and what Snakemake's log says of them."""

import datetime
import logging
import os
import re
import time
from pathlib import Path

import pytest
from snakemake_interface_logger_plugins.common import LogEvent

from mexflow.report.failures import (
    COLUMNS,
    FailedJob,
    JobErrors,
    failures_table,
    read_failures,
    remove_failures,
    waiting_runs,
    write_failures,
)
from report.markup import Balance

RUN = "results/demo/runs/uvs28/three_class/ststnet/loso"
ENDED = datetime.datetime(2026, 11, 25, 8, 30)
TRACEBACK = """Epoch 3
Traceback (most recent call last):
  File "scripts/train.py", line 20, in main
    fit(
ValueError: first

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "scripts/train.py", line 21, in main
    save()
    ~~~~^^
RuntimeError: Input 0 is incompatible
Shapes are (28, 28).
"""


def failed(log: Path | None, said: str | None = "", job: str = "seed0", waiting: tuple[str, ...] = (RUN,)) -> FailedJob:
    return FailedJob("train", ("demo", "ststnet", job), f"{RUN}/{job}/predictions.csv", log, said, waiting)


@pytest.fixture
def log(tmp_path):
    """Write a log of this moment."""

    def write(text: str, name: str = "train.log") -> Path:
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return write


def reason(job: FailedJob) -> str:
    return failures_table([job], since=time.time()).reason[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I0000 oneDNN\nError: there is no fold for s3.\n", "there is no fold for s3."),
        ("Error: two things:\n  one\n  two\n", "two things:\n  one\n  two"),
        (
            "Traceback (most recent call last):\n  ...\nKeyError: 'x'\nError: the file is damaged.\n",
            "the file is damaged.",
        ),
        (TRACEBACK, "RuntimeError: Input 0 is incompatible"),
        ("Epoch 3\nEpoch 4\n", "ended without a message: killed, out of memory or out of time"),
        ("", "ended without a message: killed, out of memory or out of time"),
        ("Traceback (most recent call last):\n  File", "ended without a message: killed, out of memory or out of time"),
    ],
)
def test_the_reason_is_the_last_error_of_the_log(log, text, expected):
    assert reason(failed(log(text))) == expected


def test_the_scheduler_says_why_a_log_just_stops(log):
    said = "SLURM-job '12' failed, SLURM status is: 'TIMEOUT'."
    assert reason(failed(log("Epoch 3\n"), said)) == (
        "ended without a message: killed, out of memory or out of time. SLURM-job '12' failed, SLURM status is:"
        " 'TIMEOUT'."
    )
    assert reason(failed(log("Error: no fold.\n"), said)) == "no fold."


def test_a_job_without_a_log_of_this_run_did_not_start(log, tmp_path):
    left = log("Error: of yesterday.\n")
    os.utime(left, (time.time() - 86_400,) * 2)
    for path in (left, tmp_path / "none.log", None):
        row = failures_table([failed(path, "sbatch: error: Invalid partition")], since=time.time()).iloc[0]
        assert row.reason == "did not start. sbatch: error: Invalid partition"
        assert row.last_lines == ""


def test_a_job_that_ended_well_but_made_nothing_was_not_killed(log):
    assert reason(failed(log("done\n"), said=None)) == "ended well, but its output is missing or empty"


def test_the_last_twenty_lines_of_a_long_log_are_kept(log):
    lines = [f"line {number} {'·' * 50}" for number in range(5000)]
    row = failures_table([failed(log("\n".join(lines) + "\n"))], since=time.time()).iloc[0]
    assert row.last_lines.splitlines() == lines[-20:]


def test_what_is_no_text_in_a_log_does_not_matter(tmp_path):
    (tmp_path / "x.log").write_bytes(b"50 %\r100 %\xff\nError: broken \xe9.\n")
    assert reason(failed(tmp_path / "x.log")) == "broken \N{REPLACEMENT CHARACTER}."


@pytest.fixture
def table(log):
    jobs = [
        failed(log("Error: <no> fold & all\n", "a.log"), job="seed1"),
        failed(log("Error: <no> fold & all\n", "b.log"), job="seed0"),
        failed(log("Epoch 3\n", "c.log"), job="seed2", waiting=(RUN, "results/long/spotting/uvs/softnet/loso")),
    ]
    return failures_table(jobs, since=time.time())


def test_the_table_comes_back_as_it_was_written(table, tmp_path):
    write_failures(table, tmp_path, ENDED)
    again = read_failures(tmp_path)
    assert again.to_dict("records") == table.to_dict("records")
    assert list(table.job) == [f"demo · ststnet · seed{number}" for number in range(3)]
    assert waiting_runs(again) == [RUN, "results/long/spotting/uvs/softnet/loso"]


def test_nothing_has_failed_where_there_is_no_table(table, tmp_path):
    assert read_failures(tmp_path).empty
    assert tuple(read_failures(tmp_path).columns) == COLUMNS
    write_failures(table, tmp_path, ENDED)
    remove_failures(tmp_path)
    assert not list(tmp_path.glob("failed.*"))
    remove_failures(tmp_path)


def test_the_page_says_which_jobs_failed_why_and_what_waits(table, tmp_path):
    write_failures(table, tmp_path, ENDED)
    page = (tmp_path / "failed.html").read_text()
    assert "<h1>3 jobs failed; 2 runs wait for them</h1>" in page
    assert "2026-11-25 08:30" in page
    sections = re.findall(r"<section><h2>(.*?)</h2>(.*?)</section>", page, re.DOTALL)
    assert [reason for reason, _ in sections] == [
        "&lt;no&gt; fold &amp; all",
        "ended without a message: killed, out of memory or out of time",
    ]
    assert [len(re.findall("<details", jobs)) for _, jobs in sections] == [2, 1]
    assert "<li>long · uvs · softnet · loso</li>" in sections[1][1]
    assert "c.log" in sections[1][1]
    assert "Epoch 3" in sections[1][1]


def test_the_page_is_whole_and_needs_nothing_else(table, tmp_path):
    write_failures(table, tmp_path, ENDED)
    page = (tmp_path / "failed.html").read_text()
    parser = Balance()
    parser.feed(page)
    assert parser.open == []
    assert not re.search(r"https?://|<script|<link|<img|url\(", page)


@pytest.fixture
def errors():
    """A handler on a logger as Snakemake's."""
    logger, handler = logging.getLogger("as snakemake"), JobErrors()
    logger.addHandler(handler)
    yield logger, handler
    logger.removeHandler(handler)


def test_what_snakemake_says_of_a_failed_job_is_kept(errors):
    logger, handler = errors
    logger.error("Error in rule train", extra={"event": LogEvent.JOB_ERROR, "jobid": 3, "rule_msg": "first attempt"})
    logger.error("Error in rule train", extra={"event": LogEvent.JOB_ERROR, "jobid": 3, "rule_msg": "TIMEOUT "})
    logger.error("Error in rule flow", extra={"event": LogEvent.JOB_ERROR, "jobid": 4, "rule_msg": None})
    logger.error("another", extra={"event": LogEvent.ERROR, "exception": "WorkflowError"})
    logger.error("without an event")
    assert handler.said == {3: "TIMEOUT", 4: ""}


def test_the_jobs_of_a_failed_group_are_kept(errors):
    logger, handler = errors
    jobs = [{"jobid": number, "rule_msg": None} for number in (5, 6)]
    logger.error("Error in group", extra={"event": LogEvent.GROUP_ERROR, "job_error_info": jobs})
    assert handler.said == {5: "", 6: ""}
