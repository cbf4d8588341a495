"""The samples of a dataset's pairs of frames: one file per video, for each k."""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from mexflow.store.packed import reading_packed

_BLOCK = 512  # samples in memory at a time


class PairSamples:
    """What was packed of the pairs (i, i + k) of each video.

    Parameters
    ----------
    folder : Path
        Holds interval_<k>/<unit>.h5.
    videos : DataFrame
        As of `mexflow.training.spotting_folds.long_videos`; a video is told by its position in it.
    """

    def __init__(self, folder: Path, videos: pd.DataFrame) -> None:
        self._folder, self._videos = folder, videos

    def frames(self, video: int, k: int) -> tuple[np.ndarray, np.ndarray]:
        """The numbers of the first and the second frame of each pair, (n,) int64 each; none of a video left out."""
        with reading_packed(self._path(video, k)) as packed:
            return packed.clips["first"].to_numpy(np.int64), packed.clips["second"].to_numpy(np.int64)

    def shape(self, video: int, k: int) -> tuple[int, ...]:
        """Of one sample."""
        with reading_packed(self._path(video, k)) as packed:
            return packed.shape

    def channels(self, video: int, k: int) -> tuple[str, ...]:
        """What the last axis of samples holds."""
        with reading_packed(self._path(video, k)) as packed:
            return packed.layout.channels

    def at(self, video: int, k: int, positions: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
        """The samples of some pairs, at ascending positions, block by block: which of them, and the samples."""
        with reading_packed(self._path(video, k)) as packed:
            for start in range(0, len(positions), _BLOCK):
                part = slice(start, min(start + _BLOCK, len(positions)))
                yield part, packed.at(positions[part])

    def all(self, video: int, k: int) -> Iterator[tuple[slice, np.ndarray]]:
        """All samples of a video, block by block."""
        yield from self.at(video, k, np.arange(len(self.frames(video, k)[0])))

    def mark(self, ks: Sequence[int]) -> str:
        """A mark of the files for these k: equal marks, the same files, unless somebody sets their dates back."""
        content = hashlib.sha256()
        for k in sorted(set(ks)):
            for video in range(len(self._videos)):
                path = self._path(video, k)
                state = path.stat() if path.exists() else None
                content.update(f"{path.name} {k} {state and (state.st_size, state.st_mtime_ns)}\n".encode())
        return content.hexdigest()[:16]

    def _path(self, video: int, k: int) -> Path:
        return self._folder / f"interval_{k}" / f"{self._videos.unit.iloc[video]}.h5"
