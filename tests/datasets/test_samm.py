"""SAMM as its owners ship it, rows and counts typed here from the published ones."""

import csv
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
import xlwt
from hypothesis import given, settings
from hypothesis import strategies as st

from mexflow.config.datasets import ReleasedSpec
from mexflow.datasets.index import read_dataset
from mexflow.datasets.manifest import manifest_of
from mexflow.errors import UserError

TABLE = "SAMM_Micro_FACS_Codes_v2.xlsx"
COLUMNS = [
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
PREAMBLE = {
    "A1": "SAMM Micro-Movement Dataset",
    "E1": "If you use this, cite",
    "A3": "Updated",
    "I3": "Objective classes added",
    "E4": "Note",
    "A6": "Symbol Key:",
    "A7": "T = top, B = bottom",
    "A8": "ref = reference",
    "A10": "AU Help:",
    "A11": "AU1 Inner brow raiser",
    "A12": "AU2 Outer brow raiser",
}
ROWS = [
    # subject, file, inducement, onset, apex, offset, type, units, emotion, class, notes
    ("006", "006_1_2", 1, 5562, 5588, 5632, "Micro - 1/2", "(R6 or R12)+R15", "Happiness", 1, None),
    ("006", "006_1_3", 1, 5700, 5720, 5760, "Micro - 1/2", "1+2", "Surprise", 2, None),
    ("009", "009_1_3", 1, 3577, 3590, 3620, "Micro - 1/2", 4, "Anger", 3, "four digits"),
    ("013", "013_1_9", 1, 5658, 5680, 5739, "Micro - 1/2", "12+15 ", "Anger", 7, None),
    ("025", "025_4_2", 4, 1000, 1010, 1040, "Micro - 1/2", "T18+39", "Other", 7, None),
    ("028", "028_4_1", 4, 1080, 1143, 1134, "Micro - 1/2", "ref(7B)+43", "Sadness", 7, "apex beyond offset"),
    ("032", "032_3_1", 3, 4896, 1930, 4963, "Micro - 1/2", "4A/B", "Disgust", 4, "apex before onset"),
    ("032", "032_3_2", 3, 5126, 5127, 5170, "Micro - 1/2", "R14A or 17A or 24A", "Contempt", 5, None),
]
READ = [
    # subject, clip, onset, apex, offset, apex_source, emotion, three_class, five_class, objective, binary, seven_class
    ("006", "006_1_2", 5562, 5588, 5632, "label", "Happiness", "positive", "happiness", "I", "positive", "happiness"),
    ("006", "006_1_3", 5700, 5720, 5760, "label", "Surprise", "surprise", "surprise", "II", "", "surprise"),
    ("009", "009_1_3", 3577, 3590, 3620, "label", "Anger", "negative", "anger", "III", "negative", "anger"),
    ("013", "013_1_9", 5658, 5680, 5739, "label", "Anger", "negative", "anger", "VII", "negative", "anger"),
    ("025", "025_4_2", 1000, 1010, 1040, "label", "Other", "", "other", "VII", "", ""),
    ("028", "028_4_1", 1080, 1107, 1134, "middle", "Sadness", "negative", "", "VII", "negative", "sadness"),
    ("032", "032_3_1", 4896, 4929, 4963, "middle", "Disgust", "negative", "", "IV", "negative", "disgust"),
    ("032", "032_3_2", 5126, 5127, 5170, "label", "Contempt", "negative", "contempt", "V", "negative", "contempt"),
]
MENDED = [
    ("028", "028_4_1", "1080", "apex_outside", "1143", "1107"),
    ("032", "032_3_1", "4896", "apex_outside", "1930", "4929"),
]


def write_xlsx(path: Path, rows, columns=tuple(COLUMNS), preamble=13, sheet="MICRO_ONLY") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    book = openpyxl.Workbook()
    page = book.active
    page.title = sheet
    for cell, text in PREAMBLE.items():
        if int(cell[1:]) <= preamble:
            page[cell] = text
    for place, column in enumerate(columns, 1):
        page.cell(preamble + 1, place, column)
    for number, row in enumerate(rows, preamble + 2):
        cells = dict(zip([one for one in COLUMNS if one != "Duration"], row, strict=True))
        cells["Duration"] = f"=SUM(F{number}-D{number})+1"
        for place, column in enumerate(columns, 1):
            page.cell(number, place, cells[column])
    book.save(path)
    return path


def write_frames(root: Path, rows=ROWS, before=0, after=0, form="{subject}_{number:05d}.jpg") -> None:
    """Onset to offset of each clip; more at its ends if wanted."""
    for subject, clip, _, onset, _, offset, *_ in rows:
        folder = root / subject / clip
        folder.mkdir(parents=True)
        width = "{subject}_{number:04d}.jpg" if subject == "009" else form
        for number in range(onset - before, offset + after + 1):
            (folder / width.format(subject=subject, number=number)).touch()


def spec(root: Path, **settings) -> ReleasedSpec:
    return ReleasedSpec(kind="samm", root=root, **settings)


def read(root: Path, frames=True, **settings):
    return read_dataset("samm", spec(root, **settings), root, frames)


def seen(release):
    return [
        (
            one.subject,
            one.clip,
            one.onset,
            one.apex,
            one.offset,
            one.apex_source,
            one.emotion,
            one.three_class,
            one.five_class,
            one.objective,
            one.binary,
            one.seven_class,
        )
        for one in release.expressions
    ]


def repairs(release):
    return [(one.subject, one.clip, one.onset, one.rule, one.before, one.after) for one in release.repairs]


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("data")
    write_xlsx(root / TABLE, ROWS)
    write_frames(root / "SAMM")
    return root


def test_every_row_is_read(unpacked):
    release = read(unpacked)
    assert seen(release) == READ
    assert repairs(release) == MENDED
    assert [one.source for one in release.expressions[:2]] == ["SAMM/006/006_1_2", "SAMM/006/006_1_3"]
    first = release.expressions[0]
    assert (first.dataset, first.video, first.unit, first.fps) == ("samm", "006_1_2", "006", 200.0)
    assert {one.expression_type for one in release.expressions} == {"micro"}


def test_action_units_stay_as_annotated(unpacked):
    assert [one.action_units for one in read(unpacked).expressions] == [
        "(R6 or R12)+R15",
        "1+2",
        "4",
        "12+15",
        "T18+39",
        "ref(7B)+43",
        "4A/B",
        "R14A or 17A or 24A",
    ]


def test_labels_alone_need_no_frames(unpacked, tmp_path):
    write_xlsx(tmp_path / TABLE, ROWS)
    for root in (tmp_path, tmp_path / TABLE):
        release = read(root, frames=False)
        assert seen(release) == READ
        assert repairs(release) == MENDED
        assert {one.source for one in release.expressions} == {""}
    with pytest.raises(UserError, match=r"datasets\.samm: .*no folder of frames \(SAMM, SAMM_CROP\)"):
        read(tmp_path)


def test_the_manifest_takes_it(unpacked):
    table = manifest_of([replace(one, content="x") for one in read(unpacked).expressions])
    assert list(table["subject"]) == [row[0] for row in READ]
    assert list(table["sample"]) == [row[1] for row in READ]


LAYOUTS = {
    "as unpacked": ("data", "data/SAMM"),
    "nested once more": ("data", "data/SAMM/SAMM"),
    "in small letters": ("data", "data/samm"),
    "the root is SAMM": ("SAMM", "SAMM"),
    "a folder in SAMM": ("SAMM", "SAMM/SAMM"),
    "under a name of one's own": ("micro", "micro"),
    "cropped by a tool": ("data", "data/SAMM_CROP"),
    "cropped by a tool, in SAMM": ("SAMM", "SAMM/SAMM_CROP"),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("beside", ["", "labels"])
def test_where_it_was_unpacked_does_not_matter(layout, beside, tmp_path):
    root, frames = (tmp_path / part for part in LAYOUTS[layout])
    write_frames(frames, ROWS[:3])
    write_xlsx(root / beside / TABLE, ROWS[:3])
    release = read(root)
    assert seen(release) == READ[:3]
    assert release.repairs == []
    assert [root / one.source for one in release.expressions] == [frames / row[0] / row[1] for row in ROWS[:3]]


def test_the_form_of_the_frames_can_be_chosen(tmp_path):
    write_xlsx(tmp_path / TABLE, ROWS[:1])
    for folder in ("SAMM", "SAMM_CROP"):
        write_frames(tmp_path / folder, ROWS[:1])
    for images, folder in ((None, "SAMM"), ("raw", "SAMM"), ("cropped", "SAMM_CROP")):
        assert read(tmp_path, images=images).expressions[0].source == f"{folder}/006/006_1_2"
    with pytest.raises(UserError, match='no form "croped"; did you mean "cropped"'):
        read(tmp_path, images="croped")


@pytest.mark.parametrize("name", ["SAMM_20181215_Micro_FACS_Codes_v2.xlsx", "SAMM_Micro_FACS_Codes.xlsx"])
def test_other_names_of_the_table(name, tmp_path):
    write_xlsx(tmp_path / name, ROWS)
    assert seen(read(tmp_path, frames=False)) == READ


def test_a_table_of_ones_own_is_named_in_the_configuration(tmp_path):
    write_xlsx(tmp_path / TABLE, ROWS[:1])
    write_xlsx(tmp_path / "corrected.xlsx", ROWS[:2])
    assert len(read(tmp_path, frames=False).expressions) == 1
    assert len(read(tmp_path, frames=False, labels="corrected.xlsx").expressions) == 2


def test_the_first_release_starts_higher_and_knows_no_classes(tmp_path):
    columns = [one for one in COLUMNS if one != "Objective Classes"]
    write_xlsx(tmp_path / "SAMM_Micro_FACS_Codes.xlsx", ROWS, columns=columns, preamble=10, sheet="Sheet1")
    release = read(tmp_path, frames=False)
    # By the set of action units: R4 alone is class III, 6+12+15 none of the first six.
    expected = ["VII", "II", "III", "VII", "VII", "VII", "III", "VII"]
    assert [one.objective for one in release.expressions] == expected
    assert [row[:9] for row in seen(release)] == [row[:9] for row in READ]


def test_copies_without_preamble_as_csv_or_xls(tmp_path):
    cells = [[*row[:6], row[5] - row[3] + 1, *row[6:]] for row in ROWS]
    with (tmp_path / "table.csv").open("w", newline="", encoding="utf-8-sig") as file:
        csv.writer(file).writerows([COLUMNS, *cells])
    book = xlwt.Workbook()
    page = book.add_sheet("MICRO_ONLY")
    for number, row in enumerate([[], [], COLUMNS, *cells]):
        for place, cell in enumerate(row):
            page.write(number, place, cell)
    book.save(str(tmp_path / "table.xls"))
    assert seen(read(tmp_path / "table.csv", frames=False)) == READ
    assert seen(read(tmp_path / "table.xls", frames=False)) == READ


def test_frames_one_off_the_labels_are_followed(tmp_path):
    write_xlsx(tmp_path / TABLE, ROWS[:1])
    write_frames(tmp_path / "SAMM", ROWS[:1], before=-1, after=1)
    release = read(tmp_path)
    assert [row[2:5] for row in seen(release)] == [(5563, 5588, 5632)]
    assert repairs(release) == [("006", "006_1_2", "5562", "onset_before_first_frame", "5562", "5563")]


def test_an_offset_beyond_the_last_frame_and_a_gap_at_the_apex(tmp_path):
    write_xlsx(tmp_path / TABLE, ROWS[:1])
    write_frames(tmp_path / "SAMM", ROWS[:1], after=-2)
    for number in (5587, 5588):
        (tmp_path / f"SAMM/006/006_1_2/006_{number:05d}.jpg").unlink()
    release = read(tmp_path)
    assert [row[2:5] for row in seen(release)] == [(5562, 5589, 5630)]
    assert [row[3:] for row in repairs(release)] == [
        ("offset_beyond_last_frame", "5632", "5630"),
        ("frame_missing", "5588", "5589"),
    ]


def test_clips_and_rows_without_each_other_are_told(tmp_path):
    write_xlsx(tmp_path / TABLE, [*ROWS[:2], (None,) * 9 + (None, "total")])
    write_frames(tmp_path / "SAMM", [ROWS[0], ROWS[2]])
    (tmp_path / "SAMM" / "not a subject").mkdir()
    release = read(tmp_path)
    assert seen(release) == READ[:1]
    assert repairs(release) == [
        ("", "", "", "row_without_name", f"{tmp_path / TABLE}, row 17", "left out"),
        ("006", "006_1_3", "5700", "label_without_clip", f"{tmp_path / TABLE}, row 16", "left out"),
        ("009", "009_1_3", "", "clip_without_label", "SAMM/009/009_1_3", "left out"),
    ]


def test_strict_makes_a_repair_an_error(unpacked):
    with pytest.raises(UserError, match=r"datasets\.samm: samm: 028/028_4_1 \(onset 1080\): rule apex_outside"):
        read(unpacked, strict=True)


def test_a_name_that_leads_out_of_the_root_is_not_followed(tmp_path):
    outside = [("006", "../../../out", *ROWS[0][2:])]
    write_xlsx(tmp_path / "data" / TABLE, outside)
    write_frames(tmp_path / "out", [("", "", *ROWS[0][2:])])
    write_frames(tmp_path / "data" / "SAMM", ROWS[:1])
    release = read(tmp_path / "data")
    assert release.expressions == []
    assert [one.rule for one in release.repairs] == ["label_without_clip", "clip_without_label"]


def test_a_link_that_leads_out_of_the_root_is_not_followed(tmp_path):
    write_xlsx(tmp_path / "data" / TABLE, ROWS[:2])
    write_frames(tmp_path / "data" / "SAMM", ROWS[:1])
    write_frames(tmp_path / "out", ROWS[1:2])
    (tmp_path / "data" / "SAMM" / "006" / "006_1_3").symlink_to(tmp_path / "out" / "006" / "006_1_3")
    with pytest.raises(UserError, match="006_1_3 leads out of"):
        read(tmp_path / "data")


DAMAGED = {
    "no table": ({}, "no label table .*SAMM_Micro_FACS_Codes_v2.xlsx.* Unpack it there"),
    "a column less": (
        {"columns": [one for one in COLUMNS if one != "Apex Frame"]},
        'no column "Apex Frame"',
    ),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_a_damaged_table_is_named(case, tmp_path):
    how, message = DAMAGED[case]
    if how:
        write_xlsx(tmp_path / TABLE, ROWS, **how)
    with pytest.raises(UserError, match=message):
        read(tmp_path, frames=False)


# Published: subject → rows; negative, positive and surprise of MEGC 2019 per subject; emotions; objective classes.
PER_SUBJECT = (
    "006:11 007:10 009:4 010:4 011:20 012:3 013:6 014:11 015:3 016:5 017:6 018:4 019:3 020:9 021:2 022:5 023:1 024:1 "
    "025:4 026:13 028:3 030:3 031:1 032:6 033:5 034:3 035:9 036:1 037:3"
)
MEGC2019 = (
    "6:9/0/2 7:1/5/2 9:3/0/1 10:4/0/0 11:13/7/0 12:2/0/1 13:6/0/0 14:2/7/1 15:2/0/1 16:2/1/2 17:3/0/1 18:2/0/1 "
    "19:0/1/0 20:2/2/0 21:2/0/0 22:3/2/0 23:1/0/0 24:1/0/0 26:9/0/0 28:1/0/2 30:3/0/0 31:1/0/0 32:4/0/0 33:4/1/0 "
    "34:3/0/0 35:7/0/1 36:1/0/0 37:1/0/0"
)
NEGATIVE = ["Anger"] * 57 + ["Contempt"] * 12 + ["Disgust"] * 9 + ["Fear"] * 8 + ["Sadness"] * 6
OBJECTIVE = {1: 24, 2: 13, 3: 20, 4: 8, 5: 3, 6: 7, 7: 84}


def full_table():
    """A row for each of the 159, with the published number of every subject, emotion and objective class."""
    classes = dict(one.split(":") for one in MEGC2019.split())
    negative, objective = iter(NEGATIVE), iter(Counter(OBJECTIVE).elements())
    rows = []
    for subject, count in (one.split(":") for one in PER_SUBJECT.split()):
        parts = [int(part) for part in classes.get(str(int(subject)), "0/0/0").split("/")]
        emotions = [next(negative) for _ in range(parts[0])] + ["Happiness"] * parts[1] + ["Surprise"] * parts[2]
        emotions += ["Other"] * (int(count) - len(emotions))
        rows += [
            (
                subject,
                f"{subject}_1_{n}",
                1,
                100 * n,
                100 * n + 30,
                100 * n + 73,
                "Micro - 1/2",
                "4",
                emotion,
                cell,
                None,
            )
            for n, (emotion, cell) in enumerate(zip(emotions, objective, strict=False), 1)
        ]
    return rows


def test_the_full_table_gives_the_published_counts(tmp_path):
    path = write_xlsx(tmp_path / TABLE, full_table())
    release = read(path, frames=False)
    found = release.expressions
    assert release.repairs == []
    assert len(found) == 159
    assert release.emotions() == {
        "Anger": 57,
        "Happiness": 26,
        "Other": 26,
        "Surprise": 15,
        "Contempt": 12,
        "Disgust": 9,
        "Fear": 8,
        "Sadness": 6,
    }
    assert Counter(one.subject for one in found) == {
        subject: int(count) for subject, count in (one.split(":") for one in PER_SUBJECT.split())
    }
    assert Counter(one.three_class for one in found) == {"negative": 92, "positive": 26, "surprise": 15, "": 26}
    assert Counter(one.five_class for one in found) == {
        "anger": 57,
        "contempt": 12,
        "happiness": 26,
        "surprise": 15,
        "other": 26,
        "": 23,
    }
    assert sum(one.five_class != "" for one in found) == 136
    assert sum(one.seven_class != "" for one in found) == 133
    assert Counter(one.binary for one in found) == {"positive": 26, "negative": 92, "": 41}
    assert Counter(one.objective for one in found) == {
        "I": 24,
        "II": 13,
        "III": 20,
        "IV": 8,
        "V": 3,
        "VI": 7,
        "VII": 84,
    }
    assert sum(one.objective in {"I", "II", "III", "IV", "V"} for one in found) == 68
    for subject, parts in (one.split(":") for one in MEGC2019.split()):
        own = Counter(one.three_class for one in found if int(one.subject) == int(subject))
        assert "/".join(str(own[name]) for name in ("negative", "positive", "surprise")) == parts
    assert [remark.partition("): ")[2] for remark in release.remarks] == [
        "159 rows, expected (v2)",
        "29 subjects, expected (v2)",
        "136 rows in five_class, expected (v2)",
    ]
    assert all(remark.startswith(f"{TABLE} (") for remark in release.remarks)


def test_another_release_is_told(unpacked):
    assert [remark.partition(": ")[2] for remark in read(unpacked).remarks] == [
        "8 rows: another release, or a damaged copy (published: v2 159)",
        "6 subjects: another release, or a damaged copy (published: v2 29)",
        "6 rows in five_class: another release, or a damaged copy (published: v2 136)",
        "8 clips: another release, or a damaged copy (published: v2 159)",
    ]


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
        cells = [data.draw(st.sampled_from([cell, float(cell), f"{cell:0{width}d}", f"{cell} "])) for cell in interval]
        return (subject, data.draw(st.sampled_from([clip, f"{clip} ", lost])), code, *cells, *row[6:])

    with tempfile.TemporaryDirectory() as folder:
        path = write_xlsx(Path(folder) / TABLE, [written(row) for row in order])
        assert seen(read(path, frames=False)) == READ
