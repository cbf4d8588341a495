"""Tests between models against scipy, enumeration of every permutation, and tables computed by hand."""

from itertools import combinations, product

import numpy as np
import pandas as pd
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from mexflow.errors import UserError
from mexflow.evaluation.comparison import compare, difference_interval, holm, mcnemar, subject_permutation
from mexflow.evaluation.recognition import subject_confusions, uf1, war

p_values = st.lists(st.floats(0, 1), min_size=1, max_size=8)


def predictions(accuracy: float, guess: int = 0, seeds=(0,), subjects=8) -> pd.DataFrame:
    """Six clips of each subject; the truth is the same whatever the accuracy."""
    truth = np.random.default_rng(99).integers(0, 3, 6 * subjects)
    parts = []
    for seed in seeds:
        random = np.random.default_rng([guess, seed])
        right = random.random(len(truth)) < accuracy
        subject = [f"s{number // 6}" for number in range(len(truth))]
        clips = {"dataset": "d", "subject": subject, "clip": [f"c{number:02d}" for number in range(len(truth))]}
        y_pred = np.where(right, truth, random.integers(0, 3, len(truth)))
        parts.append(pd.DataFrame(clips | {"fold": subject, "seed": seed, "y_true": truth, "y_pred": y_pred}))
    return pd.concat(parts, ignore_index=True)


def confusions(*frames: pd.DataFrame) -> list[np.ndarray]:
    return [subject_confusions(frame, 3) for frame in frames]


@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=40))
def test_mcnemar_is_the_binomial_test_of_the_clips_on_which_the_models_differ(pairs):
    first, second = np.array(pairs, dtype=bool).reshape(-1, 2).T
    result = mcnemar(first, second)
    only_first, only_second = sum(a and not b for a, b in pairs), sum(b and not a for a, b in pairs)
    assert result[:2] == (only_first, only_second)
    differing = only_first + only_second
    expected = scipy.stats.binomtest(only_first, differing).pvalue if differing else 1.0
    assert result.p == pytest.approx(expected, rel=1e-9)


def test_mcnemar_holds_for_thousands_of_clips():
    first = np.arange(5000) < 2600
    assert mcnemar(first, ~first).p == pytest.approx(scipy.stats.binomtest(2600, 5000).pvalue, rel=1e-9)


def all_permutations(first: pd.DataFrame, second: pd.DataFrame) -> float:
    """Share of all 2^subjects swaps whose difference of UF1 is at least the observed one."""
    people = sorted(set(first["subject"]))
    differences = []
    for swapped in product([False, True], repeat=len(people)):
        swap = first["subject"].isin([person for person, one in zip(people, swapped, strict=True) if one])
        values = [
            f1_score(first["y_true"], np.where(swap, other, own), average="macro")
            for own, other in ((first["y_pred"], second["y_pred"]), (second["y_pred"], first["y_pred"]))
        ]
        differences.append(values[0] - values[1])
    return float(np.mean(np.abs(differences) >= abs(differences[0]) - 1e-12))


@pytest.mark.parametrize("accuracy", [0.55, 0.8])
def test_the_permutation_test_is_near_the_enumeration_of_every_permutation(accuracy):
    first, second = predictions(0.5, guess=1, subjects=6), predictions(accuracy, guess=2, subjects=6)
    exact = all_permutations(first, second)
    draws = 20_000
    found = subject_permutation(*confusions(first, second), uf1, draws)
    assert found == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / draws) + 1 / draws)


def test_the_permutation_test_keeps_its_level_when_no_model_is_better():
    """400 pairs of equal models: the share of p ≤ .1 is at most .1, but for chance (three standard errors)."""
    values = []
    for number in range(400):
        pair = confusions(predictions(0.6, guess=2 * number), predictions(0.6, guess=2 * number + 1))
        values.append(subject_permutation(*pair, uf1, draws=199, seed=number))
    assert 0.04 < np.mean(np.array(values) <= 0.1) < 0.1 + 3 * np.sqrt(0.1 * 0.9 / 400)


def test_a_model_against_itself_has_p_1_and_no_interval_but_0():
    frame = predictions(0.6)
    assert subject_permutation(*confusions(frame, frame), uf1, 200) == 1.0
    assert difference_interval(*confusions(frame, frame), uf1, 200) == (0.0, 0.0)


def test_the_least_p_is_one_of_the_draws_and_the_observation():
    pair = confusions(predictions(1.0, subjects=30), predictions(0.0, guess=1, subjects=30))
    assert subject_permutation(*pair, uf1, draws=499) == 1 / 500


def test_the_order_of_the_models_does_not_matter():
    pair = confusions(predictions(0.5, guess=1), predictions(0.7, guess=2))
    assert subject_permutation(*pair, uf1, 500) == subject_permutation(*pair[::-1], uf1, 500)
    low, high = difference_interval(*pair, uf1, 500)
    assert difference_interval(*pair[::-1], uf1, 500) == pytest.approx((-high, -low))


def test_models_on_other_clips_are_not_permuted():
    first, second = confusions(predictions(0.5), predictions(0.5, subjects=9))
    with pytest.raises(ValueError, match="same clips"):
        subject_permutation(first, second, uf1)
    with pytest.raises(ValueError, match="same clips"):
        subject_permutation(first, first.swapaxes(-1, -2), uf1)


def test_the_interval_of_a_difference_is_the_literal_paired_bootstrap():
    first, second = predictions(0.5, guess=1, seeds=(0, 1)), predictions(0.8, guess=2, seeds=(0, 1))
    people, draws = sorted(set(first["subject"])), 60
    times = np.random.default_rng(0).multinomial(len(people), np.full(len(people), 1 / len(people)), size=draws)
    values = []
    for row in times:
        names = [person for person, n in zip(people, row, strict=True) for _ in range(n)]
        accuracy = []
        for frame in (first, second):
            drawn = pd.concat([frame[frame["subject"] == name] for name in names])
            accuracy.append((drawn["y_true"] == drawn["y_pred"]).mean())
        values.append(accuracy[0] - accuracy[1])
    found = difference_interval(*confusions(first, second), war, draws)
    np.testing.assert_allclose(found, np.percentile(values, [2.5, 97.5]), atol=1e-12)


@given(p_values)
def test_holm_is_its_definition(values):
    """Adjusted p_(i): the greatest of (m - j + 1) p_(j) over j ≤ i, at most 1."""
    order = sorted(range(len(values)), key=lambda i: values[i])
    for rank, place in enumerate(order):
        steps = [(len(values) - j) * values[order[j]] for j in range(rank + 1)]
        assert holm(values)[place] == pytest.approx(min(1, max(steps)))


@given(p_values, st.sampled_from([0.01, 0.05, 0.2]))
def test_holm_rejects_what_the_step_down_procedure_rejects(values, level):
    rejected = [False] * len(values)
    for step, place in enumerate(sorted(range(len(values)), key=lambda i: values[i])):
        if values[place] * (len(values) - step) > level:
            break
        rejected[place] = True
    assert [p <= level for p in holm(values)] == rejected


def test_holm_of_the_textbook():
    """Four hypotheses of .01, .04, .03, .005: 4 × .005, 3 × .01, 2 × .03, then .06 again since 1 × .04 is less."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_all_pairs_are_compared_in_order():
    models = {"a": predictions(0.3, guess=0), "b": predictions(0.6, guess=1), "c": predictions(0.9, guess=2)}
    result = compare(models, 3, draws=300)
    assert [(pair["first"], pair["second"]) for pair in result["pairs"]] == list(combinations("abc", 2))
    assert (result["n_clips"], result["n_subjects"], result["n_seeds"], result["metric"]) == (48, 8, 1, "uf1")
    for pair in result["pairs"]:
        frames = [models[pair[place]] for place in ("first", "second")]
        expected = [f1_score(frame["y_true"], frame["y_pred"], average="macro") for frame in frames]
        assert pair["difference"] == pytest.approx(expected[0] - expected[1])
        assert pair["ci"][0] <= pair["difference"] <= pair["ci"][1]
        assert pair["p"] == subject_permutation(*confusions(*frames), uf1, 300)
        (test,) = pair["mcnemar"]["per_seed"]
        assert test == mcnemar(*(frame["y_true"] == frame["y_pred"] for frame in frames))._asdict()
        assert pair["mcnemar"]["p"] == test["p"]
    assert [pair["p_holm"] for pair in result["pairs"]] == holm([pair["p"] for pair in result["pairs"]])
    mcnemars = [pair["mcnemar"] for pair in result["pairs"]]
    assert [test["p_holm"] for test in mcnemars] == holm([test["p"] for test in mcnemars])
    assert result["models"]["c"]["war"] == {"mean": pytest.approx(0.9, abs=0.1), "sd": None}


def test_several_seeds_are_paired_in_order_and_rows_may_come_in_any():
    first, second = predictions(0.5, 1, seeds=(0, 1)), predictions(0.8, 2, seeds=(3, 7))
    (pair,) = compare({"a": first, "b": second}, 3, draws=100)["pairs"]
    (shuffled,) = compare({"a": first.sample(frac=1, random_state=0), "b": second}, 3, draws=100)["pairs"]
    assert shuffled == pair
    tests = [
        mcnemar(
            *((frame["y_true"] == frame["y_pred"])[frame["seed"] == seed] for frame, seed in ((first, a), (second, b)))
        )
        for a, b in ((0, 3), (1, 7))
    ]
    assert pair["mcnemar"]["per_seed"] == [test._asdict() for test in tests]
    assert pair["mcnemar"]["p"] == pytest.approx(min(1, tests[0].p + tests[1].p))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda frame: frame[1:], r"b: lacks clip d/s0/c00, which a has \(1 such clips"),
        (lambda frame: pd.concat([frame, frame[:1].assign(clip="new")]), "a: lacks clip d/s0/new, which b has"),
        (lambda frame: frame.assign(dataset="e"), r"lacks clip .* \(96 such clips"),
        (lambda frame: frame.assign(y_true=2 - frame["y_true"]), "b: clip d/s0/c0. is of class 0, but of class 2 in a"),
        (lambda frame: pd.concat([frame, frame.assign(seed=1)]), "b: 2 seeds, but a has 1 seed"),
        (lambda frame: frame.assign(y_pred=3), r"b: clip d/s0/c00, seed 0: y_pred 3 is outside 0\.\.2"),
    ],
)
def test_models_that_cannot_be_paired_are_refused(change, message):
    with pytest.raises(UserError, match=message):
        compare({"a": predictions(0.5), "b": change(predictions(0.7))}, 3, draws=10)


def test_one_model_is_not_compared():
    with pytest.raises(UserError, match="two models"):
        compare({"a": predictions(0.5)}, 3)
