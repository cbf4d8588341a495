"""The figure of a long video: every interval is a bar where it should be, and every state of a video can be drawn."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from mexflow.report.spotting_figure import RIGHT_COLOUR, WRONG_COLOUR, spotting_figure
from report.spotted import APEXES, FIRST, FPS, TRUTH, tables


@pytest.fixture
def drawn(tmp_path, monkeypatch):
    """Draw a video; what comes back is the figure as it was saved, and the picture."""
    saved = []
    save = Figure.savefig

    def remember(figure, *args, **kwargs):
        saved.append(figure)
        save(figure, *args, **kwargs)

    monkeypatch.setattr(Figure, "savefig", remember)

    def draw(video):
        spotting_figure(video, tmp_path / "figure.png")
        return saved[-1], cv2.imread(str(tmp_path / "figure.png"))[..., ::-1]

    return draw


def bars(axes, lane):
    """(first frame, last frame, colour, filled, hatched) of each bar in a lane."""
    return [
        (
            one.get_x() + 0.5,
            one.get_x() + one.get_width() - 0.5,
            to_hex(one.get_edgecolor()),
            to_hex(one.get_facecolor()) == to_hex(one.get_edgecolor()),
            one.get_hatch() is not None,
        )
        for one in axes.patches
        if one.get_gid() == lane
    ]


def test_every_interval_is_a_bar_from_its_onset_to_its_offset_in_the_colour_of_its_verdict(drawn):
    (video,) = tables(APEXES, TRUTH).join()
    figure, _ = drawn(video)
    _, macro, _, micro = figure.axes[:4]
    assert bars(macro, "true") == [(192, 212, RIGHT_COLOUR, True, False)]
    assert bars(macro, "spotted") == [(190, 210, RIGHT_COLOUR, True, False), (390, 410, WRONG_COLOUR, False, True)]
    assert bars(micro, "true") == [(297, 303, RIGHT_COLOUR, True, False), (560, 570, WRONG_COLOUR, False, False)]
    assert bars(micro, "spotted") == [(296, 304, RIGHT_COLOUR, True, False), (496, 504, WRONG_COLOUR, False, True)]


def test_curve_threshold_and_peaks_stand_where_they_are_known(drawn):
    (video,) = tables(APEXES, TRUTH).join()
    figure, _ = drawn(video)
    for axes, one in zip(figure.axes[0:4:2], video.by_type.values(), strict=True):
        curve, threshold, peaks = axes.lines
        np.testing.assert_array_equal(curve.get_xydata(), np.stack([one.frames, one.values], axis=-1))
        assert set(threshold.get_ydata()) == {one.threshold}
        assert peaks.get_xdata().tolist() == one.peaks.tolist()
        assert axes.get_xlim() == (FIRST - 0.5, FIRST + 599.5)


def test_seconds_stand_above_the_frames_that_they_belong_to(drawn):
    figure, _ = drawn(tables(APEXES, TRUTH).join()[0])
    (seconds,) = figure.axes[0].child_axes
    low, high = seconds.get_xlim()
    assert (low, high) == pytest.approx((-0.5 / FPS, 599.5 / FPS))
    assert "second" in seconds.get_xlabel()
    assert figure.axes[3].get_xlabel() == "frame"


def test_the_title_names_dataset_subject_and_video_and_the_legend_all_that_is_drawn(drawn):
    figure, _ = drawn(tables(APEXES, TRUTH, subject="$s_1", video="a & b").join()[0])
    assert "d / $s_1 / a & b" in [one.get_text() for one in figure.texts]
    (legend,) = figure.legends
    said = [one.get_text() for one in legend.get_texts()]
    assert said == ["hit: true and found", "true, missed", "spotted, false", "score", "peak", "threshold"]


@pytest.mark.parametrize("length", [500, 12_000])
def test_a_short_interval_can_be_seen_in_a_video_of_any_length(drawn, length):
    (video,) = tables({"micro": []}, [("micro", 400, 401, np.nan)], length=length).join()
    _, picture = drawn(replace(video, by_type={"micro": replace(video.by_type["micro"], predicted=())}))
    orange = np.abs(picture.astype(int) - [0xD5, 0x5E, 0x00]).sum(axis=-1) < 60
    assert orange.any(axis=0)[200:].sum() >= 3  # px; behind the legend's share of the columns, too


@pytest.mark.parametrize("apexes", [{"macro": [], "micro": []}, {"micro": list(range(150, 650, 12))}])
@pytest.mark.parametrize("truth", [[], TRUTH])
@pytest.mark.parametrize("smoothing", [True, False])
def test_any_video_can_be_drawn(drawn, apexes, truth, smoothing):
    (video,) = tables(apexes, truth).join(smoothing=smoothing)
    figure, picture = drawn(video)
    assert len(figure.axes) == 2 * len(apexes)
    for number, one in enumerate(video.by_type.values()):
        axes = figure.axes[2 * number + 1]
        assert (len(bars(axes, "true")), len(bars(axes, "spotted"))) == (len(one.true), len(one.predicted))
    assert (picture[:, [0, -1]] == 255).all() and (picture[[0, -1]] == 255).all()  # nothing is cut off


def test_a_type_without_scores_is_said_to_have_none(drawn):
    made = tables(APEXES, TRUTH)
    (video,) = replace(made, scores={"macro": [], "micro": made.scores["micro"]}).join()
    figure, _ = drawn(video)
    assert "no scores" in [one.get_text() for one in figure.axes[0].texts]
