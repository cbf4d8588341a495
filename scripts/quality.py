"""What is left of the head's motion in every clip, and the frames without a face, as a table and as a page."""

from pathlib import Path

from mexflow.cli.stage import stage
from mexflow.datasets.manifest import read_samples
from mexflow.report.quality import failure_table, quality_table
from mexflow.report.quality_page import write_quality_page
from mexflow.store.tables import write_csv


@stage
def main(
    manifest: Path, table: Path, page: Path, *, aligned: Path, flows: Path, pairs: str, title: str, faces: bool
) -> None:
    rows = read_samples(manifest)
    files = [f"{unit}.h5" for unit in sorted(rows.unit.unique())]
    of_alignment, of_flow = [aligned / file for file in files], [flows / file for file in files]
    quality = quality_table(of_alignment, of_flow, rows, pairs)
    failures = failure_table(of_alignment, rows)
    write_csv(quality, table)
    write_quality_page(quality, failures, of_alignment, of_flow, pairs, title, faces, page)


if __name__ == "__main__":
    main()
