"""One model on every fold of a protocol with one seed: a feature in, predictions and the leak audit out."""

from pathlib import Path

from mexflow.cli.stage import stage
from mexflow.config.training import TrainingSpec
from mexflow.store.packed import read_packed
from mexflow.store.predictions import write_predictions
from mexflow.store.records import write_record
from mexflow.store.tables import write_csv
from mexflow.store.weights import write_weights
from mexflow.training.run import train


@stage
def main(feature: Path, run: Path, *, spec: TrainingSpec, code: str, threads: int = 1) -> None:
    trained = train(read_packed(feature), spec, threads)
    write_csv(trained.splits, run / "splits.csv")
    write_csv(trained.curves, run / "curves.csv")
    write_csv(trained.times, run / "times.csv")
    write_weights(trained.weights, run / "weights.h5", spec.canonical(), code)
    write_record(trained.audit, run / "audit.json")
    write_predictions(trained.predictions, run / "predictions.csv")


if __name__ == "__main__":
    main()
