"""The scores of all spotting runs: as a table, and as a page for a reader."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mexflow.config.configuration import SpottingRun
from mexflow.report.page import PAGE_STYLE, counted, score_cell, text, three_digits
from mexflow.report.published_spotting import PUBLISHED_SPOTTING
from mexflow.store.files import replacing

_KINDS = ("macro", "micro", "overall")
_COUNTS = ("tp", "fp", "fn")


def spotting_table(scores: Mapping[SpottingRun, Mapping[str, Any]]) -> pd.DataFrame:
    """One row per run, and one for all datasets of a spotter, feature and protocol that has several.

    Parameters
    ----------
    scores : mapping
        At least one run, and what `mexflow.evaluation.spotting_run.score_run` returned for it.

    Returns
    -------
    DataFrame, sorted by dataset (all of them last), protocol, spotter, feature
        dataset ("" for all), kind, feature, spotter, protocol, types, seeds, matching, iou, shifted_labels, videos,
        silent_videos; for macro, micro and overall ``_tp, _fp, _fn`` (means over seeds), ``_f1, _sd, _low, _high``
        and ``_ap``, nan where undefined; leaks: why scores flatter, else "". Over datasets counts are summed before
        the F1, and there is no deviation, interval or average precision.
    """
    table = pd.DataFrame([_row(run, one) for run, one in scores.items()])
    keys = ["protocol", "spotter", "feature", "types", "matching", "iou", "shifted_labels", "leaks"]
    summed = [_over_datasets(group) for _, group in table.groupby(keys, sort=False) if len(group) > 1]
    table = pd.concat([table, pd.DataFrame(summed)], ignore_index=True) if summed else table
    last = table.dataset == ""
    return (
        table.assign(last=last)
        .sort_values(["last", "dataset", "protocol", "spotter", "feature"], ignore_index=True)
        .drop(columns="last")
    )


def write_spotting_page(table: pd.DataFrame, path: Path) -> None:
    """Write the scores as one HTML file that needs nothing else.

    Rows that can be compared stand together: the same videos under the same protocol. What was published stands below
    the protocols of a dataset.

    Parameters
    ----------
    table : DataFrame
        Of `spotting_table`.
    path : Path

    Raises
    ------
    UserError
        If the disk is full.
    """
    tests = []
    for _, runs in table.groupby("dataset", sort=False):
        tests += [_test_rows(test) for _, test in runs.groupby("protocol", sort=False)]
        tests += _published_rows(runs.iloc[0])
    page = _PAGE.replace("{style}", PAGE_STYLE + _STYLE).replace("{notes}", _NOTES).replace("{tests}", "\n".join(tests))
    with replacing(path) as beside:
        beside.write_text(page, encoding="utf-8")


def _row(run: SpottingRun, scores: Mapping[str, Any]) -> dict[str, Any]:
    first = next(iter(scores["seeds"].values()))
    row = {
        "dataset": run.dataset,
        "kind": scores["kind"],
        "feature": run.feature,
        "spotter": run.spotter,
        "protocol": run.protocol,
        "types": " ".join(scores["types"]),
        "seeds": len(scores["seeds"]),
        "matching": scores["matching"],
        "iou": scores["iou"],
        "shifted_labels": scores["shifted_labels"],
        "videos": first["n_videos"],
        "silent_videos": first["n_videos_without_truth"],
    }
    for kind in _KINDS:
        own = scores[kind]
        low, high = scores["ci"][kind]["f1"] or (None, None)
        ranked = [one["ap"][kind] for one in scores["seeds"].values() if one["ap"]]
        ap = float(np.mean(ranked)) if ranked and None not in ranked else None
        row |= {f"{kind}_{name}": own[name] for name in _COUNTS}
        row |= {f"{kind}_f1": own["f1"], f"{kind}_sd": own["f1_sd"], f"{kind}_low": low, f"{kind}_high": high}
        row[f"{kind}_ap"] = ap
    return row | {"leaks": "; ".join(scores["as_published"])}


def _over_datasets(group: pd.DataFrame) -> dict[str, Any]:
    row = group.iloc[0].to_dict() | {"dataset": "", "kind": ""}
    row |= {name: int(group[name].sum()) for name in ("videos", "silent_videos")}
    for kind in _KINDS:
        tp, fp, fn = (float(group[f"{kind}_{name}"].sum()) for name in _COUNTS)
        row |= {f"{kind}_tp": tp, f"{kind}_fp": fp, f"{kind}_fn": fn}
        row |= {f"{kind}_f1": 2 * tp / (2 * tp + fp + fn) if tp + fp + fn else None}
        row |= dict.fromkeys(f"{kind}_{name}" for name in ("sd", "low", "high", "ap"))
    return row


def _test_rows(test: pd.DataFrame) -> str:
    first = test.iloc[0]
    marks = ["control: labels moved by half a video, must find nothing above chance"] if first.shifted_labels else []
    marks += [f"as published: {text(first.leaks)}"] if first.leaks else []
    of = f"{counted(first.videos, 'video')}, {first.silent_videos} of them silent"
    how = f"matching {text(first.matching)}, IoU ≥ {first.iou:g}"
    heading = _heading(first.dataset, first.protocol, f"{of}; {how}", marks)
    return "\n".join(["<tbody>", heading, *(_run_row(row) for _, row in test.iterrows()), "</tbody>"])


def _heading(dataset: str, what: str, note: str, marks: Sequence[str] = ()) -> str:
    control = "".join(f"<br><span class='control'>{mark}</span>" for mark in marks)
    return (
        f"<tr class='test'><th colspan='8' scope='rowgroup'>{text(dataset or 'all datasets')} · {text(what)}"
        f" <small>{note}</small>{control}</th></tr>"
    )


def _run_row(row: pd.Series) -> str:
    f1 = (score_cell(*row[[f"{kind}_{name}" for name in ("f1", "sd", "low", "high")]]) for kind in _KINDS)
    cells = "".join(f"<td>{one}</td>" for one in f1)
    found = " / ".join(_count(row[f"overall_{name}"]) for name in _COUNTS)
    return (
        f"<tr><th scope='row'>{text(row.spotter)}</th><td class='name'>{text(row.feature)}</td><td>{row.seeds}</td>"
        f"{cells}<td>{found}</td><td>{three_digits(row.overall_ap)}</td></tr>"
    )


def _published_rows(run: pd.Series) -> list[str]:
    """What was published of datasets of that run's kind: a group of rows, or none."""
    rows = [
        f"<tr class='published'><th scope='row' colspan='3'>{text(one.method)} · {text(one.source)}"
        f"<br><small>{text(one.note)}</small></th>"
        + "".join(f"<td>{three_digits(value)}</td>" for value in (one.macro, one.micro, one.overall))
        + "<td></td><td></td></tr>"
        for one in PUBLISHED_SPOTTING
        if one.kind == run.kind
    ]
    heading = _heading(run.dataset, "published", "on the real dataset, not on its look-alike")
    return ["\n".join(["<tbody>", heading, *rows, "</tbody>"])] if rows else []


def _count(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


_STYLE = """
th, td { text-align: right; padding: .4rem .7rem; white-space: nowrap; }
th[scope=row], .name, thead th:nth-child(-n+2) { text-align: left; }
thead th { color: var(--soft); font-weight: 600; border-bottom: 2px solid var(--line); }
tbody th { font-weight: 500; }
.test th { text-align: left; background: var(--band); font-weight: 700; padding: .7rem; white-space: normal; }
.published, .published th { color: var(--soft); font-weight: 400; }
.published th { white-space: normal; }
"""

_NOTES = """
<dt>F1</dt><dd>2 TP / (2 TP + FP + FN). A spotted interval is true (TP) if its intersection over union with a true one
of its type is at least the IoU of the heading; by matching megc, one to one. Counts are summed over all videos, also
the silent ones, which have no true interval.</dd>
<dt>Overall</dt><dd>Macro- and micro-expressions are matched apart and their counts summed.</dd>
<dt>.241 ± .011</dt><dd>Mean and standard deviation over seeds.</dd>
<dt>[.190, .290]</dt><dd>95 % interval, by a bootstrap that resamples subjects with all their videos.</dd>
<dt>TP / FP / FN</dt><dd>Found, false alarms, missed: both types, mean over seeds.</dd>
<dt>AP</dt><dd>Average precision of both types, mean over IoU .5 to .95: does a higher score mean a surer interval?</dd>
<dt>All datasets</dt><dd>Counts are summed over datasets before the F1.</dd>
<dt>As published</dt><dd>The protocol is that of a paper, which lets something of the test reach the training or the
score; its heading says what. Such scores flatter, and are here to compare with that paper's only.</dd>
<dt>Control</dt><dd>Trained on labels that are moved by half a video. Such a row must find nothing above chance.</dd>
<dt>Published</dt><dd>What papers and code pages say of their systems on the real dataset, each under a protocol of its
own.</dd>
"""

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>mexflow: spotting</title>
<style>{style}</style>
</head>
<body>
<h1>Spotting</h1>
<div class="table">
<table>
<thead><tr><th>Spotter</th><th>Feature</th><th>Seeds</th><th>F1, macro</th><th>F1, micro</th><th>F1, overall</th>
<th>TP / FP / FN</th><th>AP</th></tr></thead>
{tests}
</table>
</div>
<dl>{notes}</dl>
</body>
</html>
"""
