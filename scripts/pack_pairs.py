"""One tensor per frame pair of the long videos of one unit: flow and aligned faces in, samples out."""

from pathlib import Path

from mexflow.cli.stage import stage
from mexflow.config.features import FeatureStageSpec, FlowFeatureSpec
from mexflow.datasets.manifest import read_manifest
from mexflow.features.pack import Sources, pack_pairs
from mexflow.store.packed import writing_packed


@stage
def main(
    manifest: Path, samples: Path, *, unit: str, flows: Path, aligned: Path, spec: FeatureStageSpec, code: str
) -> None:
    assert isinstance(spec.feature, FlowFeatureSpec)
    videos = read_manifest(manifest).query("unit == @unit").drop_duplicates("video")
    with Sources(flows, aligned) as sources, writing_packed(samples, spec.canonical(), code) as out:
        pack_pairs(videos, spec.feature, sources, out)


if __name__ == "__main__":
    main()
