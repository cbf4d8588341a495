"""Dense optical flow and strain of one unit: aligned faces in, u, v (px) and strain of its frame pairs out."""

from pathlib import Path

from mexflow.cli.stage import stage
from mexflow.config.flow import FlowStageSpec
from mexflow.datasets.manifest import read_samples
from mexflow.motion.unit import flow_of_unit
from mexflow.store.aligned import reading_aligned
from mexflow.store.flow import writing_flow


@stage
def main(
    manifest: Path, aligned: Path, flow: Path, *, unit: str, spec: FlowStageSpec, code: str, threads: int = 1
) -> None:
    rows = read_samples(manifest).query("unit == @unit")
    with reading_aligned(aligned) as videos, writing_flow(flow, spec.canonical(), code) as file:
        flow_of_unit(rows, videos, spec, file, threads)


if __name__ == "__main__":
    main()
