"""From the motion and the faces of many clips to one tensor per sample."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mexflow.config.features import FeatureSpec, FlowFeatureSpec, GrayFeatureSpec, HoofFeatureSpec, LbpTopFeatureSpec
from mexflow.config.pairs import parameter, per_expression
from mexflow.errors import UserError
from mexflow.features.flow_channels import flow_channels, in_time
from mexflow.features.frames import expression_faces, expression_landmarks, faces_in_time
from mexflow.features.gray_volume import gray_volume
from mexflow.features.hoof import hoof, hoof_full_circle
from mexflow.features.lbp_top import lbp_top
from mexflow.features.samples import CLIP_COLUMNS, normalised
from mexflow.features.shapes import layout, sample_shape
from mexflow.store.aligned import AlignedFile, AlignedVideo, reading_aligned
from mexflow.store.flow import ClipFlow, FlowFile, reading_flow
from mexflow.store.packed import PackedFile
from mexflow.video.temporal_interpolation import tim

PAIR_COLUMNS = ("dataset", "subject", "video", "first", "second", "fps")
"""The columns of the table beside samples of frame pairs; first and second are frame numbers."""

_BLOCK = 256  # frame pairs of a long video in memory at a time


class Sources:
    """The flow and the aligned faces of a dataset, one unit open at a time.

    Parameters
    ----------
    flows, aligned : Path
        The folders of the units' files; only what a feature needs is opened.
    """

    def __init__(self, flows: Path, aligned: Path) -> None:
        self._folders = {"flow": flows, "aligned": aligned}
        self._open = ExitStack()
        self._unit = ""
        self._flow: FlowFile | None = None
        self._aligned: AlignedFile | None = None

    def __enter__(self) -> "Sources":
        return self

    def __exit__(self, *error: object) -> None:
        self._open.close()

    def clip(self, unit: str, clip: str) -> ClipFlow | None:
        """The motion of a clip or video; None if its alignment has left it out.

        Raises
        ------
        UserError
            If the flow file is missing, damaged or lacks it.
        """
        self._turn_to(unit)
        if self._flow is None:
            self._flow = self._open.enter_context(reading_flow(self._folders["flow"] / f"{unit}.h5"))
        if clip in self._flow.left_out:
            return None
        if clip not in self._flow.clips:
            raise UserError(f"{self._folders['flow'] / unit}.h5 lacks {clip}. Delete it and run again.")
        return self._flow[clip]

    def video(self, unit: str, video: str) -> AlignedVideo | None:
        """The aligned faces of a video; None if the alignment has left it out."""
        self._turn_to(unit)
        if self._aligned is None:
            self._aligned = self._open.enter_context(reading_aligned(self._folders["aligned"] / f"{unit}.h5"))
        if video not in self._aligned:
            return None
        return self._aligned[video]

    def _turn_to(self, unit: str) -> None:
        if unit != self._unit:
            self._open.close()
            self._unit, self._flow, self._aligned = unit, None, None


def pack(manifest: pd.DataFrame, spec: FeatureSpec, sources: Sources, out: PackedFile) -> None:
    """Pack a feature of a whole dataset, sample by sample.

    Parameters
    ----------
    manifest : DataFrame
        The dataset's, with names of clips that are unique in their subject; the samples keep its order.
    spec : FeatureSpec
    sources : Sources
    out : PackedFile

    Raises
    ------
    UserError
        If a file is missing or damaged, or lacks a clip, or no clip is left.
    """
    if isinstance(spec, FlowFeatureSpec) and not per_expression(spec.pairs):
        if not pack_pairs(manifest.drop_duplicates(["subject", "video"]), spec, sources, out):
            raise UserError("no video has a face: there is nothing to pack. See the failures of its alignment.")
        return
    kept = []
    for position, row in enumerate(manifest.itertuples()):
        sample = expression_sample(row, spec, sources)
        if sample is not None:
            out.append(normalised(sample, spec.normalise)[None])
            kept.append(position)
    if not kept:
        raise UserError("no clip has a face: there is nothing to pack. See the failures of its alignment.")
    out.finish(manifest.iloc[kept][list(CLIP_COLUMNS)].reset_index(drop=True), layout(spec))


def expression_sample(row: Any, spec: FeatureSpec, sources: Sources) -> np.ndarray | None:
    """The sample of one labelled expression, before it is normalised; None if its video was left out.

    Parameters
    ----------
    row : named tuple
        A row of the manifest.
    spec : FeatureSpec
    sources : Sources
    """
    match spec:
        case FlowFeatureSpec():
            return _flow_sample(row, spec, sources)
        case HoofFeatureSpec():
            clip = sources.clip(row.unit, row.clip)
            if clip is None:
                return None
            flow = clip.flow()
            if "subtract_nose" in spec.steps:
                flow = flow - clip.nose_flow[:, None, None]
            return (hoof if spec.angles == "symmetric" else hoof_full_circle)(flow, spec.bins, spec.blocks)
    video = sources.video(row.unit, row.video)
    if video is None:
        return None
    match spec:
        case GrayFeatureSpec():
            interval = row.onset, row.apex, row.offset
            faces = faces_in_time(video, *interval, spec.time, spec.length, spec.start)
            return gray_volume(faces, expression_landmarks(video, row.onset, row.offset), spec)
        case LbpTopFeatureSpec():
            faces = expression_faces(video, row.onset, row.offset)
            volume = faces if spec.length is None else tim(faces.astype(np.float32), spec.length)
            return _lbp_top(volume, row, spec)
    raise TypeError(f"a feature of kind {type(spec).__name__} is not made of expressions")


def _lbp_top(volume: np.ndarray, row: Any, spec: LbpTopFeatureSpec) -> np.ndarray:
    try:
        return lbp_top(volume, spec.radii, spec.neighbours, spec.blocks)
    except ValueError as error:
        raise UserError(
            f"{row.subject}/{row.clip}: {error}. Give the feature a length: each clip is interpolated to it."
        ) from None


def _flow_sample(row: Any, spec: FlowFeatureSpec, sources: Sources) -> np.ndarray | None:
    clip = sources.clip(row.unit, row.clip)
    if clip is None:
        return None
    gray = None
    if "gray" in spec.channels:
        video = sources.video(row.unit, row.video)
        assert video is not None
        gray = _first_faces(video, row, clip, spec)
    channels = flow_channels(clip.flow(), clip.strain(), clip.landmarks, spec, gray)
    if spec.length is not None:
        return in_time(channels, spec.length)
    return channels[0] if spec.pairs == "onset_apex" else channels


def _first_faces(video: AlignedVideo, row: Any, clip: ClipFlow, spec: FlowFeatureSpec) -> np.ndarray:
    """The first frame of each pair (n, H, W)."""
    if spec.pairs.startswith("tim_"):
        faces = expression_faces(video, row.onset, row.offset)
        return tim(faces.astype(np.float32), parameter(spec.pairs))[:-1]
    return video.faces([video.pair_rows(*pair)[0] for pair in clip.pairs])


def pack_pairs(videos: pd.DataFrame, spec: FlowFeatureSpec, sources: Sources, out: PackedFile) -> int:
    """Pack the pairs (i, i + k) of whole videos, one sample per pair; a video that was left out has none.

    Parameters
    ----------
    videos : DataFrame
        A row per video: dataset, subject, video, unit, fps.
    spec : FlowFeatureSpec
    sources : Sources
        The flow has the pairs of one k.
    out : PackedFile

    Returns
    -------
    int
        How many samples there are.

    Raises
    ------
    UserError
        If a file is missing or damaged, or lacks a video.
    """
    out.append(np.zeros((0, *sample_shape(spec)), np.float32))
    tables = [pd.DataFrame({"first": np.zeros(0, np.int64), "second": np.zeros(0, np.int64)})]
    for row in videos.itertuples():
        clip = sources.clip(row.unit, row.video)
        if clip is None:
            continue
        for start, stop in _blocks(len(clip)):
            gray = None
            if "gray" in spec.channels:
                video = sources.video(row.unit, row.video)
                assert video is not None
                gray = video.faces([video.pair_rows(*pair)[0] for pair in clip.pairs[start:stop]])
            channels = flow_channels(
                clip.flow(start, stop), clip.strain(start, stop), clip.landmarks[start:stop], spec, gray
            )
            out.append(np.stack([normalised(sample, spec.normalise) for sample in channels]))
        tables.append(pair_table(row, clip))
    table = pd.concat(tables, ignore_index=True).reindex(columns=list(PAIR_COLUMNS))
    out.finish(table, layout(spec))
    return len(table)


def pair_table(row: Any, clip: ClipFlow) -> pd.DataFrame:
    """The rows that stand beside the samples of one video's pairs: `PAIR_COLUMNS`."""
    first, second = clip.pairs.T
    whose = {"dataset": row.dataset, "subject": row.subject, "video": row.video}
    return pd.DataFrame({"first": first, "second": second}).assign(**whose, fps=row.fps)[list(PAIR_COLUMNS)]


def _blocks(count: int) -> Iterator[tuple[int, int]]:
    for start in range(0, count, _BLOCK):
        yield start, min(start + _BLOCK, count)
