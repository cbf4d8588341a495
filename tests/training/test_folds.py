"""Splits and permutations, against scikit-learn."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from sklearn.model_selection import LeaveOneGroupOut

from mexflow.config.mistakes import mistakes_in_words
from mexflow.config.training import ProtocolSpec
from mexflow.errors import UserError
from mexflow.training.folds import folds_of, leave_one_subject_out, permuted_inside_subjects, split_table
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


# --- other protocols ----------------------------------------------------------------------------------------------


def numbered(counts: list[int], subjects: int = 8) -> tuple[pd.DataFrame, np.ndarray]:
    """So many clips of each class, of subjects in turn."""
    labels = np.repeat(np.arange(len(counts)), counts)
    names = [f"s{number % subjects}" for number in range(len(labels))]
    clips = pd.DataFrame({"dataset": "smic", "subject": names, "clip": [f"c{n:03d}" for n in range(len(labels))]})
    return clips, labels


@pytest.mark.parametrize(
    ("counts", "published"),
    [
        ([66, 50, 42], [21, 3, 8]),  # Dubey et al., table of the 80/20 split
        ([66, 47, 43], [19, 6, 7]),  # MicroExpSTCNN on SMIC
        ([76, 94, 33], [12, 21, 8]),  # MicroExpSTCNN on CAS(ME)²: 203 clips
    ],
)
def test_the_published_holdout_by_clip_gives_the_published_test_counts(counts, published):
    protocol = ProtocolSpec(split="holdout", by="clip", test_share=0.2, stratify=False, random_state=4)
    clips, labels = numbered(counts)
    (fold,) = folds_of(protocol, clips, labels, seed=0)
    assert np.bincount(labels[fold.test]).tolist() == published


@given(
    st.integers(0, 1000), st.sampled_from(["k_fold", "holdout"]), st.booleans(), st.sampled_from(["subject", "clip"])
)
def test_splits_partition_the_clips_and_by_subject_the_subjects(seed, split, stratify, by):
    keys = {"folds": 4} if split == "k_fold" else {"test_share": 0.3}
    clips, labels = numbered([20, 14, 9])
    folds = folds_of(ProtocolSpec(split=split, by=by, stratify=stratify, **keys), clips, labels, seed)
    for fold in folds:
        assert sorted([*fold.train, *fold.test]) == list(range(43))
        if by == "subject":
            assert not set(clips.subject[fold.train]) & set(clips.subject[fold.test])
    if split == "k_fold":
        assert sorted(np.concatenate([fold.test for fold in folds])) == list(range(43))
    assert len({fold.held_out for fold in folds}) == len(folds)


def test_the_order_of_rows_does_not_change_a_split():
    clips, labels = numbered([20, 14, 9])
    protocol = ProtocolSpec(split="k_fold", folds=4)
    shuffled = np.random.default_rng(1).permutation(43)
    parts = []
    for order in (np.arange(43), shuffled):
        table = clips.iloc[order].reset_index(drop=True)
        folds = folds_of(protocol, table, labels[order], seed=3)
        parts.append([set(table["clip"][fold.test]) for fold in folds])
    assert parts[0] == parts[1]


def test_a_k_fold_follows_the_seed_and_a_holdout_does_not():
    clips, labels = numbered([20, 14, 9], subjects=21)
    k_fold, holdout = ProtocolSpec(split="k_fold"), ProtocolSpec(split="holdout", test_share=0.3)
    tests = {
        protocol.split: [folds_of(protocol, clips, labels, seed)[0].test.tolist() for seed in (0, 1)]
        for protocol in (k_fold, holdout)
    }
    assert tests["k_fold"][0] != tests["k_fold"][1]
    assert tests["holdout"][0] == tests["holdout"][1]


def two_datasets() -> pd.DataFrame:
    return pd.concat([clips_of(["01", "02"], "casme2"), clips_of(["006"], "samm")], ignore_index=True)


def test_holdout_database_evaluation_goes_both_ways():
    to_samm, to_casme2 = folds_of(ProtocolSpec(split="hde"), two_datasets(), np.zeros(3, int), seed=0)
    assert (to_samm.held_out, to_samm.train.tolist(), to_samm.test.tolist()) == ("samm after casme2", [0, 1], [2])
    assert (to_casme2.train.tolist(), to_casme2.test.tolist()) == ([2], [0, 1])


def test_one_dataset_after_another():
    protocol = ProtocolSpec(split="cross", train=["samm"], test=["casme2"])
    (fold,) = folds_of(protocol, two_datasets(), np.zeros(3, int), seed=0)
    assert (fold.train.tolist(), fold.test.tolist()) == ([2], [0, 1])
    unknown = ProtocolSpec(split="cross", train=["samm"], test=["smic"])
    with pytest.raises(UserError, match="names the dataset smic; labelled clips are of casme2, samm"):
        folds_of(unknown, two_datasets(), np.zeros(3, int), seed=0)


def test_given_folds_are_taken_as_they_are(tmp_path):
    clips = two_datasets()
    table = split_table(leave_one_subject_out(clips), clips)
    table.to_csv(tmp_path / "folds.csv", index=False)
    protocol = ProtocolSpec(split="given", file=tmp_path / "folds.csv")
    found = folds_of(protocol, clips, np.zeros(3, int), seed=0)
    expected = leave_one_subject_out(clips)
    assert [(fold.train.tolist(), fold.test.tolist()) for fold in found] == [
        (fold.train.tolist(), fold.test.tolist()) for fold in expected
    ]


def test_the_splits_of_a_training_with_several_seeds_are_not_taken_for_those_of_one(tmp_path):
    clips = two_datasets()
    table = split_table(leave_one_subject_out(clips), clips)
    pd.concat([table.assign(seed=seed) for seed in (0, 5)]).to_csv(tmp_path / "folds.csv", index=False)
    with pytest.raises(UserError, match=r"folds\.csv holds the folds of 2 seeds\. Keep the rows of one"):
        folds_of(ProtocolSpec(split="given", file=tmp_path / "folds.csv"), clips, np.zeros(3, int), seed=0)


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("role", "val", 'row 2: role "val" is neither train nor test'),
        ("clip", "c9", "row 2: casme2/02/c9 is no labelled clip"),
        ("fold", "7", "fold 7 has no clips to test"),
    ],
)
def test_a_given_table_that_cannot_be_is_told(tmp_path, column, value, said):
    clips = two_datasets()
    table = split_table(leave_one_subject_out(clips), clips).astype(str)
    table.loc[0, column] = value
    table.to_csv(tmp_path / "folds.csv", index=False)
    with pytest.raises(UserError, match=said):
        folds_of(ProtocolSpec(split="given", file=tmp_path / "folds.csv"), clips, np.zeros(3, int), seed=0)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"split": "loso", "folds": 3}, '"folds" is no key of split loso'),
        ({"split": "holdout"}, "split holdout needs one of the keys test_share and train_counts"),
        ({"split": "holdout", "test_share": 0.2, "shuffle": False}, "train_counts and shuffle: false go with by: clip"),
        ({"split": "holdout", "by": "clip", "test_share": 0.2, "shuffle": False}, "it needs stratify: false"),
        ({"split": "cross", "train": ["a"]}, "split cross needs the key test"),
        ({"split": "k_fold", "folds": 1}, "folds: should be greater than or equal to 2"),
    ],
)
def test_a_protocol_s_mistake_names_its_key(keys, said):
    with pytest.raises(ValidationError) as caught:
        ProtocolSpec(**keys)
    assert said in "\n".join(mistakes_in_words(caught.value))


def test_only_protocols_by_clip_leak():
    assert ProtocolSpec(split="k_fold", by="clip").leaks()
    for keys in ({"split": "loso"}, {"split": "k_fold"}, {"split": "hde"}, {"split": "holdout", "test_share": 0.2}):
        assert not ProtocolSpec(**keys).leaks()
