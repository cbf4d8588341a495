"""A paper's table: ours beside the published figures, each in its place and marked."""

import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from mexflow.config.configuration import Configuration, load_configuration
from mexflow.config.paper_tables import PaperTableSpec
from mexflow.evaluation.recognition import directions, score
from mexflow.report.paper_table import paper_table, write_paper_page
from mexflow.report.published import TABLES, tabled_runs

CLASSES = {"three_class": 3, "five_class": 5, "objective": 5, "binary": 2, "seven_class": 7}
DATASETS = {kind: {"kind": kind, "root": f"/data/{kind}"} for kind in ("casme2", "samm", "smic_hs")}
COMPOSITES = {
    "cde2018": {"datasets": ["casme2", "samm"], "clips": "megc2018"},
    "cde2019": {"datasets": ["casme2", "smic_hs", "samm"], "clips": "megc2019"},
}


def predictions(run, seed: int, seeds: int = 3, clips: int = 42) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    classes = CLASSES[run.labels]
    truth = np.where(np.arange(clips) < 2 * clips // 3, 0, np.arange(clips) % classes)
    parts = []
    for number in range(seeds):
        predicted = np.where(rng.random(clips) < 0.6, truth, rng.integers(0, classes, clips))
        shares = np.full((clips, classes), 0.4 / (classes - 1))
        shares[np.arange(clips), predicted] = 0.6
        parts.append(
            pd.DataFrame(
                {
                    "dataset": [list(run.kinds)[clip % len(run.kinds)] for clip in range(clips)],
                    "subject": [f"s{clip % 7}" for clip in range(clips)],
                    "clip": [f"c{clip}" for clip in range(clips)],
                    "fold": "0",
                    "seed": number,
                    "y_true": truth,
                    "y_pred": predicted,
                }
            ).assign(**{f"p_{index}": column for index, column in enumerate(shares.T)})
        )
    return pd.concat(parts, ignore_index=True)


def scores_of(config: Configuration, run, seed: int) -> dict:
    frame = predictions(run, seed)
    names = [f"class {number}" for number in range(CLASSES[run.labels])]
    protocol = config.protocols[run.protocol]
    scores = score(frame, names, draws=50)
    if protocol.split == "hde":
        scores["directions"] = directions(frame, names)
    return scores | {"leak_audit": {"passed": True, "as_published": list(protocol.leaks())}, "permuted_labels": False}


def built(name: str, *experiments: dict) -> tuple[pd.DataFrame, list[dict], PaperTableSpec]:
    config = load_configuration({"datasets": DATASETS, "composites": COMPOSITES, "experiments": experiments})
    spec = PaperTableSpec(table=name, runs=tuple(tabled_runs(config, name)))
    scores = [scores_of(config, run, seed) for seed, run in enumerate(spec.runs)]
    return paper_table(spec, scores), scores, spec


def page_of(frame: pd.DataFrame, name: str, folder) -> str:
    write_paper_page(frame, name, folder / "page.html")
    return (folder / "page.html").read_text()


@pytest.fixture(scope="module")
def dubey():
    return built("dubey", {"datasets": ["smic_hs"], "systems": ["dubey_relu", "dubey_svm_linear"]})


def test_ours_are_the_scores_and_stand_beside_what_the_paper_has_for_that_share(dubey) -> None:
    frame, scores, spec = dubey
    published = {"80/20": 0.625, "70/30": 0.541, "60/40": 0.421, "50/50": 0.481}
    for run, one in zip(spec.runs, scores, strict=True):
        (row,) = frame[(frame.model == run.model) & (frame.protocol == run.protocol)].itertuples()
        for metric in ("war", "uf1", "uar"):
            known = one["metrics"][metric]
            ours = [getattr(row, metric + part) for part in ("", "_sd", "_low", "_high")]
            assert ours == [known["mean"], known["sd"], *known["ci"]]
            assert getattr(row, f"{metric}_majority") == one["majority_baseline"][metric]
        assert (row.clips, row.subjects, row.seeds) == (42, 7, 3)
        beside = published.get(row.setting) if run.system == "dubey_relu" else None
        assert row.war_published == beside or (beside is None and np.isnan(row.war_published))


def test_a_share_by_clip_and_the_same_by_subject_are_one_setting(dubey) -> None:
    frame, _, _ = dubey
    at_20 = frame[frame.setting == "80/20"]
    assert set(at_20.protocol) == {
        "holdout20_by_clip_best_on_test",
        "holdout20_by_clip",
        "holdout20_by_subject",
        "",
    }


def test_runs_as_published_say_why_they_flatter_and_leak_free_ones_have_nothing_to_say(dubey) -> None:
    frame, _, _ = dubey
    assert (frame[frame.variant == "as_published"].leaks != "").all()
    assert (frame[frame.variant == "leak_free"].leaks == "").all()


def test_figures_without_a_run_of_ours_stand_alone(dubey) -> None:
    frame, _, _ = dubey
    alone = frame[frame.variant == ""]
    assert set(alone.method) == {"3D-CNN, Swish"}
    assert list(alone.war_published) == [0.62, 0.562, 0.477, 0.531]
    assert alone[["war", "war_low", "war_majority"]].isna().all(axis=None)
    assert alone[["clips", "seeds"]].isna().all(axis=None)


@pytest.mark.parametrize("name", TABLES)
def test_every_figure_is_shown_once_without_any_run(name: str) -> None:
    frame = paper_table(PaperTableSpec(table=name, runs=()), [])
    assert len(frame) == len(TABLES[name].figures)


def test_rows_stand_in_the_order_of_the_table_networks_before_machines(dubey) -> None:
    frame, _, _ = dubey
    assert list(dict.fromkeys(frame.setting)) == ["80/20", "70/30", "60/40", "50/50", "leave one subject out"]
    first = frame[(frame.setting == "80/20") & (frame.variant != "")]
    assert list(first.model) == [
        "dubey_relu_as_published",
        "dubey_svm_linear_as_published",
        "dubey_relu_leak_free",
        "dubey_svm_linear_leak_free",
    ]


def test_ststnet_s_uar_stands_beside_our_macro_precision_and_the_parts_have_rows_of_their_own() -> None:
    frame, (scores,), _ = built(
        "megc2019", {"datasets": ["cde2019"], "systems": ["ststnet"], "variants": ["leak_free"]}
    )
    ours = frame[frame.system == "ststnet"].set_index("data")
    published = {
        "megc2019": (0.7353, 0.7605),
        "megc2019/smic_hs": (0.6801, 0.7013),
        "megc2019/casme2": (0.8382, 0.8686),
        "megc2019/samm": (0.6588, 0.6810),
    }
    found = ours[["uf1_published", "macro_precision_published"]]
    assert {data: tuple(row) for data, row in zip(found.index, found.to_numpy(), strict=True)} == published
    assert ours.uar_published.isna().all()
    assert ours.macro_precision["megc2019"] == scores["metrics"]["macro_precision"]["mean"]
    for kind in ("smic_hs", "casme2", "samm"):
        part = scores["per_dataset"][kind]
        row = ours.loc[f"megc2019/{kind}"]
        assert row.uf1 == part["metrics"]["uf1"]["mean"]
        assert row.clips == part["n_clips"]


def test_both_directions_are_averaged_where_the_paper_averages_them() -> None:
    frame, scores, spec = built("elrcn", {"datasets": ["cde2018"], "systems": ["lbp_top_svm"]})
    for run, one in zip(spec.runs, scores, strict=True):
        (row,) = frame[(frame.model == run.model) & (frame.protocol == run.protocol)].itertuples()
        if run.protocol == "hde":
            parts = [part["metrics"] for part in one["per_dataset"].values()]
            assert row.setting == "HDE"
            assert row.war == pytest.approx(np.mean([part["war"]["mean"] for part in parts]))
            majority = [part["majority_baseline"]["war"] for part in one["per_dataset"].values()]
            assert row.war_majority == pytest.approx(np.mean(majority))
            assert np.isnan(row.war_low)
            assert "Mean of both directions." in row.note
        else:
            assert row.setting == "LOSO"
            assert (row.war, row.uf1_published) == (one["metrics"]["war"]["mean"], 0.40)


def test_the_published_vote_is_counted_for_the_2d_network_only() -> None:
    frame, scores, spec = built("joshi", {"datasets": ["samm"], "systems": ["joshi_2d_binary", "joshi_3d_binary"]})
    rows = frame[frame.variant != ""].set_index("model").absolute_majority
    known = {run.model: one["absolute_majority"]["mean"] for run, one in zip(spec.runs, scores, strict=True)}
    for variant in ("as_published", "leak_free"):
        assert rows[f"joshi_2d_binary_{variant}"] == known[f"joshi_2d_binary_{variant}"]
        assert np.isnan(rows[f"joshi_3d_binary_{variant}"])


def test_a_network_without_the_weights_that_it_starts_from_says_so() -> None:
    experiment = {"datasets": ["casme2"], "systems": ["elrcn_st", "elrcn_st4se"], "variants": ["leak_free"]}
    frame, _, _ = built("elrcn", experiment)
    notes = frame[frame.variant != ""].set_index("system").note
    assert "random weights" in notes["elrcn_st"]
    assert "random weights" not in notes["elrcn_st4se"]
    frame, _, _ = built("elrcn", experiment | {"weights": "/data/vgg_face.h5"})
    assert not frame.note.str.contains("random weights").any()


def test_the_page_shows_ours_the_published_figure_and_the_baseline(dubey, tmp_path) -> None:
    frame, _, _ = dubey
    page = page_of(frame, "dubey", tmp_path)
    row = frame.iloc[0]
    mean, sd, low, high = (f"{row[f'war{part}']:.3f}".lstrip("0") for part in ("", "_sd", "_low", "_high"))
    cells = f"<td class='metric'><b>{mean}</b> ± {sd}<br><small>[{low}, {high}]</small></td><td>.625</td>"
    assert cells in page
    majority = f"{row.war_majority:.3f}".lstrip("0")
    assert re.search(rf"always “class 0”.*?<td class='metric'>{majority}</td>", page)
    assert "nan" not in re.sub(r"<[^>]+>", " ", page).lower().split()
    assert "&lt;NA&gt;" not in page


def test_leaks_are_told_in_a_note_and_in_a_tooltip(dubey, tmp_path) -> None:
    frame, _, _ = dubey
    page = page_of(frame, "dubey", tmp_path)
    leaks = frame.iloc[0].leaks
    (number,) = set(re.findall(rf"<sup class='control' title='[^']*{re.escape(leaks)}\.'>(\d+)</sup>", page))
    notes = re.findall(r"<li>(.*?)</li>", page)
    assert notes[int(number) - 1] == f"As published, and so flattering: {leaks}."
    assert len(notes) == len(set(notes))
    variants = re.findall(r"<tr class='variant'><th colspan='\d+'>(.*?)</th>", page)
    assert variants[:3] == ["As published", "Leak-free", "Published alone"]


def test_a_published_figure_alone_is_not_marked_as_a_run_of_ours(tmp_path) -> None:
    frame = paper_table(PaperTableSpec(table="joshi", runs=()), [])
    page = page_of(frame, "joshi", tmp_path)
    assert "class='control'" not in page
    assert ".660" in page
    assert "(with a leak)" in page


@pytest.mark.parametrize("name", TABLES)
def test_the_page_is_whole_and_as_wide_as_its_head(name: str, tmp_path) -> None:
    frame = paper_table(PaperTableSpec(table=name, runs=()), [])
    page = page_of(frame, name, tmp_path)
    assert not re.search(r"https?://|<script|<link|<img|url\(|\{\w+\}", page.replace("{ ", ""))
    parser = _Widths()
    parser.feed(page)
    assert parser.open == []
    first, second, *rest = parser.widths
    assert set(rest) == {first}
    assert second == first - 3  # system, clips and seeds span both rows of the head


def test_names_are_escaped(dubey, tmp_path) -> None:
    frame, _, _ = dubey
    page = page_of(frame.assign(dataset=frame.dataset.replace("smic_hs", "<b>&")), "dubey", tmp_path)
    assert "&lt;b&gt;&amp;" in page
    assert "<b>&" not in page


class _Widths(HTMLParser):
    """The columns that each row of a page covers; an element that is closed out of turn is an error."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.widths: list[int] = []

    def handle_starttag(self, tag, attrs):
        if tag == "tr":
            self.widths.append(0)
        if tag in {"td", "th"}:
            self.widths[-1] += int(dict(attrs).get("colspan", 1))
        if tag not in {"meta", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag
