"""The vectorised subject bootstrap against a literal one."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import f1_score

from mexflow.evaluation.bootstrap import percentile_interval, subject_bootstrap
from mexflow.evaluation.recognition import METRICS, subject_confusions, uf1, war


def unequal_subjects(seeds=(0,), subjects=12) -> pd.DataFrame:
    """Subjects of 1 to 12 clips, better predicted the higher their number."""
    rows = []
    for seed in seeds:
        random = np.random.default_rng(seed)
        truth = np.random.default_rng(99)
        for subject in range(subjects):
            for _ in range(1 + subject):
                y_true = int(truth.integers(3))
                right = random.random() < 0.3 + 0.6 * subject / subjects
                rows.append((f"d{subject % 2}", f"s{subject:02d}", seed, y_true, y_true if right else 0))
    return pd.DataFrame(rows, columns=["dataset", "subject", "seed", "y_true", "y_pred"])


def literal_draw(frame: pd.DataFrame, people: list[tuple[str, str]]) -> float:
    """UF1 of the clips of these people, one by one, averaged over seeds."""
    by_person = dict(list(frame.groupby(["dataset", "subject"])))
    drawn = pd.concat([by_person[person] for person in people])
    return float(
        np.mean(
            [
                f1_score(
                    part["y_true"],
                    part["y_pred"],
                    labels=np.unique(part["y_true"]),
                    average="macro",
                    zero_division=0,
                )
                for _, part in drawn.groupby("seed")
            ]
        )
    )


def people_of(frame: pd.DataFrame) -> list[tuple[str, str]]:
    return sorted(set(zip(frame["dataset"], frame["subject"], strict=True)))


@pytest.mark.parametrize("seeds", [(0,), (0, 1, 2)])
def test_it_is_the_literal_bootstrap_of_the_same_draws(seeds):
    frame, draws = unequal_subjects(seeds), 60
    people = people_of(frame)
    times = np.random.default_rng(5).multinomial(len(people), np.full(len(people), 1 / len(people)), size=draws)
    values = [literal_draw(frame, [p for p, n in zip(people, row, strict=True) for _ in range(n)]) for row in times]
    expected = np.percentile(values, [2.5, 97.5])
    interval = subject_bootstrap(subject_confusions(frame, 3), uf1, draws=draws, seed=5)
    np.testing.assert_allclose(interval, expected, atol=1e-12)


def test_it_agrees_with_a_literal_bootstrap_of_other_draws():
    frame = unequal_subjects()
    people = people_of(frame)
    choose = np.random.default_rng(1234)
    values = [
        literal_draw(frame, [people[i] for i in choose.integers(len(people), size=len(people))]) for _ in range(500)
    ]
    interval = subject_bootstrap(subject_confusions(frame, 3), uf1, draws=4000)
    np.testing.assert_allclose(interval, np.percentile(values, [2.5, 97.5]), atol=0.03)


def test_it_is_wider_than_the_bootstrap_of_clips_when_subjects_differ():
    frame = unequal_subjects()
    frame["y_pred"] = np.where(
        frame["subject"].str[1:].astype(int) % 3 == 0, (frame["y_true"] + 1) % 3, frame["y_true"]
    )
    clips = frame.assign(subject=[str(number) for number in range(len(frame))])
    of_subjects = subject_bootstrap(subject_confusions(frame, 3), war)
    of_clips = subject_bootstrap(subject_confusions(clips, 3), war)
    assert np.diff(of_subjects) > 1.3 * np.diff(of_clips)


def test_its_spread_is_the_standard_error_of_a_mean():
    """Subjects of one clip each: the draws of accuracy are binomial, sd = sqrt(p (1 - p) / n)."""
    right = np.arange(400) % 4 != 0
    confusions = np.where(right[:, None, None], [[1, 0], [0, 0]], [[0, 1], [0, 0]])[:, None]
    low, high = subject_bootstrap(confusions, war, draws=20_000)
    assert (high - low) / (2 * 1.96) == pytest.approx(np.sqrt(0.75 * 0.25 / 400), rel=0.03)


def test_equal_seeds_give_equal_intervals_and_others_do_not():
    confusions = subject_confusions(unequal_subjects(), 3)
    assert subject_bootstrap(confusions, uf1, seed=1) == subject_bootstrap(confusions, uf1, seed=1)
    assert subject_bootstrap(confusions, uf1, seed=1) != subject_bootstrap(confusions, uf1, seed=2)


def test_perfect_predictions_have_a_point_for_an_interval_though_draws_lack_classes():
    frame = unequal_subjects()
    frame["y_pred"] = frame["y_true"]
    confusions = subject_confusions(frame, 3)
    for name, metric in METRICS.items():
        assert subject_bootstrap(confusions, metric, draws=500) == (1.0, 1.0), name


def test_one_subject_has_no_interval():
    frame = unequal_subjects(subjects=1)
    assert np.isnan(subject_bootstrap(subject_confusions(frame, 3), uf1)).all()


def test_without_draws_there_is_no_interval():
    assert np.isnan(subject_bootstrap(subject_confusions(unequal_subjects(), 3), uf1, draws=0)).all()


def test_draws_that_leave_the_metric_undefined_are_left_out_of_the_percentiles():
    values = np.concatenate([np.arange(1001) / 1000, np.full(50, np.nan)])
    assert percentile_interval(values, subjects=9) == pytest.approx((0.025, 0.975))
    assert np.isnan(percentile_interval(np.full(5, np.nan), subjects=9)).all()


def test_subjects_of_equal_name_in_two_datasets_are_two():
    frame = unequal_subjects(seeds=(4, 7))
    frame["subject"] = "s01"
    by_subject = subject_confusions(frame, 3)
    assert by_subject.shape == (2, 2, 3, 3)
    assert by_subject.sum() == len(frame)
