"""The aligned faces of one unit: raw clips in, gray crops with landmarks, transforms and QC out."""

from pathlib import Path

from mexflow.cli.stage import stage
from mexflow.config.alignment import AlignmentSpec
from mexflow.datasets.manifest import read_manifest
from mexflow.face.alignment import align_unit
from mexflow.store.aligned import writing_aligned


@stage
def main(manifest: Path, aligned: Path, *, unit: str, root: Path, spec: AlignmentSpec, code: str) -> None:
    rows = read_manifest(manifest).query("unit == @unit").drop_duplicates("video")
    with writing_aligned(aligned, spec.canonical(), code) as file:
        align_unit(rows, root, spec, file)


if __name__ == "__main__":
    main()
