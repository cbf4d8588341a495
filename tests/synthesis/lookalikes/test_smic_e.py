"""The look-alikes of SMIC-E hold what the tables below say, and every oddity of the long clips and their workbooks."""

import os
import shutil

import cv2
import numpy as np
import openpyxl
import pytest

from mexflow.datasets.source import frame_files
from mexflow.synthesis.lookalikes import write_lookalike
from synthesis.lookalikes.read_back import face_widths, files, read_back, repairs, rows, sizes

pytestmark = pytest.mark.slow

KINDS = ("smic_e_hs", "smic_e_vis", "smic_e_nir")
# Subject, clip, onset, middle, offset, emotion.
READ = {
    "smic_e_hs": [
        ("s03", "s3_ne_02", 426227, 426241, 426255, "negative"),
        ("s03", "s3_ne_02", 426291, 426305, 426319, "negative"),
        ("s03", "s3_po_01", 431907, 431920, 431934, "positive"),
        ("s03", "s3_sur_01", 999977, 999992, 1000008, "surprise"),
        ("s04", "s4_ne_03", 148825, 148834, 148844, "negative"),
        ("s04", "s4_po_01", 150237, 150254, 150271, "positive"),
        ("s04", "s4_sur_02", 162031, 162042, 162054, "surprise"),
        ("s20", "s20_ne_06", 7520027, 7520043, 7520060, "negative"),
        ("s20", "s20_ne_06", 7520096, 7520112, 7520129, "negative"),
        ("s20", "s20_po_01", 7533128, 7533143, 7533158, "positive"),
        ("s20", "s20_sur_02", 7561027, 7561042, 7561057, "surprise"),
        ("s20", "s20_sur_02", 7561093, 7561108, 7561123, "surprise"),
    ],
    "smic_e_vis": [
        ("s11", "s11_ne_02", 4977, 4979, 4981, "negative"),
        ("s11", "s11_po_01", 9987, 9990, 9994, "positive"),
        ("s11", "s11_po_02", 11207, 11210, 11213, "positive"),
        ("s15", "s15_ne_01", 20127, 20130, 20133, "negative"),
        ("s15", "s15_po_01", 21437, 21441, 21446, "positive"),
        ("s15", "s15_sur_01", 22007, 22009, 22012, "surprise"),
        ("s20", "s20_ne_09", 52037, 52041, 52046, "negative"),
        ("s20", "s20_ne_09", 52082, 52086, 52091, "negative"),
        ("s20", "s20_sur_02", 53307, 53310, 53314, "surprise"),
        ("s20", "s20_sur_02", 53350, 53353, 53357, "surprise"),
        ("s20", "s20_sur_03", 55777, 55779, 55782, "surprise"),
    ],
    "smic_e_nir": [
        ("s11", "s11_ne_02", 4981, 4983, 4985, "negative"),
        ("s11", "s11_po_01", 9991, 9994, 9998, "positive"),
        ("s11", "s11_po_02", 11211, 11214, 11217, "positive"),
        ("s15", "s15_ne_01", 20122, 20125, 20128, "negative"),
        ("s15", "s15_po_01", 21432, 21436, 21441, "positive"),
        ("s15", "s15_sur_01", 22002, 22004, 22007, "surprise"),
        ("s20", "s20_ne_09", 52044, 52048, 52053, "negative"),
        ("s20", "s20_sur_02", 53314, 53317, 53321, "surprise"),
        ("s20", "s20_sur_03", 55784, 55786, 55789, "surprise"),
    ],
}
# The newer workbook of HS annotates the apex of a clip's first expression.
APICES = {
    ("s3_ne_02", 426227): 426242,
    ("s3_po_01", 431907): 431917,
    ("s3_sur_01", 999977): 999991,
    ("s4_ne_03", 148825): 148834,
    ("s4_po_01", 150237): 150251,
    ("s4_sur_02", 162031): 162039,
    ("s20_ne_06", 7520027): 7520042,
    ("s20_po_01", 7533128): 7533136,
    ("s20_sur_02", 7561027): 7561036,
}
# Subject, clip, onset, rule, before, after.
UNLABELLED = "SMIC-E_raw image/HS_long/SMIC-HS-E/s04/s4_ne_05"
REPAIRS = {
    "smic_e_hs": [
        ("", "", "", "row_without_name", "row 13: HS: 100 fps", "left out"),
        ("", "", "", "row_without_name", "row 14: average length", "left out"),
        ("s03", "s3_ne_20", "426700", "limit_missing", "FirstF MISSING <-426679", "unknown"),
        ("s03", "s3_ne_20", "426700", "label_without_clip", "row 5", "left out"),
        ("s04", "s4_ne_05", "", "clip_without_label", UNLABELLED, "left out"),
        ("s20", "s20_ne_06", "31", "expression_outside_clip", "Offset3F 52", "left out"),
        ("s20", "s20_sur_02", "26", "expression_outside_clip", "Offset3F 47", "left out"),
    ],
    "smic_e_vis": [
        ("", "", "", "row_without_name", "row 12: VIS: 25 fps", "left out"),
        ("", "", "", "row_without_name", "row 13: average length", "left out"),
    ],
    "smic_e_nir": [
        ("", "", "", "row_without_name", "row 12: NIR: 25 fps", "left out"),
        ("", "", "", "row_without_name", "row 13: average length", "left out"),
    ],
}
# Folder → first and last file by name, how many.
FRAMES = {
    "smic_e_hs": {
        "SMIC-E_raw image/HS_long/SMIC-HS-E/s03/s3_ne_02": ("image426200.jpg", "image426346.jpg", 147),
        "SMIC-E_raw image/HS_long/SMIC-HS-E/s03/s3_sur_01": ("image1000000.jpg", "image999999.jpg", 86),
        "SMIC-E_raw image/HS_long/SMIC-HS-E/s04/s4_ne_03": ("image148798.jpg", "image148871.jpg", 74),
        "SMIC-E_raw image/HS_long/SMIC-HS-E/s04/s4_ne_05": ("image155760.jpg", "image155833.jpg", 74),
        "SMIC-E_raw image/HS_long/SMIC-HS-E/s20/s20_ne_06": ("image7520000.jpg", "image7520156.jpg", 157),
    },
    "smic_e_vis": {
        "SMIC-E_raw image/VIS_long/SMIC-VIS-E/s11/s11_ne_02": ("image 04950.jpg", "image 05008.jpg", 59),
        "SMIC-E_raw image/VIS_long/SMIC-VIS-E/s20/s20_ne_09": ("image 52010.jpg", "image 52118.jpg", 109),
    },
    "smic_e_nir": {
        "SMIC-E_raw image/NIR_long/SMIC-NIR-E/NIR/s11/s11_po_01": ("image 09964.jpg", "image 10025.jpg", 62),
        "SMIC-E_raw image/NIR_long/SMIC-NIR-E/NIR/s15/s15_po_01": ("image021405.jpg", "image021468.jpg", 64),
    },
}
WORKBOOKS = {
    "smic_e_hs": "SMIC-E_raw image/HS_long/SMIC-HS-E_annotation.xlsx",
    "smic_e_vis": "SMIC-E_raw image/VIS_long/SMIC_VIS_E_annotation.xlsx",
    "smic_e_nir": "SMIC-E_raw image/NIR_long/SMIC-NIR-E_annotation.xlsx",
}
N = None
HEADERS = {
    "smic_e_hs": "Subject Filename - OnsetF OffsetF Onset2F Offset2F Onset3F Offset3F - FirstF LastF TotalMF1 TotalMF2"
    " TotalMF3 TotalVL Emotion",
    "smic_e_vis": "Subject Filename - OnsetF OffsetF Onset2F Offset2F - FirstF TotalMF1 TotalMF2 TotalVL Emotion",
    "smic_e_nir": "Subject Filename - OnsetF OffsetF OnsetF_NIR OffsetF_NIR - FirstF TotalMF1 TotalVL Emotion",
}
SHEETS = {
    "smic_e_hs": ["HS", "VIS", "Sheet2", "Sheet3"],
    "smic_e_vis": ["VIS", "Sheet2", "Sheet3"],
    "smic_e_nir": ["NIR", "Sheet2", "Sheet3"],
}
# A row of each workbook, cell for cell: its number and what stands there.
LINES = {
    "smic_e_hs": {
        6: [4, "s4_ne_03", N, 148825, "=D6+M6-1", N, "=F6+N6-1", N, N, N, 148798, 148871, 20, N, N, "=L6-K6+1"],
        8: [4, "s4_sur_02", N, 162031, "=D8+M8-1", N, "=F8+N8-1", N, N, N, 162004, 162081, 24, N, N, "=L8-K8+1"],
        9: [20, "s20_ne_06", N, 7520027, "=D9+M9-1", 7520096, "=F9+N9-1", 31, "=H9+O9-1", N, 7520000, 7520156, 34, 34],
    },
    "smic_e_vis": {8: [20, "s20_ne_09", N, 52037, "=D8+J8-1", 52082, "=F8+K8-1", N, 52010, 10, 10, 109, "negative"]},
    "smic_e_nir": {2: [11, "s11_ne_02", N, 4977, "=D2+J2-1", 4981, "=F2+J2-1", N, 4954, 5, 59, "negative"]},
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_row_and_every_repair_is_read_back(lookalike, kind) -> None:
    release = read_back(kind, lookalike(kind))
    assert rows(release) == [(*row[:5], "middle", row[5], row[5]) for row in READ[kind]]
    assert repairs(release) == REPAIRS[kind]
    fps = 100 if kind == "smic_e_hs" else 25
    assert {(one.fps, one.expression_type) for one in release.expressions} == {(fps, "micro")}
    assert len({one.source for one in release.expressions}) == 9


def test_the_older_workbook_has_no_third_expression(lookalike) -> None:
    release = read_back("smic_e_hs", lookalike("smic_e_hs"), labels="SMIC-HS-E_annotation_orig.xlsx")
    assert [row[:5] for row in rows(release)] == [row[:5] for row in READ["smic_e_hs"]]
    assert repairs(release) == REPAIRS["smic_e_hs"][:-2]


def test_the_newer_workbook_annotates_apices(lookalike) -> None:
    release = read_back("smic_e_hs", lookalike("smic_e_hs"), labels="SMIC-HS-E_annotation_2019.xlsx")
    assert {(one.clip, one.onset): one.apex for one in release.expressions if one.apex_source == "label"} == APICES
    assert len(release.expressions) == len(READ["smic_e_hs"])
    assert repairs(release) == REPAIRS["smic_e_hs"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_workbook_is_that_of_the_release(lookalike, kind) -> None:
    book = openpyxl.load_workbook(lookalike(kind) / WORKBOOKS[kind])
    assert book.sheetnames == SHEETS[kind]
    assert [book[name].max_row for name in ("Sheet2", "Sheet3")] == [1, 1]
    lines = [[cell.value for cell in line] for line in book.worksheets[0]]
    names = [None if name == "-" else name.replace("_", " ") for name in HEADERS[kind].split()]
    assert lines[0] == names
    for number, expected in LINES[kind].items():
        assert lines[number - 1][: len(expected)] == expected
    computed = openpyxl.load_workbook(lookalike(kind) / WORKBOOKS[kind], data_only=True).worksheets[0]
    assert [computed.cell(line, 5).value for line in range(2, 11)] == [None] * 9


def test_offsets_of_the_older_workbook_are_written_as_the_owners_wrote_them(lookalike) -> None:
    book = openpyxl.load_workbook(lookalike("smic_e_hs") / WORKBOOKS["smic_e_hs"].replace(".xlsx", "_orig.xlsx"))
    assert book["HS"]["E2"].value == "=D2+K2-1"


@pytest.mark.parametrize("kind", KINDS)
def test_files_are_named_as_the_cameras_count(lookalike, kind) -> None:
    assert {folder: files(lookalike(kind) / folder) for folder in FRAMES[kind]} == FRAMES[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_every_frame_can_be_read_and_every_clip_shows_a_face(lookalike, kind) -> None:
    root = lookalike(kind)
    release = read_back(kind, root)
    assert set(sizes(release, root).values()) == {(480, 640) if kind == "smic_e_nir" else (480, 640, 3)}
    assert min(face_widths(release, root).values()) > 80


@pytest.mark.parametrize("kind", KINDS)
def test_the_face_moves_where_the_workbook_says_and_rests_just_before(lookalike, kind) -> None:
    root = lookalike(kind)
    for one in read_back(kind, root).expressions:
        frames = dict(frame_files(root / one.source))
        rest, onset, middle = (
            cv2.imread(str(frames[number]), cv2.IMREAD_GRAYSCALE) for number in (one.onset - 9, one.onset, one.apex)
        )
        assert deformation(onset, middle) > 1.3 * deformation(rest, onset), (one.clip, one.onset)


def deformation(before: np.ndarray, after: np.ndarray) -> float:
    """How far the skin is stretched, where most: shift and turn of the head do not count."""
    small = [
        cv2.resize(frame[120:420, 180:460], None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        for frame in (before, after)
    ]
    flow = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM).calc(*small, None)
    (u_y, u_x), (v_y, v_x) = np.gradient(flow[..., 0]), np.gradient(flow[..., 1])
    strain = np.sqrt(u_x**2 + v_y**2 + (u_y + v_x) ** 2 / 2)
    return float(np.quantile(strain, 0.95))


def test_the_cameras_lie_side_by_side_whichever_is_written_last(lookalike, tmp_path) -> None:
    root = tmp_path / "SMIC"
    shutil.copytree(lookalike("smic_e_hs"), root, copy_function=os.link)
    write_lookalike("smic_e_vis", root)
    for kind in ("smic_e_hs", "smic_e_vis"):
        assert [row[:5] for row in rows(read_back(kind, root))] == [row[:5] for row in READ[kind]]
    assert list(tmp_path.iterdir()) == [root]
