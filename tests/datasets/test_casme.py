"""CASME as its owners ship it: selected and cropped frames, numbers with and without zeros, shared clip names."""

import random
import tempfile
from pathlib import Path

import openpyxl
import pytest
import xlwt
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import data, integers, lists, permutations, sampled_from, tuples

from mexflow.config.datasets import ReleasedSpec
from mexflow.datasets.casme import read
from mexflow.datasets.manifest import manifest_of
from mexflow.errors import UserError

HEADER = ("Subject", "Filename", None, "OnsetF", "ApexF1", "ApexF2", "OffsetF", None, "AU", "Emotion")

# Subject, file, onset, two apexes, offset, action units, emotion.
ROWS = [
    (1, "EP01_5", 69, 75, 76, 90, 4, "disgust"),
    (1, "EP01_12", 98, 102, 0, 111, "4+7", "tense"),
    (3, "EP07_1", 310, 305, 305, 300, "14", "repression"),
    (3, "EP09_3", 4, 8, 8, 15, "12", "happiness"),
    (6, "EP02_5", 5, 9, 9, 15, "4", "disgust"),
    (6, "EP02_5", 30, "/", 35, 40, "4", "disgust"),
    (6, "EP02_5", 52, 55, 55, 71, "4", "tense"),
    (6, "EP02_5", 200, 205, 205, 210, "4", "tense"),
    (7, "EP17_2", 7, 12, 12, 19, "1+2", "surprise"),
    (8, "EP12_2_10", 5, 9, 9, 300, "L10", "contempt"),
    (12, "EP11", 9, 15, 15, 20, "20", "fear"),
    (13, "EP08_5", 131, 135, 135, 14, "15", "sadness"),
]
# Subject, clip, how a frame is written, and the frames.
CLIPS = [
    ("sub01", "EP01_5", "EP01_5-{}.jpg", range(69, 91)),
    ("sub01", "EP01_12", "EP01_12-{}.jpg", range(98, 112)),
    ("sub03", "EP07_1", "EP07_1-{}.jpg", range(100, 150)),
    ("sub03", "EP09_3", "EP09_3-{}.jpg", range(101, 120)),
    ("sub06", "EP02_5", "EP02_5-{}.jpg", [*range(5, 16), *range(30, 41), *range(52, 61)]),
    ("sub07", "EP17_2", "EP17_2-{:03d}.jpg", range(7, 20)),
    ("sub08", "EP12_2_10", "EP12_2_10-{:03d}.jpg", range(5, 16)),
    ("sub13", "EP08_5", "EP08_5-{:03d}.jpg", range(131, 143)),
    ("sub13", "EP09_9", "EP09_9-{:03d}.jpg", range(1, 4)),
]
READ = [
    ("sub01", "EP01_12", 98, 102, 111, "label", "tense", ""),
    ("sub01", "EP01_5", 69, 75, 90, "label", "disgust", "negative"),
    ("sub03", "EP07_1", 100, 124, 149, "middle", "repression", "negative"),
    ("sub03", "EP09_3", 101, 110, 119, "middle", "happiness", "positive"),
    ("sub06", "EP02_5", 5, 9, 15, "label", "disgust", "negative"),
    ("sub06", "EP02_5", 30, 35, 40, "middle", "disgust", "negative"),
    ("sub06", "EP02_5", 52, 55, 60, "label", "tense", ""),
    ("sub07", "EP17_2", 7, 12, 19, "label", "surprise", "surprise"),
    ("sub08", "EP12_2_10", 5, 9, 15, "label", "contempt", "negative"),
    ("sub13", "EP08_5", 131, 135, 142, "label", "sadness", "negative"),
]
REPAIRS = {
    ("sub03", "EP07_1", "310", "interval_from_frames", "310..300", "100..149"),
    ("sub03", "EP07_1", "310", "apex_outside", "305", "124"),
    ("sub03", "EP09_3", "4", "interval_from_frames", "4..15", "101..119"),
    ("sub03", "EP09_3", "4", "apex_outside", "8", "110"),
    ("sub06", "EP02_5", "30", "apex_missing", "/", "35"),
    ("sub06", "EP02_5", "52", "offset_beyond_last_frame", "71", "60"),
    ("sub06", "EP02_5", "200", "interval_impossible", "200..210 and the frames on disk, 5..60, have nothing in common"),
    ("sub08", "EP12_2_10", "5", "offset_beyond_last_frame", "300", "15"),
    ("sub12", "EP11", "9", "label_without_clip", "row 12", "left out"),
    ("sub13", "EP08_5", "131", "interval_from_frames", "131..14", "131..142"),
    ("sub13", "EP09_9", "", "clip_without_label", "CASME_raw_selected/sub13/EP09_9", "left out"),
}


def spec(root: Path, **keys) -> ReleasedSpec:
    return ReleasedSpec(kind="casme", root=root, **keys)


def write_sheet(path: Path, rows: list[tuple]) -> Path:
    """The label table, true xlsx or true xls."""
    lines = [HEADER, *((*row[:2], None, *row[2:6], None, *row[6:]) for row in rows)]
    path.parent.mkdir(parents=True, exist_ok=True)
    book = xlwt.Workbook() if path.suffix == ".xls" else openpyxl.Workbook()
    sheet = book.add_sheet("Sheet1") if path.suffix == ".xls" else book.active
    for number, line in enumerate(lines):
        for place, cell in enumerate(line):
            if cell is None:
                continue
            if path.suffix == ".xls":
                sheet.write(number, place, cell)
            else:
                sheet.cell(number + 1, place + 1, cell)
    book.save(path)
    return path


def write_frames(folder: Path, prefix: str = "") -> None:
    for subject, clip, name, frames in CLIPS:
        (folder / subject / clip).mkdir(parents=True)
        for number in frames:
            (folder / subject / clip / (prefix + name.format(number))).touch()


@pytest.fixture
def casme(tmp_path) -> Path:
    """A folder as unpacked from the owners, selected frames only."""
    root = tmp_path / "CASME"
    write_sheet(root / "casme.xlsx", ROWS)
    write_frames(root / "CASME_raw_selected")
    return root


def found(release) -> list[tuple]:
    return [
        (one.subject, one.clip, one.onset, one.apex, one.offset, one.apex_source, one.emotion, one.three_class)
        for one in release.expressions
    ]


def repaired(release, places: bool = True) -> set[tuple]:
    """Every repair; `before` without the file and the row's number where the row is left out for its interval."""
    repairs = set()
    for one in release.repairs:
        before = one.before.rpartition("casme.xlsx, ")[2]
        row, colon, why = before.partition(": ")
        if one.rule == "interval_impossible":
            assert row.startswith("row ")
            assert (colon, one.after) == (": ", "left out")
            repairs.add((one.subject, one.clip, one.onset, one.rule, why))
        else:
            before = before if places or not before.startswith("row ") else ""
            repairs.add((one.subject, one.clip, one.onset, one.rule, before, one.after))
    return repairs


def test_every_row_and_every_repair(casme):
    release = read("c1", spec(casme), casme, frames=True)
    assert found(release) == READ
    assert repaired(release) == REPAIRS
    assert len(release.repairs) == len(REPAIRS)
    assert {one.fps for one in release.expressions} == {60.0}
    assert {(one.objective, one.action_units) for one in release.expressions if one.clip == "EP12_2_10"} == {
        ("IV", "L10")
    }


def test_expressions_that_share_a_clip_are_told_apart_by_their_onset(casme):
    expressions = read("c1", spec(casme), casme, frames=False).expressions
    assert [one.onset for one in expressions if one.clip == "EP02_5"] == [5, 30, 52, 200]
    release = read("c1", spec(casme), casme, frames=True)
    for one in release.expressions:
        object.__setattr__(one, "content", "x")
    manifest = manifest_of(release.expressions)
    assert list(manifest["sample"][manifest["clip"] == "EP02_5"]) == ["EP02_5@5", "EP02_5@30", "EP02_5@52"]


# Onset and offset as in the table, the frames of all of them on disk, and what is read.
SHARED = {
    "a digit is lost: before the onset": ([(30, 4), (60, 70)], [(30, 40), (60, 70)], [(30, 40), (60, 70)]),
    "a digit too many: behind the next onset": ([(30, 400), (60, 70)], [(30, 40), (60, 70)], [(30, 40), (60, 70)]),
    "the last of the clip": ([(30, 40), (60, 7)], [(30, 40), (60, 75)], [(30, 40), (60, 75)]),
    "no gap up to the next onset": ([(30, 3), (41, 50)], [(30, 40), (41, 50)], [(30, 40), (41, 50)]),
    "zero": ([(30, 0), (60, 70)], [(30, 40), (60, 70)], [(30, 40), (60, 70)]),
    # Two expressions may overlap, or a frame be missing: the label stands while the frames allow it.
    "overlapping": ([(30, 50), (41, 60)], [(30, 60)], [(30, 50), (41, 60)]),
    "a frame is missing within": ([(30, 40), (60, 70)], [(30, 35), (37, 40), (60, 70)], [(30, 40), (60, 70)]),
    "short of its frames": ([(30, 35), (60, 70)], [(30, 40), (60, 70)], [(30, 35), (60, 70)]),
}


@pytest.mark.parametrize(("labels", "runs", "expected"), SHARED.values(), ids=SHARED)
def test_an_offset_that_cannot_be_is_taken_from_the_expression_s_own_frames(tmp_path, labels, runs, expected):
    write_sheet(tmp_path / "casme.xlsx", [(6, "EP02_5", on, on + 2, 0, off, "4", "disgust") for on, off in labels])
    folder = tmp_path / "CASME_raw_selected" / "sub06" / "EP02_5"
    folder.mkdir(parents=True)
    for number in (number for first, last in runs for number in range(first, last + 1)):
        (folder / f"EP02_5-{number}.jpg").touch()
    release = read("c1", spec(tmp_path), tmp_path, frames=True)
    assert [(one.onset, one.offset) for one in release.expressions] == expected
    assert [(one.rule, one.onset, one.before, one.after) for one in release.repairs] == [
        ("offset_from_frames", str(onset), str(before), str(after))
        for (onset, before), (_, after) in zip(labels, expected, strict=True)
        if before != after
    ]


@settings(max_examples=25, deadline=None)
@given(lengths=lists(tuples(integers(3, 12), integers(2, 9)), min_size=2, max_size=4), wrong=data())
def test_any_offset_of_a_shared_clip_is_mended_whatever_was_typed(lengths, wrong):
    # Expressions of some length, some frames between them; one offset is before its onset or behind another onset.
    truth, first = [], 1
    for length, gap in lengths:
        truth.append((first, first + length - 1))
        first += length + gap
    place = wrong.draw(integers(0, len(truth) - 1))
    before = [*range(1, truth[place][0])] + [off for _, off in truth[place + 1 :]]
    typed = list(truth)
    if before:
        typed[place] = truth[place][0], wrong.draw(sampled_from(before))
    with tempfile.TemporaryDirectory() as parent:
        root = Path(parent)
        write_sheet(root / "casme.xlsx", [(1, "EP01", on, on + 1, 0, off, "4", "fear") for on, off in typed])
        folder = root / "Cropped" / "sub01" / "EP01"
        folder.mkdir(parents=True)
        for number in (number for on, off in truth for number in range(on, off + 1)):
            (folder / f"reg_EP01-{number:03d}.jpg").touch()
        release = read("c1", spec(root), root, frames=True)
    assert [(one.onset, one.offset) for one in release.expressions] == truth
    assert len(release.repairs) == (typed != truth)


def test_labels_alone_need_no_frame(casme):
    release = read("c1", spec(casme / "casme.xlsx"), casme / "casme.xlsx", frames=False)
    assert len(release.expressions) == len(ROWS) - 2
    assert repaired(release) == {
        ("sub03", "EP07_1", "310", "interval_impossible", "onset 310 lies after offset 300"),
        ("sub06", "EP02_5", "30", "apex_missing", "/", "35"),
        ("sub13", "EP08_5", "131", "interval_impossible", "onset 131 lies after offset 14"),
    }


def test_strict_turns_a_repair_into_an_error(casme):
    write_sheet(casme / "one.xlsx", [ROWS[5]])
    with pytest.raises(UserError, match=r"sub06/EP02_5 \(onset 30\): rule apex_missing would make '/' into '35'"):
        read("c1", spec(casme, strict=True, labels="one.xlsx"), casme, frames=True)


@pytest.mark.parametrize("folder", ["Cropped", "Cropped2", "cropped/Cropped"])
def test_cropped_frames_have_a_prefix(tmp_path, folder):
    write_sheet(tmp_path / "CASME.xls", ROWS)
    write_frames(tmp_path / folder, prefix="reg_")
    release = read("c1", spec(tmp_path, images="cropped"), tmp_path, frames=True)
    assert found(release) == READ
    assert release.expressions[0].source == f"{folder}/sub01/EP01_12"


@pytest.mark.parametrize("folder", ["CASME_raw_selected/CASME_raw_selected", "CASME_RAW_selected", "raw_selected"])
def test_the_name_of_the_folder_does_not_matter(tmp_path, folder):
    write_sheet(tmp_path / "casme.xlsx", ROWS)
    write_frames(tmp_path / folder)
    assert found(read("c1", spec(tmp_path), tmp_path, frames=True)) == READ


def test_no_name_leads_out_of_the_root(casme, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "EP01-1.jpg").touch()
    write_sheet(casme / "casme.xlsx", [(1, "../../../elsewhere", 1, 1, 1, 1, 1, "tense"), *ROWS[:2]])
    release = read("c1", spec(casme), casme, frames=True)
    assert {one.clip for one in release.expressions} == {"EP01_5", "EP01_12"}
    assert ("sub01", "../../../elsewhere", "1", "label_without_clip", "row 2", "left out") in repaired(release)


SUBJECTS = {1: 38, 2: 2, 3: 5, 4: 5, 5: 2, 6: 18, 7: 26, 8: 24, 9: 7, 10: 6, 11: 1, 12: 3, 13: 9, 14: 11, 15: 3, 16: 4}
SUBJECTS |= {17: 10, 18: 15}
EMOTIONS = {"tense": 68, "disgust": 45, "repression": 39, "surprise": 20, "happiness": 7, "sadness": 6, "contempt": 2}
EMOTIONS |= {"fear": 2}


def test_the_table_in_full_size(tmp_path):
    subjects = [(subject, f"EP{clip:02d}_1") for subject, count in SUBJECTS.items() for clip in range(count)]
    emotions = [emotion for emotion, count in EMOTIONS.items() for _ in range(count)]
    random.Random(1).shuffle(emotions)
    write_sheet(
        tmp_path / "CASME.xls",
        [
            (*key, 10 + place, 15 + place, 15 + place, 30 + place, "4", emotion)
            for place, (key, emotion) in enumerate(zip(subjects, emotions, strict=True))
        ],
    )
    release = read("c1", spec(tmp_path), tmp_path, frames=False)

    def counts(column: str) -> dict[str, int]:
        values = [getattr(one, column) for one in release.expressions]
        return {value: values.count(value) for value in values if value}

    assert counts("subject") == {f"sub{subject:02d}": count for subject, count in SUBJECTS.items()}
    assert counts("emotion") == EMOTIONS
    assert counts("three_class") == {"negative": 94, "positive": 7, "surprise": 20}
    assert counts("five_class") == counts("binary") == counts("seven_class") == {}
    assert release.repairs == []
    assert [remark.partition("): ")[2] for remark in release.remarks] == [
        "189 rows, expected (as released)",
        "18 subjects, expected (as released)",
    ]
    assert release.remarks[0].startswith("CASME.xls (")


def test_another_release_is_told(casme):
    rows, subjects = read("c1", spec(casme), casme, frames=False).remarks
    assert "12 rows: another release, or a damaged copy (published: as released 189, as published 195)" in rows
    assert "7 subjects: another release" in subjects


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=permutations(ROWS), how=data())
def test_neither_the_order_of_rows_nor_the_writing_of_numbers_matters(casme, order, how):
    def written(number: int) -> object:
        return how.draw(sampled_from([number, float(number), str(number), f"{number:02d}", f"sub{number:02d}"]))

    def cell(number: object) -> object:
        if not isinstance(number, int):
            return number
        return how.draw(sampled_from([number, float(number), str(number), f"{number:04d}", f"{number} "]))

    write_sheet(casme / "casme.xlsx", [(written(row[0]), row[1], *map(cell, row[2:6]), *row[6:]) for row in order])
    release = read("c1", spec(casme), casme, frames=True)
    assert found(release) == READ
    assert {one[:2] + one[3:4] for one in repaired(release)} == {one[:2] + one[3:4] for one in REPAIRS}
