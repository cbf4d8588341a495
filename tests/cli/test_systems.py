"""`mexflow systems` lists what an experiment can name."""

import sys
from collections.abc import Callable

import pytest

from mexflow.cli.main import main
from mexflow.config.systems import SYSTEMS


@pytest.fixture
def shown(monkeypatch, capsys) -> Callable[..., str]:
    def show(*arguments: str, columns: int = 600) -> str:
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setattr(sys, "argv", ["mexflow", "systems", *arguments])
        with pytest.raises(SystemExit) as caught:
            main()
        assert caught.value.code == 0
        return capsys.readouterr().out

    return show


def test_every_system_is_listed_with_its_task_and_source(shown) -> None:
    words = shown()
    for name, system in SYSTEMS.items():
        assert name in words
        assert system.task in words
        assert system.source in words


def test_both_variants_are_told_with_schedule_protocol_and_leaks(shown) -> None:
    words = shown("micro_exp_stcnn_18")
    assert words.count("100 epochs, batches of 16, sgd at 0.01") == 2
    assert "holdout20_by_clip_best_on_test_all_statistics" in words
    assert "leaks: clips of one subject are in training and in the test; input statistics" in words
    assert words.count("no leak") == 1
    assert "ststnet" not in words


def test_systems_that_start_from_vgg_face_say_so(shown) -> None:
    assert "VGG-Face" in shown("elrcn_st")
    assert "VGG-Face" not in shown("elrcn_t")


def test_the_list_fits_a_terminal_of_80_columns(shown) -> None:
    assert max(map(len, shown(columns=80).splitlines())) <= 80


def test_an_unknown_name_is_told_with_the_nearest(monkeypatch) -> None:
    monkeypatch.setattr(sys, "argv", ["mexflow", "systems", "dubey_rel"])
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 'Error: no system is named "dubey_rel"; did you mean "dubey_relu"?'
