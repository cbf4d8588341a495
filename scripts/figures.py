"""Confusion matrix and learning curves of one run over its seeds, as pictures."""

from pathlib import Path

import pandas as pd

from mexflow.cli.stage import stage
from mexflow.report.confusion import confusion_figure
from mexflow.report.learning_curves import learning_curves_figure
from mexflow.store.records import read_record


@stage
def main(scores: Path, confusion: Path, learning_curves: Path, curves: list[Path], *, title: str) -> None:
    confusion_figure(read_record(scores), title, confusion)
    learning_curves_figure(pd.concat([pd.read_csv(path) for path in curves]), title, learning_curves)


if __name__ == "__main__":
    main()
