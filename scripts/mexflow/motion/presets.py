"""The presets of the optical flows, and what a spec makes of them."""

from mexflow.config.flow import FlowSpec

_OPENCV = {
    "tau": 0.25,
    "lambda_": 0.15,
    "theta": 0.3,
    "gamma": 0.0,
    "epsilon": 0.01,
    "scales": 5,
    "scale_step": 0.8,
    "warps": 5,
    "inner_iterations": 30,
    "outer_iterations": 10,
    "median": 5,
}
_IPOL = {
    "tau": 0.25,
    "lambda_": 0.15,
    "theta": 0.3,
    "epsilon": 0.01,
    "scales": 100,
    "scale_step": 0.5,
    "warps": 5,
    "presmoothing": 0.8,
    "max_iterations": 300,
}
PRESETS: dict[tuple[str, str], dict[str, float]] = {
    ("tvl1", "opencv"): _OPENCV,
    ("tvl1", "fast"): {**_OPENCV, "epsilon": 0.05, "outer_iterations": 3},
    ("tvl1", "ipol"): _IPOL,
    ("dis", "ultrafast"): {},
    ("dis", "fast"): {},
    ("dis", "medium"): {},
    ("farneback", "opencv"): {"scales": 3, "scale_step": 0.5, "window": 15},
}


def flow_parameters(spec: FlowSpec) -> dict[str, float]:
    """The parameters of a flow: its preset's, replaced by those it gives itself."""
    given = spec.model_dump(exclude={"method", "preset", "engine"}, exclude_none=True)
    return PRESETS[spec.method, spec.preset] | given
