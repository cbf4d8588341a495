"""The schema of intervals in long videos: round trip, ids as text, and a message that names what is wrong."""

import gzip

import numpy as np
import pandas as pd
import pytest

from mexflow.errors import UserError
from mexflow.store.spotting import read_spotted, read_true_intervals, read_videos, write_spotted

SPOTTED = (
    "dataset,subject,video,type,onset,offset,score\nsamm_lv,006,006_1,micro,12,85,0.1\nsamm_lv,006,006_1,macro,7,7,-3\n"
)
TRUE = "dataset,subject,video,type,onset,apex,offset,emotion,fps\nsamm_lv,006,006_1,micro,12,,85,,200\n"
VIDEOS = "dataset,subject,video,frames,fps\nsamm_lv,006,006_1,5000,\nsamm_lv,006,0010,,200\n"
READERS = {"spotted": (read_spotted, SPOTTED), "true": (read_true_intervals, TRUE), "videos": (read_videos, VIDEOS)}


def table() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "dataset": ["samm_lv", "casme_sq", "samm_lv"],
            "subject": ["006", "15", "NA"],
            "video": ["006_1", '15, "a" b', "0010"],
            "type": ["micro", "macro", "micro"],
            "onset": [0, 12, -3],
            "offset": [0, 85, 5],
            "score": [0.1, 1 / 3, 1e-300],
            "apex": [0.0, np.nan, 2.0],
            "y_true": ["a", "", "b"],
            "y_pred": ["a", "b", "NA"],
        }
    )


@pytest.mark.parametrize("name", ["s.csv", "s.csv.gz"])
def test_round_trip(tmp_path, name):
    write_spotted(table(), tmp_path / name)
    pd.testing.assert_frame_equal(read_spotted(tmp_path / name), table())
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_optional_columns_may_be_absent_and_others_are_left_out(tmp_path):
    frame = table().drop(columns=["score", "apex", "y_true", "y_pred"])
    frame.assign(fold="1", expression_type="x").to_csv(tmp_path / "s.csv", index=False)
    pd.testing.assert_frame_equal(read_spotted(tmp_path / "s.csv"), frame)


def test_a_file_without_rows_says_that_nothing_was_spotted(tmp_path):
    (tmp_path / "s.csv").write_text(SPOTTED.splitlines()[0] + "\n")
    assert read_spotted(tmp_path / "s.csv").empty


def test_true_intervals_and_videos_keep_what_is_known(tmp_path):
    (tmp_path / "t.csv").write_text(TRUE)
    (row,) = read_true_intervals(tmp_path / "t.csv").to_dict("records")
    assert (row["subject"], row["onset"], row["emotion"], row["fps"]) == ("006", 12, "", 200.0)
    assert np.isnan(row["apex"])
    (tmp_path / "v.csv.gz").write_bytes(gzip.compress(VIDEOS.encode()))
    videos = read_videos(tmp_path / "v.csv.gz")
    assert list(videos["video"]) == ["006_1", "0010"]
    assert videos["fps"].isna().tolist() == [True, False]


def test_a_manifest_is_a_table_of_true_intervals(tmp_path):
    (tmp_path / "m.csv").write_text(TRUE.replace("type", "clip,expression_type").replace("micro", "a,micro"))
    assert list(read_true_intervals(tmp_path / "m.csv")["type"]) == ["micro"]


@pytest.mark.parametrize(
    ("kind", "old", "new", "message"),
    [
        ("spotted", "type,", "kind,", "lack the column type; they need dataset"),
        ("spotted", "micro", "me", r"row 1 \(samm_lv/006/006_1\): type me is neither micro nor macro"),
        ("spotted", "12", "x", r"row 1 \(samm_lv/006/006_1\): onset x is not a number"),
        ("spotted", "12", "", "onset nan is not a whole number"),
        ("spotted", "12", "1.5", "onset 1.5 is not a whole number"),
        ("spotted", "7,7", "8,7", r"row 2 .*: onset .* lies behind the offset"),
        ("spotted", "0.1", "", r"row 1 .*: score nan is not a finite number"),
        ("spotted", "0.1", "inf", "score inf is not a finite number"),
        ("spotted", ",006,", ",,", "subject  is empty"),
        ("spotted", "score", "y_true", "y_true but not y_pred"),
        ("spotted", "-3\n", "-3,9\n", "is not a CSV of spotted intervals"),
        ("true", "200", "0", "fps 0.0 is not above 0"),
        ("true", "12,,", "12,20.5,", "apex 20.5 is not a whole number"),
        ("true", "samm_lv,006,006_1,micro,12,,85,,200\n", "", "hold no row"),
        ("videos", "0010", "006_1", r"row 2 \(samm_lv/006/006_1\): video 006_1 is listed twice"),
        ("videos", "video", "clip", "videos lack the column video"),
        ("videos", "5000", "-1", "frames -1.0 is not above 0"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, kind, old, new, message):
    reader, text = READERS[kind]
    assert old in text
    (tmp_path / "wrong.csv").write_text(text.replace(old, new))
    with pytest.raises(UserError, match=rf"wrong\.csv: .*{message}"):
        reader(tmp_path / "wrong.csv")


@pytest.mark.parametrize(("reader", "text"), READERS.values())
def test_files_that_cannot_be_read_are_told(tmp_path, reader, text):
    with pytest.raises(UserError, match="there is no such file"):
        reader(tmp_path / "absent.csv")
    (tmp_path / "cut.csv.gz").write_bytes(gzip.compress(text.encode())[:-12])
    with pytest.raises(UserError, match=r"cut\.csv\.gz: cannot be read"):
        reader(tmp_path / "cut.csv.gz")


def test_ids_that_are_numbers_are_not_written(tmp_path):
    with pytest.raises(UserError, match="subject is not text"):
        write_spotted(table().assign(subject=6), tmp_path / "s.csv")
    with pytest.raises(ValueError, match="outside the schema of spotted intervals: seed"):
        write_spotted(table().assign(seed=0), tmp_path / "s.csv")
    assert list(tmp_path.iterdir()) == []
