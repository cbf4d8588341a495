"""`mexflow evaluate`: scores of predictions, and models against each other."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from mexflow.cli.evaluate_spotting import spotting
from mexflow.cli.tables import counted, digits, interval_text, print_json, print_tables, score_table
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
        print_json(scores)
        return
    shown = [_metrics_table(scores), _class_table(scores), _confusion_table(scores)]
    if len(scores["per_dataset"]) > 1:
        shown.append(_dataset_table(scores["per_dataset"]))
    print_tables(shown)
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
        print_json(compared)
        return
    letters = {name: _letter(number) for number, name in enumerate(compared["models"])}
    print_tables([_models_table(compared, letters), _pairs_table(compared, letters)])


evaluate.command()(spotting)


def _metrics_table(scores: dict[str, Any]) -> Table:
    caption = [
        f"{counted(scores['n_clips'], 'clip')} of {counted(scores['n_subjects'], 'subject')},"
        f" {counted(scores['n_folds'], 'fold')} pooled, {counted(len(scores['seeds']), 'seed')}.",
        f"Interval: {counted(scores['draws'], 'draw')} of subjects.",
        "uf1_foldmean, a mean over folds, is biased: not to be compared with UF1.",
    ]
    shown = score_table(scores["file"], "metric", "mean ± sd", "95 % interval", caption=" ".join(caption))
    for name, words in _SHOWN.items():
        if scores[name] is not None:
            interval = interval_text(scores["ci"].get(name))
            shown.add_row(words, _mean(scores[name], scores["sd"][name]), interval)
    return shown


def _class_table(scores: dict[str, Any]) -> Table:
    caption = "Mean over seeds." if len(scores["seeds"]) > 1 else None
    columns = scores["per_class"] | ({"AUC": scores["auc"]["per_class"]} if scores["auc"] else {})
    headings = [{"f1": "F1"}.get(name, name) for name in columns]
    shown = score_table("Classes", "class", "clips", *headings, caption=caption)
    for name, clips, *values in zip(scores["class_names"], scores["class_counts"], *columns.values(), strict=True):
        shown.add_row(name, str(clips), *[digits(value) for value in values])
    return shown


def _confusion_table(scores: dict[str, Any]) -> Table:
    caption = f"Sum over {len(scores['seeds'])} seeds." if len(scores["seeds"]) > 1 else None
    shown = score_table("Confusion", "truth \\ predicted", *scores["class_names"], caption=caption)
    for name, row in zip(scores["class_names"], scores["confusion"], strict=True):
        shown.add_row(name, *map(str, row))
    return shown


def _dataset_table(datasets: dict[str, dict[str, Any]]) -> Table:
    caption = "The same predictions, restricted to a dataset. Mean ± sd over seeds, 95 % interval."
    shown = score_table("Datasets", "dataset", "clips", "subjects", "UF1", "UAR", "WAR", caption=caption)
    for name, one in datasets.items():
        metrics = [
            f"{_mean(one[metric], one['sd'][metric])}\n{interval_text(one['ci'][metric])}"
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
        f"{counted(compared['n_clips'], 'clip')} of {counted(compared['n_subjects'], 'subject')},"
        f" {counted(compared['n_seeds'], 'seed')}. Mean ± sd over seeds."
    )
    shown = score_table("Models", "", "UF1", "UAR", "WAR", caption=counts)
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
    shown = score_table("Pairs", "", *headings, caption=caption)
    for pair in compared["pairs"]:
        name = f"{letters[pair['first']]} − {letters[pair['second']]}"
        p_values = (pair["p"], pair["p_holm"], pair["mcnemar"]["p"], pair["mcnemar"]["p_holm"])
        # A dash would be read as a minus where a difference is below 0.
        interval = interval_text(pair["ci"], " to ")
        shown.add_row(name, digits(pair["difference"], "+.3f"), interval, *map(_p_value, p_values))
    return shown


def _letter(number: int) -> str:
    """A to Z, then A1 to Z1, and so on."""
    return chr(ord("A") + number % 26) + (str(number // 26) if number >= 26 else "")


def _mean(mean: float, sd: float | None) -> str:
    return digits(mean) + ("" if sd is None else f" ± {digits(sd)}")


def _p_value(p: float) -> str:
    return "< .001" if p < 0.001 else digits(p)
