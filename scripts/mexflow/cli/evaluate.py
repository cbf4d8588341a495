"""`mexflow evaluate`: scores of predictions, and models against each other."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from mexflow.errors import UserError
from mexflow.evaluation.comparison import compare as compare_models
from mexflow.evaluation.judging import judge, read_judged

evaluate = typer.Typer(no_args_is_help=True, help="Score predictions, of mexflow or from elsewhere.")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]

_SHOWN = {
    "uf1": "UF1",
    "uar": "UAR",
    "war": "WAR (accuracy)",
    "weighted_f1": "weighted F1",
    "macro_precision": "macro precision",
    "f1_harmonic": "f1_harmonic",
    "auc_macro": "AUC (macro)",
    "uf1_foldmean": "uf1_foldmean",
}


@evaluate.command()
def recognition(
    file: Annotated[Path, typer.Argument(help="A CSV of predictions or an MEGC 2019 log; .gz as well.")],
    as_json: AsJson = False,
    bootstrap: Annotated[int, typer.Option(min=0, help="Draws of subjects for the 95 % intervals.")] = 2000,
) -> None:
    """Score the predictions of a file: all its folds pooled, mean ± sd over its seeds."""
    scores = judge(file, bootstrap)
    if as_json:
        _print_json(scores)
        return
    shown = [_metrics_table(scores), _class_table(scores), _confusion_table(scores)]
    if len(scores["per_dataset"]) > 1:
        shown.append(_dataset_table(scores["per_dataset"]))
    _print_tables(shown)
    for line in _absences(scores):
        print(line)


@evaluate.command()
def compare(
    files: Annotated[list[Path], typer.Argument(help="Two or more files as of `recognition`, of the same clips.")],
    as_json: AsJson = False,
    draws: Annotated[int, typer.Option(min=1, help="Of the permutation test and of the bootstrap.")] = 10_000,
) -> None:
    """Compare models by pooled UF1: permutation of subjects and McNemar's test, Holm's correction over all pairs."""
    if twice := [path for path in files if files.count(path) > 1]:
        raise UserError(f"{twice[0]} is given twice. Compare different files.")
    judged = {str(path): read_judged(path) for path in files}
    classes = max(classes for _, classes in judged.values())
    compared = compare_models({name: frame for name, (frame, _) in judged.items()}, classes, draws)
    if as_json:
        _print_json(compared)
        return
    letters = {name: _letter(number) for number, name in enumerate(compared["models"])}
    _print_tables([_models_table(compared, letters), _pairs_table(compared, letters)])


def _print_json(record: dict[str, Any]) -> None:
    typer.echo(json.dumps(record, indent=1, allow_nan=False, ensure_ascii=False))


def _print_tables(tables: list[Table]) -> None:
    """Names of files, datasets and classes are shown as they are, brackets and all."""
    console = Console(markup=False, emoji=False, highlight=False)
    for table in tables:
        console.print(table)
        console.print()


def _metrics_table(scores: dict[str, Any]) -> Table:
    caption = [
        f"{_counted(scores['n_clips'], 'clip')} of {_counted(scores['n_subjects'], 'subject')},"
        f" {_counted(scores['n_folds'], 'fold')} pooled, {_counted(len(scores['seeds']), 'seed')}.",
        f"Interval: {_counted(scores['draws'], 'draw')} of subjects.",
        "uf1_foldmean, a mean over folds, is biased: not to be compared with UF1.",
    ]
    shown = _table(scores["file"], "metric", "mean ± sd", "95 % interval", caption=" ".join(caption))
    for name, words in _SHOWN.items():
        if scores[name] is not None:
            interval = _interval(scores["ci"].get(name))
            shown.add_row(words, _mean(scores[name], scores["sd"][name]), interval)
    return shown


def _class_table(scores: dict[str, Any]) -> Table:
    caption = "Mean over seeds." if len(scores["seeds"]) > 1 else None
    columns = scores["per_class"] | ({"AUC": scores["auc"]["per_class"]} if scores["auc"] else {})
    headings = [{"f1": "F1"}.get(name, name) for name in columns]
    shown = _table("Classes", "class", "clips", *headings, caption=caption)
    for name, clips, *values in zip(scores["class_names"], scores["class_counts"], *columns.values(), strict=True):
        shown.add_row(name, str(clips), *[_number(value) for value in values])
    return shown


def _confusion_table(scores: dict[str, Any]) -> Table:
    caption = f"Sum over {len(scores['seeds'])} seeds." if len(scores["seeds"]) > 1 else None
    shown = _table("Confusion", "truth \\ predicted", *scores["class_names"], caption=caption)
    for name, row in zip(scores["class_names"], scores["confusion"], strict=True):
        shown.add_row(name, *map(str, row))
    return shown


def _dataset_table(datasets: dict[str, dict[str, Any]]) -> Table:
    caption = "The same predictions, restricted to a dataset. Mean ± sd over seeds, 95 % interval."
    shown = _table("Datasets", "dataset", "clips", "subjects", "UF1", "UAR", "WAR", caption=caption)
    for name, one in datasets.items():
        metrics = [
            f"{_mean(one[metric], one['sd'][metric])}\n{_interval(one['ci'][metric])}"
            for metric in ("uf1", "uar", "war")
        ]
        shown.add_row(name, str(one["n_clips"]), str(one["n_subjects"]), *metrics)
    return shown


def _absences(scores: dict[str, Any]) -> list[str]:
    places = {"": scores["absent_classes"]}
    places |= {f" in {name}": one["absent_classes"] for name, one in scores["per_dataset"].items()}
    return [
        f"No clip of class {', '.join(absent)}{place}: left out of the means over classes."
        for place, absent in places.items()
        if absent and (not place or absent != scores["absent_classes"])
    ]


def _models_table(compared: dict[str, Any], letters: dict[str, str]) -> Table:
    counts = (
        f"{_counted(compared['n_clips'], 'clip')} of {_counted(compared['n_subjects'], 'subject')},"
        f" {_counted(compared['n_seeds'], 'seed')}. Mean ± sd over seeds."
    )
    shown = _table("Models", "", "UF1", "UAR", "WAR", caption=counts)
    shown.add_column("file", overflow="fold")
    for name, one in compared["models"].items():
        metrics = [_mean(one[metric]["mean"], one[metric]["sd"]) for metric in ("uf1", "uar", "war")]
        shown.add_row(letters[name], *metrics, name)
    return shown


def _pairs_table(compared: dict[str, Any], letters: dict[str, str]) -> Table:
    caption = (
        f"Difference of UF1, 95 % interval. p: {compared['draws']} permutations of subjects. McNemar's test takes "
        "clips for independent, which those of a subject are not. Holm: over all pairs."
    )
    headings = ("ΔUF1", "95 % interval", "p", "p (Holm)", "McNemar p", "p (Holm)")
    shown = _table("Pairs", "", *headings, caption=caption)
    for pair in compared["pairs"]:
        name = f"{letters[pair['first']]} − {letters[pair['second']]}"
        p_values = (pair["p"], pair["p_holm"], pair["mcnemar"]["p"], pair["mcnemar"]["p_holm"])
        # A dash would be read as a minus where a difference is below 0.
        interval = _interval(pair["ci"], " to ")
        shown.add_row(name, _number(pair["difference"], "+.3f"), interval, *map(_p_value, p_values))
    return shown


def _table(title: str, first: str, *columns: str, caption: str | None = None) -> Table:
    table = Table(title=title, caption=caption, box=box.SIMPLE, title_justify="left", caption_justify="left")
    table.add_column(first, overflow="fold")
    for column in columns:
        table.add_column(column, justify="right")
    return table


def _letter(number: int) -> str:
    """A to Z, then A1 to Z1, and so on."""
    return chr(ord("A") + number % 26) + (str(number // 26) if number >= 26 else "")


def _mean(mean: float, sd: float | None) -> str:
    return _number(mean) + ("" if sd is None else f" ± {_number(sd)}")


def _interval(interval: list[float] | None, between: str = "–") -> str:
    return "" if interval is None else between.join(_number(end) for end in interval)


def _number(value: float | None, form: str = ".3f") -> str:
    """Three digits, as tables of scores write them: .912."""
    return "–" if value is None else f"{value:{form}}".replace("0.", ".", 1)


def _p_value(p: float) -> str:
    return "< .001" if p < 0.001 else _number(p)


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
