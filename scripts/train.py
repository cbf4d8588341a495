"""One model on the folds of a protocol with some seeds: a feature in, predictions and the leak audit out."""

from pathlib import Path

from mexflow.cli.stage import stage
from mexflow.config.training import TrainingStageSpec
from mexflow.store.finished_folds import FoldsOnDisk
from mexflow.store.packed import read_packed
from mexflow.store.predictions import write_predictions
from mexflow.store.records import write_record
from mexflow.store.tables import write_csv
from mexflow.store.weights import write_weights
from mexflow.training.backend import use_gpus
from mexflow.training.run import TrainingJob
from mexflow.training.tensorboard import write_events


@stage
def main(feature: Path, run: Path, *, spec: TrainingStageSpec, code: str, threads: int = 1, gpus: float = 1.0) -> None:
    use_gpus(gpus)
    packed = read_packed(feature)
    job = TrainingJob(packed, spec)
    write_csv(job.splits(), run / "splits.csv")
    finished = FoldsOnDisk(run / "finished_folds", spec.canonical(), code, packed.digest())
    trained = job.run(threads, finished.of_seed)
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
