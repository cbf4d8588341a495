"""One model on the folds of a protocol with one seed: a feature in, predictions and the leak audit out."""

from pathlib import Path

from mexflow.cli.stage import stage
from mexflow.config.training import TrainingSpec
from mexflow.store.finished_folds import FoldsOnDisk
from mexflow.store.packed import read_packed
from mexflow.store.predictions import write_predictions
from mexflow.store.records import write_record
from mexflow.store.tables import write_csv
from mexflow.store.weights import write_weights
from mexflow.training.run import Training
from mexflow.training.tensorboard import write_events


@stage
def main(feature: Path, run: Path, *, spec: TrainingSpec, code: str, threads: int = 1) -> None:
    packed = read_packed(feature)
    training = Training(packed, spec)
    write_csv(training.splits(), run / "splits.csv")
    finished = FoldsOnDisk(run / "finished_folds", spec.canonical(), code, packed.digest())
    trained = training.run(threads, finished)
    write_csv(trained.curves, run / "curves.csv")
    if spec.model.tensorboard:
        write_events(trained.curves, run / "tensorboard")
    write_csv(trained.times, run / "times.csv")
    write_weights(trained.weights, run / "weights.h5", spec.canonical(), code)
    write_record(trained.audit, run / "audit.json")
    write_predictions(trained.predictions, run / "predictions.csv")
    finished.remove()


if __name__ == "__main__":
    main()
