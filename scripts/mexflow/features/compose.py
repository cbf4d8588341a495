"""From the features of several datasets to one."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from mexflow.errors import UserError
from mexflow.store.packed import PackedFeature

_SAMPLE = ["dataset", "subject", "clip"]


def compose_features(members: Sequence[PackedFeature], manifest: pd.DataFrame) -> PackedFeature:
    """The samples that a composite's manifest lists, in its order.

    Parameters
    ----------
    members : sequence of PackedFeature
        The same feature of each dataset.
    manifest : DataFrame
        The composite's, with names of clips that are unique in their subject.

    Raises
    ------
    UserError
        If a listed clip is in no member, or members differ in channels.
    """
    if len({member.channels for member in members}) > 1:
        raise UserError("the members of a composite hold different channels; delete their features and run again.")
    clips = pd.concat([member.clips for member in members], ignore_index=True)
    positions = pd.Series(clips.index, index=pd.MultiIndex.from_frame(clips[_SAMPLE]))
    wanted = pd.MultiIndex.from_frame(manifest[_SAMPLE])
    found = positions.reindex(wanted)
    if found.isna().any():
        missing = "/".join(wanted[int(np.argmax(found.isna()))])
        raise UserError(f"{missing} is in no member's feature. Delete the features of its dataset and run again.")
    order = found.to_numpy(dtype=int)
    return PackedFeature(
        samples=np.concatenate([member.samples for member in members])[order],
        clips=clips.iloc[order].reset_index(drop=True),
        channels=members[0].channels,
        units=members[0].units,
    )
