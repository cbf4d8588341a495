"""How long a training step of every published network takes on one core, and how much memory.

Each variant of `mexflow models` is built at its published sample size and trained for a few steps with batches of two
sizes, in a process of its own. The difference between the two gives time and memory per sample, the rest is time and
memory per step. `scripts/mexflow/planning/networks.py` holds what `--write` prints: jobs ask for memory and time by it.

    python benchmarks/networks.py [--only ARCHITECTURE] [--write]
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from dataclasses import asdict
from math import prod
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

from mexflow.config.training import ModelSpec
from mexflow.models.catalogue import CATALOGUE, PublishedModel
from mexflow.models.registry import is_network

TABLE = Path(__file__).resolve().parents[1] / "scripts" / "mexflow" / "planning" / "networks.py"
VALUES = 2_000_000
"""The larger batch has about so many values, and no fewer than 3 samples."""
HEAVY = 200e6
"""Larger networks are not measured: with their optimizer they take gigabytes; their parts are those of smaller ones."""


def measured(variant: PublishedModel, batch: int) -> tuple[float, float]:
    """Processor seconds of a training step, the best of some behind the first, and the largest memory in MB."""
    import keras  # noqa: PLC0415 - only in the process that measures
    import numpy as np  # noqa: PLC0415

    from mexflow.models.registry import build_model  # noqa: PLC0415
    from mexflow.training.backend import configure_backend  # noqa: PLC0415

    configure_backend(1)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    spec = ModelSpec(architecture=variant.architecture, parameters=variant.parameters)
    model = build_model(spec, variant.input_shape, variant.classes)
    model.compile(keras.optimizers.Adam(1e-5), "categorical_crossentropy")
    samples = np.random.default_rng(0).random((batch, *variant.input_shape), np.float32)
    labels = np.eye(variant.classes, dtype=np.float32)[np.arange(batch) % variant.classes]
    times = []
    deadline = time.perf_counter() + 2
    while len(times) < 3 or (time.perf_counter() < deadline and len(times) < 50):
        started = time.process_time()
        model.train_on_batch(samples, labels)
        times.append(time.process_time() - started)
    return min(times[1:]), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - before


def main() -> None:
    """Measure, print, and write if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", help="one architecture")
    parser.add_argument("--write", action="store_true", help="write the figures into the table")
    parser.add_argument("--one", nargs=2, type=int, metavar=("VARIANT", "BATCH"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        number, batch = arguments.one
        print(json.dumps(measured(CATALOGUE[number], batch)))
        return
    rows = []
    for number, variant in enumerate(CATALOGUE):
        if not is_network(variant.architecture) or (arguments.only and variant.architecture != arguments.only):
            continue
        if variant.weights and variant.weights > HEAVY:
            continue
        batch = min(max(VALUES // prod(variant.input_shape), 3), 64)
        (short, small), (long, large) = _in_process(number, 1), _in_process(number, batch)
        between = batch - 1
        per_sample = max(long - short, 0) / between
        row = asdict(variant) | {
            "step_ms": round(1000 * max(short - per_sample, 0), 2),
            "sample_ms": round(1000 * per_sample, 2),
            "sample_mb": round(max(large - small, 0) / between, 2),
            "memory_mb": round(small),
        }
        rows.append(row)
        print(
            f"{variant.architecture} {variant.input_shape} {variant.parameters}: {row['step_ms']} ms per step,"
            f" {row['sample_ms']} ms and {row['sample_mb']} MB per sample, {row['memory_mb']} MB",
            flush=True,
        )
    if arguments.write and not arguments.only:
        _write(rows)


def _in_process(number: int, batch: int) -> tuple[float, float]:
    command = [sys.executable, __file__, "--one", str(number), str(batch)]
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    seconds, memory = json.loads(done.stdout.splitlines()[-1])
    return seconds, memory


def _write(rows: list[dict]) -> None:
    head, mark, _ = TABLE.read_text().partition("STEPS = (")
    lines = [
        f'    Step("{row["architecture"]}", {tuple(row["input_shape"])!r}, {row["parameters"]!r},'
        f" {row['step_ms']}, {row['sample_ms']}, {row['sample_mb']}),\n"
        for row in rows
    ]
    TABLE.write_text(head + mark + "\n" + "".join(lines) + ")\n")
    subprocess.run([sys.executable, "-m", "ruff", "format", str(TABLE)], check=True)


if __name__ == "__main__":
    main()
