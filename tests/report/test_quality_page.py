"""The quality page: the worst clips with pictures, no face unless allowed, whole, escaped and small."""

import base64
import re
from html.parser import HTMLParser

import cv2
import numpy as np
import pandas as pd
import pytest

from mexflow.face.regions import nose_region
from mexflow.report import quality_page
from mexflow.report.colour_wheel import flow_colours
from mexflow.report.quality import failure_table, quality_table
from mexflow.report.quality_page import write_quality_page
from report.measured import HEIGHT, NOSE, WIDTH, Clip, faces_of, flow_of, write_files

NASTY = "<script>&'\"{title}"


def page_of(folder, clips, faces=True, face=0, pairs="onset_each", size=(WIDTH, HEIGHT), title="demo"):
    files = write_files(folder, clips, face, size)
    table = quality_table(files.aligned, files.flows, files.manifest, pairs)
    failures = failure_table(files.aligned, files.manifest)
    path = folder / "quality.html"
    write_quality_page(table, failures, files.aligned, files.flows, pairs, title, faces, path)
    return Page(path.read_text(encoding="utf-8"))


class Page(HTMLParser):
    """A page, read: an element that is closed out of turn is an error."""

    def __init__(self, source):
        super().__init__()
        self.source, self.tags, self.attributes, self.words, self._open = source, [], [], [], []
        self.feed(source)
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        self.handle_startendtag(tag, attrs)
        if tag not in {"meta", "br", "img"}:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes.append(dict(attrs))

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())

    @property
    def pictures(self):
        """The embedded pictures, the colour wheel aside, in RGB or grey."""
        links = [a["href"] for a in self.attributes if a.get("href", "").startswith("data:")]
        return [_decoded(link) for link in links]

    def of_class(self, name):
        return [a for a in self.attributes if a.get("class") == name]


def _decoded(link):
    png = np.frombuffer(base64.b64decode(link.removeprefix("data:image/png;base64,")), np.uint8)
    picture = cv2.imdecode(png, cv2.IMREAD_UNCHANGED)
    return picture[..., ::-1] if picture.ndim == 3 else picture


@pytest.mark.parametrize(
    ("flagged", "others", "pictured"), [(0, 1, 1), (0, 7, 5), (1, 7, 5), (8, 3, 8), (23, 2, 20), (0, 0, 0)]
)
def test_pictured_are_all_flagged_clips_up_to_20_and_always_the_worst_5(tmp_path, flagged, others, pictured):
    clips = [Clip("s1", f"bad{k}", [(1.0, 0.9)]) for k in range(flagged)]
    clips += [Clip("s2", f"good{k}", [(1.0, 0.1)]) for k in range(others)] + [Clip("s2", "gone")]
    page = page_of(tmp_path, clips, faces=False)
    assert page.tags.count("figure") == pictured
    assert page.source.count("data:image/png") == 3 * pictured + (pictured > 0)
    assert page.tags.count("tr") == 2 + len(clips) + 1 + 1  # both tables with their headings, one failure


def test_pictures_show_the_worst_pair_before_and_after_and_its_faces(tmp_path):
    clips = [Clip("s1", "c", [(1.0, 0.1), (2.0, 0.6), (1.0, 0.2)])]
    before, after, nose, first, second = page_of(tmp_path, clips).pictures
    flow = flow_of(0, 1)
    rest = flow - np.array([1, 2], np.float32)
    scales = [float(f"{np.percentile(np.hypot(*np.moveaxis(one, -1, 0)), 99.5):.2g}") for one in (flow, rest)]
    np.testing.assert_array_equal(before, flow_colours(flow, scales[0]))
    np.testing.assert_array_equal(after, flow_colours(rest, scales[1]))
    window = nose_region(np.tile(NOSE, (68, 1)), (WIDTH, HEIGHT))
    np.testing.assert_array_equal(nose, flow_colours(rest[window], 0.6))
    faces = faces_of(0, count=6)
    np.testing.assert_array_equal(first, faces[1])
    np.testing.assert_array_equal(second, faces[4])


def test_the_box_is_the_nose_region(tmp_path):
    boxes = page_of(tmp_path, [Clip("s1", "c", [(1.0, 0.1)])]).of_class("box")
    rows, columns = nose_region(np.tile(NOSE, (68, 1)), (WIDTH, HEIGHT))
    assert len(boxes) == 4  # before, after and two faces
    for box in boxes:
        assert [int(box[name]) for name in ("x", "y")] == [columns.start, rows.start]
        assert [int(box[name]) for name in ("width", "height")] == [
            columns.stop - columns.start,
            rows.stop - rows.start,
        ]


def test_nothing_of_a_face_is_in_the_page_without_faces(tmp_path):
    clips = [Clip("s1", f"c{k}", [(1.0, 0.4)]) for k in range(3)]
    with_faces, other_faces = (page_of(tmp_path / f"{face}", clips, True, face).source for face in (0, 1))
    without, other = (page_of(tmp_path / f"{face}", clips, False, face).source for face in (0, 1))
    assert with_faces != other_faces
    assert without == other
    assert (with_faces.count("data:image"), without.count("data:image")) == (3 * 5 + 1, 3 * 3 + 1)


def test_interpolated_faces_are_not_looked_for(tmp_path):
    page = page_of(tmp_path, [Clip("s1", "c", [(1.0, 0.4)])], faces=True, pairs="tim_4")
    assert len(page.pictures) == 3


def test_a_large_crop_is_embedded_small(tmp_path):
    size = (480, 320)
    before, _, nose, first, _ = page_of(tmp_path, [Clip("s1", "c", [(1.0, 0.4)])], size=size).pictures
    assert before.shape == (107, 160, 3)
    assert first.shape == (107, 160)
    assert nose.shape == (39, 39, 3)
    whole = faces_of(0, count=4, size=size)[0]
    np.testing.assert_array_equal(first, cv2.resize(whole, (160, 107), interpolation=cv2.INTER_AREA))


def test_the_numbers_are_written_with_their_units(tmp_path):
    page = page_of(tmp_path, [Clip("s1", "c", [(0.5, 0.25), (2.0, 0.125), (2.5, 0.375)]), Clip("s2", "gone")])
    assert "2 clips of 2 subjects: 0 flagged, 1 left out by the alignment." in page.text
    assert "s1 · c not flagged: 0.250 px after (median of 3 pairs), worst in frames 102 → 105:" in page.text
    assert "2.500 px before, 0.375 px after" in page.text
    assert "s1 c 3 2.000 0.250 102 → 105 0.375 0.250 0" in page.text
    assert "s2 gone 0 left out by the alignment" in page.text
    assert "s2 gone 100 140 no face left out" in page.text


def test_an_unknown_motion_is_flagged_and_called_unknown(tmp_path):
    page = page_of(tmp_path, [Clip("s1", "c", [(np.nan, np.nan)]), Clip("s1", "d", [(1.0, 0.1)])])
    assert "1 flagged" in page.text
    assert "s1 c 1 unknown unknown 100 → 103 unknown flagged 0.250 0" in page.text
    assert "nan" not in re.sub("base64,[^']*", "", page.source).lower()


def test_of_whole_frames_nothing_is_judged_or_pictured(tmp_path):
    page = page_of(tmp_path, [Clip("s1", f"c{k}", [(1.0, 0.4)], whole=True) for k in range(3)])
    assert "3 clips of 1 subject: none can be judged. The alignment takes whole frames" in page.text
    assert page.pictures == [] and "figure" not in page.tags
    assert "s1 c1 1 unknown unknown 100 → 103 unknown unknown 0" in page.text
    assert "nan" not in page.source.lower()


def test_pixels_without_flow_are_grey():
    flow = np.ones((4, 5, 2), np.float32)
    flow[1, 2, 0] = np.nan
    panel = quality_page._flow_panel("before", flow, 2.0, None)
    picture = _decoded(re.search("href='([^']*)'", panel)[1])
    assert picture[1, 2].tolist() == [128, 128, 128]
    assert (picture == 128).all(axis=-1).sum() == 1
    assert quality_page._radius(flow) == 1.4
    assert "unknown" in quality_page._flow_panel("after", np.full((4, 5, 2), np.nan), quality_page._radius(flow), None)


def test_all_text_is_escaped(tmp_path):
    clips = [Clip(NASTY, f"{NASTY}{k}", [(1.0, 0.4)]) for k in range(2)] + [Clip(NASTY, f"{NASTY}gone")]
    files = write_files(tmp_path, [Clip("s", one.name, one.nose) for one in clips])
    manifest = files.manifest.assign(subject=NASTY)
    table = quality_table(files.aligned, files.flows, manifest, "onset_apex")
    failures = failure_table(files.aligned, manifest).assign(problem=NASTY, action=NASTY)
    path = tmp_path / "quality.html"
    write_quality_page(table, failures, files.aligned, files.flows, "onset_apex", NASTY, True, path)
    page = Page(path.read_text())
    assert "script" not in page.tags
    assert page.source.count("<script") == 0
    # Title and heading; subject, video in a picture's caption; three rows of clips; one of failures.
    assert page.text.count(NASTY) == 2 + 2 * 2 + 3 * 2 + 4


def test_the_page_needs_nothing_else(tmp_path):
    page = page_of(tmp_path, [Clip("s1", "c", [(1.0, 0.4)]), Clip("s1", "gone")])
    assert not re.search(r"https?://|<script|<link|url\(", page.source)
    assert all(a["src"].startswith("data:") for a in page.attributes if "src" in a)


def test_the_chart_tells_which_clips_lie_above_the_limit(tmp_path):
    values = [5.0, 0.5, 0.3, 0.2, 0.0]
    page = page_of(tmp_path, [Clip("s1", f"c{k}", [(20.0, after)]) for k, after in enumerate(values)])
    limit = float(re.search(r"M64 ([\d.]+)H", page.of_class("limit")[-1]["d"])[1])
    series = {name: page.of_class(name)[-1]["d"] for name in ("before", "after")}
    places = {name: np.array(re.findall(r"M([\d.]+) ([\d.]+)h0", d), float) for name, d in series.items()}
    assert len(places["before"]) == len(places["after"]) == 5
    np.testing.assert_array_equal(places["before"][:, 0], places["after"][:, 0])
    assert (np.diff(places["after"], axis=0) > 0).all()  # from the left to the right, downwards
    np.testing.assert_array_equal(np.sign(limit - places["after"][:, 1]), [1, 1, 0, -1, -1])


def test_a_decade_is_as_high_anywhere_in_the_chart():
    chart = quality_page._Chart(quality_page._ticks(25.0))
    heights = [chart.y(value) for value in (0.01, 0.1, 1.0, 10.0)]
    np.testing.assert_allclose(np.diff(heights), np.diff(heights)[0])
    assert chart.y(0.0) == chart.y(0.001) == chart.bottom
    assert chart.y(30.0) == chart.top


@pytest.mark.parametrize(("largest", "highest"), [(0, 1), (1, 1), (1.01, 3), (3.5, 10), (47, 100)])
def test_the_chart_ends_above_the_largest_motion(largest, highest):
    assert quality_page._ticks(largest)[-1] == pytest.approx(highest)


def test_a_dataset_without_any_motion_has_a_page(tmp_path):
    page = page_of(tmp_path, [Clip("s1", "gone"), Clip("s2", "away")])
    assert "No clip has motion." in page.text
    assert "2 clips of 2 subjects: 0 flagged" in page.text


def test_a_thousand_clips_make_a_page_of_less_than_a_megabyte(tmp_path):
    files = write_files(tmp_path, [Clip("s1", f"c{k:02d}", [(1.0, 0.9)]) for k in range(20)])
    table = quality_table(files.aligned, files.flows, files.manifest, "onset_apex")
    many = pd.concat([table] * 50, ignore_index=True)
    failures = pd.DataFrame(
        [("s1", f"v{k}", 1, 2, "no face", "carried") for k in range(1234)],
        columns=["subject", "video", "first_frame", "last_frame", "problem", "action"],
    )
    path = tmp_path / "quality.html"
    write_quality_page(many, failures, files.aligned, files.flows, "onset_apex", "demo", True, path)
    page = Page(path.read_text())
    assert path.stat().st_size < 1e6
    assert page.tags.count("figure") == 20
    assert "The 20 worst of 1000 flagged clips" in page.text
    assert "And 234 more" in page.text
