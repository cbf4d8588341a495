"""The motion of one unit: every expression of it, or every video."""

import logging
from collections.abc import Iterator

import pandas as pd

from mexflow.config.flow import FlowStageSpec
from mexflow.config.pairs import parameter, per_expression
from mexflow.motion.clip import flow_of_expression, flow_of_video, pairs_of_video
from mexflow.store.aligned import AlignedFile
from mexflow.store.flow import FlowBlock, FlowFile

log = logging.getLogger(__name__)

_LINE_EVERY = 500  # frame pairs between two lines of the log


def flow_of_unit(
    rows: pd.DataFrame, aligned: AlignedFile, spec: FlowStageSpec, out: FlowFile, threads: int = 1
) -> None:
    """Write the flow of a unit: a group per expression, or per video for the pairs of an interval.

    A video that is too short for the interval is left out.

    Parameters
    ----------
    rows : DataFrame
        The unit's rows of the manifest, with names of clips that are unique in it.
    aligned : AlignedFile
        What its alignment has left out is noted, too.
    spec : FlowStageSpec
    out : FlowFile
    threads : int
        CPU threads for the flow. The result does not depend on it.

    Raises
    ------
    UserError
        If a frame of a pair is not there.
    """
    known = set(aligned.videos)
    of_expressions = per_expression(spec.pairs)
    for row in (rows if of_expressions else rows.drop_duplicates("video")).itertuples():
        name = row.clip if of_expressions else row.video
        if row.video not in known:
            out.leave_out(name)
            continue
        video = aligned[row.video]
        if of_expressions:
            blocks = flow_of_expression(row.onset, row.apex, row.offset, video, spec, threads)
        elif not pairs_of_video(video, parameter(spec.pairs)):
            log.warning("%s is too short for pairs %s: left out", name, spec.pairs)
            out.leave_out(name)
            continue
        else:
            blocks = flow_of_video(video, spec, threads)
        out.add(name, video.inter_ocular_distance, _told(name, blocks))


def _told(name: str, blocks: Iterator[FlowBlock]) -> Iterator[FlowBlock]:
    """The same blocks; the log tells how far they are."""
    pairs, lines = 0, 0
    for block in blocks:
        yield block
        pairs += len(block.pairs)
        if pairs // _LINE_EVERY > lines:
            lines = pairs // _LINE_EVERY
            log.info("%s: %d frame pairs", name, pairs)
    log.info("%s: done, %d frame pairs", name, pairs)
