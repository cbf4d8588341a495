"""Which spotted interval finds which true one: intersection over union, and the rules that turn overlaps into hits.

An interval can only find one of its own group: the same video and the same type of expression. Frames are inclusive,
so [1, 10] has ten of them and [1, 5] half of those.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd

from mexflow.store.spotting import TYPES, VIDEO


class Intervals(NamedTuple):
    """Intervals of many videos; all three are (N,) int arrays.

    Attributes
    ----------
    group : array
        The video and type that each belongs to.
    onset, offset : array
        Frames, inclusive.
    """

    group: np.ndarray
    onset: np.ndarray
    offset: np.ndarray


class Arranged(NamedTuple):
    """Predictions and truth, numbered so that arrays can speak of them.

    Attributes
    ----------
    videos : DataFrame of V rows
        dataset, subject, video, sorted, and the fps that the table of videos tells (nan elsewhere).
    predictions : DataFrame of N rows
        The best score first; equal ones by onset and offset, so that the order of a file does not matter.
    truth : DataFrame of M rows
        By onset and offset.
    predicted, true : Intervals
        The same intervals; a group is the video's row × 2 + the type's place in `mexflow.store.spotting.TYPES`.
    """

    videos: pd.DataFrame
    predictions: pd.DataFrame
    truth: pd.DataFrame
    predicted: Intervals
    true: Intervals

    @property
    def groups(self) -> int:
        """The number of groups, 2 V."""
        return len(TYPES) * len(self.videos)


class Pairs(NamedTuple):
    """Pairs of a prediction and a true interval: indices of both, and their IoU, each a (K,) array."""

    prediction: np.ndarray
    truth: np.ndarray
    iou: np.ndarray

    def take(self, chosen: np.ndarray) -> "Pairs":
        """The pairs at these places, or where the mask is true."""
        return Pairs(*(values[chosen] for values in self))


def arranged(predictions: pd.DataFrame, truth: pd.DataFrame, videos: pd.DataFrame | None = None) -> Arranged:
    """Number the videos of predictions, truth and a list of videos, and sort the intervals.

    Parameters
    ----------
    predictions, truth : DataFrame
        As of `mexflow.store.spotting`.
    videos : DataFrame, optional
        Videos that may hold neither.
    """
    listed = pd.concat([frame[VIDEO] for frame in (truth, predictions, videos) if frame is not None])
    listed = listed.drop_duplicates().sort_values(VIDEO, ignore_index=True)
    listed["fps"] = np.nan
    if videos is not None and "fps" in videos.columns:
        listed = listed[VIDEO].merge(videos[[*VIDEO, "fps"]], on=VIDEO, how="left")
    predictions = _sorted(predictions, ["score"] if "score" in predictions.columns else [])
    truth = _sorted(truth, [])
    return Arranged(listed, predictions, truth, _numbered(predictions, listed), _numbered(truth, listed))


def overlaps(predicted: Intervals, true: Intervals, least: float) -> Pairs:
    """All pairs of one group that overlap enough.

    Parameters
    ----------
    predicted, true : Intervals
        Of N and M intervals.
    least : float
        The least intersection over union, above 0.

    Returns
    -------
    Pairs
        In the order of the predictions; of one prediction, the greatest IoU first, then the order of the truth.

    Examples
    --------
    >>> spotted = Intervals(np.array([0]), np.array([1]), np.array([10]))
    >>> halves = Intervals(np.array([0, 0]), np.array([1, 6]), np.array([5, 10]))
    >>> overlaps(spotted, halves, 0.5).iou.tolist()
    [0.5, 0.5]
    """
    groups = 1 + max((int(one.group.max()) for one in (predicted, true) if len(one.group)), default=0)
    of_group = np.bincount(true.group, minlength=groups)
    partners = of_group[predicted.group]
    prediction = np.repeat(np.arange(len(partners)), partners)
    place = np.arange(len(prediction)) - np.repeat(np.cumsum(partners) - partners, partners)
    first = (np.cumsum(of_group) - of_group)[predicted.group]
    truth = np.argsort(true.group, kind="stable")[np.repeat(first, partners) + place]
    onset = np.maximum(predicted.onset[prediction], true.onset[truth])
    offset = np.minimum(predicted.offset[prediction], true.offset[truth])
    shared = np.maximum(offset - onset + 1, 0)
    iou = shared / (_frames(predicted)[prediction] + _frames(true)[truth] - shared)
    pairs = Pairs(prediction, truth, iou).take(iou >= least)
    return pairs.take(np.lexsort((pairs.truth, -pairs.iou, pairs.prediction)))


def most_pairs(pairs: Pairs) -> Pairs:
    """As many pairs as can be, no prediction and no truth in two of them.

    Among the largest matchings, one that keeps the earliest predictions, which are those of the best score.

    Parameters
    ----------
    pairs : Pairs
        Of `overlaps`.

    References
    ----------
    Kuhn, "The Hungarian method for the assignment problem", Nav. Res. Logist. Q. 2:83-97, 1955; its augmenting
    paths suffice, because all pairs weigh the same.
    """
    reachable: dict[int, list[int]] = {}
    place = {}
    for row, (prediction, truth) in enumerate(zip(pairs.prediction.tolist(), pairs.truth.tolist(), strict=True)):
        reachable.setdefault(prediction, []).append(truth)
        place[prediction, truth] = row
    finder: dict[int, int] = {}
    found: dict[int, int] = {}
    for prediction in reachable:
        _augment(prediction, reachable, finder, found)
    return pairs.take(np.array([place[pair] for pair in sorted(found.items())], dtype=int))


def best_truth_only(pairs: Pairs) -> Pairs:
    """Each prediction against the truth that it overlaps most, the best score first; a truth is found once.

    Parameters
    ----------
    pairs : Pairs
        Of `overlaps`.
    """
    best = pairs.take(np.unique(pairs.prediction, return_index=True)[1])
    return best.take(np.sort(np.unique(best.truth, return_index=True)[1]))


def found_truths(pairs: Pairs) -> Pairs:
    """Each truth that any prediction overlaps enough, with the one that overlaps it most.

    Parameters
    ----------
    pairs : Pairs
        Of `overlaps`.
    """
    order = np.lexsort((pairs.prediction, -pairs.iou, pairs.truth))
    return pairs.take(order[np.unique(pairs.truth[order], return_index=True)[1]])


class Matching(NamedTuple):
    """A rule of counting: which pairs are hits, and which groups count how.

    Attributes
    ----------
    pick : function from Pairs to Pairs
        The hits among all pairs that overlap enough.
    softnet : bool
        Count groups without truth not at all, and one false positive more in groups without prediction.
    """

    pick: Callable[[Pairs], Pairs]
    softnet: bool = False


MATCHINGS = {
    "megc": Matching(most_pairs),
    "voc": Matching(best_truth_only),
    "distinct_gt": Matching(found_truths),
    "as_published": Matching(best_truth_only, softnet=True),
}
"""By name: one to one, as many as can be (MEGC); against the best truth only (VOC); true intervals found by anything
(baseline of MEGC 2020); the code of SOFTNet."""


def group_counts(task: Arranged, hits: Pairs, matching: Matching) -> np.ndarray:
    """True positives, false positives and false negatives of each group.

    Parameters
    ----------
    task : Arranged
    hits : Pairs
        What the matching picked.
    matching : Matching

    Returns
    -------
    (V, 2, 3) int array
        By video and type. A prediction that finds two truths, as `found_truths` allows, makes no negative number of
        false positives.
    """
    true = np.bincount(task.true.group, minlength=task.groups)
    predicted = np.bincount(task.predicted.group, minlength=task.groups)
    positives = np.bincount(task.true.group[hits.truth], minlength=task.groups)
    false = np.maximum(predicted - positives, 0)
    if matching.softnet:
        # Its interval [0, 0] stands for a video in which no peak was found.
        false = np.where(true == 0, 0, np.where(predicted == 0, 1, false))
    return np.stack([positives, false, true - positives], axis=-1).reshape(-1, len(TYPES), 3)


def _augment(prediction: int, reachable: dict[int, list[int]], finder: dict[int, int], found: dict[int, int]) -> None:
    """Find a truth for one more prediction, breadth first, moving others to their second choice if that helps."""
    came_from: dict[int, int] = {}
    queue = [prediction]
    for current in queue:
        for truth in reachable[current]:
            if truth in came_from:
                continue
            came_from[truth] = current
            if truth in finder:
                queue.append(finder[truth])
                continue
            free: int | None = truth
            while free is not None:
                mover = came_from[free]
                finder[free], left = mover, found.get(mover)
                found[mover] = free
                free = left
            return


def _sorted(frame: pd.DataFrame, falling: list[str]) -> pd.DataFrame:
    rising = ["onset", "offset", *(name for name in ("apex", "y_true", "y_pred", "emotion") if name in frame.columns)]
    ascending = [False] * len(falling) + [True] * len(rising)
    return frame.sort_values([*falling, *rising], ascending=ascending, kind="stable", ignore_index=True)


def _numbered(frame: pd.DataFrame, videos: pd.DataFrame) -> Intervals:
    video = pd.MultiIndex.from_frame(videos[VIDEO]).get_indexer(pd.MultiIndex.from_frame(frame[VIDEO]))
    types = pd.Index(TYPES).get_indexer(frame["type"])
    onset, offset = (frame[name].to_numpy(dtype=np.int64) for name in ("onset", "offset"))
    return Intervals(video * len(TYPES) + types, onset, offset)


def _frames(intervals: Intervals) -> np.ndarray:
    return intervals.offset - intervals.onset + 1
