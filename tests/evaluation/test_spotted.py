"""From scores to intervals: p by a literal search over inner videos, and blind to everything else."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mexflow.config.spotting import SpotSpec
from mexflow.datasets.manifest import Expression, read_manifest, tabulated
from mexflow.errors import UserError
from mexflow.evaluation.movements import spotted_movements
from mexflow.evaluation.peaks import peaks, spotted_intervals
from mexflow.evaluation.spotted import CANDIDATES, spot, true_intervals
from mexflow.evaluation.spotting import score_spotting
from mexflow.store.pair_scores import VideoScores
from mexflow.store.spotting import INTERVAL, VIDEO, check_spotted, read_true_intervals
from mexflow.store.tables import write_csv

K = 4
LENGTH = 160
TRIED = [number / 20 for number in range(1, 20)]


def one_video(fold: int, name: str, scores: np.ndarray, k: int = K, first: int = 1) -> VideoScores:
    """Its subject is the letter of its name; frames are numbered from `first` on."""
    return VideoScores("d", name[0], name, fold, f"d/out{fold}", k, 30.0, first + np.arange(len(scores)), scores)


def bumps(heights: dict[int, float], noise: float = 0.0, seed: int = 0) -> np.ndarray:
    """Scores that rise to some heights around some places."""
    places = np.arange(LENGTH)
    scores = sum((height * np.exp(-(((places - at) / K) ** 2)) for at, height in heights.items()), np.zeros(LENGTH))
    return (scores + noise * np.random.default_rng(seed).standard_normal(LENGTH)).astype(np.float32)


def truth_of(rows: list[tuple[str, str, int]]) -> pd.DataFrame:
    """Intervals of length 2k + 1 from (video, type, middle)."""
    table = pd.DataFrame(
        [("d", name[0], name, kind, middle - K, middle + K) for name, kind, middle in rows], columns=INTERVAL
    )
    table[[*VIDEO, "type"]] = table[[*VIDEO, "type"]].astype(str)
    return table


def random_task(seed: int) -> tuple[list[VideoScores], list[VideoScores], pd.DataFrame]:
    """Two folds: each tests one video and has that of the other one, and a silent one, as inner videos.

    Half of the bumps are true. The macro-expressions must not matter.
    """
    random = np.random.default_rng(seed)
    inner, rows = [], []
    for fold, names in ((0, ("b1", "c1")), (1, ("a1", "c1"))):
        for name in names:
            heights = dict(zip(range(20, LENGTH - 10, 20), random.random(7), strict=True))
            inner.append(one_video(fold, name, bumps(heights, 0.05, int(random.integers(2**31)))))
    for name in ("a1", "b1"):
        middles = random.choice(np.arange(20, LENGTH - 10, 20), 4, replace=False)
        rows += [(name, "micro", int(middle) + 1) for middle in middles] + [(name, "macro", 60)]
    test = [one_video(fold, name, bumps({60: 1.0}, 0.3, seed)) for fold, name in ((0, "a1"), (1, "b1"))]
    return test, inner, truth_of(rows)


def chosen(scores, inner, truth, **more) -> dict[int, float]:
    _, thresholds = spot(scores, inner, truth, SpotSpec(type="micro", p="inner_subjects", **more))
    return dict(zip(thresholds.fold, thresholds.p, strict=True))


@settings(max_examples=2, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), merge=st.booleans())
def test_p_is_that_of_a_literal_search_and_of_equal_ones_the_middle_one(seed, merge):
    test, inner, truth = random_task(seed)
    found = chosen(test, inner, truth, merge=merge, iou=0.6)
    for fold in (0, 1):
        own = [one for one in inner if one.fold == fold]
        seen = truth[truth.video.isin([one.video for one in own]) & (truth.type == "micro")]
        scored = {}
        for p in TRIED:
            spotted = pd.concat(
                spotted_intervals(one.scores, K, p, vars(one), "micro", one.frames, merge) for one in own
            )
            scored[p] = score_spotting(spotted, seen, draws=0, iou=0.6)["micro"]["f1"]
        best = [p for p in TRIED if scored[p] == max(scored.values())]
        assert found[fold] == best[len(best) // 2]


@settings(max_examples=2, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), other=st.integers(0, 2**32 - 1))
def test_neither_the_scores_nor_the_truth_of_its_test_videos_change_the_p_of_a_fold(seed, other):
    test, inner, truth = random_task(seed)
    before = chosen(test, inner, truth)
    random = np.random.default_rng(other)
    noise = [dataclasses.replace(one, scores=random.random(LENGTH).astype(np.float32)) for one in test]
    for fold, name in ((0, "a1"), (1, "b1")):
        moved = truth.copy()
        moved.loc[moved.video == name, ["onset", "offset"]] += int(random.integers(1, 100))
        assert chosen(noise, inner, moved)[fold] == before[fold]
    assert chosen(test, inner, truth[truth.video != "a1"])[0] == before[0]


LOW = 0.4


def middles_of(scores: np.ndarray) -> tuple[float, float]:
    """Of the p's at which the bumps of height `LOW` are peaks, too, and of those at which only the one of height 1 is;
    the latter is the first one.
    """
    smoothed = peaks(scores, K, 0.0).smoothed
    low = (smoothed[40:].max() - smoothed.mean()) / (smoothed.max() - smoothed.mean())
    below, above = [p for p in TRIED if p <= low], [p for p in TRIED if p > low]
    return below[len(below) // 2], above[len(above) // 2]


def test_the_p_of_a_fold_is_that_of_its_own_inner_videos():
    """In fold 0 the low bump is true, in fold 1 it is false."""
    scores = bumps({20: 1.0, 110: LOW})
    inner = [one_video(0, "b1", scores), one_video(1, "a1", scores)]
    test = [one_video(0, "a1", scores), one_video(1, "b1", scores)]
    truth = truth_of([("b1", "micro", 21), ("b1", "micro", 111), ("a1", "micro", 21)])
    assert chosen(test, inner, truth) == dict(enumerate(middles_of(scores)))


@pytest.mark.parametrize(("iou", "place"), [(0.5, 0), (0.7, 1)])
def test_an_interval_is_true_from_the_iou_on_that_the_protocol_says(iou, place):
    """The low bump's is two frames off, of nine: an IoU of 7/11."""
    scores = bumps({20: 1.0, 110: LOW})
    truth = truth_of([("b1", "micro", 21), ("b1", "micro", 113)])
    found = chosen([one_video(0, "a1", scores)], [one_video(0, "b1", scores)], truth, iou=iou)
    assert found == {0: middles_of(scores)[place]}


@pytest.mark.parametrize(("other", "place"), [("macro", 1), ("micro", 0)])
def test_the_other_type_has_no_say(other, place):
    """One high and one of four low bumps are true: 2/3 against 4/7. With two more to be missed, 2/5 against 4/9."""
    scores = bumps({20: 1.0, 50: LOW, 80: LOW, 105: LOW, 130: LOW})
    truth = truth_of([("b1", "micro", 21), ("b1", "micro", 51), ("b1", other, 1000), ("b1", other, 2000)])
    found = chosen([one_video(0, "a1", scores)], [one_video(0, "b1", scores)], truth)
    assert found == {0: middles_of(scores)[place]}


@pytest.mark.parametrize("rows", [[("b1", "micro", 41)], [("b1", "macro", 41)], []])
def test_where_every_p_finds_the_same_it_is_one_half(rows):
    """One bump, and nothing else to find: it is true, or nothing of the type is."""
    scores = bumps({40: 1.0})
    assert tuple(TRIED) == CANDIDATES
    assert chosen([one_video(0, "a1", scores)], [one_video(0, "b1", scores)], truth_of(rows)) == {0: 0.5}


def test_a_fold_without_inner_videos_is_told():
    test = [one_video(0, "a1", bumps({40: 1.0})), one_video(2, "c1", bumps({40: 1.0}))]
    told = r"fold 3, d/out2 held out, has no inner videos to choose p by\. Set p to a number\."
    with pytest.raises(UserError, match=told):
        chosen(test, [one_video(0, "b1", bumps({40: 1.0}))], truth_of([("b1", "micro", 41)]))


@pytest.mark.parametrize("merge", [False, True])
def test_with_a_fixed_p_every_video_has_its_own_intervals_and_threshold(merge):
    scores = [
        one_video(0, "a1", bumps({}, 1.0)),
        one_video(0, "a2", bumps({}, 1.0, 1), k=7, first=101),
        one_video(1, "b1", bumps({})[:9]),  # 13 frames, of 3k + 1
        one_video(1, "b2", bumps({})[:8]),
    ]
    spotted, thresholds = spot(scores, [], truth_of([]), SpotSpec(type="macro", p=0.1, merge=merge))
    expected = [
        spotted_intervals(
            one.scores,
            one.k,
            0.1,
            {"dataset": "d", "subject": one.subject, "video": one.video},
            "macro",
            one.frames,
            merge,
        )
        for one in scores
    ]
    assert (spotted.onset <= spotted.groupby("video").offset.shift()).any() != merge
    pd.testing.assert_frame_equal(spotted, pd.concat(expected, ignore_index=True))
    check_spotted(spotted)
    assert list(thresholds.video) == ["a1", "a2", "b1", "b2"]
    assert list(thresholds.k) == [4, 7, 4, 4]
    assert list(thresholds.fold) == [0, 0, 1, 1]
    assert set(thresholds.p) == {0.1}
    assert set(thresholds.type) == {"macro"}
    assert thresholds.threshold.tolist()[:3] == [peaks(one.scores, one.k, 0.1).threshold for one in scores[:3]]
    assert list(thresholds.threshold.isna()) == [False, False, False, True]


def test_inner_videos_do_not_matter_where_p_is_fixed():
    test, inner, truth = random_task(0)
    spec = SpotSpec(type="micro", p=0.55)
    for one, other in zip(spot(test, inner, truth, spec), spot(test, [], truth_of([]), spec), strict=True):
        pd.testing.assert_frame_equal(one, other)


def test_accepted_lengths_make_movements_of_runs():
    random = np.random.default_rng(0)
    scores = [
        one_video(fold, name, np.concatenate([random.random(100), np.zeros(K)]))
        for fold, name in ((0, "a1"), (1, "b1"))
    ]
    spec = SpotSpec(type="micro", p=0.01, lengths=(2, 3))
    spotted, thresholds = spot(scores, [], truth_of([]), spec)
    expected = [spotted_movements(one.scores, K, 0.01, (2, 3), one.frames, vars(one), "micro") for one in scores]
    pd.testing.assert_frame_equal(spotted, pd.concat(expected, ignore_index=True))
    assert set(spotted.offset - spotted.onset + 1) == {2, 3}
    assert thresholds.threshold.isna().all()
    longer, _ = spot(scores, [], truth_of([]), SpotSpec(type="micro", p=0.01, lengths=(4, None)))
    assert (longer.offset - longer.onset + 1).min() >= 4


def test_p_of_movements_can_be_chosen_too():
    """At p = .4 and above the true run stands alone."""
    scores = np.zeros(100)
    scores[20:25], scores[60:65] = 1.0, 0.4
    true = one_video(0, "b1", scores)
    spec = SpotSpec(type="micro", p="inner_subjects", lengths=(5, 5))
    (row,) = spotted_movements(scores, K, 0.9, (5, 5), true.frames, vars(true), "micro").itertuples()
    truth = truth_of([("b1", "micro", (row.onset + row.offset) // 2)])
    spotted, thresholds = spot([one_video(0, "a1", scores)], [true], truth, spec)
    defined = scores[K - 1 : len(scores) - 2 * K + 1]
    alone = [p for p in TRIED if defined.mean() + p * (1 - defined.mean()) >= 0.4]
    assert thresholds.p.tolist() == [alone[len(alone) // 2]]
    assert spotted[["onset", "offset"]].to_numpy().tolist() == [[row.onset, row.offset]]


def expression(**values: object) -> Expression:
    empty = {field.name: "" for field in dataclasses.fields(Expression)}
    known = {"dataset": "lv", "subject": "006", "clip": "006_1_1", "video": "006_1", "fps": 200.0, "first_frame": 1}
    return Expression(**{**empty, **known, **values})


def test_true_intervals_are_those_that_the_manifest_s_file_holds(tmp_path):
    rows = [
        expression(onset=1, apex=5, offset=9, expression_type="macro"),
        expression(onset=2, apex=3, offset=9, expression_type="micro", emotion="Anger", clip="006_1_2"),
    ]
    write_csv(tabulated(rows), tmp_path / "manifest.csv")
    manifest = read_manifest(tmp_path / "manifest.csv")
    found = true_intervals(manifest)
    stored = read_true_intervals(tmp_path / "manifest.csv")
    pd.testing.assert_frame_equal(found, stored[found.columns], check_dtype=False)
    # The first begins before its video does: frame 0, which became 1.
    assert true_intervals(manifest, "dropped")[["type", "onset"]].to_numpy().tolist() == [["micro", 2]]
