"""How much a job has to read: frames, bytes and frame pairs of its rows, told by the manifest and the index."""

from collections.abc import Mapping

import pandas as pd

from mexflow.config.pairs import parameter, per_expression
from mexflow.datasets.manifest import UNKNOWN

BYTES_OF_A_FRAME = 60_000
"""Of a raw frame that is not there yet, or in a video file."""


def frames_of(rows: pd.DataFrame, extents: Mapping[str, tuple[int, int]]) -> tuple[int, int]:
    """How many raw frames rows refer to, and their bytes.

    A folder has as many frames as files. The frames of a video file, or of what is still to be rendered, are those up
    to its last labelled one.

    Parameters
    ----------
    rows : DataFrame
        Of a manifest; several may share a source.
    extents : mapping
        Source → files, bytes (`mexflow.datasets.index.source_extents`).

    Returns
    -------
    (int, int)
        Frames, bytes.
    """
    frames = size = 0
    for source, own in rows.groupby("source"):
        files, known = extents.get(str(source), (0, 0))
        labelled = max(int(own.offset.max() - own.first_frame.min()) + 1, 1)
        count = files if files > 1 else labelled
        frames += count
        size += known or count * BYTES_OF_A_FRAME
    return frames, size


def pairs_of(rows: pd.DataFrame, pairs: str, frames: int) -> int:
    """How many frame pairs a pairing makes of rows.

    Parameters
    ----------
    rows : DataFrame
        Of a manifest.
    pairs : str
        See `mexflow.config.pairs`.
    frames : int
        Of all videos behind the rows: pairs of an interval are as many as these have frames, less the interval.
    """
    if not per_expression(pairs):
        return max(frames - parameter(pairs) * rows.source.nunique(), rows.source.nunique())
    if pairs == "onset_apex":
        return len(rows)
    if pairs.startswith("tim_"):
        return len(rows) * (parameter(pairs) - 1)
    known = rows[rows.onset != UNKNOWN]
    return int((known.offset - known.onset).sum()) or len(rows)
