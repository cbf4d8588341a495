"""The look-alike of CASME II holds what its table below says, and every oddity of the real one."""

import openpyxl
import pytest

from synthesis.lookalikes.read_back import face_widths, files, read_back, repairs, rows, sizes

SELECTED = "CASME2_RAW_selected/CASME2_RAW_selected"
# Subject, clip, onset, apex, offset, where the apex comes from, emotion, three_class; by the sheet of 2019.
READ = [
    ("sub04", "EP12_01f", 261, 278, 295, "middle", "disgust", "negative"),
    ("sub04", "EP13_02f", 46, 58, 79, "label", "happiness", "positive"),
    ("sub04", "EP19_01f", 95, 106, 123, "label", "surprise", "surprise"),
    ("sub04", "EP19_05f", 7, 20, 41, "label", "others", ""),
    ("sub05", "EP09_05f", 69, 69, 101, "label", "disgust", "negative"),
    ("sub05", "EP09f", 111, 127, 143, "label", "fear", "negative"),
    ("sub05", "EP16_04f", 21, 43, 43, "label", "happiness", "positive"),
    ("sub05", "EP19_03", 88, 96, 106, "label", "surprise", "surprise"),
    ("sub07", "EP06_01", 56, 67, 79, "middle", "repression", "negative"),
    ("sub07", "EP06_02_01", 31, 41, 58, "label", "happiness", "positive"),
    ("sub07", "EP06_02_02", 99, 113, 130, "label", "surprise", "surprise"),
    ("sub24", "EP01_08", 64, 80, 102, "label", "disgust", "negative"),
    ("sub24", "EP07_01", 1, 10, 26, "label", "surprise", "surprise"),
    ("sub24", "EP13_01", 90, 104, 124, "label", "happiness", "positive"),
]


def repaired(folder: str) -> list[tuple]:
    """Subject, clip, onset, rule, before, after."""
    return [
        ("sub04", "EP12_01f", "261", "apex_missing", "/", "278"),
        ("sub07", "EP06_01", "15", "interval_from_frames", "15..68", "56..79"),
        ("sub07", "EP06_01", "15", "apex_outside", "49", "67"),
        ("sub09", "EP02_02f", "", "clip_without_label", f"{folder}/sub09/EP02_02f", "left out"),
        ("sub22", "EP13_08", "1", "label_without_clip", "row 16", "left out"),
        ("sub24", "EP01_08", "64", "offset_beyond_last_frame", "116", "102"),
        ("sub24", "EP02_07", "", "clip_without_label", f"{folder}/sub24/EP02_07", "left out"),
    ]


@pytest.fixture(scope="module")
def root(lookalike):
    return lookalike("casme2")


@pytest.mark.parametrize(("images", "folder"), [("raw_selected", SELECTED), ("cropped", "Cropped")])
def test_every_row_and_every_repair_is_read_back(root, images, folder) -> None:
    release = read_back("casme2", root, images=images)
    assert rows(release) == READ
    assert repairs(release) == repaired(folder)
    assert {one.source.rpartition("/sub")[0] for one in release.expressions} == {folder}
    assert {one.fps for one in release.expressions} == {200.0}


def test_selected_frames_are_taken_unless_others_are_asked_for(root) -> None:
    assert read_back("casme2", root).expressions[0].source == f"{SELECTED}/sub04/EP12_01f"


def test_the_older_sheet_has_another_emotion_and_other_units(root) -> None:
    sheets = ("CASME2-coding-20140508.xlsx", "CASME2-coding-20190701.xlsx")
    old, new = (read_back("casme2", root, labels=sheet) for sheet in sheets)
    told = [(a.clip, a.emotion, b.emotion) for a, b in zip(old.expressions, new.expressions, strict=True)]
    assert [one for one in told if one[1] != one[2]] == [("EP07_01", "sadness", "surprise")]
    units = [(a.clip, a.action_units, b.action_units) for a, b in zip(old.expressions, new.expressions, strict=True)]
    assert [one for one in units if one[1] != one[2]] == [("EP06_02_01", "12", "6+12")]


def test_objective_classes_are_the_shipped_ones(root) -> None:
    found = [(one.clip, one.objective) for one in read_back("casme2", root).expressions]
    # By its action units EP12_01f would be III, EP13_02f I.
    assert found[:4] == [("EP12_01f", "I"), ("EP13_02f", "III"), ("EP19_01f", "IV"), ("EP19_05f", "II")]


def test_the_workbooks_look_as_the_owners(root) -> None:
    book = openpyxl.load_workbook(root / "CASME2-coding-20140508.xlsx")
    assert book.sheetnames == ["Sheet1", "Sheet2", "Sheet3"]
    assert (book["Sheet2"].max_row, book["Sheet2"]["A1"].value) == (1, None)
    header, first, *_ = book["Sheet1"].iter_rows(values_only=True)
    assert (header[2], header[6], header[8]) == (None, None, "Estimated Emotion")
    assert first == ("04", "EP12_01f", None, 261, "/", 295, None, 4, "disgust")
    classes = openpyxl.load_workbook(root / "CASME2-ObjectiveClasses.xlsx")
    assert classes["Sheet1"]["A2"].value == 4
    assert classes["Sheet2"].max_row == 10


def test_frames_are_named_and_stored_as_the_owners_do(root) -> None:
    assert files(root / SELECTED / "sub24" / "EP07_01") == ("img1.jpg", "img9.jpg", 26)
    assert files(root / SELECTED / "sub04" / "EP19_01f") == ("img100.jpg", "img99.jpg", 29)
    assert files(root / "Cropped" / "sub04" / "EP12_01f") == ("reg_img261.jpg", "reg_img295.jpg", 35)
    assert files(root / SELECTED / "sub09" / "EP02_02f") == ("img10.jpg", "img9.jpg", 26)
    assert set(sizes(read_back("casme2", root), root).values()) == {(480, 640, 3)}
    assert set(sizes(read_back("casme2", root, images="cropped"), root).values()) == {(282, 231, 3)}


@pytest.mark.parametrize("images", ["raw_selected", "cropped"])
def test_every_clip_begins_with_a_face(root, images) -> None:
    widths = face_widths(read_back("casme2", root, images=images), root)
    assert len(widths) == 14
    assert min(widths.values()) >= 80, widths
