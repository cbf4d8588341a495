"""The look-alike of SAMM Long Videos holds what the tables below say, and every oddity of the real one."""

import openpyxl
import pytest

from synthesis.lookalikes.read_back import face_widths, files, read_back, repairs, rows, sizes

# Subject, clip, onset, apex, offset, where the apex comes from, emotion, three_class; type, objective class.
READ = [
    ("012", "012_3_3", 1, 19, 45, "label", "", "", "macro", "I"),
    ("012", "012_3_1", 52, 61, 74, "label", "Anger", "negative", "micro", "III"),
    ("012", "012_3_2", 84, 93, 106, "label", "Happiness", "positive", "micro", "I"),
    ("012", "012_4_2", 4, 13, 26, "label", "Surprise", "surprise", "micro", "II"),
    ("012", "012_4_1", 39, 57, 69, "label", "", "", "macro", "VII"),
    ("016", "016_7_1", 9943, 9952, 9965, "label", "Contempt", "negative", "micro", "VII"),
    ("016", "016_7_2", 9975, 9984, 9997, "label", "Happiness", "positive", "micro", "VII"),
    ("016", "016_7_4", 10010, 10028, 10054, "label", "", "", "macro", "VII"),
    ("016", "016_7_3", 10068, 10077, 10090, "label", "Surprise", "surprise", "micro", "II"),
    ("037", "037_4_1", 4, 13, 26, "label", "Disgust", "negative", "micro", "VII"),
    ("037", "037_4_1", 39, 57, 83, "label", "", "", "macro", "III"),
    ("037", "037_4_2", 97, 108, 119, "middle", "Happiness", "positive", "micro", "I"),
    ("037", "037_4_3", 129, 138, 151, "label", "Surprise", "surprise", "micro", "VII"),
]
# Subject, clip, onset, rule, before, after.
REPAIRS = [
    ("012", "012_3_3", "0", "onset_zero", "0", "1"),
    ("012", "012_4_1", "39", "offset_beyond_last_frame", "1583", "69"),
    ("016", "016_7_4", "10010.4", "float_frame", "10010.4", "10010"),
    ("016", "016_7_4", "10010.4", "float_frame", "10027.5", "10028"),
    ("016", "016_7_4", "10010.4", "float_frame", "10053.6", "10054"),
    ("037", "037_4_2", "97", "apex_missing", "-1", "108"),
]
# Video → first and last file by name, how many.
FRAMES = {
    "012_3": ("012_3_0001.jpg", "012_3_0109.jpg", 109),
    "012_4": ("012_4_0001.jpg", "012_4_0069.jpg", 69),
    "016_7": ("016_7_10000.jpg", "016_7_9999.jpg", 154),
    "037_4": ("037_4_0001.jpg", "037_4_0154.jpg", 154),
}
PREAMBLE = {"A1", "A3", "A4", "A6", "A7", "F7", "A8"}


@pytest.fixture(scope="module")
def root(lookalike):
    return lookalike("samm_lv")


@pytest.fixture(scope="module")
def release(root):
    return read_back("samm_lv", root)


def test_every_row_and_every_repair_is_read_back(release) -> None:
    assert rows(release) == [row[:8] for row in READ]
    assert [(one.expression_type, one.objective) for one in release.expressions] == [row[8:] for row in READ]
    assert repairs(release) == REPAIRS
    assert [one.video for one in release.expressions] == [row[1][:5] for row in READ]
    assert {one.source for one in release.expressions} == {f"SAMM_longvideos/{video}" for video in FRAMES}


def test_the_workbook_is_that_of_the_release(root) -> None:
    (page,) = openpyxl.load_workbook(root / "SAMM_LongVideos_V3_Release.xlsx").worksheets
    cells = {cell.coordinate: cell.value for row in page.iter_rows() for cell in row if cell.value is not None}
    assert page.title == "FACS_Movement_Only"
    assert {place for place in cells if int(place[1:]) <= 9} == PREAMBLE
    assert [cells[f"{column}10"] for column in "ABCDEFGHIJ"] == [
        "Subject",
        "Filename",
        "Inducement Code",
        "Onset",
        "Apex",
        "Offset",
        "Duration",
        "Type",
        "Action Units",
        "Notes",
    ]
    assert (cells["A11"], cells["D11"], cells["G11"]) == ("012", 0, "=SUM(F11-D11)+1")
    assert {cells[f"H{line}"] for line in range(11, 24)} == {"Macro", "Micro - 1/2"}


def test_the_numbers_of_samm_differ_by_a_constant_per_video(root, release) -> None:
    (page,) = openpyxl.load_workbook(root / "SAMM_Micro_FACS_Codes_v2.xlsx").worksheets
    onsets = {row[1]: row[3] for row in page.iter_rows(min_row=15, values_only=True)}
    micro = [one for one in release.expressions if one.expression_type == "micro"]
    assert {one.clip: onsets[one.clip] - one.onset for one in micro} == {
        **dict.fromkeys(("012_3_1", "012_3_2", "012_4_2", "037_4_1", "037_4_2", "037_4_3"), 0),
        **dict.fromkeys(("016_7_1", "016_7_2", "016_7_3"), 1000),
    }


def test_frames_are_named_as_in_the_release_and_gray(root, release) -> None:
    assert {video: files(root / "SAMM_longvideos" / video) for video in FRAMES} == FRAMES
    assert set(sizes(release, root).values()) == {(600, 600)}


def test_every_video_begins_with_a_face(root, release) -> None:
    widths = face_widths(release, root)
    assert len(widths) == len(FRAMES)
    assert min(widths.values()) >= 80, widths
