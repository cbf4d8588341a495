"""What was spotted in one long video, ready to be drawn: curves, thresholds, peaks, and which intervals are hits."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from mexflow.errors import UserError
from mexflow.evaluation.matching import MATCHINGS, Arranged, Pairs, arranged, overlaps
from mexflow.evaluation.peaks import peaks
from mexflow.store.pair_scores import VideoScores
from mexflow.store.spotting import TYPES, VIDEO
from mexflow.store.tables import read_text_csv

_ANY_OVERLAP = 1e-12


@dataclass(frozen=True)
class SpottedInterval:
    """A predicted interval.

    Attributes
    ----------
    onset, offset : int
        In the dataset's frame numbers, inclusive.
    apex : int or None
        The frame of its peak, if known.
    score : float or None
    truth : int or None
        The place, among the true intervals of its video and type, of the one that it finds; None if it is false.
    nearest : int or None
        The place of that one, or else of the one that it overlaps most; None if it overlaps none.
    iou : float
        With the nearest; 0 without.
    """

    onset: int
    offset: int
    apex: int | None
    score: float | None
    truth: int | None
    nearest: int | None
    iou: float

    @property
    def is_hit(self) -> bool:
        """Whether it finds a true interval."""
        return self.truth is not None


@dataclass(frozen=True)
class TrueInterval:
    """A labelled interval, with the place of the prediction that finds it; None if it is missed."""

    onset: int
    offset: int
    apex: int | None
    found_by: int | None

    @property
    def is_hit(self) -> bool:
        """Whether it is found."""
        return self.found_by is not None


Interval = SpottedInterval | TrueInterval
"""What is drawn as a bar."""


def rows_of(intervals: Sequence[Interval]) -> list[int]:
    """A row for each interval, from 0, so that none lies upon another; they may share a single frame.

    Parameters
    ----------
    intervals : sequence of SpottedInterval or TrueInterval
        In the order of time.
    """
    ends: list[int] = []
    rows = []
    for one in intervals:
        row = next((row for row, end in enumerate(ends) if end <= one.onset), len(ends))
        ends[row : row + 1] = [one.offset]
        rows.append(row)
    return rows


@dataclass(frozen=True)
class TypeOfVideo:
    """Micro- or macro-expressions of one video.

    Attributes
    ----------
    k : int or None
        Frames between the two of a pair; None if no pair of this video was scored.
    frames : (n,) int array
        Of each value of the curve, the frame that it belongs to.
    values : (n,) float array
        The curve: smoothed scores, or those of the pairs as they are.
    smoothed : bool
    threshold : float
        nan if there is none.
    peaks : (m,) int array
        The frames of the peaks.
    predicted : tuple of SpottedInterval
        In the order of time.
    true : tuple of TrueInterval
        In the order of time.
    """

    k: int | None = None
    frames: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    values: np.ndarray = field(default_factory=lambda: np.zeros(0))
    smoothed: bool = True
    threshold: float = float("nan")
    peaks: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    predicted: tuple[SpottedInterval, ...] = ()
    true: tuple[TrueInterval, ...] = ()

    @property
    def counts(self) -> tuple[int, int, int]:
        """True intervals that are found, predicted ones that find none, and true ones that are missed."""
        found, right = (sum(one.is_hit for one in intervals) for intervals in (self.true, self.predicted))
        return found, len(self.predicted) - right, len(self.true) - found

    def value_at(self, frames: np.ndarray) -> np.ndarray:
        """The curve at some of its frames."""
        return self.values[np.searchsorted(self.frames, frames)]


@dataclass(frozen=True)
class SpottedVideo:
    """A long video; `by_type` has macro before micro, `first_frame` and `last_frame` are those that were compared."""

    dataset: str
    subject: str
    video: str
    fps: float
    first_frame: int
    last_frame: int
    by_type: Mapping[str, TypeOfVideo]

    @property
    def length(self) -> int:
        """How many frame numbers there are from the first frame to the last."""
        return self.last_frame - self.first_frame + 1

    def seconds(self, frame: float) -> float:
        """The time of a frame; that of the first frame is 0."""
        return (frame - self.first_frame) / self.fps


def spotted_videos(
    videos: pd.DataFrame,
    scores: Mapping[str, Sequence[VideoScores]],
    spotted: pd.DataFrame,
    thresholds: pd.DataFrame,
    truth: pd.DataFrame,
    smoothing: bool = True,
    matching: str = "megc",
    iou: float = 0.5,
) -> list[SpottedVideo]:
    """Bring together what is known of each video, and tell which of its intervals are hits.

    Parameters
    ----------
    videos : DataFrame
        dataset, subject, video, fps of every video that is wanted; what the rest says of others is not looked at.
    scores : mapping
        Type → scores of the pairs of frames, each video once. Types that are not in it are left out.
    spotted, truth : DataFrames
        As of `mexflow.store.spotting`.
    thresholds : DataFrame
        As of `read_thresholds`.
    smoothing : bool
        Whether the method looks for peaks in the moving mean of its scores. If not, the curve is that of the scores
        and has no peaks; the value of a pair (i, i + k) then belongs to i + k, too.
    matching : str
        A name of `mexflow.evaluation.matching.MATCHINGS`: by which rule hits are picked, one to one by default.
    iou : float
        The least intersection over union of a hit.

    Returns
    -------
    list of SpottedVideo
        By dataset, subject and video. A video without scores and intervals is left out.

    Raises
    ------
    ValueError
        If a video has two sets of scores for one type.
    """
    known = pd.MultiIndex.from_frame(videos[VIDEO])
    types = [name for name in TYPES if name in scores]
    spotted, truth = (
        one[pd.MultiIndex.from_frame(one[VIDEO]).isin(known) & one["type"].isin(types)] for one in (spotted, truth)
    )
    task = arranged(spotted, truth, videos[[*VIDEO, "fps"]])
    near = overlaps(task.predicted, task.true, _ANY_OVERLAP)
    matched = _Matched(task, near, MATCHINGS[matching].pick(near.take(near.iou >= iou)))
    of_video = {name: _by_video(scores[name]) for name in types}
    found = thresholds.set_index([*VIDEO, "type"])
    complete = []
    for row, (dataset, subject, video, fps) in enumerate(task.videos.itertuples(index=False, name=None)):
        names = (dataset, subject, video)
        by_type = {}
        for name in types:
            predicted, true = matched.intervals(row * len(TYPES) + TYPES.index(name))
            place = (*names, name)
            p, threshold = found.loc[place, ["p", "threshold"]] if place in found.index else (None, float("nan"))
            by_type[name] = _type_of_video(of_video[name].get(names), p, threshold, smoothing, predicted, true)
        ends = [_ends(one, of_video[name].get(names)) for name, one in by_type.items()]
        numbers = [number for pair in ends for number in pair]
        if numbers:
            complete.append(SpottedVideo(dataset, subject, video, float(fps), min(numbers), max(numbers), by_type))
    return complete


def read_thresholds(path: Path) -> pd.DataFrame:
    """Read the CSV of thresholds: dataset, subject, video, type, fold, k, p, threshold, a row per video and type.

    Returns
    -------
    DataFrame
        The names as text, p and threshold as float64, nan where a cell is empty.

    Raises
    ------
    UserError
        If the file cannot be read, lacks a column, or p or a threshold is not a number.
    """
    return _read(path, "thresholds", [*VIDEO, "type"], ["p", "threshold"])


def read_video_units(paths: Sequence[Path]) -> pd.DataFrame:
    """Read which unit holds each video, from manifests or other CSVs with dataset, subject, video, unit, fps.

    Returns
    -------
    DataFrame
        One row per video: the names as text, fps as float64.

    Raises
    ------
    UserError
        If a file cannot be read or lacks a column, or an fps is not a number.
    """
    tables = [_read(path, "videos", [*VIDEO, "unit"], ["fps"]) for path in paths]
    return pd.concat(tables).drop_duplicates(VIDEO, ignore_index=True)


def _read(path: Path, what: str, names: list[str], numbers: list[str]) -> pd.DataFrame:
    try:
        table = read_text_csv(path, what)
    except UserError as error:
        raise UserError(f"{path}: {error}") from error
    if missing := [name for name in (*names, *numbers) if name not in table.columns]:
        raise UserError(f"{path}: {what} lack the column {', '.join(missing)}")
    for name in numbers:
        written = table[name]
        table[name] = pd.to_numeric(written, errors="coerce").astype(float)
        if (wrong := table[name].isna() & ~written.isin(["", "nan"])).any():
            raise UserError(f'{path}: {name} "{written[wrong].iloc[0]}" is not a number')
    return table[[*names, *numbers]]


@dataclass(frozen=True)
class _Matched:
    task: Arranged
    near: Pairs
    hits: Pairs

    def intervals(self, group: int) -> tuple[tuple[SpottedInterval, ...], tuple[TrueInterval, ...]]:
        """What was predicted and what is true in one group, each in the order of time."""
        predictions = _in_time(self.task.predicted.group, group, self.task.predictions)
        truths = _in_time(self.task.true.group, group, self.task.truth)
        place_of = {row: place for place, row in enumerate(truths)}
        finder_of = {row: place for place, row in enumerate(predictions)}
        found = {int(one): (int(true), float(iou)) for one, true, iou in zip(*self.hits, strict=True)}
        finders = {true: one for one, (true, _) in found.items()}
        nearest = {int(one): (int(true), float(iou)) for one, true, iou in zip(*self._nearest(), strict=True)}
        nearest |= found
        predicted = []
        for row in predictions:
            one = self.task.predictions.iloc[row]
            near, iou = nearest.get(row, (-1, 0.0))
            score = float(one["score"]) if "score" in one else None
            places = (place_of[found[row][0]] if row in found else None, place_of.get(near))
            predicted.append(SpottedInterval(int(one.onset), int(one.offset), _apex(one), score, *places, iou))
        true = []
        for row in truths:
            one = self.task.truth.iloc[row]
            found_by = finder_of[finders[row]] if row in finders else None
            true.append(TrueInterval(int(one.onset), int(one.offset), _apex(one), found_by))
        return tuple(predicted), tuple(true)

    def _nearest(self) -> Pairs:
        return self.near.take(np.unique(self.near.prediction, return_index=True)[1])


def _in_time(groups: np.ndarray, group: int, table: pd.DataFrame) -> list[int]:
    rows = np.flatnonzero(groups == group)
    return [int(row) for row in rows[np.lexsort((table["offset"].iloc[rows], table["onset"].iloc[rows]))]]


def _apex(row: pd.Series) -> int | None:
    return int(row["apex"]) if "apex" in row and not np.isnan(row["apex"]) else None


def _by_video(scores: Sequence[VideoScores]) -> dict[tuple[str, ...], VideoScores]:
    found: dict[tuple[str, ...], VideoScores] = {}
    for one in scores:
        if (name := (one.dataset, one.subject, one.video)) in found:
            raise ValueError(f"{'/'.join(name)} has two sets of scores for one type")
        found[name] = one
    return found


def _type_of_video(
    scores: VideoScores | None,
    p: float | None,
    threshold: float,
    smoothing: bool,
    predicted: tuple[SpottedInterval, ...],
    true: tuple[TrueInterval, ...],
) -> TypeOfVideo:
    if scores is None:
        return TypeOfVideo(smoothed=smoothing, predicted=predicted, true=true)
    if not smoothing:
        # A pair is as wide as an expression is long on one side: its second frame is where the expression culminates.
        frames, values, positions = _frames(scores)[scores.k :], scores.scores.astype(float), np.zeros(0, np.int64)
    else:
        curve = peaks(scores.scores, scores.k, 0.0 if p is None else p)
        values, positions = curve.smoothed, curve.position if p is not None else curve.position[:0]
        frames = scores.frames[scores.k : scores.k + len(values)]
    return TypeOfVideo(scores.k, frames, values, smoothing, float(threshold), frames[positions], predicted, true)


def _frames(scores: VideoScores) -> np.ndarray:
    """All frames that are compared: the first ones of the pairs, and the k frames behind the last of them."""
    frames = scores.frames
    if not len(frames):
        return frames
    step = int(np.median(np.diff(frames))) if len(frames) > 1 else 1
    return np.concatenate([frames, frames[-1] + step * np.arange(1, scores.k + 1)])


def _ends(of_type: TypeOfVideo, scores: VideoScores | None) -> Iterator[int]:
    """The first and the last frame of what was compared, or else of the intervals, if there are any."""
    if scores is not None and len(scores.frames):
        frames = _frames(scores)
        yield from (int(frames[0]), int(frames[-1]))
        return
    intervals: tuple[Interval, ...] = (*of_type.predicted, *of_type.true)
    for one in intervals:
        yield from (one.onset, one.offset)
