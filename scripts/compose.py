"""One feature of several datasets as one: the samples of a composite, in the order of its manifest."""

from pathlib import Path

from mexflow.cli.stage import stage
from mexflow.config.datasets import CompositeSpec
from mexflow.datasets.manifest import read_samples
from mexflow.features.compose import compose_features
from mexflow.store.packed import writing_packed


@stage
def main(manifest: Path, feature: Path, members: list[Path], *, spec: CompositeSpec, code: str) -> None:
    with writing_packed(feature, spec.canonical(), code) as out:
        compose_features(members, read_samples(manifest), out)


if __name__ == "__main__":
    main()
