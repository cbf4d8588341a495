"""`mexflow evaluate spotting`: scores of intervals that were spotted in long videos, and their challenge formats."""

from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.table import Table

from mexflow.cli.tables import counted, digits, interval_text, print_json, print_tables, score_table
from mexflow.evaluation.megc2020_log import write_megc2020_log
from mexflow.evaluation.megc2023_csv import write_megc2023_csv
from mexflow.evaluation.spotting import KINDS
from mexflow.evaluation.spotting_judging import judge_spotting, read_judged_spotting

Matching = Literal["megc", "voc", "distinct_gt", "as_published"]

_COUNTS = ("TP", "FP", "FN", "precision", "recall", "F1", "95 % interval")


def spotting(
    predictions: Annotated[
        Path, typer.Argument(help="A CSV of spotted intervals, an MEGC 2020 log or an MEGC 2023 CSV; .gz as well.")
    ],
    truth: Annotated[
        Path | None, typer.Argument(help="A CSV of true intervals, or a manifest; an MEGC 2020 log has its own.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    matching: Annotated[Matching, typer.Option(help="How intervals are counted.")] = "megc",
    iou: Annotated[float, typer.Option(help="The least intersection over union of a hit.")] = 0.5,
    videos: Annotated[
        Path | None, typer.Option(help="A CSV of all videos (dataset, subject, video[, frames, fps]).")
    ] = None,
    emotions: Annotated[
        str | None, typer.Option(help="The true emotions that are analysed for STRS, with commas between.")
    ] = None,
    bootstrap: Annotated[int, typer.Option(min=0, help="Draws of subjects for the 95 % intervals.")] = 2000,
    export_megc2020: Annotated[Path | None, typer.Option(help="Write an MEGC 2020 log, too.")] = None,
    export_megc2023: Annotated[Path | None, typer.Option(help="Write an MEGC 2023 CSV, too.")] = None,
) -> None:
    """Score spotted intervals: macro and micro matched apart, counts summed over all videos."""
    analysed = None if emotions is None else [one.strip() for one in emotions.split(",")]
    scores = judge_spotting(predictions, truth, videos, matching, iou, bootstrap, analysed)
    if export_megc2020 or export_megc2023:
        spotted, true, _ = read_judged_spotting(predictions, truth, videos)
        if export_megc2020:
            write_megc2020_log(spotted, true, export_megc2020, iou)
        if export_megc2023:
            write_megc2023_csv(spotted, export_megc2023)
    if as_json:
        print_json(scores)
        return
    print_tables(_log_tables(scores) if scores["format"] == "megc2020" else _tables(scores))
    for line in _remarks(scores):
        print(line)


def _tables(scores: dict[str, Any]) -> list[Table]:
    caption = (
        f"{counted(scores['n_videos'], 'video')} of {counted(scores['n_subjects'], 'subject')}, "
        f"{scores['n_videos_without_truth']} without a true interval. Matching {scores['matching']}, "
        f"IoU ≥ {scores['iou']:g}. Interval of F1: {counted(scores['draws'], 'draw')} of subjects."
    )
    shown = [_count_table(scores["file"], scores, KINDS, caption), _more_table(scores)]
    if len(scores["per_dataset"]) > 1:
        for name, one in scores["per_dataset"].items():
            shown.append(_count_table(name, one, KINDS, None))
    return shown


def _log_tables(scores: dict[str, Any]) -> list[Table]:
    caption = (
        f"{counted(scores['n_videos'], 'video')} of {counted(scores['n_subjects'], 'subject')}. overall: as logged; "
        f"recount: all intervals matched anew, one to one at IoU ≥ {scores['iou']:g}, whatever their types. "
        f"Interval of F1: {counted(scores['draws'], 'draw')} of subjects."
    )
    kinds = ("overall", "recount")
    shown = [_count_table(scores["file"], scores, kinds, caption)]
    if len(scores["per_dataset"]) > 1:
        shown += [_count_table(name, one, kinds, None) for name, one in scores["per_dataset"].items()]
    return shown


def _count_table(title: str, scores: dict[str, Any], kinds: tuple[str, ...], caption: str | None) -> Table:
    shown = score_table(title, "", *_COUNTS, caption=caption)
    for kind in kinds:
        one = scores[kind]
        counts = [str(one[name]) for name in ("tp", "fp", "fn")]
        ratios = [digits(one[name]) for name in ("precision", "recall", "f1")]
        shown.add_row(kind, *counts, *ratios, interval_text(scores["ci"][kind]["f1"]))
    return shown


def _more_table(scores: dict[str, Any]) -> Table:
    caption = "AP: mean over IoU .5 to .95. Apex: rate of true intervals that hold a predicted one; error of hits."
    columns = {"AP": scores["ap"], "STRS": scores["strs"]}
    given = {name: values for name, values in columns.items() if values}
    shown = score_table("Apex and ranking", "", "apex rate", "error (frames)", "error (ms)", *given, caption=caption)
    for kind in KINDS:
        apex = scores["apex"][kind]
        errors = [digits(apex[name], ".1f") for name in ("mean_error_frames", "mean_error_ms")]
        more = [one[kind]["strs"] if name == "STRS" else one[kind] for name, one in given.items()]
        shown.add_row(kind, digits(apex["spotting_rate"]), *errors, *map(digits, more))
    return shown


def _remarks(scores: dict[str, Any]) -> list[str]:
    if scores["format"] == "megc2020":
        return []
    remarks = []
    if names := scores["videos_only_predicted"]:
        some = ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
        remarks.append(
            f"{counted(len(names), 'predicted video')} in neither TRUTH nor --videos, counted as without a true "
            f"interval. If misspelt, correct: {some}."
        )
    if scores["ap"] is None:
        remarks.append("No AP: the predictions have no scores.")
    elif scores["ap"]["all_scores_equal"]:
        remarks.append("All scores are equal: the AP ranks nothing.")
    return remarks
