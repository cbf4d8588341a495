"""The leak audit of spotting: honest folds pass, every planted leak is found and named."""

from dataclasses import replace

import pytest

from mexflow.config.spotting import ScoringSpec
from mexflow.training.audit import LeakError
from mexflow.training.spotting_audit import audit_spotting
from mexflow.training.spotting_folds import SpottingFold, spotting_folds
from training.long_videos import MANIFEST, VIDEOS, scoring

# Video 0 is s1's, 1 is s2's, 2 and 3 are s3's; fold 0 holds out s1.
S1_A, S2_B, S3_C = 0, 1, 2


def folds_of(spec: ScoringSpec) -> list[SpottingFold]:
    return spotting_folds(VIDEOS, MANIFEST, spec)


def audited(folds: list[SpottingFold], spec: ScoringSpec, planted: dict[int, tuple[int, ...]] | None = None) -> dict:
    fitted = {fold.number: fold.train for fold in folds} | (planted or {})
    return audit_spotting(VIDEOS, MANIFEST, folds, fitted, spec)


@pytest.mark.parametrize(
    ("keys", "checks"),
    [
        ({}, 2),
        ({"k": "training_subjects"}, 3),
        ({"k": "all_labels"}, 2),
        ({"k": "training_subjects", "inner_share": 0.5}, 3),
        ({"videos": "with_truth"}, 2),
        ({"job": (1, 2)}, 2),
    ],
)
def test_honest_folds_pass_and_only_what_was_checked_is_said(keys: dict, checks: int) -> None:
    spec = scoring(**keys)
    first, step = spec.job or (0, 1)
    folds = folds_of(spec)[first::step]
    told = audited(folds, spec)
    assert (told["passed"], told["folds"], len(told["checks"])) == (True, len(folds), checks)
    assert ("k follows from the labels of training subjects" in told["checks"]) == (spec.k == "training_subjects")


def test_a_video_of_the_held_out_subject_that_is_trained_on_is_found() -> None:
    spec = scoring()
    with pytest.raises(LeakError, match=r"fold 1 \(d/s1 held out\): d/s1/a is trained on and scored"):
        audited(folds_of(spec), spec, {0: (S1_A, S2_B)})


def test_an_inner_video_that_is_trained_on_is_found() -> None:
    spec = scoring(inner_share=0.5)
    folds = folds_of(spec)
    name = "/".join(VIDEOS.loc[folds[1].scored[0], ["dataset", "subject", "video"]])
    with pytest.raises(LeakError, match=rf"fold 2 \(d/s2 held out\): {name} is trained on and scored"):
        audited(folds, spec, {1: (*folds[1].train, folds[1].scored[0])})


def test_a_video_of_the_held_out_subject_that_an_inner_model_has_seen_is_found() -> None:
    spec = scoring(inner_share=0.5)
    folds = folds_of(spec)
    with pytest.raises(LeakError, match=r"fold 1 \(d/s1 held out\): d/s1/a is trained on"):
        audited(folds, spec, {0: (*folds[0].train, S1_A)})


def test_a_held_out_subject_by_whom_p_is_chosen_is_found() -> None:
    spec = scoring(inner_share=0.5)
    folds = folds_of(spec)
    folds[0] = replace(folds[0], scored=(*folds[0].scored, S1_A))
    with pytest.raises(LeakError, match=r"fold 1 \(d/s1 held out\): the held-out subject is among the inner ones"):
        audited(folds, spec)


def test_a_video_that_is_scored_by_the_model_of_another_subject_is_found() -> None:
    spec = scoring()
    folds = folds_of(spec)
    folds[1] = replace(folds[1], train=(S1_A,), scored=(S2_B, S3_C))
    with pytest.raises(LeakError, match=r"fold 2 \(d/s2 held out\): a video is scored in another fold"):
        audited(folds, spec)


def test_a_video_that_is_scored_in_two_folds_is_found() -> None:
    spec = scoring()
    folds = folds_of(spec)
    with pytest.raises(LeakError, match=r"fold 4 \(d/s2 held out\): a video is scored in another fold"):
        audited([*folds, replace(folds[1], number=3)], spec)


def test_a_video_that_is_scored_in_no_fold_is_found() -> None:
    spec = scoring()
    folds = folds_of(spec)
    folds[2] = replace(folds[2], scored=(S3_C,))
    with pytest.raises(LeakError, match=r"fold 3 \(d/s3 held out\): d/s3/quiet is not scored"):
        audited(folds, spec)


@pytest.mark.parametrize("inner_share", [None, 0.5])
def test_a_k_of_all_labels_is_found_where_it_should_be_that_of_training_subjects(inner_share: float | None) -> None:
    spec = scoring(k="training_subjects", inner_share=inner_share)
    rows = MANIFEST.assign(offset=MANIFEST.offset + 40 * (MANIFEST.subject == "s2"))
    every = spotting_folds(VIDEOS, rows, spec.model_copy(update={"k": "all_labels"}))
    fitted = {fold.number: fold.train for fold in every}
    with pytest.raises(LeakError, match=r"fold 1 \(d/s1 held out\): k is \d+, and not that of the training subjects'"):
        audit_spotting(VIDEOS, rows, every, fitted, spec)
    audit_spotting(VIDEOS, rows, spotting_folds(VIDEOS, rows, spec), fitted, spec)
