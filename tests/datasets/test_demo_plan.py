"""The plan of the demo: plausible intervals, and clips that do not depend on one another."""

from collections import Counter

import pytest

from mexflow.datasets.demo_plan import (
    LABEL_COLUMNS,
    PlannedClip,
    label_table,
    planned_clips,
    random_stream,
    source_of,
)

SEEDS = range(5)


@pytest.fixture(params=SEEDS)
def plan(request: pytest.FixtureRequest) -> list[PlannedClip]:
    return planned_clips(subjects=8, clips_per_emotion=3, seed=request.param)


def test_eight_subjects_have_nine_clips_each_of_three_emotions(plan):
    assert Counter(clip.subject for clip in plan) == {f"s{number}": 9 for number in range(1, 9)}
    assert Counter((clip.emotion, clip.action_units) for clip in plan) == {
        ("sadness", "4+15"): 24,
        ("happiness", "6+12"): 24,
        ("surprise", "1+2+26"): 24,
    }


def test_names_are_unique_and_say_subject_and_class(plan):
    assert len({clip.clip for clip in plan}) == len(plan)
    assert plan[18 + 3 + 1].clip == "s3_positive_02"


def test_intervals_are_as_long_as_at_200_frames_per_second(plan):
    for clip in plan:
        assert 30 <= clip.last_frame - clip.first_frame + 1 <= 60
        assert clip.onset - clip.first_frame >= 5
        assert 8 <= clip.apex - clip.onset <= 16
        assert 10 <= clip.offset - clip.apex <= 24
        assert clip.last_frame - clip.offset >= 5
        assert clip.fps == 200


def test_many_image_clips_pass_from_two_to_three_digits(plan):
    crossing = [clip for clip in plan if clip.first_frame <= 99 < clip.last_frame]
    assert len(crossing) >= 20


def test_only_the_first_subject_is_on_video_counted_from_one(plan):
    assert {clip.subject for clip in plan if clip.is_video} == {"s1"}
    assert {clip.first_frame for clip in plan if clip.is_video} == {1}
    assert len({clip.first_frame for clip in plan if not clip.is_video}) > 20


def test_more_subjects_and_clips_change_no_other_clip():
    smaller = planned_clips(subjects=3, clips_per_emotion=2, seed=4)
    assert set(smaller) <= set(planned_clips(subjects=8, clips_per_emotion=3, seed=4))


def test_another_seed_gives_other_intervals():
    one, other = (planned_clips(subjects=2, clips_per_emotion=3, seed=seed) for seed in (0, 1))
    assert [clip.apex for clip in one] != [clip.apex for clip in other]


def test_random_streams_belong_to_their_names():
    first = random_stream(0, "s1", "head").random()
    assert first == random_stream(0, "s1", "head").random()
    assert first not in {random_stream(0, "s1", "noise").random(), random_stream(1, "s1", "head").random()}


def test_label_table_has_one_row_of_text_per_clip(plan):
    table = label_table(plan)
    assert len(table) == len(plan)
    for row, clip in zip(table, plan, strict=True):
        assert tuple(row) == LABEL_COLUMNS
        assert all(isinstance(cell, str) for cell in row.values())
        assert (row["path"], row["apex"]) == (source_of(clip), str(clip.apex))
