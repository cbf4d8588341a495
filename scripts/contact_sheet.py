"""The first aligned face of every clip with its landmarks, as one picture."""

from pathlib import Path

from mexflow.cli.stage import stage
from mexflow.datasets.manifest import read_manifest
from mexflow.report.contact_sheet import contact_sheet


@stage
def main(manifest: Path, sheet: Path, aligned: list[Path], *, faces: bool) -> None:
    contact_sheet(aligned, read_manifest(manifest), faces, sheet)


if __name__ == "__main__":
    main()
