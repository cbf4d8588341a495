"""`mexflow features`: what a model can be fed with."""

from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from mexflow.config.features import FeatureStageSpec
from mexflow.config.ready_features import READY
from mexflow.features.shapes import described


def features() -> None:
    """List the ready-made features: shape of a sample, channels with their units, source."""
    shown = Table(box=box.SIMPLE, caption="In a configuration: NAME: {ready: …, alignment: …, flow: …}")
    for column in ("ready", "kind", "shape of a sample", "channels", "source"):
        shown.add_column(column, overflow="fold")
    for name, ready in READY.items():
        definition: dict[str, Any] = {"ready": name, "alignment": "a", "flow": "f"}
        if name == "softnet42":
            definition["pairs"] = {"interval": 1}
        if ready.definition.get("kind") in {"gray", "lbp_top"}:
            del definition["flow"]
        spec = FeatureStageSpec.model_validate({"feature": definition}).feature
        shape, channels = described(spec)
        shown.add_row(name, spec.kind, shape, channels, ready.source)
    Console().print(shown)
