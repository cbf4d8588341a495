"""Seeds that one job trains one after the other: each gives what it gives alone."""

import numpy as np
import pandas as pd
import pytest

from mexflow.config.augmentation import AugmentationSpec
from mexflow.config.training import ModelSpec, ProtocolSpec, TrainingSpec, TrainingStageSpec
from mexflow.store.packed import Layout, PackedFeature
from mexflow.training import run
from mexflow.training.run import TrainedRun, TrainingJob, train
from training.toys import CLASSES, clip_table, feature_of, training_spec

FEATURE = feature_of(clip_table(["s1", "s2", "s3"]))
STSTNET = training_spec(epochs=2, dropout=0.5, batch_norm=True, keep_weights=True).model
SEEDS = (0, 1, 7)


def stage_spec(model: ModelSpec = STSTNET, seeds=SEEDS, job=None, **protocol) -> TrainingStageSpec:
    return TrainingStageSpec(
        model=model,
        protocol=ProtocolSpec(**({"split": "loso"} | protocol)),
        labels="three_class",
        classes=CLASSES,
        seeds=seeds,
        job=job,
    )


def trained(spec: TrainingStageSpec, feature: PackedFeature = FEATURE) -> TrainedRun:
    return TrainingJob(feature, spec).run(1, lambda seed: {})


def gray() -> PackedFeature:
    """Volumes that Joshi's family can alter."""
    volumes = np.random.default_rng(0).integers(0, 256, (len(FEATURE.clips), 5, 16, 16, 1)).astype(np.uint8)
    return PackedFeature(volumes, FEATURE.clips, Layout(("gray",), ("grey level",)))


SVM = ModelSpec(architecture="svm", keep_weights=True)
VOLUMES = AugmentationSpec(family="joshi_volumes", copies={"positive": 2})
ALTERED = SVM.model_copy(update={"augmentation": VOLUMES})
CASES = {
    "network": (stage_spec(), FEATURE),
    "a share of the folds": (stage_spec(job=(1, 2)), FEATURE),
    "a model that is carried over": (stage_spec(carry_over="model"), FEATURE),
    "folds that follow the seed": (stage_spec(SVM, split="k_fold", folds=3), FEATURE),
    "copies before the split": (
        stage_spec(ALTERED, split="k_fold", by="clip", folds=3, augmentation="before_split"),
        gray(),
    ),
}


@pytest.mark.parametrize(("spec", "feature"), CASES.values(), ids=CASES)
def test_a_seed_gives_in_company_what_it_gives_alone(spec, feature):
    together = trained(spec, feature)
    alone = [train(feature, one) for one in spec.trainings()]
    for name in ("predictions", "curves", "splits"):
        expected = pd.concat([getattr(one, name) for one in alone], ignore_index=True)
        pd.testing.assert_frame_equal(getattr(together, name), expected, check_exact=True)
    pd.testing.assert_frame_equal(TrainingJob(feature, spec).splits(), together.splits)
    assert together.predictions.seed.unique().tolist() == list(SEEDS)
    assert together.audit == {str(seed): one.audit[str(seed)] for seed, one in zip(SEEDS, alone, strict=True)}
    assert together.weights.keys() == {key for one in alone for key in one.weights}
    for one in alone:
        for key, arrays in one.weights.items():
            assert arrays.keys() == together.weights[key].keys()
            for name, array in arrays.items():
                np.testing.assert_array_equal(array, together.weights[key][name])


def test_seeds_differ():
    """So the test above does not compare a seed with itself."""
    columns = ["p_0", "p_1", "p_2"]
    first, second, third = (own[columns].to_numpy() for _, own in trained(stage_spec()).predictions.groupby("seed"))
    assert not np.allclose(first, second)
    assert not np.allclose(second, third)


def test_times_say_whose_they_are():
    times = trained(stage_spec(SVM)).times
    assert list(times.columns) == ["seed", "fold", "held_out", "seconds"]
    assert list(zip(times.seed, times.fold, strict=True)) == [(seed, fold) for seed in SEEDS for fold in range(3)]


@pytest.mark.parametrize(("carry_over", "built"), [("nothing", 1), ("optimizer", 2)])
def test_the_network_is_built_once_unless_something_is_carried_over(monkeypatch, carry_over, built):
    made = []
    trainer_of = run.trainer_of
    monkeypatch.setattr(run, "trainer_of", lambda *given: made.append(1) or trainer_of(*given))
    trained(stage_spec(seeds=(0, 1), carry_over=carry_over))
    assert len(made) == built


def test_a_job_of_one_seed_differs_from_one_of_several_in_its_seeds_only():
    several, single = stage_spec().model_dump(), stage_spec(seeds=(5,)).model_dump()
    assert (several.pop("seeds"), single.pop("seeds")) == (SEEDS, (5,))
    assert several == single
    assert stage_spec(seeds=(5,)).trainings() == [TrainingSpec(**several, seed=5)]
