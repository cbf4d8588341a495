"""What all published datasets share: rows that are kept or left out, strictness, counts, order."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mexflow.config.datasets import ReleasedSpec
from mexflow.datasets.interval import Repair
from mexflow.datasets.release import LabelRow, Release, unit_name
from mexflow.datasets.source import frame_files
from mexflow.datasets.workbook import LabelTable
from mexflow.errors import UserError

ROW = LabelRow(
    place="labels.xlsx, row 15",
    subject="006",
    clip="006_1_2",
    video="006_1_2",
    onset=10,
    apex=15,
    offset=20,
    emotion="Anger",
    action_units="4 + 7",
)


def release(strict=False, unit="subject", kind="samm") -> Release:
    return Release("mine", ReleasedSpec(kind=kind, root=Path("nowhere"), strict=strict, unit=unit))


def clip_folder(root: Path, *names: str, frames=range(1, 31)) -> Path:
    folder = root.joinpath(*names)
    folder.mkdir(parents=True)
    for number in frames:
        (folder / f"006_{number:05d}.jpg").touch()
    return folder


def repairs_of(one: Release) -> list[tuple[str, ...]]:
    return [(each.subject, each.clip, each.onset, each.rule, each.before, each.after) for each in one.repairs]


def test_a_row_becomes_an_expression(tmp_path):
    one = release()
    folder = clip_folder(tmp_path, "SAMM", "006", "006_1_2")
    one.fill([ROW], {("006", "006_1_2"): folder}, 200.0, tmp_path)
    (expression,) = one.expressions
    assert vars(expression) == {
        "dataset": "mine",
        "subject": "006",
        "clip": "006_1_2",
        "video": "006_1_2",
        "unit": "006",
        "source": "SAMM/006/006_1_2",
        "first_frame": 1,
        "onset": 10,
        "apex": 15,
        "offset": 20,
        "fps": 200.0,
        "emotion": "Anger",
        "three_class": "negative",
        "five_class": "anger",
        "objective": "III",
        "binary": "negative",
        "seven_class": "anger",
        "stimulus": "",
        "action_units": "4 + 7",
        "expression_type": "micro",
        "apex_source": "label",
        "content": "",
        "sample": "",
    }
    assert one.repairs == []


def test_without_frames_nothing_is_looked_for(tmp_path):
    one = release()
    one.fill([replace(ROW, offset=10**6)], None, 200.0, tmp_path / "not there")
    assert [(each.source, each.offset) for each in one.expressions] == [("", 10**6)]
    assert one.repairs == []


def test_the_intervals_repairs_are_written_down_under_the_onset_as_annotated(tmp_path):
    one = release()
    folder = clip_folder(tmp_path, "c")
    one.fill([replace(ROW, onset="0", apex="/", offset=99.5)], {("006", "006_1_2"): folder}, 200.0, tmp_path)
    assert one.repairs == [
        Repair("mine", "006", "006_1_2", "0", "float_frame", "99.5", "100"),
        Repair("mine", "006", "006_1_2", "0", "onset_zero", "0", "1"),
        Repair("mine", "006", "006_1_2", "0", "offset_beyond_last_frame", "100", "30"),
        Repair("mine", "006", "006_1_2", "0", "apex_missing", "/", "15"),
    ]
    (expression,) = one.expressions
    assert (expression.onset, expression.apex, expression.offset, expression.apex_source) == (1, 15, 30, "middle")


def test_a_video_file_is_a_source_whose_frames_nobody_counts(tmp_path):
    one = release()
    (tmp_path / "v").mkdir()
    (tmp_path / "v" / "A.avi").touch()
    row = replace(ROW, video="a", offset=10**6)
    one.fill([row], {("006", "a"): tmp_path / "v" / "A.avi"}, 30.0, tmp_path)
    assert [(each.source, each.offset, each.fps) for each in one.expressions] == [("v/A.avi", 10**6, 30.0)]


@pytest.mark.parametrize("missing", [{"subject": ""}, {"clip": ""}, {"subject": "", "clip": ""}])
def test_row_without_name(missing, tmp_path):
    one = release()
    one.fill([replace(ROW, **missing), replace(ROW, clip="b", video="b")], None, 200.0, tmp_path)
    assert [each.clip for each in one.expressions] == ["b"]
    nameless = replace(ROW, **missing)
    assert repairs_of(one) == [
        (nameless.subject, nameless.clip, "10", "row_without_name", "labels.xlsx, row 15", "left out")
    ]


def test_label_without_clip(tmp_path):
    one = release()
    one.fill([ROW], {}, 200.0, tmp_path)
    assert one.expressions == []
    assert repairs_of(one) == [("006", "006_1_2", "10", "label_without_clip", "labels.xlsx, row 15", "left out")]


def test_clip_without_label(tmp_path):
    one = release()
    videos = {
        ("006", "006_1_2"): clip_folder(tmp_path, "SAMM", "006", "006_1_2"),
        ("006", "006_1.9_x"): clip_folder(tmp_path, "SAMM", "006", "006_1.9_X"),
        ("007", "a"): tmp_path / "A.avi",
    }
    (tmp_path / "A.avi").touch()
    one.fill([ROW], videos, 200.0, tmp_path)
    assert [each.clip for each in one.expressions] == ["006_1_2"]
    assert repairs_of(one) == [
        ("006", "006_1.9_X", "", "clip_without_label", "SAMM/006/006_1.9_X", "left out"),
        ("007", "A", "", "clip_without_label", "A.avi", "left out"),
    ]


def test_a_video_is_silent_if_no_expression_of_it_is_left(tmp_path):
    """One has a row, one lost its only row to the rules, one lost one of two, one never had any."""
    names = ("006_1", "006_2", "006_3", "006_4")
    videos = {("006", name): clip_folder(tmp_path, "SAMM", name) for name in names}
    rows = [
        replace(ROW, video="006_1", clip="006_1_1"),
        replace(ROW, video="006_2", clip="006_2_1", onset=21),
        replace(ROW, video="006_3", clip="006_3_1", onset=21),
        replace(ROW, video="006_3", clip="006_3_2"),
    ]
    one = release()
    one.fill(rows, videos, 200.0, tmp_path)
    assert [each.video for each in one.silent] == ["006_2", "006_4"]
    assert {each.video for each in one.expressions} == {"006_1", "006_3"}
    assert [(each.clip, each.rule) for each in one.repairs] == [
        ("006_2_1", "interval_impossible"),
        ("006_3_1", "interval_impossible"),
        ("006_4", "clip_without_label"),
    ]


@pytest.mark.parametrize(("unit", "expected"), [("subject", "006"), ("video", "006_006_2")])
def test_a_silent_video_is_a_row_that_knows_no_expression(unit, expected, tmp_path):
    one = release(unit=unit)
    one.fill([], {("006", "006_2"): clip_folder(tmp_path, "SAMM", "006_2")}, 200.0, tmp_path)
    (silent,) = one.silent
    told = {name: value for name, value in vars(silent).items() if value != ""}
    assert told == {
        "dataset": "mine",
        "subject": "006",
        "clip": "006_2",
        "video": "006_2",
        "unit": expected,
        "source": "SAMM/006_2",
        "first_frame": 1,
        "onset": -1,
        "apex": -1,
        "offset": -1,
        "fps": 200.0,
    }


def test_the_letter_case_of_a_row_makes_no_video_silent(tmp_path):
    one = release()
    videos = {("006", "ep01_1f"): clip_folder(tmp_path, "EP01_1f")}
    one.fill([replace(ROW, clip="ep01_1F", video="ep01_1F")], videos, 200.0, tmp_path)
    assert one.silent == []


def test_where_frames_are_not_looked_at_no_video_is_silent(tmp_path):
    one = release()
    one.fill([ROW, replace(ROW, clip="")], None, 200.0, tmp_path)
    assert one.silent == []


def test_letter_case_of_a_video_does_not_matter(tmp_path):
    one = release()
    folder = clip_folder(tmp_path, "EP01_1f")
    one.fill([replace(ROW, clip="ep01_1F", video="ep01_1F")], {("006", "ep01_1f"): folder}, 200.0, tmp_path)
    assert [(each.clip, each.source) for each in one.expressions] == [("ep01_1F", "EP01_1f")]
    assert one.repairs == []


IMPOSSIBLE = {
    "onset after offset": ({"onset": 21}, "onset 21 lies after offset 20"),
    "onset is a word": ({"onset": "none"}, 'onset "none" is no frame number'),
    "elsewhere than its frames": (
        {"onset": 50, "apex": 55, "offset": 60},
        "50..60 and the frames on disk, 1..30, have nothing in common",
    ),
}


@pytest.mark.parametrize("case", IMPOSSIBLE)
def test_interval_impossible(case, tmp_path):
    cells, reason = IMPOSSIBLE[case]
    videos = {("006", "006_1_2"): clip_folder(tmp_path, "c")}
    one = release()
    one.fill([replace(ROW, **cells)], videos, 200.0, tmp_path)
    assert one.expressions == []
    (repair,) = one.repairs
    assert (repair.rule, repair.before, repair.after) == (
        "interval_impossible",
        f"labels.xlsx, row 15: {reason}",
        "left out",
    )


def test_a_second_row_of_the_same_expression_is_left_out_whatever_the_order(tmp_path):
    second = replace(ROW, place="labels.xlsx, row 99", emotion="Happiness")
    for rows in ([ROW, second], [second, ROW]):
        one = release()
        one.fill(rows, None, 200.0, tmp_path)
        assert [each.emotion for each in one.expressions] == ["Anger"]
        assert repairs_of(one) == [("006", "006_1_2", "10", "duplicate_row", "labels.xlsx, row 99", "left out")]


def test_one_name_may_stand_for_several_expressions(tmp_path):
    rows = [
        ROW,
        replace(ROW, onset=12),
        replace(ROW, offset=30),
        replace(ROW, expression_type="macro"),
        replace(ROW, subject="007"),
    ]
    one = release()
    one.fill(rows, None, 200.0, tmp_path)
    assert len(one.expressions) == 5
    assert one.repairs == []


@given(order=st.permutations(range(6)))
def test_the_order_of_the_rows_does_not_matter(order):
    rows = [
        replace(ROW, subject="010", video="010_2", clip="010_2_1", onset=100, apex=110, offset=120),
        replace(ROW, subject="010", video="010_2", clip="010_2_2", onset=9, apex=-1),
        replace(ROW, subject="010", video="010_10", clip="010_10_1", onset=0),
        replace(ROW, subject="006", video="006_1", clip="006_1_1", onset=9.4, apex=99),
        replace(ROW, subject="006", video="006_1", clip="006_1_1", onset=9.4, apex="/", expression_type="macro"),
        replace(ROW, subject="006", video="006_1", clip="006_1_0", onset=30),
    ]
    one = release()
    one.fill([rows[place] for place in order], None, 200.0, Path())
    assert [(each.subject, each.video, each.onset, each.expression_type) for each in one.expressions] == [
        ("006", "006_1", 9, "macro"),
        ("006", "006_1", 9, "micro"),
        ("010", "010_10", 1, "micro"),
        ("010", "010_2", 9, "micro"),
        ("010", "010_2", 100, "micro"),
    ]
    assert [(each.subject, each.clip, each.rule) for each in one.repairs] == [
        ("006", "006_1_0", "interval_impossible"),
        ("006", "006_1_1", "float_frame"),
        ("006", "006_1_1", "apex_missing"),
        ("006", "006_1_1", "float_frame"),
        ("006", "006_1_1", "apex_outside"),
        ("010", "010_10_1", "onset_zero"),
        ("010", "010_2_2", "apex_missing"),
    ]


STRICT = {
    "apex_missing": ([replace(ROW, apex="/")], ["006_1_2"], "rule apex_missing would make '/' into '15'"),
    "row_without_name": (
        [ROW, replace(ROW, clip="", place="labels.xlsx, row 16")],
        ["006_1_2"],
        "rule row_without_name would make 'labels.xlsx, row 16' into 'left out'",
    ),
    "label_without_clip": ([ROW], [], "rule label_without_clip would make 'labels.xlsx, row 15' into 'left out'"),
    "clip_without_label": ([], ["006_1_2"], "rule clip_without_label would make '006_1_2' into 'left out'"),
    "duplicate_row": (
        [ROW, replace(ROW, place="labels.xlsx, row 16")],
        ["006_1_2"],
        "rule duplicate_row would make 'labels.xlsx, row 16' into 'left out'",
    ),
    "interval_impossible": (
        [replace(ROW, onset=21)],
        ["006_1_2"],
        "rule interval_impossible would make 'labels.xlsx, row 15: onset 21 lies after offset 20' into 'left out'",
    ),
}


@pytest.mark.parametrize("case", STRICT)
def test_strict_turns_every_repair_into_an_error(case, tmp_path):
    rows, clips, message = STRICT[case]
    videos = {("006", clip): clip_folder(tmp_path, clip) for clip in clips}
    with pytest.raises(UserError) as caught:
        release(strict=True).fill(rows, videos, 200.0, tmp_path)
    assert str(caught.value).startswith("mine: ")
    assert message in str(caught.value)
    assert str(caught.value).endswith("Correct the label table, or set strict: false.")
    lenient = release()
    lenient.fill(rows, videos, 200.0, tmp_path)
    assert [each.rule for each in lenient.repairs] == [case]


def test_strict_says_nothing_of_a_clean_table(tmp_path):
    one = release(strict=True)
    one.fill([ROW], {("006", "006_1_2"): clip_folder(tmp_path, "c")}, 200.0, tmp_path)
    assert len(one.expressions) == 1


def test_an_empty_clip_is_an_error_that_names_it(tmp_path):
    folder = clip_folder(tmp_path, "c", frames=[])
    with pytest.raises(UserError, match="c: an empty clip"):
        release().fill([ROW], {("006", "006_1_2"): folder}, 200.0, tmp_path)


def test_the_frames_of_a_video_are_listed_once(tmp_path, monkeypatch):
    folder = clip_folder(tmp_path, "006_1")
    listed = []
    scanned = frame_files
    monkeypatch.setattr("mexflow.datasets.release.frame_files", lambda path: listed.append(path) or scanned(path))
    rows = [replace(ROW, video="006_1", clip=f"006_1_{number}", onset=number) for number in range(1, 9)]
    one = release()
    one.fill(rows, {("006", "006_1"): folder}, 200.0, tmp_path)
    assert len(one.expressions) == 8
    assert listed == [folder]


def test_only_a_clip_of_one_expression_is_cut_to_it(tmp_path):
    cells = {"onset": 100, "apex": 110, "offset": 120}
    videos = {("006", "one"): clip_folder(tmp_path, "one"), ("006", "two"): clip_folder(tmp_path, "two")}
    alone = replace(ROW, video="one", clip="one", **cells)
    together = [replace(ROW, video="two", clip="two", **cells), replace(ROW, video="two", clip="two", onset=3)]
    one = release()
    one.fill([alone, *together], videos, 200.0, tmp_path, cut=True)
    assert [(each.clip, each.onset, each.offset) for each in one.expressions] == [("one", 1, 30), ("two", 3, 20)]
    assert [(each.clip, each.rule) for each in one.repairs] == [
        ("one", "interval_from_frames"),
        ("one", "apex_outside"),
        ("two", "interval_impossible"),
    ]


TABLE = LabelTable(Path("/data/sheet.xlsx"), (), [], "0123456789ab")
REMARKS = {
    "the only release": (255, {"v1": 255}, TABLE, "sheet.xlsx (0123456789ab): 255 rows, expected (v1)"),
    "two alike": (255, {"v1": 255, "v2": 255}, TABLE, "sheet.xlsx (0123456789ab): 255 rows, expected (v1, v2)"),
    "one of two": (256, {"v1": 255, "v2": 256}, TABLE, "sheet.xlsx (0123456789ab): 256 rows, expected (v2)"),
    "none of them": (
        7,
        {"v1": 255, "v2": 256},
        TABLE,
        "sheet.xlsx (0123456789ab): 7 rows: another release, or a damaged copy (published: v1 255, v2 256)",
    ),
    "no table": (7, {"v1": 7}, None, "mine: 7 rows, expected (v1)"),
}


@pytest.mark.parametrize("case", REMARKS)
def test_a_count_says_which_release_it_fits(case):
    found, expected, table, remark = REMARKS[case]
    one = release(strict=True)  # another release is told, never refused
    one.compare("rows", found, expected, table)
    assert one.remarks == [remark]


def test_emotions_are_counted(tmp_path):
    one = release()
    one.fill([ROW, replace(ROW, onset=11), replace(ROW, onset=12, emotion="Fear")], None, 200.0, tmp_path)
    assert one.emotions() == {"Anger": 2, "Fear": 1}


@pytest.mark.parametrize(("unit", "expected"), [("subject", "006"), ("video", "006_006_1"), ("clip", "006_006_1_2")])
def test_the_unit_of_a_row_is_what_the_configuration_says(unit, expected, tmp_path):
    assert unit_name(unit, "006", "006_1", "006_1_2") == expected
    one = release(unit=unit)
    one.fill([replace(ROW, video="006_1")], None, 200.0, tmp_path)
    assert [each.unit for each in one.expressions] == [expected]
