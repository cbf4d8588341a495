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


class PrecomputedSpec(DatasetSpec):
    """Features that were computed elsewhere: experiments use them as the feature `as_given`.

    `scheme` is the label scheme that the labels belong to; `classes` are the names behind labels that are numbers,
    from 0. `normalise` is as in a feature. Subjects stay unique per `dataset`.
    """

    scheme: Literal["emotion", "three_class", "five_class", "objective", "binary", "seven_class"] = "three_class"
    classes: tuple[str, ...] = ("negative", "positive", "surprise")
    normalise: Literal["training_set", "training_set_max", "sample_min_max", "none"] = "training_set"


class ImagesSpec(PrecomputedSpec):
    """Feature images: a CSV with the columns path, dataset, subject, clip, label; a path is relative to the CSV.

    `channels` names what the images hold, in the order red, green, blue of the file, whoever wrote it; one name for a
    gray image. 8 and 16 bits per channel are taken as they are.
    """

    kind: Literal["images"]
    table: Path
    channels: Annotated[tuple[str, ...], Field(min_length=1, max_length=4)] = ("u", "v", "strain")


class PackedSpec(PrecomputedSpec):
    """A packed feature: a file that mexflow wrote (.h5), or arrays of others (.npz).

    A .npz holds `samples` (n, …, channels), `subject`, `clip`, `label` and, where there are several, `dataset`, each
    of length n. `channels` names its last axis.
    """

    kind: Literal["packed"]
    file: Path
    channels: tuple[str, ...] = ()


AnyDataset = Annotated[DemoSpec | CustomSpec | ReleasedSpec | ImagesSpec | PackedSpec, Field(discriminator="kind")]


class GivenStageSpec(Spec):
    """What the import_feature stage reads: a dataset that consists of features."""

    dataset: Annotated[ImagesSpec | PackedSpec, Field(discriminator="kind")]


class CompositeSpec(Spec):
    """Several datasets as one.

    `clips` names the list of a challenge that decides which of their clips take part; `all` takes every one.
    """

    datasets: Annotated[tuple[Name, ...], Field(min_length=2)]
    clips: Literal["all", "megc2019", "megc2018"] = "all"
