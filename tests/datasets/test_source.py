"""A clip's raw files: which frames it has, and when its content counts as changed."""

import os
import shutil
from pathlib import Path

import pytest

from mexflow.datasets.source import content_hash, frame_files, signature
from mexflow.errors import UserError


def clip(folder: Path, **frames: bytes) -> Path:
    """An image folder; `img_1="x"` stands for img_1.jpg."""
    folder.mkdir(parents=True)
    for name, content in frames.items():
        (folder / f"{name}.jpg").write_bytes(content)
    return folder


def test_frames_come_in_the_order_of_their_numbers(tmp_path):
    folder = clip(tmp_path / "c", img9=b"", img10=b"", img100=b"", img2=b"")
    assert [number for number, _ in frame_files(folder)] == [2, 9, 10, 100]
    assert [path.name for _, path in frame_files(folder)] == ["img2.jpg", "img9.jpg", "img10.jpg", "img100.jpg"]


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("reg_img46.jpg", 46),  # CASME II
        ("image001407.jpg", 1407),  # SMIC
        ("006_05588.jpg", 5588),  # SAMM
        ("img (12).BMP", 12),
        ("3.png", 3),
        ("s2_clip7_frame08_cropped.tiff", 8),
    ],
)
def test_the_last_integer_of_a_name_is_its_number(tmp_path, name, number):
    folder = clip(tmp_path / "c")
    (folder / name).touch()
    assert frame_files(folder) == [(number, folder / name)]


def test_other_files_are_no_frames(tmp_path):
    folder = clip(tmp_path / "c", img1=b"")
    for name in ("Thumbs.db", "notes2.txt", ".img3.jpg", "._img1.jpg"):
        (folder / name).write_text("no frame")
    assert [number for number, _ in frame_files(folder)] == [1]


@pytest.mark.parametrize(("one", "other"), [("img7.jpg", "img007.jpg"), ("a7.jpg", "b7.png")])
def test_two_frames_with_one_number_are_told(tmp_path, one, other):
    folder = clip(tmp_path / "c")
    (folder / one).touch()
    (folder / other).touch()
    with pytest.raises(UserError, match=r"has the frame number 7, too\. Remove one of them\.") as caught:
        frame_files(folder)
    assert one in str(caught.value)
    assert other in str(caught.value)


def test_a_frame_without_a_number_is_told(tmp_path):
    with pytest.raises(UserError, match=r"cover\.jpg: an image without a frame number in its name. Rename or remove"):
        frame_files(clip(tmp_path / "c", img1=b"", cover=b""))


@pytest.mark.parametrize("reads", [frame_files, signature, content_hash])
def test_an_empty_clip_is_told(tmp_path, reads):
    folder = clip(tmp_path / "c")
    (folder / "notes.txt").touch()
    (folder / "._img1.jpg").touch()
    with pytest.raises(UserError, match=r"c: an empty clip, no image in it\. Restore its frames or remove its label"):
        reads(folder)


@pytest.mark.parametrize("reads", [frame_files, signature, content_hash])
def test_a_missing_clip_is_told(tmp_path, reads):
    with pytest.raises(UserError, match=r"gone: no such clip \(.+\)\. Restore it or remove its label row\."):
        reads(tmp_path / "gone")


@pytest.mark.parametrize("reads", [signature, content_hash])
def test_a_link_to_nothing_is_told(tmp_path, reads):
    folder = clip(tmp_path / "c", img1=b"")
    (folder / "img2.jpg").symlink_to(tmp_path / "annexed")
    with pytest.raises(UserError, match=r"img2\.jpg: a link to a file that is not there\. Restore the file\."):
        reads(folder)


FRAMES = {"img1": b"one", "img2": b"two", "img10": b"ten"}


def test_equal_files_have_equal_content_wherever_and_whenever_they_are(tmp_path):
    first = clip(tmp_path / "a" / "c", **FRAMES)
    second = clip(tmp_path / "b" / "other_name", **FRAMES)
    for path in second.iterdir():
        os.utime(path, (1, 1))
    assert content_hash(first) == content_hash(second)
    assert signature(first) != signature(second)


def change_a_byte(folder: Path) -> None:
    (folder / "img2.jpg").write_bytes(b"tWo")


def rename(folder: Path) -> None:
    (folder / "img2.jpg").rename(folder / "img3.jpg")


def swap(folder: Path) -> None:
    (folder / "img2.jpg").rename(folder / "img")
    (folder / "img1.jpg").rename(folder / "img2.jpg")
    (folder / "img").rename(folder / "img1.jpg")


def add(folder: Path) -> None:
    (folder / "img11.jpg").write_bytes(b"")


def remove(folder: Path) -> None:
    (folder / "img10.jpg").unlink()


def move_a_byte_to_the_next_frame(folder: Path) -> None:
    (folder / "img1.jpg").write_bytes(b"on")
    (folder / "img10.jpg").write_bytes(b"eten")


@pytest.mark.parametrize("change", [change_a_byte, rename, swap, add, remove, move_a_byte_to_the_next_frame])
def test_any_change_of_the_frames_is_another_content(tmp_path, change):
    folder = clip(tmp_path / "c", **FRAMES)
    before = content_hash(folder)
    change(folder)
    assert content_hash(folder) != before


def test_what_is_no_frame_does_not_count(tmp_path):
    folder = clip(tmp_path / "c", **FRAMES)
    before = content_hash(folder), signature(folder)
    (folder / "Thumbs.db").write_bytes(b"x")
    (folder / "._img1.jpg").write_bytes(b"x")
    assert (content_hash(folder), signature(folder)) == before


def test_a_video_has_the_content_of_its_file(tmp_path):
    video = tmp_path / "v.avi"
    video.write_bytes(b"video")
    before = content_hash(video)
    (tmp_path / "beside.avi").write_bytes(b"another")
    os.utime(video, (1, 1))
    assert content_hash(video) == before
    video.write_bytes(b"videO")
    assert content_hash(video) != before


def test_equal_marks_need_the_same_names_sizes_and_times(tmp_path):
    folder = clip(tmp_path / "c", **FRAMES)
    mark = signature(folder)
    copy = shutil.copytree(folder, tmp_path / "copy")  # copies the times, too
    assert signature(copy) == mark
    os.utime(copy / "img2.jpg", ns=(1, (copy / "img2.jpg").stat().st_mtime_ns + 1))
    assert signature(copy) != mark
