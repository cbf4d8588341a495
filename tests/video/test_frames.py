"""Decoding a clip: the right frames in the right order, and no damaged one passes for whole."""

import tracemalloc
import wave
from pathlib import Path

import cv2
import numpy as np
import pytest
from av.video.reformatter import ColorRange, Colorspace

from mexflow.errors import UserError
from mexflow.video import frames as frames_module
from mexflow.video.frames import gray_frames
from mexflow.video.gray import GRAY_CONVERSIONS, bt601_swapped
from video.recordings import HEIGHT, WIDTH, damaged, level, noise, record, smooth, trimmed

JPEG = [cv2.IMWRITE_JPEG_QUALITY, 95]
UNREADABLE = r"not a readable image\. Restore it from the dataset, or remove the clip's label row\."


def noisy(height: int = HEIGHT, width: int = WIDTH) -> np.ndarray:
    """Every pixel another colour, so that a file is long and every byte counts."""
    return np.random.default_rng(1).integers(0, 256, (height, width, 3), np.uint8)


def encoded(image: np.ndarray, ending: str) -> bytes:
    return cv2.imencode(ending, image, JPEG if ending == ".jpg" else [])[1].tobytes()


def write_image(path: Path, image: np.ndarray) -> None:
    path.write_bytes(encoded(image, path.suffix))


def write_video(path: Path, images: list[np.ndarray]) -> None:
    height, width = images[0].shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 25, (width, height))
    assert writer.isOpened()
    for image in images:
        writer.write(image)
    writer.release()


def luma(image: np.ndarray) -> np.ndarray:
    blue, green, red = np.moveaxis(image.astype(float), -1, 0)
    return 0.299 * red + 0.587 * green + 0.114 * blue


def numbers(source: Path, first_frame: int = 1) -> list[int]:
    return [number for number, _ in gray_frames(source, first_frame)]


def test_images_come_in_the_order_of_their_numbers_each_with_its_own(tmp_path):
    brightness = {9: 90, 10: 100, 100: 200, 8: 80}
    for number, gray in brightness.items():
        write_image(tmp_path / f"img{number}.png", level(gray))
    found = [(number, round(frame.mean())) for number, frame in gray_frames(tmp_path)]
    assert found == [(8, 80), (9, 90), (10, 100), (100, 200)]


def test_images_keep_their_numbers_whatever_the_first_frame_of_a_video_would_be(tmp_path):
    write_image(tmp_path / "img46.png", smooth())
    assert numbers(tmp_path, first_frame=7) == [46]


@pytest.mark.parametrize(
    ("image", "ending", "tolerance"),
    [
        (noisy(), ".png", 1),
        (noisy(), ".bmp", 1),
        (noisy(), ".tif", 1),
        (smooth(), ".png", 1),
        (smooth(), ".jpg", 3),
    ],
)
def test_gray_is_the_luma_of_bt601(tmp_path, image, ending, tolerance):
    write_image(tmp_path / f"img1{ending}", image)
    ((_, frame),) = gray_frames(tmp_path)
    assert frame.dtype == np.uint8
    assert frame.shape == (HEIGHT, WIDTH)
    assert np.abs(frame - np.rint(luma(image))).max() <= tolerance


def test_other_and_hidden_files_are_passed_over(tmp_path):
    write_image(tmp_path / "img1.jpg", smooth())
    for name in ("._img1.jpg", ".img2.jpg", "Thumbs.db", "notes.txt"):
        (tmp_path / name).write_bytes(b"no frame 3")
    assert numbers(tmp_path) == [1]


@pytest.mark.parametrize("damaged", [b"", np.random.default_rng(2).bytes(5000), b"an error page, not an image"])
@pytest.mark.parametrize("ending", [".jpg", ".png", ".bmp", ".tif"])
def test_what_is_no_image_is_told(tmp_path, damaged, ending):
    write_image(tmp_path / f"img1{ending}", smooth())
    (tmp_path / f"img2{ending}").write_bytes(damaged)
    with pytest.raises(UserError, match=rf"img2\{ending}: {UNREADABLE}"):
        numbers(tmp_path)


CUTS = [5, 12, 100, 0.01, 0.1, 0.5, 0.9, 0.99]


@pytest.mark.parametrize("lost", CUTS, ids=lambda cut: f"{cut} B" if isinstance(cut, int) else f"{cut:.0%}")
@pytest.mark.parametrize("tail", [b"", b"\0"], ids=["cut", "filled with zeros"])
@pytest.mark.parametrize("ending", [".jpg", ".png"])
def test_an_image_without_its_end_is_told(tmp_path, ending, tail, lost):
    whole = encoded(noisy(), ending)
    cut = lost if isinstance(lost, int) else int(lost * len(whole))
    (tmp_path / f"img7{ending}").write_bytes(whole[:-cut] + tail * cut)
    with pytest.raises(UserError, match=rf"img7\{ending}: {UNREADABLE}"):
        numbers(tmp_path)


def with_thumbnail(jpeg: bytes) -> bytes:
    """As cameras write it: a small JPEG, whole in itself, in the header of the large one."""
    thumbnail = b"Exif\0\0" + encoded(smooth(12, 16), ".jpg")
    return jpeg[:2] + b"\xff\xe1" + (len(thumbnail) + 2).to_bytes(2, "big") + thumbnail + jpeg[2:]


def test_the_end_of_a_thumbnail_is_not_the_end_of_its_image(tmp_path):
    whole = with_thumbnail(encoded(noisy(), ".jpg"))
    path = tmp_path / "img1.jpg"
    path.write_bytes(whole)
    assert numbers(tmp_path) == [1]
    kept = whole.rfind(b"\xff\xda") + 100
    path.write_bytes(whole[:kept] + bytes(len(whole) - kept))
    with pytest.raises(UserError, match=UNREADABLE):
        numbers(tmp_path)


@pytest.mark.parametrize("ending", [".jpg", ".png"])
def test_what_follows_a_whole_image_does_no_harm(tmp_path, ending):
    path = tmp_path / f"img1{ending}"
    path.write_bytes(encoded(smooth(), ending))
    ((_, alone),) = gray_frames(tmp_path)
    path.write_bytes(encoded(smooth(), ending) + bytes(4096))
    ((_, followed),) = gray_frames(tmp_path)
    np.testing.assert_array_equal(followed, alone)


@pytest.mark.parametrize(("height", "width"), [(HEIGHT, WIDTH + 2), (HEIGHT - 1, WIDTH), (WIDTH, HEIGHT)])
def test_frames_of_two_sizes_are_told(tmp_path, height, width):
    write_image(tmp_path / "img9.png", smooth())
    write_image(tmp_path / "img10.png", smooth(height, width))
    told = rf"img10\.png: frame 10 is {width}×{height} px, the frames before it 64×48\..+restore the clip"
    with pytest.raises(UserError, match=told):
        numbers(tmp_path)


def test_an_empty_clip_is_told(tmp_path):
    (tmp_path / "notes.txt").touch()
    with pytest.raises(UserError, match=rf"{tmp_path.name}: an empty clip, no image in it\. Restore its frames"):
        numbers(tmp_path)


def test_an_image_without_a_number_is_told(tmp_path):
    write_image(tmp_path / "img1.png", smooth())
    write_image(tmp_path / "cover.png", smooth())
    with pytest.raises(UserError, match=r"cover\.png: an image without a frame number.+Rename or remove it"):
        numbers(tmp_path)


def test_two_images_with_one_number_are_told(tmp_path):
    for name in ("img7.png", "img007.png"):
        write_image(tmp_path / name, smooth())
    with pytest.raises(UserError, match=r"the frame number 7, too\. Remove one of them") as caught:
        numbers(tmp_path)
    assert "img7.png" in str(caught.value)
    assert "img007.png" in str(caught.value)


def test_a_frame_arrives_before_the_next_is_decoded(tmp_path):
    write_image(tmp_path / "img1.png", level(50))
    (tmp_path / "img2.png").write_bytes(b"damaged")
    frames = gray_frames(tmp_path)
    number, frame = next(frames)
    assert (number, frame.mean()) == (1, 50)
    with pytest.raises(UserError, match=r"img2\.png"):
        next(frames)


@pytest.mark.parametrize("first_frame", [0, 1, 261])
def test_frames_of_a_video_are_counted_from_the_first(tmp_path, first_frame):
    brightness = list(range(20, 220, 10))
    write_video(tmp_path / "v.avi", [level(gray) for gray in brightness])
    found = list(gray_frames(tmp_path / "v.avi", first_frame))
    assert [number for number, _ in found] == list(range(first_frame, first_frame + len(brightness)))
    np.testing.assert_allclose([frame.mean() for _, frame in found], brightness, atol=1)


def test_the_gray_of_a_video_is_the_luma_of_bt601(tmp_path):
    write_video(tmp_path / "v.avi", [smooth()] * 3)
    for _, frame in gray_frames(tmp_path / "v.avi"):
        assert frame.dtype == np.uint8
        assert np.abs(frame - luma(smooth())).mean() <= 3


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.8, 0.95, 0.99])
def test_a_cut_video_is_told(tmp_path, kept):
    path = tmp_path / "v.avi"
    write_video(path, [np.roll(noisy(), shift, axis=0) for shift in range(20)])
    whole = path.read_bytes()
    path.write_bytes(whole[: int(kept * len(whole))])
    with pytest.raises(UserError, match=r"v\.avi: the video is cut off: \d+ of 20 frames can be read\. Restore it"):
        numbers(path)


@pytest.mark.parametrize("content", [b"frames follow\n" * 100, b"", None], ids=["text", "nothing", "missing"])
def test_what_is_no_video_is_told(tmp_path, content):
    path = tmp_path / "v.avi"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(
        UserError, match=r"v\.avi: (not a readable|no such) video\. Restore it.* or remove its label row"
    ):
        numbers(path)


@pytest.fixture(params=["opencv", "pyav"])
def decoder(request, monkeypatch):
    if request.param == "pyav":
        monkeypatch.setattr(frames_module, "_decoded_by_opencv", lambda path: iter(()))
    return request.param


def opencv_frames(path: Path) -> list[np.ndarray]:
    capture, found = cv2.VideoCapture(str(path)), []
    while (read := capture.read())[0]:
        found.append(cv2.cvtColor(read[1], cv2.COLOR_BGR2GRAY))
    return found


STAIRS = list(range(20, 220, 10))  # which compression does not take for one another


@pytest.mark.parametrize("name", ["v.mp4", "v.mkv", "v.webm"])
@pytest.mark.parametrize("pixels", ["yuv420p", "yuv420p10le"])
def test_what_opencv_does_not_decode_pyav_does(tmp_path, name, pixels):
    path = record(tmp_path / name, map(level, STAIRS), "libsvtav1", pixels)
    assert opencv_frames(path) == []
    found = list(gray_frames(path, first_frame=7))
    assert [number for number, _ in found] == list(range(7, 7 + len(STAIRS)))
    assert {(frame.shape, frame.dtype) for _, frame in found} == {((HEIGHT, WIDTH), np.dtype(np.uint8))}
    np.testing.assert_allclose([frame.mean() for _, frame in found], STAIRS, atol=4)


BT709 = {"colorspace": Colorspace.ITU709}
FULL_RANGE = {"color_range": ColorRange.JPEG}


@pytest.mark.parametrize(
    ("name", "codec", "pixels", "colours"),
    [
        ("v.mp4", "libx264", "yuv420p", {}),
        ("v.mp4", "libx264", "yuv420p", BT709),
        ("v.mp4", "libx264", "yuv420p", FULL_RANGE),
        ("v.mp4", "libx264", "yuv420p10le", {}),
        ("v.mp4", "libx264", "yuv420p10le", BT709 | FULL_RANGE),
        ("v.mkv", "libx264", "yuv444p10le", {}),
        ("v.avi", "mjpeg", "yuvj420p", {}),
        ("v.avi", "rawvideo", "gray", {}),
        ("v.avi", "ffv1", "bgr0", {}),
        ("v.mkv", "ffv1", "gray16le", {}),
        ("v.mov", "prores", "yuv422p10le", {}),
        ("v.webm", "libvpx-vp9", "yuv420p", {}),
    ],
)
def test_pyav_gives_the_gray_levels_of_opencv(tmp_path, monkeypatch, name, codec, pixels, colours):
    images = [np.roll(smooth(), 5 * shift, axis=1) for shift in range(8)]
    path = record(tmp_path / name, images, codec, pixels, colours=colours)
    expected = opencv_frames(path)
    monkeypatch.setattr(frames_module, "_decoded_by_opencv", lambda path: iter(()))
    found = [frame for _, frame in gray_frames(path)]
    assert len(found) == len(expected) == len(images)
    assert np.abs(np.array(found, int) - np.array(expected, int)).max() <= 1


def test_frames_come_in_the_order_of_their_presentation(tmp_path, decoder):
    path = record(tmp_path / "v.mp4", map(level, STAIRS), "libx264", bf="3", b_strategy="0", g="20")
    found = [frame.mean() for _, frame in gray_frames(path)]
    np.testing.assert_allclose(found, STAIRS, atol=4)


@pytest.mark.parametrize("name", ["v.mp4", "v.mkv"])
def test_a_varying_rate_neither_repeats_nor_drops_a_frame(tmp_path, decoder, name):
    times = np.cumsum([0, 20, 33, 400, 40, 20, 700] + [33] * 13).tolist()
    path = record(tmp_path / name, map(level, STAIRS), "libx264", times=times)
    found = list(gray_frames(path))
    assert [number for number, _ in found] == list(range(1, len(STAIRS) + 1))
    np.testing.assert_allclose([frame.mean() for _, frame in found], STAIRS, atol=4)


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_frames_are_turned_upright(tmp_path, decoder, quarters):
    path = record(tmp_path / "v.mp4", [smooth()] * 3, "libx264", rotation=90 * quarters)
    upright = np.rot90(luma(smooth()), quarters)
    for _, frame in gray_frames(path):
        assert frame.shape == upright.shape
        assert np.abs(frame - upright).mean() < 3


def test_a_clip_trimmed_on_a_phone_is_whole(tmp_path, decoder):
    whole = record(tmp_path / "whole.mp4", map(level, STAIRS), "libx264", bf="0")
    path = trimmed(whole, tmp_path / "trimmed.mp4", hidden=7)
    np.testing.assert_allclose([frame.mean() for _, frame in gray_frames(path)], STAIRS[7:], atol=4)


def test_sound_without_pictures_is_no_video(tmp_path):
    path = tmp_path / "v.avi"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", "silence"))
        file.writeframes(bytes(16000))
    with pytest.raises(UserError, match=r"v\.avi: not a readable video\."):
        numbers(path)


INDEX_FIRST = {"movflags": "faststart"}
RECORDINGS = {
    "mjpeg.avi": ("mjpeg", "yuvj420p", {}),
    "mpeg4.avi": ("mpeg4", "yuv420p", {}),
    "h264.mp4": ("libx264", "yuv420p", {}),
    "index_first.mp4": ("libx264", "yuv420p", INDEX_FIRST),
    "h264.mkv": ("libx264", "yuv420p", {}),
    "av1.mp4": ("libsvtav1", "yuv420p", INDEX_FIRST),
    "av1.webm": ("libsvtav1", "yuv420p", {}),
}


@pytest.fixture(scope="module")
def recordings(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("recordings")
    for name, (codec, pixels, container) in RECORDINGS.items():
        record(folder / name, noise(20), codec, pixels, container=container)
    return folder


@pytest.mark.parametrize("name", RECORDINGS)
def test_a_whole_video_is_read_to_its_end(recordings, decoder, name):
    assert numbers(recordings / name) == list(range(1, 21))


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.8, 0.95, 0.99, -1], ids=lambda kept: f"{kept:g}")
@pytest.mark.parametrize("name", RECORDINGS)
def test_a_cut_video_is_told_whoever_decodes_it(recordings, tmp_path, decoder, name, kept):
    whole = (recordings / name).read_bytes()
    path = tmp_path / name
    path.write_bytes(whole[: kept if kept < 0 else int(kept * len(whole))])
    with pytest.raises(UserError, match=r"the video is cut off( or damaged)?: .+\. Restore it"):
        numbers(path)


@pytest.mark.parametrize("kept", [0.3, 0.5, 0.7])
@pytest.mark.parametrize("name", ["mjpeg.avi", "mpeg4.avi", "index_first.mp4", "h264.mkv", "av1.mp4", "av1.webm"])
def test_a_video_filled_up_with_zeros_is_told_whoever_decodes_it(recordings, tmp_path, decoder, name, kept):
    whole = (recordings / name).read_bytes()
    path = tmp_path / name
    path.write_bytes(whole[: int(kept * len(whole))] + bytes(len(whole) - int(kept * len(whole))))
    with pytest.raises(UserError, match=r"the video is cut off( or damaged)?: .+\. Restore it"):
        numbers(path)


@pytest.mark.parametrize(
    ("name", "frame", "told"),
    [
        ("mpeg4.avi", 10, "frame 11 is incomplete"),
        ("mpeg4.avi", 19, "frame 20 is incomplete"),
        ("h264.mp4", 10, "frame 11 is incomplete"),
        ("av1.mp4", 10, "19 of 20 frames can be decoded"),
    ],
)
def test_pyav_passes_over_no_damaged_frame(recordings, tmp_path, monkeypatch, name, frame, told):
    monkeypatch.setattr(frames_module, "_decoded_by_opencv", lambda path: iter(()))
    path = damaged(recordings / name, tmp_path / name, frame)
    with pytest.raises(UserError, match=rf"{name}: the video is cut off or damaged: {told}\. Restore it"):
        numbers(path)


def test_pyav_does_not_end_before_a_frame_that_it_cannot_decode(recordings, tmp_path, monkeypatch):
    monkeypatch.setattr(frames_module, "_decoded_by_opencv", lambda path: iter(()))
    path = damaged(recordings / "index_first.mp4", tmp_path / "v.mp4", 19, whole_frame=True)
    with pytest.raises(UserError, match=r"cut off or damaged: no frame after \d+ can be decoded\. Restore it"):
        numbers(path)


def test_a_long_video_needs_no_more_memory_than_a_short_one(tmp_path, decoder):
    path, count = tmp_path / "v.avi", 12_000
    write_video(path, [level(100)] * count)
    tracemalloc.start()
    assert sum(1 for _ in gray_frames(path)) == count
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 50 * HEIGHT * WIDTH * 3


def test_a_folder_of_many_images_needs_no_more_memory_than_its_list(tmp_path):
    count = 400
    for number in range(count):
        write_image(tmp_path / f"img{number}.png", level(100))
    tracemalloc.start()
    assert sum(1 for _ in gray_frames(tmp_path)) == count
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100 * HEIGHT * WIDTH


def test_the_gray_of_a_jpeg_is_the_one_that_it_holds(tmp_path):
    path = tmp_path / "img1.jpg"
    write_image(path, noisy())
    ((_, frame),) = gray_frames(tmp_path)
    np.testing.assert_array_equal(frame, cv2.imread(str(path), cv2.IMREAD_GRAYSCALE))


@pytest.mark.parametrize("convert", GRAY_CONVERSIONS.values(), ids=GRAY_CONVERSIONS)
@pytest.mark.parametrize("source", ["folder", "video"])
def test_frames_are_converted_as_asked(tmp_path, decoder, convert, source):
    image = noisy()
    if source == "folder":
        write_image(tmp_path / "img1.png", image)
        path = tmp_path
    else:
        path = record(tmp_path / "v.mkv", [image], "ffv1", "bgr0")
    ((_, frame),) = gray_frames(path, to_gray=convert)
    assert np.abs(frame.astype(int) - convert(image)).max() <= 1


def test_a_damaged_image_is_told_whatever_the_conversion(tmp_path):
    (tmp_path / "img1.bmp").write_bytes(b"an error page, not an image")
    with pytest.raises(UserError, match=UNREADABLE):
        list(gray_frames(tmp_path, to_gray=bt601_swapped))
