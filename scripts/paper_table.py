"""A paper's table, as CSV and as a page: the scores of its runs beside the published figures."""

from pathlib import Path

from mexflow.cli.stage import stage
from mexflow.config.paper_tables import PaperTableSpec
from mexflow.report.paper_table import paper_table, write_paper_page
from mexflow.store.records import read_record
from mexflow.store.tables import write_csv


@stage
def main(table: Path, page: Path, scores: list[Path], *, spec: PaperTableSpec) -> None:
    rows = paper_table(spec, [read_record(path) for path in scores])
    write_csv(rows, table)
    write_paper_page(rows, spec.table, page)


if __name__ == "__main__":
    main()
