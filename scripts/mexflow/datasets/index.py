"""The index: label tables and folders → manifest.csv, made while the Snakefile is parsed."""

import hashlib
import importlib
import json
from pathlib import Path

import pandas as pd

from mexflow.config.datasets import AnyDataset
from mexflow.datasets.manifest import manifest_of, read_manifest, write_manifest
from mexflow.datasets.source import content_hash, signature
from mexflow.errors import UserError
from mexflow.store.files import replacing

RESULTS = Path("results")

READ_BY = {
    "align": ("video", "source", "first_frame", "content"),
    "flow": ("clip", "video", "onset", "apex", "offset"),
    "pack": ("subject", "clip", "fps", "emotion", "three_class", "action_units", "expression_type", "apex_source"),
    "contact_sheet": ("unit", "subject", "video"),
    "flow_sheet": ("unit", "subject", "clip", "video", "onset", "apex", "emotion", "three_class"),
}
"""Which columns of the manifest a stage reads: a change in others does not run it again."""


def raw_root(name: str, spec: AnyDataset) -> Path:
    """The folder that a dataset's raw files lie in."""
    return RESULTS / name / "raw" if spec.kind == "demo" else spec.root


def index_dataset(name: str, spec: AnyDataset) -> pd.DataFrame:
    """Bring results/<name>/manifest.csv up to date and return it.

    Files whose name, size and modification time are known from the last index are not read again. The manifest
    is written only when it differs.

    Raises
    ------
    UserError
        If a label table, a row or a clip cannot be.
    """
    root = raw_root(name, spec)
    contents = _Contents(RESULTS / name / "contents.json", root)
    adapter = importlib.import_module(f"mexflow.datasets.{spec.kind}")
    manifest = manifest_of(adapter.expressions(name, spec, root, contents.of))
    contents.save()
    write_manifest(manifest, RESULTS / name / "manifest.csv")
    return manifest


def indexed_dataset(name: str) -> pd.DataFrame:
    """The manifest that the main process left, for the jobs that it starts."""
    return read_manifest(RESULTS / name / "manifest.csv")


def rows_hash(rows: pd.DataFrame, stage: str) -> str:
    """Hash of what a stage reads of its rows, whatever their order: the `clips` parameter of its jobs.

    Parameters
    ----------
    rows : DataFrame
        Rows of a manifest.
    stage : str
        A key of `READ_BY`.
    """
    lines = sorted(json.dumps(row) for row in rows[list(READ_BY[stage])].astype(str).to_numpy().tolist())
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


class _Contents:
    """Content hashes by source, kept from one index to the next."""

    def __init__(self, path: Path, root: Path) -> None:
        self._path, self._root = path, root
        self._known: dict[str, list[str]] = self._read()
        self._seen: dict[str, list[str]] = {}

    def of(self, source: str) -> str:
        """Content hash of a source below the root."""
        if source not in self._seen:
            path = self._root / source
            if not path.resolve().is_relative_to(self._root.resolve()):
                raise UserError(f"{path} lies outside {self._root}. Only files below a dataset's root are read.")
            mark = signature(path)
            known = self._known.get(source)
            self._seen[source] = known if known and known[0] == mark else [mark, content_hash(path)]
        return self._seen[source][1]

    def save(self) -> None:
        """Write them down if they changed."""
        if self._seen != self._known:
            with replacing(self._path) as beside:
                beside.write_text(json.dumps(self._seen, indent=0))

    def _read(self) -> dict[str, list[str]]:
        try:
            return json.loads(self._path.read_text())
        except (FileNotFoundError, ValueError):
            return {}
