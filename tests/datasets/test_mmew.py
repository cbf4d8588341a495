"""MMEW as its owners ship it: a folder per emotion, or per subject and emotion, frames from 1."""

import random
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import data, permutations, sampled_from

from mexflow.config.datasets import ReleasedSpec
from mexflow.datasets.mmew import read
from mexflow.errors import UserError

HEADER = ("Subject", "Filename", "OnsetFrame", "ApexFrame", "OffsetFrame", "Action Units", "Estimated Emotion")
HEADER += ("remarks",)

# Subject, file, onset, apex, offset, action units, emotion, remark; and how many frames lie in which folder.
ROWS = [
    ((3, "S03-01-002", 1, 9, 20, "6+12", "happiness", None), ("happiness", 20)),
    ((13, "S13-07-001", 1, 12, 30, "4+7", "anger", "glasses"), ("anger", 30)),
    ((13, "S13-02-001", 0, 12, 30, "1+2", "surprise", None), ("surprise", 30)),
    ((14, "S14-03-001", 1, 140, 175, "10", "disgust", None), ("disgust", 75)),
    ((14, "S14-03-002", 1, 0, 25, 9, "disgust", None), ("disgust", 25)),
    ((15, "S15-04-001", 40, 50, 80, "14", "others", None), ("others", 31)),
    ((16, "S17-05-001", 1, 5, 9, "20", "fear", "of another person"), ("fear", 9)),
    ((18, "S18-06-001", 1, 5, 9, "15", "sadness", None), None),
]
READ = [
    ("S03", "S03-01-002", 1, 9, 20, "label", "happiness", "positive", "I"),
    ("S13", "S13-02-001", 1, 12, 30, "label", "surprise", "surprise", "II"),
    ("S13", "S13-07-001", 1, 12, 30, "label", "anger", "negative", "III"),
    ("S14", "S14-03-001", 1, 38, 75, "middle", "disgust", "negative", "IV"),
    ("S14", "S14-03-002", 1, 13, 25, "middle", "disgust", "negative", "IV"),
    ("S15", "S15-04-001", 1, 16, 31, "middle", "others", "", "VII"),
    ("S17", "S17-05-001", 1, 5, 9, "label", "fear", "negative", "VI"),
]
REPAIRS = {
    ("S13", "S13-02-001", "onset_zero", "0", "1"),
    ("S14", "S14-03-001", "offset_beyond_last_frame", "175", "75"),
    ("S14", "S14-03-001", "apex_outside", "140", "38"),
    ("S14", "S14-03-002", "apex_missing", "0", "13"),
    ("S15", "S15-04-001", "interval_from_frames", "40..80", "1..31"),
    ("S15", "S15-04-001", "apex_outside", "50", "16"),
    ("S17", "S17-05-001", "subject_from_clip_name", "S16", "S17"),
    ("S18", "S18-06-001", "label_without_clip", "row 9", "left out"),
    ("S19", "S19-01-001", "clip_without_label", "Micro_Expression/happiness/S19-01-001", "left out"),
}


def spec(root: Path, **keys) -> ReleasedSpec:
    return ReleasedSpec(kind="mmew", root=root, **keys)


def write_sheet(path: Path, rows: list[tuple]) -> Path:
    book = openpyxl.Workbook()
    for row in (HEADER, *rows):
        book.active.append(row)
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)
    return path


def write_frames(folder: Path, layout: str = "{emotion}/{clip}") -> None:
    clips = [(row[1], *place) for row, place in ROWS if place]
    for clip, emotion, last in [*clips, ("S19-01-001", "happiness", 3)]:
        home = folder / layout.format(emotion=emotion, clip=clip, subject=clip[:3])
        home.mkdir(parents=True)
        for number in range(1, last + 1):
            (home / f"{number}.jpg").touch()


@pytest.fixture
def mmew(tmp_path) -> Path:
    """A folder as unpacked from the owners."""
    root = tmp_path / "MMEW_Final"
    write_sheet(root / "MMEW_Micro_Exp.xlsx", [row for row, _ in ROWS])
    write_frames(root / "Micro_Expression")
    still = root / "Macro_Expression" / "S01" / "anger" / "S01-07-001.jpg"
    still.parent.mkdir(parents=True)
    still.touch()
    return root


def found(release) -> list[tuple]:
    return [
        (
            one.subject, one.clip, one.onset, one.apex, one.offset, one.apex_source, one.emotion, one.three_class,
            one.objective,
        )
        for one in release.expressions
    ]  # fmt: skip


def repaired(release) -> set[tuple]:
    return {(one.subject, one.clip, one.rule, one.before.rpartition(", ")[2], one.after) for one in release.repairs}


def test_every_row_and_every_repair(mmew):
    release = read("m", spec(mmew), mmew, frames=True)
    assert found(release) == READ
    assert repaired(release) == REPAIRS
    assert len(release.repairs) == len(REPAIRS)
    assert {(one.fps, one.expression_type) for one in release.expressions} == {(90.0, "micro")}
    assert release.expressions[2].source == "Micro_Expression/anger/S13-07-001"


def test_labels_alone_need_no_frame(mmew):
    for root in (mmew, mmew / "MMEW_Micro_Exp.xlsx"):
        release = read("m", spec(root), root, frames=False)
        assert [one.subject for one in release.expressions] == ["S03", "S13", "S13", "S14", "S14", "S15", "S17", "S18"]
        assert [one.offset for one in release.expressions if one.subject == "S15"] == [80]
        assert {one.rule for one in release.repairs} == {"onset_zero", "apex_missing", "subject_from_clip_name"}


@pytest.mark.parametrize("layout", ["{emotion}/{clip}", "{subject}/{emotion}/{clip}", "{subject}/{clip}", "{clip}"])
@pytest.mark.parametrize(
    ("frames", "table"),
    [
        ("Micro_Expression", "MMEW_Micro_Exp.xlsx"),
        ("MMEW_Final/Micro_Expression", "MMEW_Micro_Exp (20).xlsx"),
        ("MMEW/Micro_Expression", "MMEW/MMEW_Micro_Exp_v2.xlsx"),
        ("micro_expression/Micro_Expression", "mmew_micro_exp.XLSX"),
    ],
)
def test_neither_layout_nor_names_of_folders_matter(tmp_path, layout, frames, table):
    write_sheet(tmp_path / table, [row for row, _ in ROWS])
    write_frames(tmp_path / frames, layout)
    assert found(read("m", spec(tmp_path), tmp_path, frames=True)) == READ


def test_a_clip_that_is_there_twice_is_told(mmew):
    (mmew / "Micro_Expression" / "anger" / "S03-01-002").mkdir()
    with pytest.raises(UserError, match=r"S03-01-002: the same clip as .*S03-01-002\. Remove one\."):
        read("m", spec(mmew), mmew, frames=True)


def test_strict_turns_a_repair_into_an_error(mmew):
    with pytest.raises(UserError, match=r"S17/S17-05-001 .* rule subject_from_clip_name would make 'S16' into 'S17'"):
        read("m", spec(mmew, strict=True), mmew, frames=False)


def test_a_name_that_is_no_clips_keeps_the_subject_of_its_row(mmew):
    write_sheet(mmew / "MMEW_Micro_Exp.xlsx", [(7, "../../../etc", 1, 2, 3, 4, "anger", None), ROWS[0][0]])
    release = read("m", spec(mmew), mmew, frames=True)
    assert [one.clip for one in release.expressions] == ["S03-01-002"]
    assert ("S07", "../../../etc", "label_without_clip", "row 2", "left out") in repaired(release)


def test_the_table_in_full_size(tmp_path):
    # 300 clips of 30 subjects are published; how they spread is not.
    emotions = {"surprise": 89, "disgust": 72, "others": 66, "happiness": 36, "fear": 16, "sadness": 13, "anger": 8}
    order = [emotion for emotion, count in emotions.items() for _ in range(count)]
    random.Random(1).shuffle(order)
    rows = [
        (place % 30 + 1, f"S{place % 30 + 1:02d}-01-{place:03d}", 1, 9, 20, "4", emotion, None)
        for place, emotion in enumerate(order)
    ]
    table = write_sheet(tmp_path / "MMEW_Micro_Exp.xlsx", rows)
    release = read("m", spec(tmp_path), table, frames=False)
    values = [one.emotion for one in release.expressions]
    assert {emotion: values.count(emotion) for emotion in values} == emotions
    classes = [one.three_class for one in release.expressions]
    assert [classes.count(name) for name in ("negative", "positive", "surprise")] == [72 + 16 + 13 + 8, 36, 89]
    assert [remark.partition("): ")[2] for remark in release.remarks] == [
        "300 rows, expected (as published)",
        "30 subjects, expected (as published)",
    ]
    assert release.repairs == []
    write_sheet(table, rows[:299])
    assert "299 rows: another release" in read("m", spec(tmp_path), table, frames=False).remarks[0]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=permutations([row for row, _ in ROWS]), how=data())
def test_neither_the_order_of_rows_nor_the_writing_of_numbers_matters(mmew, order, how):
    def written(number: int) -> object:
        return how.draw(sampled_from([number, float(number), str(number), f"{number:03d}", f"S{number:02d}", None]))

    def cell(number: int) -> object:
        return how.draw(sampled_from([number, float(number), str(number), f"{number:04d}"]))

    write_sheet(
        mmew / "MMEW_Micro_Exp.xlsx",
        [(written(row[0]), row[1], *map(cell, row[2:5]), *row[5:]) for row in order],
    )
    release = read("m", spec(mmew), mmew, frames=True)
    assert found(release) == READ
    known = {one[:3] for one in REPAIRS}
    assert {one[:3] for one in repaired(release)} | {("S17", "S17-05-001", "subject_from_clip_name")} == known
