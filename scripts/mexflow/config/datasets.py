"""Where clips come from."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, PositiveFloat

from mexflow.config.spec import Spec

Unit = Literal["subject", "video", "clip"]


class DatasetSpec(Spec):
    """What all datasets share.

    `unit` is what one job works on. `show_faces` lets the report show faces: the licences of most datasets
    forbid that, so it is off unless asked for.
    """

    unit: Unit = "subject"
    show_faces: bool = False


class DemoSpec(DatasetSpec):
    """Faces with known motion, rendered from two public photographs (`mexflow.synthesis`)."""

    kind: Literal["demo"]
    subjects: Annotated[int, Field(ge=2, le=99)] = 8
    clips_per_emotion: Annotated[int, Field(ge=1, le=99)] = 3
    seed: int = 0
    show_faces: bool = True


class CustomSpec(DatasetSpec):
    """One's own clips: a folder, and in it a CSV with a row per labelled expression.

    `fps` serves rows whose own `fps` is empty.
    """

    kind: Literal["custom"]
    root: Path
    labels: str = "labels.csv"
    fps: PositiveFloat | None = None


AnyDataset = Annotated[DemoSpec | CustomSpec, Field(discriminator="kind")]
