"""The scores of a run, from the folders that its trainings leave."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mexflow.config.evaluation import EvaluationSpec
from mexflow.errors import UserError
from mexflow.evaluation.recognition import METRICS, confusion, directions, score
from mexflow.evaluation.run import evaluate_run
from mexflow.store.predictions import write_predictions

CLASSES = ("negative", "positive", "surprise")
AUDIT = {"passed": True, "folds": 2, "checks": [], "apart": "subject", "as_published": []}
SPEC = EvaluationSpec(
    labels="three_class", classes=CLASSES, permute_labels=False, every_clip=True, both_ways=False, draws=50
)


def clips() -> pd.DataFrame:
    rows = [(dataset, subject, f"c{n}") for dataset in ("casme2", "samm") for subject in ("s1", "s2") for n in range(6)]
    return pd.DataFrame(rows, columns=["dataset", "subject", "clip"])


def predictions(seed: int) -> pd.DataFrame:
    """Each dataset is a fold."""
    frame = clips()
    draw = np.random.default_rng(seed)
    probabilities = draw.dirichlet(np.ones(3), len(frame)).astype(np.float32)
    frame["fold"] = (frame.dataset == "samm").astype(int)
    frame["seed"], frame["y_true"], frame["y_pred"] = seed, np.arange(len(frame)) % 3, probabilities.argmax(axis=1)
    return frame.assign(**{f"p_{number}": probabilities[:, number] for number in range(3)})


def splits(folds: list[int], seed: int = 0) -> pd.DataFrame:
    frame = clips()
    parts = [
        frame.assign(seed=seed, fold=fold, role=np.where((frame.dataset == "samm") == bool(fold), "test", "train"))
        for fold in folds
    ]
    return pd.concat(parts)


def part(folder: Path, frame: pd.DataFrame, table: pd.DataFrame, **audit) -> Path:
    folder.mkdir()
    write_predictions(frame, folder / "predictions.csv")
    table.to_csv(folder / "splits.csv", index=False)
    (folder / "audit.json").write_text(json.dumps({str(seed): AUDIT | audit for seed in table.seed.unique()}))
    return folder


def whole(folder: Path, seed: int, **audit) -> Path:
    return part(folder / f"seed{seed}", predictions(seed), splits([0, 1], seed), **audit)


def test_seeds_are_scored_together(tmp_path):
    found, pooled = evaluate_run([whole(tmp_path, seed) for seed in (0, 1)], SPEC)
    expected = score(pd.concat([predictions(0), predictions(1)]), CLASSES, 50)
    assert found["metrics"] == expected["metrics"]
    assert found["leak_audit"] == AUDIT
    assert len(pooled) == 48


def test_jobs_that_share_the_folds_of_a_seed_give_the_same(tmp_path):
    frame = predictions(0)
    jobs = [
        part(tmp_path / f"seed0_job{fold + 1}of2", frame[frame.fold == fold], splits([fold]), folds=1)
        for fold in (1, 0)
    ]
    shared, pooled = evaluate_run(jobs, SPEC)
    (tmp_path / "whole").mkdir()
    alone, of_alone = evaluate_run([whole(tmp_path / "whole", 0)], SPEC)
    assert shared == alone
    pd.testing.assert_frame_equal(pooled, of_alone)


def packed(folder: Path, seeds: tuple[int, ...]) -> Path:
    tables = [pd.concat(map(of, seeds)) for of in (predictions, lambda seed: splits([0, 1], seed))]
    return part(folder / "seeds", *tables)


def test_seeds_that_one_job_has_trained_give_the_same(tmp_path):
    alone, of_alone = evaluate_run([whole(tmp_path, seed) for seed in (0, 1, 4)], SPEC)
    together, pooled = evaluate_run([tmp_path / "seed0", packed(tmp_path, (1, 4))], SPEC)
    assert together == alone
    pd.testing.assert_frame_equal(pooled, of_alone)


def test_each_seed_of_a_job_is_checked(tmp_path):
    folder = packed(tmp_path, (0, 3))
    evaluate_run([folder], SPEC)
    for audits in ({"0": AUDIT}, {"0": AUDIT, "3": AUDIT | {"passed": False}}):
        (folder / "audit.json").write_text(json.dumps(audits))
        with pytest.raises(UserError, match="seed 3: no leak audit was passed"):
            evaluate_run([folder], SPEC)


@pytest.mark.parametrize("lost", [predictions, lambda seed: splits([0, 1], seed)], ids=["predictions", "splits"])
def test_a_seed_that_predictions_or_splits_lack_is_told(tmp_path, lost):
    folder = packed(tmp_path, (0, 3))
    name = "predictions.csv" if lost is predictions else "splits.csv"
    lost(0).to_csv(folder / name, index=False)
    with pytest.raises(UserError, match=r"seed 3: .* is not predicted in the fold that tests it"):
        evaluate_run([folder], SPEC)


def test_a_job_that_is_missing_is_told(tmp_path):
    frame = predictions(0)
    job = part(tmp_path / "seed0_job1of2", frame[frame.fold == 0], splits([0]), folds=1)
    with pytest.raises(UserError, match=r"samm/s1/c0 is tested in no fold of seed 0"):
        evaluate_run([job], SPEC)
    evaluate_run([job], SPEC.model_copy(update={"every_clip": False}))


def test_two_directions_have_their_mean(tmp_path):
    found, pooled = evaluate_run(
        [whole(tmp_path, seed) for seed in (0, 1)], SPEC.model_copy(update={"both_ways": True})
    )
    for name, metric in METRICS.items():
        by_hand = []
        for direction, dataset in zip(found["directions"]["per_direction"], ("casme2", "samm"), strict=True):
            assert direction["tested"] == dataset
            own = [pooled[(pooled.dataset == dataset) & (pooled.seed == seed)] for seed in (0, 1)]
            values = [float(metric(confusion(one.y_true, one.y_pred, 3))) for one in own]
            assert direction[name] == pytest.approx(np.mean(values))
            by_hand.append(np.mean(values))
        assert found["directions"]["mean"][name] == pytest.approx(np.mean(by_hand))


def test_the_published_mean_of_two_directions():
    """ELRCN's WAR under HDE: the mean of 33 of 68 and 71 of 185 right."""
    right = {"samm": (33, 68), "casme2": (71, 185)}
    rows = [
        (dataset, f"{dataset}{n % 5}", f"c{n}", 0, 0, 0, int(n >= hits))
        for dataset, (hits, count) in right.items()
        for n in range(count)
    ]
    frame = pd.DataFrame(rows, columns=["dataset", "subject", "clip", "fold", "seed", "y_true", "y_pred"])
    assert directions(frame, ["I", "II"])["mean"]["war"] == pytest.approx(0.43454, abs=5e-6)


def test_a_class_that_one_direction_lacks_is_told():
    frame = predictions(0)
    frame.loc[frame.dataset == "samm", "y_true"] = 1
    casme2, samm = directions(frame, CLASSES)["per_direction"]
    assert (casme2["absent_classes"], samm["absent_classes"]) == ([], ["negative", "surprise"])


def test_an_audit_that_failed_is_not_scored(tmp_path):
    with pytest.raises(UserError, match="no leak audit was passed"):
        evaluate_run([whole(tmp_path, 0, passed=False)], SPEC)


def test_a_subject_on_both_sides_is_found_in_the_files(tmp_path):
    table = splits([0, 1])
    table.loc[(table.subject == "s1") & (table.fold == 1), "role"] = "train"
    frame = predictions(0)
    kept = frame[~((frame.fold == 1) & (frame.subject == "s1"))]
    folder = part(tmp_path / "seed0", kept, table)
    evaluate_run([folder], SPEC.model_copy(update={"every_clip": False}))
    mixed = table.copy()
    clash = mixed[(mixed.fold == 1) & (mixed.role == "test")].iloc[:1].assign(role="train", clip="other")
    pd.concat([mixed, clash]).to_csv(folder / "splits.csv", index=False)
    with pytest.raises(UserError, match="leak in fold 1: samm/s2 is trained and tested on"):
        evaluate_run([folder], SPEC.model_copy(update={"every_clip": False}))


def test_training_clips_that_are_scored_are_allowed_where_the_protocol_says_so(tmp_path):
    frame = clips()
    both = pd.concat([frame.assign(seed=0, fold=0, role=role) for role in ("train", "test")])
    folder = part(tmp_path / "seed0", predictions(0).assign(fold=0), both, apart="nothing", folds=1)
    found, _ = evaluate_run([folder], SPEC)
    assert found["n_clips"] == 24
    (folder / "audit.json").write_text(json.dumps({"0": AUDIT | {"apart": "clip"}}))
    with pytest.raises(UserError, match="is trained and tested on"):
        evaluate_run([folder], SPEC)
