"""What a file tells about its length: no cut file passes for whole, no whole one for cut."""

from pathlib import Path

import pytest

from mexflow.video.container import announced_frames, is_cut_off, is_short
from video.recordings import RATE, noise, record, trimmed, with_sound

COUNT = 20
FIRST_INDEX = {"movflags": "faststart"}
UNEVEN = [0, 20, 60, 420, 440, 500, 900, 920, 1200, 1210, 1250, 1300, 1700, 1740, 1800, 1810, 1815, 1900, 2300, 2700]


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("whole")

    def recorded(name: str, codec: str = "mpeg4", **options) -> Path:
        return record(folder / name, noise(COUNT), codec, **options)

    return {
        "avi": recorded("v.avi"),
        "mp4": recorded("v.mp4"),
        "mp4, index first": recorded("first.mp4", container=FIRST_INDEX),
        "mov": recorded("v.mov", "mjpeg", pixels="yuvj420p"),
        "mkv": recorded("v.mkv"),
        "webm": recorded("v.webm", "libvpx-vp9"),
    }


KINDS = ["avi", "mp4", "mp4, index first", "mov", "mkv", "webm"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_whole_file_is_not_cut_off(whole, kind):
    assert not is_cut_off(whole[kind])


@pytest.mark.parametrize("kept", [0.1, 0.3, 0.5, 0.9, 0.97, -100, -1], ids=lambda kept: f"{kept:g}")
@pytest.mark.parametrize("kind", KINDS)
def test_a_part_of_a_file_is_cut_off(whole, tmp_path, kind, kept):
    content = whole[kind].read_bytes()
    part = tmp_path / whole[kind].name
    part.write_bytes(content[: kept if kept < 0 else int(kept * len(content))])
    assert is_cut_off(part)


def riff(content: bytes, kind: bytes = b"AVI ") -> bytes:
    return b"RIFF" + (len(content) + 4).to_bytes(4, "little") + kind + content


def box(kind: bytes, content: bytes) -> bytes:
    return (len(content) + 8).to_bytes(4, "big") + kind + content


def long_box(kind: bytes, content: bytes) -> bytes:
    return b"\0\0\0\1" + kind + (len(content) + 16).to_bytes(8, "big") + content


def matroska(content: bytes, size: bytes) -> bytes:
    return b"\x1a\x45\xdf\xa3" + b"\x84" + b"head" + b"\x18\x53\x80\x67" + size + content


@pytest.mark.parametrize(
    "content",
    [
        riff(bytes(100)) + riff(bytes(60), b"AVIX"),
        riff(bytes(99)) + b"\0" + riff(bytes(60), b"AVIX"),
        box(b"ftyp", b"qt  ") + long_box(b"mdat", bytes(100)),
        matroska(bytes(100), b"\x01" + (100).to_bytes(7, "big")),
        matroska(bytes(100), b"\x40" + (100).to_bytes(1, "big")),
    ],
    ids=["second list", "odd list", "64-bit box", "size of 8 bytes", "size of 2 bytes"],
)
def test_the_last_element_counts_however_its_size_is_written(tmp_path, content):
    path = tmp_path / "v"
    path.write_bytes(content)
    assert not is_cut_off(path)
    path.write_bytes(content[:-1])
    assert is_cut_off(path)


@pytest.mark.parametrize(
    "content",
    [
        b"RIFF\0\0\0\0AVI " + bytes(100),
        box(b"ftyp", b"isom") + b"\0\0\0\0mdat" + bytes(100),
        matroska(bytes(100), b"\x01" + b"\xff" * 7),
        matroska(bytes(100), b"\xff"),
        riff(bytes(100)) + b"JUNK behind the list",
        box(b"moov", bytes(100)) + bytes(30),
        b"\x1a\x45\xdf\xa3",
        b"\x1a\x45\xdf\xa3\x00",
        b"\x47" * 188,
        b"",
    ],
    ids=[
        "crashed recorder",
        "box to the end",
        "live stream",
        "short live stream",
        "junk behind",
        "zeros behind",
        "bare",
        "no size",
        "transport stream",
        "empty",
    ],
)
def test_of_what_tells_no_size_nothing_is_claimed(tmp_path, content):
    path = tmp_path / "v"
    path.write_bytes(content)
    assert not is_cut_off(path)


@pytest.mark.parametrize("kind", ["avi", "mp4", "mov"])
def test_an_index_counts_the_frames_whatever_was_decoded(whole, kind):
    assert announced_frames(whole[kind], 3) == COUNT


@pytest.mark.parametrize("start", [0, 5000])
@pytest.mark.parametrize(("ending", "codec"), [("mkv", "mpeg4"), ("mkv", "libx264"), ("webm", "libvpx-vp9")])
def test_where_the_rate_varies_the_frames_are_counted_not_the_seconds(tmp_path, ending, codec, start):
    path = record(tmp_path / f"v.{ending}", noise(COUNT), codec, times=[start + time for time in UNEVEN])
    assert UNEVEN[-1] / 1000 * RATE > COUNT + 30
    assert announced_frames(path, COUNT) == COUNT


def test_frames_hidden_by_an_edit_list_are_not_announced(tmp_path):
    path = trimmed(record(tmp_path / "v.mp4", noise(COUNT), "libx264"), tmp_path / "trimmed.mp4", hidden=7)
    assert announced_frames(path, 0) == COUNT - 7


def test_sound_that_lasts_longer_announces_no_frames(tmp_path, whole):
    path = with_sound(whole["mkv"], tmp_path / "sound.mkv", seconds=3)
    assert announced_frames(path, COUNT) == COUNT


def test_without_an_index_the_duration_announces_the_frames_behind_a_damage(whole, tmp_path):
    content = whole["mkv"].read_bytes()
    path = tmp_path / "v.mkv"
    path.write_bytes(content[: len(content) // 2] + bytes(len(content) - len(content) // 2))
    assert announced_frames(path, COUNT // 2) == COUNT


def test_without_an_index_frames_that_are_there_but_not_decoded_are_missed(whole):
    assert announced_frames(whole["mkv"], COUNT // 2) == COUNT


@pytest.mark.parametrize("content", [b"", b"frames follow\n" * 100], ids=["nothing", "text"])
def test_what_is_no_video_announces_nothing(tmp_path, content):
    path = tmp_path / "v.avi"
    path.write_bytes(content)
    assert announced_frames(path, 0) == 0


def test_one_or_two_frames_fewer_than_announced_are_no_loss():
    assert [is_short(decoded, COUNT) for decoded in range(COUNT - 4, COUNT + 2)] == [True, True, *[False] * 4]
