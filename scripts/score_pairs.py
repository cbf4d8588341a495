"""How surely each frame pair of long videos belongs to an expression, by models that have not seen their subject."""

from pathlib import Path

from mexflow.cli.stage import stage
from mexflow.config.spotting import ScoringSpec
from mexflow.datasets.manifest import read_manifest
from mexflow.store.finished_folds import FoldsOnDisk
from mexflow.store.pair_scores import write_pair_scores
from mexflow.store.records import write_record
from mexflow.store.tables import write_csv
from mexflow.store.weights import write_weights
from mexflow.training.spotting import PairScoring
from mexflow.training.spotting_folds import long_videos


@stage
def main(
    manifest: Path,
    silent: Path,
    run: Path,
    *,
    features: Path,
    spec: ScoringSpec,
    code: str,
    threads: int = 1,
    gpus: float = 1.0,
) -> None:
    if spec.spotter.is_trained:
        from mexflow.training.backend import use_gpus  # noqa: PLC0415 - Keras takes seconds; some spotters train nothing

        use_gpus(gpus)
    labelled = read_manifest(manifest)
    scoring = PairScoring(long_videos(labelled, read_manifest(silent)), labelled, features, spec)
    finished = FoldsOnDisk(run / "finished_folds", spec.canonical(), code, scoring.mark())
    scored = scoring.run(threads, finished)
    write_csv(scored.splits, run / "splits.csv")
    write_csv(scored.curves, run / "curves.csv")
    write_weights(scored.weights, run / "weights.h5", spec.canonical(), code)
    write_record(scored.audit, run / "audit.json")
    write_pair_scores(scored.scores, run / "pair_scores.h5", spec.canonical(), code)
    finished.remove()


if __name__ == "__main__":
    main()
