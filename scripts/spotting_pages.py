"""A page and a picture of every long video: its scores, and what was spotted in it, rightly, wrongly or not at all."""

from collections import defaultdict
from pathlib import Path

import pandas as pd

from mexflow.cli.stage import stage
from mexflow.report.spotted_video import read_thresholds, read_video_units, spotted_videos
from mexflow.report.spotting_page import PictureFiles, write_spotting_pages
from mexflow.store.pair_scores import VideoScores, read_pair_scores
from mexflow.store.spotting import VIDEO, read_spotted, read_true_intervals
from mexflow.training.spotting_folds import whole_expressions


@stage
def main(
    folder: Path,
    *,
    types: list[str],
    pair_scores: list[Path],
    spotted: list[Path],
    thresholds: list[Path],
    truth: Path,
    videos: list[Path],
    aligned: Path,
    flows: Path,
    faces: bool,
    title: str,
    smoothing: bool = True,
    matching: str = "megc",
    iou: float = 0.5,
    cut_off: str = "kept",
) -> None:
    scores: dict[str, list[VideoScores]] = defaultdict(list)
    for name, path in zip(types, pair_scores, strict=True):  # a type for each file; several files may share one
        scores[name] += read_pair_scores(path)
    true = whole_expressions(read_true_intervals(truth), cut_off)
    listed = read_video_units(videos)
    found = spotted_videos(
        listed,
        scores,
        pd.concat([read_spotted(path) for path in spotted], ignore_index=True),
        pd.concat([read_thresholds(path) for path in thresholds], ignore_index=True),
        true,
        smoothing,
        matching,
        iou,
    )
    units = dict(zip(listed[VIDEO].itertuples(index=False, name=None), listed["unit"], strict=True))
    pictures = PictureFiles(units, aligned, flows, faces)
    write_spotting_pages(found, pictures, title, folder, f"{matching}, IoU ≥ {iou:g}")


if __name__ == "__main__":
    main()
