"""A look-alike read back: its rows, its repairs, its files, and the faces in its frames."""

from pathlib import Path

import cv2
import numpy as np
from pydantic import TypeAdapter

from mexflow.config.datasets import AnyDataset
from mexflow.datasets.index import read_dataset
from mexflow.datasets.release import Release
from mexflow.face.landmarks import find_face, landmark_model_path
from mexflow.video.frames import gray_frames


def read_back(kind: str, root: Path, **wanted: str) -> Release:
    """What the adapter finds, frames looked at."""
    spec = TypeAdapter(AnyDataset).validate_python({"kind": kind, "root": root, **wanted})
    return read_dataset(kind, spec, root, frames=True)


def rows(release: Release) -> list[tuple]:
    """Subject, clip, onset, apex, offset, where the apex comes from, emotion, three_class; in the manifest's order."""
    return [
        (one.subject, one.clip, one.onset, one.apex, one.offset, one.apex_source, one.emotion, one.three_class)
        for one in release.expressions
    ]


def repairs(release: Release) -> list[tuple]:
    """Subject, clip, onset, rule, before, after; a row of a label table as "row 7"."""
    return [
        (one.subject, one.clip, one.onset, one.rule, one.before.rpartition(", ")[2], one.after)
        for one in release.repairs
    ]


def files(folder: Path) -> tuple[str, str, int]:
    """The first and the last file of a folder, by name, and how many there are."""
    names = sorted(path.name for path in folder.iterdir())
    return names[0], names[-1], len(names)


def sizes(release: Release, root: Path) -> dict[str, tuple[int, ...]]:
    """Source → shape of its frames as they are stored; every one of them can be read."""
    shapes = {}
    for source in {one.source for one in release.expressions}:
        assert len(list(gray_frames(root / source))) == len(list((root / source).iterdir()))
        first = cv2.imread(str(next((root / source).iterdir())), cv2.IMREAD_UNCHANGED)
        shapes[source] = first.shape
    return shapes


def face_widths(release: Release, root: Path) -> dict[str, float]:
    """Source → width of the face in its first frame, from ear to ear in px, as dlib sees it; 0 without a face."""
    model = landmark_model_path(None)
    widths = {}
    for source in {one.source for one in release.expressions}:
        _, frame = next(gray_frames(root / source))
        face = find_face(frame, model)
        widths[source] = 0.0 if face is None else float(np.ptp(face.landmarks[:, 0]))
    return widths
