"""SMIC-E as its owners ship it: formulas, text below the table, several expressions per clip and some that are none."""

import random
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
import xlwt
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mexflow.config.datasets import ReleasedSpec
from mexflow.datasets.manifest import manifest_of
from mexflow.datasets.smic_e import read
from mexflow.errors import UserError

HS_HEADER = ["Subject", "Filename", None, "OnsetF", "OffsetF", "Onset2F", "Offset2F", "Onset3F", "Offset3F", None]
HS_HEADER += ["FirstF", "LastF", "TotalMF1", "TotalMF2", "TotalMF3", "TotalVL", "Emotion"]
VIS_HEADER = ["Subject", "Filename", None, "OnsetF", "OffsetF", "Onset2F", "Offset2F", None, "FirstF"]
VIS_HEADER += ["TotalMF1", "TotalMF2", "TotalVL", "Emotion"]

# The formulas of the workbook; {r} is the row. Lengths are those typed in: M, N, O are TotalMF1 to 3.
OFFSET, OFFSET2, OFFSET3, LENGTH = "=D{r}+M{r}-1", "=F{r}+N{r}-1", "=H{r}+O{r}-1", "=L{r}-K{r}+1"
N = None
HS_ROWS = [
    [4, "s4_ne_03", N, 148900, OFFSET, N, N, N, N, N, 148798, 149397, 30, N, N, LENGTH, "negative"],
    [3, "s3_ne_02", N, 426300, OFFSET, 426400, OFFSET2, N, N, N, 426200, 426799, 25, 31, N, LENGTH, "negative"],
    # What the formulas leave behind where there is no second expression:
    [1, "s1_sur_01", N, 90850, OFFSET, N, OFFSET2, N, OFFSET3, N, 90800, 91399, 20, N, N, LENGTH, "surprise"],
    # Garbage in the third, far before the first frame:
    [20, "s20_ne_06", N, 520100, OFFSET, 520300, OFFSET2, 31, 52, N, 520000, 520599, 22, 28, N, LENGTH, "negative"],
    [18, "s18_sur_03", N, 1001100, OFFSET, 1001250, OFFSET2, 26, OFFSET3, N, 1001000, 1001599, 18, 19, 20, LENGTH, N],
    # Not on disk, as its first frame says in its own words:
    [3, "s3_ne_20", N, 426700, 426730, N, N, N, N, N, "MISSING <-426679", 427200, 31, N, N, N, "negative"],
]
TEXT_ROWS = [
    [],
    ["HS: 100 fps"],
    [N, "second ME: s20_ne_06, s18_sur_03", N, N],
    [N, N, N, "average length", "=AVERAGE(M2:M7)"],
]
HS_READ = [
    ("s01", "s1_sur_01", 90850, 90859, 90869, "surprise"),
    ("s03", "s3_ne_02", 426300, 426312, 426324, "negative"),
    ("s03", "s3_ne_02", 426400, 426415, 426430, "negative"),
    ("s04", "s4_ne_03", 148900, 148914, 148929, "negative"),
    ("s18", "s18_sur_03", 1001100, 1001108, 1001117, "surprise"),
    ("s18", "s18_sur_03", 1001250, 1001259, 1001268, "surprise"),
    ("s20", "s20_ne_06", 520100, 520110, 520121, "negative"),
    ("s20", "s20_ne_06", 520300, 520313, 520327, "negative"),
]
MISSING_READ = ("s03", "s3_ne_20", 426700, 426715, 426730, "negative")
HS_REPAIRS = [
    ("", "", "row_without_name", "row 9: HS: 100 fps", "left out"),
    ("", "", "row_without_name", "row 10: second ME: s20_ne_06, s18_sur_03", "left out"),
    ("", "", "row_without_name", "row 11: average length", "left out"),
    ("s03", "s3_ne_20", "limit_missing", "FirstF MISSING <-426679", "unknown"),
    ("s03", "s3_ne_20", "label_without_clip", "row 7", "left out"),
    ("s18", "s18_sur_03", "emotion_from_name", "", "surprise"),
    ("s18", "s18_sur_03", "expression_outside_clip", "Onset3F 26, Offset3F 45", "left out"),
    ("s20", "s20_ne_06", "expression_outside_clip", "Onset3F 31, Offset3F 52", "left out"),
]

VIS_ROWS = [
    [11, "s11_po_01", N, 2100, "=D{r}+J{r}-1", 2200, "=F{r}+K{r}-1", N, 2000, 8, 7, 400, "positive"],
    [20, "s20_ne_06", N, 5100, "=D{r}+J{r}-1", N, N, N, 5000, 11, N, 400, "negative"],
]
VIS_READ = [
    ("s11", "s11_po_01", 2100, 2103, 2107, "positive"),
    ("s11", "s11_po_01", 2200, 2203, 2206, "positive"),
    ("s20", "s20_ne_06", 5100, 5105, 5110, "negative"),
]

# Clips per subject, as in SMIC HS, and those that the long form lacks: 157 rows.
HS_CLIPS = {
    1: "ne3 po2 sur1", 2: "po1 sur5", 3: "ne22 po11 sur6", 4: "ne10 po4 sur5", 5: "ne1 sur1", 6: "ne2 sur2",
    8: "ne9 po4", 9: "po1 sur3", 11: "ne3 po3 sur1", 12: "po8 sur1", 13: "po10", 14: "ne3 po2 sur5",
    15: "ne1 po1 sur2", 18: "ne2 sur5", 19: "po1 sur1", 20: "ne14 po3 sur5",
}  # fmt: skip
NOT_LONG = {"s3_ne_03", "s3_ne_20", "s4_ne_05", "s4_ne_06", "s9_sur_02", "s1_ne_02", "s2_sur_05"}
# Expressions per subject: one of each of the 157 clips, and the second ones of eight of them.
EXPRESSIONS = {"s01": 5, "s02": 5, "s03": 38, "s04": 18, "s05": 2, "s06": 4, "s08": 13, "s09": 4, "s11": 7, "s12": 9}
EXPRESSIONS |= {"s13": 10, "s14": 10, "s15": 4, "s18": 9, "s19": 2, "s20": 25}
TWICE = {"s20_ne_06", "s20_ne_09", "s20_sur_02", "s18_ne_01", "s18_sur_03", "s3_ne_02", "s4_ne_04", "s9_sur_01"}


def spec(root: Path, camera: str = "hs", **keys) -> ReleasedSpec:
    return ReleasedSpec(kind=f"smic_e_{camera}", root=root, **keys)


def write_table(path: Path, sheet: str, header: list, rows: list[list], before: str | None = None) -> Path:
    """A workbook as the owners': formulas without values, empty sheets behind."""
    book = openpyxl.Workbook()
    book.active.title = sheet
    if before:
        book.create_sheet(before, 0)
    for name in ("Sheet2", "Sheet3"):
        book.create_sheet(name)
    for number, row in enumerate([header, *rows], 1):
        for column, cell in enumerate(row, 1):
            book[sheet].cell(number, column, cell.format(r=number) if isinstance(cell, str) else cell)
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)
    return path


def write_clip(folder: Path, first: int, last: int, form: str = "image%06d.jpg") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(first, last + 1):
        (folder / (form % number)).touch()


def write_hs_clips(home: Path, form: str = "image%06d.jpg") -> None:
    # Expressions and a few frames around stand for clips of 600 frames.
    for clip, first, last in [
        ("s04/s4_ne_03", 148898, 148931),
        ("s03/s3_ne_02", 426298, 426325),
        ("s03/s3_ne_02", 426399, 426431),
        ("s01/s1_sur_01", 90848, 90870),
        ("s20/s20_ne_06", 520098, 520122),
        ("s20/s20_ne_06", 520299, 520330),
        ("s18/s18_sur_03", 1001098, 1001120),
        ("s18/s18_sur_03", 1001248, 1001270),
    ]:
        write_clip(home / clip, first, last, form)


def write_hs(root: Path, upper: str = "SMIC-E_raw image/HS_long", lower: str = "SMIC-HS-E") -> Path:
    write_table(root / upper / "SMIC-HS-E_annotation.xlsx", "HS", HS_HEADER, HS_ROWS + TEXT_ROWS)
    write_hs_clips(root / upper / lower)
    return root


def read_of(release) -> list[tuple]:
    return [(one.subject, one.clip, one.onset, one.apex, one.offset, one.emotion) for one in release.expressions]


def repairs_of(release) -> list[tuple]:
    """Repairs; of a place in the table, the row only."""
    table = "SMIC-HS-E_annotation.xlsx, "
    return [(one.subject, one.clip, one.rule, one.before.rpartition(table)[2], one.after) for one in release.repairs]


def test_every_row_and_every_repair_of_hs(tmp_path):
    release = read("smic_e", spec(tmp_path), write_hs(tmp_path), frames=True)
    assert read_of(release) == HS_READ
    assert sorted(repairs_of(release)) == sorted(HS_REPAIRS)
    assert {one.apex_source for one in release.expressions} == {"middle"}
    assert {one.fps for one in release.expressions} == {100}
    first = release.expressions[0]
    assert first.source == "SMIC-E_raw image/HS_long/SMIC-HS-E/s01/s1_sur_01"
    assert (first.video, first.unit, first.three_class, first.expression_type) == (
        "s1_sur_01",
        "s01",
        "surprise",
        "micro",
    )
    samples = manifest_of([replace(one, content="x") for one in release.expressions])["sample"]
    assert list(samples[:3]) == ["s1_sur_01", "s3_ne_02@426300", "s3_ne_02@426400"]
    assert len(set(samples)) == len(samples)


def test_a_unit_may_be_a_long_clip(tmp_path):
    release = read("smic_e", spec(tmp_path, unit="video"), write_hs(tmp_path), frames=True)
    assert [one.unit for one in release.expressions[:3]] == ["s01_s1_sur_01", "s03_s3_ne_02", "s03_s3_ne_02"]


def test_without_frames_every_row_counts_and_the_table_will_do(tmp_path):
    root = write_hs(tmp_path / "a")
    table = root / "SMIC-E_raw image/HS_long/SMIC-HS-E_annotation.xlsx"
    expected = sorted([*HS_READ, MISSING_READ])
    for place in (root, root / "SMIC-E_raw image", table):
        release = read("smic_e", spec(place), place, frames=False)
        assert sorted(read_of(release)) == expected
        assert {one.source for one in release.expressions} == {""}
        assert "label_without_clip" not in {one.rule for one in release.repairs}
        assert "limit_missing" in {one.rule for one in release.repairs}


def test_strict_refuses_the_first_repair(tmp_path):
    with pytest.raises(UserError, match="strict: false"):
        read("smic_e", spec(tmp_path, strict=True), write_hs(tmp_path), frames=True)


@pytest.mark.parametrize(
    ("upper", "lower"),
    [
        ("SMIC-E_raw image/HS_long", "SMIC-HS-E"),
        ("SMIC-E_raw image/HS_long", "SMIC-HS-E/HS"),
        ("SMIC/SMIC-E_raw_image/hs_LONG", "smic_hs_e/SMIC_HS_E"),
        ("HS_long/SMIC_HS_E", ""),
        ("SMIC-HS-E", ""),
        ("", ""),
        ("", "HS_long/SMIC-HS-E"),
    ],
)
def test_any_level_and_any_nesting_gives_the_same_manifest(tmp_path, upper, lower):
    release = read("smic_e", spec(tmp_path), write_hs(tmp_path, upper, lower), frames=True)
    assert read_of(release) == HS_READ


@pytest.mark.parametrize("form", ["image%06d.jpg", "image %06d.jpg", "image%d.JPG", "image%09d.png"])
def test_frames_go_by_their_last_number(tmp_path, form):
    write_table(tmp_path / "SMIC-HS-E_annotation.xlsx", "HS", HS_HEADER, HS_ROWS)
    write_hs_clips(tmp_path / "HS_long/SMIC-HS-E", form)
    assert read_of(read("smic_e", spec(tmp_path), tmp_path, frames=True)) == HS_READ


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(rows=st.permutations(HS_ROWS + TEXT_ROWS), pad=st.data())
def test_any_order_and_padding_gives_the_same_manifest(tmp_path_factory, rows, pad):
    def padded(row: list) -> list:
        if len(row) != len(HS_HEADER):
            return row
        subject, tag, place = row[1].split("_")
        zeros = pad.draw(st.integers(0, 2))
        clip = f"s{subject[1:].zfill(2 + zeros)}_{tag}_{place.zfill(1 + zeros)}"
        numbers = [
            pad.draw(st.sampled_from([str, float, int]))(cell) if isinstance(cell, int) else cell for cell in row
        ]
        return [
            pad.draw(st.sampled_from([row[0], f"{row[0]:02d}", f"s{row[0]}", f" {row[0]:03d} "])),
            clip,
            *numbers[2:],
        ]

    path = tmp_path_factory.mktemp("smic_e") / "label table.xlsx"
    write_table(path, "HS", HS_HEADER, [padded(row) for row in rows])
    release = read("smic_e", spec(path), path, frames=False)
    assert sorted(read_of(release)) == sorted([*HS_READ, MISSING_READ])
    assert len(release.repairs) == len(HS_REPAIRS) - 1


@pytest.mark.parametrize("camera", ["vis", "nir"])
def test_the_slow_cameras(tmp_path, camera):
    upper = camera.upper()
    name = {"vis": "SMIC_VIS_E_annotation.xlsx", "nir": "SMIC-NIR-E_annotation.xlsx"}[camera]
    write_table(tmp_path / f"{upper}_long" / name, upper, VIS_HEADER, VIS_ROWS)
    home = tmp_path / f"{upper}_long/SMIC_{upper}_E/SMIC_{upper}_E/{upper}"
    write_clip(home / "s11/s11_po_01", 2098, 2110, "image %05d.jpg")
    write_clip(home / "s11/s11_po_01", 2198, 2210, "image %05d.jpg")
    write_clip(home / "s20/s20_ne_06", 5090, 5120, "image %05d.jpg")
    release = read("smic_e", spec(tmp_path, camera), tmp_path, frames=True)
    assert read_of(release) == VIS_READ
    assert release.repairs == []
    assert {one.fps for one in release.expressions} == {25}


def test_of_the_onsets_of_two_cameras_each_takes_its_own(tmp_path):
    header = ["Subject", "Filename", "OnsetF", "OffsetF", "OnsetF NIR", "OffsetF NIR", "Emotion"]
    rows = [[11, "s11_po_01", 100, 110, 130, 142, "positive"]]
    for camera, onset in (("nir", 130), ("vis", 100)):
        path = write_table(tmp_path / f"SMIC-{camera}-E_annotation.xlsx", "Both", header, rows)
        release = read("smic_e", spec(path, camera), path, frames=False)
        assert [one.onset for one in release.expressions] == [onset]


def test_the_sheet_of_the_camera_is_taken_wherever_it_stands(tmp_path):
    path = write_table(tmp_path / "SMIC-HS-E_annotation.xlsx", "HS", HS_HEADER, HS_ROWS, before="VIS")
    assert len(read("smic_e", spec(path), path, frames=False).expressions) == 9
    path = write_table(tmp_path / "SMIC-HS-E_annotation.xlsx", "Tabelle1", HS_HEADER, HS_ROWS)
    assert len(read("smic_e", spec(path), path, frames=False).expressions) == 9


def test_an_annotated_apex_is_taken_and_a_missing_one_repaired(tmp_path):
    header = [*HS_HEADER[:4], "ApexF", *HS_HEADER[4:]]
    rows = [
        [4, "s4_ne_03", N, 148900, 148911, 148929, N, N, N, N, N, 148798, 149397, 30, N, N, 600, "negative"],
        [4, "s4_ne_04", N, 150000, "/", 150020, 150100, 150110, N, N, N, 149900, 150499, 21, 11, N, 600, "negative"],
    ]
    write_table(tmp_path / "SMIC-HS-E_annotation_2019.xlsx", "HS", header, rows)
    release = read("smic_e", spec(tmp_path), tmp_path, frames=False)
    assert [(one.apex, one.apex_source) for one in release.expressions] == [
        (148911, "label"),
        (150010, "middle"),
        (150105, "middle"),
    ]
    assert [(one.onset, one.rule, one.before, one.after) for one in release.repairs] == [
        ("150000", "apex_missing", "/", "150010")
    ]


def test_a_missing_offset_follows_from_the_length(tmp_path):
    row = [4, "s4_ne_03", N, 148900, N, 149000, N, N, N, N, 148798, 149397, 30, 12, N, 600, "negative"]
    path = write_table(tmp_path / "t.xlsx", "HS", HS_HEADER, [row])
    release = read("smic_e", spec(path), path, frames=False)
    assert [(one.onset, one.offset) for one in release.expressions] == [(148900, 148929), (149000, 149011)]
    assert [(one.rule, one.before, one.after) for one in release.repairs] == [
        ("offset_from_length", "", "148929"),
        ("offset_from_length", "", "149011"),
    ]


@pytest.mark.parametrize(
    ("onset", "offset", "length"),
    [
        (149000, 148990, N),  # ends before it begins
        (148790, 148800, N),  # before the first frame
        (149400, 149410, N),  # behind the last
        (149000, N, N),
        (N, 149000, N),
        ("see below", 149010, N),
    ],
)
def test_a_further_expression_that_cannot_be_is_left_out_and_told(tmp_path, onset, offset, length):
    row = [4, "s4_ne_03", N, 148900, 148929, onset, offset, N, N, N, 148798, 149397, 30, length, N, 600, "negative"]
    path = write_table(tmp_path / "t.xlsx", "HS", HS_HEADER, [row])
    release = read("smic_e", spec(path), path, frames=False)
    assert len(release.expressions) == 1
    assert [one.rule for one in release.repairs] == ["expression_outside_clip"]
    assert release.repairs[0].before == f"Onset2F {onset or ''}, Offset2F {offset or ''}"


@pytest.mark.parametrize(("onset", "offset"), [(N, N), (0, 0), (0, -1), (N, -1), (N, "/"), ("-", "-"), ("/", N)])
def test_no_further_expression_is_nothing_to_tell(tmp_path, onset, offset):
    row = [4, "s4_ne_03", N, 148900, 148929, onset, offset, N, N, N, 148798, 149397, 30, N, N, 600, "negative"]
    path = write_table(tmp_path / "t.xlsx", "HS", HS_HEADER, [row])
    release = read("smic_e", spec(path), path, frames=False)
    assert (len(release.expressions), release.repairs) == (1, [])


def test_cells_that_contradict_the_name_of_the_clip_give_way(tmp_path):
    rows = [
        [5, "s4_ne_03", N, 148900, 148929, N, N, N, N, N, 148798, "?", 30, N, N, 600, "postive"],
        [N, "s4_po_01", N, 158900, 158929, N, N, N, N, N, 158798, 159397, 30, N, N, 600, " Positive "],
    ]
    path = write_table(tmp_path / "t.xlsx", "HS", HS_HEADER, rows)
    release = read("smic_e", spec(path), path, frames=False)
    assert [(one.subject, one.three_class) for one in release.expressions] == [("s04", "negative"), ("s04", "positive")]
    assert [(one.clip, one.rule, one.before, one.after) for one in release.repairs] == [
        ("s4_ne_03", "subject_from_name", "5", "s04"),
        ("s4_ne_03", "emotion_from_name", "postive", "negative"),
        ("s4_ne_03", "limit_missing", "LastF ?", "unknown"),
        ("s4_po_01", "subject_from_name", "", "s04"),
    ]


def test_intervals_are_cut_to_the_frames_and_an_impossible_row_is_left_out(tmp_path):
    rows = [
        [4, "s4_ne_03", N, 148900, 148929, N, N, N, N, N, 148798, 149397, 30, N, N, 600, "negative"],
        [4, "s4_po_01", N, 158900, 158929, N, N, N, N, N, 158798, 159397, 30, N, N, 600, "positive"],
        [4, "s4_po_02", N, "?", 168929, N, N, N, N, N, 168798, 169397, N, N, N, 600, "positive"],
    ]
    write_table(tmp_path / "SMIC-HS-E_annotation.xlsx", "HS", HS_HEADER, rows)
    write_clip(tmp_path / "HS_long/s04/s4_ne_03", 148895, 148920)
    write_clip(tmp_path / "HS_long/s04/s4_po_01", 11, 20)
    write_clip(tmp_path / "HS_long/s04/s4_po_02", 168798, 168930)
    write_clip(tmp_path / "HS_long/s05/s5_ne_01", 11, 20)
    release = read("smic_e", spec(tmp_path), tmp_path, frames=True)
    assert read_of(release) == [("s04", "s4_ne_03", 148900, 148910, 148920, "negative")]
    assert [(one.clip, one.rule) for one in release.repairs] == [
        ("s4_ne_03", "offset_beyond_last_frame"),
        ("s4_po_01", "interval_impossible"),
        ("s4_po_02", "interval_impossible"),
        ("s5_ne_01", "clip_without_label"),
    ]


def full_rows() -> list[list]:
    rows = []
    for subject, counts in HS_CLIPS.items():
        for tag, number in [(one.rstrip("0123456789"), int(one.lstrip("neposur"))) for one in counts.split()]:
            for place in range(1, number + 1):
                clip, first = f"s{subject}_{tag}_{place:02d}", 10_000 * subject + 700 * place
                second = [first + 400, OFFSET2] if clip in TWICE else [N, N]
                emotion = {"ne": "negative", "po": "positive", "sur": "surprise"}[tag]
                end = [first, first + 599, 31, 22 if clip in TWICE else N, N, LENGTH, emotion]
                rows.append([subject, clip, N, first + 100, OFFSET, *second, N, N, N, *end])
    return rows


def test_a_table_of_full_size_gives_the_published_counts(tmp_path):
    rows = [row for row in full_rows() if row[1] not in NOT_LONG]
    random.Random(3).shuffle(rows)
    path = write_table(tmp_path / "SMIC-HS-E_annotation.xlsx", "HS", HS_HEADER, rows + TEXT_ROWS)
    release = read("smic_e", spec(path), path, frames=False)
    assert len({(one.subject, one.clip) for one in release.expressions}) == 157
    assert len(release.expressions) == 157 + 8
    per_subject = {subject: sum(one.subject == subject for one in release.expressions) for subject in EXPRESSIONS}
    assert per_subject == EXPRESSIONS
    assert release.emotions() == {"negative": 70, "positive": 51, "surprise": 44}
    assert len(release.remarks) == 1
    assert release.remarks[0].endswith(": 157 rows, expected (SMIC-HS-E)")
    assert {one.rule for one in release.repairs} == {"row_without_name"}


@pytest.mark.parametrize("camera", ["vis", "nir"])
def test_the_slow_cameras_have_71_clips(tmp_path, camera):
    rows = [
        [subject, f"s{subject}_{tag}_{place:02d}", N, 2100, "=D{r}+J{r}-1", N, N, N, 2000, 9, N, 150, emotion]
        for subject, tag, emotion, count in [
            (11, "ne", "negative", 12),
            (20, "ne", "negative", 12),
            (13, "po", "positive", 28),
            (14, "sur", "surprise", 19),
        ]
        for place in range(1, count + 1)
    ]
    path = write_table(tmp_path / "t.xlsx", camera.upper(), VIS_HEADER, rows)
    release = read("smic_e", spec(path, camera), path, frames=False)
    assert release.emotions() == {"negative": 24, "positive": 28, "surprise": 19}
    assert release.remarks[0].endswith(f": 71 rows, expected (the clips of SMIC {camera.upper()})")


def test_the_older_table_has_neither_columns_nor_garbage_of_a_third_expression(tmp_path):
    header = [name for name in HS_HEADER if name not in ("Onset3F", "Offset3F", "TotalMF3")]
    offset, offset2 = "=D{r}+K{r}-1", "=F{r}+L{r}-1"
    rows = [
        [20, "s20_ne_06", N, 520100, offset, 520300, offset2, N, 520000, 520599, 22, 28, "=J{r}-I{r}+1", "negative"],
        [3, "s3_ne_20", N, 426700, offset, N, offset2, N, "MISSING <-426679", 427200, 31, N, N, "negative"],
    ]
    path = write_table(tmp_path / "SMIC-HS-E_annotation_orig.xlsx", "HS", header, rows)
    release = read("smic_e", spec(path), path, frames=False)
    assert read_of(release) == [
        MISSING_READ,
        ("s20", "s20_ne_06", 520100, 520110, 520121, "negative"),
        ("s20", "s20_ne_06", 520300, 520313, 520327, "negative"),
    ]
    assert [one.rule for one in release.repairs] == ["limit_missing"]


def test_another_release_is_told(tmp_path):
    for count, said in ((162, "expected (SMIC-HS-E, the longer table)"), (150, "another release, or a damaged copy")):
        path = write_table(tmp_path / "t.xlsx", "HS", HS_HEADER, full_rows()[:count])
        assert said in read("smic_e", spec(path), path, frames=False).remarks[0]


def test_the_table_is_found_by_any_of_its_names_the_plain_one_first(tmp_path):
    names = ["SMIC-HS-E_annotation_orig.xlsx", "SMIC_HS_E_annotation_2019.xlsx", "smic-hs-e_annotation.csv"]
    for count, name in enumerate([*names, "SMIC-HS-E_annotation.xlsx"], 1):
        if name.endswith("csv"):
            lines = ["Subject,Filename,OnsetF,OffsetF,Emotion"]
            lines += [f"04,s4_ne_{place},{place}00,{place}50,negative" for place in range(1, count + 1)]
            (tmp_path / name).write_text("\n".join(lines))
        else:
            write_table(tmp_path / name, "HS", HS_HEADER, full_rows()[:count])
        (tmp_path / f"~${name}").write_bytes(b"the lock of a spreadsheet program")
        assert len(read("smic_e", spec(tmp_path), tmp_path, frames=False).expressions) == count
    chosen = spec(tmp_path, labels="SMIC_HS_E_annotation_2019.xlsx")
    assert len(read("smic_e", chosen, tmp_path, frames=False).expressions) == 2
    with pytest.raises(UserError, match=r"no label table of SMIC-E \(mine\.xlsx\)"):
        read("smic_e", spec(tmp_path, labels="mine.xlsx"), tmp_path, frames=False)
    with pytest.raises(UserError, match=r"no label table of SMIC-E \(SMIC-NIR-E_annotation\.xlsx\)"):
        read("smic_e", spec(tmp_path, "nir"), tmp_path, frames=False)


def test_an_old_workbook_will_do(tmp_path):
    book = xlwt.Workbook()
    sheet = book.add_sheet("HS")
    row = [4, "s4_ne_03", N, 148900, 148929, N, N, N, N, N, 148798, 149397, 30, N, N, 600, "negative"]
    for number, cells in enumerate([HS_HEADER, row]):
        for column, cell in enumerate(cells):
            if cell is not None:
                sheet.write(number, column, cell)
    book.save(str(tmp_path / "SMIC-HS-E_annotation.xls"))
    release = read("smic_e", spec(tmp_path), tmp_path, frames=False)
    assert read_of(release) == [("s04", "s4_ne_03", 148900, 148914, 148929, "negative")]


def test_errors_say_what_to_do(tmp_path):
    path = write_table(tmp_path / "SMIC-HS-E_annotation.xlsx", "HS", HS_HEADER, HS_ROWS)
    with pytest.raises(UserError, match=r"none of the clips of SMIC-HS-E_annotation\.xlsx is there"):
        read("smic_e", spec(tmp_path), tmp_path, frames=True)
    with pytest.raises(UserError, match=r"no folder .*xlsx\. Correct the root"):
        read("smic_e", spec(path), path, frames=True)
    with pytest.raises(UserError, match=r'images: no form "cropped"; known: raw'):
        read("smic_e", spec(path, images="cropped"), path, frames=False)
    write_table(path, "HS", ["Subject", "Filename", "Onset F1", "Emotion"], [[4, "s4_ne_03", 1, "negative"]])
    with pytest.raises(UserError, match=r'no column "OnsetF"; did you mean "Onset F1"'):
        read("smic_e", spec(path), path, frames=False)
    write_table(path, "HS", ["Subject", "File"], [])
    with pytest.raises(UserError, match='no column "Filename"'):
        read("smic_e", spec(path), path, frames=False)


@pytest.mark.parametrize("clip", ["../../outside", "s4_ne_03/../../x", "/etc", "s4 ne 03", "情绪"])
def test_a_name_that_is_no_clip_is_never_looked_for(tmp_path, clip):
    row = [4, clip, N, 148900, 148929, N, N, N, N, N, 148798, 149397, 30, N, N, 600, "negative"]
    root = write_hs(tmp_path / "root")
    table = root / "SMIC-E_raw image/HS_long/SMIC-HS-E_annotation.xlsx"
    write_table(table, "HS", HS_HEADER, [HS_ROWS[0], row])
    write_clip(tmp_path / "outside", 148900, 148930)
    release = read("smic_e", spec(root), root, frames=True)
    assert all(one.source.startswith("SMIC-E_raw image/HS_long/SMIC-HS-E/s04/") for one in release.expressions)
