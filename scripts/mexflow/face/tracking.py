"""Which crop each frame of a video gets: the modes of alignment, frame by frame and with few frames in memory."""

import functools
import itertools
import math
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mexflow.config.alignment import AlignmentSpec
from mexflow.face.geometry import (
    ANCHORS,
    apply_transform,
    box_transform,
    canonical_anchors,
    inter_ocular_distance,
    similarity,
)
from mexflow.face.landmarks import Face, find_face, landmark_model_path

Frames = Iterator[tuple[int, np.ndarray]]
"""Frame numbers and (H, W) uint8 gray frames."""

_Tracked = tuple[int, np.ndarray]  # frame number and landmarks (68, 2) px

_MOST_HELD = 100  # frames; a clip that begins with more of them without a face is decoded twice
_REACH = 3  # standard deviations after which the low-pass filter sees nothing


@dataclass(frozen=True, eq=False)
class Pose:
    """How frames are taken to a crop.

    Attributes
    ----------
    transform : (2, 3) float array
        From frame px to crop px.
    landmarks : (68, 2) float array
        px of the crop; NaN, as the two below, where no face is looked for.
    raw_inter_ocular_distance : float
        px of the frame.
    off : (k,) float array
        How far the anchors, as found in single frames, lie from the landmarks; px of the crop.
    """

    transform: np.ndarray
    landmarks: np.ndarray
    raw_inter_ocular_distance: float
    off: np.ndarray


@dataclass(frozen=True, eq=False)
class PosedFrame:
    """A frame and the crop that it gets. Frames of one segment may be compared."""

    number: int
    frame: np.ndarray
    segment: int
    pose: Pose


@dataclass(frozen=True)
class Faceless:
    """Frames `first` to `last` show no face: they are left out, or carry the last pose on."""

    first: int
    last: int
    carried: bool


class FaceSearch:
    """Looks for the face in single frames and counts those that show none."""

    def __init__(self, spec: AlignmentSpec) -> None:
        self._given_model = spec.landmark_model
        self._upsample = spec.upsample
        self.frames_without_face = 0

    def __call__(self, frame: np.ndarray) -> Face | None:
        """The face in a frame."""
        face = find_face(frame, self._model, self._upsample)
        self.frames_without_face += face is None
        return face

    @functools.cached_property
    def _model(self) -> Path:
        # Not before the first search: whole frames need no model.
        return landmark_model_path(self._given_model)


def posed_frames(
    decode: Callable[[], Frames], search: FaceSearch, spec: AlignmentSpec, fps: float
) -> Iterator[PosedFrame | Faceless]:
    """The frames of a video with the crop of each, segment by segment.

    `per_clip`: the median of the landmarks in the first `landmark_frames` frames with a face. `first_frame_box`: the
    detector's box in the first frame with a face. `per_window`: each window of `window` frames has the median over
    `landmark_frames` of its frames, spread over it; each begins `window` − `overlap` frames after the one before.
    `per_frame`: landmarks of every frame, low-passed by local linear regression with Gaussian weights of standard
    deviation `smoothing`: of a motion at 0.19 / `smoothing` (0.75 Hz for 0.25 s) half is followed, of one at twice
    that frequency a sixteenth. `whole_frame`: all of the frame, outer edge to outer edge; nothing is searched.

    Parameters
    ----------
    decode : callable
        Begins to decode the video. It is called a second time only if more than 100 frames go by before a face.
    search : FaceSearch
    spec : AlignmentSpec
    fps : float
        Frames per second, as frame numbers count.

    Yields
    ------
    PosedFrame or Faceless
        No more frames are in memory than belong to a window, or to three standard deviations of the filter.

    References
    ----------
    Cleveland, "Robust locally weighted regression and smoothing scatterplots", JASA 1979 (the local line).
    """
    match spec.mode:
        case "per_clip":
            return _under_one_pose(decode, search, spec.landmark_frames, lambda faces: _canonical_pose(faces, spec))
        case "first_frame_box":
            return _under_one_pose(decode, search, 1, lambda faces: _box_pose(faces[0], spec))
        case "per_window":
            return _by_window(decode(), search, spec)
        case "per_frame":
            return _by_frame(decode(), search, spec, spec.smoothing * fps)
        case "whole_frame":
            return _whole(decode(), spec)


def _canonical_pose(faces: Iterable[Face], spec: AlignmentSpec) -> Pose:
    found = np.array([face.landmarks for face in faces])
    return _fitted(np.median(found, axis=0), found, spec)


def _fitted(landmarks: np.ndarray, found: np.ndarray, spec: AlignmentSpec) -> Pose:
    anchors = list(ANCHORS)
    transform = similarity(landmarks[anchors], canonical_anchors(spec.crop, spec.eye_distance, spec.eye_height))
    scale = np.hypot(transform[0, 0], transform[1, 0])
    return Pose(
        transform=transform,
        landmarks=apply_transform(transform, landmarks),
        raw_inter_ocular_distance=inter_ocular_distance(landmarks),
        off=scale * np.linalg.norm(found[:, anchors] - landmarks[anchors], axis=-1).ravel(),
    )


def _box_pose(face: Face, spec: AlignmentSpec) -> Pose:
    transform = box_transform(face.box, spec.crop, spec.margin)
    return Pose(
        transform=transform,
        landmarks=apply_transform(transform, face.landmarks),
        raw_inter_ocular_distance=inter_ocular_distance(face.landmarks),
        off=np.zeros(1),
    )


def _whole(frames: Frames, spec: AlignmentSpec) -> Iterator[PosedFrame]:
    pose: Pose | None = None
    for number, frame in frames:
        pose = pose or _whole_pose(frame, spec)
        yield PosedFrame(number, frame, 0, pose)


def _whole_pose(frame: np.ndarray, spec: AlignmentSpec) -> Pose:
    height, width = frame.shape
    return Pose(
        transform=box_transform(np.array([0, 0, width, height]), spec.crop),
        landmarks=np.full((68, 2), np.nan),
        raw_inter_ocular_distance=np.nan,
        off=np.full(1, np.nan),
    )


def _under_one_pose(
    decode: Callable[[], Frames], search: FaceSearch, wanted: int, pose_of: Callable[[list[Face]], Pose]
) -> Iterator[PosedFrame | Faceless]:
    frames = decode()
    numbers: list[int] = []
    held: list[tuple[int, np.ndarray]] = []
    faces: list[Face] = []
    for number, frame in frames:
        numbers.append(number)
        if len(numbers) <= _MOST_HELD:
            held.append((number, frame))
        face = search(frame)
        faces += [face] if face else []
        if len(faces) == wanted:
            break
    if not faces:
        yield Faceless(numbers[0], numbers[-1], carried=False)
        return
    again = len(numbers) > _MOST_HELD
    pose = pose_of(faces)
    for number, frame in decode() if again else itertools.chain(_taken(held), frames):
        yield PosedFrame(number, frame, 0, pose)


def _taken(held: list[tuple[int, np.ndarray]]) -> Frames:
    """What is held, let go one by one."""
    held.reverse()
    while held:
        yield held.pop()


@dataclass(eq=False)
class _Held:
    """A frame that waits for its pose; `face` once it was looked for."""

    number: int
    frame: np.ndarray
    searched: bool = False
    face: Face | None = None

    def search(self, search: FaceSearch) -> Face | None:
        if not self.searched:
            self.searched, self.face = True, search(self.frame)
        return self.face


def _by_window(frames: Frames, search: FaceSearch, spec: AlignmentSpec) -> Iterator[PosedFrame | Faceless]:
    # Each of these parts of the video has one frame with a face looked for, which serves all windows that hold it.
    part = max(1, spec.window // spec.landmark_frames)
    last_part = -1
    held: deque[_Held] = deque()
    pose: Pose | None = None
    segment = 0
    for position, (number, frame) in enumerate(frames):
        held.append(_Held(number, frame))
        if position // part > last_part and held[-1].search(search):
            last_part = position // part
        if len(held) == spec.window:
            pose = yield from _window(held, segment, pose, search, spec)
            segment += 1
            for _ in range(spec.window - spec.overlap):
                held.popleft()
    if segment == 0 or len(held) > spec.overlap:
        yield from _window(held, segment, pose, search, spec)


def _window(
    held: deque[_Held], segment: int, last: Pose | None, search: FaceSearch, spec: AlignmentSpec
) -> Generator[PosedFrame | Faceless, None, Pose | None]:
    """Yields a window's frames and returns its pose: the last one if none of its frames shows a face."""
    faces = [one.face for one in held if one.face]
    if not faces:
        faces = list(itertools.islice(filter(None, (one.search(search) for one in held)), 1))
    pose = _canonical_pose(faces, spec) if faces else _carried(last, spec)
    if not faces:
        yield Faceless(held[0].number, held[-1].number, carried=pose is not None)
    if pose is not None:
        for one in held:
            yield PosedFrame(one.number, one.frame, segment, pose)
    return pose or last


def _by_frame(
    frames: Frames, search: FaceSearch, spec: AlignmentSpec, deviation: float
) -> Iterator[PosedFrame | Faceless]:
    last: Pose | None = None
    for one, track in _tracked(frames, search, math.ceil(_REACH * deviation)):
        if one.face:
            pose: Pose | None = _fitted(_local_line(track, one.number, deviation), one.face.landmarks[None], spec)
        else:
            pose = _carried(last, spec)
            yield Faceless(one.number, one.number, carried=pose is not None)
        if pose is not None:
            yield PosedFrame(one.number, one.frame, 0, pose)
            last = pose


def _carried(last: Pose | None, spec: AlignmentSpec) -> Pose | None:
    return last if spec.on_missing_face == "carry_last" else None


def _tracked(frames: Frames, search: FaceSearch, reach: int) -> Iterator[tuple[_Held, deque[_Tracked]]]:
    """Each frame, with the landmarks that were found in the frames at most `reach` before and after it."""
    track: deque[_Tracked] = deque()
    waiting: deque[_Held] = deque()
    for number, frame in frames:
        waiting.append(_Held(number, frame))
        face = waiting[-1].search(search)
        track.extend([(number, face.landmarks)] if face else [])
        while number - waiting[0].number >= reach:
            yield _next(waiting, track, reach), track
    while waiting:
        yield _next(waiting, track, reach), track


def _next(waiting: deque[_Held], track: deque[_Tracked], reach: int) -> _Held:
    one = waiting.popleft()
    while track and track[0][0] < one.number - reach:
        track.popleft()
    return one


def _local_line(track: Iterable[_Tracked], at: int, deviation: float) -> np.ndarray:
    """Landmarks (68, 2) at a frame: the value there of a line through those of its neighbours, weighted by distance.

    A mean would lag behind a moving head at both ends of the video.
    """
    numbers, landmarks = (np.array(part) for part in zip(*track, strict=True))
    time = numbers - at
    weights = np.exp(-0.5 * (time / deviation) ** 2)
    weights /= weights.sum()
    middle, mean = weights @ time, np.tensordot(weights, landmarks, 1)
    variance = weights @ (time - middle) ** 2
    if variance == 0:
        return mean
    slope = np.tensordot(weights * (time - middle), landmarks, 1) / variance
    return mean - middle * slope
