"""Every architecture on the demo, with its labels and with permuted ones: docs/models.md from a finished run.

Run: .venv/bin/snakemake --cores all results/scores.csv --configfile config/models_on_demo.yaml
     .venv/bin/python benchmarks/models_on_demo.py [--results results] [--write]
"""

import argparse
import datetime
import os
import platform
from collections.abc import Iterator
from pathlib import Path

import keras
import pandas as pd
import yaml

REPOSITORY = Path(__file__).resolve().parents[1]
PERMUTED = "_permuted"


def main() -> None:
    """Read the scores, print the page, and write it when asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=Path, default=REPOSITORY / "results")
    parser.add_argument("--write", action="store_true", help="replace docs/models.md")
    options = parser.parse_args()
    page = "\n".join(lines(options.results)) + "\n"
    print(page)
    if options.write:
        (REPOSITORY / "docs/models.md").write_text(page)


def lines(results: Path) -> Iterator[str]:
    """The page."""
    scores = pd.read_csv(results / "scores.csv")
    models = yaml.safe_load((REPOSITORY / "config/models_on_demo.yaml").read_text())["models"]
    models |= {name: one for name, one in _base_models().items() if name not in models}
    yield "# Every model on the demo"
    yield ""
    yield "Written by `benchmarks/models_on_demo.py --write` from the runs of `config/models_on_demo.yaml`."
    yield ""
    first = scores.iloc[0]
    yield (
        f"{datetime.date.today()}, {platform.machine()}, {os.cpu_count()} cores, one thread a training; Python"
        f" {platform.python_version()}, Keras {keras.__version__}. {first.clips} clips of {first.subjects} synthetic"
        " subjects in three classes, four folds by subject, one seed. UF1 with its 95 % subject-bootstrap interval;"
        f" always the commonest class: {first.majority_uf1:.3f}. *Permuted*: trained on labels permuted inside each"
        " subject and scored on them, where every model must be at chance (about .33, with eight subjects ± .15)."
    )
    yield ""
    yield "| model | feature | epochs | UF1 | permuted | s per fold |"
    yield "|---|---|--:|--:|--:|--:|"
    honest = scores[~scores.protocol.str.endswith(PERMUTED)].sort_values(["uf1"], ascending=False)
    for row in honest.itertuples():
        same = (scores.model == row.model) & (scores.feature == row.feature)
        control = scores[same & (scores.protocol == row.protocol + PERMUTED)].iloc[0]
        folder = results / "demo/runs" / row.feature / row.labels / row.model / row.protocol / "seed0"
        seconds = pd.read_csv(folder / "times.csv").seconds.median()
        yield (
            f"| {row.model} | {row.feature} | {_epochs(models[row.model])} | {row.uf1:.3f} [{row.uf1_low:.3f},"
            f" {row.uf1_high:.3f}] | {control.uf1:.3f} [{control.uf1_low:.3f}, {control.uf1_high:.3f}] |"
            f" {seconds:.1f} |"
        )


def _base_models() -> dict:
    return yaml.safe_load((REPOSITORY / "config.yaml").read_text())["models"]


def _epochs(model: dict) -> str:
    if "epochs" not in model:
        return "–"
    return f"{model['spatial']['epochs']} + {model['epochs']}" if "spatial" in model else str(model["epochs"])


if __name__ == "__main__":
    main()
