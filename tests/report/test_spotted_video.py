"""What is known of a long video: which frame a value belongs to, and which intervals are hits."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mexflow.errors import UserError
from mexflow.evaluation.spotting import score_spotting
from mexflow.report.spotted_video import SpottedInterval, read_thresholds, read_video_units, rows_of
from report.spotted import APEXES, FIRST, FPS, THRESHOLDS, TRUTH, K, names, scores_of, tables


def test_a_smoothed_value_belongs_to_the_middle_of_what_it_is_the_mean_of():
    (video,) = tables(APEXES, TRUTH).join()
    for kind, k in K.items():
        one = video.by_type[kind]
        raw = scores_of(kind, APEXES[kind]).scores
        for place in (0, 57, len(one.values) - 1):
            assert one.frames[place] == FIRST + place + k
            assert one.values[place] == pytest.approx(raw[place : place + 2 * k].mean())
        assert one.peaks.tolist() == APEXES[kind]
        np.testing.assert_array_equal(one.value_at(one.peaks), one.values[np.isin(one.frames, APEXES[kind])])
    assert list(video.by_type) == ["macro", "micro"]


def test_without_smoothing_the_scores_themselves_belong_to_the_second_frame_of_their_pair():
    (video,) = tables(APEXES, TRUTH).join(smoothing=False)
    for kind, k in K.items():
        one = video.by_type[kind]
        np.testing.assert_array_equal(one.frames, FIRST + k + np.arange(600 - k))
        np.testing.assert_allclose(one.values, scores_of(kind, APEXES[kind]).scores)
        assert one.peaks.size == 0


def test_at_a_lower_rate_frames_keep_their_numbers():
    made = tables(APEXES, TRUTH)
    sparse = [replace(one, frames=FIRST + 3 * np.arange(len(one.frames))) for one in made.scores["micro"]]
    (video,) = replace(made, scores={"micro": sparse}).join(smoothing=False)
    assert video.by_type["micro"].frames[[0, -1]].tolist() == [FIRST + 3 * K["micro"], FIRST + 3 * 599]
    assert (video.first_frame, video.last_frame) == (FIRST, FIRST + 3 * 599)


def test_seconds_count_from_the_first_frame():
    (video,) = tables(APEXES, TRUTH).join()
    assert (video.first_frame, video.last_frame, video.length) == (FIRST, FIRST + 599, 600)
    assert [video.seconds(frame) for frame in (FIRST, FIRST + 25, FIRST + 599)] == [0.0, 0.5, 11.98]


def test_a_hit_is_told_by_both_of_its_intervals():
    (video,) = tables(APEXES, TRUTH).join()
    macro, micro = video.by_type["macro"], video.by_type["micro"]
    assert macro.predicted[0] == SpottedInterval(190, 210, 200, macro.predicted[0].score, 0, 0, 19 / 23)
    assert macro.true[0].found_by == 0
    assert micro.predicted[0].iou == 7 / 9  # 297–303 in 296–304
    assert [one.is_hit for one in micro.true] == [True, False]
    assert (micro.predicted[1].truth, micro.predicted[1].nearest, micro.predicted[1].iou) == (None, None, 0.0)
    assert (macro.counts, micro.counts) == ((1, 1, 0), (1, 1, 1))
    assert micro.true[0].apex is None and micro.true[1].apex == 566


def test_what_overlaps_too_little_is_false_and_told_with_its_overlap():
    truth = [("macro", 200, 230, 210), ("macro", 385, 415, 400)]
    (video,) = tables(APEXES, truth).join()
    first, second = video.by_type["macro"].predicted
    assert (first.truth, first.nearest, first.iou) == (None, 0, 11 / 41)
    assert (second.truth, second.iou) == (1, 21 / 31)


@pytest.mark.parametrize("seed", range(20))
def test_counts_are_those_of_the_evaluation(seed):
    rng = np.random.default_rng(seed)
    made = tables(APEXES, TRUTH)
    random = [
        pd.DataFrame(
            {**names(), "type": rng.choice(["macro", "micro"], 30), "onset": onset, "offset": onset + length}
        ).assign(**columns)
        for onset, length, columns in (
            (rng.integers(101, 300, 30), rng.integers(0, 40, 30), {"score": rng.random(30), "apex": np.nan}),
            (rng.integers(101, 300, 30), rng.integers(0, 40, 30), {"apex": np.nan}),
        )
    ]
    (video,) = replace(made, spotted=random[0], truth=random[1]).join(iou=0.3)
    scored = score_spotting(*random, iou=0.3, draws=0)
    for kind, one in video.by_type.items():
        assert one.counts == tuple(scored[kind][name] for name in ("tp", "fp", "fn"))
        for place, predicted in enumerate(one.predicted):
            assert not predicted.is_hit or one.true[predicted.truth].found_by == place
        for place, true in enumerate(one.true):
            assert not true.is_hit or one.predicted[true.found_by].truth == place


def test_other_videos_and_other_types_are_not_looked_at():
    made, other = tables(APEXES, TRUTH), tables(APEXES, TRUTH, video="v2", subject="s2")
    both = [pd.concat([getattr(one, name) for one in (made, other)]) for name in ("spotted", "thresholds", "truth")]
    scores = {"micro": [*other.scores["micro"], *made.scores["micro"]]}
    (video,) = replace(made, scores=scores, **dict(zip(("spotted", "thresholds", "truth"), both, strict=True))).join()
    assert (video.video, list(video.by_type)) == ("v1", ["micro"])
    np.testing.assert_array_equal(
        video.by_type["micro"].values, tables(APEXES, TRUTH).join()[0].by_type["micro"].values
    )


def test_a_video_without_scores_shows_what_it_misses_and_one_without_anything_is_left_out():
    made = tables({"macro": [], "micro": []}, TRUTH)
    unknown = pd.DataFrame([{**names("v9"), "unit": "u9", "fps": FPS}])
    empty = replace(made, scores={"macro": [], "micro": []}, videos=pd.concat([made.videos, unknown]))
    (video,) = replace(empty, spotted=made.spotted.iloc[:0], thresholds=made.thresholds.iloc[:0]).join()
    assert (video.first_frame, video.last_frame) == (192, 570)
    assert [one.counts for one in video.by_type.values()] == [(0, 0, 1), (0, 0, 2)]
    assert all(one.k is None and np.isnan(one.threshold) for one in video.by_type.values())


def test_a_video_with_two_sets_of_scores_of_a_type_is_refused():
    made = tables(APEXES, TRUTH)
    with pytest.raises(ValueError, match="d/s1/v1 has two sets of scores"):
        replace(made, scores={"micro": made.scores["micro"] * 2}).join()


def test_a_video_too_short_for_a_moving_mean_has_no_curve():
    made = tables({"macro": []}, TRUTH[:1], length=30)
    (video,) = made.join()
    one = video.by_type["macro"]
    assert (len(one.values), len(one.peaks), video.length) == (0, 0, 30)


def test_intervals_in_a_row_share_at_most_a_frame():
    rng = np.random.default_rng(0)
    onsets = np.sort(rng.integers(0, 300, 80))
    intervals = [SpottedInterval(int(on), int(on + rng.integers(1, 30)), None, None, None, None, 0.0) for on in onsets]
    rows = rows_of(intervals)
    for row in set(rows):
        covered = np.bincount(
            [
                frame
                for one, at in zip(intervals, rows, strict=True)
                if at == row
                for frame in range(one.onset, one.offset)
            ]
        )
        assert covered.max() == 1
    assert rows_of(intervals[:1]) == [0] and rows_of([]) == []


def test_tables_are_read_as_they_are_written(tmp_path):
    made = tables(APEXES, TRUTH, subject="007")
    made.thresholds.assign(threshold=[0.25, np.nan]).to_csv(tmp_path / "t.csv", index=False)
    read = read_thresholds(tmp_path / "t.csv")
    assert read["subject"].tolist() == ["007", "007"]
    np.testing.assert_array_equal(read["threshold"], [0.25, np.nan])
    for name in ("a", "b"):
        made.videos.assign(other=1).to_csv(tmp_path / f"{name}.csv", index=False)
    units = read_video_units([tmp_path / "a.csv", tmp_path / "b.csv"])
    assert units.to_dict("list") == {**{k: [v] for k, v in names(subject="007").items()}, "unit": ["u1"], "fps": [FPS]}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (",".join(THRESHOLDS[:-1]), "thresholds lack the column threshold"),
        (",".join(THRESHOLDS) + "\nd,s,v,micro,0,6,high,1", 'p "high" is not a number'),
        (None, "there is no such file"),
    ],
)
def test_a_wrong_table_is_told_with_its_path(tmp_path, content, told):
    if content is not None:
        (tmp_path / "t.csv").write_text(content)
    with pytest.raises(UserError, match=f"t.csv: {told}"):
        read_thresholds(tmp_path / "t.csv")
