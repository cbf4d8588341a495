"""The look-alike of MMEW holds what its table below says, and every oddity of the real one."""

import cv2
import openpyxl
import pytest

from synthesis.lookalikes.read_back import face_widths, files, read_back, repairs, rows, sizes

MICRO = "MMEW_Final/Micro_Expression"
# Subject, clip, onset, apex, offset, where the apex comes from, emotion, three_class.
READ = [
    ("S03", "S03-01-002", 1, 7, 17, "label", "happiness", "positive"),
    ("S03", "S03-02-001", 1, 6, 14, "label", "surprise", "surprise"),
    ("S03", "S03-03-001", 1, 7, 17, "label", "disgust", "negative"),
    ("S03", "S03-05-004", 1, 7, 17, "label", "sadness", "negative"),
    ("S13", "S13-01-001", 1, 6, 12, "label", "happiness", "positive"),
    ("S13", "S13-02-002", 1, 5, 10, "label", "surprise", "surprise"),
    ("S13", "S13-07-001", 1, 9, 17, "label", "anger", "negative"),
    ("S14", "S14-01-003", 1, 7, 14, "middle", "happiness", "positive"),
    ("S14", "S14-02-001", 1, 8, 16, "middle", "surprise", "surprise"),
    ("S14", "S14-03-001", 1, 6, 12, "middle", "disgust", "negative"),
    ("S17", "S17-01-001", 1, 8, 18, "label", "happiness", "positive"),
    ("S17", "S17-02-001", 1, 5, 13, "label", "surprise", "surprise"),
    ("S17", "S17-04-001", 1, 9, 20, "label", "fear", "negative"),
    ("S17", "S17-06-002", 1, 9, 20, "label", "others", ""),
]
# Subject, clip, onset, rule, before, after.
REPAIRS = [
    ("S13", "S13-01-001", "0", "onset_zero", "0", "1"),
    ("S14", "S14-01-003", "1", "apex_missing", "0", "7"),
    ("S14", "S14-02-001", "40", "interval_from_frames", "40..80", "1..16"),
    ("S14", "S14-02-001", "40", "apex_outside", "50", "8"),
    ("S14", "S14-03-001", "1", "offset_beyond_last_frame", "112", "12"),
    ("S14", "S14-03-001", "1", "apex_outside", "105", "6"),
    ("S17", "S17-02-003", "", "clip_without_label", f"{MICRO}/surprise/S17-02-003", "left out"),
    ("S18", "S18-05-001", "1", "label_without_clip", "row 16", "left out"),
]


@pytest.fixture(scope="module")
def root(lookalike):
    return lookalike("mmew")


def test_every_row_and_every_repair_is_read_back(root) -> None:
    release = read_back("mmew", root)
    assert rows(release) == READ
    assert repairs(release) == REPAIRS
    assert {one.source for one in release.expressions} == {f"{MICRO}/{row[6]}/{row[1]}" for row in READ}
    assert {one.fps for one in release.expressions} == {90.0}


def test_the_workbook_looks_as_the_owners(root) -> None:
    header, *lines = openpyxl.load_workbook(root / "MMEW_Final" / "MMEW_Micro_Exp.xlsx").active.iter_rows(
        values_only=True
    )
    assert header[-1] == "remarks"
    assert lines[4] == (13, "S13-07-001", 1, 9, 17, "4+7", "anger", "glasses")
    assert lines[5] == (13, "S13-01-001", 0, 6, 12, 12, "happiness", "glasses")


def test_frames_count_from_1_and_are_crops(root) -> None:
    assert files(root / MICRO / "anger" / "S13-07-001") == ("1.jpg", "9.jpg", 17)
    assert set(sizes(read_back("mmew", root), root).values()) == {(231, 231, 3)}


def test_macro_expressions_are_stills_and_take_no_part(root) -> None:
    still = root / "MMEW_Final" / "Macro_Expression" / "S03" / "happiness" / "S03-01-001.jpg"
    assert cv2.imread(str(still)).shape == (231, 231, 3)
    release = read_back("mmew", root)
    assert not [one for one in release.repairs if "Macro" in one.before]


def test_every_clip_begins_with_a_face(root) -> None:
    widths = face_widths(read_back("mmew", root), root)
    assert len(widths) == 14
    assert min(widths.values()) >= 80, widths
