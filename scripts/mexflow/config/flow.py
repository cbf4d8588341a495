"""How motion is estimated, and between which frames."""

from typing import Annotated, Literal

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

from mexflow.config.spec import Spec

Pairs = Literal["onset_apex"]


class FlowSpec(Spec):
    """Dense TV-L1 optical flow: a preset, and parameters that replace the preset's.

    `opencv` is OpenCV's defaults; `fast` is the same with ε 0.05 and 3 outer iterations.
    """

    method: Literal["tvl1"] = "tvl1"
    preset: Literal["opencv", "fast"] = "opencv"
    tau: PositiveFloat | None = None
    lambda_: PositiveFloat | None = None
    theta: PositiveFloat | None = None
    gamma: NonNegativeFloat | None = None
    epsilon: PositiveFloat | None = None
    scales: PositiveInt | None = None
    scale_step: Annotated[float, Field(gt=0, lt=1)] | None = None
    warps: PositiveInt | None = None
    inner_iterations: PositiveInt | None = None
    outer_iterations: PositiveInt | None = None
    median: Literal[1, 3, 5] | None = None


class FlowStageSpec(Spec):
    """What the flow stage reads: a named flow, and the frame pairs that a feature asks it for."""

    flow: FlowSpec
    pairs: Pairs
