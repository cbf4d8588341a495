"""Splits and permutations, against scikit-learn."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import LeaveOneGroupOut

from mexflow.errors import UserError
from mexflow.training.folds import leave_one_subject_out, permuted_inside_subjects, split_table
from training.toys import clip_table

subject_lists = st.lists(st.sampled_from(["s1", "s2", "s10", "006", "6", "S1"]), min_size=2, max_size=30).filter(
    lambda names: len(set(names)) > 1
)


def clips_of(subjects, dataset="demo") -> pd.DataFrame:
    names = [f"c{number}" for number in range(len(subjects))]
    return pd.DataFrame({"dataset": dataset, "subject": subjects, "clip": names})


@given(subject_lists)
def test_leave_one_subject_out_is_scikit_learn_s(subjects):
    folds = leave_one_subject_out(clips_of(subjects))
    expected = LeaveOneGroupOut().split(subjects, groups=subjects)
    for fold, (train, test) in zip(folds, expected, strict=True):
        np.testing.assert_array_equal(fold.train, train)
        np.testing.assert_array_equal(fold.test, test)
        assert fold.held_out == f"demo/{subjects[test[0]]}"
    assert [fold.number for fold in folds] == list(range(len(set(subjects))))


def test_one_id_in_two_datasets_is_two_subjects():
    clips = pd.concat([clips_of(["01", "01"], "casme2"), clips_of(["01"], "samm")], ignore_index=True)
    casme2, samm = leave_one_subject_out(clips)
    assert (casme2.held_out, casme2.train.tolist(), casme2.test.tolist()) == ("casme2/01", [2], [0, 1])
    assert (samm.held_out, samm.train.tolist(), samm.test.tolist()) == ("samm/01", [0, 1], [2])


def test_one_subject_cannot_be_left_out():
    with pytest.raises(UserError, match=r"two subjects or more; 1 has labelled clips"):
        leave_one_subject_out(clips_of(["s1", "s1"]))


def test_a_fold_s_seed_follows_from_the_run_s_seed_and_who_is_held_out():
    few, many = (leave_one_subject_out(clips_of(subjects)) for subjects in (["s2", "s3"], ["s1", "s2", "s3"]))
    assert few[0].seed(7) == many[1].seed(7)
    seeds = [fold.seed(run) for run in range(20) for fold in many]
    assert len(set(seeds)) == 60


@given(subject_lists, st.randoms(use_true_random=False))
def test_permuted_labels_keep_each_subject_s_counts(subjects, random):
    clips = clips_of(subjects)
    labels = np.array([random.randrange(3) for _ in subjects])
    given_labels = labels.copy()
    permuted = permuted_inside_subjects(labels, clips)
    for subject in set(subjects):
        own = clips.subject == subject
        np.testing.assert_array_equal(np.bincount(permuted[own], minlength=3), np.bincount(labels[own], minlength=3))
    np.testing.assert_array_equal(labels, given_labels)


def test_permuted_labels_tell_no_more_than_chance():
    """With three classes alike in number, a third of the clips keeps its label by chance."""
    clips = clip_table([f"s{number}" for number in range(60)], clips_each=9)
    labels = np.tile([0, 1, 2], 180)
    permuted = permuted_inside_subjects(labels, clips)
    assert np.mean(permuted == labels) == pytest.approx(1 / 3, abs=0.07)


def test_a_subject_s_permutation_does_not_depend_on_the_others():
    labels, clips = np.tile([0, 1, 2], 6), clip_table(["s1", "s2", "s3"])
    alone = clips.subject == "s2"
    np.testing.assert_array_equal(
        permuted_inside_subjects(labels, clips)[alone],
        permuted_inside_subjects(labels[alone], clips[alone].reset_index(drop=True)),
    )


def test_the_split_table_lists_every_clip_in_every_fold():
    clips = clip_table(["s1", "s2", "s3"])
    table = split_table(leave_one_subject_out(clips), clips)
    assert list(table.columns) == ["fold", "held_out", "role", "dataset", "subject", "clip"]
    assert len(table) == 3 * len(clips)
    assert ((table.role == "test") == (table.held_out == "demo/" + table.subject)).all()
