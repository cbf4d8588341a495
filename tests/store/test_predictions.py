"""The schema of predictions: round trip, and a message that names what is wrong."""

import gzip

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mexflow.errors import UserError
from mexflow.store.predictions import check_predictions, read_predictions, write_predictions


def two_seeds() -> pd.DataFrame:
    one = pd.DataFrame(
        {
            "dataset": ["samm", "samm", "casme2"],
            "subject": ["006", "006", "sub01"],
            "clip": ["006_1_2", "0010", 'EP02, "a" b'],
            "fold": ["samm/006", "samm/006", "casme2/sub01"],
            "seed": 0,
            "y_true": [0, 1, 2],
            "y_pred": [0, 1, 1],
            "p_0": np.array([0.8, 0.1, 1 / 3], dtype=np.float32),
            "p_1": np.array([0.1, 0.8, 1 / 3], dtype=np.float32),
            "p_2": np.array([0.1, 0.1, 1 / 3], dtype=np.float32),
        }
    )
    return pd.concat([one, one.assign(seed=1)], ignore_index=True)


@pytest.mark.parametrize("name", ["p.csv", "p.csv.gz"])
def test_round_trip(tmp_path, name):
    frame = two_seeds()
    write_predictions(frame, tmp_path / name)
    pd.testing.assert_frame_equal(read_predictions(tmp_path / name, classes=3), frame)
    assert [path.name for path in tmp_path.iterdir()] == [name]


@settings(max_examples=50, deadline=None)
@given(arrays(np.float32, 20, elements=st.floats(0, 1, width=32)))
def test_every_float32_comes_back_unchanged(tmp_path_factory, p_0):
    path = tmp_path_factory.mktemp("round_trip") / "p.csv"
    frame = pd.DataFrame(
        {"dataset": "d", "subject": "1", "clip": [f"{n:02d}" for n in range(20)], "fold": "1", "seed": 0}
    ).assign(y_true=0, y_pred=1, p_0=p_0, p_1=np.float32(1) - p_0)
    write_predictions(frame, path)
    read = read_predictions(path, classes=2)
    np.testing.assert_array_equal(read["p_0"], frame["p_0"])
    np.testing.assert_array_equal(read["p_1"], frame["p_1"])
    assert list(read["clip"]) == list(frame["clip"])


@pytest.mark.parametrize("text", ["NA", "nan", "null", "007", " x", "é"])
def test_ids_are_text_whatever_they_look_like(tmp_path, text):
    frame = two_seeds().assign(subject=text, fold=text)
    write_predictions(frame, tmp_path / "p.csv")
    read = read_predictions(tmp_path / "p.csv", classes=None)
    assert list(read["subject"]) == list(read["fold"]) == [text] * 6


@pytest.mark.parametrize("name", ["p.csv", "p.csv.gz"])
def test_equal_frames_give_equal_bytes(tmp_path, name):
    frame = two_seeds()
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        write_predictions(frame[frame.columns[::-1]] if folder == "b" else frame, tmp_path / folder / name)
    assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_integer_folds_are_written_as_text(tmp_path):
    write_predictions(two_seeds().assign(fold=3), tmp_path / "p.csv")
    assert list(read_predictions(tmp_path / "p.csv", classes=3)["fold"]) == ["3"] * 6


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "p.csv.gz"
    write_predictions(two_seeds(), path)
    before = path.read_bytes()

    def full_disk(*_, **__):
        raise OSError("no space left on device")

    monkeypatch.setattr(gzip, "compress", full_disk)
    with pytest.raises(OSError, match="no space"):
        write_predictions(two_seeds().assign(fold="other"), path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_columns_outside_the_schema_are_not_written_and_not_read(tmp_path):
    with pytest.raises(ValueError, match="model"):
        write_predictions(two_seeds().assign(model="ststnet"), tmp_path / "p.csv")
    two_seeds().assign(model="ststnet").to_csv(tmp_path / "other.csv", index=False)
    assert list(read_predictions(tmp_path / "other.csv", classes=3)) == list(two_seeds())


def changed(column, value, row=1):
    def change(frame):
        frame = frame.astype({column: object}) if isinstance(value, str) else frame
        frame.loc[row, column] = value
        return frame

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: f.drop(columns=["subject", "y_pred"]), "lack the column subject, y_pred"),
        (lambda f: f.drop(columns="p_1"), "lack the column p_1"),
        (lambda f: f.drop(columns=["p_0", "p_1", "p_2"]), "lack the column p_0"),
        (lambda f: f[:0], "hold no row"),
        (changed("y_true", 3), r"clip samm/006/0010, seed 0: y_true 3 is outside 0\.\.2"),
        (changed("y_pred", -1), r"clip samm/006/0010, seed 0: y_pred -1 is outside 0\.\.2"),
        (lambda f: f.assign(y_pred=f["y_pred"] + 0.5), "006_1_2, seed 0: y_pred 0.5 is not a whole number"),
        (changed("p_2", np.nan), "clip samm/006/0010, seed 0: p_2 nan is not a finite number"),
        (changed("p_2", np.inf), "clip samm/006/0010, seed 0: p_2 inf is not a finite number"),
        (changed("p_1", 0.81), "clip samm/006/0010, seed 0: p_0 to p_2 sum to 1.01, not to 1"),
        (lambda f: f.assign(p_0=f["p_0"] - 1, p_1=f["p_1"] + 1), "p_0 -0.19.* is not a probability"),
        (changed("clip", "006_1_2"), "clip samm/006/006_1_2 is predicted twice with seed 0"),
        (changed("clip", "0011"), "clip samm/006/0011 is predicted with seed 0 but not with seed 1"),
        (lambda f: f.drop(index=1), "clip samm/006/0010 is predicted with seed 1 but not with seed 0"),
        (changed("y_true", 2, row=4), "clip samm/006/0010: y_true is 2 with seed 1 but 1 with another"),
        (changed("clip", ""), "row 2: clip is empty"),
    ],
)
def test_what_is_wrong_is_named_before_and_after_writing(tmp_path, change, message):
    frame = change(two_seeds())
    with pytest.raises(UserError, match=message):
        check_predictions(frame)
    with pytest.raises(UserError, match=message):
        write_predictions(frame, tmp_path / "p.csv")
    assert list(tmp_path.iterdir()) == []
    frame.to_csv(tmp_path / "p.csv", index=False)
    with pytest.raises(UserError, match=r"p\.csv: .*" + message):
        read_predictions(tmp_path / "p.csv", classes=None)


def test_ids_that_became_numbers_are_refused():
    with pytest.raises(UserError, match="subject is not text, so leading zeros may be lost"):
        check_predictions(two_seeds().assign(subject=6))


def test_a_sum_within_a_thousandth_is_accepted():
    check_predictions(two_seeds().assign(p_0=lambda f: f["p_0"] + 9e-4))


def test_another_number_of_classes_is_refused(tmp_path):
    write_predictions(two_seeds(), tmp_path / "p.csv")
    with pytest.raises(UserError, match=r"p\.csv: holds probabilities of 3 classes \(p_0 to p_2\), not of 5"):
        read_predictions(tmp_path / "p.csv", classes=5)


def test_text_in_place_of_a_number_names_the_clip(tmp_path):
    two_seeds().astype({"y_pred": object}).assign(y_pred="happy").to_csv(tmp_path / "p.csv", index=False)
    with pytest.raises(UserError, match=r"p\.csv: clip samm/006/006_1_2, seed 0: y_pred nan is not a whole"):
        read_predictions(tmp_path / "p.csv", classes=3)


def test_files_that_are_no_predictions_are_refused(tmp_path):
    header = "dataset,subject,clip,fold,seed,y_true,y_pred,p_0,p_1\n"
    row = "d,1,c,1,0,0,0,1,0"
    whole = gzip.compress((header + row + "\n").encode())
    contents = {
        "empty.csv": b"",
        "ragged.csv": (header + row + "\n" + row + ",5,6\n").encode(),
        "long_rows.csv": (header + row + ",7\n").encode(),
        "short_row.csv": (header + row[:-2] + "\n").encode(),
        "binary.csv": bytes(range(256)),
        "not_gzip.csv.gz": b"dataset,subject",
        "truncated.csv.gz": whole[:-12],
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(UserError, match=name):
            read_predictions(tmp_path / name, classes=None)
    with pytest.raises(UserError, match="there is no such file"):
        read_predictions(tmp_path / "absent.csv", classes=None)
