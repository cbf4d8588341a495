"""What is written comes back: every array, number, name and type."""

import json

import h5py
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mexflow.errors import UserError
from mexflow.store.flow import reading_flow, writing_flow
from mexflow.store.packed import read_packed, write_packed
from mexflow.store.pair_scores import VideoScores, read_pair_scores, write_pair_scores
from mexflow.store.records import read_record, write_record
from mexflow.store.tables import read_table, write_csv, write_table
from mexflow.store.weights import read_weights, write_weights
from store.samples import WEIGHTS, clips, flow_blocks, packed_feature


def assert_same(one: object, other: object) -> None:
    for name, value in vars(one).items():
        found = getattr(other, name)
        np.testing.assert_array_equal(found, value, err_msg=name, strict=isinstance(value, np.ndarray))
        assert type(found) is type(value), name


def test_flow_comes_back_whatever_the_blocks(tmp_path):
    with writing_flow(tmp_path / "f.h5", "{}", "abc") as file:
        file.add("b", 10.25, iter(flow_blocks(pairs=5, block=2)))
        file.add("a", 9.5, iter(flow_blocks(pairs=1)))
        file.leave_out("z")
    written = flow_blocks(pairs=5, block=2)
    with reading_flow(tmp_path / "f.h5") as file:
        assert (file.clips, file.left_out) == (["a", "b"], {"z"})
        clip = file["b"]
        assert (clip.inter_ocular_distance, file["a"].inter_ocular_distance, len(clip)) == (10.25, 9.5, 5)
        for name in ("pairs", "nose_flow", "nose_residual", "landmarks"):
            whole = np.concatenate([getattr(block, name) for block in written])
            np.testing.assert_array_equal(getattr(clip, name), whole, strict=True)
        np.testing.assert_array_equal(clip.flow(), np.concatenate([block.flow for block in written]), strict=True)
        np.testing.assert_array_equal(clip.flow(2, 4), written[1].flow, strict=True)
        np.testing.assert_array_equal(clip.strain(4), written[2].strain, strict=True)


def test_a_packed_feature_comes_back(tmp_path):
    feature = packed_feature()
    write_packed(feature, tmp_path / "p.h5", "{}", "abc")
    read = read_packed(tmp_path / "p.h5")
    np.testing.assert_array_equal(read.samples, feature.samples, strict=True)
    pd.testing.assert_frame_equal(read.clips, feature.clips)
    assert read.layout == feature.layout


def test_the_weights_of_a_fold_come_back(tmp_path):
    write_weights(WEIGHTS, tmp_path / "w.h5", "{}", "abc")
    for fold, arrays in WEIGHTS.items():
        read = read_weights(tmp_path / "w.h5", fold)
        assert read.keys() == arrays.keys()
        for name, array in arrays.items():
            np.testing.assert_array_equal(read[name], array)


def test_a_weight_without_an_axis_comes_back(tmp_path):
    write_weights({"s1": {"step": np.array(7)}}, tmp_path / "w.h5", "{}", "abc")
    assert read_weights(tmp_path / "w.h5", "s1") == {"step": 7}


def test_a_file_says_what_it_holds(tmp_path):
    with writing_flow(tmp_path / "f.h5", '{"preset":"opencv"}', "abc123") as file:
        file.add("c", 10.25, iter(flow_blocks(size=24)))
    with h5py.File(tmp_path / "f.h5") as file:
        about = {name: file.attrs[name].decode() for name in ("kind", "spec", "code")}
        clip = dict(file["c"].attrs)
        fields = {name: dict(file["c"][name].attrs) for name in ("flow", "strain")}
        assert file.attrs["format_version"] == 1
    assert about == {"kind": "flow", "spec": '{"preset":"opencv"}', "code": "abc123"}
    assert (clip["crop_size"].tolist(), clip["inter_ocular_distance"]) == ([28, 24], 10.25)
    assert fields["flow"] == {"channels": b"u,v", "units": b"px"}
    assert fields["strain"] == {"channels": b"strain", "units": b"1"}


def through_hdf5(table: pd.DataFrame) -> pd.DataFrame:
    with h5py.File("memory", "w", driver="core", backing_store=False) as file:
        write_table(file, "t", table)
        return read_table(file, "t")


def test_a_table_comes_back_with_its_zeros_alphabets_and_types():
    pd.testing.assert_frame_equal(through_hdf5(clips(6)), clips(6))


def test_a_table_without_rows_keeps_its_columns():
    assert list(through_hdf5(clips(4).iloc[:0]).columns) == list(clips(4).columns)


def test_a_missing_text_is_an_empty_text():
    table = pd.DataFrame({"apex": ["12", None, np.nan]})
    assert list(through_hdf5(table)["apex"]) == ["12", "", ""]


TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)


@settings(max_examples=50, deadline=None)
@given(st.lists(TEXT, min_size=1, max_size=5))
def test_any_text_comes_back(cells):
    assert list(through_hdf5(pd.DataFrame({"text": cells}))["text"]) == cells


def test_a_csv_holds_the_table_in_utf_8(tmp_path):
    write_csv(clips(3)[["subject", "clip"]], tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_bytes() == "subject,clip\n006,0000\né中,0001\n,0002\n".encode()


def test_a_record_comes_back(tmp_path):
    record = {"UF1": 0.9051, "classes": ["négative", "006"], "fold": None, "passed": True, "n": 3}
    write_record(record, tmp_path / "r.json")
    assert read_record(tmp_path / "r.json") == record


def test_a_record_is_json_that_others_read(tmp_path):
    write_record({"a": [1, None]}, tmp_path / "r.json")
    assert json.loads((tmp_path / "r.json").read_text()) == {"a": [1, None]}


def test_nan_is_refused_and_the_old_record_stays(tmp_path):
    write_record({"UF1": 1}, tmp_path / "r.json")
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_record({"UF1": float("nan")}, tmp_path / "r.json")
    assert read_record(tmp_path / "r.json") == {"UF1": 1}


@pytest.mark.parametrize("content", [b"", b'{"UF1": 0.9', b"\xff\xfe", b"no json"])
def test_a_damaged_record_is_told(tmp_path, content):
    (tmp_path / "r.json").write_bytes(content)
    with pytest.raises(UserError, match=r"r\.json is damaged \(.+\)\. Delete it and run again\."):
        read_record(tmp_path / "r.json")


def test_a_missing_record_is_told(tmp_path):
    with pytest.raises(UserError, match=r"r\.json is missing\. Run snakemake again; it is rebuilt\."):
        read_record(tmp_path / "r.json")


def test_pair_scores_come_back_in_their_order(tmp_path):
    videos = [
        VideoScores("d", "s1", "02_é", 0, "d/s1", 6, 30.0, np.arange(3, 8), np.float32([0.1, 0, -2, 3, 4])),
        VideoScores("d", "s2", "01", 1, "d/s2", 7, 200.0, np.zeros(0, np.int64), np.zeros(0, np.float32)),
        *(VideoScores("d", "s3", f"{n}", 2, "d/s3", 5, 30.0, np.array([n]), np.float32([n])) for n in range(12, 0, -1)),
    ]
    write_pair_scores(videos, tmp_path / "pair_scores.h5", "{}", "code")
    for before, after in zip(videos, read_pair_scores(tmp_path / "pair_scores.h5"), strict=True):
        for name, value in vars(before).items():
            np.testing.assert_array_equal(getattr(after, name), value)
