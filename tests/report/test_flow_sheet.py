"""The flow sheet: one typical clip and one mean per class; nothing of a face when faces are withheld."""

import itertools

import cv2
import numpy as np
import pytest

from mexflow.errors import UserError
from mexflow.report import flow_sheet as sheet
from mexflow.report.flow_sheet import flow_sheet

CLIPS = [
    ("s1", "negative", 1.0),
    ("s1", "negative", 3.0),
    ("s2", "negative", 2.0),
    ("s2", "positive", -1.0),
    ("s2", "", 9.0),
]


@pytest.fixture
def shown(monkeypatch):
    """What is about to be drawn: typical clips, means, title."""
    calls = []
    monkeypatch.setattr(sheet, "_draw", lambda *arguments: calls.append(arguments[:3]))
    return calls


def draw(dataset, faces, path):
    flow_sheet(dataset.aligned, dataset.flows, dataset.manifest, "three_class", faces, path)
    return path.read_bytes() if path.exists() else None


def test_the_clip_of_median_motion_stands_for_its_class(make_dataset, tmp_path, shown):
    draw(make_dataset(CLIPS), True, tmp_path / "sheet.png")
    typical, _, _ = shown[0]
    assert [row.label for row in typical] == ["negative", "positive"]
    assert ["clip2" in row.caption for row in typical] == [True, False]


def test_the_mean_is_over_all_clips_of_the_class_without_the_head_motion(make_dataset, tmp_path, shown):
    dataset = make_dataset(CLIPS)
    draw(dataset, True, tmp_path / "sheet.png")
    _, (negative, positive), _ = shown[0]
    x, y = dataset.brow
    one = positive.flow[y, x, 1]
    assert one < -0.5
    np.testing.assert_allclose(negative.flow[y, x], [0, -2 * one], atol=1e-5)
    np.testing.assert_allclose(negative.flow[-1, 0], 0, atol=1e-5)
    assert negative.caption == "mean of 3 clips\nof 2 subjects"


def test_onset_and_apex_are_the_frames_of_the_pair(make_dataset, tmp_path, shown):
    draw(make_dataset(CLIPS), True, tmp_path / "sheet.png")
    (typical, _), _, _ = shown[0]
    faces = np.random.default_rng(200).integers(0, 256, (3, 48, 48), np.uint8)
    np.testing.assert_array_equal(typical.onset, faces[0])
    np.testing.assert_array_equal(typical.apex, faces[2])


def test_a_class_without_clips_is_named_and_left_out(make_dataset, tmp_path, shown):
    draw(make_dataset(CLIPS), True, tmp_path / "sheet.png")
    _, means, title = shown[0]
    assert [row.label for row in means] == ["negative", "positive"]
    assert "no clip of surprise" in title


def test_no_labelled_clip_is_told(make_dataset, tmp_path):
    with pytest.raises(UserError, match="three_class"):
        draw(make_dataset([("s1", "", 1.0)]), True, tmp_path / "sheet.png")
    assert not (tmp_path / "sheet.png").exists()


def test_no_pixel_of_a_face_is_drawn_without_faces(make_dataset, tmp_path):
    assert draw(make_dataset(CLIPS, 0), False, tmp_path / "a.png") == draw(
        make_dataset(CLIPS, 1), False, tmp_path / "b.png"
    )


def test_the_faces_are_drawn_with_faces(make_dataset, tmp_path):
    assert draw(make_dataset(CLIPS, 0), True, tmp_path / "a.png") != draw(
        make_dataset(CLIPS, 1), True, tmp_path / "b.png"
    )


def test_the_same_content_gives_the_same_bytes(make_dataset, tmp_path):
    dataset = make_dataset(CLIPS)
    assert draw(dataset, True, tmp_path / "a.png") == draw(dataset, True, tmp_path / "b.png")


def test_faces_that_do_not_move_can_be_drawn(make_dataset, tmp_path):
    assert draw(make_dataset([("s1", "surprise", 0.0)]), False, tmp_path / "sheet.png")


def test_of_whole_frames_the_flow_is_shown_with_the_head_motion_and_arrows_on_a_grid(make_dataset, tmp_path, shown):
    dataset = make_dataset(CLIPS, whole=True)
    draw(dataset, True, tmp_path / "sheet.png")
    (typical, _), (negative, _), _ = shown[0]
    assert not typical.has_landmarks
    np.testing.assert_allclose(negative.flow[-1, 0], [0.5, -0.3], atol=1e-5)
    assert np.isfinite(typical.flow).all()
    # 12 × 12 cells of 4 px, whose centres lie between the second and the third pixel.
    centres = 1.5 + 4 * np.arange(12)
    assert sorted(map(tuple, typical.places)) == list(itertools.product(centres, centres))


@pytest.mark.parametrize("faces", [True, False])
def test_whole_frames_can_be_drawn(make_dataset, tmp_path, faces):
    assert draw(make_dataset(CLIPS, whole=True), faces, tmp_path / "sheet.png")


def test_downward_brows_are_red_in_v_and_yellow_in_the_wheel(make_dataset, tmp_path):
    dataset = make_dataset([("s1", "negative", 2.0)])
    draw(dataset, False, tmp_path / "sheet.png")
    picture = cv2.imread(str(tmp_path / "sheet.png"))[..., ::-1].astype(int)
    step = sheet._PANEL + sheet._GAP
    x, y = (np.array(dataset.brow) + 0.5) * sheet._PANEL / 48
    row = round(sheet._TITLE + sheet._HEADING + y)
    flow, u, v = (picture[row, round(sheet._MARGIN + sheet._LABEL + column * step + x)] for column in (1, 2, 3))
    assert flow[0] > 200 and flow[1] > 200 and flow[2] < 100
    assert u.min() > 230
    assert v[0] > v[2] + 50


@pytest.mark.parametrize(("value", "rounded"), [(0, 1), (0.73, 0.8), (1, 1), (1.01, 1.5), (8.2, 10), (0.021, 0.03)])
def test_scales_end_at_round_numbers(value, rounded):
    assert sheet._round_up(value) == pytest.approx(rounded)
