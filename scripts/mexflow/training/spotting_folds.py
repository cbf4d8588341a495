"""Which long videos a spotter is trained on, which ones it is tested on, and with which k."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mexflow.config.spotting import ScoringSpec
from mexflow.errors import UserError
from mexflow.store.spotting import VIDEO
from mexflow.training.seeds import seed_of_fold


@dataclass(frozen=True)
class SpottingFold:
    """One subject held out of the training.

    Attributes
    ----------
    number : int
        Its place among the folds, from 0.
    held_out : str
        `<dataset>/<subject>`.
    k : int
        Half the length of an expression, in frames at the rate that is kept.
    train, scored : tuples of int
        Positions in the table of videos: those to train on, and those to score. No subject has videos in both.
    """

    number: int
    held_out: str
    k: int
    train: tuple[int, ...]
    scored: tuple[int, ...]

    def seed(self, run_seed: int) -> int:
        """See `mexflow.training.seeds.seed_of_fold`."""
        return seed_of_fold(run_seed, self.held_out)


def half_length(onsets: Sequence[int], offsets: Sequence[int], rate: float = 1.0) -> int:
    """K of a spotter: half the mean length of expressions, as SOFTNet takes it, at least 1.

    Parameters
    ----------
    onsets, offsets : sequences of int
        Frame numbers, at least one of each.
    rate : float
        The share of frames that is kept.

    Returns
    -------
    int
        ⌊(N + 1) / 2⌋, N the mean of offset − onset in frames that are kept.

    References
    ----------
    Liong et al., ICIP 2021, section 2.1, and the published code.

    Examples
    --------
    >>> half_length([10, 50], [22, 63])
    6
    """
    mean = float(np.mean(np.asarray(offsets) - np.asarray(onsets)))
    return max(int((rate * mean + 1) / 2), 1)


def long_videos(manifest: pd.DataFrame, silent: pd.DataFrame) -> pd.DataFrame:
    """All videos of a dataset: those with labelled expressions and the silent ones.

    Parameters
    ----------
    manifest, silent : DataFrame
        As of `mexflow.datasets.index`.

    Returns
    -------
    DataFrame
        dataset, subject, video, unit, fps; a row per video, by subject and video in natural order (s9 before s10).
    """
    columns = [*VIDEO, "unit", "fps"]
    table = pd.concat([manifest[columns], silent[columns]]).drop_duplicates(VIDEO)
    order = sorted(range(len(table)), key=lambda row: [_natural(table.iloc[row][name]) for name in VIDEO])
    return table.iloc[order].reset_index(drop=True)


def whole_expressions(manifest: pd.DataFrame, cut_off: str) -> pd.DataFrame:
    """The labelled intervals that count: rows of the manifest.

    Parameters
    ----------
    manifest : DataFrame
        Or true intervals in the schema of `mexflow.store.spotting`.
    cut_off : str
        "dropped" leaves out those that begin before their video, whose onset was 0 and has become the first frame, 1.
    """
    return manifest[manifest.onset > 1] if cut_off == "dropped" else manifest


def expressions_of(manifest: pd.DataFrame, expression_type: str, cut_off: str) -> pd.DataFrame:
    """Those of `whole_expressions` that are of one type."""
    rows = whole_expressions(manifest, cut_off)
    return rows[rows.expression_type == expression_type]


def spotting_folds(videos: pd.DataFrame, manifest: pd.DataFrame, spec: ScoringSpec) -> list[SpottingFold]:
    """Leave one subject out, in the natural order of subjects.

    With `spec.inner_share` the folds are the same, but the videos scored are those of some of the training subjects,
    drawn by the seed, which are then no longer trained on; where nothing is trained, of all training subjects.

    Parameters
    ----------
    videos : DataFrame
        As of `long_videos`.
    manifest : DataFrame
        Its intervals decide about k, and which videos take part.
    spec : ScoringSpec

    Raises
    ------
    UserError
        If there is no expression of the type, or fewer than two subjects (three for inner ones).
    """
    intervals = expressions_of(manifest, spec.type, spec.cut_off)
    if spec.videos == "with_truth":
        shown = pd.MultiIndex.from_frame(intervals[VIDEO])
        taken = np.flatnonzero(pd.MultiIndex.from_frame(videos[VIDEO]).isin(shown))
    else:
        taken = np.arange(len(videos))
    subjects = (videos.dataset + "/" + videos.subject).to_numpy(dtype=object)
    # Positions rise in the natural order of subjects, so that first appearance is that order.
    folds = list(dict.fromkeys(subjects[taken]))
    few = 2 if spec.inner_share is None else 3
    if len(folds) < few or intervals.empty:
        raise UserError(
            f"spotting {spec.type}-expressions needs {few} subjects or more and an expression of that type; there are"
            f" {len(folds)} subjects and {len(intervals)} expressions."
        )
    return [_fold(number, one, subjects, taken, intervals, spec) for number, one in enumerate(folds)]


def _fold(
    number: int, held_out: str, subjects: np.ndarray, taken: np.ndarray, intervals: pd.DataFrame, spec: ScoringSpec
) -> SpottingFold:
    k = _k(held_out, intervals, spec)
    own, rest = ([int(one) for one in taken if (subjects[one] == held_out) == is_own] for is_own in (True, False))
    if spec.inner_share is None:
        return SpottingFold(number, held_out, k, tuple(rest), tuple(own))
    others = list(dict.fromkeys(subjects[rest]))
    if spec.spotter.is_trained:
        count = min(max(round(spec.inner_share * len(others)), 1), len(others) - 1)
        fold = SpottingFold(number, held_out, k, (), ())
        kept = set(np.random.default_rng(fold.seed(spec.seed)).choice(others, count, replace=False))
    else:
        kept = set(others)
    inner = tuple(one for one in rest if subjects[one] in kept)
    return SpottingFold(number, held_out, k, tuple(one for one in rest if subjects[one] not in kept), inner)


def _k(held_out: str, intervals: pd.DataFrame, spec: ScoringSpec) -> int:
    if isinstance(spec.k, int):
        return max(int(spec.rate * spec.k + 0.5), 1)
    counted = intervals
    if spec.k == "training_subjects":
        counted = intervals[intervals.dataset + "/" + intervals.subject != held_out]
        if counted.empty:
            raise UserError(
                f"no subject but {held_out} has {spec.type}-expressions: k cannot follow from its training subjects."
                " Give the protocol a number: k: {macro: FRAMES, micro: FRAMES}."
            )
    return half_length(counted.onset.to_numpy(), counted.offset.to_numpy(), spec.rate)


def _natural(text: str) -> list[tuple[int, str]]:
    """A key by which s9 comes before s10."""
    parts = re.split(r"(\d+)", text)
    return [(int(part), "") if part.isdigit() else (-1, part) for part in parts]
