"""How predictions are scored."""

from pydantic import PositiveInt

from mexflow.config.spec import Spec


class EvaluationSpec(Spec):
    """What the evaluate stage reads.

    `every_clip`: whether the protocol tests each clip once. `both_ways`: whether its folds are the two directions
    between two datasets, whose mean is reported, too.
    """

    labels: str
    classes: tuple[str, ...]
    permute_labels: bool
    every_clip: bool
    both_ways: bool
    draws: PositiveInt = 2000
