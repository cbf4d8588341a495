"""Who is held out, and which k that leaves."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mexflow.config.spotting import ScoringSpec
from mexflow.errors import UserError
from mexflow.training.spotting_folds import half_length, long_videos, spotting_folds
from training.long_videos import manifest_of, scoring, silent_of

MANIFEST = manifest_of(
    ("s1", "a", "micro", 10, 20),
    ("s1", "b", "macro", 5, 60),
    ("s2", "a", "micro", 10, 24),
    ("s10", "a", "micro", 10, 16),
    ("s10", "c", "macro", 30, 90),
    ("s9", "a", "micro", 40, 50),
)
SILENT = silent_of(("s2", "quiet"))
VIDEOS = long_videos(MANIFEST, SILENT)


@pytest.mark.parametrize(("mean", "k"), [(12.58, 6), (35, 18), (73, 37), (348.43, 174)])
def test_published_mean_lengths_give_the_published_k(mean: float, k: int) -> None:
    lengths = np.full(100, np.floor(mean), dtype=int)
    lengths[: round(100 * (mean % 1))] += 1
    assert half_length([0] * 100, lengths.tolist()) == k


def test_folds_hold_out_subjects_in_natural_order_and_score_every_video_once() -> None:
    folds = spotting_folds(VIDEOS, MANIFEST, scoring())
    assert [fold.held_out for fold in folds] == ["d/s1", "d/s2", "d/s9", "d/s10"]
    assert sorted(one for fold in folds for one in fold.scored) == list(range(len(VIDEOS)))
    subjects = VIDEOS.subject.to_numpy()
    for fold in folds:
        assert not set(subjects[list(fold.train)]) & set(subjects[list(fold.scored)])
        assert len(fold.train) + len(fold.scored) == len(VIDEOS)


def test_videos_without_truth_of_the_type_are_left_out_only_as_published() -> None:
    names = {VIDEOS.video[one] for fold in spotting_folds(VIDEOS, MANIFEST, scoring()) for one in fold.scored}
    assert "quiet" in names
    told = spotting_folds(VIDEOS, MANIFEST, scoring(videos="with_truth", type="macro"))
    assert {(VIDEOS.subject[one], VIDEOS.video[one]) for fold in told for one in (*fold.train, *fold.scored)} == {
        ("s1", "b"),
        ("s10", "c"),
    }


@given(offset=st.integers(11, 500))
def test_labels_of_the_held_out_subject_do_not_change_its_k_but_as_published_they_do(offset: int) -> None:
    changed = MANIFEST.assign(offset=np.where(MANIFEST.subject == "s9", 40 + offset, MANIFEST.offset))
    honest = spotting_folds(VIDEOS, changed, scoring(k="training_subjects"))
    assert next(fold.k for fold in honest if fold.held_out == "d/s9") == half_length([10, 10, 10], [20, 24, 16])
    published = spotting_folds(VIDEOS, changed, scoring(k="all_labels"))
    assert {fold.k for fold in published} == {half_length([10, 10, 10, 40], [20, 24, 16, 40 + offset])}


@given(seed=st.integers(0, 50), share=st.floats(0.1, 0.9))
def test_inner_subjects_are_neither_held_out_nor_trained_on(seed: int, share: float) -> None:
    spec = scoring(inner_share=share, seed=seed)
    folds = spotting_folds(VIDEOS, MANIFEST, spec)
    assert folds == spotting_folds(VIDEOS, MANIFEST, spec)
    subjects = VIDEOS.dataset + "/" + VIDEOS.subject
    for fold in folds:
        inner = {subjects[one] for one in fold.scored}
        assert inner
        assert fold.train
        assert fold.held_out not in inner | {subjects[one] for one in fold.train}
        assert not inner & {subjects[one] for one in fold.train}


def test_inner_subjects_are_drawn_anew_for_each_seed_and_are_of_their_own_for_each_fold() -> None:
    many = manifest_of(*((f"s{number}", "a", "micro", 10, 20) for number in range(1, 13)))
    videos = long_videos(many, many.iloc[:0])
    drawn = [spotting_folds(videos, many, scoring(inner_share=0.25, seed=seed)) for seed in (0, 1)]
    for fold in drawn[0]:
        assert (len(fold.scored), len(fold.train)) == (3, 8)
    assert len({fold.scored for fold in drawn[0]}) > 6
    assert [fold.scored for fold in drawn[0]] != [fold.scored for fold in drawn[1]]


def test_two_subjects_are_too_few_for_inner_ones() -> None:
    two = MANIFEST[MANIFEST.subject.isin(["s1", "s2"])]
    with pytest.raises(UserError, match="needs 3 subjects or more and an expression of that type; there are 2"):
        spotting_folds(long_videos(two, two.iloc[:0]), two, scoring(inner_share=0.5))


def test_where_nothing_is_trained_all_training_subjects_are_inner() -> None:
    spec = ScoringSpec(spotter={"method": "flow_strain"}, type="micro", k=3, inner_share=0.2)
    for fold in spotting_folds(VIDEOS, MANIFEST, spec):
        subjects = VIDEOS.dataset + "/" + VIDEOS.subject
        assert {subjects[one] for one in fold.scored} == set(subjects) - {fold.held_out}


def test_a_lower_rate_shortens_k() -> None:
    assert {fold.k for fold in spotting_folds(VIDEOS, MANIFEST, scoring(k=12, rate=0.25))} == {3}


def test_expressions_that_begin_before_their_video_can_be_dropped() -> None:
    cut = pd.concat([MANIFEST, manifest_of(("s1", "b", "micro", 1, 400))], ignore_index=True)
    kept, dropped = (
        spotting_folds(VIDEOS, cut, scoring(k="all_labels", cut_off=how))[0].k for how in ("kept", "dropped")
    )
    assert dropped == spotting_folds(VIDEOS, MANIFEST, scoring(k="all_labels"))[0].k < kept


def test_too_few_subjects_are_told() -> None:
    one = manifest_of(("s1", "a", "micro", 1, 5))
    with pytest.raises(UserError, match="needs 2 subjects or more"):
        spotting_folds(long_videos(one, one.iloc[:0]), one, scoring())
    with pytest.raises(UserError, match="no subject but d/s1 has micro-expressions"):
        spotting_folds(VIDEOS, MANIFEST[MANIFEST.subject == "s1"], scoring(k="training_subjects"))
