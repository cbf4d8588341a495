"""The scores of a spotting run: a single seed is that of the evaluator, seeds are more looks at the same subjects."""

import json
from collections import Counter
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.literal_intervals import VIDEOS, literal_iou, spotted_tables, table, true_tables
from mexflow.config.spotting import SpottingEvaluationSpec
from mexflow.evaluation.matching import MATCHINGS
from mexflow.evaluation.spotting import KINDS, METRICS, score_spotting
from mexflow.evaluation.spotting_run import interval_log, score_run
from mexflow.store.spotting import INTERVAL, VIDEO
from mexflow.store.tables import write_csv

COUNTS = ("tp", "fp", "fn")
LISTED = pd.DataFrame([*VIDEOS, ("samm_lv", "006", "silent")], columns=VIDEO).assign(unit="u", fps=30.0)
SILENT = ("samm_lv", "006", "silent")


def spec(**more: object) -> SpottingEvaluationSpec:
    known: dict[str, Any] = {"kind": "samm_lv", "types": ("macro", "micro"), "matching": "megc", "iou": 0.5, "draws": 0}
    return SpottingEvaluationSpec(**(known | more))


def spotted_of(rows: list[tuple]) -> pd.DataFrame:
    return table(rows, score=[float(len(rows) - place) for place in range(len(rows))])


def counts(scores: dict, kind: str = "overall") -> tuple:
    return tuple(scores[kind][name] for name in COUNTS)


@settings(max_examples=8, deadline=None)
@given(spotted_tables, true_tables, st.sampled_from(sorted(MATCHINGS)), st.sampled_from([0.3, 0.5]))
def test_a_single_seed_is_scored_as_by_the_evaluator(spotted, true, matching, iou):
    run = score_run({7: spotted}, true, LISTED, spec(matching=matching, iou=iou, draws=40))
    alone = score_spotting(spotted, true, LISTED, matching, iou, draws=0)
    assert run["seeds"] == {"7": alone}
    for kind in KINDS:
        assert run[kind] == {**alone[kind], "f1_sd": None}
    assert run["ci"] == score_spotting(spotted, true, LISTED, matching, iou, draws=40)["ci"]
    json.dumps(run, allow_nan=False)


TRUE = table([(*VIDEOS[0], "micro", 0, 9), (*VIDEOS[2], "micro", 20, 29)])


def test_means_and_deviations_over_seeds():
    """Found 1 of 2 and nothing false: 2/3; then nothing, and one false alarm: 0; then both and two false ones: 2/3."""
    false = [(*VIDEOS[0], "micro", 50, 59), (*VIDEOS[0], "micro", 70, 79)]
    hits = TRUE.to_numpy().tolist()
    seeds = {0: spotted_of(hits[:1]), 3: spotted_of(false[:1]), 5: spotted_of(hits + false)}
    run = score_run(seeds, TRUE, LISTED, spec())
    assert list(run["seeds"]) == ["0", "3", "5"]
    assert [counts(one) for one in run["seeds"].values()] == [(1, 0, 1), (0, 1, 2), (2, 2, 0)]
    for kind in ("micro", "overall"):
        assert counts(run, kind) == pytest.approx((1, 1, 1))
        assert run[kind]["f1"] == pytest.approx((2 / 3 + 0 + 2 / 3) / 3)
        assert run[kind]["precision"] == pytest.approx((1 + 0 + 1 / 2) / 3)
        assert run[kind]["recall"] == pytest.approx((1 / 2 + 0 + 1) / 3)
        # Twice 2/9 above and once 4/9 below 4/9: (4 + 4 + 16) / 81, by n − 1.
        assert run[kind]["f1_sd"] == pytest.approx(np.sqrt(24 / 81 / 2))
    assert run["macro"] == {"tp": 0, "fp": 0, "fn": 0, **dict.fromkeys(("precision", "recall", "f1", "f1_sd"))}


def test_what_one_seed_leaves_undefined_has_no_mean():
    """Nothing is spotted in one of them: it has an F1 of 0, and no precision."""
    run = score_run({0: spotted_of(TRUE.to_numpy().tolist()), 1: spotted_of([])}, TRUE, LISTED, spec(draws=20))
    assert run["micro"]["precision"] is None
    assert (run["micro"]["f1"], run["micro"]["recall"]) == (0.5, 0.5)
    assert run["micro"]["f1_sd"] == pytest.approx(np.sqrt(0.5))


def many(seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Seven subjects, two videos each; some intervals are found, some not, and some are false."""
    random = np.random.default_rng(seed)
    true = [
        ("d", f"s{subject}", f"v{subject}{number}", "micro", onset, onset + 9)
        for subject in range(7)
        for number in range(2)
        for onset in (10, 100)
    ]
    spotted = [(*row[:4], row[4] + 1000 * int(random.random() < 0.5), row[5] + 1000) for row in true]
    spotted = [(*row[:5], row[4] + 9) for row in spotted if random.random() < 0.8]
    return table(spotted, score=1.0), table(true)


def test_the_interval_draws_subjects_with_the_counts_of_all_their_seeds():
    seeds = {seed: many(seed)[0] for seed in range(3)}
    true = many(0)[1]
    run = score_run(seeds, true, true[VIDEO].drop_duplicates(), spec(draws=300))
    by_subject = np.zeros((7, 3))
    for found in seeds.values():
        for place in range(7):
            own = found[found.subject == f"s{place}"]
            hits = int((own.onset < 1000).sum())
            by_subject[place] += [hits, len(own) - hits, 4 - hits]
    times = np.random.default_rng(0).multinomial(7, np.full(7, 1 / 7), size=300)
    tp, fp, fn = (times @ by_subject).T
    values = {"precision": tp / (tp + fp), "recall": tp / (tp + fn), "f1": 2 * tp / (2 * tp + fp + fn)}
    for name in METRICS:
        assert run["ci"]["micro"][name] == pytest.approx(np.percentile(values[name], [2.5, 97.5]).tolist())


@pytest.mark.parametrize("videos", ["all", "with_truth"])
def test_the_same_seed_twice_makes_no_interval_narrower(videos):
    spotted, true = many(0)
    listed = true[VIDEO].drop_duplicates()
    once, twice = (
        score_run(dict.fromkeys(seeds, spotted), true, listed, spec(draws=200, videos=videos))
        for seeds in ([0], [0, 1])
    )
    low, high = once["ci"]["overall"]["f1"]
    assert low < once["overall"]["f1"] < high
    assert twice["ci"]["overall"]["f1"] == pytest.approx([low, high])
    assert twice["overall"] == {**once["overall"], "f1_sd": 0}


def test_a_silent_video_counts_unless_videos_without_truth_are_left_out():
    spotted = spotted_of([*TRUE.to_numpy().tolist(), (*SILENT, "micro", 0, 9)])
    everywhere = score_run({0: spotted}, TRUE, LISTED, spec(draws=20))
    assert counts(everywhere) == (2, 1, 0)
    assert everywhere["seeds"]["0"]["n_videos"] == len(VIDEOS) + 1
    assert everywhere["seeds"]["0"]["n_videos_without_truth"] == len(VIDEOS) - 1
    left_out = score_run({0: spotted}, TRUE, LISTED, spec(draws=20, videos="with_truth"))
    assert counts(left_out) == (2, 0, 0)
    assert left_out["seeds"]["0"]["n_videos"] == 2
    assert left_out["seeds"]["0"]["n_videos_without_truth"] == 0
    assert left_out["ci"]["micro"]["f1"] == [1, 1]
    assert list(interval_log(spotted, TRUE, spec(videos="with_truth")).verdict) == ["TP", "TP"]


def test_a_video_without_truth_is_one_without_a_true_interval_of_the_type():
    spotted = spotted_of([(*VIDEOS[0], "macro", 0, 9), (*VIDEOS[0], "micro", 40, 49)])
    assert counts(score_run({0: spotted}, TRUE, LISTED, spec())) == (0, 2, 2)
    left_out = score_run({0: spotted}, TRUE, LISTED, spec(videos="with_truth"))
    assert (counts(left_out, "macro"), counts(left_out, "micro")) == ((0, 0, 0), (0, 1, 2))


def test_truth_of_types_outside_of_the_run_does_not_count():
    true = pd.concat([TRUE, TRUE.assign(type="macro", video="15_0102", dataset="casme_sq", subject="15")])
    spotted = spotted_of([(*VIDEOS[0], "micro", 0, 9)])
    run = score_run({0: spotted}, true, LISTED, spec(types=("micro",)))
    assert counts(run) == counts(run, "micro") == (1, 0, 1)
    assert counts(run, "macro") == (0, 0, 0)
    assert set(interval_log(spotted, true, spec(types=("micro",))).type) == {"micro"}
    both = score_run({0: spotted}, true, LISTED, spec())
    assert counts(both) == (1, 0, 3)


def test_what_the_spec_says_is_told():
    how = spec(matching="voc", iou=0.3, as_published=("all of it",), shifted_labels=True, kind="casme_sq")
    run = score_run({0: spotted_of([])}, TRUE, LISTED, how)
    told = {"kind": "casme_sq", "matching": "voc", "iou": 0.3, "types": ["macro", "micro"]}
    told |= {"as_published": ["all of it"], "shifted_labels": True}
    assert {name: run[name] for name in told} == told


def sides_of(log: pd.DataFrame) -> tuple[Counter, Counter]:
    """How often the log names each true and each spotted interval."""
    true = log.dropna(subset="true_onset")[[*VIDEO, "type", "true_onset", "true_offset"]]
    found = log.dropna(subset="onset")[[*INTERVAL, "score"]]
    return tuple(Counter(map(tuple, one.to_numpy().tolist())) for one in (true, found))


@settings(max_examples=25, deadline=None)
@given(spotted_tables, true_tables)
def test_the_log_names_every_interval_once_and_counts_as_the_score_does(spotted, true):
    log = interval_log(spotted, true, spec())
    named, found = sides_of(log)
    assert named == Counter(map(tuple, true[INTERVAL].to_numpy().tolist()))
    assert found == Counter(map(tuple, spotted[[*INTERVAL, "score"]].to_numpy().tolist()))
    scores = score_spotting(spotted, true, draws=0)
    for kind in KINDS:
        own = log if kind == "overall" else log[log.type == kind]
        assert counts(scores, kind) == tuple((own.verdict == name.upper()).sum() for name in COUNTS)
    for row in log.itertuples():
        assert pd.isna(row.true_onset) == (row.verdict == "FP") == pd.isna(row.true_offset)
        assert pd.isna(row.onset) == (row.verdict == "FN") == pd.isna(row.offset) == pd.isna(row.score)
        if row.verdict == "TP":
            assert literal_iou((row.true_onset, row.true_offset), (row.onset, row.offset)) >= 0.5


@settings(max_examples=15, deadline=None)
@given(spotted_tables, true_tables, st.sampled_from(["voc", "distinct_gt"]))
def test_under_other_rules_the_log_has_the_hits_of_the_score(spotted, true, matching):
    log = interval_log(spotted, true, spec(matching=matching))
    scores = score_spotting(spotted, true, matching=matching, draws=0)
    assert (log.verdict == "TP").sum() == scores["overall"]["tp"]
    assert (log.verdict == "FN").sum() == scores["overall"]["fn"]
    assert sides_of(log)[0] == Counter(map(tuple, true[INTERVAL].to_numpy().tolist()))


def test_the_log_is_a_file_in_the_order_of_time_with_empty_cells(tmp_path):
    true = table([(*VIDEOS[0], "micro", 10, 19), (*VIDEOS[0], "micro", 90, 99), (*VIDEOS[2], "macro", 5, 9)])
    spotted = spotted_of([(*VIDEOS[0], "micro", 50, 59), (*VIDEOS[0], "micro", 12, 19), (*SILENT, "micro", 1, 9)])
    write_csv(interval_log(spotted, true, spec()), tmp_path / "intervals.csv")
    assert (tmp_path / "intervals.csv").read_text().splitlines() == [
        "dataset,subject,video,type,true_onset,true_offset,onset,offset,score,verdict",
        "casme_sq,15,15_0102,macro,5,9,,,,FN",
        "samm_lv,006,006_1,micro,10,19,12,19,2.0,TP",
        "samm_lv,006,006_1,micro,,,50,59,3.0,FP",
        "samm_lv,006,006_1,micro,90,99,,,,FN",
        "samm_lv,006,silent,micro,,,1,9,1.0,FP",
    ]
