"""Spotters on the long look-alikes, with their labels and with labels moved by half a video: docs/spotting_scores.md.

Run: .venv/bin/mexflow lookalike casme_sq_long lookalikes/casme_sq_long
     .venv/bin/mexflow lookalike samm_lv_long lookalikes/samm_lv_long
     .venv/bin/snakemake --cores all results/spotting.csv --configfile config/spotting_lookalikes.yaml
     .venv/bin/python benchmarks/spotting_on_lookalikes.py [--results results] [--write]
"""

import argparse
import datetime
import os
import platform
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from mexflow.datasets.manifest import read_manifest
from mexflow.evaluation.matching import MATCHINGS, arranged, group_counts, overlaps
from mexflow.evaluation.spotted import true_intervals
from mexflow.evaluation.spotting import f1
from mexflow.store.pair_scores import read_pair_scores
from mexflow.store.spotting import VIDEO, read_spotted

REPOSITORY = Path(__file__).resolve().parents[1]
PAGE = REPOSITORY / "docs/spotting_scores.md"
DRAWS = 200


def main() -> None:
    """Read the scores, print the page, and write it when asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=Path, default=REPOSITORY / "results")
    parser.add_argument("--write", action="store_true", help=f"replace docs/{PAGE.name}")
    options = parser.parse_args()
    page = "\n".join(lines(options.results)) + "\n"
    print(page)
    if options.write:
        PAGE.write_text(page, encoding="utf-8")


def lines(results: Path) -> Iterator[str]:
    """The page."""
    table = pd.read_csv(results / "spotting.csv", keep_default_na=False, dtype={"dataset": str})
    yield "# Spotters on the long look-alikes"
    yield ""
    yield "Written by `benchmarks/spotting_on_lookalikes.py --write` from runs of `config/spotting_lookalikes.yaml`."
    yield ""
    yield (
        f"{datetime.date.today()}, {platform.machine()}, {os.cpu_count()} cores; Python {platform.python_version()}."
        " Synthetic videos of several thousand frames in the layout of CAS(ME)² and SAMM Long Videos: macro- and"
        " micro-expressions, blinks, speech-like motion of the mouth, a head that drifts; one video is silent."
        " Leave-one-subject-out, k as published, p on inner subjects, IoU ≥ 0.5, one to one. F1, and TP / FP / FN."
        f" *Chance*: the run's own intervals, those of each video moved by a random time, {DRAWS} times: the mean F1,"
        " and the limit that 97.5 % stay below."
    )
    yield ""
    yield "| dataset | spotter | protocol | macro | micro | overall | TP / FP / FN | chance | 97.5 % |"
    yield "|---|---|---|--:|--:|--:|--:|--:|--:|"
    for row in table.itertuples():
        found = " / ".join(f"{float(getattr(row, f'overall_{name}')):.0f}" for name in ("tp", "fp", "fn"))
        f1 = " | ".join(f"{float(getattr(row, f'{kind}_f1')):.3f}" for kind in ("macro", "micro", "overall"))
        by_chance = chance(results, [row.dataset] if row.dataset else _members(table, row), row)
        yield (
            f"| {row.dataset or 'both'} | {row.spotter} | {row.protocol} | {f1} | {found} | {by_chance.mean():.3f} |"
            f" {np.quantile(by_chance, 0.975):.3f} |"
        )
    yield ""
    yield (
        "`shifted` is SOFTNet trained on labels that are moved by half a video: a control that must stay at chance."
        " These figures say that the chain works, and nothing of real videos."
    )


def _members(table: pd.DataFrame, row: tuple) -> list[str]:
    same = (table.spotter == row.spotter) & (table.protocol == row.protocol) & (table.feature == row.feature)
    return [name for name in table[same].dataset if name]


def chance(results: Path, datasets: list[str], row: tuple) -> np.ndarray:
    """Overall F1 of the first seed's intervals, moved at random."""
    spotted, truth, lengths = [], [], {}
    for dataset in datasets:
        folder = results / dataset / "spotting" / row.feature / row.spotter / row.protocol / "seed0"
        truth.append(true_intervals(read_manifest(results / dataset / "manifest.csv")))
        for kind in ("macro", "micro"):
            spotted.append(read_spotted(folder / kind / "spotted.csv"))
            for one in read_pair_scores(folder / kind / "test" / "pair_scores.h5"):
                lengths[one.dataset, one.subject, one.video] = int(one.frames[-1]) + one.k
    found, true = (pd.concat(tables, ignore_index=True) for tables in (spotted, truth))
    random = np.random.default_rng(0)
    return np.array([_moved_f1(found, true, lengths, random) for _ in range(DRAWS)])


def _moved_f1(found: pd.DataFrame, true: pd.DataFrame, lengths: dict, random: np.random.Generator) -> float:
    by = {video: int(random.integers(length)) for video, length in lengths.items()}
    keys = [tuple(key) for key in found[VIDEO].to_numpy()]
    length = np.array([lengths[key] for key in keys])
    width = (found.offset - found.onset).to_numpy()
    onset = (found.onset.to_numpy() + np.array([by[key] for key in keys])) % length
    task = arranged(found.assign(onset=onset, offset=onset + width).drop(columns="apex"), true)
    rule = MATCHINGS["megc"]
    hits = rule.pick(overlaps(task.predicted, task.true, 0.5))
    return float(f1(group_counts(task, hits, rule).sum(axis=(0, 1))))


if __name__ == "__main__":
    main()
