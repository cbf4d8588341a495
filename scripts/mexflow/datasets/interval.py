"""Onset, apex and offset as annotated, and the rules that repair what cannot be."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from mexflow.datasets.workbook import Cell, number_of, text_of


@dataclass(frozen=True)
class Repair:
    """One change of one row.

    Attributes
    ----------
    dataset, subject, clip : str
    onset : str
        As annotated: with the others it names the row.
    rule : str
        The rule's name; docs/datasets.md tells what each does.
    before, after : str
        What was there, and what it became.
    """

    dataset: str
    subject: str
    clip: str
    onset: str
    rule: str
    before: str
    after: str


@dataclass
class Interval:
    """Frame numbers of an expression, inclusive, and the repairs on the way to them.

    Attributes
    ----------
    onset, apex, offset : int
    apex_source : str
        "label" or "middle".
    repairs : list of (rule, before, after)
    """

    onset: int
    apex: int
    offset: int
    apex_source: str
    repairs: list[tuple[str, str, str]]


NO_APEX: Final = "no apex"
"""Stands in for the apex cell where a dataset annotates none: the middle is taken then, which is no repair."""

_Put = Callable[[str, Cell, int], int]


def repaired_interval(
    onset: Cell, apex: Cell, offset: Cell, frames: Sequence[int] | None = None, cut: bool = False
) -> Interval:
    """Make an interval out of three cells.

    The rules, in their order: `float_frame` rounds half up; `onset_zero` takes frame 1 for an onset of 0 (frames
    count from 1, unless a frame 0 is on disk); `interval_from_frames` takes the first and the last frame on disk for
    an onset that is not among them, or has no offset behind it, if the clip is cut to its expression;
    `offset_missing` takes the apex for an offset of 0, below it or none; `onset_before_first_frame` and
    `offset_beyond_last_frame` take the first and the last frame on disk, `frame_missing`, where an onset or offset
    falls into a gap, the nearest within the interval; `apex_missing` ("/", −1, 0, nothing) and `apex_outside` take
    the middle of onset and offset, rounded down, or the frame on disk nearest to it; an apex in a gap takes the
    nearest frame, `frame_missing`.

    Parameters
    ----------
    onset, apex, offset : cells of a label table
    frames : sequence of int, optional
        The frame numbers on disk, ascending; None if frames are not looked at.
    cut : bool
        The clip holds this one expression, onset to offset, and nothing else: where frames and cells disagree,
        the frames tell the truth.

    Raises
    ------
    ValueError
        If there is no onset, or it lies after the offset, or no frame of the interval is on disk: no rule mends
        that.
    """
    repairs: list[tuple[str, str, str]] = []

    def put(rule: str, before: Cell, after: int) -> int:
        repairs.append((rule, text_of(before), str(after)))
        return after

    start, peak, end = (_whole(cell, put) for cell in (onset, apex, offset))
    if start == 0 and not (frames and frames[0] == 0):
        start = put("onset_zero", onset, 1)
    if cut and frames and not (start is not None and end and frames[0] <= start <= min(end, frames[-1])):
        start, end = frames[0], frames[-1]
        repairs.append(("interval_from_frames", f"{text_of(onset)}..{text_of(offset)}", f"{start}..{end}"))
    if start is None or start < 0:
        raise ValueError(f'onset "{text_of(onset)}" is no frame number')
    if end is None or end <= 0:
        if peak is None or peak < start:
            raise ValueError(f'offset "{text_of(offset)}" is no frame number, and there is no apex to take')
        end = put("offset_missing", offset, peak)
    if start > end:
        raise ValueError(f"onset {start} lies after offset {end}")
    if frames is not None:
        start, end = _on_disk(start, end, frames, put)
    middle = _nearest((start + end) // 2, frames)
    if apex == NO_APEX:
        return Interval(start, middle, end, "middle", repairs)
    if peak is None or peak <= 0:
        return Interval(start, put("apex_missing", apex, middle), end, "middle", repairs)
    if not start <= peak <= end:
        return Interval(start, put("apex_outside", peak, middle), end, "middle", repairs)
    there = _nearest(peak, frames)
    return Interval(start, peak if peak == there else put("frame_missing", peak, there), end, "label", repairs)


def _whole(cell: Cell, put: _Put) -> int | None:
    number = number_of(cell)
    if number is None:
        return None
    return int(number) if number.is_integer() else put("float_frame", cell, math.floor(number + 0.5))


def _on_disk(start: int, end: int, frames: Sequence[int], put: _Put) -> tuple[int, int]:
    first, last = bisect_left(frames, start), bisect_right(frames, end) - 1
    if first > last:
        there = f"{frames[0]}..{frames[-1]}" if frames else "none"
        raise ValueError(f"{start}..{end} and the frames on disk, {there}, have nothing in common")
    if frames[first] != start:
        start = put("onset_before_first_frame" if first == 0 else "frame_missing", start, frames[first])
    if frames[last] != end:
        end = put("offset_beyond_last_frame" if last == len(frames) - 1 else "frame_missing", end, frames[last])
    return start, end


def _nearest(number: int, frames: Sequence[int] | None) -> int:
    """The frame on disk that lies nearest, of two the earlier."""
    if frames is None:
        return number
    after = bisect_left(frames, number)
    return min(frames[max(after - 1, 0) : after + 1], key=lambda frame: (abs(frame - number), frame))
