"""Where clips come from."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, PositiveFloat

from mexflow.config.spec import Name, Spec

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


ReleasedKind = Literal[
    "casme",
    "casme2",
    "smic_hs",
    "smic_vis",
    "smic_nir",
    "smic_e_hs",
    "smic_e_vis",
    "smic_e_nir",
    "samm",
    "samm_lv",
    "casme_sq",
    "casme3",
    "mmew",
    "fourdme",
]


class ReleasedSpec(DatasetSpec):
    """A published dataset, as its owners distribute it.

    `labels` names the file of the label table, by default that of the newest release that is found. `images` names
    one of the forms in which frames are shipped; by default the first that is found. `strict` turns every repair
    of the label table into an error.
    """

    kind: ReleasedKind
    root: Path
    labels: str | None = None
    images: Name | None = None
    strict: bool = False


AnyDataset = Annotated[DemoSpec | CustomSpec | ReleasedSpec, Field(discriminator="kind")]


class CompositeSpec(Spec):
    """Several datasets as one.

    `clips` names the list of a challenge that decides which of their clips take part; `all` takes every one.
    """

    datasets: Annotated[tuple[Name, ...], Field(min_length=2)]
    clips: Literal["all", "megc2019", "megc2018"] = "all"
