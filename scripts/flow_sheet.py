"""Flow and strain of each class, examples and mean, as one picture."""

from pathlib import Path

from mexflow.cli.stage import stage
from mexflow.datasets.manifest import read_samples
from mexflow.report.flow_sheet import flow_sheet


@stage
def main(manifest: Path, sheet: Path, *, aligned: Path, flows: Path, labels: str, faces: bool) -> None:
    rows = read_samples(manifest)
    files = [f"{unit}.h5" for unit in sorted(rows.unit.unique())]
    flow_sheet([aligned / file for file in files], [flows / file for file in files], rows, labels, faces, sheet)


if __name__ == "__main__":
    main()
