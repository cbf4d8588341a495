"""The MEGC 2020 log: its exact text, its round trip, its counts as logged and anew, and what is refused."""

import gzip

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings

from evaluation.literal_intervals import VIDEOS, largest_matching, of_one_video, spotted_tables, table, true_tables
from mexflow.errors import UserError
from mexflow.evaluation.megc2020_log import read_megc2020_log, score_megc2020_log, write_megc2020_log
from mexflow.evaluation.spotting import score_spotting

LOG = """\
1
006_1 562 574 560 575 TP
006_1 - - 1277 1347 FP
2
15_0102 398 532 - - FN
"""
LINES = [
    ("samm_lv", "006", "006_1", 562, 574, 560, 575, "TP"),
    ("samm_lv", "006", "006_1", None, None, 1277, 1347, "FP"),
    ("casme_sq", "15", "15_0102", 398, 532, None, None, "FN"),
]
SPOTTED = table([(*VIDEOS[0], "micro", 560, 575), (*VIDEOS[0], "macro", 1277, 1347)])
TRUE = table([(*VIDEOS[2], "macro", 398, 532), (*VIDEOS[0], "micro", 562, 574)])


def counts(one: dict) -> tuple[int, int, int]:
    return one["tp"], one["fp"], one["fn"]


def read(tmp_path, text: str) -> pd.DataFrame:
    (tmp_path / "log.txt").write_bytes(text.encode())
    return read_megc2020_log(tmp_path / "log.txt")


def rows_of(log: pd.DataFrame) -> list[tuple]:
    return [tuple(None if pd.isna(one) else one for one in row) for row in log.itertuples(index=False, name=None)]


def test_the_log_is_written_as_the_challenge_has_it(tmp_path):
    write_megc2020_log(SPOTTED, TRUE, tmp_path / "log.txt")
    assert (tmp_path / "log.txt").read_text() == LOG


@pytest.mark.parametrize(
    "text",
    [
        LOG,
        LOG.replace("\n", " \n\n"),
        LOG.replace("\n", "\r\n"),
        LOG.replace(" ", "\t"),
        "\ufeff" + LOG.rstrip(),
        LOG.replace("006_1 - ", "1\n006_1 - "),
    ],
    ids=["plain", "blank lines", "CRLF", "tabs", "BOM, no last line break", "two blocks"],
)
def test_reading_tolerates_loose_layout(tmp_path, text):
    assert rows_of(read(tmp_path, text)) == LINES


def test_a_gzipped_log_reads_as_the_plain_one(tmp_path):
    (tmp_path / "log.txt.gz").write_bytes(gzip.compress(LOG.encode()))
    assert rows_of(read_megc2020_log(tmp_path / "log.txt.gz")) == LINES


@settings(max_examples=60, deadline=None)
@given(spotted_tables, true_tables)
def test_an_exported_log_has_the_counts_of_the_tables(tmp_path_factory, spotted, true):
    path = tmp_path_factory.mktemp("log") / "log.txt"
    write_megc2020_log(spotted, true, path)
    log = read_megc2020_log(path)
    scores, logged = score_spotting(spotted, true, draws=0), score_megc2020_log(log, draws=0)
    assert logged["overall"] == scores["overall"]
    assert {name: one["overall"] for name, one in logged["per_dataset"].items()} == {
        name: one["overall"] for name, one in scores["per_dataset"].items()
    }
    for onset, offset, frame in (("onset", "offset", spotted), ("true_onset", "true_offset", true)):
        kept = log[["video", onset, offset]].dropna().astype({onset: int, offset: int})
        assert sorted(map(tuple, kept.to_numpy())) == sorted(map(tuple, frame[["video", "onset", "offset"]].to_numpy()))


@settings(max_examples=60, deadline=None)
@given(spotted_tables, true_tables)
def test_a_recount_is_the_largest_matching_of_all_intervals_of_a_video(tmp_path_factory, spotted, true):
    """Whatever verdicts they came with: here none is a hit."""
    path = tmp_path_factory.mktemp("log") / "log.txt"
    lines = ["1"]
    lines += [f"{row.video} {row.onset} {row.offset} - - FN" for row in true.itertuples()]
    lines += [f"{row.video} - - {row.onset} {row.offset} FP" for row in spotted.itertuples()]
    path.write_text("\n".join(lines))
    scores = score_megc2020_log(read_megc2020_log(path), draws=0)
    assert counts(scores["overall"]) == (0, len(spotted), len(true))
    tp = sum(
        largest_matching(
            *([(row.onset, row.offset) for row in one.itertuples() if row.video == video] for one in both), 0.5
        )
        for both in [(spotted, true)]
        for _, _, video in VIDEOS
    )
    assert counts(scores["recount"]) == (tp, len(spotted) - tp, len(true) - tp)


def test_two_hits_on_one_truth_are_recounted_as_one(tmp_path):
    scores = score_megc2020_log(read(tmp_path, "1\na_1 10 20 10 20 TP\na_1 10 20 11 20 TP\n"), draws=0)
    assert counts(scores["overall"]) == (2, 0, 0)
    assert counts(scores["recount"]) == (1, 1, 0)


def test_one_prediction_on_two_truths_is_recounted_as_one(tmp_path):
    scores = score_megc2020_log(read(tmp_path, "1\na_1 1 5 1 10 TP\na_1 6 10 1 10 TP\n"), draws=0)
    assert counts(scores["overall"]) == (2, 0, 0)
    assert counts(scores["recount"]) == (1, 0, 1)


def test_a_hit_that_overlaps_too_little_is_logged_but_not_recounted(tmp_path):
    log = read(tmp_path, "2\n15_0101 1 10 9 20 TP\n")
    assert counts(score_megc2020_log(log, draws=0)["recount"]) == (0, 1, 1)
    assert counts(score_megc2020_log(log, iou=0.1, draws=0)["recount"]) == (1, 0, 0)


def test_a_log_has_no_types_but_intervals_of_its_subjects(tmp_path):
    scores = score_megc2020_log(read(tmp_path, LOG), draws=300)
    assert (scores["macro"], scores["micro"], scores["n_subjects"], scores["n_videos"]) == (None, None, 2, 2)
    assert scores["ci"]["overall"]["f1"] == pytest.approx([0, 2 / 3])
    assert counts(scores["per_dataset"]["casme_sq"]["overall"]) == (0, 0, 1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("006_1 - - 1 2 FP\n", "line 1: an interval before the first block line"),
        ("1\n\n006_1 - - 1 2 XX\n", 'line 3: "006_1 - - 1 2 XX" is neither a block'),
        ("1\n006_1 - - 1 FP\n", "line 2: .* is neither a block"),
        ("3\n006_1 - - 1 2 FP\n", 'line 1: "3" is neither a block'),
        ("1\n006_1 - - 1 2 TP\n", "line 2: .* TP does not fit"),
        ("1\n006_1 1 2 - - FP\n", "line 2: .* FP does not fit"),
        ("1\n006_1 1 2 1 2 FN\n", "line 2: .* FN does not fit"),
        ("1\n006_1 1 - - - FN\n", "line 2: .* FN does not fit"),
        ("1\n006_1 2 1 - - FN\n", "line 2: .* an onset lies behind its offset"),
        ("1\n006_1 1 2.5 - - FN\n", "line 2: .* 2.5 is neither a frame number nor -"),
        ("1\n2\n", "holds no interval"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path, text, message):
    with pytest.raises(UserError, match=r"log\.txt.*" + message):
        read(tmp_path, text)


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [("dataset", "demo", 'dataset "demo" has no block'), ("video", "a b", 'video "a b" holds a blank')],
)
def test_names_that_a_log_cannot_hold_are_refused(tmp_path, column, value, message):
    with pytest.raises(UserError, match=message):
        write_megc2020_log(of_one_video([(0, 1)]).assign(**{column: value}), TRUE, tmp_path / "log.txt")
    assert list(tmp_path.iterdir()) == []


def test_frames_before_the_first_survive(tmp_path):
    """SOFTNet's truth begins k frames early, maybe below 0."""
    log = read(tmp_path, "1\na -5 3 - - FN\n")
    assert np.array_equal(log[["true_onset", "true_offset"]], [[-5, 3]])
    assert list(log["subject"]) == ["a"]
