"""Frames and pairs of a unit, counted as the stages count them."""

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from mexflow.planning.sizes import BYTES_OF_A_FRAME, frames_of, pairs_of

ROWS = pd.DataFrame(
    {
        "source": ["a", "a", "b.avi"],
        "first_frame": [1, 1, 1],
        "onset": [10, 40, 5],
        "offset": [20, 60, 25],
    }
)


def test_a_folder_has_its_files_as_frames_and_a_video_those_up_to_its_last_label() -> None:
    assert frames_of(ROWS, {"a": (90, 9000), "b.avi": (1, 500)}) == (90 + 25, 9500)


def test_what_is_still_to_be_rendered_is_told_by_its_labels() -> None:
    assert frames_of(ROWS, {}) == (60 + 25, 85 * BYTES_OF_A_FRAME)


def test_pairs_are_as_many_as_the_flow_stage_makes() -> None:
    assert pairs_of(ROWS, "onset_apex", 115) == 3
    assert pairs_of(ROWS, "tim_10", 115) == 3 * 9
    assert pairs_of(ROWS, "onset_each", 115) == pairs_of(ROWS, "consecutive", 115) == 10 + 20 + 20
    assert pairs_of(ROWS, "interval_6", 115) == (90 - 6) + (25 - 6)


@given(k=st.integers(1, 500), frames=st.integers(2, 400))
def test_there_is_always_something_to_do(k: int, frames: int) -> None:
    assert pairs_of(ROWS, f"interval_{k}", frames) >= 1
