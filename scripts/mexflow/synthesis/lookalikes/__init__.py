"""Small folders in the exact layout of published datasets, with the faces of the demo: one module per adapter.

They hold no frame of the real datasets, but the quirks of their folders and label tables, and are what the pipeline
and its tests run on where a licence keeps the real ones away.
"""

import importlib
from pathlib import Path
from typing import get_args

from mexflow.config.datasets import ReleasedKind
from mexflow.datasets.index import ADAPTERS

LOOKALIKE_KINDS = get_args(ReleasedKind)
"""Every published dataset has one."""

LONG_LOOKALIKE_KINDS = ("casme_sq_long", "samm_lv_long")
"""Long videos to spot expressions in; they are read as the kinds `casme_sq` and `samm_lv`."""


def write_lookalike(kind: str, root: Path) -> None:
    """Write the look-alike of a kind of dataset.

    Parameters
    ----------
    kind : str
        One of `LOOKALIKE_KINDS` or `LONG_LOOKALIKE_KINDS`.
    root : Path
        The folder to write; what is there under other names stays.
    """
    importlib.import_module(f"mexflow.synthesis.lookalikes.{ADAPTERS.get(kind, kind)}").write(root, kind)
