"""The scores of a spotting run over its types and seeds, and what became of every interval of its first seed."""

from pathlib import Path

from mexflow.cli.stage import stage
from mexflow.config.spotting import SpottingEvaluationSpec
from mexflow.datasets.manifest import read_manifest
from mexflow.evaluation.spotted import true_intervals
from mexflow.evaluation.spotting_run import interval_log, read_seeds, score_run
from mexflow.store.records import write_record
from mexflow.store.tables import write_csv
from mexflow.training.spotting_folds import long_videos


@stage
def main(
    manifest: Path, silent: Path, scores: Path, log: Path, spotted: list[Path], *, spec: SpottingEvaluationSpec
) -> None:
    labelled = read_manifest(manifest)
    truth = true_intervals(labelled, spec.cut_off)
    tables = read_seeds(spotted)
    write_record(score_run(tables, truth, long_videos(labelled, read_manifest(silent)), spec), scores)
    write_csv(interval_log(next(iter(tables.values())), truth, spec), log)


if __name__ == "__main__":
    main()
