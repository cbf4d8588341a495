"""The tables of quality: what is left in the nose region is flagged, what was left out is told."""

from statistics import median

import numpy as np
import pandas as pd
import pytest

from mexflow.report.quality import failure_table, of_whole_frames, quality_table
from mexflow.store.tables import write_csv
from report.measured import Clip, write_files


def table_of(tmp_path, clips, pairs="onset_each"):
    files = write_files(tmp_path, clips)
    return quality_table(files.aligned, files.flows, files.manifest, pairs)


def test_values_are_medians_over_pairs_and_the_worst_pair_is_named(tmp_path):
    nose = [(0.5, 0.01), (0.8, 0.29), (3.0, 0.02), (0.1, 0.08)]
    row = table_of(tmp_path, [Clip("s1", "c", nose, spread=0.75)]).loc[0]
    assert row["nose_before"] == median(before for before, _ in nose) == 0.65
    assert row["nose_after"] == pytest.approx(median(after for _, after in nose), abs=1e-6)
    assert (row["worst_first"], row["worst_second"]) == (101, 104)
    assert (row["worst_before"], row["worst_after"]) == (0.8, 0.29)
    assert (row["pairs"], row["landmark_spread"], row["frames_without_face"]) == (4, 0.75, 0)


@pytest.mark.parametrize(
    ("nose", "flagged"),
    [
        ([(0.0, 0.0)], False),
        ([(9.0, 0.1)], False),
        ([(9.0, 0.3)], False),
        ([(0.31, 0.301)], True),
        ([(0.1, 0.1), (5.0, 5.0), (0.1, 0.1)], False),
        ([(5.0, 5.0), (5.0, 5.0), (0.1, 0.1)], True),
        ([(np.nan, np.nan)], True),
        ([(0.1, 0.1), (np.nan, np.nan), (0.1, 0.1)], True),
    ],
)
def test_a_clip_is_flagged_by_the_median_of_what_is_left(tmp_path, nose, flagged):
    assert table_of(tmp_path, [Clip("s1", "c", nose)])["flagged"].tolist() == [flagged]


def test_whole_frames_are_not_judged(tmp_path):
    table = table_of(tmp_path, [Clip("s1", f"c{k}", [(9.0, 9.0)], whole=True) for k in range(2)] + [Clip("s2", "gone")])
    assert table["clip"].tolist() == ["c0", "c1", "gone"]
    assert table["pairs"].tolist() == [1, 1, 0]
    assert not table["flagged"].any()
    assert table[["nose_before", "nose_after", "landmark_spread"]].isna().all(axis=None)
    assert of_whole_frames(table)


@pytest.mark.parametrize("clips", [[Clip("s1", "gone")], [Clip("s1", "gone"), Clip("s1", "c", [(np.nan, np.nan)])]])
def test_faces_that_are_missing_or_move_in_unknown_ways_are_not_whole_frames(tmp_path, clips):
    assert not of_whole_frames(table_of(tmp_path, clips))


def test_the_worst_clip_comes_first_and_those_left_out_come_last(tmp_path):
    values = {"a": 0.1, "b": 0.5, "c": np.nan, "e": 0.1, "d": 0.2}
    clips = [Clip("s2", name, [(1.0, after)]) for name, after in values.items()]
    table = table_of(tmp_path, [Clip("s1", "gone"), *clips])
    assert table["clip"].tolist() == ["c", "b", "d", "a", "e", "gone"]


def test_the_order_of_the_manifest_does_not_matter(tmp_path):
    clips = [Clip(f"s{k % 3}", f"c{k}", [(1.0, 0.1 * (k % 2))]) for k in range(7)] + [Clip("s0", "gone")]
    files = write_files(tmp_path, clips)
    tables = [
        quality_table(files.aligned, files.flows, manifest, "onset_apex")
        for manifest in (files.manifest, files.manifest[::-1])
    ]
    pd.testing.assert_frame_equal(*tables)


def test_a_clip_that_was_left_out_has_no_pairs_and_no_values(tmp_path):
    table = table_of(tmp_path, [Clip("s1", "gone"), Clip("s1", "c", [(1.0, 0.5)])])
    gone = table.set_index("clip").loc["gone"]
    assert (gone["pairs"], gone["flagged"]) == (0, False)
    known = {"subject": "s1", "unit": "s1", "video": "gone", "pairs": 0, "flagged": False}
    assert gone.dropna().to_dict() == known


def test_the_frames_of_the_pairs_stay_whole_numbers_in_the_csv(tmp_path):
    write_csv(table_of(tmp_path, [Clip("s1", "gone"), Clip("s1", "c", [(1.0, 0.3)])]), tmp_path / "quality.csv")
    lines = (tmp_path / "quality.csv").read_text().splitlines()
    assert lines[1:] == [
        "s1,s1,c,c,1,1.0,0.3,100,103,1.0,0.3,False,0.25,0",
        "s1,s1,gone,gone,0,,,,,,,False,,",
    ]


def test_pairs_of_an_interval_have_one_row_per_video(tmp_path):
    files = write_files(tmp_path, [Clip("s1", "v", [(1.0, 0.1), (1.0, 0.4), (1.0, 0.5)]), Clip("s1", "w")])
    expressions = pd.concat([files.manifest.assign(clip=files.manifest["clip"] + end) for end in ("@1", "@9")])
    table = quality_table(files.aligned, files.flows, expressions, "interval_3")
    assert table["clip"].tolist() == table["video"].tolist() == ["v", "w"]
    assert table["pairs"].tolist() == [3, 0]
    assert table["nose_after"][0] == pytest.approx(0.4)


def test_failures_tell_what_was_carried_and_which_videos_were_left_out(tmp_path):
    clips = [
        Clip("s1", "c", [(1.0, 0.1)], carried=(120, 125)),
        Clip("s1", "fine", [(1.0, 0.1)]),
        Clip("s2", "gone"),
    ]
    files = write_files(tmp_path, clips)
    assert failure_table(files.aligned, files.manifest).to_numpy().tolist() == [
        ["s2", "gone", 100, 140, "no face", "left out"],
        ["s1", "c", 120, 125, "no face", "carried"],
    ]
    table = quality_table(files.aligned, files.flows, files.manifest, "onset_apex")
    assert table.set_index("clip")["frames_without_face"].dropna().to_dict() == {"c": 6, "fine": 0}


def test_no_failures_are_an_empty_table(tmp_path):
    files = write_files(tmp_path, [Clip("s1", "c", [(1.0, 0.1)])])
    failures = failure_table(files.aligned, files.manifest)
    assert failures.empty
    assert list(failures) == ["subject", "video", "first_frame", "last_frame", "problem", "action"]
