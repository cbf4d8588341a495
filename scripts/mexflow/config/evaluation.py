"""How predictions are scored."""

from pydantic import PositiveInt

from mexflow.config.spec import Spec


class EvaluationSpec(Spec):
    """What the evaluate stage reads."""

    labels: str
    classes: tuple[str, ...]
    permute_labels: bool
    draws: PositiveInt = 2000
