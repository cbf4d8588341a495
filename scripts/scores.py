"""The table of all runs, as CSV and as a page."""

from pathlib import Path

from mexflow.cli.stage import stage
from mexflow.config.configuration import Run
from mexflow.report.scores_table import scores_table, write_scores_page
from mexflow.store.records import read_record
from mexflow.store.tables import write_csv


@stage
def main(table: Path, page: Path, scores: list[Path]) -> None:
    rows = scores_table({Run.of_folder(path.parent): read_record(path) for path in scores})
    write_csv(rows, table)
    write_scores_page(rows, page)


if __name__ == "__main__":
    main()
