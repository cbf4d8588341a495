"""One tensor per sample of a dataset, with the table of the samples: flow and aligned faces in, a feature out."""

from pathlib import Path

from mexflow.cli.stage import stage
from mexflow.config.features import FeatureStageSpec
from mexflow.datasets.manifest import read_samples
from mexflow.features.pack import Sources, pack
from mexflow.store.packed import writing_packed


@stage
def main(manifest: Path, feature: Path, *, flows: Path, aligned: Path, spec: FeatureStageSpec, code: str) -> None:
    with Sources(flows, aligned) as sources, writing_packed(feature, spec.canonical(), code) as out:
        pack(read_samples(manifest), spec.feature, sources, out)


if __name__ == "__main__":
    main()
