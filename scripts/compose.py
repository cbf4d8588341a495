"""One feature of several datasets as one: the samples of a composite, in the order of its manifest."""

from pathlib import Path

from mexflow.cli.stage import stage
from mexflow.config.features import FeatureSpec
from mexflow.datasets.manifest import read_samples
from mexflow.features.compose import compose_features
from mexflow.store.packed import read_packed, write_packed


@stage
def main(manifest: Path, feature: Path, members: list[Path], *, spec: FeatureSpec, code: str) -> None:
    composed = compose_features([read_packed(path) for path in members], read_samples(manifest))
    write_packed(composed, feature, spec.canonical(), code)


if __name__ == "__main__":
    main()
