"""Features that were computed elsewhere: images or packed arrays in, a feature of ours out."""

from pathlib import Path

from mexflow.cli.stage import stage
from mexflow.config.datasets import GivenStageSpec
from mexflow.datasets.manifest import read_samples
from mexflow.features.given import import_feature
from mexflow.store.packed import writing_packed


@stage
def main(manifest: Path, feature: Path, *, root: Path, spec: GivenStageSpec, code: str) -> None:
    with writing_packed(feature, spec.canonical(), code) as out:
        import_feature(read_samples(manifest), spec.dataset, root, out)


if __name__ == "__main__":
    main()
