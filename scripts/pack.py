"""One tensor per labelled expression of a dataset, with the table of its clips: flow in, a feature out."""

from pathlib import Path

from mexflow.cli.stage import stage
from mexflow.config.features import FeatureSpec
from mexflow.datasets.manifest import read_samples
from mexflow.features.pack import pack_flow
from mexflow.store.packed import write_packed


@stage
def main(manifest: Path, feature: Path, flows: list[Path], *, spec: FeatureSpec, code: str) -> None:
    packed = pack_flow({path.stem: path for path in flows}, read_samples(manifest), spec)
    write_packed(packed, feature, spec.canonical(), code)


if __name__ == "__main__":
    main()
