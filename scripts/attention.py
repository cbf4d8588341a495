"""Where the network of a run looks: mean maps of each class by the weights of one seed, as a file and as a picture."""

from pathlib import Path

from mexflow.cli.stage import stage
from mexflow.config.attention import AttentionSpec
from mexflow.datasets.manifest import read_samples
from mexflow.evaluation.attention import attention_of_run
from mexflow.report.attention_sheet import attention_sheet
from mexflow.store.attention import write_attention
from mexflow.store.packed import read_packed


@stage
def main(
    manifest: Path,
    feature: Path,
    maps: Path,
    sheet: Path,
    folders: list[Path],
    *,
    aligned: list[Path],
    spec: AttentionSpec,
    code: str,
    title: str,
    faces: bool,
    threads: int = 1,
) -> None:
    found = attention_of_run(read_packed(feature), spec.training, folders, threads)
    backgrounds = {folder.parts[-3]: folder for folder in aligned}  # results/<dataset>/<alignment>/aligned
    attention_sheet(found, spec.feature, backgrounds, read_samples(manifest), spec.training.labels, faces, title, sheet)
    write_attention(found, maps, spec.canonical(), code)


if __name__ == "__main__":
    main()
