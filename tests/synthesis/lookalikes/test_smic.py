"""The look-alikes of SMIC hold what the tables below say, and every oddity of the three cameras' folders."""

import os
import shutil
from pathlib import Path

import pytest

from mexflow.synthesis.lookalikes import write_lookalike
from synthesis.lookalikes.read_back import face_widths, files, read_back, repairs, rows, sizes

KINDS = ("smic_hs", "smic_vis", "smic_nir")
# Subject, clip, onset, middle, offset, emotion.
READ = {
    "smic_hs": [
        ("s1", "s1_ne_01", 90823, 90840, 90857, "negative"),
        ("s1", "s1_po_01", 99985, 100001, 100018, "positive"),
        ("s1", "s1_sur_01", 114211, 114225, 114239, "surprise"),
        ("s3", "s3_ne_16", 426679, 426697, 426714, "negative"),
        ("s3", "s3_po_08", 551007, 551021, 551036, "positive"),
        ("s3", "s3_sur_01", 999990, 1000005, 1000021, "surprise"),
        ("s18", "s18_ne_01", 7426679, 7426695, 7426712, "negative"),
        ("s18", "s18_ne_02", 9999988, 9999999, 10000011, "negative"),
        ("s18", "s18_sur_03", 10000101, 10000116, 10000131, "surprise"),
    ],
    "smic_vis": [
        ("s11", "s11_ne_02", 4988, 4990, 4992, "negative"),
        ("s11", "s11_po_01", 9997, 10000, 10004, "positive"),
        ("s11", "s11_po_02", 11206, 11209, 11212, "positive"),
        ("s15", "s15_ne_01", 20131, 20134, 20137, "negative"),
        ("s15", "s15_po_01", 21444, 21448, 21453, "positive"),
        ("s15", "s15_sur_01", 22003, 22005, 22008, "surprise"),
        ("s20", "s20_ne_02", 99998, 100001, 100005, "negative"),
        ("s20", "s20_sur_02", 101310, 101314, 101317, "surprise"),
        ("s20", "s20_sur_03", 103777, 103779, 103782, "surprise"),
    ],
    "smic_nir": [
        ("s11", "s11_ne_02", 4991, 4993, 4995, "negative"),
        ("s11", "s11_po_01", 10000, 10003, 10007, "positive"),
        ("s11", "s11_po_02", 11209, 11212, 11215, "positive"),
        ("s15", "s15_ne_01", 20135, 20138, 20141, "negative"),
        ("s15", "s15_po_01", 21448, 21452, 21457, "positive"),
        ("s15", "s15_sur_01", 22007, 22009, 22012, "surprise"),
        ("s20", "s20_ne_02", 99993, 99996, 100000, "negative"),
        ("s20", "s20_sur_02", 101305, 101309, 101312, "surprise"),
        ("s20", "s20_sur_03", 103772, 103774, 103777, "surprise"),
    ],
}
# Of the crops of HS one clip and the ends of three are missing.
CROPPED_HS = [
    *READ["smic_hs"][:3],
    ("s3", "s3_ne_16", 426679, 426695, 426713, "negative"),
    ("s3", "s3_po_08", 551007, 551020, 551034, "positive"),
    ("s3", "s3_sur_01", 999990, 1000005, 1000020, "surprise"),
    *READ["smic_hs"][6:8],
]
# Subject, clip, onset, rule, before, after: the middle frame itself is not there.
REPAIRS = {
    "smic_hs": ("s3", "s3_ne_16", "", "frame_gap", "no frame between 426695 and 426697", "frames taken as they are"),
    "smic_vis": (
        "s20",
        "s20_sur_02",
        "",
        "frame_gap",
        "no frame between 101312 and 101314",
        "frames taken as they are",
    ),
    "smic_nir": (
        "s20",
        "s20_sur_02",
        "",
        "frame_gap",
        "no frame between 101307 and 101309",
        "frames taken as they are",
    ),
}
# Frames per second, the fewest and the most frames of a clip, channels of an image.
CAMERAS = {"smic_hs": (100, 11, 58, (3,)), "smic_vis": (25, 4, 13, (3,)), "smic_nir": (25, 4, 13, ())}
# Folder → first and last file by name, how many.
FRAMES = {
    "smic_hs": {
        "SMIC_all_raw/HS/s1/micro/negative/s1_ne_01": ("image090823.bmp", "image090857.bmp", 35),
        "SMIC_all_raw/HS/s1/micro/positive/s1_po_01": ("image099985.bmp", "image100018.bmp", 34),
        "SMIC_all_raw/HS/s1/non_micro/s1_non_01": ("image001007.bmp", "image001011.bmp", 5),
        "SMIC_all_raw/HS/s3/micro/negative/s3_ne_16": ("image426679.bmp", "image426714.bmp", 35),
        "SMIC_all_raw/HS/s3/micro/surprise/s3_sur_01": ("image1000000.bmp", "image999999.bmp", 32),
        "SMIC_all_raw/HS/s18/micro/negative/s18_ne_02": ("image10000000.bmp", "image9999999.bmp", 24),
        "SMIC_all_cropped/HS/s1/micro/negative/s1_ne_01": ("reg_image090823.bmp", "reg_image090857.bmp", 35),
        "SMIC_all_cropped/HS/s3/micro/positive/s3_po_08": ("reg_image551007.bmp", "reg_image551034.bmp", 28),
    },
    "smic_vis": {
        "SMIC_all_raw/VIS/s11/micro/positive/s11_po_01": ("image009997.bmp", "image010004.bmp", 8),
        "SMIC_all_raw/VIS/s11/non_micro/s11_non_01": ("image001007.bmp", "image001011.bmp", 5),
        "SMIC_all_cropped/VIS/s15/micro/surprise/s15_sur_01": ("reg_image022003.bmp", "reg_image022008.bmp", 6),
    },
    "smic_nir": {
        "SMIC_all_raw/NIR/s20/micro/surprise/s20_sur_02": ("image101305.bmp", "image101312.bmp", 7),
        "SMIC_all_raw/NIR/s11/non_micro/s11_non_01": ("image001007.bmp", "image001011.bmp", 5),
        "SMIC_all_cropped/NIR/s15/micro/positive/s15_po_01": ("reg_image021448.bmp", "reg_image021457.bmp", 10),
    },
}


def as_read(table: list[tuple]) -> list[tuple]:
    """No apex is annotated; the classes are the emotions."""
    return [(*row[:5], "middle", row[5], row[5]) for row in table]


@pytest.mark.parametrize("kind", KINDS)
def test_every_row_and_every_repair_is_read_back(lookalike, kind) -> None:
    release = read_back(kind, lookalike(kind))
    assert rows(release) == as_read(READ[kind])
    assert repairs(release) == [REPAIRS[kind]]
    assert {(one.fps, one.expression_type) for one in release.expressions} == {(CAMERAS[kind][0], "micro")}
    assert f"{kind}: sequences without an expression (non_micro), not read: 1" in release.remarks


@pytest.mark.parametrize("kind", KINDS)
def test_the_crops_hold_what_the_owners_crops_hold(lookalike, kind) -> None:
    release = read_back(kind, lookalike(kind), images="cropped")
    assert rows(release) == as_read(CROPPED_HS if kind == "smic_hs" else READ[kind])
    assert repairs(release) == [REPAIRS[kind]]


@pytest.mark.parametrize("kind", KINDS)
def test_files_are_named_as_the_cameras_count(lookalike, kind) -> None:
    assert {folder: files(lookalike(kind) / folder) for folder in FRAMES[kind]} == FRAMES[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_a_clip_is_as_long_as_one_of_smic(lookalike, kind) -> None:
    root = lookalike(kind)
    _, fewest, most, _ = CAMERAS[kind]
    for one in read_back(kind, root).expressions:
        gap = one.clip == REPAIRS[kind][1]
        assert fewest <= files(root / one.source)[2] == one.offset - one.onset + 1 - gap <= most


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("images", "height", "width"), [("raw", 480, 640), ("cropped", 170, 139)])
def test_every_frame_can_be_read_and_every_clip_shows_a_face(lookalike, kind, images, height, width) -> None:
    root = lookalike(kind)
    release = read_back(kind, root, images=images)
    assert set(sizes(release, root).values()) == {(height, width, *CAMERAS[kind][3])}
    assert min(face_widths(release, root).values()) > 80


def test_the_cameras_lie_side_by_side_whichever_is_written_last(lookalike, tmp_path) -> None:
    root = tmp_path / "SMIC"
    for kind in ("smic_hs", "smic_vis"):
        shutil.copytree(lookalike(kind), root, copy_function=os.link, dirs_exist_ok=True)
    before = marks(root)
    write_lookalike("smic_nir", root)
    after = marks(root)
    assert before.items() <= after.items()
    assert {file.parts[1] for file in after.keys() - before.keys()} == {"NIR"}
    assert list(tmp_path.iterdir()) == [root]
    for kind in KINDS:
        assert rows(read_back(kind, root)) == as_read(READ[kind])


def marks(root: Path) -> dict[Path, tuple[int, int]]:
    """File → inode and modification time."""
    found = (file for file in root.rglob("*") if file.is_file())
    return {file.relative_to(root): (file.stat().st_ino, file.stat().st_mtime_ns) for file in found}
