"""The submissions of MEGC 2023: exact text, round trip, videos placed by the truth, and what is refused."""

import gzip

import pandas as pd
import pytest
from hypothesis import given, settings

from evaluation.literal_intervals import COLUMNS, VIDEOS, of_one_video, spotted_tables, table
from mexflow.errors import UserError
from mexflow.evaluation.megc2023_csv import read_megc2023_csv, write_megc2023_csv
from mexflow.store.spotting import VIDEO

TEXT = "vid,pred_onset,pred_offset,type\n006_1,12,85,me\n15_0102,7,7,mae\n"
SPOTTED = table([(*VIDEOS[0], "micro", 12, 85), (*VIDEOS[2], "macro", 7, 7)])
LISTED = pd.DataFrame(VIDEOS, columns=VIDEO)


def test_it_is_written_as_the_challenge_asks(tmp_path):
    write_megc2023_csv(SPOTTED, tmp_path / "s.csv")
    assert (tmp_path / "s.csv").read_text() == TEXT


@pytest.mark.parametrize("text", [TEXT, TEXT.replace(",", ", "), "\ufeff" + TEXT, TEXT.replace("\n", "\r\n")])
def test_reading_tolerates_loose_layout(tmp_path, text):
    (tmp_path / "s.csv").write_bytes(text.encode())
    pd.testing.assert_frame_equal(read_megc2023_csv(tmp_path / "s.csv", LISTED), SPOTTED)


@settings(max_examples=40, deadline=None)
@given(spotted_tables)
def test_round_trip(tmp_path_factory, spotted):
    path = tmp_path_factory.mktemp("csv") / "s.csv"
    write_megc2023_csv(spotted, path)
    read = read_megc2023_csv(path, LISTED)
    assert read.to_numpy().tolist() == spotted[COLUMNS].to_numpy().tolist()


def test_a_video_that_nothing_lists_is_a_subject_of_its_own(tmp_path):
    (tmp_path / "s.csv.gz").write_bytes(gzip.compress(TEXT.encode()))
    one_dataset = LISTED[LISTED["video"] == "006_1"]
    read = read_megc2023_csv(tmp_path / "s.csv.gz", one_dataset)
    assert read[VIDEO].iloc[1].tolist() == ["samm_lv", "15_0102", "15_0102"]
    read = read_megc2023_csv(tmp_path / "s.csv.gz", LISTED[LISTED["video"] != "006_1"])
    assert read[VIDEO].iloc[0].tolist() == ["unknown", "006_1", "006_1"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("pred_onset", "onset", "lacks the column pred_onset"),
        ("mae", "macro", 'row 2: type "macro" is neither me nor mae'),
        ("12,", "x,", 'row 1: pred_onset "x" is not a whole number'),
        ("12,", "1.5,", 'row 1: pred_onset "1.5" is not a whole number'),
        ("12,", "90,", "lies behind the offset"),
        ("006_1", "", 'row 1: vid "" is empty'),
    ],
)
def test_what_is_wrong_is_named(tmp_path, old, new, message):
    (tmp_path / "s.csv").write_text(TEXT.replace(old, new))
    with pytest.raises(UserError, match=rf"s\.csv: .*{message}"):
        read_megc2023_csv(tmp_path / "s.csv", LISTED)


def test_videos_that_share_a_name_are_refused(tmp_path):
    both = pd.concat([of_one_video([(0, 1)]), of_one_video([(0, 1)]).assign(subject="x")])
    with pytest.raises(UserError, match="samm_lv/006/006_1 and samm_lv/x/006_1 have the same name"):
        write_megc2023_csv(both, tmp_path / "s.csv")
    (tmp_path / "s.csv").write_text(TEXT)
    with pytest.raises(UserError, match="have the same name"):
        read_megc2023_csv(tmp_path / "s.csv", both)
