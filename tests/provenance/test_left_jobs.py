"""Jobs of a killed run are ended before the next one submits: those that it makes again, and no others."""

from pathlib import Path

import pytest

from mexflow.errors import UserError
from mexflow.provenance.left_jobs import comment_of, end_left_jobs

QUEUE = """\
1|RUNNING|{here}|rule_train_wildcards_demo_seed0
2|PENDING|{here}|rule_train_wildcards_demo_seed1
3|RUNNING|{here}|rule_flow_wildcards_demo_s1
4|RUNNING|/elsewhere|rule_train_wildcards_demo_seed0
5|CANCELLED|{here}|rule_train_wildcards_demo_seed0
"""


@pytest.fixture
def pretend_slurm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A squeue that prints a file, and a scancel that removes lines from it."""
    queue = tmp_path / "queue"
    queue.write_text(QUEUE.format(here=tmp_path))
    programs = {
        "squeue": f'#!/bin/sh\ncat "{queue}"\n',
        "scancel": f'#!/bin/sh\necho "$@" > "{tmp_path}/cancelled"\nfor id; do sed -i "/^$id|/d" "{queue}"; done\n',
    }
    (tmp_path / "bin").mkdir()
    for name, text in programs.items():
        (tmp_path / "bin" / name).write_text(text)
        (tmp_path / "bin" / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    return tmp_path


TRAININGS = {comment_of("train", ["demo", f"seed{seed}"]) for seed in (0, 1)}


def test_those_that_make_the_same_files_are_cancelled_and_no_others(pretend_slurm: Path) -> None:
    assert end_left_jobs(TRAININGS, pretend_slurm) == ["1", "2"]
    assert (pretend_slurm / "cancelled").read_text() == "1 2\n"


def test_where_none_is_left_nothing_is_cancelled(pretend_slurm: Path) -> None:
    assert end_left_jobs({comment_of("pack", ["demo"])}, pretend_slurm) == []
    assert not (pretend_slurm / "cancelled").exists()


def test_one_that_does_not_go_stops_the_run(pretend_slurm: Path) -> None:
    (pretend_slurm / "bin" / "scancel").write_text("#!/bin/sh\nexit 1\n")
    with pytest.raises(UserError, match="cannot be cancelled: 1, 2"):
        end_left_jobs(TRAININGS, pretend_slurm, patience=0)


def test_without_slurm_there_is_nothing_to_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert end_left_jobs(TRAININGS, tmp_path) == []


def test_jobs_are_named_as_the_plugin_names_them() -> None:
    assert comment_of("train", ["demo", "a/b"]) == "rule_train_wildcards_demo_a_b"
    assert comment_of("scores", []) == "rule_scores"
