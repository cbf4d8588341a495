"""What papers did and nobody should: it happens as published where it is asked for, is marked, and nowhere else."""

import numpy as np
import pytest
from sklearn.model_selection import train_test_split

from mexflow.config.augmentation import AugmentationSpec
from mexflow.config.training import ProtocolSpec, TrainingSpec, ValidationSpec
from mexflow.errors import UserError
from mexflow.store.packed import Layout, PackedFeature
from mexflow.training.audit import LeakError, audit
from mexflow.training.folds import folds_of, inner_split
from mexflow.training.run import Training, labelled_samples, train
from mexflow.training.samples import Normaliser
from training.toys import CLASSES, clip_table, feature_of, training_spec

SUBJECTS = ["s1", "s2", "s3", "s4"]
CLIPS = clip_table(SUBJECTS)
FEATURE = feature_of(CLIPS)
LABELS = np.array([CLASSES.index(name) for name in CLIPS.three_class])


def spec_of(protocol: dict, **model) -> TrainingSpec:
    spec = training_spec(epochs=2)
    return spec.model_copy(update={"protocol": ProtocolSpec(**protocol), "model": spec.model.model_copy(update=model)})


def test_statistics_of_all_clips_are_those_and_are_marked():
    trained = train(FEATURE, spec_of({"split": "loso", "statistics": "all"}))
    of_all = Normaliser.of(FEATURE.samples)
    for fold in trained.weights.values():
        np.testing.assert_allclose(fold["input_mean"], of_all.mean)
    assert trained.audit["0"]["as_published"] == ["input statistics are those of all clips"]


def test_the_epoch_that_is_best_on_the_test_scores_at_least_as_well_as_any_fixed_one():
    """Labels that cannot be learnt: the choice alone lifts the score."""
    protocol = {"split": "loso", "permute_labels": True}
    chosen = train(FEATURE, spec_of(protocol | {"epoch": "best_on_test"}, epochs=12))
    assert chosen.audit["0"]["as_published"] == ["the epoch is the one that is best on the test clips"]
    right = (chosen.predictions.y_true == chosen.predictions.y_pred).groupby(chosen.predictions.fold).mean()
    for epochs in (1, 6, 12):
        fixed = train(FEATURE, spec_of(protocol, epochs=epochs)).predictions
        of_fixed = (fixed.y_true == fixed.y_pred).groupby(fixed.fold).mean()
        assert (right >= of_fixed).all()
    best = chosen.curves.groupby("fold")["watched_accuracy"].max()
    np.testing.assert_allclose(right, best)


def test_scoring_training_clips_tests_every_clip_and_is_marked():
    protocol = {
        "split": "holdout",
        "by": "clip",
        "test_share": 0.25,
        "shuffle": False,
        "stratify": False,
        "scored": "all",
    }
    trained = train(FEATURE, spec_of(protocol))
    assert len(trained.predictions) == len(CLIPS)
    of_role = {role: set(own.subject + own["clip"]) for role, own in trained.splits.groupby("role")}
    assert of_role["train"] < of_role["test"]
    assert trained.audit["0"]["apart"] == "nothing"
    assert "training clips are scored together with test clips" in trained.audit["0"]["as_published"]


def test_the_last_clips_of_the_sorted_table_are_scikit_learn_s_without_shuffling():
    """The FuseNets on CAS(ME)²: 75 / 93 / 35 clips sorted by class; the test is 0 / 6 / 35."""
    labels = np.repeat([0, 1, 2], [75, 93, 35])
    clips = clip_table([f"s{number:03d}" for number in range(203)], clips_each=1)
    protocol = ProtocolSpec(split="holdout", by="clip", test_share=0.2, shuffle=False, stratify=False)
    (fold,) = folds_of(protocol, clips, labels, seed=0)
    train_places, test_places = train_test_split(np.arange(203), test_size=0.2, shuffle=False)
    np.testing.assert_array_equal(fold.test, test_places)
    np.testing.assert_array_equal(fold.train, train_places)
    assert np.bincount(labels[fold.test]).tolist() == [0, 6, 35]


def test_a_number_of_training_clips_per_class():
    """Joshi's 2D test on SAMM: 26 positive and 92 negative clips, 19 and 62 to train on."""
    labels = np.repeat([0, 1], [26, 92])
    clips = clip_table([f"s{number}" for number in range(118)], clips_each=1)
    protocol = ProtocolSpec(split="holdout", by="clip", train_counts={"positive": 19, "negative": 62})
    (fold,) = folds_of(protocol, clips, labels, 0, ["positive", "negative"])
    assert np.bincount(labels[fold.train]).tolist() == [19, 62]
    assert np.bincount(labels[fold.test]).tolist() == [7, 30]
    assert sorted([*fold.train, *fold.test]) == list(range(118))
    misspelt = protocol.model_copy(update={"train_counts": {"positve": 19, "negative": 62}})
    with pytest.raises(UserError, match="says nothing of the class positive; it has positve, negative"):
        folds_of(misspelt, clips, labels, 0, ["positive", "negative"])


def gray() -> PackedFeature:
    """Frames that Joshi's family can alter."""
    volumes = np.random.default_rng(0).integers(0, 256, (len(CLIPS), 5, 16, 16, 1)).astype(np.uint8)
    return PackedFeature(volumes, CLIPS, Layout(("gray",), ("grey level",)))


JOSHI = {
    "architecture": "joshi_3d",
    "parameters": {"variant": "binary"},
    "augmentation": AugmentationSpec(family="joshi_volumes", copies={"positive": 2}),
}


def test_copies_before_the_split_are_clips_of_their_own():
    spec = spec_of({"split": "k_fold", "by": "clip", "folds": 4, "augmentation": "before_split"}, **JOSHI)
    samples = labelled_samples(gray(), spec)
    assert len(samples.labels) == 24 + 2 * 8
    assert samples.clips["clip"][24:26].tolist() == ["c1~1", "c1~2"]
    assert samples.origins[24:26].tolist() == [1, 1]
    trained = train(gray(), spec)
    assert len(trained.predictions) == 40
    assert "altered copies of one clip are in training and in the test" in trained.audit["0"]["as_published"]
    with pytest.raises(UserError, match="its model has no augmentation"):
        labelled_samples(
            gray(), spec.model_copy(update={"model": spec.model.model_copy(update={"augmentation": None})})
        )


def test_copies_in_training_are_of_training_clips_only_and_are_on_record():
    spec = spec_of({"split": "loso"}, **JOSHI)
    training = Training(gray(), spec)
    trained = training.run()
    assert len(trained.predictions) == 24
    assert trained.audit["0"]["as_published"] == []
    used = [positions for fold, use, positions in training._samples.taken if use == "augmentation"]
    for fold, positions in zip(training._folds, used, strict=True):
        np.testing.assert_array_equal(positions, fold.train)


def test_a_clip_kept_back_is_of_a_subject_that_is_not_trained_on():
    training = Training(FEATURE, spec_of({"split": "loso"}, validation=ValidationSpec(share=0.34)))
    trained = training.run()
    assert "validation_loss" in trained.curves
    assert "clips that a training was watched by were not trained on" in trained.audit["0"]["checks"]
    taken = training._samples.taken
    for fold in training._folds:
        fit, kept = (
            next(positions for number, use, positions in taken if (number, use) == (fold.number, wanted))
            for wanted in ("fit", "validation")
        )
        assert sorted([*fit, *kept]) == fold.train.tolist()
        assert not set(CLIPS.subject[fit]) & set(CLIPS.subject[kept])


@pytest.mark.parametrize("by", ["subject", "clip"])
def test_clips_are_kept_back_by_subject_or_with_the_shares_of_their_classes(by):
    fold = folds_of(ProtocolSpec(split="loso"), CLIPS, LABELS, 0)[0]
    fit, kept = inner_split(ValidationSpec(share=0.34, by=by), fold, CLIPS, LABELS, seed=3)
    assert sorted([*fit, *kept]) == fold.train.tolist()
    if by == "subject":
        assert len(set(CLIPS.subject[kept])) == 2
    one_of_a_class = np.where(np.arange(24) == fold.train[0], 3, LABELS)
    assert len(inner_split(ValidationSpec(share=0.34, by="clip"), fold, CLIPS, one_of_a_class, seed=3)[1]) == 7
    assert np.ptp(np.bincount(LABELS[kept])) <= 1
    few = folds_of(ProtocolSpec(split="loso"), CLIPS[CLIPS.subject < "s3"].reset_index(drop=True), LABELS[:12], 0)[0]
    with pytest.raises(UserError, match=r"fold 0 \(demo/s1 held out\), 34% by subject cannot be kept back"):
        inner_split(ValidationSpec(share=0.34), few, CLIPS, LABELS, seed=3)


def test_a_threshold_chosen_on_test_clips_ends_a_training(monkeypatch):
    trained = Training._trained

    def leaky(self, trainer, fold, on_epoch):
        self._samples.take(fold.test[:1], fold.number, "threshold")
        return trained(self, trainer, fold, on_epoch)

    monkeypatch.setattr(Training, "_trained", leaky)
    with pytest.raises(LeakError, match=r"fold 0 \(demo/s1 held out\): threshold used demo/s1/c0"):
        train(FEATURE, spec_of({"split": "loso"}))


def test_the_epoch_chosen_by_test_score_ends_a_training_that_does_not_say_so(monkeypatch):
    honest = spec_of({"split": "loso"})
    monkeypatch.setattr(ProtocolSpec, "leaks", lambda self: ())
    leaky = honest.protocol.model_copy(update={"epoch": "best_on_test"})
    training = Training(FEATURE, honest.model_copy(update={"protocol": leaky}))
    folds = training._folds
    training._train(folds, done := {})
    normalisers = {number: Normaliser(one.mean, one.deviation) for number, one in done.items()}
    with pytest.raises(LeakError, match=r"fold 0 \(demo/s1 held out\): epoch used demo/s1/c0"):
        audit(training._samples, folds, normalisers, honest.protocol)


def test_altered_copies_on_both_sides_end_a_training_that_does_not_say_so():
    told = {"split": "k_fold", "by": "clip", "folds": 4}
    training = Training(gray(), spec_of(told | {"augmentation": "before_split"}, **JOSHI))
    training._train(training._folds, done := {})
    normalisers = {number: Normaliser(one.mean, one.deviation) for number, one in done.items()}
    with pytest.raises(LeakError, match=r"copies of the clip demo/s\d/c\d are in training and in the test"):
        audit(training._samples, training._folds, normalisers, ProtocolSpec(**told))
