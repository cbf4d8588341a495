"""Aligned faces: what is written comes back, and two frames are only ever paired under one transform."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mexflow.errors import UserError
from mexflow.store.aligned import AlignedVideo, reading_aligned, writing_aligned
from store.samples import aligned_video, content_of, write_video


def windows(first: int, frames: int, window: int, overlap: int) -> tuple[range, ...]:
    """Windows as the align stage cuts them: each begins `window` - `overlap` frames after the one before."""
    starts = range(0, max(1, frames - overlap), window - overlap)
    return tuple(range(first + start, first + min(start + window, frames)) for start in starts)


def test_all_of_a_video_comes_back(tmp_path):
    videos = [aligned_video("006_1"), aligned_video("é 中.avi", (range(3),))]
    with writing_aligned(tmp_path / "a.h5", '{"size":24}', "abc") as file:
        for video in videos:
            write_video(file, video)
    with reading_aligned(tmp_path / "a.h5") as file:
        assert file.videos == ["006_1", "é 中.avi"]
        for video in videos:
            found = content_of(file[video.video])
            for name, value in content_of(video).items():
                np.testing.assert_array_equal(found[name], value, err_msg=name, strict=isinstance(value, np.ndarray))
                assert type(found[name]) is type(value), name


def test_faces_are_read_in_the_order_asked_for(tmp_path):
    video = aligned_video("v", (range(9),))
    with writing_aligned(tmp_path / "a.h5", "{}", "") as file:
        write_video(file, video)
    with reading_aligned(tmp_path / "a.h5") as file:
        found = file["v"]
        whole = video.stored_faces(slice(None))
        np.testing.assert_array_equal(found.faces([5, 2, 2]), whole[[5, 2, 2]])
        np.testing.assert_array_equal(found.faces(np.array([8])), whole[[8]])
        np.testing.assert_array_equal(found.faces(slice(3, 6)), whole[3:6])
        assert found.faces([]).shape == (0, 24, 28)


def test_a_video_without_rows_is_not_there_but_among_the_failures(tmp_path):
    with writing_aligned(tmp_path / "a.h5", "{}", "") as file:
        write_video(file, aligned_video("good"))
        file.writer("wall", (28, 24)).finish()
        file.note_failure("wall", 1, 40, "no face", "dropped")
    with reading_aligned(tmp_path / "a.h5") as file:
        assert file.videos == ["good"]
        assert ("wall" in file, "good" in file) == (False, True)
        expected = pd.DataFrame(
            {"video": ["wall"], "first_frame": [1], "last_frame": [40], "problem": ["no face"], "action": ["dropped"]}
        )
        pd.testing.assert_frame_equal(file.failures, expected)
        with pytest.raises(UserError, match=r"a\.h5: wall was left out, because it shows no face\. Remove its label"):
            file["wall"]


def test_a_file_of_left_out_videos_only_can_be_read(tmp_path):
    with writing_aligned(tmp_path / "a.h5", "{}", "") as file:
        file.note_failure("wall", 1, 40, "no face", "dropped")
    with reading_aligned(tmp_path / "a.h5") as file:
        assert file.videos == []


def test_a_video_may_be_called_as_a_part_of_the_file(tmp_path):
    with writing_aligned(tmp_path / "a.h5", "{}", "") as file:
        write_video(file, aligned_video("failures"))
        write_video(file, aligned_video("videos"))
    with reading_aligned(tmp_path / "a.h5") as file:
        assert file.videos == ["failures", "videos"]
        assert file.failures.empty


def brute_force(video: AlignedVideo, first: int, second: int) -> set[tuple[int, int]]:
    """All pairs of rows of these frames under one segment whose mean lies nearest to that of their segment."""
    found = {}
    for segment in set(video.segment):
        rows = [row for row in range(len(video.segment)) if video.segment[row] == segment]
        for a in rows:
            for b in rows:
                if (video.frame_numbers[a], video.frame_numbers[b]) == (first, second):
                    found[a, b] = abs((a + b) / 2 - np.mean(rows))
    return {pair for pair, distance in found.items() if distance == min(found.values())}


@given(
    data=st.data(),
    frames=st.integers(1, 25),
    window=st.integers(2, 9),
    overlap=st.integers(0, 8),
    gap=st.integers(1, 3),
)
def test_every_pair_within_the_overlap_shares_a_window_and_the_most_central_is_taken(
    data, frames, window, overlap, gap
):
    overlap = min(overlap, window - 1)
    video = aligned_video("v", windows(50, frames, window, overlap))
    video = replace(video, frame_numbers=video.frame_numbers * gap)  # a lower frame rate leaves gaps
    first = data.draw(st.integers(50, 49 + frames))
    second = data.draw(st.integers(first, 49 + frames))
    wanted = brute_force(video, first * gap, second * gap)
    if second - first <= overlap:
        assert wanted
    if wanted:
        assert video.pair_rows(first * gap, second * gap) in wanted
    else:
        with pytest.raises(UserError, match=rf"frame {first * gap} and frame {second * gap}\. Set overlap to at least"):
            video.pair_rows(first * gap, second * gap)


def test_what_overlap_must_be_is_told_in_frames_that_are_there():
    video = replace(aligned_video("v", windows(0, 40, 10, 2)), frame_numbers=8 * np.concatenate(windows(0, 40, 10, 2)))
    with pytest.raises(UserError, match=r"^v: no window .+ both frame 40 and frame 80\. Set overlap to at least 5, or"):
        video.pair_rows(40, 80)


@pytest.mark.parametrize(("pair", "missing"), [((97, 99), 97), ((98, 103), 103)])
def test_a_frame_that_is_not_there_is_named_with_the_range(pair, missing):
    with pytest.raises(UserError, match=rf"^v: frame {missing} is not among its aligned frames, 98 to 102\. Correct"):
        aligned_video().pair_rows(*pair)


def test_a_row_has_the_landmarks_of_its_transform():
    video = aligned_video()
    np.testing.assert_array_equal(video.landmarks_of(2), video.landmarks[0])
    np.testing.assert_array_equal(video.landmarks_of(3), video.landmarks[1])


def test_a_frame_of_several_windows_is_taken_from_the_one_in_whose_middle_it_lies():
    video = aligned_video("v", (range(10), range(5, 15)))
    assert video.row_of(4) == 4
    assert video.row_of(6) == 6
    assert video.row_of(8) == 13
