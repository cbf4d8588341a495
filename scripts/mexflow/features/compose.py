"""From the features of several datasets to one."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pandas as pd

from mexflow.errors import UserError
from mexflow.store.packed import PackedFile, reading_packed

_SAMPLE = ["dataset", "subject", "clip"]


def compose_features(members: Sequence[Path], manifest: pd.DataFrame, out: PackedFile) -> None:
    """Copy the samples that a composite's manifest lists, member by member; in each they keep their order.

    Clips that a member's alignment has left out are left out here, too.

    Parameters
    ----------
    members : sequence of Path
        The same feature of each dataset.
    manifest : DataFrame
        The composite's, with names of clips that are unique in their subject.
    out : PackedFile

    Raises
    ------
    UserError
        If members differ in what their samples hold.
    """
    wanted = set(manifest[_SAMPLE].itertuples(index=False, name=None))
    tables = []
    with ExitStack() as files:
        packed = [files.enter_context(reading_packed(path)) for path in members]
        if len({(one.layout, one.shape) for one in packed}) > 1:
            raise UserError("the members of a composite hold different channels; delete their features and run again.")
        for one in packed:
            named = one.clips[_SAMPLE].itertuples(index=False, name=None)
            positions = np.flatnonzero([clip in wanted for clip in named])
            for position in positions:
                out.append(one.at(slice(position, position + 1)))
            tables.append(one.clips.iloc[positions])
        out.finish(pd.concat(tables, ignore_index=True), packed[0].layout)
