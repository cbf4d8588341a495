"""The scores of all runs: as a table, and as a page for a reader."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from mexflow.config.configuration import Run
from mexflow.report.page import PAGE_STYLE, counted, score_cell, text, three_digits
from mexflow.store.files import replacing

_METRICS = ("uf1", "uar", "war")
_TEST = ["dataset", "labels", "protocol", "permuted_labels", "clips", "subjects"]


def scores_table(scores: Mapping[Run, Mapping[str, Any]]) -> pd.DataFrame:
    """One row per run.

    Parameters
    ----------
    scores : mapping
        At least one run, and what the evaluate stage wrote for it: what
        `mexflow.evaluation.recognition.score` returns, ``leak_audit`` and ``permuted_labels``.

    Returns
    -------
    DataFrame, sorted by dataset, labels, protocol, model, feature
        dataset, feature, labels, model, protocol, permuted_labels; classes (that have clips), clips,
        subjects, seeds (how many of each); for each of uf1, uar and war its mean over seeds under its name,
        and _sd, _low and _high, nan where undefined; majority_class, majority_uf1, majority_uar,
        majority_war; audit ("passed", "as published" or "FAILED"); leaks, of a protocol as published: why its scores
        flatter, else "".
    """
    table = pd.DataFrame([_row(run, one) for run, one in scores.items()])
    return table.sort_values([*_TEST, "model", "feature"], ignore_index=True)


def write_scores_page(table: pd.DataFrame, path: Path) -> None:
    """Write the scores as one HTML file that needs nothing else.

    Rows that can be compared stand together: the same dataset, classes and protocol, on the same clips.

    Parameters
    ----------
    table : DataFrame
        Of `scores_table`.
    path : Path

    Raises
    ------
    UserError
        If the disk is full.
    """
    tests = [_test_rows(test) for _, test in table.groupby(_TEST, sort=False)]
    page = _PAGE.replace("{style}", PAGE_STYLE + _STYLE).replace("{notes}", _NOTES).replace("{tests}", "\n".join(tests))
    with replacing(path) as beside:
        beside.write_text(page, encoding="utf-8")


def _row(run: Run, scores: Mapping[str, Any]) -> dict[str, Any]:
    row = {
        "dataset": run.dataset,
        "feature": run.feature,
        "labels": run.labels,
        "model": run.model,
        "protocol": run.protocol,
        "permuted_labels": scores["permuted_labels"],
        "classes": len(scores["class_names"]) - len(scores["absent_classes"]),
        "clips": scores["n_clips"],
        "subjects": scores["n_subjects"],
        "seeds": len(scores["seeds"]),
    }
    for name in _METRICS:
        metric = scores["metrics"][name]
        low, high = metric["ci"] or (None, None)
        row |= {name: metric["mean"], f"{name}_sd": metric["sd"], f"{name}_low": low, f"{name}_high": high}
    row |= {f"majority_{name}": value for name, value in scores["majority_baseline"].items()}
    leaks = "; ".join(scores["leak_audit"].get("as_published", []))
    passed = "as published" if leaks else "passed"
    return row | {"audit": passed if scores["leak_audit"]["passed"] else "FAILED", "leaks": leaks}


def _test_rows(test: pd.DataFrame) -> str:
    first = test.iloc[0]
    control = (
        " <span class='control'>control: permuted labels, must be at chance</span>" if first.permuted_labels else ""
    )
    if first.leaks:
        control += f" <span class='control'>as published: {text(first.leaks)}</span>"
    heading = (
        f"<tr class='test'><th colspan='8' scope='rowgroup'>{text(first.dataset)} · {text(first.labels)} ·"
        f" {text(first.protocol)} <small>{counted(first.clips, 'clip')} of"
        f" {counted(first.subjects, 'subject')}, {first.classes} classes</small>{control}</th></tr>"
    )
    runs = [_run_row(row) for _, row in test.iterrows()]
    return "\n".join(["<tbody>", heading, *runs, _baseline_row(first), "</tbody>"])


def _run_row(row: pd.Series) -> str:
    cells = "".join(
        f"<td>{score_cell(*row[[name, f'{name}_sd', f'{name}_low', f'{name}_high']])}</td>" for name in _METRICS
    )
    told = f" title='{text(row.leaks)}'" if row.leaks else ""
    audit = "<td>passed</td>" if row.audit == "passed" else f"<td class='control'{told}>{text(row.audit)}</td>"
    return (
        f"<tr><th scope='row'>{text(row.model)}</th><td class='name'>{text(row.feature)}</td>"
        f"<td>{row.seeds}</td><td>{_bar(row)}</td>{cells}{audit}</tr>"
    )


def _baseline_row(row: pd.Series) -> str:
    cells = "".join(f"<td>{three_digits(row[f'majority_{name}'])}</td>" for name in _METRICS)
    name = f"always “{text(row.majority_class)}”: the commonest class"
    return f"<tr class='baseline'><th scope='row' colspan='4'>{name}</th>{cells}<td></td></tr>"


def _bar(row: pd.Series) -> str:
    """UF1 on a line from 0 to 1: its interval, its mean, and a tick where the majority baseline lies."""
    x = {name: 5 + 150 * value for name, value in row[["uf1", "uf1_low", "uf1_high", "majority_uf1"]].items()}
    interval = (
        ""
        if pd.isna(row.uf1_low)
        else f"<line class='interval' x1='{x['uf1_low']:.1f}' x2='{x['uf1_high']:.1f}' y1='9' y2='9'/>"
    )
    return (
        f"<svg width='160' height='18' role='img' aria-label='UF1 {three_digits(row.uf1)} on a line from 0 to 1'>"
        f"<line class='axis' x1='5' x2='155' y1='9' y2='9'/>"
        f"<line class='axis' x1='{x['majority_uf1']:.1f}' x2='{x['majority_uf1']:.1f}' y1='3' y2='15'/>"
        f"{interval}<circle cx='{x['uf1']:.1f}' cy='9' r='4'/></svg>"
    )


_STYLE = """
th, td { text-align: right; padding: .4rem .7rem; white-space: nowrap; }
th[scope=row], .name, thead th:nth-child(-n+2) { text-align: left; }
thead th { color: var(--soft); font-weight: 600; border-bottom: 2px solid var(--line); }
tbody th { font-weight: 500; }
.test th { text-align: left; background: var(--band); font-weight: 700; padding: .7rem; }
.baseline { color: var(--soft); }
.baseline th { font-weight: 400; }
.test .control { margin-left: 1rem; font-size: .85em; }
svg { vertical-align: middle; }
svg .axis { stroke: var(--soft); stroke-width: 1; opacity: .6; }
svg .interval { stroke: var(--mark); stroke-width: 3; stroke-linecap: round; opacity: .6; }
svg circle { fill: var(--mark); }
"""

_NOTES = """
<dt>UF1</dt><dd>Unweighted F1: the mean of the classes' F1, from one confusion matrix of all folds together.
Every class weighs the same, however rare.</dd>
<dt>UAR</dt><dd>Unweighted average recall: the mean of the classes' recall, from the same matrix.</dd>
<dt>WAR</dt><dd>Weighted average recall, which is accuracy: the fraction of clips predicted rightly.</dd>
<dt>.912 ± .011</dt><dd>Mean and standard deviation over seeds.</dd>
<dt>[.850, .960]</dt><dd>95 % interval of the mean over seeds, by a bootstrap that resamples
subjects, not clips: a subject's clips succeed or fail together.</dd>
<dt>Line</dt><dd>UF1 from 0 to 1: mean (dot), interval (band), and always predicting the commonest class
(tick).</dd>
<dt>Leak audit</dt><dd>Passed: no test subject, statistic or label has reached the training.</dd>
<dt>As published</dt><dd>The protocol is that of a paper, which lets something of the test reach the training; its
heading says what. Such scores flatter, and are here to compare with that paper's only.</dd>
<dt>Control</dt><dd>The labels are permuted inside each subject before training. Such a row must be at chance;
above it, something of the test data reaches the training.</dd>
<dt>Comparing</dt><dd>Only rows under one heading are measured on the same clips in the same way. Where
intervals overlap widely, the order of two models means little.</dd>
"""

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>mexflow: scores</title>
<style>{style}</style>
</head>
<body>
<h1>Scores</h1>
<div class="table">
<table>
<thead><tr><th>Model</th><th>Feature</th><th>Seeds</th><th>UF1, 0 to 1</th>
<th>UF1</th><th>UAR</th><th>WAR</th><th>Leak audit</th></tr></thead>
{tests}
</table>
</div>
<dl>{notes}</dl>
</body>
</html>
"""
