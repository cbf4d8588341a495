"""The look-alike of CASME holds what its table below says, and every oddity of the real one."""

import openpyxl
import pytest

from synthesis.lookalikes.read_back import face_widths, files, read_back, repairs, rows, sizes

SELECTED = "CASME_raw_selected"
# Subject, clip, onset, apex, offset, where the apex comes from, emotion, three_class.
READ = [
    ("sub03", "EP03_1", 69, 75, 85, "label", "tense", ""),
    ("sub03", "EP07_1", 100, 108, 116, "middle", "repression", "negative"),
    ("sub03", "EP09_3", 101, 109, 117, "middle", "happiness", "positive"),
    ("sub03", "EP09_4", 57, 62, 70, "label", "surprise", "surprise"),
    ("sub06", "EP02_5", 5, 13, 21, "label", "disgust", "negative"),
    ("sub06", "EP02_5", 29, 34, 40, "label", "happiness", "positive"),
    ("sub06", "EP02_5", 60, 64, 69, "label", "surprise", "surprise"),
    ("sub06", "EP02_5", 95, 103, 111, "label", "tense", ""),
    ("sub06", "EP02_5", 150, 155, 161, "label", "tense", ""),
    ("sub06", "EP02_5", 300, 304, 309, "label", "tense", ""),
    ("sub07", "EP17_1", 69, 73, 80, "label", "contempt", "negative"),
    ("sub07", "EP17_1_1", 8, 15, 23, "label", "surprise", "surprise"),
    ("sub07", "EP17_2", 69, 74, 82, "label", "happiness", "positive"),
    ("sub13", "EP08_5", 131, 139, 150, "label", "sadness", "negative"),
    ("sub13", "EP11", 98, 102, 110, "label", "surprise", "surprise"),
    ("sub13", "EP12_2_10", 5, 12, 22, "label", "happiness", "positive"),
]
# Subject, clip, onset, rule, before, after.
REPAIRS = [
    ("sub03", "EP07_1", "316", "interval_from_frames", "316..300", "100..116"),
    ("sub03", "EP07_1", "316", "apex_outside", "306", "108"),
    ("sub03", "EP09_3", "4", "interval_from_frames", "4..15", "101..117"),
    ("sub03", "EP09_3", "4", "apex_outside", "8", "109"),
    ("sub03", "EP09_4", "7", "interval_from_frames", "7..70", "57..70"),
    ("sub06", "EP02_5", "29", "offset_from_frames", "4", "40"),
    ("sub06", "EP02_5", "95", "offset_from_frames", "511", "111"),
    ("sub12", "EP12_4_1", "9", "label_without_clip", "row 18", "left out"),
    ("sub13", "EP08_5", "131", "interval_from_frames", "131..15", "131..150"),
    ("sub13", "EP09_9", "", "clip_without_label", f"{SELECTED}/sub13/EP09_9", "left out"),
    ("sub13", "EP12_2_10", "5", "offset_beyond_last_frame", "300", "22"),
]


@pytest.fixture(scope="module")
def root(lookalike):
    return lookalike("casme")


def test_every_row_and_every_repair_is_read_back(root) -> None:
    release = read_back("casme", root)
    assert rows(release) == READ
    assert repairs(release) == REPAIRS
    assert {one.fps for one in release.expressions} == {60.0}
    assert {one.source for one in release.expressions if one.clip == "EP02_5"} == {f"{SELECTED}/sub06/EP02_5"}


def test_the_workbook_looks_as_the_owners(root) -> None:
    sheet = openpyxl.load_workbook(root / "casme.xlsx").active
    header, *lines = sheet.iter_rows(values_only=True)
    assert header[2] is header[7] is None
    # The zeros of the subjects are lost; the second apex differs from the first, or is none.
    assert lines[0] == (3, "EP03_1", None, 69, 75, 76, 85, None, 4, "tense")
    assert lines[1] == (3, "EP07_1", None, 316, 306, 0, 300, None, "15", "repression")
    assert [line[1] for line in lines].count("EP02_5") == 6


def test_frame_numbers_get_zeros_from_the_second_clip_of_sub07_on(root) -> None:
    folder = root / SELECTED
    assert files(folder / "sub03" / "EP09_4") == ("EP09_4-57.jpg", "EP09_4-70.jpg", 14)
    assert files(folder / "sub06" / "EP02_5") == ("EP02_5-10.jpg", "EP02_5-99.jpg", 78)
    assert files(folder / "sub07" / "EP17_1") == ("EP17_1-69.jpg", "EP17_1-80.jpg", 12)
    assert files(folder / "sub07" / "EP17_2") == ("EP17_2-069.jpg", "EP17_2-082.jpg", 14)
    assert files(folder / "sub07" / "EP17_1_1") == ("EP17_1_1-008.jpg", "EP17_1_1-023.jpg", 16)
    assert files(folder / "sub13" / "EP11") == ("EP11-098.jpg", "EP11-110.jpg", 13)


def test_two_cameras_recorded_it(root) -> None:
    shapes = sizes(read_back("casme", root), root)
    assert {shape for source, shape in shapes.items() if "/sub07/" in source} == {(720, 1280, 3)}
    assert {shape for source, shape in shapes.items() if "/sub07/" not in source} == {(480, 640, 3)}


def test_every_clip_begins_with_a_face(root) -> None:
    widths = face_widths(read_back("casme", root), root)
    assert len(widths) == 11
    assert min(widths.values()) >= 80, widths
