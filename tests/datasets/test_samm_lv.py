"""SAMM Long Videos as its owners ship it, rows and counts typed here from the published ones."""

import tempfile
from collections import Counter
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path
from statistics import fmean

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


# As published: what begins at frame 0; what ends behind its video, and that video's last frame.
FROM_ZERO = "011_6_10 011_6_8 012_3_3 018_3_3 018_4_4 018_4_7 018_4_9 018_6_2 018_6_5 020_6_3"
PAST_THE_END = {"012_4_1": (1524, 1000), "020_6_5": (5476, 5001), "036_7_4": (8298, 8201)}
# 79 videos of 29 subjects with a micro-expression; 17 without a macro-expression: 130 of 29 subjects have one. Which
# they are is made up.
MICRO_VIDEOS = (
    "006:1235 007:34567 009:23 010:4 011:1234567 012:7 013:12367 014:1234567 015:5 016:7 017:6 018:157 019:345 020:123 "
    "021:7 022:23456 023:1 024:2 025:456 026:123567 028:4 030:15 031:3 032:36 033:1 034:3 035:1234567 036:6 037:24"
)
WITHOUT_MACRO = "006:12 007:34 009:2 010:4 011:3 012:7 014:1 015:5 016:7 017:6 018:1 019:3 020:1 024:2 031:3"


def videos_of(listed: str) -> dict[str, list[str]]:
    parts = (one.split(":") for one in listed.split())
    return {subject: [f"{subject}_{number}" for number in numbers] for subject, numbers in parts}


def lengths(count: int, total: int, spread: int) -> list[int]:
    """So many numbers with that sum, a third of them lower and a third higher by the spread; the highest first."""
    mean, more = divmod(total, count)
    return sorted((mean + (place < more) + spread * (place % 3 - 1) for place in range(count)), reverse=True)


def full_table():
    """502 rows, by subject, video and type as many as published: 159 micro (6 without apex), 343 macro.

    Ten of these are from frame 0 on, three end behind their video, 143 have fractions. All other frame numbers are made
    up: offset − onset is 73 and, without the ten, 348.43 on average, as published.
    """
    videos = videos_of(MICRO_VIDEOS)
    counts = dict(one.split(":") for one in PER_SUBJECT.split())
    names = [name for subject, count in counts.items() for name in islice(cycle(videos[subject]), int(count))]
    micro = [f"{name}_{place}" for place, name in enumerate(names, 1)]
    rows = [
        (name[:3], name, 1, 1 + place, -1 if place < 6 else 21 + place, 1 + place + length, MICRO, "4", None)
        for place, (name, length) in enumerate(zip(micro, lengths(159, 73 * 159, 27), strict=True))
    ]
    rows += [(name[:3], name, 1, 0, 300, 950, "Macro", "4", None) for name in FROM_ZERO.split()]
    macro = iter(lengths(333, 116027, 247))
    for name, (offset, _) in PAST_THE_END.items():
        onset = offset - next(macro)
        rows.append((name[:3], name, 1, onset, onset + 9, offset, "Macro", "4", None))
    without = videos_of(WITHOUT_MACRO)
    every = [name for own in videos_of(VIDEOS).values() for name in own if name not in without.get(name[:3], ())]
    for place, (name, length) in enumerate(zip(cycle(every), macro, strict=False)):
        onset, fraction = 1 + place, 0.4 if place < 143 else 0
        cells = (onset + fraction, onset + 9, onset + length - fraction)
        rows.append((name[:3], f"{name}_{place + 50}", 1, *cells, "Macro", "4", None))
    return rows, micro


def test_the_full_table_gives_the_published_counts(tmp_path):
    rows, names = full_table()
    write_xlsx(tmp_path / TABLE, rows)
    write_samm(tmp_path / "SAMM_Micro_FACS_Codes_v2.xlsx", [(name[:3], name, "Anger", 7) for name in names])
    release = read(tmp_path, frames=False)
    found = release.expressions
    assert len(found) == 502
    assert Counter(one.expression_type for one in found) == {"micro": 159, "macro": 343}
    assert Counter(rule for _, _, rule in {(one.subject, one.clip, one.rule) for one in release.repairs}) == {
        "apex_missing": 6,
        "onset_zero": 10,
        "float_frame": 143,
    }
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


def taken_by_softnet(release, expression_type: str):
    """The expressions of one type that SOFTNet takes: not those from frame 0 on."""
    from_zero = {one.clip for one in release.repairs if one.rule == "onset_zero"}
    of_type = [one for one in release.expressions if one.expression_type == expression_type]
    return [one for one in of_type if one.clip not in from_zero]


@pytest.mark.parametrize(
    ("expression_type", "subjects", "videos", "count", "mean", "k"),
    [("micro", 29, 79, 159, 73, 37), ("macro", 29, 130, 333, 348.43, 174)],
)
def test_the_intervals_give_the_k_of_softnet(expression_type, subjects, videos, count, mean, k, tmp_path):
    """From the cells of a table of full size to k = int((N + 1) / 2), N being the mean of offset − onset.

    It shows that reading and repairs keep what SOFTNet counts. It does not show that the real table has this N: where
    its rows are not known, those here were made up to have it.
    """
    release = read(write_xlsx(tmp_path / TABLE, full_table()[0]), frames=False)
    taken = taken_by_softnet(release, expression_type)
    found = fmean(one.offset - one.onset for one in taken)
    assert (len({one.subject for one in taken}), len({one.video for one in taken}), len(taken)) == (
        subjects,
        videos,
        count,
    )
    assert found == pytest.approx(mean, abs=0.005)
    assert int((found + 1) / 2) == k


def test_the_published_k_is_that_of_the_labels_not_of_the_frames(tmp_path):
    """The three macro-expressions that end behind their video, cut to it, take 1,096 frames off the sum: k is 173.

    That holds for the real table as well, whatever its other rows, as N is 348.43 for 333 of them.
    """
    rows, _ = full_table()
    write_xlsx(tmp_path / TABLE, rows)
    frames: dict[str, set[int]] = {}
    for _, name, _, onset, apex, offset, *_ in rows:
        last = PAST_THE_END[name][1] if name in PAST_THE_END else offset
        frames.setdefault(name[:5], set()).update(round(one) for one in (onset or 1, apex, last) if one > 0)
    write_frames(tmp_path / "SAMM_longvideos", frames)
    release = read(tmp_path)
    past = {one.clip: (int(one.before), int(one.after)) for one in release.repairs if one.rule.startswith("offset")}
    assert past == PAST_THE_END
    assert sum(before - after for before, after in past.values()) == 1096
    found = fmean(one.offset - one.onset for one in taken_by_softnet(release, "macro"))
    assert found == pytest.approx(348.43 - 1096 / 333, abs=0.005)
    assert int((found + 1) / 2) == 173


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
