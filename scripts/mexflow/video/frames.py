"""The frames of one clip, in gray, with the numbers that the dataset gives them."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import av
import cv2
import numpy as np
from av.video.reformatter import Interpolation, VideoReformatter

from mexflow.datasets.source import frame_files
from mexflow.errors import UserError
from mexflow.video.container import announced_frames, is_cut_off, is_short
from mexflow.video.gray import GrayConversion, bt601


def gray_frames(
    source: Path, first_frame: int = 1, to_gray: GrayConversion = bt601
) -> Iterator[tuple[int, np.ndarray]]:
    """Decode a clip, frame by frame.

    OpenCV decodes a video file, or PyAV where OpenCV gets nothing out of it (AV1, for one). Frames come in the order
    of their presentation, each once, whatever the file says about their times; turned upright if the file says how.
    One after the other: a long video needs no more memory than a short one.

    Parameters
    ----------
    source : Path
        An image folder or a video file.
    first_frame : int
        The number of the first frame of a video file; images carry their numbers in their names.
    to_gray : function
        One of `mexflow.video.gray`.

    Yields
    ------
    (int, (H, W) uint8 array)
        Frame number and gray levels: by default 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601), as OpenCV computes it.

    Raises
    ------
    UserError
        If the clip is empty, an image or the video is unreadable or cut off, or frames differ in size.
    """
    frames = _images(source, to_gray) if source.is_dir() else _video(source, first_frame, to_gray)
    size: tuple[int, ...] | None = None
    for number, name, frame in frames:
        if size is not None and frame.shape != size:
            (h, w), (height, width) = frame.shape, size
            raise UserError(
                f"{name}: frame {number} is {w}×{h} px, the frames before it {width}×{height}."
                " All frames of a clip must have one size; restore the clip."
            )
        size = frame.shape
        yield number, frame


def gray_image(path: Path, to_gray: GrayConversion = bt601) -> np.ndarray:
    """Read one image, in gray.

    Parameters
    ----------
    path : Path
    to_gray : function
        One of `mexflow.video.gray`.

    Returns
    -------
    (H, W) uint8 array

    Raises
    ------
    UserError
        If it is missing or unreadable.
    """
    if not path.is_file():
        raise UserError(f"{path}: no such image.")
    data = path.read_bytes()
    image = _image(data, to_gray) if _is_whole(data) else None
    if image is None:
        raise UserError(f"{path}: not a readable image.")
    return image


def _images(folder: Path, to_gray: GrayConversion) -> Iterator[tuple[int, Path, np.ndarray]]:
    for number, path in frame_files(folder):
        data = path.read_bytes()
        frame = _image(data, to_gray) if _is_whole(data) else None
        if frame is None:
            raise UserError(
                f"{path}: not a readable image. Restore it from the dataset, or remove the clip's label row."
            )
        yield number, path, frame


def _image(data: bytes, to_gray: GrayConversion) -> np.ndarray | None:
    if to_gray is bt601:  # which a JPEG holds as it is, without the way over colours and its rounding
        return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    return None if image is None else to_gray(image)


def _is_whole(data: bytes) -> bool:
    # OpenCV may decode what is left of a broken copy (cut off, or filled up with zeros) without complaint.
    # Whole is what has its end mark; a JPEG's thumbnail has one of its own, before the scan of the image.
    if data.startswith(b"\xff\xd8"):
        return data.rfind(b"\xff\xd9") > data.rfind(b"\xff\xda")
    if data.startswith(b"\x89PNG"):
        return b"IEND" in data
    return len(data) > 0


def _video(path: Path, first_frame: int, to_gray: GrayConversion) -> Iterator[tuple[int, Path, np.ndarray]]:
    if not path.exists():
        raise UserError(f"{path}: no such video. Restore it, or remove its label row.")
    count = 0
    for frame in _decoded(path):
        yield first_frame + count, path, to_gray(frame)
        count += 1
    announced = announced_frames(path, count)
    if is_cut_off(path) or (count > 0 and is_short(count, announced)):
        readable = f"{count} of {announced} frames" if announced > 0 else "no frame"
        raise UserError(f"{path}: the video is cut off: {readable} can be read. Restore it.")
    if count == 0:
        raise UserError(f"{path}: not a readable video. Restore it from the dataset, or remove its label row.")


def _decoded(path: Path) -> Iterator[np.ndarray]:
    frames = _decoded_by_opencv(path)
    first = next(frames, None)
    return _decoded_by_pyav(path) if first is None else chain([first], frames)


def _decoded_by_opencv(path: Path) -> Iterator[np.ndarray]:
    capture = cv2.VideoCapture(str(path))
    capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 1)  # not the default of every version
    try:
        while True:
            decoded, frame = capture.read()
            if not decoded:
                return
            yield frame
    finally:
        capture.release()


def _decoded_by_pyav(path: Path) -> Iterator[np.ndarray]:
    to_bgr = VideoReformatter()
    sent = count = 0
    try:
        with av.open(str(path)) as container:
            stream = container.streams.best("video")
            if not isinstance(stream, av.VideoStream):
                return
            for packet in container.demux(stream):
                sent += packet.size > 0 and not packet.is_discard
                for frame in packet.decode():
                    if frame.is_corrupt:
                        raise _damaged(path, f"frame {count + 1} is incomplete")
                    # Bicubic, as OpenCV does it: then both decoders give the same gray levels.
                    bgr = to_bgr.reformat(frame, format="bgr24", interpolation=Interpolation.BICUBIC).to_ndarray()
                    yield np.rot90(bgr, frame.rotation // 90) if frame.rotation % 90 == 0 else bgr
                    count += 1
    except av.FFmpegError:
        if count > 0:
            raise _damaged(path, f"no frame after {count} can be decoded") from None
    if 0 < count < sent:  # A decoder may leave out what it cannot read, and the numbers after it would be wrong.
        raise _damaged(path, f"{count} of {sent} frames can be decoded")


def _damaged(path: Path, what: str) -> UserError:
    return UserError(f"{path}: the video is cut off or damaged: {what}. Restore it.")
