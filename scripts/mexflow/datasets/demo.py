"""`kind: demo`: faces with known motion, rendered into results/<name>/raw by the rule `synthesize`.

Its clips are known from the configuration alone, so jobs can be planned before a frame is there. From then on
it is read like one's own dataset: a clip whose frames or label are edited by hand counts as what it now is.
"""

import csv
import hashlib
import io
from collections.abc import Callable
from dataclasses import astuple, replace
from pathlib import Path

from mexflow.config.datasets import DemoSpec
from mexflow.datasets.custom import read_labels
from mexflow.datasets.demo_plan import LABEL_COLUMNS, PlannedClip, label_table, planned_clips, source_of
from mexflow.datasets.manifest import Expression
from mexflow.provenance.fingerprint import fingerprint
from mexflow.store.files import replacing
from mexflow.store.records import read_record

LABELS = "labels.csv"


def expressions(name: str, spec: DemoSpec, root: Path, content_of: Callable[[str], str]) -> list[Expression]:
    """The rows of the demo's label table, with the content of every clip.

    A clip that is not rendered yet, or that is still as it was rendered, has the hash of its recipe as content:
    nothing changes when the frames come into being.

    Raises
    ------
    UserError
        As `mexflow.datasets.custom.read_labels`.
    """
    clips = planned_clips(spec.subjects, spec.clips_per_emotion, spec.seed)
    _write_labels(clips, root)
    recipes = {source_of(clip): _recipe(clip) for clip in clips}
    rendered = _rendered(root)

    def content(source: str) -> str:
        if source in recipes and source not in rendered:
            return recipes[source]
        actual = content_of(source)
        return recipes[source] if source in recipes and rendered[source] == actual else actual

    rows = read_labels(name, root / LABELS, root, spec.unit, fps=None)
    return [replace(row, content=content(row.source)) for row in rows]


def subject_recipe(spec: DemoSpec, subject: str) -> str:
    """What the clips of a subject follow from; other subjects do not matter."""
    clips = planned_clips(spec.subjects, spec.clips_per_emotion, spec.seed)
    own = "".join(_recipe(clip) for clip in clips if clip.subject == subject)
    return hashlib.blake2b(own.encode(), digest_size=16).hexdigest()


def _rendered(root: Path) -> dict[str, str]:
    contents: dict[str, str] = {}
    for record in sorted(root.glob("*.json")):
        contents.update(read_record(record))
    return contents


def _write_labels(clips: list[PlannedClip], root: Path) -> None:
    # The plan as it was written tells a table that a person has edited from one of another plan.
    text = io.StringIO()
    writer = csv.DictWriter(text, LABEL_COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(label_table(clips))
    plan = root / "plan.csv"
    if (root / LABELS).exists() and plan.exists() and plan.read_text() == text.getvalue():
        return
    for path in (root / LABELS, plan):
        with replacing(path) as beside:
            beside.write_text(text.getvalue())


def _recipe(clip: PlannedClip) -> str:
    recipe = f"{astuple(clip)} {fingerprint('synthesize')}"
    return hashlib.blake2b(recipe.encode(), digest_size=16).hexdigest()
