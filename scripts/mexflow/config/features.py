"""What a model eats: channels or descriptors, the steps to them, and their size."""

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, NonNegativeInt, PositiveInt, Tag, model_validator

from mexflow.config.alignment import Resize
from mexflow.config.pairs import Pairs
from mexflow.config.ready_features import READY
from mexflow.config.spec import Name, Spec, nearest

Channel = Literal["u", "v", "magnitude", "strain", "gray"]
Step = Literal["subtract_nose", "subtract_nose_strain", "absolute", "mask_eyes", "encode_8bit"]
Region = Literal["brow_strip", "mouth_strip", "eyes", "nose_mouth"]
Difference = Literal["central", "forward", "backward"]
Normalisation = Literal["training_set", "training_set_max", "sample_min_max", "none"]
Size = Annotated[int, Field(ge=4, le=1024)]
Blocks = tuple[PositiveInt, PositiveInt]
Neighbours = Annotated[int, Field(ge=4, le=16)]

_STEPS_OF_LANDMARKS = {"subtract_nose", "subtract_nose_strain", "mask_eyes"}


class FeatureSpec(Spec):
    """What all features share.

    `ready` takes the definition of a ready-made feature (`mexflow features` lists them); other keys replace its
    values. `normalise` is what becomes of the values last: `training_set` (mean and deviation per channel) and
    `training_set_max` (mean, then the maximum) are measured by the training on its training clips only,
    `sample_min_max` scales each sample and channel to 0–1 at packing.
    """

    alignment: Name
    normalise: Normalisation = "training_set"

    def needs_flow(self) -> bool:
        """Whether it is made of flow files."""
        return "flow" in type(self).model_fields

    def needs_faces(self) -> bool:
        """Whether it is made of aligned faces."""
        return not self.needs_flow() or "gray" in getattr(self, "channels", ())

    def needs_landmarks(self) -> dict[str, list[str]]:
        """What of its `steps` and `regions` only landmarks can place; a key of which nothing does is left out."""
        steps = [step for step in getattr(self, "steps", ()) if step in _STEPS_OF_LANDMARKS]
        found = {"steps": steps, "regions": list(getattr(self, "regions", ()))}
        return {key: words for key, words in found.items() if words}

    @model_validator(mode="before")
    @classmethod
    def _from_ready(cls, data: Any) -> Any:
        if isinstance(data, dict) and "ready" in data:
            name = data["ready"]
            if name not in READY:
                raise ValueError(f'ready: no feature "{name}"{nearest(str(name), READY)}')
            return READY[name].definition | {key: value for key, value in data.items() if key != "ready"}
        return data


class FlowFeatureSpec(FeatureSpec):
    """Channels of flow, strain and gray: `size` × `size` × channels per frame pair.

    One pair (`onset_apex`) gives that; the pairs of an expression give `length` of them in time, resampled
    linearly where their number differs; `{interval: k}` gives one sample per pair. `difference` is the scheme of
    the strain's derivatives. `steps` are applied in their order, before the resize; the stored flow is never
    changed. `regions` are cut out and stacked from top to bottom; none means the whole crop.
    """

    kind: Literal["flow"] = "flow"
    flow: Name
    pairs: Pairs = "onset_apex"
    channels: Annotated[tuple[Channel, ...], Field(min_length=1)] = ("u", "v", "strain")
    difference: Difference = "central"
    steps: tuple[Step, ...] = ("subtract_nose",)
    regions: tuple[Region, ...] = ()
    size: Size = 28
    resize: Resize = "area"
    length: PositiveInt | None = None

    @model_validator(mode="after")
    def _length_where_it_is_needed(self) -> "FlowFeatureSpec":
        varies = self.pairs in {"onset_each", "consecutive"}
        if varies and self.length is None:
            raise ValueError(f"length: pairs {self.pairs} are as many as an expression has frames; say to how many")
        if not varies and self.length is not None:
            raise ValueError(f"length: pairs {self.pairs} have their own number; leave it out")
        if self.regions and self.size % len(self.regions):
            raise ValueError(f"size: {self.size} rows cannot be shared by {len(self.regions)} regions")
        return self


class GrayFeatureSpec(FeatureSpec):
    """Gray volumes: `length` × `size` × `size` × channels, from the frames of an expression.

    `time`: `tim` and `linear` interpolate onset to offset to `length` frames; `slice` takes `length` frames from
    the `start`-th on (an expression with fewer is interpolated linearly); `key_frames` takes onset, apex, offset
    and as many at equal steps between them. Each of `regions` is a channel; none means the whole crop.
    """

    kind: Literal["gray"] = "gray"
    time: Literal["tim", "linear", "slice", "key_frames"] = "linear"
    length: Annotated[int, Field(ge=2)]
    start: NonNegativeInt = 0
    regions: tuple[Region, ...] = ()
    size: Size = 64
    resize: Resize = "area"

    @model_validator(mode="after")
    def _key_frames_are_odd(self) -> "GrayFeatureSpec":
        if self.time == "key_frames" and (self.length < 3 or self.length % 2 == 0):
            raise ValueError(f"length: key frames are an odd number of 3 or more, not {self.length}")
        if self.start and self.time != "slice":
            raise ValueError("start: belongs to time: slice")
        return self


class LbpTopFeatureSpec(FeatureSpec):
    """LBP-TOP: `blocks` (columns, rows, times) × 3 planes × 59 uniform patterns of an expression's frames.

    `radii` and `neighbours` are those along x, y, time and of the planes XY, XT, YT. `length` interpolates the
    expression to so many frames first (`mexflow.video.temporal_interpolation.tim`); by default it is left as it is.
    """

    kind: Literal["lbp_top"] = "lbp_top"
    length: PositiveInt | None = None
    radii: tuple[PositiveInt, PositiveInt, PositiveInt] = (3, 3, 3)
    neighbours: tuple[Neighbours, Neighbours, Neighbours] = (8, 8, 8)
    blocks: tuple[PositiveInt, PositiveInt, PositiveInt] = (1, 1, 1)
    normalise: Normalisation = "none"


class HoofFeatureSpec(FeatureSpec):
    """Histograms of oriented optical flow: `blocks` (rows, columns) × `bins`, the mean over an expression's pairs.

    `angles`: `full_circle`, or `symmetric`, which does not tell left from right.
    """

    kind: Literal["hoof"] = "hoof"
    flow: Name
    pairs: Pairs = "onset_apex"
    steps: tuple[Literal["subtract_nose"], ...] = ("subtract_nose",)
    angles: Literal["full_circle", "symmetric"] = "full_circle"
    bins: Annotated[int, Field(ge=2, le=360)] = 8
    blocks: Blocks = (1, 1)
    normalise: Normalisation = "none"


def _kind(data: Any) -> str:
    """The kind of a feature that is not checked yet: its own, that of the ready-made one, or flow."""
    if isinstance(data, dict):
        ready = READY.get(data.get("ready", ""))
        return data.get("kind") or (ready.definition.get("kind", "flow") if ready else "flow")
    return getattr(data, "kind", "flow")


AnyFeatureSpec = Annotated[
    Annotated[FlowFeatureSpec, Tag("flow")]
    | Annotated[GrayFeatureSpec, Tag("gray")]
    | Annotated[LbpTopFeatureSpec, Tag("lbp_top")]
    | Annotated[HoofFeatureSpec, Tag("hoof")],
    Discriminator(_kind),
]
"""A feature of any kind; `flow` if it names none."""


class FeatureStageSpec(Spec):
    """What the pack stage reads: one feature of any kind."""

    feature: AnyFeatureSpec
