"""The scores table and page: the numbers of the scores, grouped by what can be compared."""

import re

import numpy as np
import pandas as pd
import pytest

from mexflow.config.configuration import Run
from mexflow.evaluation.recognition import score
from mexflow.report.scores_table import scores_table, write_scores_page
from report.markup import Balance

NAMES = ["negative", "positive", "surprise"]


def scores_of(seed, subjects=4, seeds=2, permuted=False, passed=True):
    rng = np.random.default_rng(seed)
    truth = np.arange(24) % 3
    parts = [
        pd.DataFrame(
            {
                "dataset": "demo",
                "subject": [f"s{i % subjects}" for i in range(24)],
                "clip": [f"c{i}" for i in range(24)],
                "fold": [str(i % subjects) for i in range(24)],
                "seed": number,
                "y_true": truth,
                "y_pred": np.where(rng.random(24) < 0.6, truth, rng.integers(0, 3, 24)),
            }
        )
        for number in range(seeds)
    ]
    audit = {"passed": passed, "folds": subjects, "checks": []}
    return score(pd.concat(parts), NAMES, draws=50) | {"leak_audit": audit, "permuted_labels": permuted}


@pytest.fixture(scope="module")
def scores():
    return {
        Run("demo", "uvs28", "three_class", "ststnet", "loso"): scores_of(0),
        Run("demo", "uvs28", "three_class", "svm", "loso"): scores_of(1, seeds=1),
        Run("demo", "uvs28", "three_class", "ststnet", "loso_permuted"): scores_of(2, permuted=True),
        Run("alone", "uvs28", "three_class", "ststnet", "loso"): scores_of(3, subjects=1, seeds=1),
    }


@pytest.fixture
def page(scores, tmp_path):
    write_scores_page(scores_table(scores), tmp_path / "scores.html")
    return (tmp_path / "scores.html").read_text()


def test_the_values_are_those_of_the_scores(scores):
    table = scores_table(scores).set_index(["dataset", "feature", "labels", "model", "protocol"])
    assert len(table) == len(scores)
    for run, one in scores.items():
        row = table.loc[(run.dataset, run.feature, run.labels, run.model, run.protocol)]
        for name in ("uf1", "uar", "war"):
            metric = one["metrics"][name]
            low, high = metric["ci"] or (np.nan, np.nan)
            expected = [metric["mean"], np.nan if metric["sd"] is None else metric["sd"], low, high]
            found = row[[name, f"{name}_sd", f"{name}_low", f"{name}_high"]].astype(float)
            np.testing.assert_array_equal(found, np.array(expected, float))
            assert row[f"majority_{name}"] == one["majority_baseline"][name]
        assert (row.clips, row.subjects, row.seeds) == (24, one["n_subjects"], len(one["seeds"]))
        assert row.permuted_labels == one["permuted_labels"]


def test_numbers_are_written_as_the_field_writes_them(scores, page):
    metric = next(iter(scores.values()))["metrics"]["uf1"]
    mean, sd, low, high = (f"{x:.3f}".lstrip("0") for x in (metric["mean"], metric["sd"], *metric["ci"]))
    assert f"<b>{mean}</b> ± {sd}<br><small>[{low}, {high}]</small>" in page
    assert "nan" not in page.lower()


def test_only_runs_that_can_be_compared_stand_together(page):
    groups = re.findall(r"<tbody>(.*?)</tbody>", page, re.DOTALL)
    models = [re.findall(r"<th scope='row'>(\w+)</th>", group) for group in groups]
    assert models == [["ststnet"], ["ststnet", "svm"], ["ststnet"]]
    assert ["control" in group for group in groups] == [False, False, True]
    assert all("always “negative”" in group for group in groups)


def test_a_failed_audit_is_shown(tmp_path):
    run = Run("demo", "uvs28", "three_class", "ststnet", "loso")
    write_scores_page(scores_table({run: scores_of(0, passed=False)}), tmp_path / "scores.html")
    assert "FAILED" in (tmp_path / "scores.html").read_text()


def test_the_page_is_whole_and_needs_nothing_else(page):
    parser = Balance()
    parser.feed(page)
    assert parser.open == []
    assert not re.search(r"https?://|<script|<link|<img|url\(", page)


def test_names_are_escaped(tmp_path):
    run = Run("demo", "<b>&", "three_class", "ststnet", "loso")
    write_scores_page(scores_table({run: scores_of(0)}), tmp_path / "scores.html")
    assert "<td class='name'>&lt;b&gt;&amp;</td>" in (tmp_path / "scores.html").read_text()
