"""Scores of frame pairs to spotted intervals: smoothing, threshold, peaks; seconds, whatever was trained before."""

from pathlib import Path

from mexflow.cli.stage import stage
from mexflow.config.spotting import SpotSpec
from mexflow.datasets.manifest import read_manifest
from mexflow.evaluation.spotted import spot, true_intervals
from mexflow.store.pair_scores import read_pair_scores
from mexflow.store.spotting import write_spotted
from mexflow.store.tables import write_csv


@stage
def main(
    manifest: Path,
    spotted: Path,
    thresholds: Path,
    scores: list[Path],
    *,
    inner: list[Path] = [],  # noqa: B006 - typer copies it
    spec: SpotSpec,
) -> None:
    outer, within = ([one for path in paths for one in read_pair_scores(path)] for paths in (scores, inner))
    truth = true_intervals(read_manifest(manifest), spec.cut_off)
    intervals, table = spot(outer, within, truth, spec)
    write_csv(table, thresholds)
    write_spotted(intervals, spotted)


if __name__ == "__main__":
    main()
