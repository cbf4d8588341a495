"""The look-alike of SAMM holds what the tables below say, and every oddity of the real one."""

import openpyxl
import pytest

from synthesis.lookalikes.read_back import face_widths, files, read_back, repairs, rows, sizes

# Subject, clip, onset, apex, offset, where the apex comes from, emotion, three_class; action units, objective class.
READ = [
    ("009", "009_1_3", 3577, 3590, 3611, "label", "Anger", "negative", "4", "III"),
    ("009", "009_1_4", 3990, 4002, 4023, "label", "Happiness", "positive", "(R6 or R12)+R15", "I"),
    ("009", "009_6_1", 5562, 5573, 5589, "label", "Surprise", "surprise", "1+2", "II"),
    ("028", "028_4_1", 1080, 1096, 1112, "middle", "Sadness", "negative", "ref(7B)+43", "VII"),
    ("028", "028_4_2", 11080, 11090, 11102, "label", "Happiness", "positive", "12+15", "VII"),
    ("028", "028_4_3", 11300, 11308, 11318, "label", "Surprise", "surprise", "1+2+5", "VII"),
    ("028", "028_4_4", 11500, 11508, 11518, "label", "Other", "", "T18+39", "VII"),
    ("032", "032_3_1", 4896, 4907, 4919, "middle", "Disgust", "negative", "4A/B", "III"),
    ("032", "032_3_2", 5126, 5127, 5153, "label", "Happiness", "positive", "R14A or 17A or 24A", "VII"),
    ("032", "032_3_3", 5400, 5414, 5431, "label", "Surprise", "surprise", "5", "II"),
]
# Subject, clip, onset, rule, before, after.
REPAIRS = [
    ("009", "009_6_1", "5562", "offset_beyond_last_frame", "5590", "5589"),
    ("028", "028_4_1", "1080", "apex_outside", "1143", "1096"),
    ("032", "032_3_1", "4896", "apex_outside", "1930", "4907"),
]
# Clip → first and last file, how many.
FRAMES = {
    "009_1_3": ("009_3577.jpg", "009_3611.jpg", 35),
    "009_1_4": ("009_3990.jpg", "009_4023.jpg", 34),
    "009_6_1": ("009_05561.jpg", "009_05589.jpg", 29),
    "028_4_1": ("028_1080.jpg", "028_1112.jpg", 33),
    "028_4_2": ("028_11080.jpg", "028_11102.jpg", 23),
    "028_4_3": ("028_11300.jpg", "028_11318.jpg", 19),
    "028_4_4": ("028_11500.jpg", "028_11518.jpg", 19),
    "032_3_1": ("032_04896.jpg", "032_04919.jpg", 24),
    "032_3_2": ("032_05126.jpg", "032_05153.jpg", 28),
    "032_3_3": ("032_05400.jpg", "032_05431.jpg", 32),
}
PREAMBLE = {"A1", "E1", "A3", "I3", "E4", "A6", "A7", "A8", "A10", "A11", "A12"}


@pytest.fixture(scope="module")
def root(lookalike):
    return lookalike("samm")


@pytest.fixture(scope="module")
def release(root):
    return read_back("samm", root)


def test_every_row_and_every_repair_is_read_back(release) -> None:
    assert rows(release) == [row[:8] for row in READ]
    assert [(one.action_units, one.objective) for one in release.expressions] == [row[8:] for row in READ]
    assert repairs(release) == REPAIRS
    assert {one.source for one in release.expressions} == {f"SAMM/{row[0]}/{row[1]}" for row in READ}
    assert {(one.fps, one.expression_type) for one in release.expressions} == {(200.0, "micro")}


def test_the_workbook_is_that_of_the_release(root) -> None:
    (page,) = openpyxl.load_workbook(root / "SAMM_Micro_FACS_Codes_v2.xlsx").worksheets
    cells = {cell.coordinate: cell.value for row in page.iter_rows() for cell in row if cell.value is not None}
    assert page.title == "MICRO_ONLY"
    assert {place for place in cells if int(place[1:]) <= 13} == PREAMBLE
    assert [cells[f"{column}14"] for column in "ABCDEFGHIJKL"] == [
        "Subject",
        "Filename",
        "Inducement Code",
        "Onset Frame",
        "Apex Frame",
        "Offset Frame",
        "Duration",
        "Micro",
        "Action Units",
        "Estimated Emotion",
        "Objective Classes",
        "Notes",
    ]
    assert (cells["A15"], cells["G15"], cells["H15"]) == ("009", "=SUM(F15-D15)+1", "Micro - 1/2")
    # A number, and a trailing blank.
    assert (cells["I15"], cells["I19"]) == (4, "12+15 ")
    # No formula has a cached value.
    (page,) = openpyxl.load_workbook(root / "SAMM_Micro_FACS_Codes_v2.xlsx", data_only=True).worksheets
    assert {page.cell(line, 7).value for line in range(15, 25)} == {None}


def test_frames_are_named_as_in_the_release_and_gray(root, release) -> None:
    assert {clip: files(root / "SAMM" / clip[:3] / clip) for clip in FRAMES} == FRAMES
    assert {clip.name for clip in (root / "SAMM").glob("*/*")} == set(FRAMES)
    assert set(sizes(release, root).values()) == {(650, 960)}


def test_every_clip_begins_with_a_face(root, release) -> None:
    widths = face_widths(release, root)
    assert len(widths) == len(READ)
    assert min(widths.values()) >= 80, widths
