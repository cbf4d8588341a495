"""What a spotting network is trained on: which pairs, with which targets, in which order."""

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from mexflow.errors import UserError
from mexflow.training.pair_samples import PairSamples
from mexflow.training.pair_training_set import PairTrainingSet
from mexflow.training.spotting_folds import SpottingFold, spotting_folds
from training.long_videos import (
    MANIFEST,
    PAIRS,
    VIDEOS,
    K,
    literal_labels,
    manifest_of,
    samples_of,
    scoring,
    silent_of,
    write_pairs,
)

SAMPLES = samples_of()


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pairs")
    write_pairs(folder, VIDEOS, K, SAMPLES)
    return folder


def training_set(
    pairs: Path, manifest: pd.DataFrame = MANIFEST, **keys: object
) -> tuple[PairTrainingSet, list[SpottingFold]]:
    spec = scoring(**keys)
    return PairTrainingSet(PairSamples(pairs, VIDEOS), VIDEOS, manifest, spec), spotting_folds(VIDEOS, manifest, spec)


def originals(tensors: np.ndarray) -> list[tuple[str, int] | None]:
    """The video of each tensor and its position there; none for altered copies."""
    known = {image.tobytes(): (video, place) for video, some in SAMPLES.items() for place, image in enumerate(some)}
    return [known.get(image.tobytes()) for image in tensors]


def test_targets_are_those_of_the_literal_rule_in_frame_numbers(pairs: Path) -> None:
    samples, _ = training_set(pairs)
    for place, video in enumerate(VIDEOS.video):
        np.testing.assert_array_equal(samples.targets(place, K), literal_labels(video))


def test_where_every_second_frame_is_kept_intervals_are_those_of_the_kept_frames(tmp_path: Path) -> None:
    manifest = manifest_of(("s1", "a", "micro", 10, 18), ("s1", "a", "micro", 41, 62), ("s2", "b", "micro", 116, 400))
    write_pairs(tmp_path, VIDEOS, K, SAMPLES, step=2)
    samples, _ = training_set(tmp_path, manifest)
    for place, video in enumerate(VIDEOS.video):
        expected = literal_labels(video, manifest, step=2)
        assert expected.any() == (video in {"a", "b"})
        np.testing.assert_array_equal(samples.targets(place, K), expected)


def test_overlaps_are_those_of_sets_of_frames(pairs: Path) -> None:
    samples, _ = training_set(pairs, spotter={"labels": "overlap"})
    spans = [set(range(10, 19)), set(range(40, 47))]
    windows = [set(range(first, first + K)) for first in range(1, PAIRS + 1)]
    expected = [max(Fraction(len(one & span), len(one | span)) for span in spans) for one in windows]
    np.testing.assert_allclose(samples.targets(0, K), np.array(expected, float), rtol=1e-6)


@pytest.mark.parametrize("labels", ["published", "overlap"])
def test_an_interval_of_which_no_frame_was_kept_marks_nothing(tmp_path: Path, labels: str) -> None:
    """Every fourth frame is kept, from 1 on: none of 2–4, none of 42–44, and the last is 249."""
    manifest = manifest_of(
        ("s1", "a", "micro", 2, 4),
        ("s1", "a", "micro", 42, 44),
        ("s1", "a", "micro", 250, 400),
        ("s2", "b", "micro", 9, 9),
    )
    write_pairs(tmp_path, VIDEOS, K, SAMPLES, step=4)
    samples, _ = training_set(tmp_path, manifest, spotter={"labels": labels})
    assert not samples.targets(0, K).any()
    assert samples.targets(1, K).any() == (labels == "overlap")


def test_shifted_labels_are_those_of_half_a_video_away(pairs: Path) -> None:
    samples, _ = training_set(pairs, shift_labels=True)
    for place, video in enumerate(VIDEOS.video):
        half = PAIRS // 2
        expected = [literal_labels(video)[(pair + half) % PAIRS] for pair in range(PAIRS)]
        np.testing.assert_array_equal(samples.targets(place, K), expected)
    assert not np.array_equal(samples.targets(0, K), literal_labels("a"))


@pytest.mark.parametrize("longest", [18, 58], ids=["most pairs are silent", "few pairs are silent"])
@pytest.mark.parametrize("share", [0.5, 0.2])
def test_silent_pairs_are_thinned_out_to_a_share_of_the_larger_group(pairs: Path, longest: int, share: float) -> None:
    manifest = MANIFEST.assign(offset=np.maximum(MANIFEST.offset, longest))
    samples, folds = training_set(pairs, manifest, spotter={"kept_negatives": share, "augmented_types": []})
    for fold in folds:
        labels = np.concatenate([literal_labels(VIDEOS.video[one], manifest) for one in fold.train])
        shown, silent = int(labels.sum()), int((labels == 0).sum())
        _, targets = samples.of(fold)
        assert (targets > 0).sum() == shown
        assert (targets == 0).sum() == min(int(share * max(shown, silent)), silent)


@pytest.mark.parametrize(("kind", "copies"), [("micro", 3), ("macro", 0)])
def test_each_pair_of_an_expression_has_three_copies_if_it_is_micro_and_none_if_it_is_macro(
    pairs: Path, kind: str, copies: int
) -> None:
    samples, folds = training_set(pairs, MANIFEST.assign(expression_type=kind), type=kind)
    for fold in folds:
        shown = sum(int(literal_labels(VIDEOS.video[one]).sum()) for one in fold.train)
        tensors, targets = samples.of(fold)
        whose = originals(tensors)
        assert (targets > 0).sum() == (1 + copies) * shown
        assert whose.count(None) == copies * shown
        assert all(target > 0 for one, target in zip(whose, targets, strict=True) if one is None)


def test_copies_are_a_mirror_image_a_blurred_and_a_noisy_one(pairs: Path) -> None:
    samples, folds = training_set(pairs)
    tensors, targets = samples.of(folds[0])
    whose = originals(tensors)
    copies = tensors[[one is None for one in whose]]
    shown = [SAMPLES[one[0]][one[1]] for one, target in zip(whose, targets, strict=True) if one and target]
    for image in shown:
        assert (copies == image[:, ::-1]).all(axis=(1, 2, 3)).sum() == 1
        assert np.isclose(copies, cv2.GaussianBlur(image, (7, 7), 0), atol=1e-5).all(axis=(1, 2, 3)).sum() == 1
    assert len(copies) == 3 * len(shown)


@pytest.mark.parametrize("labels", ["published", "overlap"])
def test_every_sample_keeps_its_own_target_and_none_comes_twice(pairs: Path, labels: str) -> None:
    samples, folds = training_set(pairs, spotter={"labels": labels})
    for fold in folds:
        expected = {
            (VIDEOS.video[one], place): target
            for one in fold.train
            for place, target in enumerate(samples.targets(one, K))
        }
        tensors, targets = samples.of(fold)
        whose = originals(tensors)
        found = [one for one in whose if one is not None]
        assert len(set(found)) == len(found)
        mirrored = originals(tensors[:, :, ::-1])
        for named in (whose, mirrored):
            told = [(one, target) for one, target in zip(named, targets, strict=True) if one is not None]
            assert told
            assert all(expected[one] == target for one, target in told)


@pytest.mark.parametrize("inner_share", [None, 0.5])
def test_only_videos_to_train_on_are_trained_on(pairs: Path, inner_share: float | None) -> None:
    samples, folds = training_set(pairs, inner_share=inner_share)
    for fold in folds:
        seen = {one[0] for one in originals(samples.of(fold)[0]) if one is not None}
        assert seen == {VIDEOS.video[one] for one in fold.train}


def test_all_follows_from_the_seed_and_the_fold(pairs: Path) -> None:
    (first, folds), (second, _), (other, _) = (training_set(pairs, seed=seed) for seed in (4, 4, 5))
    second.of(folds[2])
    for one, same in zip(first.of(folds[1]), second.of(folds[1]), strict=True):
        np.testing.assert_array_equal(one, same)
    assert not np.array_equal(first.of(folds[1])[1], other.of(folds[1])[1])
    chosen, otherwise = ({one for one in originals(some.of(folds[1])[0]) if one} for some in (first, other))
    assert len(chosen) == len(otherwise)
    assert chosen != otherwise


def test_classes_are_mixed_over_the_whole_order(pairs: Path) -> None:
    """Videos come one after another from disk; the network sees them shuffled."""
    samples, folds = training_set(pairs)
    tensors, targets = samples.of(folds[0])
    videos = [one[0] for one in originals(tensors) if one is not None]
    assert videos != sorted(videos)
    halves = np.array_split(targets > 0, 2)
    assert all(0.25 * targets.sum() < half.sum() < 0.75 * targets.sum() for half in halves)


def test_a_fold_that_has_nothing_to_learn_is_told(pairs: Path) -> None:
    manifest = pd.concat([MANIFEST[MANIFEST.video == "a"], silent_of(("s2", "b"), ("s3", "c"))])
    samples, folds = training_set(pairs, manifest)
    with pytest.raises(UserError, match=r"fold 1, d/s1 held out: no pair of .* belongs to a micro-expression"):
        samples.of(folds[0])
