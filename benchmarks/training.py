"""What leave-one-subject-out costs: STSTNet on 442 samples of 28 × 28 × 3 from 68 subjects, 500 epochs, one seed.

mexflow trains all folds in one process with one model; the plain loop builds, compiles and fits a Keras model per fold,
as published scripts do. Each runs in a process of its own; after every fold it tells the time and its memory. The plain
loop runs the first folds only: its time per fold does not fall.

The backend is Keras's (`KERAS_BACKEND`); with a GPU the same command measures it.

Run: .venv/bin/python benchmarks/training.py [--folds 68] [--plain-folds 8] [--epochs 500]
     .venv/bin/python benchmarks/training.py --write    and replaces benchmarks/training.md
"""

import argparse
import datetime
import multiprocessing
import multiprocessing.connection
import os
import platform
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import psutil

from mexflow.config.training import ModelSpec, ProtocolSpec, TrainingSpec
from mexflow.models.registry import build_model
from mexflow.store.finished_folds import FinishedFold
from mexflow.store.packed import Layout, PackedFeature
from mexflow.training.backend import configure_backend
from mexflow.training.folds import leave_one_subject_out
from mexflow.training.run import Training
from mexflow.training.samples import Normaliser

CLIPS, SUBJECTS, CLASSES = 442, 68, ("negative", "positive", "surprise")
Fold = tuple[float, float]
"""Seconds, and resident memory in MiB at its end."""


def main() -> None:
    """Measure, print, and write the page when asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folds", type=int, default=SUBJECTS)
    parser.add_argument("--plain-folds", type=int, default=8)
    parser.add_argument("--epochs", type=int, default=500)
    parser.add_argument("--write", action="store_true", help="replace benchmarks/training.md")
    options = parser.parse_args()
    ours = measured(mexflow, options.epochs, options.folds)
    plain = measured(plain_loop, options.epochs, options.plain_folds)
    page = "\n".join(lines(ours, plain, options.epochs)) + "\n"
    print(page)
    if options.write:
        Path(__file__).with_suffix(".md").write_text(page)


def lines(ours: list[Fold], plain: list[Fold], epochs: int) -> Iterator[str]:
    """The page."""
    yield "# Training: leave-one-subject-out in one process"
    yield ""
    yield "Written by `benchmarks/training.py --write`; what is measured and how stands at its head."
    yield ""
    yield (
        f"{datetime.date.today()}, {platform.machine()}, {os.cpu_count()} cores; Python {platform.python_version()},"
        f" Keras {keras.__version__} on {keras.backend.backend()}. {epochs} epochs, batches of 256, {os.cpu_count()}"
        " threads."
    )
    yield ""
    yield "| | folds | whole, min | median fold, s | memory after fold 5, MiB | after the last, MiB |"
    yield "|---|--:|--:|--:|--:|--:|"
    for name, folds in (("mexflow", ours), ("plain loop", plain)):
        seconds, memory = np.array(folds).T
        fifth = memory[min(4, len(memory) - 1)]
        whole = f"{seconds.sum() / 60:.1f}"
        yield f"| {name} | {len(folds)} | {whole} | {np.median(seconds):.2f} | {fifth:,.0f} | {memory[-1]:,.0f} |"
    yield ""
    ratio = np.median(np.array(plain)[:, 0]) / np.median(np.array(ours)[:, 0])
    growth = (plain[-1][1] - plain[0][1]) / max(len(plain) - 1, 1)
    yield (
        f"The plain loop takes {ratio:.2f} × the time per fold, and its memory grows by {growth:.1f} MiB a fold; all"
        f" {SUBJECTS} folds of it would take {SUBJECTS * np.mean(np.array(plain)[:, 0]) / 60:.1f} min."
    )


def samples() -> PackedFeature:
    """Noise with the shape of MEGC 2019: nothing here depends on what is learnt."""
    draw = np.random.default_rng(0)
    tensors = draw.standard_normal((CLIPS, 28, 28, 3)).astype(np.float32)
    rows = [("megc2019", f"s{number % SUBJECTS:02d}", f"c{number:03d}", CLASSES[number % 3]) for number in range(CLIPS)]
    clips = pd.DataFrame(rows, columns=["dataset", "subject", "clip", "three_class"])
    return PackedFeature(tensors, clips, Layout(("u", "v", "strain"), ("px", "px", "1")))


def model(epochs: int) -> ModelSpec:
    """The published schedule of STSTNet."""
    return ModelSpec(architecture="ststnet", epochs=epochs, batch_size=256, learning_rate=5e-5)


class Watched(dict[int, FinishedFold]):
    """Finished folds, with the memory at the end of each."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[Fold] = []

    def __setitem__(self, number: int, fold: FinishedFold) -> None:
        super().__setitem__(number, fold)
        self.told.append((fold.seconds, resident()))


def mexflow(epochs: int, folds: int) -> list[Fold]:
    """The train stage's own loop."""
    spec = TrainingSpec(
        model=model(epochs), protocol=ProtocolSpec(split="loso"), labels="three_class", classes=CLASSES, seed=0
    )
    feature = samples()
    kept = sorted(feature.clips.subject.unique())[:folds]
    training = Training(feature, spec)
    training._folds = [fold for fold in training._folds if fold.held_out.split("/")[1] in kept]
    finished = Watched()
    training._train(training._folds, finished)
    return finished.told


def plain_loop(epochs: int, folds: int) -> list[Fold]:
    """A model per fold, by Keras's own `fit`."""
    feature, told = samples(), []
    labels = np.array([CLASSES.index(name) for name in feature.clips.three_class])
    spec = model(epochs)
    for fold in leave_one_subject_out(feature.clips)[:folds]:
        started = time.perf_counter()
        keras.utils.set_random_seed(fold.seed(0))
        normalise = Normaliser.of(feature.samples[fold.train])
        network = build_model(spec, (28, 28, 3), 3)
        network.compile(
            keras.optimizers.Adam(spec.learning_rate), loss="sparse_categorical_crossentropy", metrics=["accuracy"]
        )
        tensors = normalise(feature.samples[fold.train])
        network.fit(tensors, labels[fold.train], spec.batch_size, epochs=epochs, verbose=0)
        network.predict(normalise(feature.samples[fold.test]), verbose=0)
        told.append((time.perf_counter() - started, resident()))
    return told


def resident() -> float:
    """Memory of this process, MiB."""
    return psutil.Process().memory_info().rss / 2**20


def measured(method: Callable[[int, int], list[Fold]], epochs: int, folds: int) -> list[Fold]:
    """What a method tells, run in a fresh process."""
    spawn = multiprocessing.get_context("spawn")
    here, there = spawn.Pipe()
    process = spawn.Process(target=_measure, args=(method, epochs, folds, there))
    process.start()
    there.close()
    found = here.recv()
    process.join()
    return found


def _measure(
    method: Callable[[int, int], list[Fold]], epochs: int, folds: int, result: multiprocessing.connection.Connection
) -> None:
    configure_backend(os.cpu_count() or 1)
    result.send(method(epochs, folds))


if __name__ == "__main__":
    main()
