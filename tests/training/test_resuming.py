"""A training that was cut off goes on behind its finished folds, and gives what an undisturbed one gives."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mexflow.config.training import TrainingSpec, TrainingStageSpec
from mexflow.errors import UserError
from mexflow.store.finished_folds import FinishedFold, FoldsOnDisk
from mexflow.training import run
from mexflow.training.fitting import FoldTrainer
from mexflow.training.run import TrainedRun, Training, TrainingJob, train
from training.toys import clip_table, feature_of, training_spec

FEATURE = feature_of(clip_table(["s1", "s2", "s3", "s4"]))
SPEC = training_spec(epochs=2, dropout=0.5, keep_weights=True)


def on_disk(folder: Path, spec: TrainingSpec = SPEC, code: str = "code") -> FoldsOnDisk:
    return FoldsOnDisk(folder, spec.canonical(), code, FEATURE.digest())


def same(one: TrainedRun, other: TrainedRun) -> None:
    for name in ("predictions", "curves", "splits"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name), check_exact=True)
    assert one.audit == other.audit
    assert dict(one.weights).keys() == dict(other.weights).keys()
    for fold, arrays in one.weights.items():
        assert arrays.keys() == other.weights[fold].keys()
        for name, array in arrays.items():
            np.testing.assert_array_equal(array, other.weights[fold][name])


@pytest.fixture(scope="module")
def undisturbed() -> TrainedRun:
    return train(FEATURE, SPEC)


@pytest.fixture
def fitted(monkeypatch):
    """How many folds are fitted."""
    count = []
    fit = FoldTrainer.fit
    monkeypatch.setattr(FoldTrainer, "fit", lambda *given: count.append(1) or fit(*given))
    return count


@contextlib.contextmanager
def killed_after(folds: int, monkeypatch) -> Iterator[None]:
    trained = Training._trained
    count = []

    def killed(self, *given):
        if len(count) == folds:
            raise KeyboardInterrupt
        count.append(1)
        return trained(self, *given)

    with monkeypatch.context() as patch:
        patch.setattr(run.Training, "_trained", killed)
        with pytest.raises(KeyboardInterrupt):
            yield


def cut_off_after(folds: int, finished: FoldsOnDisk, monkeypatch, spec: TrainingSpec = SPEC) -> None:
    with killed_after(folds, monkeypatch):
        Training(FEATURE, spec).run(finished=finished)


@pytest.mark.parametrize("folds", [0, 1, 3])
def test_it_goes_on_behind_the_finished_folds(folds, tmp_path, monkeypatch, fitted, undisturbed):
    cut_off_after(folds, on_disk(tmp_path), monkeypatch)
    assert list(on_disk(tmp_path)) == list(range(folds))
    fitted.clear()
    resumed = Training(FEATURE, SPEC).run(finished=on_disk(tmp_path))
    assert len(fitted) == 4 - folds
    same(resumed, undisturbed)


def test_a_damaged_fold_is_trained_again(tmp_path, monkeypatch, fitted, undisturbed):
    cut_off_after(3, on_disk(tmp_path), monkeypatch)
    content = (tmp_path / "1.h5").read_bytes()
    (tmp_path / "1.h5").write_bytes(content[: len(content) // 2])
    fitted.clear()
    same(Training(FEATURE, SPEC).run(finished=on_disk(tmp_path)), undisturbed)
    assert len(fitted) == 2


@pytest.mark.parametrize(
    "changed",
    [{"code": "other"}, {"spec": SPEC.model_copy(update={"seed": 1})}, {"spec": training_spec(epochs=3)}],
    ids=["code", "seed", "epochs"],
)
def test_folds_of_another_training_do_not_count(tmp_path, monkeypatch, changed):
    cut_off_after(2, on_disk(tmp_path), monkeypatch)
    assert list(on_disk(tmp_path, **changed)) == []
    assert list(FoldsOnDisk(tmp_path, SPEC.canonical(), "code", "other samples")) == []


def test_where_the_model_is_carried_over_all_folds_are_trained_again(tmp_path, monkeypatch, fitted):
    protocol = SPEC.protocol.model_copy(update={"carry_over": "model"})
    spec = SPEC.model_copy(update={"protocol": protocol})
    cut_off_after(2, on_disk(tmp_path, spec), monkeypatch, spec)
    fitted.clear()
    same(Training(FEATURE, spec).run(finished=on_disk(tmp_path, spec)), train(FEATURE, spec))
    assert len(fitted) == 8


def test_a_finished_fold_comes_back_as_it_was(tmp_path):
    folds = on_disk(tmp_path)
    given = FinishedFold(
        probabilities=np.random.default_rng(0).random((3, 2), np.float32),
        curve=pd.DataFrame({"epoch": [1, 2], "loss": [0.5, 0.25], "stage": ["a", "b"]}),
        seconds=1.5,
        mean=np.array([0.1, 0.2]),
        deviation=np.array([1.0, 2.0]),
        uses=[("statistics", np.array([0, 2])), ("fit", np.array([2])), ("test", np.array([1]))],
        weights={"conv/kernel": np.ones((2, 2), np.float32), "conv/bias": np.zeros(2, np.float32)},
    )
    folds[7] = given
    found = on_disk(tmp_path)[7]
    np.testing.assert_array_equal(found.probabilities, given.probabilities)
    pd.testing.assert_frame_equal(found.curve, given.curve)
    assert [use for use, _ in found.uses] == ["statistics", "fit", "test"]
    np.testing.assert_array_equal(found.uses[0][1], [0, 2])
    assert found.weights.keys() == given.weights.keys()
    assert len(on_disk(tmp_path)) == 1
    del folds[7]
    assert 7 not in folds


def test_jobs_that_share_the_folds_give_together_what_one_gives(undisturbed):
    parts = [train(FEATURE, SPEC.model_copy(update={"job": (number, 3)})) for number in range(3)]
    assert [sorted(part.predictions.fold.unique()) for part in parts] == [[0, 3], [1], [2]]
    for name in ("predictions", "curves", "splits"):
        pooled = pd.concat([getattr(part, name) for part in parts])
        ordered = pooled.sort_values("fold", kind="stable").reset_index(drop=True)
        pd.testing.assert_frame_equal(ordered, getattr(undisturbed, name), check_exact=True)
    assert all(part.audit["0"]["passed"] for part in parts)


def test_more_jobs_than_folds_are_told():
    with pytest.raises(UserError, match=r"5 jobs for 4 folds: .* Set folds_per_job of the model to 2 or more"):
        Training(FEATURE, SPEC.model_copy(update={"job": (4, 5)}))


SEEDS = TrainingStageSpec(**{name: value for name, value in SPEC if name != "seed"}, seeds=(0, 3))


def test_a_later_seed_goes_on_behind_its_finished_folds(tmp_path, monkeypatch, fitted):
    finished = FoldsOnDisk(tmp_path, SEEDS.canonical(), "code", FEATURE.digest())
    with killed_after(6, monkeypatch):
        TrainingJob(FEATURE, SEEDS).run(1, finished.of_seed)
    assert [list(finished.of_seed(seed)) for seed in SEEDS.seeds] == [[0, 1, 2, 3], [0, 1]]
    fitted.clear()
    resumed = TrainingJob(FEATURE, SEEDS).run(1, finished.of_seed)
    assert len(fitted) == 2
    same(resumed, TrainingJob(FEATURE, SEEDS).run(1, lambda seed: {}))
    finished.remove()
    assert not tmp_path.exists()


def test_the_size_of_a_job_is_not_part_of_what_is_trained():
    model = SPEC.model.model_copy(update={"folds_per_job": 3, "seeds_per_job": 2})
    assert SPEC.model_copy(update={"model": model}).canonical() == SPEC.canonical()
    assert TrainingSpec.model_validate_json(SPEC.canonical()) == SPEC
