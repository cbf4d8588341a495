"""The attention sheet: maps over the mean face of each class; nothing of a face when faces are withheld."""

import cv2
import numpy as np
import pytest

from mexflow.config.features import FlowFeatureSpec, GrayFeatureSpec
from mexflow.report import attention_sheet as sheet
from mexflow.report.attention_sheet import attention_sheet
from mexflow.store.attention import ClassMaps

CLIPS = [("s1", "negative", 1.0), ("s1", "negative", 3.0), ("s2", "negative", 2.0), ("s2", "positive", -1.0)]
FEATURE = FlowFeatureSpec(alignment="a", flow="f")


def map_with_spot(place, size=12) -> np.ndarray:
    found = np.zeros((size, size), np.float32)
    found[place] = 1
    return found


def maps_of(place=(2, 9), **other) -> dict[str, ClassMaps]:
    spot = map_with_spot(place)
    maps = {"grad_cam": spot, "hires_cam": 0.5 * spot, "saliency": spot.T, **other}
    return {"negative": ClassMaps(**maps, clips=3), "positive": ClassMaps(**maps, clips=1)}


def draw(dataset, path, maps=None, feature=FEATURE, faces=False) -> np.ndarray:
    manifest = dataset.manifest.assign(dataset="demo", onset=7)
    folder = {"demo": dataset.aligned[0].parent}
    attention_sheet(maps or maps_of(), feature, folder, manifest, "three_class", faces, "demo · uvs28", path)
    return cv2.imread(str(path))[..., ::-1].astype(int)


def panel(picture, row, column) -> np.ndarray:
    top = sheet._TITLE + sheet._HEADING + row * (sheet._PANEL + sheet._GAP)
    left = sheet._left(column)
    return picture[top : top + sheet._PANEL, left : left + sheet._PANEL]


def brightest(image) -> tuple[int, int]:
    """Row and column, of twelve each, of the brightest cell."""
    cells = cv2.resize(image.astype(np.float32), (12, 12), interpolation=cv2.INTER_AREA).sum(axis=-1)
    return tuple(int(one) for one in np.unravel_index(cells.argmax(), cells.shape))


def test_a_spot_of_a_map_is_drawn_in_its_place_of_the_crop(make_dataset, tmp_path):
    picture = draw(make_dataset(CLIPS), tmp_path / "a.png", faces=True)
    for column in (0, 1):
        places = [brightest(panel(picture, row, column)) for row in range(3)]
        assert places == [(2, 9), (2, 9), (9, 2)]


def test_behind_a_map_is_the_mean_of_the_onsets_of_the_class(make_dataset, tmp_path):
    dataset = make_dataset(CLIPS)
    picture = draw(dataset, tmp_path / "a.png", faces=True)
    # The fixture draws the three faces of clip k from the seed 100 k; frame 7 is the first.
    onsets = [np.random.default_rng(100 * k).integers(0, 256, (3, 48, 48), np.uint8)[0] for k in range(3)]
    mean = np.mean(onsets, axis=0)
    middles = ((np.arange(48) + 0.5) * sheet._PANEL / 48).astype(int)
    negative, positive = (panel(picture, 0, column)[np.ix_(middles, middles)][..., 1] for column in (0, 1))
    away = np.ones((48, 48), bool)
    away[4:16, 32:44] = False  # the spot and what surrounds it
    assert np.corrcoef(mean[away], negative[away])[0, 1] > 0.99
    assert abs(np.corrcoef(mean[away], positive[away])[0, 1]) < 0.2


def test_no_pixel_of_a_face_is_drawn_without_faces(make_dataset, tmp_path):
    drawn = [draw(make_dataset(CLIPS, face), tmp_path / f"{face}.png") for face in (0, 1)]
    np.testing.assert_array_equal(*drawn)


def test_faces_are_drawn_with_faces(make_dataset, tmp_path):
    drawn = [draw(make_dataset(CLIPS, face), tmp_path / f"{face}.png", faces=True) for face in (0, 1)]
    assert (drawn[0] != drawn[1]).any()


def test_without_faces_the_outlines_of_the_landmarks_lie_over_the_map(make_dataset, tmp_path):
    dataset = make_dataset(CLIPS)
    drawn = panel(draw(dataset, tmp_path / "a.png"), 0, 0)
    x, y = ((np.array(dataset.brow) + 0.5) * sheet._PANEL / 48).astype(int)
    assert drawn[y - 6 : y + 7, x - 6 : x + 7].min(axis=-1).max() > 230
    whole = panel(draw(make_dataset(CLIPS, whole=True), tmp_path / "b.png"), 0, 0)
    assert whole[y - 6 : y + 7, x - 6 : x + 7].min(axis=-1).max() < 60


def test_colours_are_relative_to_the_highest_value_of_their_row(make_dataset, tmp_path):
    dataset = make_dataset(CLIPS)
    whole, half = (draw(dataset, tmp_path / f"{k}.png", maps_of(grad_cam=k * map_with_spot((2, 9)))) for k in (1, 0.5))
    np.testing.assert_array_equal(panel(whole, 0, 0), panel(half, 0, 0))
    maps = maps_of()
    maps["positive"] = ClassMaps(0.2 * map_with_spot((2, 9)), *list(vars(maps["positive"]).values())[1:])
    picture = draw(dataset, tmp_path / "c.png", maps)
    assert panel(picture, 0, 0).sum(axis=-1).max() > panel(picture, 0, 1)[20:100, 180:].sum(axis=-1).min() + 300


def test_maps_of_volumes_are_averaged_over_time(make_dataset, tmp_path):
    dataset = make_dataset(CLIPS)
    frames = np.stack([map_with_spot((2, 9)), 0 * map_with_spot((2, 9))])
    flat = maps_of(grad_cam=0.5 * map_with_spot((2, 9)))
    volumes = maps_of(grad_cam=frames)
    np.testing.assert_array_equal(draw(dataset, tmp_path / "a.png", flat), draw(dataset, tmp_path / "b.png", volumes))


def test_a_network_without_convolution_has_its_saliency_alone(make_dataset, tmp_path):
    dataset = make_dataset(CLIPS)
    picture = draw(dataset, tmp_path / "a.png", maps_of(grad_cam=None, hires_cam=None))
    assert len(draw(dataset, tmp_path / "b.png")) - len(picture) == 2 * (sheet._PANEL + sheet._GAP)
    assert brightest(panel(picture, 0, 0)) == (9, 2)


def test_maps_of_regions_are_drawn_without_a_face(make_dataset, tmp_path):
    """They do not lie in the crop; the names of regions stand beside them."""
    stacked = FlowFeatureSpec(alignment="a", flow="f", regions=("brow_strip", "mouth_strip"))
    channels = GrayFeatureSpec(alignment="a", length=9, regions=("eyes", "nose_mouth"))
    for feature in (stacked, channels):
        drawn = [
            draw(make_dataset(CLIPS, face), tmp_path / f"{face}.png", feature=feature, faces=True) for face in (0, 1)
        ]
        np.testing.assert_array_equal(*drawn)
    assert "eyes and nose mouth are channels of one grid" in sheet._note(["saliency"], channels)


def test_two_runs_give_the_same_bytes(make_dataset, tmp_path):
    dataset = make_dataset(CLIPS)
    for name in ("a", "b"):
        draw(dataset, tmp_path / f"{name}.png", faces=True)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


@pytest.mark.parametrize("count", [1, 7])
def test_any_number_of_classes_fits(make_dataset, tmp_path, count):
    names = [f"class{number}" for number in range(count)]
    dataset = make_dataset([("s1", name, 0.0) for name in names])
    maps = {name: next(iter(maps_of().values())) for name in names}
    picture = draw(dataset, tmp_path / "a.png", maps)
    border = np.concatenate(
        [picture[:, -4:].reshape(-1, 3), picture[-4:].reshape(-1, 3), picture[:, :4].reshape(-1, 3)]
    )
    assert border.min() == 255
