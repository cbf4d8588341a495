"""The pages of a spotting run: a list of its videos, and of each its curve with what is seen at every interval."""

import base64
import contextlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import cv2
import numpy as np

from mexflow.report.colour_wheel import colour_wheel, flow_colours
from mexflow.report.face_outlines import outline_path
from mexflow.report.page import PAGE_STYLE, counted, text
from mexflow.report.spotted_video import Interval, SpottedInterval, SpottedVideo, TrueInterval
from mexflow.report.spotting_curve import AXIS_WIDTH, CURVE_STYLE, Strip, bar_id, key, span_in_seconds
from mexflow.report.spotting_figure import RIGHT_COLOUR, WRONG_COLOUR, spotting_figure
from mexflow.store.aligned import AlignedVideo, reading_aligned
from mexflow.store.files import replacing_folder
from mexflow.store.flow import ClipFlow, reading_flow

_MOST_CARDS = 150
_FACE, _FLOW = 96, 112  # px, the longer side of a picture
_CARD_WIDTH, _CARD_HEIGHT = 324, 196  # px
_GAP = 10  # px
_ROWS = 3  # of cards, about, that lie below each other
_NO_PICTURE = "<p class='none'>No picture: these frames were left out.</p>"
_SHOWN = 99.5  # per cent of the pixels that a colour scale holds
_UNKNOWN = 128  # grey of a pixel without flow


@dataclass(frozen=True)
class PictureFiles:
    """Where the pictures of a dataset's videos come from.

    Attributes
    ----------
    units : mapping
        (dataset, subject, video) → unit.
    aligned : Path
        The folder of aligned/<unit>.h5; not looked at without faces.
    flows : Path
        The folder of interval_<k>/<unit>.h5; not looked at with faces.
    faces : bool
        Show the faces. Without them no pixel of a face is in the pages.
    """

    units: Mapping[tuple[str, str, str], str]
    aligned: Path
    flows: Path
    faces: bool


def write_spotting_pages(
    videos: Sequence[SpottedVideo], files: PictureFiles, title: str, folder: Path, rule: str = "megc, IoU ≥ 0.5"
) -> None:
    """Write a folder, whole or not at all: index.html, and of each video <subject>_<video>.html and .png.

    A page needs nothing else: curves are inline SVG, pictures are embedded. It shows every interval that was spotted
    and every one that was missed, by its faces at onset, apex and offset or by the flow from onset to apex; of more
    than 150, the missed and the right ones first, then the surest.

    Parameters
    ----------
    videos : sequence of SpottedVideo
    files : PictureFiles
    title : str
        What the run is.
    folder : Path
        What it held before is gone.
    rule : str
        By which rule hits were picked.

    Raises
    ------
    UserError
        If a file is missing or damaged, or the disk is full.
    """
    names = _file_names(videos)
    with replacing_folder(folder) as beside:
        for place, (video, name) in enumerate(zip(videos, names, strict=True)):
            spotting_figure(video, beside / f"{name}.png")
            around = [names[one] if 0 <= one < len(names) else None for one in (place - 1, place + 1)]
            page = _video_page(video, files, title, _navigation(name, *around))
            (beside / f"{name}.html").write_text(page, encoding="utf-8")
        (beside / "index.html").write_text(_index_page(videos, names, title, rule), encoding="utf-8")


def _file_names(videos: Sequence[SpottedVideo]) -> list[str]:
    """A name for each video that is one on every disk, no two of them alike."""
    names: list[str] = []
    for video in videos:
        plain = re.sub(r"[^\w.-]+", "-", f"{video.subject}_{video.video}").strip(".-") or "video"
        taken = {name.casefold() for name in names} | {"index"}
        others = (f"{plain}-{number}" for number in range(2, len(names) + 3))
        names.append(next(name for name in (plain, *others) if name.casefold() not in taken))
    return names


def _index_page(videos: Sequence[SpottedVideo], names: Sequence[str], title: str, rule: str) -> str:
    types = list(videos[0].by_type) if videos else []
    counts = {name: np.array([video.by_type[name].counts for video in videos]).reshape(-1, 3) for name in types}
    rows = []
    for number, (video, name) in enumerate(zip(videos, names, strict=True)):
        cells = "".join(f"<td>{count}</td>" for kind in types for count in counts[kind][number])
        rows.append(
            f"<tr><td class='name'>{text(video.subject)}</td>"
            f"<td class='name'><a href='{quote(name)}.html'>{text(video.video)}</a></td>"
            f"<td>{video.length}</td><td>{video.length / video.fps:.1f}</td>{cells}"
            f"<td class='name'><a href='{quote(name)}.png'>figure</a></td></tr>"
        )
    sums = "".join(f"<td>{count}</td>" for kind in types for count in counts[kind].sum(axis=0))
    return _page(
        f"Spotted intervals <small>{text(title)}</small>",
        title,
        f"<p><b>{counted(len(videos), 'video')} of {counted(len({one.subject for one in videos}), 'subject')}.</b>"
        f" {_KEY}</p>"
        "<div class='table'><table><thead><tr><th colspan='2'></th><th colspan='2'>Length</th>"
        + "".join(f"<th colspan='3'>{kind}</th>" for kind in types)
        + "<th></th></tr><tr><th class='name'>Subject</th><th class='name'>Video</th><th>frames</th><th>seconds</th>"
        + "<th>TP</th><th>FP</th><th>FN</th>" * len(types)
        + f"<th class='name'>Picture</th></tr></thead><tbody>{''.join(rows)}</tbody>"
        f"<tfoot><tr><td class='name' colspan='4'>All videos</td>{sums}<td></td></tr></tfoot></table></div>"
        f"<dl><dt>TP, FP, FN</dt><dd>True intervals that are found, spotted intervals that are false, true intervals"
        f" that are missed (rule: {text(rule)}), each type by itself. By megc, a true interval is found once;"
        " what else is spotted there is false.</dd></dl>",
    )


_KEY = "A video's page has its curve to scroll through, with what is seen at each interval below it."


def _video_page(video: SpottedVideo, files: PictureFiles, title: str, navigation: str) -> str:
    shown, left_out = _shown(video)
    links = {bar_id(kind, one, place): _card_id(kind, one, place) for kind, one, place in shown}
    for kind, of_type in video.by_type.items():
        for place, one in enumerate(of_type.true):
            if one.found_by is not None:
                finder = bar_id(kind, of_type.predicted[one.found_by], one.found_by)
                links |= {bar_id(kind, one, place): links[finder]} if finder in links else {}
    strip = Strip(video, _width(video, len(shown)), links)
    with _picturing(video, files) as picture:
        cards, height = _cards(strip, shown, picture)
    facts = [
        f"<b>{video.length} frames</b> ({video.first_frame}–{video.last_frame}) at {video.fps:g} per second:"
        f" {video.length / video.fps:.1f} s. Seconds count from frame {video.first_frame}."
    ]
    for kind, of_type in video.by_type.items():
        hits, false, missed = of_type.counts
        facts.append(f"<b>{kind}</b>: {hits} found, {false} false, {missed} missed.")
    more = f" Of {left_out} more false ones, those of the lowest scores, only the bars are shown." if left_out else ""
    body = (
        f"<p>{' '.join(facts)}{more}</p>{_legend(files.faces)}"
        f"<div class='scroll' tabindex='0' role='region' aria-label='Curve and intervals, to be scrolled'>"
        f"<div style='width:{AXIS_WIDTH + strip.width}px'><div class='curves'>{strip.axis()}{strip.curve()}</div>"
        f"<div class='cards' style='margin-left:{AXIS_WIDTH}px;height:{height}px'>{cards}</div></div></div>"
    )
    where = " / ".join(text(part) for part in (video.dataset, video.subject, video.video))
    return _page(f"{where} <small>{text(title)}</small>", video.video, navigation + body)


def _navigation(name: str, before: str | None, after: str | None) -> str:
    links = ["<a href='index.html'>All videos</a>"]
    links += [f"<a href='{quote(before)}.html'>← previous</a>"] if before else []
    links += [f"<a href='{quote(after)}.html'>next →</a>"] if after else []
    return f"<p class='links'>{' '.join(links)} <a href='{quote(name)}.png'>as a figure</a></p>"


def _legend(faces: bool) -> str:
    bars = "".join(
        f"<span>{key(kind, verdict)} {words}</span>"
        for kind, verdict, words in (
            ("true", "right", "hit: true and found"),
            ("true", "wrong", "true, missed"),
            ("spotted", "wrong", "spotted, false"),
        )
    )
    lines = (
        "<span><svg width='30' height='18'><path class='score' d='M2 13L10 4L18 10L28 6'/></svg> score</span>"
        "<span><svg width='30' height='18'><path class='threshold' d='M1 9H29'/></svg> threshold</span>"
        "<span><svg width='14' height='18'><path class='peak' d='M7 14l-4 -7h8z'/></svg> peak</span>"
    )
    said = "A bar leads to its card, below the curve. "
    wheel = ""
    if faces:
        said += "Each card shows the aligned face at onset, apex and offset."
    else:
        said += (
            "Faces are hidden. Each card shows the flow from about the onset to the apex: the hue is where a pixel"
            " moves to (right red, down yellow, left cyan, up violet), the saturation how far; white is at rest, and"
            " colours are full at the px of the crop that the card gives. Grey: unknown. Lines: landmarks."
        )
        wheel = f"<img alt='colour wheel' width='64' height='64' src='{_jpeg(colour_wheel(96))}'/>"
    return f"<p class='key'>{bars}{lines}</p><div class='legend'>{wheel}<p>{said}</p></div>"


_Shown = tuple[str, Interval, int]
"""Type, interval, and its place among those of its type."""


def _shown(video: SpottedVideo) -> tuple[list[_Shown], int]:
    """The intervals that have a card, in the order of time, and how many have none."""
    every: list[_Shown] = []
    for kind, of_type in video.by_type.items():
        every += [(kind, one, place) for place, one in enumerate(of_type.predicted)]
        every += [(kind, one, place) for place, one in enumerate(of_type.true) if not one.is_hit]
    ranked = sorted(every, key=lambda shown: _importance(shown[1]))
    return sorted(ranked[:_MOST_CARDS], key=lambda shown: _middle(shown[1])), max(len(every) - _MOST_CARDS, 0)


def _importance(interval: Interval) -> tuple[bool, float]:
    is_false = isinstance(interval, SpottedInterval) and not interval.is_hit
    score = interval.score if isinstance(interval, SpottedInterval) else None
    return is_false, -(score or 0.0)


def _middle(interval: Interval) -> float:
    return (interval.onset + interval.offset) / 2


def _width(video: SpottedVideo, cards: int) -> int:
    """Of the curve, in px: one to two of them a frame, and so many that cards find room in a few rows."""
    per_frame = float(np.clip(10_000 / video.length, 1, 2))
    return round(max(per_frame * video.length, 1000, cards * (_CARD_WIDTH + _GAP) / _ROWS))


def _card_id(kind: str, interval: Interval, place: int) -> str:
    return bar_id(kind, interval, place).replace("bar-", "card-")


def _cards(strip: Strip, shown: Sequence[_Shown], picture: Callable[[str, Interval], str]) -> tuple[str, int]:
    """The cards, each as near as can be below its interval and behind no other, and how high they are together."""
    width, height = _CARD_WIDTH, _CARD_HEIGHT
    ends: list[float] = []
    stems, cards = [], []
    for kind, interval, place in shown:
        x = strip.x(min(max(_middle(interval), strip.video.first_frame), strip.video.last_frame))
        left = min(max(x - width / 2, 0), strip.width - width)
        row = next((row for row, end in enumerate(ends) if end + _GAP <= left), len(ends))
        ends[row : row + 1] = [left + width]
        top = 14 + row * (height + _GAP)
        verdict = "right" if interval.is_hit else "wrong"
        stems.append(f"<i class='{verdict}' style='left:{x:.0f}px;height:{top}px'></i>")
        cards.append(
            f"<article class='{verdict}' id='{_card_id(kind, interval, place)}'"
            f" style='left:{left:.0f}px;top:{top}px;width:{width}px;height:{height}px'>"
            f"{_words(strip.video, kind, interval)}{picture(kind, interval)}</article>"
        )
    return "".join([*stems, *cards]), 14 + len(ends) * (height + _GAP)


def _words(video: SpottedVideo, kind: str, interval: Interval) -> str:
    where = f"frames {interval.onset}–{interval.offset} · {span_in_seconds(video, interval)}"
    if isinstance(interval, TrueInterval):
        return f"<h3>{kind} · missed ✗</h3><p>true: {where}<br/>{_best_try(video, kind, interval)}</p>"
    verdict = "true ✓" if interval.is_hit else "false ✗"
    score = "" if interval.score is None else f"score {interval.score:.3g} · "
    if interval.nearest is None:
        overlap = "overlaps no true one"
    else:
        near = video.by_type[kind].true[interval.nearest]
        overlap = f"IoU {interval.iou:.2f} with true {near.onset}–{near.offset}"
    return f"<h3>{kind} · spotted, {verdict}</h3><p>{where}<br/>{score}{overlap}</p>"


def _best_try(video: SpottedVideo, kind: str, missed: TrueInterval) -> str:
    tries = video.by_type[kind].predicted
    best = max(tries, key=lambda one: _iou(one, missed), default=None)
    if best is None or _iou(best, missed) == 0:
        return "nothing spotted overlaps it"
    return f"best try: {best.onset}–{best.offset}, IoU {_iou(best, missed):.2f}"


def _iou(one: Interval, other: Interval) -> float:
    shared = max(min(one.offset, other.offset) - max(one.onset, other.onset) + 1, 0)
    return shared / (one.offset - one.onset + other.offset - other.onset + 2 - shared)


@contextlib.contextmanager
def _picturing(video: SpottedVideo, files: PictureFiles) -> Iterator[Callable[[str, Interval], str]]:
    """What draws an interval of a type as HTML."""
    unit = files.units[video.dataset, video.subject, video.video]
    with contextlib.ExitStack() as opened:
        if files.faces:
            file = opened.enter_context(reading_aligned(files.aligned / f"{unit}.h5"))
            if video.video in file:
                aligned = file[video.video]
                yield lambda kind, interval: _faces(aligned, interval)
            else:
                yield lambda kind, interval: _NO_PICTURE
            return
        clips: dict[str, ClipFlow] = {}
        for kind, of_type in video.by_type.items():
            if of_type.k is not None:
                motion = opened.enter_context(reading_flow(files.flows / f"interval_{of_type.k}" / f"{unit}.h5"))
                if video.video in motion.clips:
                    clips[kind] = motion[video.video]
        yield lambda kind, interval: _flow(clips[kind], interval) if kind in clips else _NO_PICTURE


def _faces(video: AlignedVideo, interval: Interval) -> str:
    name, apex = _apex(interval)
    moments = (("onset", interval.onset), (name, apex), ("offset", interval.offset))
    return f"<div class='pictures'>{''.join(_face(video, *moment) for moment in moments)}</div>"


def _face(video: AlignedVideo, name: str, frame: int) -> str:
    nearest = int(video.frame_numbers[np.abs(video.frame_numbers - frame).argmin()])
    if abs(nearest - frame) * video.kept_fps > video.fps:
        return f"<figure>{name} {frame}:<br/>not aligned</figure>"
    picture = _shrunk(video.faces([video.row_of(nearest)])[0], _FACE)
    height, width = picture.shape
    image = f"<img alt='face at {name}' width='{width}' height='{height}' src='{_jpeg(picture)}'/>"
    return f"<figure>{image}{name} {nearest}</figure>"


def _flow(clip: ClipFlow, interval: Interval) -> str:
    """The flow of the pair that ends at the apex."""
    name, apex = _apex(interval)
    row = int(np.abs(clip.pairs[:, 1] - apex).argmin())
    first, second = (int(number) for number in clip.pairs[row])
    step = float(np.median(np.diff(clip.pairs[:, 0]))) if len(clip) > 1 else 1.0
    if abs(second - apex) > step:
        return _NO_PICTURE
    flow, head, landmarks = clip.flow(row, row + 1)[0], clip.nose_flow[row], clip.landmarks[row]
    known_head = bool(np.isfinite(head).all())
    moved = flow - head if known_head else flow
    height, width = moved.shape[:2]
    small = _shrunk(moved, _FLOW)
    radius = _radius(small)
    known = np.isfinite(small).all(axis=-1)
    colours = flow_colours(np.where(known[..., None], small, 0), radius)
    colours[~known] = _UNKNOWN
    lines = f"<path d='{outline}'/>" if (outline := outline_path(landmarks)) else ""
    picture = (
        f"<svg class='flow' width='{small.shape[1]}' height='{small.shape[0]}' viewBox='0 0 {width} {height}'"
        f" role='img' aria-label='flow'><image href='{_jpeg(colours)}' width='{width}' height='{height}'/>{lines}</svg>"
    )
    return (
        f"<div class='pictures'>{picture}<p>flow {first} → {second} ({name})<br/>full colour: {radius:g} px<br/>"
        f"{'without' if known_head else 'with'} the head’s motion</p></div>"
    )


def _apex(interval: Interval) -> tuple[str, int]:
    """What stands for the apex, and its frame."""
    return ("middle", round(_middle(interval))) if interval.apex is None else ("apex", interval.apex)


def _radius(flow: np.ndarray) -> float:
    """A motion in px, of two digits, that few pixels exceed."""
    lengths = np.linalg.norm(flow, axis=-1)
    lengths = lengths[np.isfinite(lengths)]
    return max(float(f"{np.percentile(lengths, _SHOWN):.2g}"), 0.01) if lengths.size else 1.0


def _shrunk(picture: np.ndarray, longest: int) -> np.ndarray:
    height, width = picture.shape[:2]
    scale = longest / max(height, width)
    size = max(1, round(scale * width)), max(1, round(scale * height))
    return picture if scale >= 1 else cv2.resize(picture, size, interpolation=cv2.INTER_AREA)


def _jpeg(picture: np.ndarray) -> str:
    bgr = picture[..., ::-1] if picture.ndim == 3 else picture
    _, jpeg = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 85])
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg.tobytes()).decode()}"


def _page(heading: str, title: str, body: str) -> str:
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<title>mexflow: spotting, {text(title)}</title>
<style>{PAGE_STYLE}{CURVE_STYLE}{_STYLE}</style>
</head>
<body>
<h1>{heading}</h1>
{body}
</body>
</html>
"""


_STYLE = f"""
:root {{ --right: {RIGHT_COLOUR}; --wrong: {WRONG_COLOUR}; }}
@media (prefers-color-scheme: dark) {{ :root {{ --right: #56b4e9; --wrong: #ff9a52; }} }}
body {{ max-width: min(1600px, 96vw); margin: 1.2rem auto; }}
h1 {{ margin: 0 0 .6rem; }}
h1 small {{ margin-left: .6rem; font-size: 1rem; }}
a {{ color: var(--mark); }}
.links a {{ margin-right: 1.2rem; }}
table {{ max-width: 1080px; }}
th, td {{ text-align: right; padding: .3rem .7rem; white-space: nowrap; }}
td.name, th.name {{ text-align: left; }}
thead th {{ color: var(--soft); font-weight: 600; padding: .1rem .7rem; }}
thead tr:first-child th {{ text-align: center; }}
thead tr:last-child th {{ border-bottom: 2px solid var(--line); padding-bottom: .35rem; }}
tfoot td {{ font-weight: 600; border-top: 2px solid var(--line); }}
p {{ margin: .4rem 0; }}
.key {{ display: flex; flex-wrap: wrap; gap: .3rem 1.3rem; font-size: .9rem; }}
.key span {{ display: inline-flex; align-items: center; gap: .3rem; }}
.legend {{ display: flex; gap: 1rem; align-items: center; margin-bottom: .6rem; }}
.legend p {{ margin: 0; font-size: .9rem; color: var(--soft); max-width: 1000px; }}
.legend img {{ border-radius: 50%; }}
.scroll {{ overflow-x: auto; border: 1px solid var(--line); border-radius: 6px; scroll-padding-left: {AXIS_WIDTH}px; }}
.curves {{ display: flex; }}
svg.axis {{ position: sticky; left: 0; flex: none; background: var(--paper); border-right: 1px solid var(--line);
  z-index: 3; }}
svg.curve {{ flex: none; }}
.cards {{ position: relative; }}
.cards i {{ position: absolute; top: 0; border-left: 2px dotted; }}
.cards i.right {{ border-color: var(--right); }}
.cards i.wrong {{ border-color: var(--wrong); }}
article {{ position: absolute; box-sizing: border-box; padding: .4rem .6rem; background: var(--band); overflow: hidden;
  border-radius: 6px; border-top: 4px solid; scroll-margin: min(480px, 55vh) 20px 20px {AXIS_WIDTH + 20}px; }}
article.right {{ border-color: var(--right); }}
article.wrong {{ border-color: var(--wrong); border-top-style: dashed; }}
article:target {{ outline: 3px solid var(--mark); outline-offset: -3px; }}
article h3 {{ margin: 0; font-size: .95rem; }}
article p {{ margin: 0; font-size: .82rem; line-height: 1.35; white-space: nowrap; }}
.none {{ color: var(--soft); margin-top: .6rem; }}
.pictures {{ display: flex; gap: 6px; margin-top: .35rem; }}
.pictures figure {{ margin: 0; font-size: .76rem; line-height: 1.3; width: {_FACE}px; }}
.pictures img {{ display: block; }}
svg.flow {{ flex: none; }}
svg.flow path {{ stroke: #303030; stroke-width: 1; vector-effect: non-scaling-stroke; }}
.pictures p {{ margin-left: .3rem; }}
"""
