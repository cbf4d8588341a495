"""The aligned faces of one unit: raw clips in, gray crops with landmarks, transform and QC out."""

from pathlib import Path

from mexflow.cli.stage import stage
from mexflow.config.alignment import AlignmentSpec
from mexflow.datasets.manifest import read_manifest
from mexflow.face.alignment import align_video
from mexflow.store.aligned import writing_aligned


@stage
def main(manifest: Path, aligned: Path, *, unit: str, root: Path, spec: AlignmentSpec, code: str) -> None:
    rows = read_manifest(manifest).query("unit == @unit").drop_duplicates("video")
    with writing_aligned(aligned, spec.canonical(), code) as file:
        for row in rows.itertuples():
            file.add(align_video(row.video, root / row.source, row.first_frame, spec))


if __name__ == "__main__":
    main()
