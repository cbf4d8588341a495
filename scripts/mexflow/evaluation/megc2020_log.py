"""The log of spotting of MEGC 2020: a block per dataset, then one line per true or spotted interval.

::

    1
    006_1 562 574 560 575 TP
    006_1 - - 1277 1347 FP
    2
    15_0102 398 532 - - FN

Block 1 is SAMM Long Videos, block 2 CAS(ME)². A line is ``video gt_onset gt_offset pred_onset pred_offset`` and its
verdict, ``-`` standing for what is absent. The log has no types: macro- and micro-expressions stand side by side.
Source: the spotting baseline of MEGC 2020 (He et al., FG 2020).
"""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from mexflow.errors import UserError
from mexflow.evaluation.matching import Arranged, Intervals, arranged, most_pairs, overlaps
from mexflow.evaluation.megc_log import numbered_lines
from mexflow.evaluation.spotting import count_intervals, counted_scores
from mexflow.store.files import replacing
from mexflow.store.spotting import VIDEO

BLOCKS = {"1": "samm_lv", "2": "casme_sq"}
"""Which dataset a block is of."""
VERDICTS = ("TP", "FP", "FN")

_LINE = 'a line is "video gt_onset gt_offset pred_onset pred_offset TP|FP|FN", with - for what is absent'


class _Line(NamedTuple):
    dataset: str
    subject: str
    video: str
    true_onset: float
    true_offset: float
    onset: float
    offset: float
    verdict: str


def read_megc2020_log(path: Path | str) -> pd.DataFrame:
    """Read an MEGC 2020 log.

    Blank lines and tabs are accepted, and a dataset may have several blocks.

    Parameters
    ----------
    path : Path or str
        A text file in UTF-8, gzipped when the name ends in ``.gz``.

    Returns
    -------
    DataFrame, one row per line, in the file's order
        dataset (`BLOCKS`), subject (what stands before the first ``_`` of the video), video as text; true_onset,
        true_offset, onset, offset as float64, nan where absent; verdict.

    Raises
    ------
    UserError
        With the line, if it is neither a block nor an interval, comes before the first block, or its verdict does not
        fit the intervals that it has; or if the file cannot be read or holds no interval.
    """
    path = Path(path)
    dataset = ""
    lines = []
    for number, text in numbered_lines(path):
        if text in BLOCKS:
            dataset = BLOCKS[text]
            continue
        try:
            lines.append(_parsed(dataset, text))
        except UserError as error:
            raise UserError(f"{path}, line {number}: {error}") from None
    if not lines:
        raise UserError(f"{path}: holds no interval; below a block line 1 or 2, {_LINE}")
    return pd.DataFrame(lines, columns=_Line._fields)


def write_megc2020_log(predictions: pd.DataFrame, truth: pd.DataFrame, path: Path | str, iou: float = 0.5) -> None:
    """Write predictions and truth as an MEGC 2020 log, matched one to one within each type.

    Blocks in ascending order, in each the videos by name, in each the intervals by onset. The file appears whole or
    not at all.

    Parameters
    ----------
    predictions, truth : DataFrame
        As of `mexflow.store.spotting`. Datasets are those of `BLOCKS`, or named alike (``samm…``, ``cas…``).
    path : Path or str
        Where to write; its folder exists.
    iou : float
        The least intersection over union of a hit.

    Raises
    ------
    UserError
        If a dataset is neither of the two, or the name of a video holds a blank.
    """
    task = arranged(predictions, truth)
    blocks = {name: _block(str(name)) for name in task.videos["dataset"].unique()}
    for name in task.videos["video"]:
        if name.split() != [name]:
            raise UserError(f'video "{name}" holds a blank; rename it, an MEGC 2020 log cannot hold it')
    rows = sorted(
        (blocks[task.videos["dataset"][video]], task.videos["video"][video], start, line)
        for video, start, line in _interval_lines(task, iou)
    )
    lines: list[str] = []
    for block in BLOCKS:
        own = [f"{video} {line}" for of_block, video, _, line in rows if of_block == block]
        lines += [block, *own] if own else []
    with replacing(Path(path)) as beside:
        beside.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="\n")


def score_megc2020_log(log: pd.DataFrame, iou: float = 0.5, draws: int = 2000) -> dict[str, Any]:
    """Scores of a log: as it counts itself, and counted anew.

    To count anew, all its intervals of a video are matched one to one, as many as can be, whatever their type; an
    interval that stands in several TP lines of a video is one interval, while every FP and FN line has one of its own.

    Parameters
    ----------
    log : DataFrame
        Of `read_megc2020_log`.
    iou : float
        The least intersection over union of a hit; of ``recount`` only.
    draws : int
        Of the subject bootstrap; 0 for no interval.

    Returns
    -------
    dict of plain Python values, None for what is undefined
        ``macro`` and ``micro``: None, a log knows no types; ``overall``, as logged, and ``recount``: the dict of
        `mexflow.evaluation.spotting.counted_scores`; ``ci``: by ``overall`` and ``recount``, that of
        `mexflow.evaluation.spotting.count_intervals`; ``n_videos``, ``n_subjects``, ``iou``, ``draws``;
        ``per_dataset``: the same, without ``per_dataset``, by dataset.
    """
    per_dataset = {name: _score(own, iou, draws) for name, own in log.groupby("dataset", sort=True)}
    return {**_score(log, iou, draws), "per_dataset": per_dataset}


def _score(log: pd.DataFrame, iou: float, draws: int) -> dict[str, Any]:
    log = log.reset_index(drop=True)
    subject = log.groupby(["dataset", "subject"]).ngroup().to_numpy()
    logged = np.zeros((subject.max() + 1, len(VERDICTS)), dtype=int)
    np.add.at(logged, (subject, log["verdict"].map(VERDICTS.index)), 1)
    recounted = _recounted(log, subject, iou)
    return {
        "macro": None,
        "micro": None,
        "overall": counted_scores(logged.sum(axis=0)),
        "recount": counted_scores(recounted.sum(axis=0)),
        "ci": {"overall": count_intervals(logged, draws), "recount": count_intervals(recounted, draws)},
        "n_videos": len(log.drop_duplicates(VIDEO)),
        "n_subjects": len(logged),
        "iou": iou,
        "draws": draws,
    }


def _recounted(log: pd.DataFrame, subject: np.ndarray, iou: float) -> np.ndarray:
    """(subjects, 3) counts of all intervals, matched anew."""
    log = log.assign(group=log.groupby(VIDEO).ngroup())
    true = _intervals(log, "FN", "true_onset", "true_offset")
    predicted = _intervals(log, "FP", "onset", "offset")
    hits = most_pairs(overlaps(predicted, true, iou))
    videos = log["group"].max() + 1
    positives = np.bincount(true.group[hits.truth], minlength=videos)
    false = np.bincount(predicted.group, minlength=videos) - positives
    missed = np.bincount(true.group, minlength=videos) - positives
    subject_of_video = np.zeros(videos, dtype=int)
    subject_of_video[log["group"]] = subject
    counts = np.zeros((subject.max() + 1, 3), dtype=int)
    np.add.at(counts, subject_of_video, np.stack([positives, false, missed], axis=-1))
    return counts


def _intervals(log: pd.DataFrame, alone: str, onset: str, offset: str) -> Intervals:
    """The intervals of the lines with this verdict, and each that TP lines have, once."""
    columns = ["group", onset, offset]
    hits = log.loc[log["verdict"] == "TP", columns].drop_duplicates()
    own = pd.concat([hits, log.loc[log["verdict"] == alone, columns]]).astype(int).sort_values(columns)
    return Intervals(*own.to_numpy().T)


def _parsed(dataset: str, text: str) -> _Line:
    fields = text.split()
    if len(fields) != 6 or fields[-1] not in VERDICTS:
        raise UserError(f'"{text}" is neither a block (1 or 2) nor an interval; {_LINE}')
    if not dataset:
        raise UserError("an interval before the first block line (1: SAMM, 2: CAS(ME)²)")
    video, *ends, verdict = fields
    numbers = [_frame(text, end) for end in ends]
    for (onset, offset), verdicts in ((numbers[:2], ("TP", "FN")), (numbers[2:], ("TP", "FP"))):
        present = [not np.isnan(end) for end in (onset, offset)]
        if present != [verdict in verdicts] * 2:
            raise UserError(
                f'"{text}": {verdict} does not fit; TP has both intervals, FN only the true, FP only the spotted one'
            )
        if onset > offset:
            raise UserError(f'"{text}": an onset lies behind its offset')
    true_onset, true_offset, onset, offset = numbers
    return _Line(dataset, video.split("_")[0], video, true_onset, true_offset, onset, offset, verdict)


def _frame(text: str, end: str) -> float:
    if end == "-":
        return float("nan")
    try:
        return float(int(end))
    except ValueError:
        raise UserError(f'"{text}": {end} is neither a frame number nor -') from None


def _block(dataset: str) -> str:
    for block, start in (("1", "samm"), ("2", "cas")):
        if dataset.casefold().startswith(start):
            return block
    raise UserError(
        f'dataset "{dataset}" has no block in an MEGC 2020 log, which knows SAMM Long Videos (samm…) and CAS(ME)² '
        "(cas…) only; rename it"
    )


def _interval_lines(task: Arranged, iou: float) -> list[tuple[int, int, str]]:
    """Row of the video, first frame, and the line without the video's name."""
    hits = most_pairs(overlaps(task.predicted, task.true, iou))
    partner = dict(zip(hits.truth.tolist(), hits.prediction.tolist(), strict=True))
    predicted, true = (np.stack(intervals, axis=-1).tolist() for intervals in (task.predicted, task.true))
    lines = []
    for number, (group, onset, offset) in enumerate(true):
        if number in partner:
            _, spotted_onset, spotted_offset = predicted[partner[number]]
            lines.append((group // 2, onset, f"{onset} {offset} {spotted_onset} {spotted_offset} TP"))
        else:
            lines.append((group // 2, onset, f"{onset} {offset} - - FN"))
    alone = set(range(len(predicted))) - set(partner.values())
    lines += [(predicted[one][0] // 2, predicted[one][1], "- - {1} {2} FP".format(*predicted[one])) for one in alone]
    return lines
