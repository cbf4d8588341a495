"""How motion is estimated, and between which frames."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt, model_validator

from mexflow.config.pairs import Pairs
from mexflow.config.spec import Spec

_EVERY_TVL1 = {"tau", "lambda_", "theta", "epsilon", "scales", "scale_step", "warps"}
_OPENCV_TVL1 = _EVERY_TVL1 | {"gamma", "inner_iterations", "outer_iterations", "median"}
_PARAMETERS = {
    ("tvl1", "opencv"): _OPENCV_TVL1,
    ("tvl1", "fast"): _OPENCV_TVL1,
    ("tvl1", "ipol"): _EVERY_TVL1 | {"presmoothing", "max_iterations"},
    ("dis", "ultrafast"): set[str](),
    ("dis", "fast"): set[str](),
    ("dis", "medium"): set[str](),
    ("farneback", "opencv"): {"scales", "scale_step", "window"},
}
_DEFAULT_PRESETS = {"tvl1": "opencv", "dis": "medium", "farneback": "opencv"}


class FlowSpec(Spec):
    """Dense optical flow: a method, its preset, and parameters that replace the preset's.

    Of TV-L1, `opencv` is OpenCV's defaults, `fast` the same with ε 0.05 and 3 outer iterations, and `ipol` the
    IPOL program tvl1flow. DIS and Farnebäck are always computed by OpenCV.
    """

    method: Literal["tvl1", "dis", "farneback"] = "tvl1"
    preset: Literal["opencv", "ipol", "fast", "medium", "ultrafast"] = "opencv"
    engine: Literal["numba", "cv2"] = "numba"
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
    presmoothing: PositiveFloat | None = None
    max_iterations: PositiveInt | None = None
    window: PositiveInt | None = None

    @model_validator(mode="before")
    @classmethod
    def _method_s_own_defaults(cls, data: Any) -> Any:
        if not isinstance(data, dict) or data.get("method") not in ("dis", "farneback"):
            return data
        return {"preset": _DEFAULT_PRESETS[data["method"]], "engine": "cv2"} | data

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        presets = [preset for method, preset in _PARAMETERS if method == self.method]
        if self.preset not in presets:
            raise ValueError(f"method {self.method} has no preset {self.preset}; it has {', '.join(presets)}")
        if self.method != "tvl1" and self.engine == "numba":
            raise ValueError(f"method {self.method} is computed by OpenCV only; write engine: cv2, or leave engine out")
        if self.preset == "ipol" and self.engine == "cv2":
            raise ValueError("OpenCV does not have preset ipol; write engine: numba, or leave engine out")
        known = _PARAMETERS[self.method, self.preset]
        given = self.model_dump(exclude={"method", "preset", "engine"}, exclude_none=True)
        unfit = [name for name in given if name not in known]
        if unfit:
            what = f"method {self.method}, preset {self.preset}"
            raise ValueError(f"{what} has no parameter {', '.join(unfit)}; it has {', '.join(sorted(known)) or 'none'}")
        if self.gamma and self.engine == "numba":
            raise ValueError("a gamma above 0 needs OpenCV's own TV-L1; add engine: cv2")
        return self


class FlowStageSpec(Spec):
    """What the flow stage reads: a named flow, and the frame pairs that a feature asks it for."""

    flow: FlowSpec
    pairs: Pairs
