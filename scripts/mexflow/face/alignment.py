"""Raw frames in, aligned crops out: each frame is decoded once and resampled once for each transform it is under."""

import itertools
import logging
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from mexflow.config.alignment import AlignmentSpec
from mexflow.datasets.source import IMAGE_ENDINGS, frame_files
from mexflow.errors import UserError
from mexflow.face.geometry import inter_ocular_distance, warp
from mexflow.face.tracking import Faceless, FaceSearch, Frames, Pose, PosedFrame, posed_frames
from mexflow.provenance.fingerprint import fingerprint
from mexflow.store.aligned import AlignedFile, reading_aligned, writing_aligned
from mexflow.store.files import replacing
from mexflow.video.frame_rate import at_lower_rate
from mexflow.video.frames import gray_frames, gray_image
from mexflow.video.gray import GRAY_CONVERSIONS, GrayConversion
from mexflow.video.resizing import resized

log = logging.getLogger(__name__)

_LINE_EVERY = 1000  # frames between two lines of the log


def align_unit(rows: pd.DataFrame, root: Path, spec: AlignmentSpec, file: AlignedFile) -> None:
    """Align all videos of a unit, and tell how far it is: a bar at a terminal, lines in a log.

    Parameters
    ----------
    rows : DataFrame
        Rows of a manifest, one per video: video, source, first_frame, fps.
    root : Path
        What the sources are relative to.
    spec : AlignmentSpec
    file : AlignedFile
        Where it goes.

    Raises
    ------
    UserError
        If a clip cannot be read, or shows no face where `on_missing_face` is "fail".
    """
    cv2.setNumThreads(1)  # the jobs of other units use the other cores
    with _progress() as progress:
        for place, row in enumerate(rows.itertuples(), start=1):
            source = root / str(row.source)
            name = f"{row.video} ({place} of {len(rows)})"
            advance = _telling(progress, name, source)
            align_video(file, str(row.video), source, int(row.first_frame), float(row.fps), spec, advance)
            log.info("%s: done", name)


def align_video(
    file: AlignedFile,
    video: str,
    source: Path,
    first_frame: int,
    fps: float,
    spec: AlignmentSpec,
    on_frame: Callable[[], None] = lambda: None,
) -> None:
    """Align the frames of a video and write them as they come (see `mexflow.face.tracking.posed_frames`).

    Whole frames are the pixels of cv2.resize of the gray frame; everything else is warped (`mexflow.face.geometry`).
    Frames without a face are noted in the file's failure table. A video without any is left out, if `on_missing_face`
    is not "fail".

    Parameters
    ----------
    file : AlignedFile
        Where it goes.
    video : str
        The name to give it.
    source : Path
        An image folder, a video file, or one image.
    first_frame : int
        The number of a video file's first frame.
    fps : float
        Frames per second.
    spec : AlignmentSpec
    on_frame : callable
        Called for each decoded frame.

    Raises
    ------
    UserError
        If the clip cannot be read, or shows no face where `on_missing_face` is "fail".
    """

    def decode() -> Frames:
        return every_frame() if spec.fps is None else at_lower_rate(every_frame(), fps, spec.fps)

    def every_frame() -> Frames:
        for frame in _frames(source, first_frame, GRAY_CONVERSIONS[spec.gray]):
            on_frame()
            yield frame

    search = FaceSearch(spec)
    out = file.writer(video, spec.crop)
    poses: list[Pose] = []
    failures: list[Faceless] = []
    index = -1
    for item in posed_frames(decode, search, spec, fps):
        if isinstance(item, Faceless):
            if spec.on_missing_face == "fail":
                raise UserError(_no_face(source, item))
            failures = _joined(failures, item)
            continue
        if not poses or poses[-1] is not item.pose:
            poses.append(item.pose)
            index = out.add_transform(item.pose.transform, item.pose.landmarks)
        out.append(item.number, _crop(item, spec), item.segment, index)
    for one in failures:
        log.warning("%s: no face in frames %d to %d, %s", video, one.first, one.last, _action(one))
        file.note_failure(video, one.first, one.last, "no face", _action(one))
    if poses:
        rates = {"fps": fps, "kept_fps": spec.fps or fps}
        out.finish(**rates, **_quality(poses), frames_without_face=search.frames_without_face)


def align_source(source: Path, output: Path, spec: AlignmentSpec, fps: float = 25.0) -> int:
    """Align one image, image folder or video, outside of any dataset.

    Parameters
    ----------
    source : Path
    output : Path
        A `.png` file (one frame), an `.h5` file (`mexflow.store.aligned`), or a folder for <frame number>.png. Of a
        frame in several windows, the folder holds the crop of that in whose middle it lies best.
    spec : AlignmentSpec
    fps : float
        Frames per second; only `smoothing` depends on it.

    Returns
    -------
    int
        How many frames were written.

    Raises
    ------
    UserError
        If the source cannot be read or shows no face, or the output cannot hold the result.
    """
    if output.suffix == ".h5":
        return _align_to_file(source, output, spec, fps)
    if output.suffix not in ("", ".png"):
        raise UserError(f"{output}: a .png file, an .h5 file or a folder is needed as output.")
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "aligned.h5"
        _align_to_file(source, whole, spec, fps)
        with reading_aligned(whole) as file:
            return _write_pictures(file, source, output)


def _align_to_file(source: Path, output: Path, spec: AlignmentSpec, fps: float) -> int:
    name = source.resolve().name
    with writing_aligned(output, spec.canonical(), fingerprint("align")) as file, _progress() as progress:
        align_video(file, name, source, 1, fps, spec, _telling(progress, name, source))
    with reading_aligned(output) as file:
        return np.unique(file[name].frame_numbers).size


def _write_pictures(file: AlignedFile, source: Path, output: Path) -> int:
    (name,) = file.videos
    video = file[name]
    numbers = np.unique(video.frame_numbers)
    if output.suffix == ".png":
        if numbers.size > 1:
            raise UserError(
                f"{source} has {numbers.size} frames, and {output} holds one. Give a folder or an .h5 file."
            )
        paths = [output]
    else:
        paths = [output / f"{number}.png" for number in numbers]
    for number, path in zip(numbers, paths, strict=True):
        _, data = cv2.imencode(".png", video.faces([video.row_of(number)])[0])
        with replacing(path) as beside:
            beside.write_bytes(data.tobytes())
    return len(paths)


def _frames(source: Path, first_frame: int, to_gray: GrayConversion) -> Frames:
    if source.suffix.lower() in IMAGE_ENDINGS and not source.is_dir():
        yield first_frame, gray_image(source, to_gray)
    else:
        yield from gray_frames(source, first_frame, to_gray)


def _crop(one: PosedFrame, spec: AlignmentSpec) -> np.ndarray:
    if spec.mode == "whole_frame":
        return resized(one.frame, *spec.crop, spec.resize)
    return warp(one.frame, one.pose.transform, spec.crop)


def _no_face(source: Path, where: Faceless) -> str:
    frames = f"frame {where.first}" if where.first == where.last else f"any of its frames {where.first} to {where.last}"
    return (
        f"{source}: no face in {frames}. Look at the clip: it must show one upright face, at least 80 px wide"
        " (40 px with upsample: 1). Remove its label row if it does not, or choose another on_missing_face."
    )


def _joined(failures: list[Faceless], one: Faceless) -> list[Faceless]:
    """The failures with one more; what goes on where the last one ended is one failure with it."""
    if failures and failures[-1].carried == one.carried and one.first <= failures[-1].last + 1:
        return [*failures[:-1], Faceless(failures[-1].first, one.last, one.carried)]
    return [*failures, one]


def _action(failure: Faceless) -> str:
    return "carried" if failure.carried else "dropped"


def _quality(poses: list[Pose]) -> dict[str, float]:
    off = np.concatenate([pose.off for pose in poses])
    return {
        "inter_ocular_distance": float(np.median([inter_ocular_distance(pose.landmarks) for pose in poses])),
        "raw_inter_ocular_distance": float(np.median([pose.raw_inter_ocular_distance for pose in poses])),
        "landmark_spread": float(np.sqrt(np.mean(off**2))),
    }


def _progress() -> Progress:
    # A bar for a person at a terminal; in a log file there are lines instead.
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty())


def _telling(progress: Progress, name: str, source: Path) -> Callable[[], None]:
    """A function to call for each frame of a video: it moves the bar, and writes a line now and then."""
    task = progress.add_task(name, total=None if progress.disable else _announced_frames(source))
    count = itertools.count(1)

    def advance() -> None:
        progress.advance(task)
        done = next(count)
        if done % _LINE_EVERY == 0:
            log.info("%s: %d frames", name, done)

    return advance


def _announced_frames(source: Path) -> int | None:
    """How many frames a video says it has; None if it does not tell."""
    if source.is_dir():
        return len(frame_files(source))
    if source.suffix.lower() in IMAGE_ENDINGS:
        return 1
    count = int(cv2.VideoCapture(str(source)).get(cv2.CAP_PROP_FRAME_COUNT))
    return count if count > 0 else None
