"""Long videos with known motion: which events a video has, from numbers alone, and its frames.

A face rests, shows micro- and macro-expressions one after another, speaks, blinks and sways. Only the expressions are
labelled: the rest is what a spotter must not take for them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import cv2
import numpy as np

from mexflow.datasets.demo_plan import random_stream
from mexflow.synthesis.blink import eyes, lower_lid, one_blink
from mexflow.synthesis.expression import PEAK_RANGE, pulled_skin, rise_and_fall, with_peak
from mexflow.synthesis.fields import BumpField, sampled, transformed
from mexflow.synthesis.head import swaying_head
from mexflow.synthesis.subject import FRAME_HEIGHT, FRAME_WIDTH, MARGIN, Subject, synthetic_subject

SEED = 2026

_MACRO_PEAK_RANGE = (0.04, 0.08)  # largest displacement at the apex, in inter-ocular distances
_SPEECH_PEAK_RANGE = (0.03, 0.06)
_RISE = (0.3, 0.5)  # share of an expression that comes before its apex
_REST = 0.2  # s between two events, at least
_SPEECH_SHARE = 0.15  # of the video
_SPEECH_SECONDS = (1.0, 4.0)
_SYLLABLES = (2.0, 6.0)  # Hz
_BETWEEN_BLINKS = (1.5, 6.0)  # s
_BLINK = (0.15, 0.3)  # s

_STRIDE = 2  # px between the samples of the motion when a frame is rendered
_RIM = 1  # samples beyond each border, so that the map is exact there as well
_NOISE = 1.5  # grey levels
_NOISE_TILES = 8
_FLICKER = 0.005

Type = Literal["micro", "macro"]


class _Shown(NamedTuple):
    emotion: str
    action_units: str


_SHOWN = (
    _Shown("negative", "4"),
    _Shown("positive", "12"),
    _Shown("surprise", "1+2"),
    _Shown("negative", "4+15"),
    _Shown("positive", "6+12"),
    _Shown("surprise", "1+2+26"),
)


@dataclass(frozen=True)
class Pace:
    """How many frames things take in a dataset.

    Attributes
    ----------
    fps : float
    micro, macro : (int, int)
        Shortest and longest expression of the type, onset and offset included.
    """

    fps: float
    micro: tuple[int, int]
    macro: tuple[int, int]


@dataclass(frozen=True)
class PlannedExpression:
    """An expression of a long video. Frame numbers count from 1, inclusive; `peak` in inter-ocular distances."""

    type: Type
    emotion: str
    action_units: str
    onset: int
    apex: int
    offset: int
    peak: float


@dataclass(frozen=True)
class PlannedVideo:
    """One long video.

    Attributes
    ----------
    subject : int
        Number of the synthetic subject, from 1.
    name : str
        The video's own random numbers belong to it.
    n_frames : int
    fps : float
    expressions : tuple of PlannedExpression
        In the order of time; they do not overlap.
    speech : tuple of (int, int)
        First and last frame of each burst, from 1, inclusive; none overlaps another or an expression.
    blinks : tuple of (float, float)
        Middle and duration in frames; they come at any time.
    seed : int
    """

    subject: int
    name: str
    n_frames: int
    fps: float
    expressions: tuple[PlannedExpression, ...]
    speech: tuple[tuple[int, int], ...]
    blinks: tuple[tuple[float, float], ...]
    seed: int


def planned_video(
    subject: int, name: str, n_frames: int, pace: Pace, micro: int, macro: int, seed: int = SEED
) -> PlannedVideo:
    """Plan a long video: expressions and bursts of speech in a random order, with rest between them.

    Parameters
    ----------
    subject : int
        Number of the synthetic subject, from 1.
    name : str
    n_frames : int
    pace : Pace
        Macro-expressions are no longer than a third of the video.
    micro, macro : int
        How many expressions of each type; with none the video is silent: speech, blinks and sway alone.
    seed : int

    Raises
    ------
    ValueError
        If the video is too short for them.

    Examples
    --------
    >>> pace = Pace(fps=30.0, micro=(9, 17), macro=(20, 70))
    >>> video = planned_video(1, "15_0101", 900, pace, micro=2, macro=3)
    >>> sorted(one.type for one in video.expressions)
    ['macro', 'macro', 'macro', 'micro', 'micro']
    """
    rng = random_stream(seed, name, "plan")
    longest_macro = max(pace.macro[0], min(pace.macro[1], n_frames // 3))
    types: list[Type] = ["micro" if index < micro else "macro" for index in range(micro + macro)]
    lengths = [_length(type_, pace, longest_macro, rng) for type_ in types]
    rest = round(_REST * pace.fps)
    lengths += _speech_lengths(n_frames - sum(lengths) - rest * (len(lengths) + 1), n_frames, rest, pace.fps, rng)
    slack = n_frames - sum(lengths) - rest * (len(lengths) + 1)
    if len(lengths) == len(types) or slack < 0:
        raise ValueError(f"{name}: {n_frames} frames are too few for {micro} micro- and {macro} macro-expressions")
    firsts = _firsts(lengths, rest, slack, rng)
    shown = [_SHOWN[index % len(_SHOWN)] for index in rng.permutation(max(len(types), len(_SHOWN)))]
    expressions = [_expression(*event, rng) for event in zip(types, shown, firsts, lengths, strict=False)]
    speech = [(first, first + length - 1) for first, length in zip(firsts, lengths, strict=True)][len(types) :]
    return PlannedVideo(
        subject=subject,
        name=name,
        n_frames=n_frames,
        fps=pace.fps,
        expressions=tuple(sorted(expressions, key=lambda one: one.onset)),
        speech=tuple(sorted(speech)),
        blinks=tuple(_blinks(n_frames, pace.fps, rng)),
        seed=seed,
    )


def _length(type_: Type, pace: Pace, longest_macro: int, rng: np.random.Generator) -> int:
    shortest, longest = pace.micro if type_ == "micro" else (pace.macro[0], longest_macro)
    return int(rng.integers(shortest, longest, endpoint=True))


def _speech_lengths(room: int, n_frames: int, rest: int, fps: float, rng: np.random.Generator) -> list[int]:
    """Lengths of the bursts of speech in frames: about their share of the video, as far as there is room."""
    shortest, longest = (round(seconds * fps) for seconds in _SPEECH_SECONDS)
    lengths: list[int] = []
    while (wanted := round(_SPEECH_SHARE * n_frames) - sum(lengths)) > 0:
        left = room - sum(lengths) - rest * (len(lengths) + 1)
        if left < shortest:
            break
        most = min(longest, left, max(wanted, shortest))
        lengths.append(int(rng.integers(shortest, most, endpoint=True)))
    return lengths


def _firsts(lengths: Sequence[int], rest: int, slack: int, rng: np.random.Generator) -> list[int]:
    """First frame of each event: in a random order, the slack shared out at random between the rests."""
    order = rng.permutation(len(lengths))
    extra = np.floor(slack * np.cumsum(rng.dirichlet(np.full(len(lengths) + 1, 2.0)))).astype(int)
    before = np.concatenate([[0], np.cumsum(np.array(lengths)[order] + rest)])[:-1]
    firsts = np.empty(len(lengths), int)
    firsts[order] = 1 + rest + before + extra[:-1]
    return [int(first) for first in firsts]


def _expression(type_: Type, shown: _Shown, onset: int, length: int, rng: np.random.Generator) -> PlannedExpression:
    return PlannedExpression(
        type=type_,
        emotion=shown.emotion,
        action_units=shown.action_units,
        onset=onset,
        apex=onset + round(rng.uniform(*_RISE) * (length - 1)),
        offset=onset + length - 1,
        peak=float(rng.uniform(*(PEAK_RANGE if type_ == "micro" else _MACRO_PEAK_RANGE))),
    )


def _blinks(n_frames: int, fps: float, rng: np.random.Generator) -> Iterator[tuple[float, float]]:
    middle = fps * rng.uniform(0.5, _BETWEEN_BLINKS[1])
    while middle < n_frames:
        yield middle, fps * rng.uniform(*_BLINK)
        middle += fps * rng.uniform(*_BETWEEN_BLINKS)


@dataclass(frozen=True)
class LongMotion:
    """All that moves in one long video.

    Attributes
    ----------
    fields : tuple of BumpField
        Displacement of the skin in frame px of the face at rest: of each expression at its apex, in the plan's order;
        then of a jaw that drops, and of lips that narrow, by one inter-ocular distance.
    strengths : (n_fields, n_frames) float array
        How much of each field a frame has.
    head : (n_frames, 2, 3) float array
        Similarity transforms that take the face at rest to each frame, in frame px.
    closed : (n_frames,) float array
        How closed the eyes are, 0 to 0.9.
    """

    fields: tuple[BumpField, ...]
    strengths: np.ndarray
    head: np.ndarray
    closed: np.ndarray


def long_motion(video: PlannedVideo, subject: Subject) -> LongMotion:
    """The true motion of a planned video."""
    rng = random_stream(video.seed, video.name, "motion")
    iod = subject.inter_ocular_distance
    numbers = np.arange(1, video.n_frames + 1)
    fields = [with_peak(pulled_skin(one.action_units, subject, rng), one.peak * iod) for one in video.expressions]
    strengths = [rise_and_fall(numbers, one.onset, one.apex, one.offset) for one in video.expressions]
    fields += [with_peak(pulled_skin(unit, subject, rng), iod) for unit in ("26", "18")]
    mouth = np.zeros((2, video.n_frames))
    for first, last in video.speech:
        mouth[:, first - 1 : last] = _spoken(last - first + 1, video.fps, rng)
    closed = np.zeros(video.n_frames)
    for middle, duration in video.blinks:
        closed = np.maximum(closed, one_blink(video.n_frames, middle, duration))
    return LongMotion(
        fields=tuple(fields),
        strengths=np.stack([*strengths, *mouth]),
        head=swaying_head(video.n_frames, video.fps, subject, rng),
        closed=closed,
    )


def _spoken(n_frames: int, fps: float, rng: np.random.Generator) -> np.ndarray:
    """Jaw and lips (2, n_frames) in one burst of speech, in inter-ocular distances: syllables of uneven pace and size.

    The jaw drops once a syllable; the lips narrow or widen from one syllable to the next.
    """
    time = np.arange(n_frames) / fps
    places = np.arange(0, time[-1] + 1, 1 / 3)  # the pace changes within a third of a second
    rate = np.interp(time, places, rng.uniform(*_SYLLABLES, len(places)))
    syllable = np.cumsum(rate) / fps
    sizes = rng.uniform(0.3, 1, int(syllable[-1]) + 2)
    shapes = rng.uniform(-0.7, 0.7, len(sizes))
    jaw = sizes[syllable.astype(int)] * np.sin(np.pi * syllable) ** 2
    lips = np.interp(syllable, np.arange(len(shapes)), shapes)
    fade = np.sin(np.pi * np.clip(np.minimum(time, time[-1] - time) / 0.15, 0, 1) / 2) ** 2
    return rng.uniform(*_SPEECH_PEAK_RANGE) * fade * np.stack([jaw, lips])


class LongFilm:
    """A planned video as a camera records it.

    Parameters
    ----------
    video : PlannedVideo
    gray : bool
    part : (int, int, int, int), optional
        Left, top, right and bottom of the part of the 640 × 480 px that is filmed, multiples of 4; all by default.

    Attributes
    ----------
    subject : Subject
    motion : LongMotion
    """

    def __init__(
        self,
        video: PlannedVideo,
        gray: bool = False,
        part: tuple[int, int, int, int] = (0, 0, FRAME_WIDTH, FRAME_HEIGHT),
    ) -> None:
        self._video, self._part = video, part
        self.subject = synthetic_subject(video.subject, video.seed)
        self.motion = long_motion(video, self.subject)
        canvas = cv2.cvtColor(self.subject.canvas, cv2.COLOR_BGR2GRAY) if gray else self.subject.canvas
        self._canvas = np.rint(canvas).astype(np.uint8)
        on_canvas = _samples(-MARGIN, -MARGIN, FRAME_WIDTH + MARGIN, FRAME_HEIGHT + MARGIN)
        self._basis = np.stack([field.at(on_canvas) for field in self.motion.fields])
        self._samples = _samples(*part)
        self._eyes = [eye._replace(centre=eye.centre + MARGIN) for eye in eyes(self.subject)]

    def frames(self) -> Iterator[np.ndarray]:
        """The frames in their order: (h, w, 3) BGR or (h, w) uint8."""
        video = self._video
        lamp = random_stream(video.seed, video.name, "flicker")
        beat, phase = 2 * np.pi * lamp.uniform(98, 102) / video.fps, lamp.uniform(0, 2 * np.pi)
        noise = random_stream(video.seed, video.name, "noise")
        tiles = None
        for index in range(video.n_frames):
            still = self.still(index)
            tiles = tiles or _noise_tiles(still.shape, noise)
            lit = cv2.convertScaleAbs(still, alpha=1 + _FLICKER * np.sin(beat * index + phase))
            yield _with_noise(lit, tiles, noise)

    def still(self, index: int) -> np.ndarray:
        """One frame before light and noise, index from 0: a single cubic sampling of the canvas."""
        from_frame = cv2.invertAffineTransform(self.motion.head[index])
        points = transformed(self._samples, from_frame) + np.float32(MARGIN)
        source = _finer(self._before(points, index))
        if self.motion.closed[index] > 0:
            left, top, *_ = self._part
            for eye in self._eyes:
                centre = transformed(eye.centre - MARGIN, self.motion.head[index]) - (left, top)
                lower_lid(source, eye, float(self.motion.closed[index]), centre)
        return sampled(self._canvas, source)

    def _before(self, points: np.ndarray, index: int) -> np.ndarray:
        """Where the points (h, w, 2) of the moving face are at rest, in canvas px (`fields.displaced_from`)."""
        strengths = self.motion.strengths[:, index]
        active = np.flatnonzero(strengths)
        if not len(active):
            return points
        displacement = np.tensordot(strengths[active].astype(np.float32), self._basis[active], 1)
        origin = points
        for _ in range(4):
            place = (origin - (_STRIDE - 1) / 2) / _STRIDE + _RIM
            origin = points - cv2.remap(displacement, place[..., 0], place[..., 1], cv2.INTER_LINEAR)
        return origin


def _samples(left: int, top: int, right: int, bottom: int) -> np.ndarray:
    """Centres (h, w, 2) of the blocks of that part of the frame, and of a rim around it, in px, float32."""
    x, y = (
        np.arange(start - _RIM * _STRIDE, end + _RIM * _STRIDE, _STRIDE, dtype=np.float32) + (_STRIDE - 1) / 2
        for start, end in ((left, right), (top, bottom))
    )
    return np.stack(np.meshgrid(x, y), axis=-1)


def _finer(samples: np.ndarray) -> np.ndarray:
    """From the samples of a map to each of its pixels, the rim cut off."""
    size = (_STRIDE * samples.shape[1], _STRIDE * samples.shape[0])
    rim = _RIM * _STRIDE
    # OpenCV's cubic kernel makes waves of a straight line, and the head's motion is one.
    return cv2.resize(samples, size, interpolation=cv2.INTER_LINEAR)[rim:-rim, rim:-rim]


def _noise_tiles(shape: tuple[int, ...], rng: np.random.Generator) -> list[tuple[np.ndarray, np.ndarray]]:
    """Pieces of noise, a little larger than the frame: what they add to it and what they take away, uint8."""
    tiles = []
    for _ in range(_NOISE_TILES):
        gray = np.rint(_NOISE * rng.standard_normal((shape[0] + 64, shape[1] + 64), np.float32))
        noise = gray if len(shape) == 2 else np.repeat(gray[..., None], 3, axis=2)
        tiles.append((np.maximum(noise, 0).astype(np.uint8), np.maximum(-noise, 0).astype(np.uint8)))
    return tiles


def _with_noise(
    frame: np.ndarray, tiles: Sequence[tuple[np.ndarray, np.ndarray]], rng: np.random.Generator
) -> np.ndarray:
    """The frame with a piece of noise from a random place and of random sign."""
    more, less = tiles[int(rng.integers(len(tiles)))][:: rng.choice([-1, 1])]
    y, x = rng.integers(0, 64, 2)
    window = slice(y, y + frame.shape[0]), slice(x, x + frame.shape[1])
    return cv2.subtract(cv2.add(frame, more[window]), less[window])
