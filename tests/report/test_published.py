"""Published figures agree with each other, and each has its place in its table."""

import re

import numpy as np
import pytest
from sklearn.metrics import f1_score, recall_score

from mexflow.config.configuration import load_configuration
from mexflow.config.systems import PROTOCOLS, SYSTEMS
from mexflow.evaluation.recognition import METRICS
from mexflow.report.paper_table import published_metrics
from mexflow.report.published import DATA, TABLES, Figure, tabled_runs

FIGURES = [(name, figure) for name, table in TABLES.items() for figure in table.figures]


def figure_of(table: str, method: str, data: str, setting: str = "") -> Figure:
    found = [
        one
        for one in TABLES[table].figures
        if (one.method, one.data, one.setting) == (method, data, setting) and one.systems
    ]
    assert len(found) == 1
    return found[0]


def elrcn(method: str) -> Figure:
    return next(one for one in TABLES["elrcn"].figures if one.method == method and "f1_harmonic" in one.metrics)


def test_elrcn_on_casme2_is_129_of_246_clips() -> None:
    assert elrcn("ELRCN, temporal enrichment").metrics["war"] == pytest.approx(129 / 246, abs=5e-6)


def test_elrcn_between_datasets_is_the_mean_of_both_directions() -> None:
    assert elrcn("ELRCN, HDE").metrics["war"] == pytest.approx((33 / 68 + 71 / 185) / 2, abs=5e-6)


@pytest.mark.parametrize(
    ("method", "data", "right", "clips"),
    [
        ("MicroExpSTCNN", "casme_sq", 36, 41),
        ("MicroExpSTCNN", "smic_hs", 22, 32),
        ("Intermediate MicroExpFuseNet", "casme_sq", 169, 203),
        ("Late MicroExpFuseNet", "casme_sq", 161, 203),
        ("Intermediate MicroExpFuseNet", "smic_hs", 109, 199),
        ("Late MicroExpFuseNet", "smic_hs", 129, 199),
    ],
)
def test_accuracies_of_reddy_are_whole_numbers_of_clips(method: str, data: str, right: int, clips: int) -> None:
    assert figure_of("stcnn", method, data).metrics["war"] == pytest.approx(right / clips, abs=6e-5)


@pytest.mark.parametrize(("name", "figure"), [one for one in FIGURES if one[1].confusion])
def test_a_published_confusion_matrix_gives_the_published_accuracy(name: str, figure: Figure) -> None:
    confusion = np.array(figure.confusion)
    # Swish is published as 62 %, without the decimal.
    assert figure.metrics["war"] == pytest.approx(np.trace(confusion) / confusion.sum(), abs=0.0051)
    y_true, y_pred = np.repeat(np.indices((3, 3)).reshape(2, -1), confusion.ravel(), axis=1)
    derived = published_metrics(figure)
    assert derived["uf1"] == pytest.approx(f1_score(y_true, y_pred, average="macro"))
    assert derived["uar"] == pytest.approx(recall_score(y_true, y_pred, average="macro"))
    assert derived["war"] == figure.metrics["war"]


def test_dubey_s_test_clips_are_those_of_random_state_4() -> None:
    rows = {np.array(one.confusion).sum(axis=1).tobytes() for one in TABLES["dubey"].figures if one.confusion}
    assert rows == {np.array([21, 3, 8]).tobytes()}


def test_ststnet_s_f1_is_below_its_macro_precision_which_it_calls_uar() -> None:
    metrics = figure_of("megc2019", "STSTNet", "megc2019").metrics
    # F1 is the harmonic mean of precision and recall: with the published number for precision recall is lower.
    precision, harmonic = metrics["macro_precision"], metrics["f1_harmonic"]
    recall = harmonic * precision / (2 * precision - harmonic)
    assert recall == pytest.approx(0.7185, abs=1e-4)
    assert "uar" not in metrics


def test_the_composite_s_table_is_that_of_its_papers() -> None:
    values = {
        (one.method, one.data): one.metrics for one in TABLES["megc2019"].figures if one.leak != "no" or one.systems
    }
    assert values["HTNet", "megc2019"] == {"uf1": 0.8603, "uar": 0.8475}
    assert values["LBP-TOP (baseline)", "megc2019/samm"] == {"uf1": 0.3954, "uar": 0.4102}
    assert values["Ra-ICL", "megc2019/casme2"] == {"uf1": 0.9620}
    assert ("SOFP", "megc2019/samm") not in values


@pytest.mark.parametrize(("name", "figure"), FIGURES)
def test_every_figure_has_a_place(name: str, figure: Figure) -> None:
    table = TABLES[name]
    assert figure.data in table.data
    assert figure.data in DATA
    assert set(figure.metrics) <= {column.metric for column in table.columns}
    assert set(figure.metrics) <= {*METRICS, "absolute_majority"}
    assert all(0 < value < 1 for value in figure.metrics.values())
    assert figure.source
    for system in figure.systems:
        assert system.startswith(table.systems)
        settings = {
            table.setting(protocol, labels)
            for variant in ("as_published", "leak_free")
            for protocol in SYSTEMS[system].setup(variant).protocols
            for labels in SYSTEMS[system].labels.values()
        }
        assert figure.setting in settings


@pytest.mark.parametrize("name", TABLES)
def test_no_run_has_two_published_figures(name: str) -> None:
    keys = [(system, one.data, one.setting) for one in TABLES[name].figures for system in one.systems]
    assert len(keys) == len(set(keys))


def test_every_system_is_in_a_table_and_every_named_protocol_exists() -> None:
    assert all(any(system.startswith(table.systems) for table in TABLES.values()) for system in SYSTEMS)
    for table in TABLES.values():
        assert set(table.settings) <= {*PROTOCOLS, "binary", "seven_class"}


def test_a_table_holds_the_runs_of_its_systems_on_its_data() -> None:
    config = load_configuration(
        {
            "datasets": {
                "two": {"kind": "casme2", "root": "/a"},
                "hs": {"kind": "smic_hs", "root": "/b"},
                "sa": {"kind": "samm", "root": "/c"},
            },
            "composites": {
                "cde": {"datasets": ["two", "hs", "sa"], "clips": "megc2019"},
                "all3": {"datasets": ["two", "hs", "sa"]},
            },
            "experiments": [
                {"datasets": ["cde", "all3", "hs"], "systems": ["ststnet", "dubey_relu"], "variants": ["leak_free"]},
                {"datasets": ["two"], "systems": ["elrcn_st", "elrcn_st4se"], "variants": ["leak_free"]},
                {"datasets": ["sa"], "systems": ["elrcn_st"], "variants": ["leak_free"], "weights": None},
            ],
        }
    )
    (one,) = tabled_runs(config, "megc2019")
    assert (one.dataset, one.data, one.system, one.variant) == ("cde", "megc2019", "ststnet", "leak_free")
    assert one.kinds == {"two": "casme2", "hs": "smic_hs", "sa": "samm"}
    assert {run.dataset for run in tabled_runs(config, "dubey")} == {"hs"}
    assert len(tabled_runs(config, "dubey")) == 5
    assert {(run.system, run.random_start) for run in tabled_runs(config, "elrcn")} == {
        ("elrcn_st", True),
        ("elrcn_st4se", False),
    }
    assert tabled_runs(config, "joshi") == []


def test_notes_and_sources_are_sentences_without_addresses_of_machines() -> None:
    for _, figure in FIGURES:
        assert not re.search(r"https?://|/home|\bTODO\b", f"{figure.note} {figure.source}")
        assert figure.note == "" or figure.note.endswith(".")
