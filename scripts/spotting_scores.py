"""The table of all spotting runs, as CSV and as a page."""

from pathlib import Path

from mexflow.cli.stage import stage
from mexflow.config.configuration import SpottingRun
from mexflow.report.spotting_table import spotting_table, write_spotting_page
from mexflow.store.records import read_record
from mexflow.store.tables import write_csv


@stage
def main(table: Path, page: Path, scores: list[Path]) -> None:
    rows = spotting_table({SpottingRun.of_folder(path.parent): read_record(path) for path in scores})
    write_csv(rows, table)
    write_spotting_page(rows, page)


if __name__ == "__main__":
    main()
