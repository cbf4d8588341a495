"""The contact sheet: every clip, nothing of a face when faces are withheld, red for bad alignment."""

from dataclasses import replace

import cv2
import numpy as np
import pandas as pd
import pytest

from mexflow.report import contact_sheet as sheet
from mexflow.report.contact_sheet import contact_sheet
from mexflow.store.aligned import reading_aligned, writing_aligned
from store.samples import write_video

CLIPS = [("s1", "negative", 1.0), ("s1", "positive", -1.0), ("s2", "negative", 1.0)]


def drawn(dataset, faces, path):
    contact_sheet(dataset.aligned, dataset.manifest, faces, path)
    return cv2.imread(str(path))


def red_pixels(picture):
    blue, green, red = np.moveaxis(picture.astype(int), -1, 0)
    return int(((red > 180) & (green < 60) & (blue < 60)).sum())


def test_the_faces_are_drawn(make_dataset, tmp_path):
    one, other = (drawn(make_dataset(CLIPS, face), True, tmp_path / "sheet.png") for face in (0, 1))
    assert (one != other).mean() > 0.05


def test_no_pixel_of_a_face_is_drawn_without_faces(make_dataset, tmp_path):
    paths = [tmp_path / "one.png", tmp_path / "other.png"]
    for face, path in enumerate(paths):
        drawn(make_dataset(CLIPS, face), False, path)
    assert paths[0].read_bytes() == paths[1].read_bytes()


@pytest.mark.parametrize("faces", [True, False])
def test_the_same_content_gives_the_same_bytes(make_dataset, tmp_path, faces):
    dataset = make_dataset(CLIPS)
    paths = [tmp_path / "one.png", tmp_path / "again.png"]
    for path in paths:
        drawn(dataset, faces, path)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert b"tEXt" not in paths[0].read_bytes()


def test_a_badly_aligned_clip_is_framed_in_red(make_dataset, tmp_path):
    good = drawn(make_dataset(CLIPS), False, tmp_path / "good.png")
    bad = drawn(make_dataset(CLIPS, spread=1.01), False, tmp_path / "bad.png")
    assert red_pixels(good) == 0
    assert red_pixels(bad) > 3 * 4 * 150  # at least a line along each side of each tile


def test_whole_frames_are_drawn_without_landmarks_and_without_complaint(make_dataset, tmp_path):
    picture = drawn(make_dataset(CLIPS, whole=True), True, tmp_path / "sheet.png")
    faces = drawn(make_dataset(CLIPS), True, tmp_path / "faces.png")
    assert red_pixels(picture) == 0
    assert (picture[..., 0] == picture[..., 2]).all()  # gray: no dot, no box
    assert not (faces[..., 0] == faces[..., 2]).all()
    other = drawn(make_dataset(CLIPS, face=1, whole=True), True, tmp_path / "other.png")
    assert (picture != other).mean() > 0.05


def test_one_subject_with_one_clip_is_enough(make_dataset, tmp_path):
    assert drawn(make_dataset(CLIPS[2:]), True, tmp_path / "sheet.png") is not None


def test_a_video_with_several_expressions_is_drawn_once(make_dataset, tmp_path):
    dataset = make_dataset(CLIPS)
    twice = pd.concat([dataset.manifest, dataset.manifest.assign(clip="second")], ignore_index=True)
    paths = [tmp_path / "one.png", tmp_path / "twice.png"]
    for manifest, path in zip((dataset.manifest, twice), paths, strict=True):
        contact_sheet(dataset.aligned, manifest, True, path)
    assert paths[0].read_bytes() == paths[1].read_bytes()


def rewritten(path, crop_size=(48, 48), left_out=()):
    """Write an aligned file anew: white faces of this width and height, and videos left out."""
    with reading_aligned(path) as file:
        videos = [file[name] for name in file.videos]
    white = np.full((3, *crop_size[::-1]), 255, np.uint8)
    with writing_aligned(path, "{}", "") as file:
        for video in videos:
            if video.video in left_out:
                file.note_failure(video.video, 7, 9, "no face", "dropped")
            else:
                write_video(file, replace(video, crop_size=crop_size, stored_faces=white.__getitem__))


def test_a_video_that_was_left_out_is_framed_in_red_and_has_no_face(make_dataset, tmp_path):
    dataset = make_dataset(CLIPS)
    for path in dataset.aligned:
        rewritten(path)
    all_there = drawn(dataset, True, tmp_path / "whole.png")
    rewritten(dataset.aligned[1], left_out=["clip2"])
    one_left_out = drawn(dataset, True, tmp_path / "sheet.png")
    assert red_pixels(all_there) == 0
    assert red_pixels(one_left_out) > 4 * 150
    assert (one_left_out == 60).all(axis=-1).sum() > 140**2  # the tile of the missing face


def test_a_face_higher_than_wide_keeps_its_proportions(make_dataset, tmp_path):
    dataset = make_dataset(CLIPS[2:])
    rewritten(dataset.aligned[0], crop_size=(40, 80))
    with reading_aligned(dataset.aligned[0]) as file:
        video = file["clip0"]
        tile = sheet._tile("s2", video, True)
    assert tile.face.shape == (80, 80)
    np.testing.assert_allclose(80 * tile.landmarks - 0.5, video.landmarks[0] + [20, 0])
    assert drawn(dataset, True, tmp_path / "sheet.png") is not None


@pytest.mark.parametrize("counts", [[1], [9] * 8, [13, 14, 1, 1, 6, 11, 3, 40], [1] * 671, [40] * 30])
def test_every_tile_has_a_place_of_its_own_inside_the_picture(counts):
    tiles = [_tile(f"s{subject}") for subject, count in enumerate(counts) for _ in range(count)]
    grid = sheet._grid(tiles)
    assert len(np.unique(grid.cells, axis=0)) == len(tiles) == sum(counts)
    width, height = grid.size
    assert grid.corners.min() >= 0
    assert (grid.corners.max(axis=0) + grid.tile < (width, height)).all()
    assert width < 2300 and height < 15_000


def test_of_too_many_clips_the_badly_aligned_are_kept():
    tiles = [_tile("s1", spread=0.001 * number) for number in range(3000)]
    kept = sheet._worst(tiles)
    assert kept == tiles[1500:]


def _tile(subject, spread=0.1):
    nothing = np.zeros((0, 2))
    return sheet._Tile(subject, "video", None, nothing, nothing, 48.0, spread, "")
