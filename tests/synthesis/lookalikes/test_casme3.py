"""The look-alike of CAS(ME)³ holds what the tables below say, and every oddity of the real one."""

import cv2
import numpy as np
import openpyxl
import pytest

from synthesis.lookalikes.read_back import face_widths, files, read_back, repairs, rows, sizes

# Subject, clip, onset, apex, offset, where the apex comes from, emotion, three_class; objective class, clip folder.
READ = [
    ("spNO.1", "b", 166, 171, 178, "label", "disgust", "negative", "III", "spNO.1_b_166"),
    ("spNO.1", "b", 188, 188, 200, "label", "surprise", "surprise", "II", "spNO.1_b_188"),
    ("spNO.1", "b", 251, 256, 263, "label", "happy", "positive", "I", "spNO.1_b_251"),
    ("spNO.14", "j", 20, 25, 32, "label", "fear", "negative", "VII", "spNo.14_J_20"),
    ("spNO.14", "j", 42, 47, 54, "label", "happy", "positive", "I", "spNo.14_J_42"),
    ("spNO.14", "j", 64, 69, 76, "label", "surprise", "surprise", "II", "spNo.14_J_64"),
    ("spNO.14", "k", 112, 130, 148, "middle", "others", "", "VII", "spNO.14_k_112"),
    ("spNO.216", "d", 2669, 2674, 2681, "label", "happy", "positive", "I", "spNO.216_d_2669"),
    ("spNO.216", "d", 2647, 2652, 2659, "label", "surprise", "surprise", "II", "spNO.216_d_3647"),
    ("spNO.216", "e", 1, 7, 13, "middle", "sad", "negative", "III", "spNO.216_e_0"),
]
# Subject, clip, onset, rule, before, after.
REPAIRS = [
    ("spNO.1", "b", "251", "offset_beyond_last_frame", "2630", "263"),
    ("spNO.1", "spNO.1_c_500", "", "clip_without_label", "Part_A_ME_clip/frame/spNO.1_c_500", "left out"),
    ("spNO.14", "J", "20", "letter_case", "spNo.14", "spNO.14"),
    ("spNO.14", "J", "20", "letter_case", "J", "j"),
    ("spNO.14", "J", "42", "letter_case", "spNo.14", "spNO.14"),
    ("spNO.14", "J", "42", "letter_case", "J", "j"),
    ("spNO.14", "J", "64", "letter_case", "spNo.14", "spNO.14"),
    ("spNO.14", "J", "64", "letter_case", "J", "j"),
    ("spNO.14", "j", "20", "interval_from_frames", "20..0", "20..32"),
    ("spNO.14", "k", "112", "letter_case", "Others", "others"),
    ("spNO.14", "k", "112", "apex_outside", "83", "130"),
    ("spNO.216", "d", "3647", "onset_digit", "3647", "2647"),
    ("spNO.216", "e", "0", "onset_zero", "0", "1"),
    ("spNO.216", "e", "0", "apex_missing", "0", "7"),
]
# Folder → first and last file by name, how many.
FRAMES = {
    "Part_A_ME_clip/frame/spNO.1_b_166": ("166.jpg", "178.jpg", 13),
    "Part_A_ME_clip/depth/spNO.1_b_166": ("166.png", "178.png", 13),
    "Part_A_ME_clip/frame/spNO.14_k_112": ("112.jpg", "148.jpg", 13),
    "Part_A_ME_clip/frame/spNO.216_d_3647": ("2647.jpg", "2659.jpg", 13),
    "Part_A_ME_clip/frame/spNO.216_e_0": ("1.jpg", "9.jpg", 13),
    "Part_A_MaE_clip/frame/spNO.1_b_213": ("213.jpg", "237.jpg", 25),
    "part_A/data/part_A/spNO.1/b/color": ("163.jpg", "266.jpg", 104),
    "part_A/data/part_A/spNO.1/b/depth": ("163.png", "266.png", 104),
    "part_A/data/part_A/spNo.14/J/color": ("17.jpg", "79.jpg", 63),
    "part_A/data/part_A/spNO.216/d/color": ("2644.jpg", "2684.jpg", 41),
    "part_C/RGB_Depth/part_C/part_C/12/a/color": ("1000.jpg", "1044.jpg", 45),
    "part_C/RGB_Depth/part_C/part_C/12/a/depth": ("1000.png", "1044.png", 45),
}
PART_C = [
    # subject, clip, three_class, objective class
    ("01", "1", "negative", "III"),
    ("01", "2", "positive", "I"),
    ("01", "3", "surprise", "II"),
    ("02", "1", "negative", "III"),
    ("02", "2", "positive", "I"),
    ("02", "3", "surprise", "VII"),
    ("12", "1", "negative", "VII"),
    ("12", "2", "positive", "I"),
    ("12", "3", "surprise", "II"),
]


@pytest.fixture(scope="module")
def root(lookalike):
    return lookalike("casme3")


@pytest.fixture(scope="module")
def release(root):
    return read_back("casme3", root)


def test_every_row_and_every_repair_is_read_back(release) -> None:
    # The manifest goes by video, and a clip is one.
    assert rows(release) == [row[:8] for row in READ]
    assert [(one.objective, one.source) for one in release.expressions] == [
        (row[8], f"Part_A_ME_clip/frame/{row[9]}") for row in READ
    ]
    assert repairs(release) == REPAIRS


def test_the_workbooks_are_those_of_the_release(root) -> None:
    micro = openpyxl.load_workbook(root / "annotation/partA/cas(me)3_part_A_ME_label_JpgIndex_v2.xlsx")
    assert micro.sheetnames == ["label", "Sheet1", "Sheet3"]
    assert [*micro["Sheet1"].iter_rows(), *micro["Sheet3"].iter_rows()] == []
    lines = [*micro["label"].iter_rows(values_only=True)]
    assert lines[0] == ("Subject", "Filename", "Onset", "Apex", "Offset", "AU", "Objective class", "emotion")
    assert lines[1] == ("spNO.1", "b", 166, 171, 178, 4, "III", "disgust")
    assert lines[4] == ("spNo.14", "J", 20, 25, 0, "T24", "VII", "fear")
    part_c = openpyxl.load_workbook(root / "annotation/partC/CAS(ME)3_part_C_ME.xlsx")
    lines = [*part_c["mockCrimeME"].iter_rows(values_only=True)]
    assert lines[0] == ("sub", "count", "onset", "offset", "au", "emotion")
    assert lines[3] == (1, 3, 1032, 1044, "1，2", "surprise")


def test_frames_have_the_numbers_of_the_long_video_and_depth_beside(root, release) -> None:
    assert {folder: files(root / folder) for folder in FRAMES} == FRAMES
    assert set(sizes(release, root).values()) == {(720, 1280, 3)}
    depth = cv2.imread(str(root / "Part_A_ME_clip/depth/spNO.1_b_166/166.png"), cv2.IMREAD_UNCHANGED)
    assert (depth.dtype, depth.ndim) == (np.uint16, 2)
    # Of three frames two are missing.
    names = [path.stem for path in (root / "part_A/data/part_A/spNO.14/k/color").iterdir()]
    assert sorted(map(int, names)) == list(range(112, 149, 3))


def test_the_long_videos_hold_both_types(root) -> None:
    release = read_back("casme3", root, images="part_a")
    expected = sorted([row[:8] for row in READ] + [("spNO.1", "b", 213, 223, 237, "label", "disgust", "negative")])
    # There is nothing but the video to cut these two offsets to.
    expected[3] = ("spNO.1", "b", 251, 256, 266, "label", "happy", "positive")
    expected[4] = ("spNO.14", "j", 20, 25, 25, "label", "fear", "negative")
    assert rows(release) == expected
    assert [one.expression_type for one in release.expressions].count("macro") == 1
    assert {one.source for one in release.expressions if one.subject == "spNO.14"} == {
        "part_A/data/part_A/spNo.14/J/color",
        "part_A/data/part_A/spNO.14/k/color",
    }


def test_the_clips_of_macro_expressions_are_read_alone(root) -> None:
    release = read_back("casme3", root, images="mae_clips")
    assert rows(release) == [("spNO.1", "b", 213, 223, 237, "label", "disgust", "negative")]
    assert repairs(release) == []


def test_part_c_has_no_apex_and_one_chinese_comma(root) -> None:
    release = read_back("casme3", root, images="part_c")
    assert [(one.subject, one.clip, one.three_class, one.objective) for one in release.expressions] == PART_C
    assert [(one.onset, one.apex, one.offset, one.apex_source) for one in release.expressions] == [
        (1000, 1006, 1012, "middle"),
        (1016, 1022, 1028, "middle"),
        (1032, 1038, 1044, "middle"),
    ] * 3
    assert repairs(release) == [("01", "3", "1032", "wide_comma", "1，2", "1,2")]


def test_every_clip_begins_with_a_face(root, release) -> None:
    widths = face_widths(release, root)
    assert len(widths) == len(READ)
    assert min(widths.values()) >= 80, widths
