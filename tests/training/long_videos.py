"""Long videos of a few subjects, as tables and as packed pairs on disk."""

from pathlib import Path

import numpy as np
import pandas as pd

from mexflow.config.spotting import ScoringSpec
from mexflow.store.packed import Layout, writing_packed
from mexflow.training.spotting_folds import long_videos

SIZE, K, PAIRS = 12, 3, 60


def manifest_of(*rows: tuple[str, str, str, int, int]) -> pd.DataFrame:
    """Intervals: subject, video, type, onset, offset."""
    table = pd.DataFrame(rows, columns=["subject", "video", "expression_type", "onset", "offset"])
    return table.assign(dataset="d", unit=table.subject + "_" + table.video, fps=30.0)


def silent_of(*rows: tuple[str, str]) -> pd.DataFrame:
    """Videos without an expression: subject, video."""
    table = pd.DataFrame(rows, columns=["subject", "video"])
    table = table.assign(dataset="d", unit=table.subject + "_" + table.video, fps=30.0)
    return table.assign(expression_type="", onset=-1, offset=-1)


def scoring(**keys: object) -> ScoringSpec:
    """A spec with SOFTNet, of micro-expressions, unless told otherwise."""
    spotter = {"method": "softnet", "epochs": 1, "learning_rate": 0.05} | keys.pop("spotter", {})  # type: ignore[operator]
    return ScoringSpec.model_validate({"spotter": spotter, "type": "micro", "k": 3} | keys)


def write_pairs(folder: Path, videos: pd.DataFrame, k: int, samples: dict[str, np.ndarray], step: int = 1) -> None:
    """interval_<k>/<unit>.h5 of each video: its samples, of pairs whose first frames are 1, 1 + step, ..."""
    for row in videos.itertuples():
        some = samples[row.video]
        frames = 1 + step * np.arange(len(some))
        table = pd.DataFrame({"first": frames, "second": frames + step * k})
        with writing_packed(folder / f"interval_{k}" / f"{row.unit}.h5", "{}", "") as out:
            out.append(some)
            whose = {"dataset": row.dataset, "subject": row.subject, "video": row.video}
            out.finish(table.assign(**whose, fps=30.0), Layout(("u", "v", "strain"), ("px", "px", "1"), "none"))


def images(pairs: int, bright: np.ndarray, seed: int) -> np.ndarray:
    """Noise in 0–0.3; a bright quadrant where `bright` (pairs,) says so."""
    some = 0.3 * np.random.default_rng(seed).random((pairs, SIZE, SIZE, 3), np.float32)
    some[bright > 0, : SIZE // 2, : SIZE // 2] += 0.7
    return some


MANIFEST = manifest_of(
    ("s1", "a", "micro", 10, 18),
    ("s1", "a", "micro", 40, 46),
    ("s2", "b", "micro", 25, 33),
    ("s3", "c", "micro", 30, 38),
)
VIDEOS = long_videos(MANIFEST, silent_of(("s3", "quiet")))


def literal_labels(video: str, manifest: pd.DataFrame = MANIFEST, step: int = 1) -> np.ndarray:
    """1 where the kept frames i … i + K − 1 meet an interval behind its first kept frame; frame 1 is the first."""
    kept = [1 + step * place for place in range(PAIRS + K)]
    rows = manifest[manifest.video == video].itertuples()
    behind = {frame for row in rows for frame in [n for n in kept if row.onset <= n <= row.offset][1:]}
    return np.array([bool(behind & set(kept[first : first + K])) for first in range(PAIRS)], np.float32)


def samples_of(videos: pd.DataFrame = VIDEOS) -> dict[str, np.ndarray]:
    """Video → images of its pairs, bright where an expression is."""
    return {video: images(PAIRS, literal_labels(video), seed) for seed, video in enumerate(videos.video)}
