"""CAS(ME)³ as it is distributed: a tiny copy is written from the rows below, with all its quirks, and read back."""

import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
import xlwt
from hypothesis import given, settings
from hypothesis import strategies as st

from mexflow.config.datasets import ReleasedSpec
from mexflow.datasets.casme3 import read
from mexflow.datasets.manifest import manifest_of
from mexflow.errors import UserError

ME_BOOK = "cas(me)3_part_A_ME_label_JpgIndex_v2.xlsx"
MAE_BOOK = "cas(me)3_part_A_MaE_label_JpgIndex_v2_emotion.xlsx"
PART_A_BOOK = "CAS(ME)3_part_A_v2.xls"
PART_C_BOOK = "CAS(ME)3_part_C_ME.xlsx"

ME_HEADER = ["Subject", "Filename", "Onset", "Apex", "Offset", "AU", "Objective class", "emotion"]
ME_ROWS = [
    ["spNO.1", "b", 166, 170, 181, "4", "III", "disgust"],
    ["spNO.1", "b", 300, 300, 315, "L1+R2", "II", "surprise"],
    ["spNO.14", "J", 20, 25, 40, 12, "I", "happy"],
    ["spNO.149", "d", 112, 83, 358, "4+7", "III", "Others"],
    ["spNo.171", "e", 2403, 2411, 0, "T24", "VII", "fear"],
    ["spNO.214", "c", 23, 27, 3460, "B17", "VII", "anger"],
    ["spNO.216", "d", 3647, 2668, 2694, "1+2", "II", "surprise"],
    ["spNO.216", "e", 0, 0, 25, "4", "III", "sad"],
]
# subject, clip, onset, apex, offset, where the apex comes from, emotion, three_class, objective
ME_EXPECTED = [
    ("spNO.1", "b", 166, 170, 181, "label", "disgust", "negative", "III"),
    ("spNO.1", "b", 300, 300, 315, "label", "surprise", "surprise", "II"),
    ("spNO.14", "j", 20, 25, 40, "label", "happy", "positive", "I"),
    ("spNO.149", "d", 112, 235, 358, "middle", "others", "", "III"),
    ("spNO.171", "e", 2403, 2411, 2411, "label", "fear", "negative", "VII"),
    ("spNO.214", "c", 23, 27, 3460, "label", "anger", "negative", "VII"),
    ("spNO.216", "d", 2647, 2668, 2694, "label", "surprise", "surprise", "II"),
    ("spNO.216", "e", 1, 13, 25, "middle", "sad", "negative", "III"),
]
ME_REPAIRS = {
    ("spNO.14", "J", "letter_case", "J", "j"),
    ("spNO.149", "d", "letter_case", "Others", "others"),
    ("spNO.149", "d", "apex_outside", "83", "235"),
    ("spNO.171", "e", "letter_case", "spNo.171", "spNO.171"),
    ("spNO.171", "e", "offset_missing", "0", "2411"),
    ("spNO.216", "d", "onset_digit", "3647", "2647"),
    ("spNO.216", "e", "onset_zero", "0", "1"),
    ("spNO.216", "e", "apex_missing", "0", "13"),
}
MAE_HEADER = ["sub", "seq", "onset", "apex", "offset", "AU", "emotion"]
MAE_ROWS = [["spNO.1", "b", 166, 190, 240, "6+12", "happy"], ["spNO.2", "a", 5, 50, 100, "4", "disgust"]]
BOTH_HEADER = ["Subject", "Filename", "Onset", "Apex", "Offset", "AU", "Expression type", "Objective class"]
BOTH_ROWS = [
    ["spNO.1", "b", 166, 170, 181, "4", "Micro-expression", "III"],
    ["spNO.1", "b", 166, 190, 240, "6+12", "Macro-expression", "I"],
    ["spNO.2", "a", 5, 50, 100, "4", "Macro-expression", "III"],
]
PART_C_HEADER = ["sub", "count", "onset", "offset", "au", "emotion"]
PART_C_ROWS = [
    [1, 1, 100, 121, "4,7", "negative"],
    [1, 2, 300, 310, "1，2", "surprise"],
    [12, 1, 7, 20, 12, "positive"],
]


def write_xlsx(path: Path, header: list, rows: list, sheet: str = "label", empty: tuple[str, ...] = ()) -> Path:
    book = openpyxl.Workbook()
    book.active.title = sheet
    for row in [header, *rows]:
        book.active.append(row)
    for name in empty:
        book.create_sheet(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)
    return path


def write_xls(path: Path, sheets: dict[str, list]) -> Path:
    book = xlwt.Workbook()
    for name, rows in sheets.items():
        sheet = book.add_sheet(name)
        for number, row in enumerate(rows):
            for place, cell in enumerate(row):
                sheet.write(number, place, cell)
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(str(path))
    return path


def write_me_book(folder: Path, rows=ME_ROWS) -> Path:
    return write_xlsx(folder / ME_BOOK, ME_HEADER, rows, empty=("Sheet1", "Sheet3"))


def write_mae_book(folder: Path) -> Path:
    return write_xlsx(folder / MAE_BOOK, MAE_HEADER, MAE_ROWS, sheet="Sheet1")


def write_part_a_book(folder: Path, rows=BOTH_ROWS) -> Path:
    blinks = [["Subject", "Filename", "Onset", "Offset"], ["spNO.1", "a", 5, 9]]
    return write_xls(folder / PART_A_BOOK, {"eye blink": blinks, "AU+Emotion": [BOTH_HEADER, *rows]})


def write_part_c_book(folder: Path) -> Path:
    return write_xlsx(folder / PART_C_BOOK, PART_C_HEADER, PART_C_ROWS, sheet="mockCrimeME")


def write_frames(folder: Path, numbers, ending: str = "jpg") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        (folder / f"{number}.{ending}").touch()


def released(root: Path, frames: bool = False, **wanted):
    return read("c3", ReleasedSpec(kind="casme3", root=root, **wanted), root, frames)


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
            one.objective,
        )
        for one in release.expressions
    ]


def repairs_of(release) -> Counter:
    return Counter((one.subject, one.clip, one.rule, one.before, one.after) for one in release.repairs)


def told(release) -> list[str]:
    return [remark.partition(": ")[2] for remark in release.remarks]


def test_every_row_of_the_micro_expressions_is_read_back(tmp_path):
    release = released(write_me_book(tmp_path))
    assert rows_of(release) == ME_EXPECTED
    assert repairs_of(release) == Counter(ME_REPAIRS)
    assert {(one.fps, one.expression_type, one.source) for one in release.expressions} == {(30.0, "micro", "")}
    assert [one.video for one in release.expressions][:3] == ["b", "b", "j"]
    assert [one.action_units for one in release.expressions][:3] == ["4", "L1+R2", "12"]
    assert told(release) == [
        "8 micro rows: another release, or a damaged copy (published: v2 860, v1 921)",
        "6 subjects of micro rows: another release, or a damaged copy (published: v2 94, v1 95)",
        "1 micro-expressions last longer than 10 s, the longest spNO.214/c from 23 to 3460: look at its frames",
    ]


CLIPS = {
    "spNO.1_b_166": range(166, 182),
    "spNO.1_b_300": range(300, 316),
    "spNo.14_J_20": range(20, 41),
    "spNO.149_d_112": range(112, 359, 3),
    "spNO.171_e_2403": range(2403, 2421),
    "spNO.214_c_23": range(23, 35),
    "spNO.216_d_3647": range(2647, 2695),
    "spNO.216_e_0": range(1, 26),
    "spNO.9_a_5": range(5, 9),
}


@pytest.mark.parametrize(
    "top", ["Part_A_ME_clip/frame", "part_A/data/Part_A_ME_clip/frame", "Part_A_ME_clip/Part_A_ME_clip/frame"]
)
def test_clips_tell_what_their_labels_do_not(tmp_path, top):
    write_me_book(tmp_path / "annotation/partA")
    for name, numbers in CLIPS.items():
        write_frames(tmp_path / top / name, numbers)
        write_frames(tmp_path / top / "../depth" / name, numbers[:2], "png")
    release = released(tmp_path, frames=True)
    assert rows_of(release) == [
        *ME_EXPECTED[:3],
        # Every third frame is there: 112, 115, … 358.
        ("spNO.149", "d", 112, 235, 358, "middle", "others", "", "III"),
        ("spNO.171", "e", 2403, 2411, 2420, "label", "fear", "negative", "VII"),
        ("spNO.214", "c", 23, 27, 34, "label", "anger", "negative", "VII"),
        *ME_EXPECTED[6:],
    ]
    assert [one.video for one in release.expressions][:3] == ["b_166", "b_300", "j_20"]
    assert release.expressions[2].source == f"{top}/spNo.14_J_20"
    assert repairs_of(release) == Counter(
        ME_REPAIRS - {("spNO.171", "e", "offset_missing", "0", "2411")}
        | {
            ("spNO.171", "e", "interval_from_frames", "2403..0", "2403..2420"),
            ("spNO.214", "c", "offset_beyond_last_frame", "3460", "34"),
            ("spNO.9", "spNO.9_a_5", "clip_without_label", f"{top}/spNO.9_a_5", "left out"),
        }
    )
    assert list(manifest_of([replace(one, content="x") for one in release.expressions])["sample"])[:3] == [
        "b@166",
        "b@300",
        "j",
    ]


def test_a_label_without_a_clip_and_an_empty_clip_are_told(tmp_path):
    write_me_book(tmp_path)
    write_frames(tmp_path / "Part_A_ME_clip/frame/spNO.1_b_166", range(166, 182))
    (tmp_path / "Part_A_ME_clip/frame/spNO.1_b_300").mkdir()
    release = released(tmp_path, frames=True)
    assert rows_of(release) == ME_EXPECTED[:1]
    assert Counter(one.rule for one in release.repairs)["label_without_clip"] == 7


LONG = {
    "spNO.1/b": [*range(160, 170), *range(175, 245), *range(295, 320)],
    "spNo.14/j": range(1, 60),
    "spNO.14/k": range(1, 3),
    "spNO.149/d": range(103, 370, 3),
    "spNO.171/e": range(2400, 2450),
    "spNO.214/c": range(1, 100),
    "spNO.216/d": range(2600, 2700),
    "spNO.216/e": range(1, 60),
    "spNO.2/a": range(5, 105, 5),
}


@pytest.mark.parametrize(
    "top",
    ["part_A/data/part_A", "part_A_split/part_A", "part_A/data/Compressed_version1_seperate_compress", "part_A"],
)
def test_long_videos_hold_both_types(tmp_path, top):
    write_me_book(tmp_path / "annotation")
    write_mae_book(tmp_path / "annotation")
    for name, numbers in LONG.items():
        write_frames(tmp_path / top / name / "color", numbers)
        write_frames(tmp_path / top / name / "depth", numbers[:2], "png")
    release = released(tmp_path, frames=True)
    micro = [
        row for row, one in zip(rows_of(release), release.expressions, strict=True) if one.expression_type == "micro"
    ]
    assert micro == [
        ("spNO.1", "b", 166, 169, 181, "label", "disgust", "negative", "III"),
        *ME_EXPECTED[1:5],
        ("spNO.214", "c", 23, 27, 99, "label", "anger", "negative", "VII"),
        *ME_EXPECTED[6:],
    ]
    assert [
        (one.subject, one.video, one.onset, one.apex, one.offset, one.emotion)
        for one in release.expressions
        if one.expression_type == "macro"
    ] == [("spNO.1", "b", 166, 190, 240, "happy"), ("spNO.2", "a", 5, 50, 100, "disgust")]
    assert repairs_of(release) == Counter(
        ME_REPAIRS
        | {
            ("spNO.1", "b", "frame_missing", "170", "169"),
            ("spNO.14", "k", "clip_without_label", f"{top}/spNO.14/k/color", "left out"),
            ("spNO.214", "c", "offset_beyond_last_frame", "3460", "99"),
        }
    )
    (jay,) = [one for one in release.expressions if one.subject == "spNO.14"]
    assert (jay.source, jay.video) == (f"{top}/spNo.14/j/color", "j")
    # A micro- and a macro-expression begin on one frame.
    table = manifest_of([replace(one, content="x") for one in release.expressions])
    assert list(table["sample"])[:3] == ["b@166-181", "b@166-240", "b@300"]


def test_clips_of_macro_expressions(tmp_path):
    write_me_book(tmp_path)
    write_mae_book(tmp_path)
    write_frames(tmp_path / "Part_A_ME_clip/frame/spNO.1_b_166", range(166, 182))
    write_frames(tmp_path / "Part_A_MaE_clip/frame/spNO.1_b_166", range(166, 241))
    micro, macro = released(tmp_path, frames=True), released(tmp_path, frames=True, images="mae_clips")
    assert [(one.expression_type, one.offset) for one in micro.expressions] == [("micro", 181)]
    assert [(one.expression_type, one.offset) for one in macro.expressions] == [("macro", 240)]
    assert "me_clips: 2 rows of the other type are not read" in told(micro)
    # What is not read needs no repair: "J", "Others".
    assert [one.rule for one in macro.repairs] == ["label_without_clip"]
    # The folder of clips itself is a root, too.
    write_mae_book(tmp_path / "Part_A_MaE_clip")
    assert released(tmp_path / "Part_A_MaE_clip", frames=True).expressions[0].source == "frame/spNO.1_b_166"


def test_the_book_of_both_types_serves_where_the_others_are_missing(tmp_path):
    write_part_a_book(tmp_path)
    both = released(tmp_path)
    assert [(one.subject, one.expression_type, one.onset, one.offset, one.objective) for one in both.expressions] == [
        ("spNO.1", "micro", 166, 181, "III"),
        ("spNO.1", "macro", 166, 240, "I"),
        ("spNO.2", "macro", 5, 100, "III"),
    ]
    assert released(tmp_path / PART_A_BOOK).expressions == both.expressions
    write_me_book(tmp_path)
    mixed = released(tmp_path)
    assert Counter(one.expression_type for one in mixed.expressions) == {"micro": 8, "macro": 2}
    assert [one.emotion for one in mixed.expressions if one.expression_type == "macro"] == ["", ""]
    assert len(released(tmp_path, labels=ME_BOOK).expressions) == 8


def test_part_c_is_read_where_it_is_asked_for_or_alone(tmp_path):
    write_part_c_book(tmp_path / "annotation/partC")
    alone = released(tmp_path)
    assert rows_of(alone) == [
        ("01", "1", 100, 110, 121, "middle", "negative", "negative", "III"),
        ("01", "2", 300, 305, 310, "middle", "surprise", "surprise", "II"),
        ("12", "1", 7, 13, 20, "middle", "positive", "positive", "I"),
    ]
    # No apex is annotated: its middle is no repair.
    assert repairs_of(alone) == Counter([("01", "2", "wide_comma", "1，2", "1,2")])
    assert told(alone)[0] == "3 rows: another release, or a damaged copy (published: part C 165)"
    write_me_book(tmp_path)
    assert rows_of(released(tmp_path)) == ME_EXPECTED
    assert released(tmp_path, images="part_c").expressions == alone.expressions
    assert released(tmp_path, labels=PART_C_BOOK).expressions == alone.expressions


@pytest.mark.parametrize(
    ("top", "between"),
    [("part_C/RGB_Depth/part_C/part_C", "a/color"), ("part_C", "a/color"), ("part_C", "color")],
)
def test_the_videos_of_part_c(tmp_path, top, between):
    write_part_c_book(tmp_path)
    for subject in ("01", "12"):
        write_frames(tmp_path / top / subject / between, [7, 13, 20, 100, 110, 121, 300, 305, 310])
        write_frames(tmp_path / top / subject / between.replace("color", "depth"), (1, 2), "png")
    release = released(tmp_path, frames=True)
    assert [(one.subject, one.clip, one.video, one.onset, one.offset) for one in release.expressions] == [
        ("01", "1", "a", 100, 121),
        ("01", "2", "a", 300, 310),
        ("12", "1", "a", 7, 20),
    ]
    assert release.expressions[0].source == f"{top}/01/{between}"


def test_rows_that_cannot_be_and_rows_said_twice_are_told(tmp_path):
    junk = [
        [None, "b", 5, 6, 7, "", "", "sad"],
        ["spNO.1", "c", 90, 80, 70, "", "", "sad"],
        ["spNO.1", "b", 166, 171, 181, "12", "I", "happy"],
    ]
    release = released(write_me_book(tmp_path, [*junk, *ME_ROWS]))
    assert rows_of(release) == ME_EXPECTED
    assert {(one.clip, one.rule) for one in release.repairs} >= {
        ("b", "row_without_name"),
        ("c", "interval_impossible"),
        ("b", "duplicate_row"),
    }


def test_a_wrong_table_is_refused(tmp_path):
    with pytest.raises(UserError, match='no column "Onset"'):
        released(write_xlsx(tmp_path / "t.xlsx", ["Subject", "Filename"], [["spNO.1", "a"]]))
    with pytest.raises(UserError, match='no column "Filename"'):
        released(write_xlsx(tmp_path / "u.xlsx", ["Subject", "Onset", "Offset"], [["spNO.1", 1, 2]]))


def test_what_is_not_there_is_named(tmp_path):
    with pytest.raises(UserError, match=r"no label table \(cas\(me\)3_part_A_ME_label_JpgIndex_v2\.xlsx"):
        released(tmp_path)
    write_me_book(tmp_path)
    with pytest.raises(UserError, match='images: no form "me_clip"; did you mean "me_clips"'):
        released(tmp_path, images="me_clip")
    with pytest.raises(UserError, match=r"no label table \(CAS\(ME\)3_part_C_ME\.xlsx"):
        released(tmp_path, images="part_c")
    with pytest.raises(UserError, match=r"no folder of frames \(Part_A_ME_clip, frame"):
        released(tmp_path, frames=True)


def test_strict_turns_a_repair_into_an_error(tmp_path):
    with pytest.raises(UserError, match="rule letter_case would make 'J' into 'j'"):
        released(write_me_book(tmp_path), strict=True)


def test_nothing_outside_the_root_is_read(tmp_path):
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    write_frames(outside / "color", range(1, 9))
    write_me_book(inside, [["spNO.1", "../../../outside", 1, 2, 8, "", "", "sad"]])
    write_frames(inside / "part_A/spNO.1/b/color", range(1, 9))
    release = released(inside, frames=True)
    assert release.expressions == []
    assert {one.rule for one in release.repairs} == {"label_without_clip", "clip_without_label"}
    (inside / "part_A/spNO.1/c").symlink_to(outside)
    with pytest.raises(UserError, match="leads out of"):
        released(inside, frames=True)


@settings(max_examples=10, deadline=None)
@given(
    rows=st.permutations(ME_ROWS),
    padded=st.booleans(),
    table=st.sampled_from(["", "annotation/partA", "part_A/annotation", "PartA_annotation"]),
    top=st.sampled_from(["part_A/data/part_A", "part_a_split/PART_A", "part_A"]),
    inside=st.sampled_from(["color", "COLOR", ""]),
)
def test_order_padding_and_aliases_do_not_matter(rows, padded, table, top, inside):
    if padded:
        rows = [
            [row[0].replace(".", ".00"), f" {row[1]} ", *(f"{number:05d}" for number in row[2:5]), *row[5:]]
            for row in rows
        ]
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write_me_book(root / table, rows)
        for name in ("spNO.1/b", "spNO.216/d"):
            write_frames(root / top / name / inside, LONG[name])
        assert rows_of(released(root)) == ME_EXPECTED
        found = [((one.subject, one.clip), one.source) for one in released(root, frames=True).expressions]
        where = f"/{inside}" if inside else ""
        assert found == [
            (("spNO.1", "b"), f"{top}/spNO.1/b{where}"),
            (("spNO.1", "b"), f"{top}/spNO.1/b{where}"),
            (("spNO.216", "d"), f"{top}/spNO.216/d{where}"),
        ]


EMOTIONS = {
    "disgust": 250,
    "surprise": 187,
    "others": 158,
    "Others": 3,
    "fear": 86,
    "anger": 64,
    "sad": 57,
    "happy": 55,
}
CLASSES = {"VII": 373, "III": 234, "II": 151, "V": 47, "IV": 37, "I": 15, "VI": 3}


def spread(counts: dict[str, int]) -> list[str]:
    return [name for name, count in counts.items() for _ in range(count)]


def test_the_published_counts_of_the_micro_expressions(tmp_path):
    rows = [
        [f"spNO.{number % 94 + 1}", "abcdefghij"[number % 10], 10 * number + 5, 10 * number + 9, 10 * number + 14, 4]
        for number in range(860)
    ]
    labels = zip(spread(CLASSES), spread(EMOTIONS), strict=True)
    write_me_book(tmp_path, [[*row, *label] for row, label in zip(rows, labels, strict=True)])
    release = released(tmp_path / ME_BOOK)
    assert told(release) == ["860 micro rows, expected (v2)", "94 subjects of micro rows, expected (v2)"]
    assert release.emotions() == {
        "disgust": 250,
        "surprise": 187,
        "others": 161,
        "fear": 86,
        "anger": 64,
        "sad": 57,
        "happy": 55,
    }
    assert Counter(one.objective for one in release.expressions) == CLASSES
    assert Counter(one.three_class for one in release.expressions) == {
        "negative": 457,
        "positive": 55,
        "surprise": 187,
        "": 161,
    }


def test_the_published_counts_of_both_types_and_of_part_c(tmp_path):
    types = {"Macro-expression": 3346, "Micro-expression": 860}
    rows = [
        [f"spNO.{number % 98 + 1}", "a", number + 1, number + 2, number + 3, "4", kind, "III"]
        for number, kind in enumerate(spread(types))
    ]
    release = released(write_part_a_book(tmp_path, rows))
    assert Counter(one.expression_type for one in release.expressions) == {"macro": 3346, "micro": 860}
    assert {"3346 macro rows, expected (v2)", "860 micro rows, expected (v2)"} < set(told(release))

    emotions = {"negative": 99, "surprise": 30, "others": 20, "positive": 16}
    part_c = [
        [number % 30 + 1, number // 30 + 1, 30 * number, 30 * number + 9, "4", emotion]
        for number, emotion in enumerate(spread(emotions), start=1)
    ]
    release = released(write_xlsx(tmp_path / PART_C_BOOK, PART_C_HEADER, part_c, sheet="mockCrimeME"))
    assert told(release) == ["165 rows, expected (part C)", "30 subjects of rows, expected (part C)"]
    assert release.emotions() == emotions
