"""The curve of a long video as inline SVG, as wide as the video is long, with its intervals as bars."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mexflow.report.page import text
from mexflow.report.spotted_video import Interval, SpottedInterval, SpottedVideo, TypeOfVideo, rows_of

AXIS_WIDTH = 172  # px
_MARGIN = 16  # px, left and right of the frames
_TOP, _FOOT = 54, 44  # px, for seconds and for frame numbers
_CURVE, _ROW, _GAP = 130, 25, 34  # px
_BAR = 13  # px
_TICK = 110  # px, at least, from one to the next
_SHORTEST_BAR = 4  # px
_MARKS = {True: "✓", False: "✗"}


@dataclass(frozen=True)
class Strip:
    """How a video lies on the page.

    Attributes
    ----------
    video : SpottedVideo
    width : int
        Of the curve, in px.
    links : mapping
        Id of a bar, `bar_id` → id of the card that it leads to.
    """

    video: SpottedVideo
    width: int
    links: Mapping[str, str]

    @property
    def height(self) -> int:
        """Of the curves of all types, in px."""
        *_, last = self._panels()
        return last.bottom + _FOOT

    def x(self, frame: float) -> float:
        """The place of the middle of a frame, in px from the left end of the curve."""
        share = (frame - self.video.first_frame) / max(self.video.length - 1, 1)
        return _MARGIN + share * (self.width - 2 * _MARGIN)

    def axis(self) -> str:
        """What stays in view while the curve is scrolled: names and the scale of the scores."""
        parts = [
            f"<text class='end' x='{AXIS_WIDTH - 8}' y='16'>seconds</text>",
            f"<text class='end' x='{AXIS_WIDTH - 8}' y='{self.height - 8}'>frame</text>",
        ]
        for panel in self._panels():
            parts += panel.axis()
        size = f"width='{AXIS_WIDTH}' height='{self.height}'"
        return f"<svg class='axis' {size} role='img' aria-label='Scale of the scores'>{''.join(parts)}</svg>"

    def curve(self) -> str:
        """Curves, thresholds, peaks and bars of all types along the frames."""
        parts = [_HATCH, *self._time_axes()]
        for panel in self._panels():
            parts += panel.drawn()
        name = f"Scores and intervals of {text(self.video.video)} by frame"
        return (
            f"<svg class='curve' width='{self.width}' height='{self.height}' role='img' aria-label='{name}'>"
            f"{''.join(parts)}</svg>"
        )

    def _panels(self) -> Iterator["_Panel"]:
        top = _TOP
        for name, one in self.video.by_type.items():
            panel = _Panel(self, name, one, top)
            yield panel
            top = panel.bottom + _GAP

    def _time_axes(self) -> Iterator[str]:
        video = self.video
        ticks = max(self.width // _TICK, 1)
        bottom = self.height - _FOOT
        for number in _round_numbers(video.first_frame, video.last_frame, ticks, whole=True):
            x = self.x(number)
            yield f"<path class='grid' d='M{x:.1f} {_TOP}V{bottom + 6}'/>"
            yield f"<text class='middle' x='{x:.1f}' y='{self.height - 8}'>{number:g}</text>"
        for second in _round_numbers(0, video.seconds(video.last_frame), ticks):
            x = self.x(video.first_frame + second * video.fps)
            yield f"<path class='tick' d='M{x:.1f} 24v8'/>"
            yield f"<text class='middle' x='{x:.1f}' y='16'>{second:g} s</text>"


@dataclass(frozen=True)
class _Panel:
    """One type: its curve, and below it a lane of true and one of spotted intervals."""

    strip: Strip
    name: str
    of_type: TypeOfVideo
    top: int

    @property
    def lanes(self) -> tuple[tuple[str, Sequence[Interval]], ...]:
        return ("true", self.of_type.true), ("spotted", self.of_type.predicted)

    @property
    def bottom(self) -> int:
        return self._lane_top(len(self.lanes))

    def axis(self) -> Iterator[str]:
        kind = "score, smoothed" if self.of_type.smoothed else "score"
        yield f"<text x='4' y='{self.top - 8}'><tspan class='name'>{self.name}</tspan> {kind}</text>"
        low, high = self._range()
        threshold = self.of_type.threshold
        if np.isfinite(threshold):
            y = self._y(threshold)
            yield f"<text class='end' x='{AXIS_WIDTH - 8}' y='{y + 4:.1f}'>threshold {threshold:.3g}</text>"
        for value in _round_numbers(low, high, 6) if len(self.of_type.values) else ():
            y = self._y(value)
            if not abs(y - self._y(threshold)) < 15:
                yield f"<text class='end' x='{AXIS_WIDTH - 8}' y='{y + 4:.1f}'>{value:g}</text>"
        for lane, (name, _) in enumerate(self.lanes):
            yield f"<text class='end' x='{AXIS_WIDTH - 8}' y='{self._lane_top(lane) + 11}'>{name}</text>"

    def drawn(self) -> Iterator[str]:
        one, right = self.of_type, self.strip.width
        yield f"<path class='grid' d='M0 {self.top + _CURVE}H{right}'/>"
        for true in one.true:
            x, width = self._span(true)
            shade = f"shade {_verdict(true)}"
            yield f"<rect class='{shade}' x='{x:.1f}' y='{self.top}' width='{width:.1f}' height='{_CURVE}'/>"
        if np.isfinite(one.threshold):
            yield f"<path class='threshold' d='M0 {self._y(one.threshold):.1f}H{right}'/>"
        if len(one.values):
            places = zip(one.frames, one.values, strict=True)
            points = " ".join(f"{self.strip.x(frame):.1f},{self._y(value):.1f}" for frame, value in places)
            yield f"<path class='score' d='M{points}'/>"
        else:
            yield f"<text x='{_MARGIN}' y='{self.top + _CURVE / 2}'>no scores of this type</text>"
        for frame, value in zip(one.peaks, one.value_at(one.peaks), strict=True):
            yield f"<path class='peak' d='M{self.strip.x(frame):.1f} {self._y(value) - 3:.1f}l-4 -7h8z'/>"
        for lane, (kind, intervals) in enumerate(self.lanes):
            rows = rows_of(intervals)
            for place, (interval, row) in enumerate(zip(intervals, rows, strict=True)):
                y = self._lane_top(lane) + row * _ROW
                yield self._bar(interval, kind, bar_id(self.name, interval, place), y)

    def _bar(self, interval: Interval, kind: str, name: str, y: int) -> str:
        x, width = self._span(interval)
        mark = _MARKS[interval.is_hit]
        bar = (
            f"<g id='{name}'><title>{text(told(self.strip.video, self.name, interval))}</title>"
            f"<rect class='bar {kind} {_verdict(interval)}' x='{x:.1f}' y='{y}' width='{width:.1f}' height='{_BAR}'/>"
            f"<text class='middle mark {_verdict(interval)}' x='{x + width / 2:.1f}' y='{y + _BAR + 11}'>{mark}</text>"
            "</g>"
        )
        return f"<a href='#{self.strip.links[name]}'>{bar}</a>" if name in self.strip.links else bar

    def _span(self, interval: Interval) -> tuple[float, float]:
        """Left end and width, in px, from the left of its first to the right of its last frame, inside the video."""
        video = self.strip.video
        ends = np.clip([interval.onset, interval.offset], video.first_frame, video.last_frame)
        low, high = self.strip.x(ends[0] - 0.5), self.strip.x(ends[1] + 0.5)
        lacking = max(0.0, _SHORTEST_BAR - (high - low))
        return low - lacking / 2, high - low + lacking

    def _lane_top(self, lane: int) -> int:
        """Where a lane begins; behind the last lane, the end of the panel."""
        rows = sum(1 + max(rows_of(intervals), default=0) for _, intervals in self.lanes[:lane])
        return self.top + _CURVE + 8 + rows * _ROW

    def _range(self) -> tuple[float, float]:
        known = np.append(self.of_type.values, self.of_type.threshold)
        known = known[np.isfinite(known)]
        low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
        room = 0.1 * (high - low) or 1.0
        return low - room / 2, high + room

    def _y(self, value: float) -> float:
        low, high = self._range()
        return self.top + _CURVE * (high - value) / (high - low)


def bar_id(kind: str, interval: Interval, place: int) -> str:
    """The id of a bar: of the interval at that place, from 0, among those spotted or true of its type."""
    return f"bar-{kind}-{'spotted' if isinstance(interval, SpottedInterval) else 'true'}-{place + 1}"


def told(video: SpottedVideo, kind: str, interval: Interval) -> str:
    """An interval in words, for those who point at its bar."""
    where = f"{kind}, frames {interval.onset}–{interval.offset}, {span_in_seconds(video, interval)}"
    if not isinstance(interval, SpottedInterval):
        return f"true {where}: {'found' if interval.is_hit else 'missed'}"
    score = "" if interval.score is None else f", score {interval.score:.3g}"
    return f"spotted {where}{score}: {'true' if interval.is_hit else 'false'}, IoU {interval.iou:.2f}"


def span_in_seconds(video: SpottedVideo, interval: Interval) -> str:
    """When an interval begins and ends."""
    return f"{video.seconds(interval.onset):.2f}–{video.seconds(interval.offset):.2f} s"


def key(kind: str, verdict: str) -> str:
    """A bar for the legend, with its mark."""
    mark = _MARKS[verdict == "right"]
    return (
        f"<svg width='46' height='18'><rect class='bar {kind} {verdict}' x='2' y='3' width='24' height='12'/>"
        f"<text class='mark {verdict}' x='31' y='14'>{mark}</text></svg>"
    )


def _verdict(interval: Interval) -> str:
    return "right" if interval.is_hit else "wrong"


def _round_numbers(low: float, high: float, at_most: int, whole: bool = False) -> list[float]:
    """Multiples, in low..high, of the smallest 1, 2 or 5 times a power of ten of which no more fit."""
    span = high - low
    if span <= 0:
        return [low]
    power = 10.0 ** math.floor(math.log10(span / at_most))
    step = next(power * one for one in (1, 2, 5, 10) if power * one * at_most >= span * (1 - 1e-9))
    step = max(step, 1) if whole else step
    numbers = np.arange(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1) * step
    return [float(f"{number:.10g}") for number in numbers]


_HATCH = (
    "<defs><pattern id='hatch' width='5' height='5' patternUnits='userSpaceOnUse' patternTransform='rotate(45)'>"
    "<path class='stripe' d='M0 0V5'/></pattern></defs>"
)

CURVE_STYLE = """
svg text { fill: var(--soft); font-size: 12px; font-variant-numeric: tabular-nums; }
svg .end { text-anchor: end; }
svg .middle { text-anchor: middle; }
svg .name { fill: var(--ink); font-size: 15px; font-weight: 600; }
svg path { fill: none; }
svg .grid, svg .tick { stroke: var(--line); }
svg .score { stroke: var(--ink); stroke-width: 1.3; }
svg .threshold { stroke: var(--soft); stroke-width: 1.3; stroke-dasharray: 7 4; }
svg .peak { fill: var(--ink); }
svg .shade { opacity: .13; }
svg .shade.right, svg .bar.right { fill: var(--right); }
svg .shade.wrong { fill: var(--wrong); }
svg .bar { stroke-width: 1.5; }
svg .bar.right { stroke: var(--right); }
svg .bar.wrong { stroke: var(--wrong); }
svg .true.wrong { fill: var(--paper); stroke-dasharray: 4 2; }
svg .spotted.wrong { fill: url('#hatch'); }
svg .stripe { stroke: var(--wrong); stroke-width: 3; }
svg .mark { font-size: 12px; font-weight: 700; }
svg .mark.right { fill: var(--right); }
svg .mark.wrong { fill: var(--wrong); }
svg a:hover .bar { stroke: var(--ink); }
"""
"""Rules for the curve; --right and --wrong are colours that the page sets."""
