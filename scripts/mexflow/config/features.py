"""What a model eats: channels, steps and size."""

from typing import Annotated, Literal

from pydantic import Field

from mexflow.config.flow import Pairs
from mexflow.config.spec import Name, Spec

Channel = Literal["u", "v", "strain"]
Step = Literal["subtract_nose"]


class FeatureSpec(Spec):
    """A tensor of `size` × `size` × channels per sample, from one alignment and one flow.

    `steps` are applied in their order, before the resize. The stored flow is never changed.
    """

    alignment: Name
    flow: Name
    pairs: Pairs = "onset_apex"
    channels: Annotated[tuple[Channel, ...], Field(min_length=1)] = ("u", "v", "strain")
    steps: tuple[Step, ...] = ("subtract_nose",)
    size: Annotated[int, Field(ge=4, le=1024)] = 28
