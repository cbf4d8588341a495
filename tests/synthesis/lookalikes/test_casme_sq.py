"""The look-alike of CAS(ME)² holds what the tables below say, and every oddity of the real one."""

import openpyxl
import pytest

from synthesis.lookalikes.read_back import face_widths, files, read_back, repairs, rows, sizes

# Subject, clip, onset, apex, offset, where the apex comes from, emotion, three_class; type, folder of the video.
READ = [
    ("s15", "disgust1_1", 973, 978, 985, "label", "negative", "negative", "micro", "s15/15_0101disgustingteeth"),
    ("s15", "disgust1_2", 995, 1000, 1007, "label", "surprise", "surprise", "micro", "s15/15_0101disgustingteeth"),
    ("s15", "disgust1_3", 1020, 1030, 1030, "label", "negative", "negative", "macro", "s15/15_0101disgustingteeth"),
    ("s15", "happy2_1", 4, 9, 16, "label", "positive", "positive", "micro", "s15/15_0503unnyfarting"),
    ("s15", "happy2_2", 29, 41, 53, "middle", "positive", "positive", "macro", "s15/15_0503unnyfarting"),
    ("s19", "disgust2_1", 4, 10, 16, "middle", "negative", "negative", "micro", "s19/19_0102eatingworms"),
    ("s19", "disgust2_2", 26, 31, 38, "label", "surprise", "surprise", "micro", "s19/19_0102eatingworms"),
    ("s19", "happy4_1", 4, 9, 16, "label", "positive", "positive", "micro", "s19/19_0507climbingthewall"),
    ("s19", "happy4_2", 29, 39, 53, "label", "others", "", "macro", "s19/19_0507climbingthewall"),
    ("s23", "anger2_1", 7, 19, 31, "middle", "negative", "negative", "macro", "s23/23_0402beatingpregnantwoman"),
    ("s23", "anger2_2", 45, 50, 57, "label", "negative", "negative", "micro", "s23/23_0402beatingpregnantwoman"),
    ("s23", "happy1_1", 4, 9, 16, "label", "positive", "positive", "micro", "s23/23_0502funnyerrors"),
    ("s23", "happy1_2", 26, 31, 38, "label", "surprise", "surprise", "micro", "s23/23_0502funnyerrors"),
]
RAW = "rawpic/rawpic"
LEFT_OUT = "left out: s23 has that video itself"
LOST_ZEROS = [("", "anger1", "", "lost_zeros", "401", "0401"), ("", "happy1", "", "lost_zeros", "502", "0502")]
WRONG_APEXES = [
    ("s15", "happy2_2", "29", "apex_outside", "59", "41"),
    ("s19", "disgust2_1", "4", "apex_outside", "22", "10"),
    ("s23", "anger2_1", "7", "apex_missing", "0", "19"),
]
# Subject, clip, onset, rule, before, after.
REPAIRS = [
    *LOST_ZEROS,
    ("s15", "15_0503unnyfarting", "", "folder_name_typo", "unnyfarting", "funnyfarting"),
    ("s15", "15_0508funnydunkey", "", "clip_without_label", f"{RAW}/s15/15_0508funnydunkey", "left out"),
    ("s15", "disgust1_3", "1020", "offset_missing", "0", "1030"),
    WRONG_APEXES[0],
    ("s19", "23_0502funnyerrors", "", "misplaced_video", f"{RAW}/s19/23_0502funnyerrors", LEFT_OUT),
    WRONG_APEXES[1],
    ("s23", "23_0503unnyfarting", "", "folder_name_typo", "unnyfarting", "funnyfarting"),
    ("s23", "23_0503unnyfarting", "", "clip_without_label", f"{RAW}/s23/23_0503unnyfarting", "left out"),
    WRONG_APEXES[2],
]
# Folder → first and last file by name, how many.
FRAMES = {
    "s15/15_0101disgustingteeth": ("img1000.jpg", "img999.jpg", 82),
    "s15/15_0503unnyfarting": ("img001.jpg", "img060.jpg", 60),
    "s15/15_0508funnydunkey": ("img001.jpg", "img019.jpg", 19),
    "s19/19_0102eatingworms": ("img001.jpg", "img041.jpg", 41),
    "s19/19_0507climbingthewall": ("img001.jpg", "img060.jpg", 60),
    "s19/23_0502funnyerrors": ("img001.jpg", "img041.jpg", 41),
    "s23/23_0402beatingpregnantwoman": ("img001.jpg", "img060.jpg", 60),
    "s23/23_0502funnyerrors": ("img001.jpg", "img041.jpg", 41),
    "s23/23_0503unnyfarting": ("img001.jpg", "img019.jpg", 19),
}


@pytest.fixture(scope="module")
def root(lookalike):
    return lookalike("casme_sq")


@pytest.fixture(scope="module")
def release(root):
    return read_back("casme_sq", root)


def test_every_row_and_every_repair_is_read_back(release) -> None:
    assert rows(release) == [row[:8] for row in READ]
    assert [(one.expression_type, one.source) for one in release.expressions] == [
        (row[8], f"{RAW}/{row[9]}") for row in READ
    ]
    assert [one.video for one in release.expressions] == [row[9].partition("/")[2][:7] for row in READ]
    assert repairs(release) == REPAIRS


def test_the_workbook_has_three_sheets_and_no_header(root) -> None:
    book = openpyxl.load_workbook(root / "CAS(ME)^2code_final.xlsx")
    code, subjects, stimuli = ([*page.iter_rows(values_only=True)] for page in book.worksheets)
    assert book.sheetnames == ["CASFEcode_final", "naming rule1", "naming rule2"]
    assert code[0] == (1, "disgust1_1", 973, 978, 985, 4, "negative", "micro-expression", "disgust")
    assert code[4][2:5] == (29, 59, 53)
    assert code[4][8] == "happyiness"
    assert [row[0] for row in code] == [row[2] for row in subjects]
    assert (subjects[0], subjects[-1]) == ((15, "s15", 1), (23, "s23", 7))
    assert [row[0] for row in stimuli] == ["0101", "0102", 401, "0402", 502, "0503", "0505", "0507", "0508"]


def test_videos_are_named_as_in_the_release(root, release) -> None:
    assert {folder: files(root / RAW / folder) for folder in FRAMES} == FRAMES
    assert {path.relative_to(root / RAW).as_posix() for path in (root / RAW).glob("*/*")} == set(FRAMES)
    assert set(sizes(release, root).values()) == {(480, 640, 3)}


def test_the_misplaced_video_is_a_copy(root) -> None:
    copied, own = (root / RAW / subject / "23_0502funnyerrors" for subject in ("s19", "s23"))
    assert all((own / path.name).read_bytes() == path.read_bytes() for path in copied.iterdir())


def test_the_cropped_form_has_a_folder_per_expression(root) -> None:
    release = read_back("casme_sq", root, images="cropped")
    expected = [row[:8] for row in READ]
    # The row has no offset, the folder tells it.
    expected[2] = ("s15", "disgust1_3", 1020, 1030, 1044, "label", "negative", "negative")
    assert rows(release) == expected
    assert [one.source for one in release.expressions] == [f"cropped/cropped/{row[0][1:]}/{row[1]}" for row in READ]
    cut = ("s15", "disgust1_3", "1020", "interval_from_frames", "1020..0", "1020..1044")
    assert repairs(release) == [*LOST_ZEROS, cut, *WRONG_APEXES]
    assert files(root / "cropped/cropped/15/disgust1_1") == ("img973.jpg", "img985.jpg", 13)
    assert set(sizes(release, root).values()) == {(280, 240, 3)}
    assert min(face_widths(release, root).values()) >= 80


def test_every_video_begins_with_a_face(root, release) -> None:
    widths = face_widths(release, root)
    assert len(widths) == 6
    assert min(widths.values()) >= 80, widths
