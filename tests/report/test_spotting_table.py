"""The table and page of spotting runs: the numbers of the scores, sums over datasets, and what was published."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mexflow.config.configuration import SpottingRun
from mexflow.config.spotting import SpottingEvaluationSpec, SpottingProtocolSpec
from mexflow.evaluation.spotting_run import score_run
from mexflow.report.published_spotting import PUBLISHED_SPOTTING
from mexflow.report.spotting_table import spotting_table, write_spotting_page
from mexflow.store.spotting import INTERVAL, VIDEO
from mexflow.store.tables import write_csv
from report.markup import Balance

KINDS = ("macro", "micro", "overall")
COUNTS = ("tp", "fp", "fn")
PAPER = SpottingProtocolSpec(k="all_labels", videos="with_truth", matching="as_published")


def scores_of(number: int, kind: str = "casme_sq", seeds: int = 2, subjects: int = 4, **more: object) -> dict:
    """What a run of so many seeds is scored: of each subject's intervals half are found, and others are false."""
    spec = SpottingEvaluationSpec(
        **{"types": ("macro", "micro"), "matching": "megc", "iou": 0.5, "draws": 60, **more, "kind": kind}
    )
    random = np.random.default_rng(number)
    rows = [
        (kind, f"s{subject}", f"v{subject}", expression_type, onset, onset + 19)
        for subject in range(subjects)
        for expression_type in ("macro", "micro")
        for onset in (100, 300, 500, 700)
    ]
    true = pd.DataFrame(rows, columns=INTERVAL)
    videos = pd.concat([true[VIDEO].drop_duplicates(), pd.DataFrame([(kind, "s0", "silent")], columns=VIDEO)])
    spotted = {}
    for seed in range(seeds):
        onset = true.onset + np.where(random.random(len(true)) < 0.5, 2, 1000)
        found = true.assign(onset=onset, offset=onset + 19, score=random.random(len(true)), apex=onset + 9.0)
        spotted[seed] = found[found.type.isin(spec.types) & (random.random(len(true)) < 0.9)]
    return score_run(spotted, true, videos, spec)


def run(dataset: str, spotter: str = "softnet", protocol: str = "honest", feature: str = "softnet42") -> SpottingRun:
    return SpottingRun(dataset, feature, spotter, protocol)


@pytest.fixture(scope="module")
def scores() -> dict[SpottingRun, dict]:
    """Named so that the order of the table is none of theirs."""
    paper = {"as_published": PAPER.leaks(), "videos": "with_truth", "matching": "as_published"}
    return {
        run("sq", "mdmd"): scores_of(0, seeds=1),
        run("lv"): scores_of(1, "samm_lv"),
        run("sq", protocol="shifted"): scores_of(2, shifted_labels=True),
        run("sq"): scores_of(3),
        run("lv", "flow_strain"): scores_of(4, "samm_lv", seeds=1),
        run("lv", protocol="paper"): scores_of(5, "samm_lv", **paper),
        run("sq", protocol="paper"): scores_of(6, **paper),
        run("alone", feature="other"): scores_of(7, "demo", subjects=1, types=("micro",)),
    }


@pytest.fixture(scope="module")
def table(scores) -> pd.DataFrame:
    return spotting_table(scores)


def page_of(table: pd.DataFrame, folder: Path) -> str:
    write_spotting_page(table, folder / "spotting.html")
    return (folder / "spotting.html").read_text()


@pytest.fixture
def page(table, tmp_path) -> str:
    return page_of(table, tmp_path)


def groups_of(page: str) -> dict[str, str]:
    """Heading → rows below it."""
    bodies = re.findall(r"<tbody>(.*?)</tbody>", page, re.DOTALL)
    return {re.search(r"<th colspan='\d+' scope='rowgroup'>(.*?) <small>", body)[1]: body for body in bodies}


def test_every_run_has_a_row_and_so_has_what_ran_on_several_datasets(table):
    assert table[["dataset", "protocol", "spotter", "feature"]].to_numpy().tolist() == [
        ["alone", "honest", "softnet", "other"],
        ["lv", "honest", "flow_strain", "softnet42"],
        ["lv", "honest", "softnet", "softnet42"],
        ["lv", "paper", "softnet", "softnet42"],
        ["sq", "honest", "mdmd", "softnet42"],
        ["sq", "honest", "softnet", "softnet42"],
        ["sq", "paper", "softnet", "softnet42"],
        ["sq", "shifted", "softnet", "softnet42"],
        ["", "honest", "softnet", "softnet42"],
        ["", "paper", "softnet", "softnet42"],
    ]


def test_the_values_are_those_of_the_scores(scores, table):
    rows = table.set_index(["dataset", "feature", "spotter", "protocol"])
    for one, known in scores.items():
        row = rows.loc[(one.dataset, one.feature, one.spotter, one.protocol)]
        for kind in KINDS:
            low, high = known["ci"][kind]["f1"] or (None, None)
            ap = [seed["ap"][kind] for seed in known["seeds"].values()]
            expected = [*(known[kind][name] for name in (*COUNTS, "f1", "f1_sd")), low, high]
            expected.append(None if None in ap else sum(ap) / len(ap))
            found = row[[f"{kind}_{name}" for name in (*COUNTS, "f1", "sd", "low", "high", "ap")]]
            np.testing.assert_allclose(found.astype(float), np.array(expected, float))
        first = known["seeds"]["0"]
        assert (row.seeds, row.videos, row.silent_videos) == (
            len(known["seeds"]),
            first["n_videos"],
            first["n_videos_without_truth"],
        )
        assert (row.kind, row.matching, row.iou, row.types) == (
            known["kind"],
            known["matching"],
            known["iou"],
            " ".join(known["types"]),
        )
        assert (row.shifted_labels, row.leaks) == (known["shifted_labels"], "; ".join(known["as_published"]))


@pytest.mark.parametrize("protocol", ["honest", "paper"])
def test_over_datasets_counts_are_summed_before_the_f1(scores, table, protocol):
    (row,) = table[(table.dataset == "") & (table.protocol == protocol)].itertuples()
    members = [scores[run(name, protocol=protocol)] for name in ("lv", "sq")]
    for kind in KINDS:
        tp, fp, fn = (sum(one[kind][name] for one in members) for name in COUNTS)
        found, true = tp + fp, tp + fn
        assert [getattr(row, f"{kind}_{name}") for name in COUNTS] == pytest.approx([tp, fp, fn])
        assert getattr(row, f"{kind}_f1") == pytest.approx(2 * tp / (true + found))
        assert all(pd.isna(getattr(row, f"{kind}_{name}")) for name in ("sd", "low", "high", "ap"))
    assert row.videos == sum(one["seeds"]["0"]["n_videos"] for one in members)
    assert row.silent_videos == sum(one["seeds"]["0"]["n_videos_without_truth"] for one in members)


def test_the_f1_over_datasets_of_known_counts():
    """4 true intervals of 16 found on one, all 16 on the other, nothing false: 2 · 20 / (32 + 20), not the mean."""
    few, all_of_them = (scores_of(0, kind, seeds=1, types=("macro",)) for kind in ("casme_sq", "samm_lv"))
    for one, tp in ((few, 4), (all_of_them, 16)):
        for kind in ("macro", "overall"):
            one[kind] |= {"tp": tp, "fp": 0, "fn": 16 - tp, "f1": 2 * tp / (16 + tp)}
    together = spotting_table({run("a"): few, run("b"): all_of_them}).iloc[-1]
    assert together.overall_f1 == pytest.approx(40 / 52)
    assert pd.isna(together.micro_f1)


@pytest.mark.parametrize("other", [{"types": ("micro",)}, {"matching": "voc"}, {"iou": 0.3}, {"as_published": ("so",)}])
def test_runs_that_count_otherwise_are_not_summed(other):
    table = spotting_table({run("a"): scores_of(0, seeds=1), run("b"): scores_of(1, seeds=1, **other)})
    assert list(table.dataset) == ["a", "b"]


def test_the_table_is_a_file_with_empty_cells_for_what_is_undefined(table, tmp_path):
    write_csv(table, tmp_path / "spotting.csv")
    back = pd.read_csv(tmp_path / "spotting.csv", keep_default_na=False, dtype=str)
    assert back.loc[0, ["macro_f1", "macro_ap", "micro_low"]].tolist() == ["", "", ""]
    assert float(back.loc[0, "micro_f1"]) == table.micro_f1[0]
    assert back.dataset.tolist() == table.dataset.tolist()


def test_numbers_are_written_as_the_field_writes_them(scores, page):
    one = scores[run("sq")]
    low, high = (f"{value:.3f}".lstrip("0") for value in one["ci"]["micro"]["f1"])
    f1, sd = (f"{one['micro'][name]:.3f}".lstrip("0") for name in ("f1", "f1_sd"))
    assert f"<b>{f1}</b> ± {sd}<br><small>[{low}, {high}]</small>" in page
    counts = (one["overall"][name] for name in COUNTS)
    assert f"<td>{' / '.join(f'{value:g}' for value in counts)}</td>" in page
    assert "nan" not in page.lower()
    assert "None" not in page


def test_what_is_undefined_is_a_dash(page):
    """One subject has no interval, a run of one type no score of the other."""
    (row,) = re.findall(r"<tr><th scope='row'>.*?</tr>", groups_of(page)["alone · honest"], re.DOTALL)
    cells = re.findall(r"<td>(.*?)</td>", row)
    assert cells[1] == "<b>–</b>"
    assert re.fullmatch(r"<b>\.\d{3}</b> ± \.\d{3}", cells[2])
    assert cells[3] == cells[2]


def test_only_runs_that_can_be_compared_stand_together(page):
    spotters = {
        heading: re.findall(r"<tr><th scope='row'>(\w+)</th>", body) for heading, body in groups_of(page).items()
    }
    assert spotters == {
        "alone · honest": ["softnet"],
        "lv · honest": ["flow_strain", "softnet"],
        "lv · paper": ["softnet"],
        "lv · published": [],
        "sq · honest": ["mdmd", "softnet"],
        "sq · paper": ["softnet"],
        "sq · shifted": ["softnet"],
        "sq · published": [],
        "all datasets · honest": ["softnet"],
        "all datasets · paper": ["softnet"],
    }
    assert [heading.partition(" ")[0] for heading in spotters] == [*["alone"], *["lv"] * 3, *["sq"] * 4, *["all"] * 2]


def test_the_control_and_what_is_as_published_are_marked(page):
    marks = {
        heading: re.findall(r"<span class='control'>(.*?)</span>", body) for heading, body in groups_of(page).items()
    }
    assert marks.pop("sq · shifted") == [
        "control: labels moved by half a video, must find nothing above chance",
    ]
    for heading in ("lv · paper", "sq · paper", "all datasets · paper"):
        (mark,) = marks.pop(heading)
        assert mark == (
            "as published: k comes from the labels of all subjects;"
            " videos without a true interval of the type are left out"
        )
    assert set(map(tuple, marks.values())) == {()}


def test_a_control_that_is_as_published_is_marked_twice(tmp_path):
    table = spotting_table({run("a"): scores_of(0, shifted_labels=True, as_published=("one", "two"))})
    marks = re.findall(r"<span class='control'>(.*?)</span>", page_of(table, tmp_path))
    assert [mark.partition(":")[0] for mark in marks] == ["control", "as published"]
    assert marks[1].endswith("one; two")


PUBLISHED = {
    ("SOFTNet", "casme_sq"): ".2410/.1173/.2022",
    ("SOFTNet", "samm_lv"): ".2169/.1520/.1881",
    ("SOFTNet, released weights", "casme_sq"): ".2463/.0896/–",
    ("SOFTNet, released weights", "samm_lv"): ".1923/.1568/–",
    ("without SOFTNet", "casme_sq"): ".1615/.1379/.1551",
    ("without SOFTNet", "samm_lv"): ".1463/.1063/.1293",
    ("MDMD", "casme_sq"): ".1196/.0082/.0376",
    ("MDMD", "samm_lv"): ".0629/.0364/.0445",
    ("OF-FD", "casme_sq"): ".3782/.1965/.3436",
    ("OF-FD", "samm_lv"): ".4149/.2162/.3638",
}
"""F1 of macro- and micro-expressions and overall, as the papers and SOFTNet's code page print them."""


def test_published_numbers_are_those_of_their_papers():
    found = {
        (one.method, one.kind): "/".join(
            "–" if value is None else f"{value:.4f}".removeprefix("0") for value in (one.macro, one.micro, one.overall)
        )
        for one in PUBLISHED_SPOTTING
    }
    assert found == PUBLISHED
    assert len(PUBLISHED_SPOTTING) == len(PUBLISHED)


@pytest.mark.parametrize(("dataset", "kind"), [("lv", "samm_lv"), ("sq", "casme_sq")])
def test_what_was_published_stands_below_the_protocols_of_a_dataset_of_its_kind(page, dataset, kind):
    rows = re.findall(r"<tr class='published'>(.*?)</tr>", groups_of(page)[f"{dataset} · published"], re.DOTALL)
    found = {}
    for row in rows:
        method, _, source = re.search(r">([^<>]+)<br>", row)[1].partition(" · ")
        assert source
        found[method] = re.findall(r"<td>([^<>]+)</td>", row)
    assert found == {
        method: ["–" if one == "–" else f"{float(one):.3f}".removeprefix("0") for one in numbers.split("/")]
        for (method, of), numbers in PUBLISHED.items()
        if of == kind
    }
    order = list(groups_of(page))
    last = max(place for place, heading in enumerate(order) if heading.startswith(dataset))
    assert order[last] == f"{dataset} · published"


def test_nothing_is_published_of_other_datasets_or_of_all_together(page):
    published = [heading for heading, body in groups_of(page).items() if "class='published'" in body]
    assert published == ["lv · published", "sq · published"]


def test_the_page_is_whole_and_needs_nothing_else(page):
    parser = Balance()
    parser.feed(page)
    assert parser.open == []
    assert not re.search(r"https?://|<script|<link|<img|url\(", page)
    columns = page.partition("</thead>")[0].count("<th>")
    for row in re.findall(r"<tr.*?</tr>", page, re.DOTALL):
        cells = re.findall(r"<t[hd](?: [^>]*)?>", row)
        spans = (re.search(r"colspan='(\d+)'", cell) for cell in cells)
        assert sum(int(span[1]) if span else 1 for span in spans) == columns


@pytest.mark.parametrize("place", ["dataset", "feature", "spotter", "protocol", "as_published"])
def test_names_are_escaped(place, tmp_path):
    name = "<b>&{tests}'"
    one = run(**{"dataset": "d", place: name}) if place != "as_published" else run("d")
    scores = scores_of(0, seeds=1, as_published=(name,) if place == "as_published" else ())
    page = page_of(spotting_table({one: scores}), tmp_path)
    assert "&lt;b&gt;&amp;{tests}&#x27;" in page
    assert "<b>&" not in page
