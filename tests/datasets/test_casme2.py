"""CASME II as its owners ship it: both sheets, three forms of the frames, and every oddity that is known of them."""

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import data, permutations, sampled_from

from mexflow.config.datasets import ReleasedSpec
from mexflow.datasets.casme2 import read
from mexflow.datasets.manifest import manifest_of
from mexflow.errors import UserError

HEADER = ("Subject", "Filename", None, "OnsetFrame", "ApexFrame", "OffsetFrame", None, "Action Units")
HEADER += ("Estimated Emotion",)
SHEET_2014, SHEET_2019 = "CASME2-coding-20140508.xlsx", "CASME2-coding-20190701.xlsx"
SELECTED = "CASME2_RAW_selected/CASME2_RAW_selected"

# Subject, file, onset, apex, offset, action units, emotion; and the first and last frame of the selected folder.
ROWS = [
    (("01", "EP02_01f", 46, 59, 86, 12, "happiness"), (46, 86)),
    (("03", "EP01_2", 10, 20, 40, "4+L10", "disgust"), (10, 40)),
    (("04", "EP12_01f", 261, "/", 321, 4, "disgust"), (261, 321)),
    (("05", "EP09_05f", 69, 69, 110, "?", "surprise"), (69, 110)),
    (("05", "EP16_04f", 21, 60, 60, "R12", "others"), (21, 60)),
    (("07", "EP06_01", 15, 49, 68, "6+12", "others"), (56, 116)),
    (("07", "EP06_02_01", 5, 20, 30, 15, "repression"), (5, 30)),
    (("09", "EP09f", 5, 20, 30, 1, "sadness"), (5, 30)),
    (("12", "EP09_02", 16, 59, 101, "1+2", "fear"), (161, 206)),
    (("16", "EP01_08", 30, 66, 110, "14", "others"), (30, 96)),
    (("10", "EP13_01", 7, 9, 33, "20", "others"), None),
]
UNLABELLED = [("24", "EP02_07", 61, 106), ("09", "EP02_02f", 3, 9)]

# Objective classes as shipped; by the action units EP02_01f would be I and EP01_2 IV.
OBJECTIVE = {("01", "EP02_01f"): 7, ("03", "EP01_2"): 3, ("16", "EP01_08"): 7}

READ = [
    ("sub01", "EP02_01f", 46, 59, 86, "label", "happiness", "VII"),
    ("sub03", "EP01_2", 10, 20, 40, "label", "disgust", "III"),
    ("sub04", "EP12_01f", 261, 291, 321, "middle", "disgust", "III"),
    ("sub05", "EP09_05f", 69, 69, 110, "label", "surprise", ""),
    ("sub05", "EP16_04f", 21, 60, 60, "label", "others", "I"),
    ("sub07", "EP06_01", 56, 86, 116, "middle", "others", "I"),
    ("sub07", "EP06_02_01", 5, 20, 30, "label", "repression", "V"),
    ("sub09", "EP09f", 5, 20, 30, "label", "sadness", "V"),
    ("sub12", "EP09_02", 161, 183, 206, "middle", "fear", "II"),
    ("sub16", "EP01_08", 30, 66, 96, "label", "others", "VII"),
]
REPAIRS = {
    ("sub04", "EP12_01f", "apex_missing", "/", "291"),
    ("sub07", "EP06_01", "interval_from_frames", "15..68", "56..116"),
    ("sub07", "EP06_01", "apex_outside", "49", "86"),
    ("sub09", "EP02_02f", "clip_without_label", f"{SELECTED}/sub09/EP02_02f", "left out"),
    ("sub10", "EP13_01", "label_without_clip", "row 12", "left out"),
    ("sub12", "EP09_02", "interval_from_frames", "16..101", "161..206"),
    ("sub12", "EP09_02", "apex_outside", "59", "183"),
    ("sub16", "EP01_08", "offset_beyond_last_frame", "110", "96"),
    ("sub24", "EP02_07", "clip_without_label", f"{SELECTED}/sub24/EP02_07", "left out"),
}


def spec(root: Path, **keys) -> ReleasedSpec:
    return ReleasedSpec(kind="casme2", root=root, **keys)


def write_table(path: Path, header: tuple, rows: list[tuple], junk: Sequence[tuple] = ()) -> Path:
    """A workbook as the owners', with two sheets behind, empty unless there is junk for the second."""
    book = openpyxl.Workbook()
    book.active.title = "Sheet1"
    book.active.append(header)
    for row in rows:
        book.active.append(row)
    for name in ("Sheet2", "Sheet3"):
        book.create_sheet(name)
    for row in junk:
        book["Sheet2"].append(row)
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)
    return path


def write_sheet(path: Path, rows: list[tuple]) -> Path:
    return write_table(path, HEADER, [(*row[:2], None, *row[2:5], None, *row[5:]) for row in rows])


def write_clip(folder: Path, first: int, last: int, name: str = "img{}.jpg") -> None:
    folder.mkdir(parents=True)
    for number in range(first, last + 1):
        (folder / name.format(number)).touch()


@pytest.fixture
def casme2(tmp_path) -> Path:
    """A folder as unpacked from the owners, selected frames only."""
    root = tmp_path / "CASME2"
    write_sheet(root / SHEET_2014, [row for row, _ in ROWS])
    write_table(
        root / "CASME2-ObjectiveClasses.xlsx",
        ("Subject", "Filename", "Objective Class"),
        [(*key, number) for key, number in OBJECTIVE.items()],
        junk=[(number, number**2) for number in range(10)],
    )
    clips = [(row[0], row[1], *frames) for row, frames in ROWS if frames]
    for subject, clip, first, last in clips + UNLABELLED:
        write_clip(root / SELECTED / f"sub{subject}" / clip, first, last)
    return root


def found(release) -> list[tuple]:
    return [
        (one.subject, one.clip, one.onset, one.apex, one.offset, one.apex_source, one.emotion, one.objective)
        for one in release.expressions
    ]


def repaired(release) -> set[tuple]:
    return {
        (one.subject, one.clip, one.rule, one.before.rpartition(", ")[2], one.after) for one in release.repairs
    }  # fmt: skip


def test_every_row_and_every_repair(casme2):
    release = read("c2", spec(casme2), casme2, frames=True)
    assert found(release) == READ
    assert repaired(release) == REPAIRS
    assert len(release.repairs) == len(REPAIRS)


def test_a_row_in_full(casme2):
    one = read("c2", spec(casme2, unit="clip"), casme2, frames=True).expressions[1]
    assert vars(one) == {
        "dataset": "c2",
        "subject": "sub03",
        "clip": "EP01_2",
        "video": "EP01_2",
        "unit": "sub03_EP01_2",
        "source": f"{SELECTED}/sub03/EP01_2",
        "first_frame": 1,
        "onset": 10,
        "apex": 20,
        "offset": 40,
        "fps": 200.0,
        "emotion": "disgust",
        "three_class": "negative",
        "five_class": "disgust",
        "objective": "III",
        "binary": "",
        "seven_class": "",
        "stimulus": "",
        "action_units": "4+L10",
        "expression_type": "micro",
        "apex_source": "label",
        "content": "",
        "sample": "",
    }


def test_labels_alone_need_no_frame(casme2):
    release = read("c2", spec(casme2), casme2, frames=False)
    assert len(release.expressions) == len(ROWS)
    assert repaired(release) == {("sub04", "EP12_01f", "apex_missing", "/", "291")}
    assert {one.source for one in release.expressions} == {""}
    by_file = read("c2", spec(casme2 / SHEET_2014), casme2 / SHEET_2014, frames=False)
    assert [one[:-1] for one in found(by_file)] == [one[:-1] for one in found(release)]


def test_whole_clips_keep_the_intervals_of_the_table(tmp_path):
    rows = [row for row, _ in ROWS[:6]]
    write_sheet(tmp_path / SHEET_2019, rows)
    for row in rows:
        write_clip(tmp_path / "CASME2_RAW" / "CASME2-RAW" / f"sub{row[0]}" / row[1], 1, row[4] - (row[1] == "EP06_01"))
    release = read("c2", spec(tmp_path, images="raw"), tmp_path, frames=True)
    assert [(one[2], one[4]) for one in found(release)] == [(r[2], r[4] - (r[1] == "EP06_01")) for r in rows]
    assert repaired(release) == {
        ("sub04", "EP12_01f", "apex_missing", "/", "291"),
        ("sub07", "EP06_01", "offset_beyond_last_frame", "68", "67"),
    }


def test_a_frame_that_a_whole_clip_lacks_costs_that_frame_only(tmp_path):
    write_sheet(tmp_path / SHEET_2019, [("01", "EP02_01f", 1, 15, 30, 12, "happiness")])
    write_clip(tmp_path / "CASME2-RAW" / "sub01" / "EP02_01f", 2, 90)
    release = read("c2", spec(tmp_path), tmp_path, frames=True)
    assert [one[2:5] for one in found(release)] == [(2, 15, 30)]
    assert repaired(release) == {("sub01", "EP02_01f", "onset_before_first_frame", "1", "2")}


@pytest.mark.parametrize("folder", ["Cropped", "Cropped-updated/Cropped", "Cropped_original", "cropped/Cropped"])
def test_cropped_frames_have_a_prefix(tmp_path, folder):
    write_sheet(tmp_path / SHEET_2014, [ROWS[0][0]])
    write_clip(tmp_path / folder / "sub01" / "EP02_01f", 46, 80, "reg_img{}.jpg")
    (one,) = read("c2", spec(tmp_path), tmp_path, frames=True).expressions
    assert (one.onset, one.apex, one.offset, one.source) == (46, 59, 80, f"{folder}/sub01/EP02_01f")


def test_selected_frames_come_before_whole_clips_and_those_before_cropped_ones(tmp_path):
    write_sheet(tmp_path / SHEET_2014, [ROWS[0][0]])
    for folder, images in (("Cropped", "cropped"), ("CASME2-RAW", "raw"), ("CASME2-RAW-selected", "raw_selected")):
        write_clip(tmp_path / folder / "sub01" / "EP02_01f", 46, 86)
        for spoken in (spec(tmp_path), spec(tmp_path, images=images)):
            (one,) = read("c2", spoken, tmp_path, frames=True).expressions
            assert one.source == f"{folder}/sub01/EP02_01f"
    with pytest.raises(UserError, match='no form "selected"; did you mean "raw_selected"'):
        read("c2", spec(tmp_path, images="selected"), tmp_path, frames=True)


def test_the_newer_sheet_is_taken_unless_one_is_named(tmp_path):
    row = ROWS[0][0]
    write_sheet(tmp_path / SHEET_2014, [row])
    write_sheet(tmp_path / SHEET_2019, [(*row[:6], "surprise")])
    (newer,) = read("c2", spec(tmp_path), tmp_path, frames=False).expressions
    (older,) = read("c2", spec(tmp_path, labels=SHEET_2014), tmp_path, frames=False).expressions
    assert (newer.emotion, older.emotion) == ("surprise", "happiness")
    with pytest.raises(UserError, match=r"no label table \(other\.xlsx\)"):
        read("c2", spec(tmp_path, labels="other.xlsx"), tmp_path, frames=False)


def test_a_folder_without_a_label_table_is_told(tmp_path):
    with pytest.raises(UserError, match=r"no label table \(CASME2-coding-20190701\.xlsx, CASME2-coding-20140508\.xlsx"):
        read("c2", spec(tmp_path), tmp_path, frames=False)


def test_strict_turns_a_repair_into_an_error(casme2):
    with pytest.raises(UserError, match=r"sub04/EP12_01f .* rule apex_missing would make '/' into '291'"):
        read("c2", spec(casme2, strict=True), casme2, frames=False)


def test_no_name_and_no_link_leads_out_of_the_root(casme2, tmp_path):
    write_clip(tmp_path / "elsewhere", 1, 5)
    write_sheet(casme2 / SHEET_2014, [("01", "../../../elsewhere", 1, 2, 5, 1, "others"), ROWS[1][0]])
    release = read("c2", spec(casme2), casme2, frames=True)
    assert [one.clip for one in release.expressions] == ["EP01_2"]
    assert ("sub01", "../../../elsewhere", "label_without_clip", "row 2", "left out") in repaired(release)
    (casme2 / SELECTED / "sub01" / "EP99").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UserError, match=r"EP99 leads out of"):
        read("c2", spec(casme2), casme2, frames=True)


def test_a_row_without_a_name_or_a_possible_interval_is_left_out_and_written_down(tmp_path):
    rows = [
        (None, "EP01", 1, 2, 3, 1, "others"),
        ("note", "EP01", 1, 2, 3, 1, "others"),
        ("01", None, 1, 2, 3, 1, "others"),
        ("02", "EP02", 9, 8, 3, 1, "others"),
        ("02", "EP03", None, 8, 13, 1, "others"),
        ("02", "EP04", 5, 8, 13, 1, "others"),
    ]
    write_sheet(tmp_path / SHEET_2014, rows)
    release = read("c2", spec(tmp_path), tmp_path, frames=False)
    assert [one.clip for one in release.expressions] == ["EP04"]
    assert {(one.subject, one.clip, one.rule) for one in release.repairs} == {
        ("", "EP01", "row_without_name"),
        ("sub01", "", "row_without_name"),
        ("sub02", "EP02", "interval_impossible"),
        ("sub02", "EP03", "interval_impossible"),
    }
    assert len(release.repairs) == 5


# As published. The rows below have these counts, but no more in common with the owners'.
SUBJECTS = {1: 9, 2: 13, 3: 7, 4: 5, 5: 19, 6: 5, 7: 9, 8: 3, 9: 14, 10: 14, 11: 10, 12: 12, 13: 8, 14: 4, 15: 3}
SUBJECTS |= {16: 4, 17: 36, 18: 3, 19: 16, 20: 11, 21: 2, 22: 2, 23: 12, 24: 10, 25: 7, 26: 17}
EMOTIONS = {"others": 99, "disgust": 63, "happiness": 32, "repression": 27, "surprise": 25, "sadness": 7, "fear": 2}
CLASSES = {1: 25, 2: 15, 3: 99, 4: 26, 5: 20, 6: 1, 7: 69}


def spread(counts: dict, seed: int) -> list:
    """Every key as often as it counts, in some order."""
    every = [key for key, count in counts.items() for _ in range(count)]
    random.Random(seed).shuffle(every)
    return every


def full_size() -> list[tuple]:
    subjects = [(f"{subject:02d}", f"EP{clip:02d}_01f") for subject, n in SUBJECTS.items() for clip in range(n)]
    return [
        (*key, 10 + place, 40 + place, 76 + place, "4+7", emotion)
        for place, (key, emotion) in enumerate(zip(subjects, spread(EMOTIONS, 1), strict=True))
    ]


def counts(release, column: str) -> dict[str, int]:
    values = [getattr(one, column) for one in release.expressions]
    return {value: values.count(value) for value in values if value}


def test_the_sheet_of_2014_in_full_size(tmp_path):
    rows = full_size()
    write_sheet(tmp_path / SHEET_2014, rows)
    write_table(
        tmp_path / "CASME2-ObjectiveClasses.xlsx",
        ("Subject", "Filename", "Objective Class"),
        [(*row[:2], number) for row, number in zip(rows, spread(CLASSES, 2), strict=True)],
    )
    release = read("c2", spec(tmp_path), tmp_path, frames=False)
    assert counts(release, "subject") == {f"sub{subject:02d}": count for subject, count in SUBJECTS.items()}
    assert counts(release, "emotion") == EMOTIONS
    assert counts(release, "three_class") == {"negative": 99, "positive": 32, "surprise": 25}
    assert sum(counts(release, "five_class").values()) == 246
    objective = counts(release, "objective")
    assert objective == {"I": 25, "II": 15, "III": 99, "IV": 26, "V": 20, "VI": 1, "VII": 69}
    assert sum(objective[name] for name in ("I", "II", "III", "IV", "V")) == 185
    assert [remark.partition("): ")[2] for remark in release.remarks] == [
        "255 rows, expected (20140508 and 20190701)",
        "26 subjects, expected (20140508 and 20190701)",
        "246 rows in five_class, expected (20140508)",
    ]
    assert release.remarks[0].startswith(f"{SHEET_2014} (")
    assert release.repairs == []
    assert len(manifest_of([replace(one, source="x", content="x") for one in release.expressions]))


def test_the_sheet_of_2019_in_full_size_and_with_its_tenth_column(tmp_path):
    rows = full_size()
    for place in [place for place, row in enumerate(rows) if row[6] == "sadness"][:3]:
        rows[place] = (*rows[place][:6], "surprise")
    tenth = [(*r[:2], None, *r[2:5], None, *r[5:], n) for r, n in zip(rows, spread(CLASSES, 3), strict=True)]
    write_table(tmp_path / SHEET_2019, (*HEADER, "Objective Classes"), tenth)
    release = read("c2", spec(tmp_path), tmp_path, frames=False)
    assert sum(counts(release, "five_class").values()) == 249
    assert counts(release, "three_class") == {"negative": 96, "positive": 32, "surprise": 28}
    assert counts(release, "objective")["VI"] == 1
    assert release.remarks[2].endswith("249 rows in five_class, expected (20190701)")


def test_a_copy_with_the_256th_clip_and_another_release_are_told(tmp_path):
    rows = [*full_size(), ("24", "EP02_07", 61, 91, 106, "4", "disgust")]
    write_sheet(tmp_path / SHEET_2014, rows)
    remarks = read("c2", spec(tmp_path), tmp_path, frames=False).remarks
    assert remarks[0].endswith("256 rows, expected (with sub24/EP02_07)")
    assert remarks[2].endswith("247 rows in five_class, expected (20140508 with sub24/EP02_07)")
    assert remarks[3] == "c2: 256 rows without a shipped objective class: by their action units"
    write_sheet(tmp_path / SHEET_2014, rows[:200])
    (first, *_) = read("c2", spec(tmp_path), tmp_path, frames=False).remarks
    assert "200 rows: another release, or a damaged copy (published: 20140508 and 20190701 255" in first


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=permutations(ROWS), how=data())
def test_neither_the_order_of_rows_nor_the_writing_of_numbers_matters(casme2, order, how):
    def written(number: str) -> object:
        plain = int(number)
        return how.draw(sampled_from([number, plain, str(plain), f"{plain:03d}", f"sub{plain:02d}", f" {plain} "]))

    def cell(number: object) -> object:
        if not isinstance(number, int):
            return number
        return how.draw(sampled_from([number, float(number), str(number), f"{number:05d}", f" {number}"]))

    rows = [(written(row[0]), row[1], *map(cell, row[2:5]), *row[5:]) for row, _ in order]
    write_sheet(casme2 / SHEET_2014, rows)
    release = read("c2", spec(casme2), casme2, frames=True)
    assert found(release) == READ
    assert {one[:3] for one in repaired(release)} == {one[:3] for one in REPAIRS}


@pytest.mark.parametrize(
    "name", ["CASME2_RAW_selected", "casme2_raw_selected", "CASME2-RAW-selected", "RAW_selected/RAW_selected"]
)
def test_the_name_of_the_folder_does_not_matter(casme2, name):
    (casme2 / SELECTED).rename(casme2 / "aside")
    (casme2 / "CASME2_RAW_selected").rmdir()
    (casme2 / name).parent.mkdir(exist_ok=True)
    (casme2 / "aside").rename(casme2 / name)
    assert found(read("c2", spec(casme2), casme2, frames=True)) == READ


def test_the_root_may_be_the_folder_of_subjects_itself(casme2):
    root = casme2 / SELECTED
    (casme2 / SHEET_2014).rename(root / SHEET_2014)
    (casme2 / "CASME2-ObjectiveClasses.xlsx").rename(root / "CASME2-ObjectiveClasses.xlsx")
    assert found(read("c2", spec(root), root, frames=True)) == READ
