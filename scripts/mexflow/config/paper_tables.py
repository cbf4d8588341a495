"""What the tables of papers are made of: which runs, and what is known of each besides its scores."""

from typing import Literal

from mexflow.config.spec import Name, Spec
from mexflow.config.systems import Variant

TableName = Literal["stcnn", "dubey", "elrcn", "joshi", "megc2019"]


class TabledRun(Spec):
    """A run in a paper's table.

    `system` and `variant` are what it comes from. `data` says what it is of: the kind of the dataset, the challenge
    of a composite (`megc2019`), or its kinds (`casme2+smic_hs`). `kinds` has the kind of each of its datasets.
    `random_start`: a system that starts from VGG-Face had no such file.
    """

    dataset: Name
    feature: Name
    labels: str
    model: Name
    protocol: Name
    system: str
    variant: Variant
    data: str
    kinds: dict[Name, str]
    random_start: bool = False


class PaperTableSpec(Spec):
    """What the paper_table stage reads: a table, and its runs in the order of their scores."""

    table: TableName
    runs: tuple[TabledRun, ...]
