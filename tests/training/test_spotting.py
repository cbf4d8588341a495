"""A spotting run: what it trains on, what it scores, what it must not see."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mexflow.config.spotting import ScoringSpec
from mexflow.errors import UserError
from mexflow.models.softnet import build_spotter
from mexflow.models.spotters import write_spotter
from mexflow.store.finished_folds import FinishedFold, FoldsOnDisk
from mexflow.training.spotter_fitting import SpotterTrainer
from mexflow.training.spotting import PairScoring, ScoredRun
from mexflow.training.spotting_folds import SpottingFold
from training.long_videos import (
    MANIFEST,
    PAIRS,
    SIZE,
    VIDEOS,
    K,
    images,
    literal_labels,
    samples_of,
    scoring,
    write_pairs,
)


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pairs")
    write_pairs(folder, VIDEOS, K, samples_of())
    return folder


def test_every_fold_begins_with_the_same_weights() -> None:
    spec = scoring(spotter={"epochs": 2}).spotter
    trainer = SpotterTrainer(spec, (SIZE, SIZE, 3), seed=1)
    tensors, targets = images(40, np.arange(40) % 2, 0), (np.arange(40) % 2).astype(np.float32)
    first = trainer.fit(tensors, targets)
    trainer.fit(1 - tensors, targets)
    pd.testing.assert_frame_equal(first, trainer.fit(tensors, targets))
    pd.testing.assert_frame_equal(first, SpotterTrainer(spec, (SIZE, SIZE, 3), seed=1).fit(tensors, targets))
    assert not first.equals(SpotterTrainer(spec, (SIZE, SIZE, 3), seed=2).fit(tensors, targets))


@pytest.fixture(scope="module")
def trained(pairs: Path) -> list:
    return PairScoring(VIDEOS, MANIFEST, pairs, scoring(spotter={"epochs": 30})).run().scores


def test_softnet_learns_what_expressions_look_like_and_tells_them_in_a_subject_it_has_not_seen(trained: list) -> None:
    for one in trained:
        labels = literal_labels(one.video)
        if labels.any():
            assert one.scores[labels > 0].min() > one.scores[labels == 0].max()
        np.testing.assert_array_equal(one.frames, np.arange(1, PAIRS + 1))


def test_jobs_that_share_the_folds_score_as_one_job_does(pairs: Path, trained: list) -> None:
    jobs = [
        PairScoring(VIDEOS, MANIFEST, pairs, scoring(spotter={"epochs": 30}, job=(number, 2))).run().scores
        for number in range(2)
    ]
    apart = {(one.subject, one.video): one for job in jobs for one in job}
    assert len(apart) == len(trained)
    for one in trained:
        np.testing.assert_array_equal(apart[one.subject, one.video].scores, one.scores)


@pytest.fixture
def fitted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """An entry per fold that is fitted."""
    count: list[int] = []
    fit = SpotterTrainer.fit
    monkeypatch.setattr(SpotterTrainer, "fit", lambda *given: count.append(1) or fit(*given))
    return count


def same(one: ScoredRun, other: ScoredRun) -> None:
    for before, after in zip(one.scores, other.scores, strict=True):
        for name, value in vars(before).items():
            np.testing.assert_array_equal(getattr(after, name), value)
    pd.testing.assert_frame_equal(one.curves, other.curves, check_exact=True)
    pd.testing.assert_frame_equal(one.splits, other.splits)
    assert one.audit == other.audit
    assert one.weights.keys() == other.weights.keys()
    for fold, arrays in one.weights.items():
        for name, array in arrays.items():
            np.testing.assert_array_equal(other.weights[fold][name], array)


def test_a_killed_run_goes_on_behind_its_finished_folds(
    pairs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fitted: list[int]
) -> None:
    spec = scoring(spotter={"keep_weights": True})
    whole = PairScoring(VIDEOS, MANIFEST, pairs, spec).run()
    scored = PairScoring._scored

    def killed(self: PairScoring, fold: SpottingFold, scorer: object) -> FinishedFold:
        if fold.number == 2:
            raise KeyboardInterrupt
        return scored(self, fold, scorer)

    def on_disk(scoring: PairScoring) -> FoldsOnDisk:
        return FoldsOnDisk(tmp_path, spec.canonical(), "code", scoring.mark())

    with monkeypatch.context() as patch:
        patch.setattr(PairScoring, "_scored", killed)
        cut_off = PairScoring(VIDEOS, MANIFEST, pairs, spec)
        with pytest.raises(KeyboardInterrupt):
            cut_off.run(finished=on_disk(cut_off))
    fitted.clear()
    resumed = PairScoring(VIDEOS, MANIFEST, pairs, spec)
    assert list(on_disk(resumed)) == [0, 1]
    same(resumed.run(finished=on_disk(resumed)), whole)
    assert len(fitted) == 1


def test_finished_folds_are_taken_as_they_are(pairs: Path, fitted: list[int]) -> None:
    spec = scoring()
    done: dict[int, FinishedFold] = {}
    whole = PairScoring(VIDEOS, MANIFEST, pairs, spec).run(finished=done)
    poisoned = replace(done[0], probabilities=np.full_like(done[0].probabilities, 7))
    fitted.clear()
    again = PairScoring(VIDEOS, MANIFEST, pairs, spec).run(finished={0: poisoned, 2: done[2]})
    assert len(fitted) == 1
    for before, after in zip(whole.scores, again.scores, strict=True):
        np.testing.assert_array_equal(after.scores, before.scores if before.fold else np.full(PAIRS, 7, np.float32))


def test_records_cover_every_fold_epoch_and_video(pairs: Path) -> None:
    run = PairScoring(VIDEOS, MANIFEST, pairs, scoring(spotter={"epochs": 2, "keep_weights": True})).run()
    assert run.curves[["fold", "held_out", "epoch"]].to_numpy().tolist() == [
        [fold, f"d/s{fold + 1}", epoch] for fold in range(3) for epoch in (1, 2)
    ]
    roles = run.splits.groupby(["fold", "role"]).video.agg(sorted)
    assert roles[2].to_dict() == {"scored": ["c", "quiet"], "train": ["a", "b"]}
    assert run.splits.groupby("fold").size().tolist() == [len(VIDEOS)] * 3
    assert {
        name: sum(array.size for array in arrays.values()) for name, arrays in run.weights.items()
    } == dict.fromkeys("012", build_spotter((SIZE, SIZE, 3)).count_params())


def test_a_fold_learns_nothing_from_the_video_that_it_scores(pairs: Path, tmp_path: Path) -> None:
    """Other pixels and other labels of s1 change no weight of the fold that holds it out; those of others do."""
    spec = scoring(spotter={"keep_weights": True})
    write_pairs(tmp_path, VIDEOS, K, samples_of() | {"a": images(PAIRS, np.ones(PAIRS), 99)})
    spoilt = MANIFEST.assign(offset=MANIFEST.offset + 9 * (MANIFEST.subject == "s1"))
    one, other = (
        PairScoring(VIDEOS, manifest, folder, spec).run().weights
        for manifest, folder in ((MANIFEST, pairs), (spoilt, tmp_path))
    )
    changes = {
        fold: any(not np.array_equal(array, other[fold][name]) for name, array in one[fold].items()) for fold in one
    }
    assert changes == {"0": False, "1": True, "2": True}


def test_more_jobs_than_folds_are_told(pairs: Path) -> None:
    with pytest.raises(UserError, match=r"5 jobs for 3 folds. Set folds_per_job of the spotter to a greater number"):
        PairScoring(VIDEOS, MANIFEST, pairs, scoring(job=(4, 5)))


def test_a_changed_or_damaged_file_changes_the_mark(tmp_path: Path) -> None:
    spec = scoring()
    write_pairs(tmp_path, VIDEOS, K, samples_of())
    write_pairs(tmp_path, VIDEOS, K + 1, samples_of())
    marks = [PairScoring(VIDEOS, MANIFEST, tmp_path, spec).mark() for _ in range(2)]
    write_pairs(tmp_path, VIDEOS, K + 1, samples_of())
    marks.append(PairScoring(VIDEOS, MANIFEST, tmp_path, spec).mark())
    assert len(set(marks)) == 1, "files of another k do not count"
    write_pairs(tmp_path, VIDEOS.iloc[:1], K, samples_of())
    marks.append(PairScoring(VIDEOS, MANIFEST, tmp_path, spec).mark())
    file = tmp_path / f"interval_{K}" / "s2_b.h5"
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    marks.append(PairScoring(VIDEOS, MANIFEST, tmp_path, spec).mark())
    file.unlink()
    marks.append(PairScoring(VIDEOS, MANIFEST, tmp_path, spec).mark())
    assert len(set(marks)) == 4


@pytest.mark.parametrize(("broken", "said"), [(True, r"s2_b\.h5 is damaged"), (False, r"s2_b\.h5 is missing")])
def test_a_damaged_or_missing_file_is_named(tmp_path: Path, broken: bool, said: str) -> None:
    write_pairs(tmp_path, VIDEOS, K, samples_of())
    file = tmp_path / f"interval_{K}" / "s2_b.h5"
    content = file.read_bytes()
    file.unlink()
    if broken:
        file.write_bytes(content[: len(content) // 2])
    with pytest.raises(UserError, match=said):
        PairScoring(VIDEOS, MANIFEST, tmp_path, scoring()).run()


def test_where_nothing_is_trained_the_packed_numbers_are_the_scores(tmp_path: Path) -> None:
    numbers = {video: np.arange(20, dtype=np.float32) + place for place, video in enumerate(VIDEOS.video)}
    write_pairs(tmp_path, VIDEOS, K, numbers)
    spec = ScoringSpec(spotter={"method": "flow_strain"}, type="micro", k=K)
    run = PairScoring(VIDEOS, MANIFEST, tmp_path, spec).run()
    assert run.curves.empty
    for one in run.scores:
        np.testing.assert_array_equal(one.scores, numbers[one.video])


def test_imported_weights_score_the_fold_that_they_are_named_for(pairs: Path, tmp_path: Path) -> None:
    networks = []
    for fold in (1, 2, 3):
        networks.append(build_spotter((SIZE, SIZE, 3)))
        (tmp_path / "micro").mkdir(exist_ok=True)
        write_spotter(networks[-1], tmp_path / "micro" / f"s{fold}.keras")
    spec = scoring(spotter={"weights": str(tmp_path / "{type}" / "s{fold}.keras")}, videos="with_truth")
    run = PairScoring(VIDEOS, MANIFEST, pairs, spec).run()
    assert run.audit["passed"]
    for one, network in zip(run.scores, networks, strict=True):
        samples = images(PAIRS, literal_labels(one.video), "abc".index(one.video))
        np.testing.assert_allclose(one.scores, network.predict(samples, verbose=0)[:, 0], rtol=1e-5, atol=1e-6)
