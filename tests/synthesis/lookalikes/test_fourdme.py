"""The look-alike of 4DME holds what its tables below say, and every oddity that is known of the real one."""

import openpyxl
import pytest

from synthesis.lookalikes.read_back import face_widths, files, read_back, repairs, rows, sizes

MICRO, LONG = "4DMicro/gray_micro", "4DME/long_gray_video/long gray video"
EARLY_TABLE = "4DME_Labelling_Micro-expression_emotion_eyeblink_final_remove_unsuefull_codes.xlsx"
# Subject, clip, onset, apex, offset, where the apex comes from, emotion, three_class.
READ = [
    ("S08", "S08_002_01_1", 1829, 1835, 1845, "label", "Negative", "negative"),
    ("S08", "S08_002_01_2", 1852, 1858, 1868, "label", "Positive", "positive"),
    ("S08", "S08_002_01_3", 1875, 1880, 1888, "label", "Surprise", "surprise"),
    ("S13", "S13_1st_001_01_1", 43, 51, 59, "middle", "Negative", "negative"),
    ("S13", "S13_1st_001_01_2", 66, 70, 75, "label", "Surprise", "surprise"),
    ("S13", "S13_2nd_003_02_1", 93, 98, 104, "label", "Positive", "positive"),
    ("S13", "S13_2nd_003_02_2", 111, 116, 122, "label", "Others", ""),
    ("S20", "S20_001_03_1", 1, 5, 12, "label", "Repression", "negative"),
    ("S20", "S20_001_03_2", 1, 6, 14, "label", "Positive", "positive"),
    ("S20", "S20_001_03_3", 1, 8, 16, "label", "Surprise", "surprise"),
    ("S20", "S20_001_03_4", 1, 8, 16, "label", "Surprise+Positive", ""),
]
READ_LONG = [
    *READ[:3],
    ("S08", "S08_002_01_4", 1895, 1904, 1931, "label", "Negative", "negative"),
    *READ[3:7],
    ("S20", "S20_001_03_1", 4714, 4718, 4725, "label", "Repression", "negative"),
    ("S20", "S20_001_03_2", 4732, 4737, 4745, "label", "Positive", "positive"),
    ("S20", "S20_001_03_3", 4752, 4759, 4767, "label", "Surprise", "surprise"),
    ("S20", "S20_001_03_4", 4774, 4781, 4789, "label", "Surprise+Positive", ""),
]
# Subject, clip, onset, rule, before, after.
SESSIONS = [
    ("S08", "S08_002_01_1", "1829", "static_action_unit", "4(k)+15", "15"),
    ("S13", "S13_1st_001_01_1", "43", "subject_session", "S13_1st", "S13"),
    ("S13", "S13_1st_001_01_1", "43", "apex_outside", "23", "51"),
    ("S13", "S13_1st_001_01_2", "66", "subject_session", "S13_1st", "S13"),
    ("S13", "S13_2nd_003_02_1", "93", "subject_session", "S13_2nd", "S13"),
    ("S13", "S13_2nd_003_02_2", "111", "subject_session", "S13_2nd", "S13"),
]
REPAIRS = [
    *SESSIONS,
    ("S20", "S20_001_03_1", "4714", "clip_numbering", "4714..4725", "1..12"),
    ("S20", "S20_001_03_2", "4732", "clip_numbering", "4732..4745", "1..14"),
    ("S20", "S20_001_03_3", "4752", "clip_numbering", "4752..4767", "1..16"),
    ("S20", "S20_001_03_4", "4774", "clip_numbering", "4774..4789", "1..16"),
    ("S20", "S20_001_03_9", "", "clip_without_label", f"{MICRO}/S20/S20_001_03_9", "left out"),
    ("S21", "S21_001_03_1", "5", "label_without_clip", "row 13", "left out"),
]
REPAIRS_LONG = [
    SESSIONS[0],
    ("S08", "S08_002_01_4", "1895", "offset_beyond_last_frame", "1988", "1931"),
    *SESSIONS[1:],
    ("S21", "S21_001_03_1", "5", "label_without_clip", "row 14", "left out"),
]


@pytest.fixture(scope="module")
def root(lookalike):
    return lookalike("fourdme")


def test_every_clip_and_every_repair_is_read_back(root) -> None:
    release = read_back("fourdme", root)
    assert rows(release) == READ
    assert repairs(release) == REPAIRS
    assert {(one.fps, one.expression_type) for one in release.expressions} == {(60.0, "micro")}
    assert release.expressions[3].source == f"{MICRO}/S13_1st/S13_1st_001_01_1"


def test_every_expression_of_the_long_videos_is_read_back(root) -> None:
    release = read_back("fourdme", root, images="long_video")
    assert rows(release) == READ_LONG
    assert repairs(release) == REPAIRS_LONG
    assert [one.clip for one in release.expressions if one.expression_type == "macro"] == ["S08_002_01_4"]
    assert {one.source for one in release.expressions} == {
        f"{LONG}/S08/S08_002_01",
        f"{LONG}/S13_1st/S13_1st_001_01",
        f"{LONG}/S13_2nd/S13_2nd_003_02",
        f"{LONG}/S20/S20_001_03",
    }


def test_the_sheet_before_the_release_tells_the_same(root) -> None:
    release = read_back("fourdme", root, labels=EARLY_TABLE)
    # It has no column of emotions, but a column for each.
    assert rows(release) == [*READ[:-1], (*READ[-1][:6], "Positive+Surprise", "")]
    header, first, *_ = openpyxl.load_workbook(root / EARLY_TABLE).active.iter_rows(values_only=True)
    assert header[:4] == ("sub_ID'", "video_number'", "ME_number'", "subME_number'")
    assert first[:8] == ("S08", "002'", "01'", 1, 1829, 1835, 1845, 17)


def test_the_workbook_of_the_release_has_a_column_per_emotion_and_unit(root) -> None:
    book = openpyxl.load_workbook(root / "4DME_Labelling_Micro_release v1.xlsx")
    header, *lines = book.active.iter_rows(values_only=True)
    assert header[7:15] == (*("eye blink", "Positive", "Negative", "Surprise", "Repression", "Others"), "Total", "fold")
    both = dict(zip(header, lines[-2], strict=True))
    assert (both["fold_name"], both["Emotion"], both["AUs"]) == ("S20_001_03_4", "Surprise+Positive", "1+12")
    assert [name for name in header if both[name] == 1] == ["Positive", "Surprise", "AU1", "AU12"]
    assert both["Total"] == 2


def test_a_clip_shows_what_the_long_video_shows(root) -> None:
    def frame(*parts: str) -> bytes:
        return root.joinpath(*parts).read_bytes()

    assert frame(MICRO, "S08", "S08_002_01_2", "1858.jpg") == frame(LONG, "S08/S08_002_01/Frame_000001858.jpg")
    assert frame(MICRO, "S20", "S20_001_03_2", "6.jpg") == frame(LONG, "S20/S20_001_03/Frame_000004737.jpg")


def test_frames_are_gray_and_named_as_the_owners_do(root) -> None:
    assert files(root / MICRO / "S08" / "S08_002_01_1") == ("1829.jpg", "1845.jpg", 17)
    assert files(root / MICRO / "S20" / "S20_001_03_2") == ("1.jpg", "9.jpg", 14)
    assert files(root / LONG / "S08" / "S08_002_01") == ("Frame_000001826.jpg", "Frame_000001931.jpg", 106)
    for images in ("gray_micro", "long_video"):
        assert set(sizes(read_back("fourdme", root, images=images), root).values()) == {(480, 640)}


@pytest.mark.parametrize(("images", "sources"), [("gray_micro", 11), ("long_video", 4)])
def test_every_clip_begins_with_a_face(root, images, sources) -> None:
    widths = face_widths(read_back("fourdme", root, images=images), root)
    assert len(widths) == sources
    assert min(widths.values()) >= 80, widths
