"""Files of predictions, ours and MEGC logs, against scikit-learn and tables computed by hand."""

import gzip
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sklearn_metrics

from mexflow.errors import UserError
from mexflow.evaluation.judging import judge, read_judged
from mexflow.evaluation.recognition import METRICS
from mexflow.store.predictions import write_predictions

NAMES = ("uf1", "uar", "war", "weighted_f1", "macro_precision", "f1_harmonic")

LOG = """\
casme2 sub01
EP02_01f 0 0
EP19_05f 2 0

casme2 sub02
EP01_11f 1 1
EP03_02f 0 1
smic s03
s03_ne_01 0 0
s03_po_01 1 1
"""
"""Pooled: [[2, 1, 0], [0, 2, 0], [1, 0, 0]]; smic holds no clip of class 2."""


def as_log(rows: list[tuple[str, int, int]]) -> str:
    """(subject, truth, prediction) rows as a log that opens a subject anew whenever it changes."""
    lines, last = [], None
    for number, (subject, truth, prediction) in enumerate(rows):
        if subject != last:
            lines.append(f"casme2 {subject}")
        lines.append(f"clip{number} {truth} {prediction}")
        last = subject
    return "\n".join(lines) + "\n"


def judged(path: Path, text: str, draws: int = 0) -> dict:
    path.write_text(text)
    return judge(path, draws)


def csv_frame(seeds=(0, 1, 2), clips=60) -> pd.DataFrame:
    truth = np.random.default_rng(1).integers(0, 3, clips)
    parts = []
    for seed in seeds:
        p = np.random.default_rng(seed).dirichlet([1, 1, 1], clips) / 2 + np.eye(3)[truth] / 2 * 0.3
        p /= p.sum(axis=1, keepdims=True)
        subject = [f"{number % 7:03d}" for number in range(clips)]
        columns = {"dataset": [("casme2", "samm")[number % 7 % 2] for number in range(clips)], "subject": subject}
        columns |= {"clip": [f"{number:04d}" for number in range(clips)], "fold": subject, "seed": seed}
        columns |= {"y_true": truth, "y_pred": p.argmax(axis=1)} | {f"p_{c}": p[:, c] for c in range(3)}
        parts.append(pd.DataFrame(columns))
    return pd.concat(parts, ignore_index=True)


def test_a_log_is_scored_as_by_hand(tmp_path):
    scores = judged(tmp_path / "log.txt", LOG, draws=50)
    f1, precision, recall = [2 * 2 / 6, 2 * 2 / 5, 0], [2 / 3, 2 / 3, 0], [2 / 3, 1, 0]
    assert scores["confusion"] == [[2, 1, 0], [0, 2, 0], [1, 0, 0]]
    assert (scores["n_clips"], scores["n_subjects"], scores["n_folds"]) == (6, 3, 3)
    assert scores["uf1"] == pytest.approx(sum(f1) / 3)
    assert scores["uar"] == pytest.approx(sum(recall) / 3)
    assert scores["war"] == pytest.approx(4 / 6)
    assert scores["weighted_f1"] == pytest.approx((3 * f1[0] + 2 * f1[1]) / 6)
    assert scores["macro_precision"] == pytest.approx(sum(precision) / 3)
    macro = [sum(precision) / 3, sum(recall) / 3]
    assert scores["f1_harmonic"] == pytest.approx(2 * macro[0] * macro[1] / sum(macro))
    # sub01: F1 2/3 and 0; sub02: 0 and 2/3; s03: all right.
    assert scores["uf1_foldmean"] == pytest.approx((1 / 3 + 1 / 3 + 1) / 3)
    assert scores["absent_classes"] == []
    smic = scores["per_dataset"]["smic"]
    assert (smic["uf1"], smic["uar"], smic["absent_classes"]) == (1.0, 1.0, ["2"])
    assert scores["per_dataset"]["casme2"]["uf1"] == pytest.approx((1 / 2 + 2 / 3 + 0) / 3)


@pytest.mark.parametrize(
    ("confusion", "f1", "right"),
    [
        ([[14, 1, 6], [1, 2, 0], [4, 0, 4]], (0.70, 0.67, 0.44), 20 / 32),
        ([[14, 4, 3], [1, 2, 0], [4, 0, 4]], (0.70, 0.44, 0.53), 20 / 32),
    ],
    ids=["ReLU", "Swish"],
)
def test_published_confusions_give_the_published_f1(tmp_path, confusion, f1, right):
    """Dubey, Takkar and Lamba, SMIC, 32 test clips: the confusion matrices and the F1 of each class as printed."""
    rows = [("s01", t, p) for t, row in enumerate(confusion) for p, count in enumerate(row) for _ in range(count)]
    scores = judged(tmp_path / "log.txt", as_log(rows))
    assert scores["confusion"] == confusion
    assert scores["per_class"]["f1"] == pytest.approx(f1, abs=0.005)
    assert scores["war"] == pytest.approx(right)


def test_a_csv_is_scored_over_its_seeds(tmp_path):
    frame = csv_frame()
    write_predictions(frame, tmp_path / "predictions.csv")
    scores = judge(tmp_path / "predictions.csv", draws=200)
    parts = [frame[frame["seed"] == seed] for seed in (0, 1, 2)]
    uf1 = [sklearn_metrics.f1_score(part["y_true"], part["y_pred"], average="macro") for part in parts]
    assert scores["uf1"] == pytest.approx(np.mean(uf1))
    assert scores["sd"]["uf1"] == pytest.approx(np.std(uf1, ddof=1))
    recall = [sklearn_metrics.balanced_accuracy_score(part["y_true"], part["y_pred"]) for part in parts]
    assert scores["uar"] == pytest.approx(np.mean(recall))
    areas = [
        sklearn_metrics.roc_auc_score(part["y_true"], part[["p_0", "p_1", "p_2"]], multi_class="ovr") for part in parts
    ]
    assert scores["auc_macro"] == pytest.approx(np.mean(areas), abs=1e-6)
    assert len(scores["roc"]) == 9
    for name in (*NAMES, "auc_macro"):
        low, high = scores["ci"][name]
        assert low <= scores[name] <= high, name
    assert sum(map(sum, scores["confusion"])) == 180
    assert scores["per_dataset"]["samm"]["n_clips"] + scores["per_dataset"]["casme2"]["n_clips"] == 60


def test_the_fold_mean_bears_no_other_name_and_no_interval(tmp_path):
    write_predictions(csv_frame(), tmp_path / "predictions.csv")
    scores = judge(tmp_path / "predictions.csv", draws=20)
    folds = scores["metrics"]["uf1_foldmean"]
    assert scores["uf1_foldmean"] == folds["mean"] != scores["uf1"]
    assert set(scores["metrics"]) == {*NAMES, "uf1_foldmean"}
    assert set(scores["ci"]) == {*NAMES, "auc_macro"}


def test_gzip_changes_nothing(tmp_path):
    write_predictions(csv_frame(), tmp_path / "predictions.csv")
    write_predictions(csv_frame(), tmp_path / "predictions.csv.gz")
    (tmp_path / "log.txt").write_text(LOG)
    (tmp_path / "log.txt.gz").write_bytes(gzip.compress(LOG.encode()))
    for name in ("predictions.csv", "log.txt"):
        plain, zipped = judge(tmp_path / name, 20), judge(tmp_path / f"{name}.gz", 20)
        assert plain | {"file": ""} == zipped | {"file": ""}


def test_the_scores_are_json_without_nan(tmp_path):
    scores = judged(tmp_path / "log.txt", "casme2 sub01\na 0 0\nb 1 0\n", draws=20)
    assert json.loads(json.dumps(scores, allow_nan=False)) == scores
    assert scores["ci"] == dict.fromkeys([*NAMES, "auc_macro"])
    assert scores["sd"]["uf1"] is None
    assert (scores["auc"], scores["roc"], scores["auc_macro"]) == (None, None, None)
    assert scores["absent_classes"] == ["2"]


def test_a_log_of_more_classes_has_as_many(tmp_path):
    (tmp_path / "log.txt").write_text("samm 006\na 0 4\nb 3 3\n")
    assert read_judged(tmp_path / "log.txt")[1] == 5


def test_without_draws_there_is_no_interval(tmp_path):
    assert set(judged(tmp_path / "log.txt", LOG, draws=0)["ci"].values()) == {None}


rows = st.lists(st.tuples(st.sampled_from(["a", "b", "c"]), st.integers(0, 2), st.integers(0, 2)), min_size=2)


@settings(max_examples=40, deadline=None)
@given(rows, st.data())
def test_a_log_is_the_sum_of_its_two_halves(tmp_path_factory, drawn, data):
    cut = data.draw(st.integers(1, len(drawn) - 1))
    path = tmp_path_factory.mktemp("log") / "log.txt"
    whole, first, second = (judged(path, as_log(part)) for part in (drawn, drawn[:cut], drawn[cut:]))
    summed = np.add(first["confusion"], second["confusion"])
    assert whole["confusion"] == summed.tolist()
    assert whole["n_clips"] == first["n_clips"] + second["n_clips"]
    for name in NAMES:
        assert whole[name] == pytest.approx(float(METRICS[name](summed)), abs=1e-12)
    weighted = first["n_clips"] * first["war"] + second["n_clips"] * second["war"]
    assert whole["war"] * whole["n_clips"] == pytest.approx(weighted)


@settings(max_examples=30, deadline=None)
@given(rows, st.randoms(use_true_random=False))
def test_the_order_of_the_clips_in_a_log_does_not_matter(tmp_path_factory, drawn, random):
    path = tmp_path_factory.mktemp("log") / "log.txt"
    shuffled = random.sample(drawn, len(drawn))
    assert judged(path, as_log(shuffled), draws=20) == judged(path, as_log(drawn), draws=20)


@settings(max_examples=30, deadline=None)
@given(rows, st.permutations(range(3)))
def test_renaming_the_labels_of_a_log_changes_no_score(tmp_path_factory, drawn, renamed):
    path = tmp_path_factory.mktemp("log") / "log.txt"
    before = judged(path, as_log(drawn))
    after = judged(path, as_log([(subject, renamed[t], renamed[p]) for subject, t, p in drawn]))
    for name in (*NAMES, "uf1_foldmean"):
        assert after[name] == pytest.approx(before[name], abs=1e-12), name
    assert len(after["absent_classes"]) == len(before["absent_classes"])


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("absent.csv", None, "absent.csv: there is no such file"),
        ("log.txt", b"casme2 sub01\nEP02_01f 0 0\nEP19_05f 2 x\n", "log.txt, line 3: "),
        ("log.txt", b"\n\n", "log.txt: holds no clip"),
        ("half.csv.gz", gzip.compress(b"dataset,subject\n" * 2000, mtime=0)[:30], "half.csv.gz: cannot be read"),
        ("plain.csv.gz", b"dataset,subject\n", "plain.csv.gz: cannot be read"),
        ("log.txt.gz", gzip.compress(LOG.encode(), mtime=0)[:-4], "log.txt.gz: cannot be read"),
        ("predictions.csv", b"dataset,subject,clip\nd,s,c\n", "predictions.csv: predictions lack the column"),
        ("other.csv", b"a;b;c\n1;2;3\n", 'other.csv, line 1: "a;b;c" is neither a header'),
    ],
)
def test_what_cannot_be_judged_is_named(tmp_path, name, content, message):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError) as caught:
        judge(tmp_path / name)
    assert message in str(caught.value)
