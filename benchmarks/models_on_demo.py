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
import numpy as np
import pandas as pd
import yaml

from mexflow.config.training import ModelSpec, ProtocolSpec
from mexflow.evaluation.recognition import confusion, uf1
from mexflow.store.packed import read_packed
from mexflow.training.fitting import EstimatorTrainer
from mexflow.training.folds import folds_of, subject_keys
from mexflow.training.samples import Normaliser

REPOSITORY = Path(__file__).resolve().parents[1]
PERMUTED = "_permuted"
PERMUTATIONS = 60
CLASSES = ("negative", "positive", "surprise")


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
        " subject and scored on them. It is one permutation for all models, whose scores rise and fall with it"
        f" together. Chance, by {PERMUTATIONS} permutations with a linear machine: {{:.3f}} on average, 95 % of them"
        " in [{:.3f}, {:.3f}].".format(*chance(results))
    )
    yield ""
    yield (
        "ELRCN is here by its variant `t`. Those with VGG start from VGG-Face, which cannot be shipped; from random"
        " weights they were not tried here, since an epoch of 224 px frames takes hours on a processor."
    )
    yield ""
    yield "| model | feature | epochs | UF1 | permuted | s per fold |"
    yield "|---|---|--:|--:|--:|--:|"
    honest = scores[~scores.protocol.str.endswith(PERMUTED)].sort_values(["uf1"], ascending=False)
    for row in honest.itertuples():
        same = (scores.model == row.model) & (scores.feature == row.feature)
        control = scores[same & (scores.protocol == row.protocol + PERMUTED)].iloc[0]
        folder = results / "demo/runs" / row.feature / row.labels / row.model / row.protocol
        seconds = pd.concat(map(pd.read_csv, folder.glob("seed*/times.csv"))).seconds.median()
        yield (
            f"| {row.model} | {row.feature} | {_epochs(models[row.model])} | {row.uf1:.3f} [{row.uf1_low:.3f},"
            f" {row.uf1_high:.3f}] | {control.uf1:.3f} [{control.uf1_low:.3f}, {control.uf1_high:.3f}] |"
            f" {seconds:.1f} |"
        )


def chance(results: Path) -> tuple[float, float, float]:
    """Mean and 95 % interval of the UF1 of a linear machine over many permutations of the labels."""
    feature = read_packed(results / "demo/features/uvs28.h5")
    truth = np.array([CLASSES.index(name) for name in feature.clips.three_class])
    keys = subject_keys(feature.clips)
    folds = folds_of(ProtocolSpec(split="k_fold", folds=4, random_state=0), feature.clips, truth, seed=0)
    machine = EstimatorTrainer(ModelSpec(architecture="svm", parameters={"kernel": "linear", "c": 0.01}), len(CLASSES))
    scores = []
    for seed in range(PERMUTATIONS):
        draw, labels, predicted = np.random.default_rng(seed), truth.copy(), np.zeros_like(truth)
        for subject in sorted(set(keys)):
            own = np.flatnonzero(keys == subject)
            labels[own] = truth[draw.permutation(own)]
        for fold in folds:
            normalise = Normaliser.of(feature.samples[fold.train])
            machine.fit(normalise(feature.samples[fold.train]), labels[fold.train], seed, on_epoch=lambda: None)
            predicted[fold.test] = machine.predict(normalise(feature.samples[fold.test])).argmax(axis=1)
        scores.append(uf1(confusion(labels, predicted, len(CLASSES))))
    return (float(np.mean(scores)), *map(float, np.quantile(scores, [0.025, 0.975])))


def _base_models() -> dict:
    return yaml.safe_load((REPOSITORY / "config.yaml").read_text())["models"]


def _epochs(model: dict) -> str:
    if "epochs" not in model:
        return "–"
    return f"{model['spatial']['epochs']} + {model['epochs']}" if "spatial" in model else str(model["epochs"])


if __name__ == "__main__":
    main()
