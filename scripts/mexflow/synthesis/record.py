"""What was rendered: the content of each clip, to tell it from one that a person has changed since."""

import json
from collections.abc import Sequence
from pathlib import Path

from mexflow.datasets.demo_plan import PlannedClip, source_of
from mexflow.datasets.source import content_hash
from mexflow.store.files import replacing


def record_rendered(clips: Sequence[PlannedClip], root: Path, record: Path) -> None:
    """Write the content hash of every clip, by its path below the root, as JSON."""
    contents = {source_of(clip): content_hash(root / source_of(clip)) for clip in clips}
    with replacing(record) as beside:
        beside.write_text(json.dumps(contents, indent=1))
