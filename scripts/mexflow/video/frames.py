"""The frames of one clip, in gray, with the numbers that the dataset gives them."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from mexflow.datasets.source import frame_files
from mexflow.errors import UserError


def gray_frames(source: Path, first_frame: int = 1) -> Iterator[tuple[int, np.ndarray]]:
    """Decode a clip, frame by frame.

    Parameters
    ----------
    source : Path
        An image folder or a video file.
    first_frame : int
        The number of the first frame of a video file; images carry their numbers in their names.

    Yields
    ------
    (int, (H, W) uint8 array)
        Frame number and gray levels: 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601), as OpenCV computes it.

    Raises
    ------
    UserError
        If the clip is empty, an image or the video is unreadable or cut off, or frames differ in size.
    """
    frames = _images(source) if source.is_dir() else _video(source, first_frame)
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


def _images(folder: Path) -> Iterator[tuple[int, Path, np.ndarray]]:
    for number, path in frame_files(folder):
        data = path.read_bytes()
        frame = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE) if _is_whole(data) else None
        if frame is None:
            raise UserError(
                f"{path}: not a readable image. Restore it from the dataset, or remove the clip's label row."
            )
        yield number, path, frame


def _is_whole(data: bytes) -> bool:
    # OpenCV may decode what is left of a broken copy (cut off, or filled up with zeros) without complaint.
    # Whole is what has its end mark; a JPEG's thumbnail has one of its own, before the scan of the image.
    if data.startswith(b"\xff\xd8"):
        return data.rfind(b"\xff\xd9") > data.rfind(b"\xff\xda")
    if data.startswith(b"\x89PNG"):
        return b"IEND" in data
    return len(data) > 0


def _video(path: Path, first_frame: int) -> Iterator[tuple[int, Path, np.ndarray]]:
    capture = cv2.VideoCapture(str(path))
    try:
        if not path.exists():
            raise UserError(f"{path}: no such video. Restore it, or remove its label row.")
        if not capture.isOpened():
            raise UserError(f"{path}: not a readable video. Restore it from the dataset, or remove its label row.")
        announced = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
        count = 0
        while True:
            decoded, frame = capture.read()
            if not decoded:
                break
            yield first_frame + count, path, cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
            count += 1
    finally:
        capture.release()
    # Some containers announce a frame or two more than they hold; a cut file lacks many, or part of the last one.
    if count == 0 or count + 2 < announced or _is_cut_avi(path):
        raise UserError(f"{path}: the video is cut off: {count} of {announced} frames can be read. Restore it.")


def _is_cut_avi(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(8)
    return head[:4] == b"RIFF" and int.from_bytes(head[4:], "little") + 8 > path.stat().st_size
