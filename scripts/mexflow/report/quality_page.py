"""The page on the quality of alignment and flow, with pictures of the worst clips."""

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from mexflow.config.pairs import per_expression
from mexflow.face.regions import Rectangle, nose_region
from mexflow.report.colour_wheel import colour_wheel, flow_colours
from mexflow.report.page import PAGE_STYLE, counted, text
from mexflow.report.quality import MOST_NOSE_FLOW, of_whole_frames, worst_pair
from mexflow.store.aligned import AlignedFile, reading_aligned
from mexflow.store.files import replacing
from mexflow.store.flow import reading_flow

_FEWEST_PICTURES, _MOST_PICTURES = 5, 20
_MOST_FAILURES = 1000
_LARGEST_PANEL = 160  # px
_SHOWN = 99.5  # per cent of the pixels that a colour scale holds
_UNKNOWN = 128  # grey of a pixel without flow


def write_quality_page(
    table: pd.DataFrame,
    failures: pd.DataFrame,
    aligned: Sequence[Path],
    flows: Sequence[Path],
    pairs: str,
    title: str,
    faces: bool,
    path: Path,
) -> None:
    """Write the quality of a dataset's flow as one HTML file that needs nothing else.

    Of flagged clips the 20 worst have pictures, and of any the 5 worst: the flow of their worst pair before and after
    the subtraction. Of whole frames there is nothing to picture: without landmarks no nose region is known.

    Parameters
    ----------
    table, failures : DataFrames
        Of `mexflow.report.quality.quality_table` and `failure_table`.
    aligned, flows : sequences of Path
        The files that the tables were made from.
    pairs : str
        The pairing of the flow files.
    title : str
        What the page is about.
    faces : bool
        Show the faces of pictured pairs, too. Without them no pixel of a face is in the page. Interpolated faces are
        never shown: they are not stored.
    path : Path

    Raises
    ------
    UserError
        If a file is missing or damaged, or the disk is full.
    """
    noun = "clip" if per_expression(pairs) else "video"
    motion = []
    if not of_whole_frames(table):
        moving = table[table["pairs"] > 0]
        shown = moving[: min(_MOST_PICTURES, max(_FEWEST_PICTURES, int(moving["flagged"].sum())))]
        show_faces = faces and not pairs.startswith("tim_")
        pictures = list(_pictures(shown, aligned, flows, show_faces))
        motion = [
            _overview(moving["nose_before"].to_numpy(float), moving["nose_after"].to_numpy(float), noun),
            _picture_section(pictures, int(moving["flagged"].sum()), noun),
        ]
    parts = [
        f"<h1>Quality of the flow <small>{text(title)}</small></h1>",
        _summary(table, noun),
        *motion,
        f"<h2>Frames without a face</h2>{_failure_rows(failures)}",
        f"<h2>Every {noun}, worst first</h2>{_clip_rows(table, noun)}",
        f"<dl>{_NOTES}</dl>",
    ]
    with replacing(path) as beside:
        beside.write_text(_page(title, "\n".join(parts)), encoding="utf-8")


def _summary(table: pd.DataFrame, noun: str) -> str:
    moving = table[table["pairs"] > 0]
    flagged, left_out = int(moving["flagged"].sum()), len(table) - len(moving)
    size = f"{counted(len(table), noun)} of {counted(table['subject'].nunique(), 'subject')}"
    if of_whole_frames(table):
        return (
            f"<p class='summary'><b>{size}: none can be judged.</b> The alignment takes whole frames and looks for no"
            " face: the motion of the head is unknown and is part of the flow.</p>"
        )
    flags = f"{flagged} flagged"
    verdict = f"<span class='control'>{flags}</span>" if flagged else flags
    absent = f", {left_out} left out by the alignment" if left_out else ""
    before, after = (moving[name].median() for name in ("nose_before", "nose_after"))
    fall = (
        f" The median {noun} moves {_px(before)} in the nose region before the head's motion is subtracted and"
        f" {_px(after)} after."
        if len(moving)
        else ""
    )
    return (
        f"<p class='summary'><b>{size}: {verdict}{absent}.</b>{fall} Flagged: median flow of more than"
        f" {MOST_NOSE_FLOW:g} px in the nose region after the subtraction.</p>"
    )


@dataclass(frozen=True)
class _Chart:
    """A logarithmic axis of these ticks, in px of motion, in a picture that is so wide and high."""

    ticks: Sequence[float]
    width: int = 1040
    height: int = 280
    left: int = 64
    right: int = 1028
    top: int = 12
    bottom: int = 246

    def y(self, value: float) -> float:
        lowest, highest = self.ticks[0], self.ticks[-1]
        share = np.log(max(value, lowest) / lowest) / np.log(highest / lowest)
        return float(self.bottom - share * (self.bottom - self.top))

    def line(self, series: str, value: float) -> str:
        return f"<path class='{series}' d='M{self.left} {self.y(value):.1f}H{self.right}'/>"

    def axes(self, noun: str) -> str:
        lines = [self.line("grid", tick) for tick in self.ticks]
        values = [f"{'≤ ' if tick == self.ticks[0] else ''}{tick:g}" for tick in self.ticks]
        beside = [
            f"<text x='{self.left - 8}' y='{self.y(tick) + 4:.1f}' text-anchor='end'>{value}</text>"
            for tick, value in zip(self.ticks, values, strict=True)
        ]
        across, down = (self.left + self.right) / 2, (self.top + self.bottom) / 2
        names = (
            f"<text transform='translate(14 {down}) rotate(-90)' text-anchor='middle'>flow in nose region, px</text>"
            f"<text x='{across}' y='{self.height - 8}' text-anchor='middle'>{noun}s, worst first</text>"
        )
        return "".join([*lines, *beside, names])

    def dots(self, before: np.ndarray, after: np.ndarray) -> str:
        """Both values of every clip, joined by a line, from the left to the right."""
        step = (self.right - self.left) / len(after)
        points = [
            (self.left + step * (place + 0.5), self.y(first), self.y(second))
            for place, (first, second) in enumerate(zip(before, after, strict=True))
            if np.isfinite([first, second]).all()
        ]
        size = float(np.clip(0.7 * step, 2, 9))
        paths = {
            "join": "".join(f"M{x:.1f} {first:.1f}V{second:.1f}" for x, first, second in points),
            "before": "".join(f"M{x:.1f} {first:.1f}h0" for x, first, _ in points),
            "after": "".join(f"M{x:.1f} {second:.1f}h0" for x, _, second in points),
        }
        widths = {"join": 1.5, "before": size, "after": size}
        return "".join(f"<path class='{name}' stroke-width='{widths[name]:.1f}' d='{d}'/>" for name, d in paths.items())


def _overview(before: np.ndarray, after: np.ndarray, noun: str) -> str:
    if len(after) == 0:
        return f"<p>No {noun} has motion.</p>"
    values = np.concatenate([before, after])
    chart = _Chart(_ticks(float(np.max(values, initial=0, where=np.isfinite(values)))))
    return (
        f"<p class='key'>{_key('before')} before {_key('after')} after the mean of the region is subtracted"
        f" {_key('limit')} {MOST_NOSE_FLOW:g} px, above which a {noun} is flagged</p>"
        f"<div class='table'><svg class='overview' viewBox='0 0 {chart.width} {chart.height}' role='img'"
        f" aria-label='Median flow in the nose region of every {noun}, before and after the subtraction, in px'>"
        f"{chart.axes(noun)}{chart.line('limit', MOST_NOSE_FLOW)}{chart.dots(before, after)}</svg></div>"
    )


def _key(series: str) -> str:
    mark = "M1 7h22" if series == "limit" else "M12 7h0"
    return f"<svg width='24' height='14'><path class='{series}' stroke-width='9' d='{mark}'/></svg>"


def _ticks(largest: float) -> list[float]:
    ticks = [0.01, 0.03, 0.1, 0.3, 1.0]
    while ticks[-1] < largest:
        ticks.append(10 * ticks[-2])
    return ticks


def _picture_section(pictures: Sequence[str], flagged: int, noun: str) -> str:
    if not pictures:
        return ""
    of_flagged = f"The {len(pictures)} worst of {flagged} flagged {noun}s" if flagged > len(pictures) else ""
    heading = of_flagged or (f"The {len(pictures)} worst {noun}s" if len(pictures) > 1 else f"The worst {noun}")
    return (
        f"<h2>{heading}</h2><div class='legend'>{_image(colour_wheel(96))}<p>Of each {noun}, its worst frame pair."
        " Hue: where a pixel moves to (right red, down yellow, left cyan, up violet). Saturation: how far; white is at"
        " rest, and colours are full at the motion given below each picture. Grey: unknown. Box: the nose region."
        "</p></div>" + "\n".join(pictures)
    )


def _pictures(shown: pd.DataFrame, aligned: Sequence[Path], flows: Sequence[Path], faces: bool) -> Iterator[str]:
    aligned_of, flow_of = ({path.stem: path for path in paths} for paths in (aligned, flows))
    for _, row in shown.iterrows():
        with reading_flow(flow_of[row["unit"]]) as motion:
            clip = motion[row["clip"]]
            worst = worst_pair(clip)
            flow = clip.flow(worst, worst + 1)[0]
            rest = flow - clip.nose_flow[worst]
            nose = nose_region(clip.landmarks[worst], (flow.shape[1], flow.shape[0]))
        panels = [
            _flow_panel("before", flow, _radius(flow), nose),
            _flow_panel("after", rest, _radius(rest), nose),
            _flow_panel("after, nose region", rest[nose], 2 * MOST_NOSE_FLOW, None),
        ]
        if faces:
            with reading_aligned(aligned_of[row["unit"]]) as file:
                panels += _face_panels(file, row, nose)
        yield f"<figure><figcaption>{_caption(row)}</figcaption><div class='panels'>{''.join(panels)}</div></figure>"


def _caption(row: pd.Series) -> str:
    verdict = "<span class='control'>flagged</span>" if row["flagged"] else "not flagged"
    pairs = f"{_px(row['nose_after'])} after (median of {row['pairs']} pairs), worst in " if row["pairs"] > 1 else ""
    name = " · ".join(text(part) for part in dict.fromkeys([row["subject"], row["video"], row["clip"]]))
    return (
        f"<b>{name}</b> {verdict}: {pairs}frames {row['worst_first']} → {row['worst_second']}:"
        f" {_px(row['worst_before'])} before, {_px(row['worst_after'])} after"
    )


def _radius(flow: np.ndarray) -> float:
    """A motion in px, of two digits, that few pixels exceed."""
    lengths = np.linalg.norm(flow, axis=-1)
    lengths = lengths[np.isfinite(lengths)]
    return max(float(f"{np.percentile(lengths, _SHOWN):.2g}"), 0.01) if lengths.size else 1.0


def _flow_panel(name: str, flow: np.ndarray, radius: float, nose: Rectangle | None) -> str:
    known = np.isfinite(flow).all(axis=-1)
    colours = flow_colours(np.where(known[..., None], flow, 0), radius)
    colours[~known] = _UNKNOWN
    scale = f"full colour: {radius:g} px" if known.any() else "unknown"
    return _panel(colours, nose, f"{name}<br><small>{scale}</small>")


def _face_panels(file: AlignedFile, row: pd.Series, nose: Rectangle) -> list[str]:
    video = file[row["video"]]
    numbers = row["worst_first"], row["worst_second"]
    pair = video.faces(video.pair_rows(*numbers))
    return [
        _panel(face, nose, f"face<br><small>frame {number}</small>") for face, number in zip(pair, numbers, strict=True)
    ]


def _panel(picture: np.ndarray, nose: Rectangle | None, caption: str) -> str:
    """A picture (H, W) or (H, W, 3) uint8 with the nose region drawn, and a caption of HTML."""
    height, width = picture.shape[:2]
    box = ""
    if nose is not None:
        rows, columns = nose
        place = f"x='{columns.start}' y='{rows.start}' width='{_length(columns)}' height='{_length(rows)}'"
        box = f"<rect class='halo' {place}/><rect class='box' {place}/>"
    data = _data_uri(_shrunk(picture))
    return (
        f"<div class='panel'><svg viewBox='0 0 {width} {height}'>"
        f"<image href='{data}' width='{width}' height='{height}'/>{box}</svg>{caption}</div>"
    )


def _length(span: slice) -> int:
    return span.stop - span.start


def _shrunk(picture: np.ndarray) -> np.ndarray:
    height, width = picture.shape[:2]
    scale = _LARGEST_PANEL / max(height, width)
    if scale >= 1:
        return picture
    size = max(1, round(scale * width)), max(1, round(scale * height))
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)


def _image(picture: np.ndarray) -> str:
    return f"<img alt='colour wheel' width='{picture.shape[1]}' src='{_data_uri(picture)}'>"


def _data_uri(picture: np.ndarray) -> str:
    bgr = picture[..., ::-1] if picture.ndim == 3 else picture
    _, png = cv2.imencode(".png", bgr, [cv2.IMWRITE_PNG_COMPRESSION, 9])
    return f"data:image/png;base64,{base64.b64encode(png.tobytes()).decode()}"


def _failure_rows(failures: pd.DataFrame) -> str:
    if failures.empty:
        return "<p>No frame was dropped or carried.</p>"
    rows = "\n".join(_failure_row(row) for _, row in failures[:_MOST_FAILURES].iterrows())
    more = len(failures) - _MOST_FAILURES
    rest = f"<p>And {more} more, in the failure tables of the aligned files.</p>" if more > 0 else ""
    return (
        "<div class='table'><table><thead><tr><th class='name'>Subject</th><th class='name'>Video</th>"
        "<th>First frame</th><th>Last frame</th><th class='name'>Problem</th><th class='name'>Action</th></tr></thead>"
        f"<tbody>{rows}</tbody></table></div>{rest}"
    )


def _failure_row(row: pd.Series) -> str:
    mark = " control" if row["action"] == "left out" else ""
    return (
        f"<tr><td class='name'>{text(row['subject'])}</td><td class='name'>{text(row['video'])}</td>"
        f"<td>{row['first_frame']}</td><td>{row['last_frame']}</td><td class='name'>{text(row['problem'])}</td>"
        f"<td class='name{mark}'>{text(row['action'])}</td></tr>"
    )


def _clip_rows(table: pd.DataFrame, noun: str) -> str:
    rows = "\n".join(_clip_row(row) for _, row in table.iterrows())
    return (
        "<div class='table'><table><thead>"
        "<tr><th colspan='3'></th><th colspan='2'>Nose region, px</th><th colspan='2'>Worst pair</th><th></th>"
        "<th>Landmark</th><th>Frames</th></tr>"
        f"<tr><th class='name'>Subject</th><th class='name'>{noun.capitalize()}</th><th>Pairs</th>"
        "<th>before</th><th>after</th><th>frames</th><th>after, px</th><th></th><th>spread, px</th>"
        f"<th>without face</th></tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _clip_row(row: pd.Series) -> str:
    names = f"<td class='name'>{text(row['subject'])}</td><td class='name'>{text(row['clip'])}</td>"
    if row["pairs"] == 0:
        return f"<tr class='absent'>{names}<td>0</td><td class='name' colspan='7'>left out by the alignment</td></tr>"
    mark = "<td class='name control'>flagged</td>" if row["flagged"] else "<td></td>"
    return (
        f"<tr>{names}<td>{row['pairs']}</td>"
        f"<td>{_number(row['nose_before'])}</td><td><b>{_number(row['nose_after'])}</b></td>"
        f"<td>{row['worst_first']} → {row['worst_second']}</td><td>{_number(row['worst_after'])}</td>{mark}"
        f"<td>{_number(row['landmark_spread'])}</td><td>{row['frames_without_face']}</td></tr>"
    )


def _px(value: float) -> str:
    return f"{value:.3f} px" if np.isfinite(value) else "unknown"


def _number(value: float) -> str:
    return f"{value:.3f}" if np.isfinite(value) else "unknown"


def _page(title: str, body: str) -> str:
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>mexflow: quality of {text(title)}</title>
<style>{PAGE_STYLE}{_STYLE}</style>
</head>
<body>
{body}
</body>
</html>
"""


_STYLE = """
h1 small { margin-left: .6rem; font-size: 1rem; }
h2 { font-size: 1.15rem; margin: 2.2rem 0 .7rem; }
th, td { text-align: right; padding: .3rem .7rem; white-space: nowrap; }
.name { text-align: left; }
thead th { color: var(--soft); font-weight: 600; padding: .1rem .7rem; }
thead tr:last-child th { border-bottom: 2px solid var(--line); padding-bottom: .35rem; }
.absent { color: var(--soft); }
.overview { width: 100%; min-width: 640px; }
.key { margin: .9rem 0 .4rem; color: var(--soft); font-size: .9rem; }
.key svg:not(:first-child) { margin-left: 1.2rem; }
.key svg { vertical-align: middle; }
svg text { fill: var(--soft); font-size: 13px; }
svg path { fill: none; stroke-linecap: round; }
svg .grid { stroke: var(--line); stroke-width: 1; }
svg .join { stroke: var(--line); }
svg .limit { stroke: var(--warn); stroke-width: 1.5; stroke-dasharray: 6 4; stroke-linecap: butt; }
svg .before { stroke: var(--soft); opacity: .75; }
svg .after { stroke: var(--mark); }
.legend { display: flex; gap: 1rem; align-items: center; }
.legend p { margin: 0; font-size: .9rem; color: var(--soft); }
.legend img { border-radius: 50%; width: 64px; }
figure { margin: 1.1rem 0 0; padding: .7rem .8rem; background: var(--band); border-radius: 6px; }
.panels { display: flex; flex-wrap: wrap; gap: .8rem; margin-top: .6rem; }
.panel { width: 180px; font-size: .9rem; line-height: 1.3; }
.panel svg { display: block; width: 100%; margin-bottom: .25rem; image-rendering: pixelated; }
.panel rect { fill: none; vector-effect: non-scaling-stroke; }
.panel .halo { stroke: #ffffff; stroke-width: 3.5; }
.panel .box { stroke: #000000; stroke-width: 1.5; }
"""

_NOTES = """
<dt>Nose region</dt><dd>A window on the bridge of the nose: skin that moves with the head only. Its mean flow counts as
the head's motion and is subtracted from the whole flow.</dd>
<dt>Before, after</dt><dd>Length of the flow in that region before and after the subtraction: median over its pixels,
then over the frame pairs, in px of the crop.</dd>
<dt>Flagged</dt><dd>More than 0.3 px after the subtraction, as much as a micro-expression moves on average: the region
turned, was deformed or hidden, or its flow is noise. The motion of that clip is not the expression's alone. Much motion
before the subtraction is no fault: it is the head's, and has been removed.</dd>
<dt>Worst pair</dt><dd>The pair of frames with the most motion left. Of clips interpolated in time, frames count from 0,
and their faces are not shown.</dd>
<dt>Landmark spread</dt><dd>How far the eye corners and nose, as found in single frames, lie from where the alignment
takes them to be (root mean square, px of the crop).</dd>
<dt>Frames without face</dt><dd>How many of the frames that were searched showed none.</dd>
<dt>Action</dt><dd>carried: the frames lie under the last transform. dropped: they are not there, in the windows that
are meant. left out: nothing of the video could be aligned; its clips take no part.</dd>
"""
