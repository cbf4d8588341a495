"""4DME as far as its layout is known: tiny copies are written from the rows below and read back."""

import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mexflow.config.datasets import ReleasedSpec
from mexflow.datasets.fourdme import read
from mexflow.datasets.manifest import manifest_of
from mexflow.errors import UserError

TABLE = "4DME_Labelling_Micro_release v1.xlsx"
EARLY_TABLE = "4DME_Labelling_Micro-expression_emotion_eyeblink_final_remove_unsuefull_codes.xlsx"
LONG_TABLE = "Micro and Macro-expression labels.xlsx"
HEADER = [
    "sub_ID",
    "fold_name",
    "Onset",
    "Apex",
    "Offset",
    "AUs",
    "Emotion",
    "eye blink",
    "Positive",
    "Negative",
    "AU4",
]
ROWS = [
    ["S08", "S08_002_01_1", 1830, 1841, 1850, "AU4(k)+L7", "Negative", 0, 0, 1, 1],
    ["S08", "S08_002_01_2", 1900, 1908, 1920, "R12", "Surprise+Positive", 0, 1, 0, 0],
    ["S13_1st", "S13_1st_001_01_1", 40, 12, 60, "1+2", "Surprise", 0, 0, 0, 0],
    ["S20", "S20_001_01_1", 70, 76, 80, 45, "Repression", 1, 0, 0, 0],
    ["S21", "S21_001_03_1", 5, 6, 9, "14", "Others", 0, 0, 0, 0],
    [None, None, None, None, None, None, None, 1, 1, 1, 1],
]
# subject, clip, onset, apex, offset, where the apex comes from, emotion, three_class, action units
EXPECTED = [
    ("S08", "S08_002_01_1", 1830, 1841, 1850, "label", "Negative", "negative", "L7"),
    ("S08", "S08_002_01_2", 1900, 1908, 1920, "label", "Surprise+Positive", "", "R12"),
    ("S13", "S13_1st_001_01_1", 40, 50, 60, "middle", "Surprise", "surprise", "1+2"),
    ("S20", "S20_001_01_1", 70, 76, 80, "label", "Repression", "negative", "45"),
    ("S21", "S21_001_03_1", 5, 6, 9, "label", "Others", "", "14"),
]
REPAIRS = {
    ("S08", "S08_002_01_1", "static_action_unit", "AU4(k)+L7", "L7"),
    ("S13", "S13_1st_001_01_1", "apex_outside", "12", "50"),
    ("S13", "S13_1st_001_01_1", "subject_session", "S13_1st", "S13"),
}
CLIPS = {
    "S08/S08_002_01_1": range(1830, 1851),
    "S08/S08_002_01_2": range(1900, 1921),
    "S13_1st/S13_1st_001_01_1": range(40, 61),
    # Numbered from its own first frame.
    "S20/S20_001_01_1": range(1, 12),
    "S20/S20_001_01_2": range(1, 12),
}


def write_table(path: Path, header: list = HEADER, rows: list = ROWS) -> Path:
    book = openpyxl.Workbook()
    for row in [header, *rows]:
        book.active.append(row)
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)
    return path


def write_frames(folder: Path, numbers, form: str = "{}.jpg") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        (folder / form.format(number)).touch()


def released(root: Path, frames: bool = False, **wanted):
    return read("four", ReleasedSpec(kind="fourdme", root=root, **wanted), root, frames)


def rows_of(release) -> list[tuple]:
    return [
        (
            one.subject,
            one.clip,
            one.onset,
            one.apex,
            one.offset,
            one.apex_source,
            one.emotion,
            one.three_class,
            one.action_units,
        )
        for one in release.expressions
    ]


def repairs_of(release) -> Counter:
    """Where a row of the table stands is not compared."""
    return Counter(
        (one.subject, one.clip, one.rule, "" if ", row " in one.before else one.before, one.after)
        for one in release.repairs
    )


TOTALS = ("", "", "row_without_name", "", "left out")


def test_every_row_is_read_back(tmp_path):
    release = released(write_table(tmp_path / TABLE))
    assert rows_of(release) == EXPECTED
    assert repairs_of(release) == Counter({*REPAIRS, TOTALS})
    assert {(one.fps, one.expression_type, one.source) for one in release.expressions} == {(60.0, "micro", "")}
    (remark,) = release.remarks
    assert remark.endswith("5 micro-expressions: another release, or a damaged copy (published: release v1 267)")
    # 7 alone; with the static 4 it would be class III.
    assert release.expressions[0].objective == "VII"


@pytest.mark.parametrize("top", ["gray_micro", "4DMicro/gray_micro", "4DME/gray_micro/gray_micro"])
def test_clips_are_found_and_their_numbering_is_followed(tmp_path, top):
    write_table(tmp_path / TABLE)
    for name, numbers in CLIPS.items():
        write_frames(tmp_path / top / name, numbers)
    release = released(tmp_path, frames=True)
    assert rows_of(release) == [
        *EXPECTED[:3],
        ("S20", "S20_001_01_1", 1, 7, 11, "label", "Repression", "negative", "45"),
    ]
    assert repairs_of(release) == Counter(
        {
            *REPAIRS,
            TOTALS,
            ("S20", "S20_001_01_1", "clip_numbering", "70..80", "1..11"),
            ("S20", "S20_001_01_2", "clip_without_label", f"{top}/S20/S20_001_01_2", "left out"),
            ("S21", "S21_001_03_1", "label_without_clip", "", "left out"),
        }
    )
    assert release.expressions[2].source == f"{top}/S13_1st/S13_1st_001_01_1"
    assert len(manifest_of([replace(one, content="x") for one in release.expressions])) == 4


def test_a_clip_of_another_length_than_its_label_tells_the_interval_itself(tmp_path):
    write_table(tmp_path / TABLE, rows=[["S22", "S22_001_01_1", 500, 510, 520, "12", "Positive", 0, 1, 0, 0]])
    write_frames(tmp_path / "gray_micro/S22/S22_001_01_1", range(1, 31))
    release = released(tmp_path, frames=True)
    assert [row[2:6] for row in rows_of(release)] == [(1, 15, 30, "middle")]
    assert {one.rule for one in release.repairs} == {"interval_from_frames", "apex_outside"}


def test_the_sheet_before_the_release_names_its_clips_by_their_parts(tmp_path):
    header = ["sub_ID'", "video_number'", "ME_number'", "subME_number'", "Onset", "Apex", "Offset", "Length", "AUs"]
    rows = [
        ["S13_1st", "001'", "01'", 1, 40, 50, 60, 21, "1+2", 0, 0, 1],
        ["S08", 2, 1, 1, 100, 105, 110, 11, 12, 1, 0, 1],
        ["", "", "", "", "", "", "", 32, "", 1, 0, 1],
    ]
    write_table(tmp_path / EARLY_TABLE, [*header, "Positive", "Negative", "Surprise"], rows)
    write_frames(tmp_path / "gray_micro_register_final/S13_1st_001_01_1", range(40, 61))
    write_frames(tmp_path / "gray_micro_register_final/S08_002_01_1", range(100, 111))
    release = released(tmp_path, frames=True)
    assert [(one.subject, one.clip, one.video, one.onset, one.emotion) for one in release.expressions] == [
        ("S08", "S08_2_1_1", "S08_002_01_1", 100, "Positive+Surprise"),
        ("S13", "S13_1st_001_01_1", "S13_1st_001_01_1", 40, "Surprise"),
    ]
    assert {one.rule for one in release.repairs} == {"row_without_name", "subject_session"}


LONG_HEADER = ["Subject", "Filename", "Onset", "Apex", "Offset", "AUs", "Emotion", "Expression type"]
LONG_ROWS = [
    ["S08", "S08_002_01_1", 1830, 1841, 1850, "7", "Negative", "Micro-expression"],
    ["S08", "S08_002_01", 1900, 1950, 2100, "12", "Positive", "Macro-expression"],
    ["S8", "S08_002_02", 50, 60, 90, "12", "Positive", "micro"],
]


@pytest.mark.parametrize("top", ["4DME/long_gray_video/long gray video", "long_gray_video", "long gray video"])
def test_long_videos_hold_several_expressions(tmp_path, top):
    write_table(tmp_path / LONG_TABLE, LONG_HEADER, LONG_ROWS)
    write_frames(tmp_path / top / "S08/S08_002_01", range(1823, 2080), "Frame_{:09d}.jpg")
    write_frames(tmp_path / top / "S08/S08_002_02", range(50, 91), "Frame_{:09d}.jpg")
    release = released(tmp_path, frames=True)
    assert [
        (one.subject, one.clip, one.video, one.onset, one.apex, one.offset, one.expression_type)
        for one in release.expressions
    ] == [
        ("S08", "S08_002_01_1", "S08_002_01", 1830, 1841, 1850, "micro"),
        ("S08", "S08_002_01", "S08_002_01", 1900, 1950, 2079, "macro"),
        ("S08", "S08_002_02", "S08_002_02", 50, 60, 90, "micro"),
    ]
    assert release.expressions[0].source == f"{top}/S08/S08_002_01"
    assert repairs_of(release) == {("S08", "S08_002_01", "offset_beyond_last_frame", "2100", "2079"): 1}


def test_the_form_of_the_frames_decides_which_table_is_read(tmp_path):
    write_table(tmp_path / TABLE)
    write_table(tmp_path / LONG_TABLE, LONG_HEADER, LONG_ROWS)
    assert len(released(tmp_path).expressions) == 5
    assert len(released(tmp_path, images="long_video").expressions) == 3
    assert len(released(tmp_path, labels=LONG_TABLE).expressions) == 3


def test_a_table_that_lacks_what_is_expected_is_refused(tmp_path):
    with pytest.raises(UserError, match='no column "fold_name"'):
        released(write_table(tmp_path / "a.xlsx", ["sub_ID", "Onset", "Offset"], [["S08", 1, 2]]))
    with pytest.raises(UserError, match='no column "sub_ID"'):
        released(write_table(tmp_path / "b.xlsx", ["fold_name", "Onset", "Offset"], [["S08_1", 1, 2]]))
    with pytest.raises(UserError, match='no column "Offset"'):
        released(write_table(tmp_path / "c.xlsx", ["sub_ID", "fold_name", "Onset"], [["S08", "S08_1", 1]]))
    # Which of its rows are macro-expressions is not to be guessed.
    with pytest.raises(UserError, match='no column "Expression type"'):
        released(write_table(tmp_path / LONG_TABLE, LONG_HEADER[:-1], [row[:-1] for row in LONG_ROWS]))


def test_what_is_not_there_is_named(tmp_path):
    with pytest.raises(UserError, match="no label table"):
        released(tmp_path)
    write_table(tmp_path / TABLE)
    with pytest.raises(UserError, match=r"no folder of frames \(4DMicro, 4DME, gray_micro"):
        released(tmp_path, frames=True)
    with pytest.raises(UserError, match='images: no form "gray"'):
        released(tmp_path, images="gray")


def test_nothing_outside_the_root_is_read(tmp_path):
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    write_frames(outside, range(1, 9))
    write_table(inside / TABLE, rows=[["S08", "../../../outside", 1, 2, 8, "12", "Positive", 0, 1, 0, 0]])
    write_frames(inside / "gray_micro/S08/S08_1", range(1, 9))
    release = released(inside, frames=True)
    assert release.expressions == []
    assert {one.rule for one in release.repairs} == {"label_without_clip", "clip_without_label"}
    (inside / "gray_micro/S08/S08_2").symlink_to(outside)
    with pytest.raises(UserError, match="leads out of"):
        released(inside, frames=True)


def test_strict_turns_a_repair_into_an_error(tmp_path):
    with pytest.raises(UserError, match=r"rule static_action_unit would make 'AU4\(k\)\+L7' into 'L7'"):
        released(write_table(tmp_path / TABLE), strict=True)


@settings(max_examples=10, deadline=None)
@given(
    order=st.permutations(range(len(ROWS))),
    padded=st.booleans(),
    columns=st.permutations(range(len(HEADER))),
    top=st.sampled_from(["gray_micro", "4DMicro/gray_micro", "4dme/GRAY_micro"]),
    frame=st.sampled_from(["{}.jpg", "{:05d}.JPG", "img_{}.png"]),
)
def test_order_padding_and_aliases_do_not_matter(order, padded, columns, top, frame):
    rows = [ROWS[place] for place in order]
    if padded:
        rows = [
            row if row[0] is None else [f" {row[0]} ", *row[1:2], *(f"{number:06d}" for number in row[2:5]), *row[5:]]
            for row in rows
        ]
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        header = [f"{HEADER[place]}'" if padded else HEADER[place].upper() for place in columns]
        write_table(root / TABLE, header, [[row[place] for place in columns] for row in rows])
        for name in list(CLIPS)[:3]:
            write_frames(root / top / name, CLIPS[name], frame)
        assert rows_of(released(root)) == EXPECTED
        assert rows_of(released(root, frames=True)) == EXPECTED[:3]


def test_the_published_count(tmp_path):
    rows = [
        [f"S{number % 65 + 1:02d}", f"S{number % 65 + 1:02d}_001_{number}", 10, 14, 20, "12", "Positive", 0, 1, 0, 0]
        for number in range(267)
    ]
    release = released(write_table(tmp_path / TABLE, rows=rows))
    (remark,) = release.remarks
    assert remark.endswith("267 micro-expressions, expected (release v1)")
    assert Counter(one.three_class for one in release.expressions) == {"positive": 267}
