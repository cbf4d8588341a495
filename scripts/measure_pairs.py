"""One score per frame pair of the long videos of one unit, by a spotter that trains nothing: flow in, scores out."""

from pathlib import Path

from mexflow.cli.stage import stage
from mexflow.config.spotting import MeasureSpec
from mexflow.datasets.manifest import read_manifest
from mexflow.features.pack import Sources
from mexflow.features.pair_measures import pack_measures
from mexflow.store.packed import writing_packed


@stage
def main(manifest: Path, scores: Path, *, unit: str, flows: Path, k: int, spec: MeasureSpec, code: str) -> None:
    videos = read_manifest(manifest).query("unit == @unit").drop_duplicates("video")
    near, far = (flows / f"interval_{interval}" for interval in (k, 2 * k))
    with (
        Sources(near, near) as sources,
        Sources(far, far) as twice,
        writing_packed(scores, spec.canonical(), code) as out,
    ):
        pack_measures(videos, spec.spotter, spec.feature, k, sources, twice, out)


if __name__ == "__main__":
    main()
