"""SAMM Long Videos as its owners ship it, rows and counts typed here from the published ones."""

import tempfile
from collections import Counter
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mexflow.config.datasets import ReleasedSpec
from mexflow.datasets.index import read_dataset
from mexflow.datasets.manifest import manifest_of
from mexflow.errors import UserError

TABLE = "SAMM_LongVideos_V3_Release.xlsx"
COLUMNS = [
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
PREAMBLE = {
    "A1": "SAMM Long Videos Dataset - FACS Codes",
    "A3": "Symbol Key:",
    "A4": "T = top, B = bottom",
    "A6": "AU Help:",
    "A7": "AU1 Inner brow raiser",
    "F7": "NOTE: Subjects with Apex Frame not annotated were labelled as -1.",
    "A8": "AU2 Outer brow raiser",
}
MICRO = "Micro - 1/2"
ROWS = [
    # subject, file, inducement, onset, apex, offset, type, units, notes
    ("006", "006_1_2", 1, 62, 88, 132, MICRO, "(R6 or R12)+R15", None),
    ("006", "006_1_5", 1, 566.4, 601.5, 720.6, "Macro", "6+12", None),
    ("010", "010_1_3", 1, 200, -1, 401, "Macro", 4, "no apex"),
    ("011", "011_6_10", 6, 0, 40, 300, "Macro", "1+2", "begins at once"),
    ("012", "012_4_1", 4, 901, 1200, 1524, "Macro", "14", "longer than its video"),
    ("016", "016_7_1", 7, 9990, 10005, 10030, "Macro", "12", "five digits"),
    ("020", "020_6_5", 6, 4950, 4990, 5476, "Macro", "12", None),
    ("036", "036_7_4", 7, 8180, 8190, 8298, "Macro", "12", None),
    ("037", "037_4_1", 4, 120, 150, 180, MICRO, "4", "the same name"),
    ("037", "037_4_1", 4, 1000.2, 1100, 1400, "Macro", "4+7", "twice"),
]
FRAMES = {
    "006_1": range(60, 730),
    "010_1": range(190, 410),
    "011_6": range(1, 302),
    "012_4": range(890, 1001),
    "016_7": range(9980, 10041),
    "020_6": range(4900, 5002),
    "036_7": range(8150, 8202),
    "037_4": [*range(110, 190), *range(990, 1410)],
}
READ = [
    # subject, video, clip, onset, apex, offset, apex_source, type
    ("006", "006_1", "006_1_2", 62, 88, 132, "label", "micro"),
    ("006", "006_1", "006_1_5", 566, 602, 721, "label", "macro"),
    ("010", "010_1", "010_1_3", 200, 300, 401, "middle", "macro"),
    ("011", "011_6", "011_6_10", 1, 40, 300, "label", "macro"),
    ("012", "012_4", "012_4_1", 901, 950, 1000, "middle", "macro"),
    ("016", "016_7", "016_7_1", 9990, 10005, 10030, "label", "macro"),
    ("020", "020_6", "020_6_5", 4950, 4990, 5001, "label", "macro"),
    ("036", "036_7", "036_7_4", 8180, 8190, 8201, "label", "macro"),
    ("037", "037_4", "037_4_1", 120, 150, 180, "label", "micro"),
    ("037", "037_4", "037_4_1", 1000, 1100, 1400, "label", "macro"),
]
MENDED_IN_LABELS = [
    ("006", "006_1_5", "566.4", "float_frame", "566.4", "566"),
    ("006", "006_1_5", "566.4", "float_frame", "601.5", "602"),
    ("006", "006_1_5", "566.4", "float_frame", "720.6", "721"),
    ("010", "010_1_3", "200", "apex_missing", "-1", "300"),
    ("011", "011_6_10", "0", "onset_zero", "0", "1"),
    ("037", "037_4_1", "1000.2", "float_frame", "1000.2", "1000"),
]
MENDED_ON_DISK = [
    ("012", "012_4_1", "901", "offset_beyond_last_frame", "1524", "1000"),
    ("012", "012_4_1", "901", "apex_outside", "1200", "950"),
    ("020", "020_6_5", "4950", "offset_beyond_last_frame", "5476", "5001"),
    ("036", "036_7_4", "8180", "offset_beyond_last_frame", "8298", "8201"),
]
SAMM_ROWS = [
    # subject, file, emotion, objective class: the rest of SAMM's own table
    ("006", "006_1_2", "Happiness", 1),
    ("037", "037_4_1", "Anger", 7),
    ("037", "037_9_9", "Fear", 3),
]


def write_xlsx(path: Path, rows, columns=tuple(COLUMNS)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    book = openpyxl.Workbook()
    page = book.active
    page.title = "FACS_Movement_Only"
    for cell, text in PREAMBLE.items():
        page[cell] = text
    for number, row in enumerate([None, *rows], 10):
        cells = dict(zip([one for one in COLUMNS if one != "Duration"], row or (), strict=row is not None))
        cells["Duration"] = f"=SUM(F{number}-D{number})+1"
        for place, column in enumerate(columns, 1):
            page.cell(number, place, column if row is None else cells[column])
    book.save(path)
    return path


def write_samm(path: Path, rows=SAMM_ROWS) -> Path:
    """SAMM's own table. Its frame numbers are those of the camera: 2,000 more in video 006_1."""
    path.parent.mkdir(parents=True, exist_ok=True)
    book = openpyxl.Workbook()
    page = book.active
    page.title = "MICRO_ONLY"
    page["A1"] = "SAMM Micro-Movement Dataset"
    columns = ("Subject", "Filename", "Inducement Code", "Onset Frame", "Apex Frame", "Offset Frame", "Duration")
    columns = (*columns, "Micro", "Action Units", "Estimated Emotion", "Objective Classes", "Notes")
    for place, column in enumerate(columns, 1):
        page.cell(14, place, column)
    for number, (subject, clip, emotion, objective) in enumerate(rows, 15):
        row = (subject, clip, 1, 2062, 2088, 2132, None, MICRO, "12", emotion, objective)
        for place, cell in enumerate(row, 1):
            page.cell(number, place, cell)
    book.save(path)
    return path


def write_frames(root: Path, videos=FRAMES) -> None:
    for video, numbers in videos.items():
        (root / video).mkdir(parents=True)
        for number in numbers:
            (root / video / f"{video}_{number:04d}.jpg").touch()


def read(root: Path, frames=True, **settings):
    return read_dataset("long", ReleasedSpec(kind="samm_lv", root=root, **settings), root, frames)


def seen(release):
    return [
        (one.subject, one.video, one.clip, one.onset, one.apex, one.offset, one.apex_source, one.expression_type)
        for one in release.expressions
    ]


def repairs(release):
    return [(one.subject, one.clip, one.onset, one.rule, one.before, one.after) for one in release.repairs]


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("data")
    write_xlsx(root / TABLE, ROWS)
    write_frames(root / "SAMM_longvideos")
    return root


def test_every_row_is_read(unpacked):
    release = read(unpacked)
    assert seen(release) == READ
    assert repairs(release) == sorted(MENDED_IN_LABELS + MENDED_ON_DISK, key=lambda row: row[:3])
    first = release.expressions[0]
    assert (first.dataset, first.unit, first.source, first.fps) == ("long", "006", "SAMM_longvideos/006_1", 200.0)
    assert [one.action_units for one in release.expressions[:3]] == ["(R6 or R12)+R15", "6+12", "4"]


def test_labels_alone_need_no_frames_and_cut_nothing(tmp_path):
    write_xlsx(tmp_path / TABLE, ROWS)
    uncut = {"012_4_1": (901, 1200, 1524), "020_6_5": (4950, 4990, 5476), "036_7_4": (8180, 8190, 8298)}
    expected = [(*row[:3], *uncut[row[2]], "label", row[7]) if row[2] in uncut else row for row in READ]
    for root in (tmp_path, tmp_path / TABLE):
        release = read(root, frames=False)
        assert seen(release) == expected
        assert repairs(release) == MENDED_IN_LABELS
        assert {one.source for one in release.expressions} == {""}
    with pytest.raises(UserError, match=r"datasets\.long: .*no folder of frames \(SAMM_longvideos, "):
        read(tmp_path)


def test_the_manifest_tells_two_expressions_of_one_name_apart(unpacked):
    table = manifest_of([replace(one, content="x") for one in read(unpacked).expressions])
    assert list(table["sample"][-2:]) == ["037_4_1@120", "037_4_1@1000"]


@pytest.mark.parametrize(("unit", "units"), [("subject", 8), ("video", 8), ("clip", 9)])
def test_the_configuration_decides_the_unit(unit, units, unpacked):
    release = read(unpacked, unit=unit)
    assert len({one.unit for one in release.expressions}) == units
    assert release.expressions[1].unit == {"subject": "006", "video": "006_006_1", "clip": "006_006_1_5"}[unit]


@pytest.mark.parametrize("folder", ["", "SAMM", "labels"])
def test_emotions_come_from_samms_own_table(folder, tmp_path):
    write_xlsx(tmp_path / TABLE, ROWS)
    write_samm(tmp_path / folder / "SAMM_Micro_FACS_Codes_v2.xlsx")
    release = read(tmp_path, frames=False)
    told = {(one.clip, one.onset): (one.emotion, one.three_class, one.objective) for one in release.expressions}
    assert told["006_1_2", 62] == ("Happiness", "positive", "I")
    assert told["037_4_1", 120] == ("Anger", "negative", "VII")
    # A macro-expression of the same name has none, and its class by its action units.
    assert told["037_4_1", 1000] == ("", "", "III")
    assert seen(release)[0] == READ[0]
    assert "long: 2 of 2 micro-expressions have an emotion" in release.remarks
    assert any(remark.startswith("SAMM_Micro_FACS_Codes_v2.xlsx (") for remark in release.remarks)


def test_without_samms_table_there_are_no_emotions(unpacked):
    release = read(unpacked)
    assert release.emotions() == {"": 10}
    assert "long: 0 of 2 micro-expressions have an emotion" in release.remarks
    assert any("no label table of SAMM" in remark for remark in release.remarks)


LAYOUTS = {
    "as unpacked": ("data", "data/SAMM_longvideos"),
    "nested once more": ("data", "data/SAMM_longvideos/SAMM_longvideos"),
    "in other letters": ("data", "data/samm_LongVideos"),
    "with blanks": ("data", "data/SAMM Long Videos"),
    "the root is it": ("SAMM_longvideos", "SAMM_longvideos"),
    "under a name of one's own": ("long", "long"),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("table", [TABLE, "SAMM_LongVideos_V2_Release.xlsx", "labels/SAMM_LongVideos_V1_Release.xlsx"])
def test_where_it_was_unpacked_does_not_matter(layout, table, tmp_path):
    root, frames = (tmp_path / part for part in LAYOUTS[layout])
    write_frames(frames, {"006_1": range(60, 800)})
    write_xlsx(root / table, ROWS[:2])
    release = read(root)
    assert seen(release) == READ[:2]
    assert {root / one.source for one in release.expressions} == {frames / "006_1"}


def test_beside_samm_in_one_folder(tmp_path):
    write_xlsx(tmp_path / TABLE, ROWS[:2])
    write_frames(tmp_path / "SAMM_longvideos", {"006_1": range(60, 800)})
    write_frames(tmp_path / "SAMM" / "006", {"006_1_2": range(2062, 2133)})
    write_samm(tmp_path / "SAMM" / "SAMM_Micro_FACS_Codes_v2.xlsx")
    release = read(tmp_path)
    assert seen(release) == READ[:2]
    assert [one.emotion for one in release.expressions] == ["Happiness", ""]
    assert {one.rule for one in release.repairs} == {"float_frame"}


def test_videos_and_rows_without_each_other_are_told(tmp_path):
    write_xlsx(tmp_path / TABLE, [*ROWS[:3], (None, None, None, None, None, None, None, None, "end")])
    write_frames(tmp_path / "SAMM_longvideos", {"006_1": range(1, 800), "008_5": range(1, 3)})
    (tmp_path / "SAMM_longvideos" / "readme").mkdir()
    release = read(tmp_path)
    assert seen(release) == READ[:2]
    assert [row for row in repairs(release) if row[3] != "float_frame"] == [
        ("", "", "", "row_without_name", f"{tmp_path / TABLE}, row 14", "left out"),
        ("008", "008_5", "", "clip_without_label", "SAMM_longvideos/008_5", "left out"),
        ("010", "010_1_3", "200", "label_without_clip", f"{tmp_path / TABLE}, row 13", "left out"),
    ]


def test_an_expression_after_the_end_of_its_video_is_left_out(tmp_path):
    write_xlsx(tmp_path / TABLE, [ROWS[4]])
    write_frames(tmp_path / "SAMM_longvideos", {"012_4": range(1, 901)})
    release = read(tmp_path)
    assert release.expressions == []
    assert [one.rule for one in release.repairs] == ["interval_impossible"]


def test_one_video_twice_is_an_error(tmp_path):
    write_xlsx(tmp_path / TABLE, ROWS[:1])
    write_frames(tmp_path / "SAMM_longvideos", {"006_1": range(60, 140), "6_1": range(60, 140)})
    with pytest.raises(UserError, match="are the same video"):
        read(tmp_path)


def test_a_type_of_its_own_is_an_error(tmp_path):
    write_xlsx(tmp_path / TABLE, [ROWS[0], (*ROWS[1][:6], "Makro", *ROWS[1][7:])])
    with pytest.raises(UserError, match=r'Release\.xlsx, row 12: type "Makro" is neither micro nor macro'):
        read(tmp_path, frames=False)


def test_a_column_less_is_an_error(tmp_path):
    write_xlsx(tmp_path / TABLE, ROWS, columns=[one for one in COLUMNS if one != "Type"])
    with pytest.raises(UserError, match='no column "Type"'):
        read(tmp_path, frames=False)


def test_another_form_of_the_frames_is_refused(unpacked):
    with pytest.raises(UserError, match='no form "cropped"'):
        read(unpacked, images="cropped")


def test_strict_makes_a_repair_an_error(unpacked):
    with pytest.raises(UserError, match=r"long: 006/006_1_5 \(onset 566.4\): rule float_frame"):
        read(unpacked, strict=True)


def test_a_link_that_leads_out_of_the_root_is_not_followed(tmp_path):
    write_xlsx(tmp_path / "data" / TABLE, ROWS[:1])
    write_frames(tmp_path / "out", {"006_1": range(60, 140)})
    (tmp_path / "data" / "SAMM_longvideos").mkdir()
    (tmp_path / "data" / "SAMM_longvideos" / "006_1").symlink_to(tmp_path / "out" / "006_1")
    with pytest.raises(UserError, match="006_1 leads out of"):
        read(tmp_path / "data")


@pytest.mark.parametrize(("frames", "told"), [(1000, "V1"), (2000, "later")])
def test_one_video_tells_the_release(frames, told, tmp_path):
    write_xlsx(tmp_path / TABLE, [ROWS[4]])
    write_frames(tmp_path / "SAMM_longvideos", {"012_4": range(1, frames + 1)})
    release = read(tmp_path)
    assert f"long: {frames} frames of 012_4, expected ({told})" in release.remarks
    assert [one.offset for one in release.expressions] == [min(frames, 1524)]


# Published: the 147 videos of 30 subjects, and SAMM's rows per subject.
VIDEOS = (
    "006:1234567 007:34567 008:1567 009:23467 010:1234567 011:1234567 012:34567 013:12367 014:1234567 015:13567 "
    "016:124567 017:123456 018:1234567 019:123457 020:1234567 021:37 022:23456 023:14 024:235 025:3456 026:123567 "
    "028:4 030:125 031:3 032:23456 033:1234567 034:367 035:1234567 036:2467 037:23457"
)
PER_SUBJECT = (
    "006:11 007:10 009:4 010:4 011:20 012:3 013:6 014:11 015:3 016:5 017:6 018:4 019:3 020:9 021:2 022:5 023:1 024:1 "
    "025:4 026:13 028:3 030:3 031:1 032:6 033:5 034:3 035:9 036:1 037:3"
)


def full_table():
    """502 rows over all videos: 159 micro (6 without apex), 343 macro (10 from frame 0 on, 143 with fractions)."""
    videos = {subject: list(numbers) for subject, numbers in (one.split(":") for one in VIDEOS.split())}
    names = [
        f"{subject}_{number}_{place}"
        for subject, count in (one.split(":") for one in PER_SUBJECT.split())
        for place, number in enumerate(islice(cycle(videos[subject]), int(count)), 1)
    ]
    rows = [
        (name[:3], name, 1, 1000 * place, 1000 * place + 30 if place > 6 else -1, 1000 * place + 73, MICRO, "4", None)
        for place, name in enumerate(names, 1)
    ]
    every = [f"{subject}_{number}" for subject, numbers in videos.items() for number in numbers]
    for place, video in enumerate(islice(cycle(every), 343), 1):
        onset = 0 if place <= 10 else 500 * place + (0.4 if place > 200 else 0)
        rows.append(
            (video[:3], f"{video}_{place + 50}", 1, onset, 500 * place + 99, 500 * place + 300, "Macro", "4", None)
        )
    return rows, names


def test_the_full_table_gives_the_published_counts(tmp_path):
    rows, names = full_table()
    write_xlsx(tmp_path / TABLE, rows)
    write_samm(tmp_path / "SAMM_Micro_FACS_Codes_v2.xlsx", [(name[:3], name, "Anger", 7) for name in names])
    release = read(tmp_path, frames=False)
    found = release.expressions
    assert len(found) == 502
    assert Counter(one.expression_type for one in found) == {"micro": 159, "macro": 343}
    assert Counter(one.rule for one in release.repairs) == {"apex_missing": 6, "onset_zero": 10, "float_frame": 143}
    assert release.emotions() == {"Anger": 159, "": 343}
    assert Counter(one.subject for one in found if one.expression_type == "micro") == {
        subject: int(count) for subject, count in (one.split(":") for one in PER_SUBJECT.split())
    }
    told = [remark.partition("): ")[2] for remark in release.remarks if remark.startswith(TABLE)]
    assert told == [
        "502 rows, expected (published)",
        "159 micro-expressions, expected (published)",
        "343 macro-expressions, expected (published)",
        "30 subjects, expected (published)",
        "147 videos, expected (published)",
    ]
    assert "long: 159 of 159 micro-expressions have an emotion" in release.remarks


@settings(max_examples=20, deadline=None)
@given(order=st.permutations(ROWS), data=st.data())
def test_order_and_padding_do_not_matter(order, data):
    def written(row):
        subject, clip, code, *interval = row[:6]
        width = data.draw(st.integers(0, 6))
        subject = data.draw(
            st.sampled_from([int(subject), float(subject), f"{int(subject):0{width}d}", f" {subject} "])
        )
        lost = f"{int(clip[:3]):0{width}d}{clip[3:]}"
        cells = [data.draw(st.sampled_from([cell, float(cell), f"{cell:0{width}}", f"{cell} "])) for cell in interval]
        kind = data.draw(st.sampled_from([row[6], row[6].upper(), f" {row[6]}"]))
        return (subject, data.draw(st.sampled_from([clip, f"{clip} ", lost])), code, *cells, kind, *row[7:])

    with tempfile.TemporaryDirectory() as folder:
        path = write_xlsx(Path(folder) / TABLE, ROWS)
        expected = read(path, frames=False).expressions
        again = read(write_xlsx(path, [written(row) for row in order]), frames=False).expressions
    assert again == expected
