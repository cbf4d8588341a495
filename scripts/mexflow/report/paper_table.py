"""A paper's table: published figures, and beside them what the same systems score here."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mexflow.config.configuration import Run
from mexflow.config.paper_tables import PaperTableSpec, TabledRun, TableName
from mexflow.config.systems import SYSTEMS
from mexflow.evaluation.recognition import METRICS
from mexflow.report.page import PAGE_STYLE, counted, score_cell, text, three_digits
from mexflow.report.published import DATA, TABLES, Column, Figure, PaperTable
from mexflow.store.files import replacing

_DERIVED = ("uf1", "uar")
_PARTS = ("", "_sd", "_low", "_high", "_majority", "_published")
_FIRST = ["data", "setting", "method", "system", "variant", "dataset", "feature", "labels", "model", "protocol"]
_LAST = ["majority_class", "leaks", "published_leak", "source", "note"]
_RANDOM_START = "From random weights, not from VGG-Face as published: the experiment gives no file as weights."
_LEAKS = {"yes": "with a leak", "no": "no leak", "unknown": "whether with a leak is not known"}
_BOTH_WAYS = "Mean of both directions."
_FROM_CONFUSION = "UF1 and UAR follow from the published confusion matrix."


def paper_table(spec: PaperTableSpec, scores: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Our runs beside the published figures.

    Parameters
    ----------
    spec : PaperTableSpec
    scores : sequence of mappings
        What the evaluate stage wrote, for each run of `spec` in its order.

    Returns
    -------
    DataFrame, sorted by data, setting, variant and system
        One row per run, and for a composite per part of its test that has published figures; then those published
        figures that no run stands beside. data, setting, method (as published), system, variant, dataset, feature,
        labels, model, protocol; clips, subjects, seeds (how many); for each metric of the table its mean over seeds
        under its name, and _sd, _low, _high (95 % subject-bootstrap interval), _majority (of always taking the
        commonest class) and _published, all 0 to 1, nan where undefined; majority_class; leaks, of ours: why it
        flatters; published_leak ("yes", "no" or "unknown"), source, note.
    """
    table = TABLES[spec.table]
    rows = [row for run, one in zip(spec.runs, scores, strict=True) for row in _rows_of_run(table, run, one)]
    shown = {(row["system"], row["data"], row["setting"]) for row in rows}
    for figure in table.figures:
        if not any((system, figure.data, figure.setting) in shown for system in figure.systems):
            rows.append(_row_of_figure(table, figure))
    metrics = [f"{column.metric}{part}" for column in table.columns for part in _PARTS]
    frame = pd.DataFrame(rows, columns=[*_FIRST, "clips", "subjects", "seeds", *metrics, *_LAST])
    frame = frame.astype(dict.fromkeys(("clips", "subjects", "seeds"), "Int64") | dict.fromkeys(metrics, float))
    order = {
        "data": table.data,
        "setting": _settings(table),
        "variant": ("as_published", "leak_free", ""),
        "system": (*SYSTEMS, ""),
    }
    return frame.sort_values(
        list(order), key=lambda column: column.map(order[column.name].index), kind="stable", ignore_index=True
    )


def write_paper_page(frame: pd.DataFrame, name: TableName, path: Path) -> None:
    """Write a paper's table as one HTML file that needs nothing else.

    Parameters
    ----------
    frame : DataFrame
        Of `paper_table`.
    name : str
        The table's.
    path : Path

    Raises
    ------
    UserError
        If the disk is full.
    """
    table = TABLES[name]
    published = {one.metric for one in table.columns if frame[f"{one.metric}_published"].notna().any()}
    notes: dict[str, int] = {}
    groups = [_group(table, group, published, notes) for _, group in frame.groupby(["data", "setting"], sort=False)]
    page = _PAGE
    for key, value in {
        "style": PAGE_STYLE + _STYLE,
        "title": text(table.title),
        "head": _head(table, published),
        "groups": "\n".join(groups),
        "footnotes": "\n".join(f"<li>{text(one)}</li>" for one in notes),
        "metrics": "\n".join(f"<dt>{text(one.label)}</dt><dd>{text(one.note)}</dd>" for one in table.columns),
    }.items():
        page = page.replace(f"{{{key}}}", value)
    with replacing(path) as beside:
        beside.write_text(page, encoding="utf-8")


def published_metrics(figure: Figure) -> dict[str, float]:
    """What a figure gives, and what follows from its confusion matrix."""
    if not figure.confusion:
        return dict(figure.metrics)
    confusion = np.array(figure.confusion)
    return {metric: float(METRICS[metric](confusion)) for metric in _DERIVED} | dict(figure.metrics)


def _settings(table: PaperTable) -> tuple[str, ...]:
    named = [figure.setting for figure in table.figures]
    return tuple(dict.fromkeys([*named, *table.settings.values(), ""]))


def _rows_of_run(table: PaperTable, run: TabledRun, scores: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    yield _row_of_run(table, run, run.data, scores, scores)
    for name, part in scores["per_dataset"].items():
        data = f"{run.data}/{run.kinds.get(name)}"
        if data in table.data:
            yield _row_of_run(table, run, data, scores, part)


def _row_of_run(
    table: PaperTable, run: TabledRun, data: str, scores: Mapping[str, Any], part: Mapping[str, Any]
) -> dict[str, Any]:
    setting = table.setting(run.protocol, run.labels)
    figure = next(
        (one for one in table.figures if run.system in one.systems and (one.data, one.setting) == (data, setting)), None
    )
    both_ways = "directions" in part
    notes = [figure.note, _FROM_CONFUSION if figure.confusion else ""] if figure else []
    notes += [_RANDOM_START if run.random_start else "", _BOTH_WAYS if both_ways else ""]
    row = {
        **{key: getattr(run, key) for key in ("system", "variant", *Run.__dataclass_fields__)},
        "data": data,
        "setting": setting,
        "method": figure.method if figure else "",
        "clips": part["n_clips"],
        "subjects": part["n_subjects"],
        "seeds": len(part["seeds"]),
        "leaks": "; ".join(scores["leak_audit"].get("as_published", [])),
        "published_leak": figure.leak if figure else "",
        "source": figure.source if figure else "",
        "note": " ".join(filter(None, notes)),
    }
    tests = list(part["per_dataset"].values()) if both_ways else [part]
    row["majority_class"] = " or ".join(dict.fromkeys(one["majority_baseline"]["class"] for one in tests))
    published = published_metrics(figure) if figure else {}
    for column in table.columns:
        if run.system.startswith(column.systems):
            metric = column.metric
            values = {**_ours(part, metric), "_majority": _majority(tests, metric), "_published": published.get(metric)}
            row |= {f"{metric}{key}": value for key, value in values.items()}
    return row


def _ours(scores: Mapping[str, Any], metric: str) -> dict[str, float | None]:
    if "directions" in scores and metric in METRICS:
        return {"": scores["directions"]["mean"][metric]}
    found = scores["metrics"].get(metric) or scores.get(metric)
    if found is None:
        return {}
    low, high = found.get("ci") or (None, None)
    return {"": found["mean"], "_sd": found["sd"], "_low": low, "_high": high}


def _majority(tests: Iterable[Mapping[str, Any]], metric: str) -> float:
    """What always taking the commonest class of a test would score, the mean over tests."""
    values = []
    for one in tests:
        counts = np.array(one["class_counts"])
        always = np.zeros((counts.size, counts.size), dtype=int)
        always[:, counts.argmax()] = counts
        values.append(float(METRICS.get(metric, METRICS["war"])(always)))
    return float(np.mean(values))


def _row_of_figure(table: PaperTable, figure: Figure) -> dict[str, Any]:
    named = {column.metric for column in table.columns}
    published = {f"{key}_published": value for key, value in published_metrics(figure).items() if key in named}
    note = " ".join(filter(None, [figure.note, _FROM_CONFUSION if figure.confusion else ""]))
    own = {"data": figure.data, "setting": figure.setting, "method": figure.method, "source": figure.source}
    return dict.fromkeys([*_FIRST, *_LAST], "") | own | published | {"published_leak": figure.leak, "note": note}


def _head(table: PaperTable, published: set[str]) -> str:
    metrics = "".join(
        f"<th class='metric' colspan='{1 + (one.metric in published)}' title='{text(one.note)}'>{text(one.label)}</th>"
        for one in table.columns
    )
    under = "".join(
        "<th class='metric'>ours</th>" + ("<th>published</th>" if one.metric in published else "")
        for one in table.columns
    )
    first = "".join(f"<th rowspan='2'>{one}</th>" for one in ("System", "Clips", "Seeds"))
    return f"<tr>{first}{metrics}</tr><tr>{under}</tr>"


def _group(table: PaperTable, group: pd.DataFrame, published: set[str], notes: dict[str, int]) -> str:
    first = group.iloc[0]
    width = 3 + len(table.columns) + len(published)
    words = " · ".join(filter(None, [DATA.get(first["data"], first["data"]), first.setting]))
    lines = ["<tbody>", f"<tr class='test'><th colspan='{width}' scope='rowgroup'>{text(words)}</th></tr>"]
    for variant, rows in group.groupby("variant", sort=False):
        heading = {"as_published": "As published", "leak_free": "Leak-free"}.get(str(variant), "Published alone")
        lines.append(f"<tr class='variant'><th colspan='{width}'>{heading}</th></tr>")
        lines += [_table_row(table, row, published, notes) for _, row in rows.iterrows()]
        if variant:
            lines += _baselines(table, rows, published)
    return "\n".join([*lines, "</tbody>"])


def _table_row(table: PaperTable, row: pd.Series, published: set[str], notes: dict[str, int]) -> str:
    ours = bool(row.variant)
    marks = ""
    if row.leaks:
        marks += _mark(f"As published, and so flattering: {row.leaks}.", notes, "control")
    elif row.variant == "as_published":
        marks += _mark("As published; its protocol has no leak.", notes, "control")
    if row.note:
        marks += _mark(row.note, notes)
    name = f"{text(row.method or row.system)}{marks}"
    own = [row.system if row.method else "", row.dataset, row.feature, row.protocol]
    small = " · ".join(filter(None, own)) if ours else ""
    source = f"{row.source} ({_LEAKS[row.published_leak]})" if row.source else ""
    cells = [
        f"<th scope='row'>{name}<br><small>{'<br>'.join(text(one) for one in (small, source) if one)}</small></th>",
        f"<td>{row.clips}<br><small>{counted(row.subjects, 'subject')}</small></td>" if ours else "<td>–</td>",
        f"<td>{row.seeds}</td>" if ours else "<td>–</td>",
        *(_metric_cells(row, one, published) for one in table.columns),
    ]
    return f"<tr>{''.join(cells)}</tr>"


def _mark(words: str, notes: dict[str, int], kind: str = "mark") -> str:
    number = notes.setdefault(words, len(notes) + 1)
    return f" <sup class='{kind}' title='{text(words)}'>{number}</sup>"


def _metric_cells(row: pd.Series, column: Column, published: set[str]) -> str:
    name = column.metric
    measured = row[[name, f"{name}_sd", f"{name}_low", f"{name}_high"]]
    value = "–" if pd.isna(row[name]) else score_cell(*measured)
    beside = f"<td>{three_digits(row[f'{name}_published'])}</td>" if name in published else ""
    return f"<td class='metric'>{value}</td>{beside}"


def _baselines(table: PaperTable, rows: pd.DataFrame, published: set[str]) -> list[str]:
    """One row per set of test clips: what always taking their commonest class would score."""
    values = [f"{one.metric}_majority" for one in table.columns]
    # Systems that lack a metric have the baselines of the others.
    tests = rows.groupby(["dataset", "labels", "clips", "subjects", "majority_class"], sort=False)[values].first()
    lines = []
    for (_, _, clips, _, name), test in tests.iterrows():
        cells = "".join(
            f"<td class='metric'>{three_digits(test[f'{one.metric}_majority'])}</td>"
            + ("<td></td>" if one.metric in published else "")
            for one in table.columns
        )
        words = f"always “{text(name)}”: the commonest class"
        lines.append(f"<tr class='baseline'><th scope='row'>{words}</th><td>{clips}</td><td></td>{cells}</tr>")
    return lines


_STYLE = """
body { max-width: 1280px; }
table { font-size: .9rem; }
th, td { text-align: right; padding: .35rem .4rem; white-space: nowrap; vertical-align: top; }
thead th { color: var(--soft); font-weight: 600; vertical-align: bottom; }
thead .metric { white-space: normal; }
thead tr:last-child th { border-bottom: 2px solid var(--line); font-size: .85em; }
thead th[rowspan] { border-bottom: 2px solid var(--line); }
thead th:first-child, tbody th { text-align: left; }
thead tr:last-child th:first-child { text-align: right; }
thead th[colspan="2"] { text-align: center; }
.metric { border-left: 1px solid var(--line); }
tbody th { font-weight: 500; white-space: normal; min-width: 13rem; overflow-wrap: anywhere; }
.test th { background: var(--band); font-weight: 700; padding: .7rem .5rem; }
.variant th { color: var(--soft); font-weight: 600; font-size: .9em; padding-top: .8rem; }
.baseline { color: var(--soft); }
.baseline th { font-weight: 400; }
sup { color: var(--mark); font-size: .75em; cursor: help; }
sup.control { color: var(--warn); }
h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
ol { color: var(--soft); font-size: .9rem; padding-left: 1.6rem; }
"""

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>mexflow: {title}</title>
<style>{style}</style>
</head>
<body>
<h1>{title}: ours beside the published figures</h1>
<div class="table">
<table>
<thead>{head}</thead>
{groups}
</table>
</div>
<h2>Notes</h2>
<ol>
{footnotes}
</ol>
<dl>
{metrics}
<dt>.912 ± .011</dt><dd>Ours: mean and standard deviation over seeds.</dd>
<dt>[.850, .960]</dt><dd>95 % interval of the mean over seeds, by a bootstrap that resamples subjects.</dd>
<dt>As published</dt><dd>The system's own split, input, schedule and choice of epochs, with the leaks that its note
names. Such scores flatter, and are here to compare with that paper's only.</dd>
<dt>Leak-free</dt><dd>The same network under an honest protocol. The published figure beside it is of the paper's own
protocol: the difference is what the protocol gave away, not what our network lacks.</dd>
<dt>–</dt><dd>Not published, or no run of ours.</dd>
</dl>
</body>
</html>
"""
