"""One number per pair of frames of a long video, for spotters that train nothing."""

from typing import Any

import numpy as np
import pandas as pd

from mexflow.config.features import FlowFeatureSpec
from mexflow.config.spotting import FlowStrainSpec, MdmdSpec
from mexflow.features.flow_channels import flow_channels
from mexflow.features.flow_strain import flow_strain, flow_strain_scores
from mexflow.features.mdmd import mdmd, relative_differences
from mexflow.features.pack import PAIR_COLUMNS, Sources, pair_table
from mexflow.store.flow import ClipFlow
from mexflow.store.packed import Layout, PackedFile

_BLOCK = 128  # frame pairs in memory at a time
_MEASURED = ("u", "v", "strain")


def pack_measures(
    videos: pd.DataFrame,
    spotter: FlowStrainSpec | MdmdSpec,
    feature: FlowFeatureSpec,
    k: int,
    sources: Sources,
    twice: Sources,
    out: PackedFile,
) -> None:
    """Pack the scores of a spotter that trains nothing: one per pair (i, i + k); a video that was left out has none.

    Parameters
    ----------
    videos : DataFrame
        A row per video: dataset, subject, video, unit, fps.
    spotter : FlowStrainSpec or MdmdSpec
    feature : FlowFeatureSpec
        Its steps and regions are those of flow and strain; MDMD sees the whole crop.
    k : int
        Frames between the two of a pair.
    sources, twice : Sources
        Of flow with the pairs (i, i + k), and for MDMD (i, i + 2k).
    out : PackedFile
        Of a pair (i, i + k) MDMD's score is that of the frame i + k; 0 where the video has no frame i + 2k.

    Raises
    ------
    UserError
        If a file is missing or damaged, or lacks a video.
    """
    out.append(np.zeros(0, np.float32))
    tables = [pd.DataFrame(columns=list(PAIR_COLUMNS)).astype({"first": np.int64, "second": np.int64})]
    for row in videos.itertuples():
        clip = sources.clip(row.unit, row.video)
        if clip is None:
            continue
        if isinstance(spotter, MdmdSpec):
            out.append(_by_mdmd(clip, twice.clip(row.unit, row.video), k, spotter))
        else:
            out.append(_by_flow_strain(clip, feature))
        tables.append(pair_table(row, clip))
    out.finish(pd.concat(tables, ignore_index=True), Layout(("score",), ("1",), "none"))


def _by_flow_strain(clip: ClipFlow, feature: FlowFeatureSpec) -> np.ndarray:
    spec = feature.model_copy(update={"channels": _MEASURED, "normalise": "none"})
    measured = []
    for start in range(0, len(clip), _BLOCK):
        part = slice(start, min(start + _BLOCK, len(clip)))
        flow, strain = clip.flow(part.start, part.stop), clip.strain(part.start, part.stop)
        measured.append(flow_strain(flow_channels(flow, strain, clip.landmarks[part], spec)))
    return flow_strain_scores(np.concatenate(measured))


def _by_mdmd(clip: ClipFlow, longer: ClipFlow | None, k: int, spotter: MdmdSpec) -> np.ndarray:
    scores = np.zeros(len(clip), np.float32)
    if longer is None:
        return scores
    # A pair (i, i + 2k) goes with the pair (i, i + k), which a missing frame may have taken away.
    _, mine, others = np.intersect1d(clip.pairs[:, 0], longer.pairs[:, 0], return_indices=True)
    values: list[Any] = []
    for start in range(0, len(mine), _BLOCK):
        here, there = mine[start : start + _BLOCK], others[start : start + _BLOCK]
        flow = clip.flow(int(here[0]), int(here[-1]) + 1)[here - here[0]]
        twice = longer.flow(int(there[0]), int(there[-1]) + 1)[there - there[0]]
        values.append(mdmd(flow, twice, spotter.blocks, spotter.directions))
    if values:
        scores[mine] = relative_differences(np.concatenate(values), k)
        scores[max(len(clip) - k, 0) :] = 0
    return scores
