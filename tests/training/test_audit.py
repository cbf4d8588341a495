"""The leak audit: an honest run passes, every planted leak is found and named."""

from dataclasses import replace

import numpy as np
import pytest

from mexflow.config.training import ProtocolSpec
from mexflow.training import run
from mexflow.training.audit import LeakError, audit
from mexflow.training.folds import Fold, folds_of, leave_one_subject_out
from mexflow.training.samples import Normaliser, Samples
from training.toys import clip_table, feature_of, training_spec

# Clips 0–5 are s1's, 6–11 are s2's, 12–17 are s3's; fold 1 holds out s2.
S1_C0, S2_C1, S3_C0 = 0, 7, 12


LOSO = ProtocolSpec(split="loso")


def fresh_samples() -> Samples:
    feature = feature_of(clip_table(["s1", "s2", "s3"]))
    return Samples(feature.samples, np.tile([0, 1, 2], 6), feature.clips)


def use_honestly(samples: Samples, folds: list[Fold]) -> dict[int, Normaliser]:
    normalisers = {}
    for fold in folds:
        normalisers[fold.number] = Normaliser.of(samples.take(fold.train, fold.number, "statistics")[0])
        samples.take(fold.train, fold.number, "fit")
        samples.take(fold.train, fold.number, "augmentation")
        samples.take(fold.test, fold.number, "test")
    return normalisers


@pytest.fixture
def honest():
    samples = fresh_samples()
    folds = leave_one_subject_out(samples.clips)
    return samples, folds, use_honestly(samples, folds)


def test_an_honest_run_passes(honest):
    result = audit(*honest, LOSO)
    assert result["passed"] is True
    assert result["folds"] == 3
    assert len(result["checks"]) == 6
    assert (result["apart"], result["as_published"]) == ("subject", [])


def test_a_subject_on_both_sides_is_found():
    samples = fresh_samples()
    folds = leave_one_subject_out(samples.clips)
    folds[1] = replace(folds[1], train=np.append(folds[1].train, S2_C1))
    with pytest.raises(LeakError, match=r"fold 1 \(demo/s2 held out\): subject demo/s2 is in training and in the test"):
        audit(samples, folds, use_honestly(samples, folds), LOSO)


def test_one_tensor_under_two_names_is_found():
    samples = fresh_samples()
    samples.tensors[S3_C0] = samples.tensors[S2_C1]
    folds = leave_one_subject_out(samples.clips)
    message = (
        r"fold 1 \(demo/s2 held out\): the test clip demo/s2/c1 is the training clip demo/s3/c0 under another name"
    )
    with pytest.raises(LeakError, match=message):
        audit(samples, folds, use_honestly(samples, folds), LOSO)


def test_one_tensor_twice_in_one_subject_is_no_leak():
    samples = fresh_samples()
    samples.tensors[S2_C1] = samples.tensors[S2_C1 + 1]
    folds = leave_one_subject_out(samples.clips)
    assert audit(samples, folds, use_honestly(samples, folds), LOSO)["passed"]


def test_two_clips_without_any_motion_are_no_leak():
    samples = fresh_samples()
    samples.tensors[[S2_C1, S3_C0]] = 0
    folds = leave_one_subject_out(samples.clips)
    assert audit(samples, folds, use_honestly(samples, folds), LOSO)["passed"]


def test_statistics_with_the_values_of_all_clips_are_found(honest):
    samples, folds, normalisers = honest
    normalisers[1] = Normaliser.of(samples.tensors)
    with pytest.raises(LeakError, match=r"fold 1 \(demo/s2 held out\): the input statistics are not those of its"):
        audit(samples, folds, normalisers, LOSO)


def test_statistics_with_one_test_clip_more_are_found(honest):
    samples, folds, normalisers = honest
    normalisers[2] = Normaliser.of(samples.tensors[np.append(folds[2].train, S3_C0)])
    with pytest.raises(LeakError, match=r"fold 2 \(demo/s3 held out\): the input statistics are not those of its"):
        audit(samples, folds, normalisers, LOSO)


@pytest.mark.parametrize("use", ["statistics", "fit", "augmentation", "validation", "epoch", "threshold"])
def test_a_test_clip_used_before_the_test_is_found(honest, use):
    samples, folds, normalisers = honest
    samples.take(np.array([S1_C0, S2_C1]), 1, use)
    message = rf"fold 1 \(demo/s2 held out\): {use} used demo/s2/c1, which is no training clip"
    with pytest.raises(LeakError, match=message):
        audit(samples, folds, normalisers, LOSO)


def test_a_training_clip_used_as_a_test_is_found(honest):
    samples, folds, normalisers = honest
    samples.take(np.array([S1_C0]), 1, "test")
    message = r"fold 1 \(demo/s2 held out\): test used demo/s1/c0, which is no test clip"
    with pytest.raises(LeakError, match=message):
        audit(samples, folds, normalisers, LOSO)


def test_a_clip_tested_in_two_folds_is_found():
    samples = fresh_samples()
    folds = leave_one_subject_out(samples.clips)
    folds.append(Fold(3, "demo/s2 again", folds[1].train, folds[1].test))
    with pytest.raises(LeakError, match=r"demo/s2/c0 is tested more than once, in fold 1, 3"):
        audit(samples, folds, use_honestly(samples, folds), LOSO)


def test_a_clip_tested_twice_in_its_fold_is_found(honest):
    samples, folds, normalisers = honest
    samples.take(np.array([S2_C1]), 1, "test")
    with pytest.raises(LeakError, match=r"demo/s2/c1 is tested more than once, in fold 1, 1"):
        audit(samples, folds, normalisers, LOSO)


def test_a_clip_that_is_never_tested_is_found():
    samples = fresh_samples()
    folds = leave_one_subject_out(samples.clips)
    folds[1] = replace(folds[1], test=folds[1].test[folds[1].test != S2_C1])
    with pytest.raises(LeakError, match=r"demo/s2/c1 is tested in no fold"):
        audit(samples, folds, use_honestly(samples, folds), LOSO)


@pytest.mark.parametrize("use", ["statistics", "fit", "test"])
def test_a_use_that_is_not_on_record_is_found(honest, use):
    samples, folds, normalisers = honest
    samples.taken = [one for one in samples.taken if one[:2] != (2, use)]
    with pytest.raises(LeakError, match=r"fold 2 \(demo/s3 held out\): the record of used clips is incomplete"):
        audit(samples, folds, normalisers, LOSO)


def test_a_leak_ends_a_training(monkeypatch):
    """The whole way: a split that lets one test clip into the training."""

    def leaky(protocol, clips, labels, seed, classes):
        first, *others = leave_one_subject_out(clips)
        return [replace(first, train=np.append(first.train, first.test[-1])), *others]

    monkeypatch.setattr(run, "folds_of", leaky)
    with pytest.raises(LeakError, match=r"fold 0 \(demo/s1 held out\): subject demo/s1 is in training"):
        run.train(feature_of(clip_table(["s1", "s2"])), training_spec(epochs=1))


def test_statistics_of_all_clips_end_a_training(monkeypatch):
    feature = feature_of(clip_table(["s1", "s2"]))
    of_all = Normaliser.of(feature.samples)
    monkeypatch.setattr(run.Normaliser, "of", classmethod(lambda cls, tensors, normalise: of_all))
    spec = training_spec(epochs=1)
    monkeypatch.setattr(run, "audit", lambda *found, **whole: (monkeypatch.undo(), audit(*found, **whole)))
    with pytest.raises(LeakError, match=r"fold 0 \(demo/s1 held out\): the input statistics"):
        run.train(feature, spec)


def test_a_protocol_by_clip_passes_and_says_what_it_leaks():
    samples = fresh_samples()
    protocol = ProtocolSpec(split="k_fold", by="clip", folds=3)
    folds = folds_of(protocol, samples.clips, samples.labels, seed=0)
    result = audit(samples, folds, use_honestly(samples, folds), protocol)
    assert result["as_published"] == ["clips of one subject are in training and in the test"]
    assert not any("subjects are disjoint" in check for check in result["checks"])


def test_a_clip_on_both_sides_is_found_even_under_a_protocol_by_clip():
    samples = fresh_samples()
    protocol = ProtocolSpec(split="k_fold", by="clip", folds=3)
    folds = folds_of(protocol, samples.clips, samples.labels, seed=0)
    folds[0] = replace(folds[0], train=np.append(folds[0].train, folds[0].test[0]))
    with pytest.raises(LeakError, match="is in training and in the test"):
        audit(samples, folds, use_honestly(samples, folds), protocol)


def test_a_holdout_may_leave_clips_untested():
    samples = fresh_samples()
    protocol = ProtocolSpec(split="holdout", test_share=0.34)
    folds = folds_of(protocol, samples.clips, samples.labels, seed=0)
    assert audit(samples, folds, use_honestly(samples, folds), protocol)["passed"]
