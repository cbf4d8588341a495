"""The quality of alignment and flow: clips whose nose region still moves, and frames without a face."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from mexflow.config.pairs import per_expression
from mexflow.store.aligned import AlignedVideo, reading_aligned
from mexflow.store.flow import ClipFlow, reading_flow

MOST_NOSE_FLOW = 0.3  # px of the crop

_COLUMNS = {
    "subject": str,
    "unit": str,
    "video": str,
    "clip": str,
    "pairs": int,
    "nose_before": float,
    "nose_after": float,
    "worst_first": "Int64",
    "worst_second": "Int64",
    "worst_before": float,
    "worst_after": float,
    "flagged": bool,
    "landmark_spread": float,
    "frames_without_face": "Int64",
}
_FAILURE_COLUMNS = ["subject", "video", "first_frame", "last_frame", "problem", "action"]


def quality_table(aligned: Sequence[Path], flows: Sequence[Path], manifest: pd.DataFrame, pairs: str) -> pd.DataFrame:
    """How well the nose region of every clip is at rest once its mean flow is taken as the head's motion.

    A clip is flagged by what is left after the subtraction: motion before it is the head's, and is removed.

    Parameters
    ----------
    aligned, flows : sequences of Path
        aligned/<unit>.h5 and the flow file <unit>.h5 of every unit in the manifest.
    manifest : DataFrame
        The dataset's manifest, with names of clips that are unique in their subject.
    pairs : str
        The pairing of the flow files (`mexflow.config.pairs`).

    Returns
    -------
    DataFrame, worst first
        One row per clip; for pairs of an interval one per video, which then is its `clip`, too. subject, unit,
        video, clip; pairs (how many; 0 if the alignment left the clip out: what follows is missing then, and
        the row comes last); nose_before and nose_after, the median over pairs of the median |flow| of the nose
        region before and after its mean is subtracted, in px of the crop; worst_first, worst_second, worst_before
        and worst_after: frame numbers and the same two values of the pair with the most motion left (of
        interpolated frames their numbers from 0); flagged: nose_after is above 0.3 px, or not a number;
        landmark_spread in px of the crop and frames_without_face, of the video. Of whole frames nothing is known of
        nose and landmarks, and nothing is flagged.

    Raises
    ------
    UserError
        If a file is missing or damaged.
    """
    column = "clip" if per_expression(pairs) else "video"
    clips = manifest.assign(clip=manifest[column]).drop_duplicates(["unit", "clip"])
    table = pd.DataFrame(list(_rows(aligned, flows, clips)), columns=list(_COLUMNS))
    table = table.assign(pairs=table["pairs"].fillna(0)).astype(_COLUMNS)
    left_out = table["pairs"] == 0
    # Whole frames have no nose region that could be judged; where there are landmarks, an unknown motion is suspect.
    table["flagged"] = table["landmark_spread"].notna() & ~(table["nose_after"] <= MOST_NOSE_FLOW)
    by = table.assign(left_out=left_out).sort_values(
        ["left_out", "nose_after", "worst_after", "subject", "clip"],
        ascending=[True, False, False, True, True],
        na_position="first",
    )
    return by[list(_COLUMNS)].reset_index(drop=True)


def of_whole_frames(table: pd.DataFrame) -> bool:
    """Whether a quality table is of an alignment that takes whole frames: no clip with motion has landmarks."""
    moving = table[table["pairs"] > 0]
    return len(moving) > 0 and bool(moving["landmark_spread"].isna().all())


def failure_table(aligned: Sequence[Path], manifest: pd.DataFrame) -> pd.DataFrame:
    """What the alignment could not do.

    Parameters
    ----------
    aligned : sequence of Path
        aligned/<unit>.h5 of every unit in the manifest.
    manifest : DataFrame
        The dataset's manifest.

    Returns
    -------
    DataFrame, by subject, video and frame; videos that were left out come first
        subject, video, first_frame, last_frame, problem, and action: what was done with these frames. "carried"
        ones lie under the last transform, "dropped" ones are not there in the windows that are meant, and where the
        whole video is not there, it was "left out".

    Raises
    ------
    UserError
        If a file is missing or damaged.
    """
    subject_of = dict(zip(manifest["unit"], manifest["subject"], strict=True))
    tables = [pd.DataFrame(columns=_FAILURE_COLUMNS)]
    for path in aligned:
        with reading_aligned(path) as file:
            failures, videos = file.failures, file.videos
        whole = ~failures["video"].isin(videos)
        action = failures["action"].mask(whole, "left out")
        tables.append(failures.assign(subject=subject_of[path.stem], action=action)[_FAILURE_COLUMNS])
    table = pd.concat([one for one in tables if len(one)] or tables)
    by = table.assign(kept=table["action"] != "left out").sort_values(["kept", "subject", "video", "first_frame"])
    return by[_FAILURE_COLUMNS].reset_index(drop=True)


def worst_pair(clip: ClipFlow) -> int:
    """Which pair of a clip has the most motion left in the nose region; the first one of unknown motion, if any."""
    return int(np.argmax(clip.nose_residual[:, 1]))


def _rows(aligned: Sequence[Path], flows: Sequence[Path], clips: pd.DataFrame) -> Iterator[dict[str, object]]:
    aligned_of, flow_of = ({path.stem: path for path in paths} for paths in (aligned, flows))
    for unit, of_unit in clips.groupby("unit"):
        with reading_aligned(aligned_of[str(unit)]) as faces, reading_flow(flow_of[str(unit)]) as motion:
            present = ~of_unit["clip"].isin(motion.left_out)
            yield from of_unit.loc[~present, ["subject", "unit", "video", "clip"]].to_dict("records")
            for video, of_video in of_unit[present].groupby("video"):
                of_all = _alignment_quality(faces[str(video)])
                for row in of_video[["subject", "unit", "video", "clip"]].to_dict("records"):
                    yield row | of_all | _motion_quality(motion[row["clip"]])


def _alignment_quality(video: AlignedVideo) -> dict[str, object]:
    return {
        "landmark_spread": round(video.landmark_spread, 6),
        "frames_without_face": int(video.frames_without_face),
    }


def _motion_quality(clip: ClipFlow) -> dict[str, object]:
    # Rounded, because single precision holds 0.3 as 0.30000001, which would be above the limit.
    residual = clip.nose_residual.astype(float).round(6)
    before, after = np.median(residual, axis=0).round(6)
    worst = worst_pair(clip)
    return {
        "pairs": len(clip),
        "nose_before": before,
        "nose_after": after,
        "worst_first": clip.pairs[worst, 0],
        "worst_second": clip.pairs[worst, 1],
        "worst_before": residual[worst, 0],
        "worst_after": residual[worst, 1],
    }
