"""The index: label tables and folders → manifest.csv, made while the Snakefile is parsed."""

import hashlib
import importlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any, get_args

import pandas as pd

from mexflow.config.datasets import AnyDataset, CompositeSpec, ImagesSpec, PackedSpec, PrecomputedSpec, ReleasedKind
from mexflow.datasets import demo
from mexflow.datasets.composites import composite_manifest
from mexflow.datasets.interval import Repair
from mexflow.datasets.manifest import SCHEMES, check_rows, read_manifest, tabulated, write_if_changed
from mexflow.datasets.release import Release
from mexflow.datasets.source import content_hash, extent, signature
from mexflow.errors import UserError
from mexflow.store.files import replacing

RESULTS = Path("results")

ADAPTERS = {
    **dict.fromkeys(("smic_hs", "smic_vis", "smic_nir"), "smic"),
    **dict.fromkeys(("smic_e_hs", "smic_e_vis", "smic_e_nir"), "smic_e"),
    **dict.fromkeys(("images", "packed"), "precomputed"),
}
"""Kinds that share a module; others have one of their own name."""

KINDS = (*get_args(ReleasedKind), "custom")
"""Kinds that have an adapter; the demo is rendered."""

READ_BY = {
    "align": ("video", "source", "first_frame", "fps", "content"),
    "flow": ("sample", "video", "onset", "apex", "offset"),
    "flow_of_videos": ("video",),
    "import_feature": ("dataset", "subject", "sample", "source", "content", *SCHEMES),
    "pack": ("subject", "sample", "fps", *SCHEMES, "action_units", "expression_type", "apex_source"),
    "pack_pairs": ("dataset", "subject", "video", "fps"),
    "score_pairs": ("dataset", "subject", "video", "unit", "fps", "onset", "offset", "expression_type"),
    "spot": ("dataset", "subject", "video", "onset", "offset", "expression_type"),
    "evaluate_spotting": (
        *("dataset", "subject", "video", "fps", "onset", "apex", "offset", "expression_type", "emotion"),
    ),
    "spotting_pages": ("dataset", "subject", "video", "unit", "fps", "onset", "apex", "offset", "expression_type"),
    "contact_sheet": ("unit", "subject", "video"),
    "quality": ("unit", "subject", "sample", "video"),
    "flow_sheet": ("unit", "subject", "sample", "video", "onset", "apex", *SCHEMES),
    "attention": ("dataset", "unit", "subject", "sample", "video", "onset", *SCHEMES),
}
"""Which columns of the manifest a stage reads: a change in others does not run it again."""


def raw_root(name: str, spec: AnyDataset) -> Path:
    """The folder that a dataset's raw files lie in."""
    if isinstance(spec, ImagesSpec):
        return spec.table.parent
    if isinstance(spec, PackedSpec):
        return spec.file.parent
    return RESULTS / name / "raw" if spec.kind == "demo" else spec.root


def index_dataset(name: str, spec: AnyDataset) -> pd.DataFrame:
    """Bring results/<name>/manifest.csv and repairs.csv up to date and return the manifest.

    Files whose name, size and modification time are known from the last index are not read again. The manifest
    is written only when it differs.

    Raises
    ------
    UserError
        If a label table, a row or a clip cannot be.
    """
    root = raw_root(name, spec)
    contents = _Contents(RESULTS / name / "contents.json", root)
    if spec.kind == "demo":
        expressions, repairs = demo.expressions(name, spec, root, contents.of), []
    else:
        release = read_dataset(name, spec, root, frames=True)
        expressions = [replace(one, content=contents.of(one.source)) for one in release.expressions]
        repairs = release.repairs
    contents.save()
    manifest = tabulated(expressions)
    # Precomputed features have neither frames nor a rate: there is nothing to check.
    check = None if isinstance(spec, PrecomputedSpec) else check_rows
    write_if_changed(manifest, RESULTS / name / "manifest.csv", check)
    write_repairs(repairs, RESULTS / name / "repairs.csv")
    return manifest


def index_silent_videos(name: str, spec: AnyDataset) -> pd.DataFrame:
    """Bring results/<name>/silent.csv up to date and return it: the videos on disk that hold no labelled expression.

    Long videos without one count where expressions are spotted: whatever is found there is wrong. The table has the
    columns of the manifest, a row per video, with an unknown onset, apex and offset.

    Raises
    ------
    UserError
        As of `index_dataset`.
    """
    root = raw_root(name, spec)
    contents = _Contents(RESULTS / name / "silent_contents.json", root)
    videos = [] if spec.kind == "demo" else read_dataset(name, spec, root, frames=True).silent
    table = tabulated([replace(one, content=contents.of(one.source)) for one in videos])
    contents.save()
    write_if_changed(table, RESULTS / name / "silent.csv")
    return table


def index_composite(
    name: str, spec: CompositeSpec, members: Mapping[str, pd.DataFrame], datasets: Mapping[str, AnyDataset]
) -> pd.DataFrame:
    """Bring the manifest of a composite up to date and return it.

    Parameters
    ----------
    name : str
        The composite's name in the configuration.
    spec : CompositeSpec
    members : mapping
        Dataset name → manifest.
    datasets : mapping
        What the configuration says of them.
    """
    kinds = {member: datasets[member].kind for member in members}
    manifest = composite_manifest(spec, members, kinds)
    write_if_changed(manifest, RESULTS / name / "manifest.csv")
    return manifest


def read_dataset(name: str, spec: AnyDataset, root: Path, frames: bool) -> Release:
    """Read a dataset with the adapter of its kind: `mexflow.datasets.<kind>.read`.

    Parameters
    ----------
    name : str
        The dataset's name in the configuration.
    spec : CustomSpec or ReleasedSpec
    root : Path
        The folder as unpacked; a label file will do where `frames` is False.
    frames : bool
        Look at the frames, too.

    Raises
    ------
    UserError
        If a label table, a row or a clip cannot be.
    """
    module = ADAPTERS.get(spec.kind, spec.kind)
    try:
        return importlib.import_module(f"mexflow.datasets.{module}").read(name, spec, root, frames)
    except UserError as error:
        raise UserError(f"datasets.{name}: {error}") from None


def write_repairs(repairs: Sequence[Repair], path: Path) -> None:
    """Write repairs.csv, if it differs: one row per changed or left-out row, with the rule, before and after."""
    columns = [field.name for field in fields(Repair)]
    write_if_changed(pd.DataFrame([asdict(one) for one in repairs], columns=columns), path)


def indexed_dataset(name: str) -> pd.DataFrame:
    """The manifest that the main process left, for the jobs that it starts."""
    return read_manifest(RESULTS / name / "manifest.csv")


def indexed_silent_videos(name: str) -> pd.DataFrame:
    """The silent videos that the main process left, for the jobs that it starts."""
    return read_manifest(RESULTS / name / "silent.csv")


def rows_hash(rows: pd.DataFrame, stage: str) -> str:
    """Hash of what a stage reads of its rows, whatever their order: the `clips` parameter of its jobs.

    Parameters
    ----------
    rows : DataFrame
        Rows of a manifest.
    stage : str
        A key of `READ_BY`.
    """
    return _hash_of_lines(_lines_read(rows, stage))


def unit_hashes(rows: pd.DataFrame, stage: str) -> dict[str, str]:
    """`rows_hash` of every unit, in one pass: thousands of units cost no more than their rows.

    Parameters
    ----------
    rows : DataFrame
        Rows of a manifest.
    stage : str
        A key of `READ_BY`.

    Returns
    -------
    dict
        Unit → hash.
    """
    lines: dict[str, list[str]] = {}
    for unit, line in zip(rows.unit, _lines_read(rows, stage), strict=True):
        lines.setdefault(unit, []).append(line)
    return {unit: _hash_of_lines(own) for unit, own in lines.items()}


def _lines_read(rows: pd.DataFrame, stage: str) -> list[str]:
    return [json.dumps(row) for row in rows[list(READ_BY[stage])].astype(str).to_numpy().tolist()]


def _hash_of_lines(lines: list[str]) -> str:
    return hashlib.sha256("\n".join(sorted(set(lines))).encode()).hexdigest()[:16]


def source_extents(name: str) -> dict[str, tuple[int, int]]:
    """How many files each source of a dataset has, and their bytes, as the last index left it.

    Sources that were not there yet are left out: clips of a demo that are still to be rendered.
    """
    found: dict[str, tuple[int, int]] = {}
    for file in ("contents.json", "silent_contents.json"):
        known = _known_contents(RESULTS / name / file)
        found |= {source: (one[2], one[3]) for source, one in known.items() if one[2:]}
    return found


class _Contents:
    """Content hashes by source, kept from one index to the next: mark, hash, number of files, bytes."""

    def __init__(self, path: Path, root: Path) -> None:
        self._path, self._root, self._without_links = path, root, root.resolve()
        self._known = _known_contents(path)
        self._seen: dict[str, list[Any]] = {}

    def of(self, source: str) -> str:
        """Content hash of a source below the root."""
        if source not in self._seen:
            path = self._root / source
            mark = signature(path, self._without_links)
            known = self._known.get(source)
            hashed = known[1] if known and known[0] == mark else content_hash(path)
            counted = known[2:] if known and known[0] == mark else []
            self._seen[source] = [mark, hashed, *(counted or extent(path))]
        return self._seen[source][1]

    def save(self) -> None:
        """Write them down if they changed."""
        if self._seen != self._known:
            with replacing(self._path) as beside:
                beside.write_text(json.dumps(self._seen, indent=0))


def _known_contents(path: Path) -> dict[str, list[Any]]:
    try:
        return json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return {}
