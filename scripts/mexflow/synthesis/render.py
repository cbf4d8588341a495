"""Frames of the demo's clips and the true motion behind them."""

import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np

from mexflow.datasets.demo_plan import PlannedClip, random_stream, source_of
from mexflow.provenance.fingerprint import fingerprint
from mexflow.store.truth import TrueMotion, write_truth
from mexflow.synthesis.blink import blink_course, eyes, lower_lid
from mexflow.synthesis.expression import expression_at_apex, time_course
from mexflow.synthesis.fields import BumpField, displaced_from, sampled, transformed
from mexflow.synthesis.head import head_motion
from mexflow.synthesis.subject import FRAME_HEIGHT, FRAME_WIDTH, MARGIN, Subject, synthetic_subject

TRUTH_STRIDE = 4  # px between the samples of the true expression field
_MAP_STRIDE = 4  # px between the samples of the expression when a frame is rendered
_NOISE = 2.0  # grey levels
_FLICKER = 0.01
_JPEG_QUALITY = 95
_VIDEO_QUALITY = 97


@dataclass(frozen=True)
class _Motion:
    """All that moves in one clip: transforms (n, 2, 3), strength of the expression (n,), closed eyes (n,)."""

    head: np.ndarray
    expression: BumpField
    amplitude: np.ndarray
    closed: np.ndarray


def render_clips(clips: Sequence[PlannedClip], folder: Path, truth: Path) -> None:
    """Write the clips of one subject as a dataset would ship them, and the true motion beside.

    Whatever stood at folder/<subject> and at truth is replaced; each appears whole or not at all.

    Parameters
    ----------
    clips : sequence of PlannedClip
        All clips of one subject.
    folder : Path
        Receives <subject>/<clip>/img<N>.jpg (N = frame number), or <subject>/<clip>.avi; 640×480, colour.
    truth : Path
        Receives the true motion (`mexflow.store.truth`), the expression at every 4th pixel.
    """
    subject = _subject_of(clips)
    motions = {clip.clip: _motion(clip, subject) for clip in clips}
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / f".{clips[0].subject}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    for clip in clips:
        write = _write_video if clip.is_video else _write_images
        write(clip, _frames(clip, subject, motions[clip.clip]), partial / Path(source_of(clip)).name)
    truths = {clip.clip: _truth(clip, motions[clip.clip], subject) for clip in clips}
    write_truth(truths, truth, spec=json.dumps([asdict(clip) for clip in clips]), code=fingerprint("synthesize"))
    _replace(partial, folder / clips[0].subject)


def clip_frames(clip: PlannedClip) -> Iterator[np.ndarray]:
    """The frames of one clip as the camera records them, for look-alikes of other datasets.

    Parameters
    ----------
    clip : PlannedClip

    Yields
    ------
    (480, 640, 3) uint8 array
        BGR.
    """
    subject = _subject_of([clip])
    yield from _frames(clip, subject, _motion(clip, subject))


def _subject_of(clips: Sequence[PlannedClip]) -> Subject:
    (name,) = {clip.subject for clip in clips}
    return synthetic_subject(int(name.removeprefix("s")), clips[0].seed)


def _motion(clip: PlannedClip, subject: Subject) -> _Motion:
    return _Motion(
        head=head_motion(clip, subject),
        expression=expression_at_apex(clip, subject),
        amplitude=time_course(clip),
        closed=blink_course(clip),
    )


def _frames(clip: PlannedClip, subject: Subject, motion: _Motion) -> Iterator[np.ndarray]:
    """The frames of a clip as the camera records them: (480, 640, 3) uint8, BGR."""
    flicker = _flicker(clip)
    noise = random_stream(clip.seed, clip.subject, clip.clip, "noise")
    for index, brightness in enumerate(flicker):
        lit = brightness * _still(subject, motion, index)
        lit += _NOISE * noise.standard_normal(lit.shape[:2], np.float32)[..., None]
        yield np.clip(np.rint(lit), 0, 255).astype(np.uint8)


def _flicker(clip: PlannedClip) -> np.ndarray:
    """Brightness of each frame (n_frames,): a lamp on 100 Hz mains beats with the 200 Hz camera."""
    rng = random_stream(clip.seed, clip.subject, clip.clip, "flicker")
    lamp, phase = rng.uniform(98, 102), rng.uniform(0, 2 * np.pi)
    time = np.arange(clip.last_frame - clip.first_frame + 1) / clip.fps
    return 1 + _FLICKER * np.sin(2 * np.pi * lamp * time + phase)


def _still(subject: Subject, motion: _Motion, index: int) -> np.ndarray:
    """One frame before light and noise, (480, 640, 3) float32: a single cubic sampling of the canvas."""
    from_frame = cv2.invertAffineTransform(motion.head[index])
    source = transformed(_pixel_grid(1), from_frame)
    source += _pulled_back(motion.expression.scaled(motion.amplitude[index]), from_frame)
    if motion.closed[index] > 0:
        for eye in eyes(subject):
            lower_lid(source, eye, float(motion.closed[index]), eye.centre)
    return sampled(subject.canvas, source + MARGIN)


def _pixel_grid(stride: int) -> np.ndarray:
    """Centres (h, w, 2) of the stride × stride blocks of a frame, in px, float32."""
    x = np.arange(FRAME_WIDTH // stride, dtype=np.float32) * stride + (stride - 1) / 2
    y = np.arange(FRAME_HEIGHT // stride, dtype=np.float32) * stride + (stride - 1) / 2
    return np.stack(np.meshgrid(x, y), axis=-1)


def _pulled_back(expression: BumpField, from_frame: np.ndarray) -> np.ndarray:
    """What to add to a face point (480, 640, 2) px to find where it came from at rest."""
    points = transformed(_pixel_grid(_MAP_STRIDE), from_frame)
    back = displaced_from(points, expression) - points
    return cv2.resize(back, (FRAME_WIDTH, FRAME_HEIGHT), interpolation=cv2.INTER_CUBIC)


def _write_images(clip: PlannedClip, frames: Iterator[np.ndarray], path: Path) -> None:
    path.mkdir()
    for number, frame in enumerate(frames, clip.first_frame):
        image = path / f"img{number}.jpg"
        if not cv2.imwrite(str(image), frame, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY]):
            raise OSError(f"{image} could not be written. Is the disk full?")


def _write_video(clip: PlannedClip, frames: Iterator[np.ndarray], path: Path) -> None:
    codec = cv2.VideoWriter.fourcc(*"MJPG")
    size = (FRAME_WIDTH, FRAME_HEIGHT)
    video = cv2.VideoWriter(
        str(path), cv2.CAP_OPENCV_MJPEG, codec, clip.fps, size, [cv2.VIDEOWRITER_PROP_QUALITY, _VIDEO_QUALITY]
    )
    if not video.isOpened():
        raise OSError(f"{path} could not be written. Is the disk full?")
    for frame in frames:
        video.write(frame)
    video.release()


def _truth(clip: PlannedClip, motion: _Motion, subject: Subject) -> TrueMotion:
    return TrueMotion(
        expression=_onset_to_apex(clip, motion),
        stride=TRUTH_STRIDE,
        head=motion.head,
        amplitude=motion.amplitude,
        first_frame=clip.first_frame,
        onset=clip.onset,
        apex=clip.apex,
        offset=clip.offset,
        inter_ocular_distance=subject.inter_ocular_distance,
    )


def _onset_to_apex(clip: PlannedClip, motion: _Motion) -> np.ndarray:
    """Displacement (h, w, 2) by the expression alone, as the head is turned at onset."""
    onset = motion.head[clip.onset - clip.first_frame]
    y, x = np.mgrid[:FRAME_HEIGHT:TRUTH_STRIDE, :FRAME_WIDTH:TRUTH_STRIDE].astype(np.float64)
    at_rest = transformed(np.stack([x, y], axis=-1), cv2.invertAffineTransform(onset))
    return (motion.expression.at(at_rest) @ onset[:, :2].T).astype(np.float32)


def _replace(new: Path, old: Path) -> None:
    """Put a folder in another's place; a reader sees one of them whole, or for an instant none."""
    aside = old.with_name(f".{old.name}.old")
    shutil.rmtree(aside, ignore_errors=True)
    if old.exists():
        old.rename(aside)
    new.rename(old)
    shutil.rmtree(aside, ignore_errors=True)
