"""Two trainings never take the same part of a card."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from mexflow.provenance.fingerprint import SCRIPTS
from mexflow.training.cards import take_card, visible_cards

TAKE = """
import sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from mexflow.training.cards import take_card
print(take_card(float(sys.argv[2]), sys.argv[3].split(","), Path(sys.argv[4]), patience=0.05), flush=True)
time.sleep(60)
"""


@pytest.fixture
def training(tmp_path: Path):
    """Starts a process that takes a share and keeps it."""
    started: list[subprocess.Popen[str]] = []

    def start(share: float, cards: str = "0,1") -> subprocess.Popen[str]:
        command = [sys.executable, "-c", TAKE, str(SCRIPTS), str(share), cards, str(tmp_path)]
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        return started[-1]

    yield start
    for one in started:
        one.kill()
        one.wait()
        one.stdout.close()


def told(process: subprocess.Popen[str]) -> str:
    return process.stdout.readline().strip()


def test_two_trainings_of_whole_cards_get_one_each_and_a_third_waits(training) -> None:
    first, second = training(1), training(1)
    of_first = told(first)
    assert {of_first, told(second)} == {"0", "1"}
    third = training(1)
    time.sleep(1)
    assert third.poll() is None
    first.kill()  # a killed training leaves nothing behind
    assert told(third) == of_first


def test_four_quarters_share_a_card_and_a_fifth_takes_the_next(training) -> None:
    quarters = [training(0.25) for _ in range(5)]
    assert sorted(told(one) for one in quarters) == ["0"] * 4 + ["1"]


def test_two_cards_are_taken_together(training) -> None:
    assert told(training(2)) == "0,1"


def test_more_cards_than_there_are_means_all_of_them(tmp_path: Path) -> None:
    assert take_card(4, ["3"], tmp_path) == "3"


def test_a_scheduler_or_a_user_may_restrict_the_cards(tmp_path: Path) -> None:
    for card in ("0000:01:00.0", "0000:02:00.0"):
        (tmp_path / card).mkdir()
    assert visible_cards({}, tmp_path) == ["0", "1"]
    assert visible_cards({"CUDA_VISIBLE_DEVICES": "1"}, tmp_path) == ["1"]
    assert visible_cards({"CUDA_VISIBLE_DEVICES": ""}, tmp_path) == []
    assert visible_cards({"CUDA_VISIBLE_DEVICES": "-1"}, tmp_path) == []
    assert visible_cards({}, tmp_path / "no driver") == []
