"""Pages of a spotting run: every interval has a bar and a card, no face unless allowed, whole, escaped and small."""

import base64
import csv
import itertools
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

import mexflow
from mexflow.errors import UserError
from mexflow.report import spotting_page
from mexflow.report.colour_wheel import flow_colours
from mexflow.report.spotted_video import SpottedInterval
from mexflow.report.spotting_page import write_spotting_pages
from mexflow.store.pair_scores import write_pair_scores
from mexflow.store.spotting import write_spotted
from report.spotted import APEXES, FIRST, FPS, SIZE, TRUTH, K, faces_of, flow_of, tables, write_files

NASTY = "<script>&'\"{title}"


class Page:
    """A page, read as XML: what is not well-formed is an error."""

    def __init__(self, path):
        self.source = path.read_text(encoding="utf-8")
        self.root = ET.fromstring(self.source)
        self.text = " ".join(" ".join(self.root.itertext()).split())

    def by_id(self, name):
        (one,) = self.root.iterfind(f".//*[@id='{name}']")
        return one

    def ids(self, start):
        return sorted(one.get("id") for one in self.root.iterfind(".//*[@id]") if one.get("id").startswith(start))

    def classed(self, name):
        return [one for one in self.root.iter() if name in one.get("class", "").split()]

    def links(self):
        """Id of a bar → id of the card that it leads to."""
        return {one[0].get("id"): one.get("href")[1:] for one in self.root.iter("a") if one.get("href")[0] == "#"}

    def pictures(self, card):
        return [decoded(one.get("src") or one.get("href")) for one in card.iter() if one.tag in {"img", "image"}]


def words(element):
    return " ".join(" ".join(element.itertext()).split())


def decoded(link):
    data = np.frombuffer(base64.b64decode(link.removeprefix("data:image/jpeg;base64,")), np.uint8)
    picture = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
    return picture[..., ::-1].astype(int) if picture.ndim == 3 else picture.astype(int)


def page_of(folder, made=None, faces=True, name="s1_v1", **files):
    made = made or tables(APEXES, TRUTH)
    write_spotting_pages(made.join(), write_files(folder, faces, **files), "demo", folder / "videos")
    return Page(folder / "videos" / f"{name}.html")


@pytest.fixture
def no_figures(monkeypatch):
    """Figures take longer than all the rest, and have tests of their own."""
    monkeypatch.setattr(spotting_page, "spotting_figure", lambda video, path: path.touch())


@pytest.fixture(scope="module")
def with_faces(tmp_path_factory):
    return page_of(tmp_path_factory.mktemp("with_faces"))


@pytest.fixture(scope="module")
def without_faces(tmp_path_factory):
    return page_of(tmp_path_factory.mktemp("without_faces"), faces=False)


def test_every_interval_has_a_bar_and_every_spotted_or_missed_one_a_card(with_faces):
    page = with_faces
    spotted = [f"{kind}-spotted-{number}" for kind in ("macro", "micro") for number in (1, 2)]
    assert page.ids("bar-") == sorted(
        f"bar-{one}" for one in [*spotted, "macro-true-1", "micro-true-1", "micro-true-2"]
    )
    assert page.ids("card-") == sorted(f"card-{one}" for one in [*spotted, "micro-true-2"])
    found = {"bar-macro-true-1": "card-macro-spotted-1", "bar-micro-true-1": "card-micro-spotted-1"}
    assert page.links() == {name: found.get(name, name.replace("bar", "card")) for name in page.ids("bar-")}


def test_verdicts_differ_in_colour_shape_and_sign(with_faces):
    page = with_faces
    for name, kind, verdict, sign in (
        ("macro-spotted-1", "spotted", "right", "✓"),
        ("macro-spotted-2", "spotted", "wrong", "✗"),
        ("micro-true-1", "true", "right", "✓"),
        ("micro-true-2", "true", "wrong", "✗"),
    ):
        _, bar, mark = page.by_id(f"bar-{name}")
        assert bar.get("class") == f"bar {kind} {verdict}"
        assert mark.text == sign
    style = page.root.find("head/style").text
    assert "svg .true.wrong { fill: var(--paper); stroke-dasharray" in style
    assert "svg .spotted.wrong { fill: url('#hatch')" in style


def test_cards_tell_frames_seconds_score_and_overlap(with_faces):
    page, made = with_faces, tables(APEXES, TRUTH)
    score = made.spotted["score"][0]
    # Frame 190 is 89 frames behind the first, 101, at 50 per second.
    hit = words(page.by_id("card-macro-spotted-1"))
    assert f"macro · spotted, true ✓ frames 190–210 · 1.78–2.18 s score {score:.3g} · IoU 0.83 with true 192–212" in hit
    assert "onset 190 apex 200 offset 210" in hit
    assert "micro · spotted, false ✗" in words(page.by_id("card-micro-spotted-2"))
    assert "overlaps no true one" in words(page.by_id("card-micro-spotted-2"))
    missed = words(page.by_id("card-micro-true-2"))
    assert "micro · missed ✗ true: frames 560–570 · 9.18–9.38 s nothing spotted overlaps it" in missed
    assert "600 frames (101–700) at 50 per second: 12.0 s. Seconds count from frame 101." in page.text
    assert "macro : 1 found, 1 false, 0 missed. micro : 1 found, 1 false, 1 missed." in page.text


@pytest.mark.usefixtures("no_figures")
def test_a_missed_interval_is_told_its_best_try(tmp_path):
    page = page_of(tmp_path, tables({"macro": [200]}, [("macro", 205, 235, 220)]))
    assert "best try: 190–210, IoU 0.13" in words(page.by_id("card-macro-true-1"))  # 6 frames of 46


def test_cards_show_the_faces_of_onset_apex_and_offset(with_faces):
    page = with_faces
    faces = faces_of()
    for name, frames in (
        ("macro-spotted-1", (190, 200, 210)),
        ("micro-spotted-2", (496, 500, 504)),
        ("micro-true-2", (560, 566, 570)),
    ):
        pictures = page.pictures(page.by_id(f"card-{name}"))
        assert len(pictures) == 3
        for picture, frame in zip(pictures, frames, strict=True):
            assert picture.shape == (SIZE, SIZE)
            assert np.abs(picture - faces[frame - FIRST]).mean() < 6  # what a JPEG takes
            assert np.abs(picture - faces[frame - FIRST + 1]).mean() > 30


def test_hidden_faces_are_replaced_by_the_flow_to_the_apex_without_the_motion_of_the_head(without_faces):
    page = without_faces
    for name, k, apex in (("macro-spotted-1", K["macro"], 200), ("micro-true-2", K["micro"], 566)):
        card = page.by_id(f"card-{name}")
        (picture,) = page.pictures(card)
        rest = flow_of(apex - k, k) - [0.5, -0.25]
        assert np.abs(picture - flow_colours(rest, 2.0)).mean() < 4
        assert f"flow {apex - k} → {apex} (apex) full colour: 2 px without the head’s motion" in words(card)
        (outline,) = list(card.iter("path"))
        assert outline.get("d").count("M") == 9


@pytest.mark.usefixtures("no_figures")
def test_without_landmarks_the_flow_has_the_motion_of_the_head_and_no_lines(tmp_path):
    page = page_of(tmp_path, faces=False, whole=True)
    card = page.by_id("card-macro-spotted-1")
    (picture,) = page.pictures(card)
    flow = flow_of(190, 10)
    assert np.abs(picture - flow_colours(flow, float(f"{np.hypot(*flow[0, 0]):.2g}"))).mean() < 4
    assert "with the head’s motion" in words(card)
    assert list(card.iter("path")) == []


def test_nothing_of_a_face_is_in_the_folder_without_faces(tmp_path):
    made = tables({"macro": [200]}, TRUTH[:1])
    content = {}
    for face, faces in itertools.product((0, 1), (True, False)):
        folder = tmp_path / f"{face}{faces}"
        page_of(folder, made, faces, face=face)
        content[face, faces] = {one.name: one.read_bytes() for one in (folder / "videos").iterdir()}
    assert content[0, True] != content[1, True]
    assert content[0, False] == content[1, False]


@pytest.mark.usefixtures("no_figures")
def test_without_faces_their_files_are_not_even_opened(tmp_path):
    files = write_files(tmp_path, faces=False)
    (tmp_path / "aligned" / "u1.h5").unlink()
    write_spotting_pages(tables(APEXES, TRUTH).join(), files, "demo", tmp_path / "videos")
    with pytest.raises(UserError, match=r"u1\.h5 is missing"):
        write_spotting_pages(tables(APEXES, TRUTH).join(), replace(files, faces=True), "demo", tmp_path / "other")
    assert not (tmp_path / "other").exists()


@pytest.mark.usefixtures("no_figures")
def test_frames_that_are_not_there_have_no_picture(tmp_path):
    made = tables({"macro": []}, [("macro", 900, 920, np.nan), ("macro", 690, 710, 705)])
    page = page_of(tmp_path, made)
    assert "onset 900: not aligned" in words(page.by_id("card-macro-true-2"))
    assert "onset 690 apex 705: not aligned" in words(page.by_id("card-macro-true-1"))
    hidden = page_of(tmp_path, made, faces=False)
    assert "No picture" in words(hidden.by_id("card-macro-true-2"))


@pytest.mark.usefixtures("no_figures")
@pytest.mark.parametrize("faces", [True, False])
def test_a_video_that_the_alignment_left_out_has_no_pictures(tmp_path, faces):
    files = write_files(tmp_path, faces, video="another")
    files = replace(files, units={("d", "s1", "v1"): "u1"})
    write_spotting_pages(tables(APEXES, TRUTH).join(), files, "demo", tmp_path / "videos")
    page = Page(tmp_path / "videos" / "s1_v1.html")
    assert page.text.count("No picture: these frames were left out.") == len(page.ids("card-")) == 5


def test_bars_and_cards_lie_at_their_frames(with_faces):
    page = with_faces
    ticks = {int(one.text): float(one.get("x")) for one in page.classed("middle") if (one.text or "").isdigit()}
    (low, at_low), *_, (high, at_high) = sorted(ticks.items())
    per_frame = (at_high - at_low) / (high - low)
    assert per_frame >= 1
    for name, onset, offset in (("macro-spotted-1", 190, 210), ("micro-true-2", 560, 570)):
        _, bar, _ = page.by_id(f"bar-{name}")
        left, width = float(bar.get("x")), float(bar.get("width"))
        assert left == pytest.approx(at_low + (onset - 0.5 - low) * per_frame, abs=0.2)
        assert width == pytest.approx((offset - onset + 1) * per_frame, abs=0.2)
        card = page.by_id(f"card-{name}").get("style")
        place, wide = (float(re.search(rf"{key}:([\d.]+)px", card)[1]) for key in ("left", "width"))
        assert place + wide / 2 == pytest.approx(left + width / 2, abs=1)
    seconds = {
        float(one.text[:-2]): float(one.get("x")) for one in page.classed("middle") if (one.text or "")[-2:] == " s"
    }
    for second, x in seconds.items():
        assert x == pytest.approx(at_low + (FIRST + second * FPS - low) * per_frame, abs=0.2)


@pytest.mark.usefixtures("no_figures")
def test_no_card_lies_upon_another(tmp_path):
    page = page_of(tmp_path, tables({"micro": list(range(120, 680, 12)), "macro": [200, 215, 230]}, TRUTH))
    pattern = r"left:(\d+)px;top:(\d+)px;width:(\d+)px;height:(\d+)px"
    boxes = np.array([re.search(pattern, one.get("style")).groups() for one in page.root.iter("article")], int)
    assert len(boxes) > 40
    left, top, width, height = boxes.T
    over = (np.abs(np.subtract.outer(left, left)) < width) & (np.abs(np.subtract.outer(top, top)) < height)
    assert over.sum() == len(boxes)
    (cards,) = page.classed("cards")
    assert (top + height).max() <= int(re.search(r"height:(\d+)px", cards.get("style"))[1])


def test_pages_need_nothing_else_and_links_lead_to_files(tmp_path):
    page_of(tmp_path)
    folder = tmp_path / "videos"
    assert sorted(one.name for one in folder.iterdir()) == ["index.html", "s1_v1.html", "s1_v1.png"]
    for name in ("index.html", "s1_v1.html"):
        page = Page(folder / name)
        assert not re.search(r"https?://|<script|<link|@import|url\((?!'#)", page.source)
        for one in page.root.iter():
            for link in (one.get("src"), one.get("href")):
                assert link is None or link[:5] == "data:" or link[0] == "#" or (folder / link).is_file()
    assert cv2.imread(str(folder / "s1_v1.png")) is not None


@pytest.mark.usefixtures("no_figures")
def test_the_list_counts_every_video_and_their_sum(tmp_path):
    files = write_files(tmp_path, faces=False)
    (first,) = tables(APEXES, TRUTH).join()
    videos = [first, replace(first, subject="s2", video="v1"), replace(first, subject="s2", video="v1 ")]
    units = {(one.dataset, one.subject, one.video): "u1" for one in videos}
    write_spotting_pages(videos, replace(files, units=units), "demo", tmp_path / "videos")
    page = Page(tmp_path / "videos" / "index.html")
    rows = [[words(cell) for cell in row] for row in page.root.iter("tr")]
    assert rows[2] == ["s1", "v1", "600", "12.0", "1", "1", "0", "1", "1", "1", "figure"]
    assert rows[-1] == ["All videos", "3", "3", "0", "3", "3", "3", ""]
    assert "3 videos of 2 subjects." in page.text
    assert [one.get("href") for one in page.root.iter("a")][::2] == ["s1_v1.html", "s2_v1.html", "s2_v1-2.html"]


@pytest.mark.usefixtures("no_figures")
def test_names_are_escaped_in_text_and_plain_in_files(tmp_path):
    made = tables(APEXES, TRUTH, subject=NASTY, video="a/b: c")
    write_spotting_pages(made.join(), write_files(tmp_path, True, subject=NASTY, video="a/b: c"), NASTY, tmp_path / "v")
    page, index = Page(tmp_path / "v" / "script-title-_a-b-c.html"), Page(tmp_path / "v" / "index.html")
    assert page.text.count(NASTY) == 2 and "a/b: c" in page.text  # subject and title
    assert index.text.count(NASTY) == 3
    assert "script" not in {one.tag for one in page.root.iter()}


@pytest.mark.usefixtures("no_figures")
def test_a_page_of_thousands_of_intervals_and_frames_is_small_and_keeps_what_matters(tmp_path):
    made = tables({"micro": [150, 400], "macro": [300]}, TRUTH, length=12_000)
    files = write_files(tmp_path, faces=True, length=620)
    (video,) = made.join()
    rng = np.random.default_rng(0)
    onsets = np.sort(rng.integers(110, 690, 400))
    false = [SpottedInterval(int(on), int(on) + 8, int(on) + 4, float(rng.random()), None, None, 0.0) for on in onsets]
    hit = replace(false[0], score=0.0, truth=0, nearest=0)
    micro = replace(video.by_type["micro"], predicted=(hit, *false[1:]))
    video = replace(video, by_type={"macro": video.by_type["macro"], "micro": micro})
    write_spotting_pages([video], files, "demo", tmp_path / "videos")
    path = tmp_path / "videos" / "s1_v1.html"
    page = Page(path)
    assert path.stat().st_size < 3e6
    cards = page.ids("card-")
    assert len(cards) == spotting_page._MOST_CARDS
    assert {"card-micro-spotted-1", "card-micro-true-2"} <= set(cards)
    shown = [false[int(one.rpartition("-")[2]) - 1].score for one in cards if "micro-spotted" in one][:-1]
    every = len(false) + len(video.by_type["macro"].predicted) + sum(not one.is_hit for one in micro.true)
    every += sum(not one.is_hit for one in video.by_type["macro"].true)
    assert f"Of {every - len(cards)} more false ones" in page.text
    left_out = [one.score for k, one in enumerate(false) if f"card-micro-spotted-{k + 1}" not in cards]
    assert max(left_out) <= sorted(shown)[1]  # the first is the hit, whose score is 0
    assert len(page.ids("bar-micro-spotted")) == len(false)


def test_large_faces_are_embedded_small():
    assert spotting_page._shrunk(np.zeros((300, 200), np.uint8), 96).shape == (96, 64)
    assert spotting_page._shrunk(np.zeros((30, 20), np.uint8), 96).shape == (30, 20)


@pytest.mark.parametrize(
    ("low", "high", "at_most", "expected"),
    [
        (0, 12, 6, [0, 2, 4, 6, 8, 10, 12]),
        (101, 700, 6, [200, 300, 400, 500, 600, 700]),
        (0.0, 0.31, 4, [0, 0.1, 0.2, 0.3]),
    ],
)
def test_ticks_are_round(low, high, at_most, expected):
    from mexflow.report.spotting_curve import _round_numbers  # noqa: PLC0415

    assert _round_numbers(low, high, at_most) == expected


def test_the_stage_makes_the_same_pages_from_files(tmp_path):
    made = tables(APEXES, TRUTH)
    files = write_files(tmp_path, faces=False)
    write_spotting_pages(made.join(iou=0.4), files, "demo", tmp_path / "expected", "megc, IoU ≥ 0.4")
    options = []
    for kind in ("micro", "macro"):
        write_pair_scores(made.scores[kind], tmp_path / f"{kind}.h5", "{}", "")
        write_spotted(made.spotted[made.spotted["type"] == kind], tmp_path / f"{kind}.csv")
        options += ["--types", kind, "--pair-scores", tmp_path / f"{kind}.h5", "--spotted", tmp_path / f"{kind}.csv"]
    for name in ("thresholds", "truth", "videos"):
        getattr(made, name).to_csv(tmp_path / f"{name}.csv", index=False, quoting=csv.QUOTE_ALL)
        options += [f"--{name}", tmp_path / f"{name}.csv"]
    options += ["--aligned", files.aligned, "--flows", files.flows, "--no-faces", "--title", "demo", "--iou", "0.4"]
    script = Path(mexflow.__file__).parents[1] / "spotting_pages.py"
    (tmp_path / "videos").mkdir()
    (tmp_path / "videos" / "of_before.html").write_text("old")
    subprocess.run([sys.executable, script, tmp_path / "videos", *map(str, options)], check=True)
    for name in ("index.html", "s1_v1.html", "s1_v1.png"):
        assert (tmp_path / "videos" / name).read_bytes() == (tmp_path / "expected" / name).read_bytes()
    assert len(list((tmp_path / "videos").iterdir())) == 3
