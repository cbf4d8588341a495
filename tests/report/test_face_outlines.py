"""Outlines in SVG are those that Matplotlib draws."""

import re

import numpy as np
from matplotlib.figure import Figure

from mexflow.report.face_outlines import draw_outlines, outline_path


def test_a_path_has_the_lines_that_are_drawn_half_a_pixel_further():
    landmarks = np.random.default_rng(0).integers(0, 480, (68, 2)) / 4
    axes = Figure().subplots()
    draw_outlines(axes, landmarks)
    lines = [np.array(re.findall(r"([\d.]+),([\d.]+)", one), float) for one in outline_path(landmarks).split("M")[1:]]
    assert len(lines) == len(axes.lines) == 9
    for line, drawn in zip(lines, axes.lines, strict=True):
        np.testing.assert_allclose(line, drawn.get_xydata() + 0.5, atol=0.051)


def test_unknown_landmarks_have_no_path():
    assert outline_path(np.full((68, 2), np.nan)) == ""
