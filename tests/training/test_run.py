"""A whole training run on toy data."""

import numpy as np
import pandas as pd
import pytest

from mexflow.errors import UserError
from mexflow.store.predictions import check_predictions
from mexflow.training.fitting import FoldTrainer
from mexflow.training.folds import leave_one_subject_out, permuted_inside_subjects
from mexflow.training.run import labelled_samples, train
from mexflow.training.samples import Normaliser
from training.toys import CLASSES, SHAPE, clip_table, feature_of, training_spec

SUBJECTS = ["s2", "s1", "s3"]
SPEC = training_spec(epochs=3, dropout=0.5, batch_norm=True, keep_weights=True)
PROBABILITIES = ["p_0", "p_1", "p_2"]


@pytest.fixture(scope="module")
def feature():
    return feature_of(clip_table(SUBJECTS))


@pytest.fixture(scope="module")
def trained(feature):
    return train(feature, SPEC)


def test_predictions_have_one_row_per_clip(trained, feature):
    rows = trained.predictions
    assert list(rows.columns) == ["dataset", "subject", "clip", "fold", "seed", "y_true", "y_pred", *PROBABILITIES]
    merged = rows.merge(feature.clips, on=["dataset", "subject", "clip"], validate="one_to_one")
    assert len(merged) == len(rows) == len(feature.clips)
    assert [CLASSES[number] for number in merged["y_true"]] == merged["three_class"].tolist()
    check_predictions(rows)


def test_probabilities_sum_to_1_and_the_largest_is_the_prediction(trained):
    probabilities = trained.predictions[PROBABILITIES].to_numpy()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)
    np.testing.assert_array_equal(probabilities.argmax(axis=1), trained.predictions["y_pred"])


def test_each_fold_tests_the_subject_that_it_holds_out(trained):
    held_out = trained.predictions.groupby("fold")["subject"].unique()
    assert [list(subjects) for subjects in held_out] == [["s1"], ["s2"], ["s3"]]


def test_separable_classes_are_recognised_in_people_never_seen(feature):
    rows = train(feature, training_spec(epochs=60)).predictions
    assert (rows["y_pred"] == rows["y_true"]).mean() > 0.9


def test_two_runs_give_the_same_bits(trained, feature):
    again = train(feature, SPEC)
    pd.testing.assert_frame_equal(again.predictions, trained.predictions, check_exact=True)


def test_a_fold_is_what_a_trainer_gives_that_trains_it_alone(trained, feature):
    """So the folds trained before it, and how many, do not matter."""
    fold = leave_one_subject_out(feature.clips)[2]
    labels = np.array([CLASSES.index(name) for name in feature.clips["three_class"]])
    normalise = Normaliser.of(feature.samples[fold.train])
    alone = FoldTrainer(SPEC.model, SHAPE, 3)
    alone.fit(normalise(feature.samples[fold.train]), labels[fold.train], fold.seed(SPEC.seed), lambda: None)
    probabilities = trained.predictions.query("fold == 2")[PROBABILITIES].to_numpy()
    np.testing.assert_array_equal(probabilities, alone.predict(normalise(feature.samples[fold.test])))


def test_a_fold_does_not_look_at_its_test_samples(trained, feature):
    """Other pixels in s1's clips change nothing that fold 0 learns."""
    spoilt = feature_of(feature.clips)
    spoilt.samples[feature.clips["subject"] == "s1"] *= -3
    other = train(spoilt, SPEC)
    for name, weight in trained.weights["0/0"].items():
        np.testing.assert_array_equal(other.weights["0/0"][name], weight)
    assert not np.array_equal(other.weights["0/1"]["input_mean"], trained.weights["0/1"]["input_mean"])


def test_another_seed_gives_other_predictions_of_the_same_clips(trained, feature):
    other = train(feature, SPEC.model_copy(update={"seed": 1})).predictions
    assert (other["seed"] == 1).all()
    same = ["dataset", "subject", "clip", "fold", "y_true"]
    pd.testing.assert_frame_equal(other[same], trained.predictions[same])
    assert not np.array_equal(other[PROBABILITIES], trained.predictions[PROBABILITIES])


def test_the_run_s_records_cover_every_fold_and_epoch(trained):
    assert len(trained.curves) == 3 * 3
    assert trained.curves.groupby("fold")["held_out"].first().tolist() == ["demo/s1", "demo/s2", "demo/s3"]
    assert len(trained.splits) == 3 * 18
    assert trained.audit["0"]["passed"] is True
    assert set(trained.weights) == {"0/0", "0/1", "0/2"}
    assert len(trained.weights["0/0"]) == 2 + len(FoldTrainer(SPEC.model, SHAPE, 3).model.weights)


def test_weights_are_left_out_unless_asked_for():
    run = train(feature_of(clip_table(["s1", "s2"])), training_spec(epochs=1))
    assert {name: set(arrays) for name, arrays in run.weights.items()} == {
        "0/0": {"input_mean", "input_deviation"},
        "0/1": {"input_mean", "input_deviation"},
    }


def test_unlabelled_clips_take_no_part():
    clips = clip_table(["s1", "s2", "s3"])
    clips.loc[[1, 8, 17], "three_class"] = ""
    feature = feature_of(clips)
    samples = labelled_samples(feature, training_spec())
    labelled = clips[clips["three_class"] != ""]
    np.testing.assert_array_equal(samples.tensors, feature.samples[labelled.index])
    pd.testing.assert_frame_equal(samples.clips, labelled.reset_index(drop=True))
    assert [CLASSES[label] for label in samples.labels] == labelled["three_class"].tolist()


def test_a_subject_without_labelled_clips_is_no_fold():
    clips = clip_table(["s1", "s2", "s3"])
    clips.loc[clips["subject"] == "s2", "three_class"] = ""
    clips.loc[0, "three_class"] = ""
    run = train(feature_of(clips), training_spec(epochs=1))
    assert run.predictions.groupby("subject").size().to_dict() == {"s1": 5, "s3": 6}
    assert sorted(set(run.splits["held_out"])) == ["demo/s1", "demo/s3"]


def test_permuted_labels_are_what_is_trained_on_and_scored(feature):
    true = labelled_samples(feature, training_spec())
    permuted = labelled_samples(feature, training_spec(permute=True))
    np.testing.assert_array_equal(permuted.tensors, true.tensors)
    assert (permuted.labels != true.labels).any()
    np.testing.assert_array_equal(permuted.labels, permuted_inside_subjects(true.labels, feature.clips))


def test_a_run_without_labelled_clips_is_refused():
    clips = clip_table(["s1", "s2"]).assign(three_class="")
    with pytest.raises(UserError, match=r"No clip has a class in the label scheme three_class \(negative, positive"):
        train(feature_of(clips), training_spec())


def test_a_run_with_one_labelled_subject_is_refused():
    clips = clip_table(["s1", "s2"])
    clips.loc[clips["subject"] == "s2", "three_class"] = ""
    with pytest.raises(UserError, match="needs two subjects or more; 1 has labelled clips"):
        train(feature_of(clips), training_spec())
