"""Recognition metrics against scikit-learn, hand-computed tables and published numbers."""

import json
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sklearn_metrics

from mexflow.errors import UserError
from mexflow.evaluation import recognition
from mexflow.evaluation.recognition import METRICS, confusion, per_class, score, uar, uf1, uf1_foldmean, war

NAMES = ["negative", "positive", "surprise"]
ALL_NEGATIVE = np.array([[250, 0, 0], [109, 0, 0], [83, 0, 0]])
SHY_OF_MINORITIES = np.array([[240, 6, 4], [60, 46, 3], [40, 2, 41]])


def predictions(y_true, y_pred, *, subject=None, dataset="casme2", seed=0) -> pd.DataFrame:
    clips = len(y_true)
    subject = [f"sub{number % 4:02d}" for number in range(clips)] if subject is None else subject
    return pd.DataFrame(
        {
            "dataset": dataset,
            "subject": subject,
            "clip": [f"clip{number:04d}" for number in range(clips)],
            "fold": subject,
            "seed": seed,
            "y_true": y_true,
            "y_pred": y_pred,
        }
    )


def random_predictions(clips=200, classes=3, seed=0, truth_seed=7) -> pd.DataFrame:
    y_true = np.random.default_rng(truth_seed).integers(0, classes, clips)
    guess = np.random.default_rng(seed)
    y_pred = np.where(guess.random(clips) < 0.6, y_true, guess.integers(0, classes, clips))
    return predictions(y_true, y_pred, seed=seed)


def labels_of(matrix):
    cells = [(t, p) for t, row in enumerate(matrix) for p, count in enumerate(row) for _ in range(count)]
    return np.array(cells).T


def sklearn_scores(y_true, y_pred) -> dict[str, float]:
    """The same six numbers; classes are those of the truth."""
    present = np.unique(y_true)
    mean = {"labels": present, "average": "macro", "zero_division": 0}
    precision = sklearn_metrics.precision_score(y_true, y_pred, **mean)
    recall = sklearn_metrics.recall_score(y_true, y_pred, **mean)
    weighted = {"labels": present, "average": "weighted", "zero_division": 0}
    return {
        "uf1": sklearn_metrics.f1_score(y_true, y_pred, **mean),
        "uar": recall,
        "war": sklearn_metrics.accuracy_score(y_true, y_pred),
        "weighted_f1": sklearn_metrics.f1_score(y_true, y_pred, **weighted),
        "macro_precision": precision,
        "f1_harmonic": 2 * precision * recall / (precision + recall) if precision + recall else 0.0,
    }


labelled_clips = st.integers(2, 6).flatmap(
    lambda classes: st.tuples(
        st.just(classes),
        st.lists(st.tuples(st.integers(0, classes - 1), st.integers(0, classes - 1)), min_size=1, max_size=60),
    )
)


@settings(deadline=None)
@given(labelled_clips)
def test_metrics_agree_with_scikit_learn(drawn):
    classes, pairs = drawn
    y_true, y_pred = np.array(pairs).T
    matrix = confusion(y_true, y_pred, classes)
    expected = sklearn_metrics.confusion_matrix(y_true, y_pred, labels=np.arange(classes))
    np.testing.assert_array_equal(matrix, expected)
    for name, value in sklearn_scores(y_true, y_pred).items():
        assert METRICS[name](matrix) == pytest.approx(value, abs=1e-12), name


@settings(deadline=None)
@given(labelled_clips)
def test_per_class_agrees_with_scikit_learn(drawn):
    classes, pairs = drawn
    y_true, y_pred = np.array(pairs).T
    expected = sklearn_metrics.precision_recall_fscore_support(
        y_true, y_pred, labels=np.arange(classes), zero_division=np.nan
    )
    ours = per_class(confusion(y_true, y_pred, classes))
    for name, values in zip(ours._fields, expected, strict=False):
        np.testing.assert_allclose(getattr(ours, name), values, err_msg=name)


@settings(deadline=None)
@given(labelled_clips, st.randoms(use_true_random=False))
def test_renaming_the_labels_changes_no_metric(drawn, random):
    classes, pairs = drawn
    y_true, y_pred = np.array(pairs).T
    renamed = np.array(random.sample(range(classes), classes))
    before, after = confusion(y_true, y_pred, classes), confusion(renamed[y_true], renamed[y_pred], classes)
    for name, metric in METRICS.items():
        assert metric(after) == pytest.approx(metric(before), abs=1e-12), name


@settings(deadline=None)
@given(labelled_clips, st.integers(2, 5))
def test_repeating_every_clip_changes_no_metric(drawn, times):
    classes, pairs = drawn
    y_true, y_pred = np.array(pairs).T
    before = confusion(y_true, y_pred, classes)
    after = confusion(np.tile(y_true, times), np.tile(y_pred, times), classes)
    for name, metric in METRICS.items():
        assert metric(after) == pytest.approx(metric(before), abs=1e-12), name


@settings(deadline=None)
@given(labelled_clips)
def test_metrics_lie_between_0_and_1_and_uf1_never_exceeds_the_harmonic_f1(drawn):
    classes, pairs = drawn
    matrix = confusion(*np.array(pairs).T, classes)
    values = {name: float(metric(matrix)) for name, metric in METRICS.items()}
    assert all(-1e-12 <= value <= 1 + 1e-12 for value in values.values())
    assert values["uf1"] <= values["f1_harmonic"] + 1e-12
    assert values["f1_harmonic"] <= (values["macro_precision"] + values["uar"]) / 2 + 1e-12


def test_metrics_of_a_stack_are_the_metrics_of_each_matrix():
    stack = np.random.default_rng(0).integers(0, 5, (4, 3, 5, 5))
    stack[0, 0, 2] = 0
    for name, metric in METRICS.items():
        each = [[float(metric(matrix)) for matrix in row] for row in stack]
        np.testing.assert_allclose(metric(stack), each, err_msg=name)


def test_all_negative_baseline_of_megc2019():
    assert float(war(ALL_NEGATIVE)) == pytest.approx(0.566, abs=5e-4)
    assert float(uf1(ALL_NEGATIVE)) == pytest.approx(0.2408, abs=5e-5)
    assert float(uar(ALL_NEGATIVE)) == pytest.approx(0.3333, abs=5e-5)
    assert float(recognition.macro_precision(ALL_NEGATIVE)) == pytest.approx(250 / 442 / 3)


def test_macro_precision_is_not_uar():
    """The mix-up of STSTNet: a model that is shy of the small classes is precise and recalls little."""
    matrix = SHY_OF_MINORITIES
    precision = (240 / 340 + 46 / 54 + 41 / 48) / 3
    recall = (240 / 250 + 46 / 109 + 41 / 83) / 3
    assert float(recognition.macro_precision(matrix)) == pytest.approx(precision) == pytest.approx(0.80397, abs=1e-5)
    assert float(uar(matrix)) == pytest.approx(recall) == pytest.approx(0.62533, abs=1e-5)
    assert float(uf1(matrix)) == pytest.approx((480 / 590 + 92 / 163 + 82 / 131) / 3)
    assert float(war(matrix)) == pytest.approx(327 / 442)
    weighted = (250 * 480 / 590 + 109 * 92 / 163 + 83 * 82 / 131) / 442
    assert float(recognition.weighted_f1(matrix)) == pytest.approx(weighted)
    harmonic = 2 / (1 / precision + 1 / recall)
    assert float(recognition.f1_harmonic(matrix)) == pytest.approx(harmonic)


@pytest.mark.parametrize("taken_for_it", [0, 3], ids=["never predicted", "predicted"])
def test_a_class_absent_from_the_truth_is_left_out_of_the_means(taken_for_it):
    matrix = np.array([[6 - taken_for_it, 2, taken_for_it], [1, 3, 0], [0, 0, 0]])
    hits = 6 - taken_for_it
    assert float(uar(matrix)) == pytest.approx((hits / 8 + 3 / 4) / 2)
    assert float(uf1(matrix)) == pytest.approx((2 * hits / (8 + hits + 1) + 6 / 9) / 2)
    assert float(recognition.macro_precision(matrix)) == pytest.approx((hits / (hits + 1) + 3 / 5) / 2)
    values = per_class(matrix)
    assert np.isnan(values.recall[2])
    assert np.isnan(values.f1[2]) == np.isnan(values.precision[2]) == (taken_for_it == 0)


def test_a_matrix_without_clips_has_no_score():
    assert all(np.isnan(metric(np.zeros((3, 3), dtype=int))) for metric in METRICS.values())


def test_nothing_right_scores_0():
    nothing_right = np.array([[0, 4], [5, 0]])
    assert [float(metric(nothing_right)) for metric in METRICS.values()] == [0.0] * 6


@pytest.mark.parametrize("label", [-1, 3, 0.5])
def test_confusion_refuses_labels_that_are_no_class(label):
    with pytest.raises(ValueError, match=r"integers in 0\.\.2"):
        confusion(np.array([0, 1]), np.array([0, label]), classes=3)


def test_confusion_refuses_labels_of_different_length():
    with pytest.raises(ValueError, match="2 true labels but 1"):
        confusion(np.array([0, 1]), np.array([0]), classes=3)


def test_foldmean_differs_from_the_pooled_score():
    """Fold a is all right on one class, fold b half right on two: (1 + 1/3) / 2, where 2/3 is pooled."""
    frame = predictions([0, 0, 0, 1], [0, 0, 0, 0], subject=["a", "a", "b", "b"])
    assert uf1_foldmean(frame) == pytest.approx((1 + (2 / 3 + 0) / 2) / 2)
    assert float(uf1(recognition.subject_confusions(frame, 2).sum(axis=(0, 1)))) == pytest.approx(6 / 7 / 2)


def test_score_of_several_seeds():
    frame = pd.concat([random_predictions(seed=seed) for seed in (3, 1, 2)])
    result = score(frame, NAMES, draws=200)
    assert (result["n_clips"], result["n_subjects"], result["n_folds"]) == (200, 4, 4)
    assert result["seeds"] == [1, 2, 3]
    for name, values in result["metrics"].items():
        expected = [
            sklearn_scores(part["y_true"], part["y_pred"])[name]
            for part in (frame[frame["seed"] == seed] for seed in (1, 2, 3))
        ]
        assert values["per_seed"] == pytest.approx(expected)
        assert values["mean"] == pytest.approx(np.mean(expected))
        assert values["sd"] == pytest.approx(np.std(expected, ddof=1))
        assert values["ci"][0] <= values["mean"] <= values["ci"][1]
    assert np.array(result["confusion_per_seed"]).shape == (3, 3, 3)
    np.testing.assert_array_equal(np.sum(result["confusion_per_seed"], axis=0), result["confusion"])
    recalls = [per_class(np.array(matrix)).recall for matrix in result["confusion_per_seed"]]
    assert result["per_class"]["recall"] == pytest.approx(list(np.mean(recalls, axis=0)))


def test_score_is_json_without_nan():
    frame = predictions([0, 0, 1], [0, 0, 0], subject=["a", "a", "a"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = score(frame, NAMES, draws=50)
    assert json.loads(json.dumps(result, allow_nan=False)) == result
    assert result["metrics"]["uf1"]["sd"] is None
    assert result["metrics"]["uf1"]["ci"] is None
    assert result["absent_classes"] == ["surprise"]
    assert result["per_class"]["recall"] == [1.0, 0.0, None]
    assert result["per_class"]["precision"] == [pytest.approx(2 / 3), None, None]


def test_precision_is_averaged_over_the_seeds_that_predict_the_class():
    frame = pd.concat([predictions([0, 1], [0, 0], seed=0), predictions([0, 1], [1, 1], seed=1)])
    assert score(frame, ["a", "b"], draws=10)["per_class"]["precision"] == [0.5, 0.5]


def test_per_dataset_scores_are_those_of_its_clips_alone():
    casme2 = predictions([0, 0, 1, 1, 2], [0, 1, 1, 1, 2], dataset="casme2")
    samm = predictions([0, 0, 1, 1], [0, 2, 1, 0], dataset="samm")
    result = score(pd.concat([casme2, samm]), NAMES, draws=100)
    assert list(result["per_dataset"]) == ["casme2", "samm"]
    alone = score(samm, NAMES, draws=100)
    assert result["per_dataset"]["samm"] == {key: alone[key] for key in alone if key not in ("roc", "per_dataset")}
    assert result["per_dataset"]["samm"]["absent_classes"] == ["surprise"]
    assert result["absent_classes"] == []
    assert result["n_subjects"] == 8, "subjects of equal name in two datasets are two people"


def test_majority_baseline_of_megc2019():
    y_true, _ = labels_of(ALL_NEGATIVE)
    baseline = score(predictions(y_true, y_true), NAMES, draws=10)["majority_baseline"]
    assert baseline["class"] == "negative"
    assert [baseline["uf1"], baseline["uar"], baseline["war"]] == pytest.approx([0.2408, 1 / 3, 0.5656], abs=5e-5)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_order_of_the_clips_does_not_matter(shuffle):
    frame = pd.concat([random_predictions(clips=40, seed=seed) for seed in (0, 1)])
    shuffled = frame.sample(frac=1, random_state=shuffle)
    assert score(shuffled, NAMES, draws=50) == score(frame, NAMES, draws=50)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda frame: frame.assign(y_pred=3), "casme2/sub00/clip0000, seed 0: y_pred 3 is outside 0..2"),
        (lambda frame: frame.drop(columns="fold"), "lack the column fold"),
        (lambda frame: pd.concat([frame, frame]), "predicted twice"),
        (lambda frame: pd.concat([frame, frame[1:].assign(seed=1)]), "with seed 0 but not with seed 1"),
    ],
)
def test_score_refuses_what_cannot_be_scored(change, message):
    with pytest.raises(UserError, match=message.replace("..", r"\.\.")):
        score(change(predictions([0, 1, 2], [0, 1, 2])), NAMES)


def with_probabilities(frame: pd.DataFrame, classes: int = 3) -> pd.DataFrame:
    certain = np.eye(classes)[frame["y_pred"]] * 0.7 + 0.3 / classes
    return frame.assign(**{f"p_{number}": certain[:, number] for number in range(classes)})


def test_probabilities_add_the_auc_and_change_no_other_score():
    frame = random_predictions()
    bare, ranked = score(frame, NAMES, draws=50), score(with_probabilities(frame), NAMES, draws=50)
    of_probabilities = ("auc", "roc", "absolute_majority")
    assert [bare[key] for key in of_probabilities] == [None] * 3
    assert {key: ranked[key] for key in ranked if key not in (*of_probabilities, "per_dataset")} == {
        key: bare[key] for key in bare if key not in (*of_probabilities, "per_dataset")
    }
    # Two levels of score: the area is (recall + specificity) / 2.
    wrong = frame["y_true"] != 0
    balanced = ((frame["y_pred"] == 0)[~wrong].mean() + (frame["y_pred"] != 0)[wrong].mean()) / 2
    assert ranked["auc"]["per_class"][0] == pytest.approx(balanced)
    assert len(ranked["roc"]) == 3
    assert json.loads(json.dumps(ranked, allow_nan=False)) == ranked


def test_score_refuses_probabilities_that_are_none_or_of_other_classes():
    frame = with_probabilities(predictions([0, 1], [0, 1]))
    with pytest.raises(UserError, match=r"sum to 1\.2, not to 1"):
        score(frame.assign(p_2=frame["p_2"] + 0.2), NAMES)
    with pytest.raises(UserError, match="of 3 classes, but 4 are named"):
        score(frame, [*NAMES, "others"])


def test_without_draws_there_is_no_interval():
    metrics = score(random_predictions(), NAMES, draws=0)["metrics"]
    assert [one["ci"] for one in metrics.values()] == [None] * len(METRICS)


def test_score_needs_class_names():
    with pytest.raises(UserError, match="class names"):
        score(predictions([0, 1], [0, 1]), [])
