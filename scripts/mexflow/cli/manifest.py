"""`mexflow manifest` and `mexflow check`: what is in a dataset, and is it whole?"""

import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer
from pydantic import TypeAdapter
from rich.console import Console
from rich.table import Table

from mexflow.config.datasets import AnyDataset
from mexflow.config.spec import nearest
from mexflow.datasets.custom import OPTIONAL, REQUIRED
from mexflow.datasets.index import KINDS, read_dataset
from mexflow.datasets.manifest import SCHEMES, UNKNOWN, manifest_of, tabulated
from mexflow.datasets.release import Release
from mexflow.datasets.source import content_hash
from mexflow.errors import UserError
from mexflow.store.files import replacing
from mexflow.synthesis.lookalikes import LONG_LOOKALIKE_KINDS, LOOKALIKE_KINDS, write_lookalike
from mexflow.video.frames import gray_frames

Kind = Annotated[str, typer.Argument(help=f"One of {', '.join(KINDS)}.")]
Shown = Annotated[str, typer.Argument(help=f"One of {', '.join((*LOOKALIKE_KINDS, *LONG_LOOKALIKE_KINDS))}.")]
Root = Annotated[Path | None, typer.Argument(help="The folder as unpacked; a label file with --labels-only.")]
Scheme = Annotated[str | None, typer.Option(help=f"Only what has a class in it: {', '.join(SCHEMES)}.")]


def manifest(
    kind: Kind,
    root: Root = None,
    labels_only: Annotated[bool, typer.Option("--labels-only", help="Do not look at any frame.")] = False,
    scheme: Scheme = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A file instead of the terminal.")] = None,
    template: Annotated[bool, typer.Option("--template", help="For custom: an empty label table.")] = False,
) -> None:
    """Write the manifest of a dataset as CSV, one row per labelled expression; a summary goes to standard error."""
    if template:
        _write(",".join(REQUIRED + OPTIONAL) + "\n", output)
        return
    if scheme is not None and scheme not in SCHEMES:
        raise UserError(f'--scheme: no label scheme is named "{scheme}"{nearest(scheme, SCHEMES)}')
    release = _read(kind, root, frames=not labels_only)
    if labels_only:
        table = tabulated(release.expressions)
    else:
        folder = _folder(kind, root)
        contents = {source: content_hash(folder / source) for source in {one.source for one in release.expressions}}
        table = manifest_of([replace(one, content=contents[one.source]) for one in release.expressions])
    if scheme is not None:
        table = table[table[scheme] != ""]
    _write(_as_csv(table), output)
    _summarise(release, table, scheme or "emotion")


def check(kind: Kind, root: Root = None) -> None:
    """Go through the frames of a dataset: missing, unreadable, of differing size, too few. Exit code 1 if so."""
    release = _read(kind, root, frames=True)
    problems = [
        (one.subject, one.clip, f"{_MEANING[one.rule]} ({one.before} → {one.after})")
        for one in release.repairs
        if one.rule in _MEANING
    ]
    problems += _damaged_clips(release, _folder(kind, root))
    if not problems:
        print(f"{kind}: {len(release.expressions)} expressions, every frame is there and can be read.")
        return
    table = Table("subject", "clip", "problem", title=f"{kind}: {len(problems)} problem(s)")
    for row in problems:
        table.add_row(*row)
    Console().print(table)
    raise typer.Exit(1)


def lookalike(kind: Shown, folder: Annotated[Path, typer.Argument(help="Where to write it.")]) -> None:
    """Write a folder in the exact layout of a published dataset, with the faces of the demo.

    All are small but casme_sq_long and samm_lv_long, with thousands of frames per video: there is something to spot.
    """
    kinds = (*LOOKALIKE_KINDS, *LONG_LOOKALIKE_KINDS)
    if kind not in kinds:
        raise UserError(f'no look-alike of "{kind}"{nearest(kind, kinds)}')
    write_lookalike(kind, folder)


_MEANING = {
    "label_without_clip": "missing: the label has no frames",
    "clip_without_label": "no label row",
    "onset_before_first_frame": "too few frames: the onset is not there",
    "offset_beyond_last_frame": "too few frames: the offset is not there",
    "frame_missing": "missing frames",
    "interval_from_frames": "the frames on disk are not those of the label",
    "offset_from_frames": "the frames on disk are not those of the label",
    "interval_impossible": "no frame of the labelled interval",
}


def _damaged_clips(release: Release, root: Path) -> list[tuple[str, str, str]]:
    damaged = []
    for source, one in sorted({one.source: one for one in release.expressions}.items()):
        try:
            for _ in gray_frames(root / source, one.first_frame):
                pass
        except UserError as error:
            damaged.append((one.subject, one.clip, str(error)))
    return damaged


def _read(kind: str, root: Path | None, frames: bool) -> Release:
    if kind not in KINDS:
        raise UserError(f'no kind of dataset is named "{kind}"{nearest(kind, KINDS)}')
    spec = TypeAdapter(AnyDataset).validate_python({"kind": kind, "root": _folder(kind, root)})
    return read_dataset(kind, spec, _folder(kind, root), frames)


def _folder(kind: str, root: Path | None) -> Path:
    if root is None:
        raise UserError(f"ROOT is missing: the folder of {kind} as unpacked.")
    return root


def _as_csv(table: pd.DataFrame) -> str:
    shown = table.astype(object)
    for column in ("onset", "apex", "offset"):
        shown[column] = shown[column].where(table[column] != UNKNOWN, "")
    return shown.to_csv(index=False, lineterminator="\n")


def _write(text: str, output: Path | None) -> None:
    if output is None:
        sys.stdout.write(text)
        return
    with replacing(output) as beside:
        beside.write_text(text, encoding="utf-8")


def _summarise(release: Release, table: pd.DataFrame, scheme: str) -> None:
    console = Console(stderr=True, highlight=False)
    for remark in release.remarks:
        console.print(remark)
    console.print(f"{len(table)} rows, {table.subject.nunique()} subjects, {len(release.repairs)} repairs")
    for label, count in sorted(Counter(table[scheme]).items(), key=lambda item: -item[1]):
        console.print(f"  {scheme} {label or '(none)'}: {count}")
    for rule, count in sorted(Counter(one.rule for one in release.repairs).items()):
        console.print(f"  repair {rule}: {count}")
