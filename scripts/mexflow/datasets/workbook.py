"""Label tables as their owners ship them: xlsx, xls and CSV, with preambles, formulas and lost headers."""

import ast
import csv
import hashlib
import io
import math
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import xlrd

from mexflow.config.spec import nearest
from mexflow.errors import UserError

Cell = str | int | float | None
Sheet = int | str | tuple[int | str, ...]
_MOST_EMPTY_ROWS = 1000
"""So many empty rows in a row end a sheet: some have a million of them."""

_Place = tuple[int, int]
"""Row and column, from 0."""

_REFERENCE = re.compile(r"\$?\b([A-Za-z]{1,3})\$?(\d{1,7})\b")

_DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, SyntaxError, ValueError),
    *(ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError),
    *(xlrd.XLRDError, xlrd.compdoc.CompDocError),
)
"""What openpyxl and xlrd raise over a damaged workbook; an XML error is a SyntaxError."""

_LONGEST_PREAMBLE = 50
"""Rows; that of SAMM has 13."""


@dataclass(frozen=True)
class SheetRow:
    """One row of a sheet.

    Attributes
    ----------
    number : int
        As the spreadsheet program shows it, from 1.
    cells : dict
        Column name → content; without a header the names are "0", "1", … A formula is its value.
    """

    number: int
    cells: dict[str, Cell]


@dataclass(frozen=True)
class LabelTable:
    """One sheet of a label file.

    Attributes
    ----------
    path : Path
    columns : tuple of str
    rows : list of SheetRow
        Empty rows are left out.
    digest : str
        The first 12 hexadecimal digits of the file's SHA-256: which release this is.
    """

    path: Path
    columns: tuple[str, ...]
    rows: list[SheetRow]
    digest: str

    def column(self, *names: str) -> str | None:
        """The column of one of these names, the first that is there, blanks around it and its case whatever."""
        folded = {_folded(column): column for column in reversed(self.columns)}
        return next((folded[_folded(name)] for name in names if _folded(name) in folded), None)


def read_table(path: Path, sheet: Sheet = 0, header: int | None = 0, required: Sequence[str] = ()) -> LabelTable:
    """Read one sheet of an xlsx, xls or CSV file; the content decides which it is, not the name.

    Parameters
    ----------
    path : Path
    sheet : int, str or tuple of them
        Its place from 0, or its name (case does not matter); the first of several that is there. Ignored for CSV.
    header : int, optional
        Which row holds the column names, from 0; None if no row does. If `required` are not in it, the first row
        that holds them all is taken: other releases, and copies, have a longer or shorter preamble.
    required : sequence of str
        Columns that must be there. Blanks around a name and its case do not matter.

    Returns
    -------
    LabelTable
        Its columns carry the names of `required` where they match, the sheet's own otherwise.

    Raises
    ------
    UserError
        If the file cannot be read, or lacks the sheet or a column.
    """
    grid = _grid(path, sheet)
    width = max((len(row) for row in grid), default=0)
    if header is None:
        names = [str(position) for position in range(width)]
        first = 0
    else:
        header = _header_row(grid, header, required)
        if header >= len(grid):
            raise UserError(f"{path}: row {header + 1}, which should hold the column names, is not there.")
        names = _column_names(path, grid[header], required)
        first = header + 1
    columns: dict[str, int] = {}
    for place, name in enumerate(names):
        if name:
            columns.setdefault(name, place)  # of two columns with one name, the first counts
    rows = [
        SheetRow(number, {name: _at(cells, place) for name, place in columns.items()})
        for number, cells in enumerate(grid[first:], first + 1)
        if any(cell is not None for cell in cells)
    ]
    return LabelTable(path, tuple(columns), rows, digest_of(path))


def digest_of(path: Path) -> str:
    """The first 12 hexadecimal digits of a file's SHA-256."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def text_of(cell: Cell) -> str:
    """A cell as text: "" for an empty one, no ".0" behind a whole number, no blanks around.

    Examples
    --------
    >>> text_of(6.0), text_of(" R12 "), text_of(None)
    ('6', 'R12', '')
    """
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def number_of(cell: Cell) -> float | None:
    """A cell as a number; None if it holds none ("/", "MISSING", "nan", empty)."""
    text = text_of(cell)
    try:
        # float() takes "1_2", part of a clip's name, for 12.
        number = math.nan if "_" in text else float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _header_row(grid: list[list[Cell]], expected: int, required: Sequence[str]) -> int:
    wanted = {_folded(name) for name in required}
    for number in (expected, *range(min(len(grid), _LONGEST_PREAMBLE))):
        if wanted and number < len(grid) and wanted <= {_folded(text_of(cell)) for cell in grid[number]}:
            return number
    return expected


def _column_names(path: Path, cells: Sequence[Cell], required: Sequence[str]) -> list[str]:
    wanted = {_folded(name): name for name in required}
    names = [wanted.get(_folded(text_of(cell)), text_of(cell)) for cell in cells]
    for name in required:
        if name not in names:
            raise UserError(f'{path}: no column "{name}"{nearest(name, [one for one in names if one])}')
    return names


def _folded(name: str) -> str:
    return re.sub(r"[\s'_]+", "", name).casefold()


def _at(cells: Sequence[Cell], place: int) -> Cell:
    return cells[place] if place < len(cells) else None


def _grid(path: Path, sheet: Sheet) -> list[list[Cell]]:
    try:
        head = path.open("rb").read(512)
    except FileNotFoundError:
        raise UserError(f"{path}: no such label table.") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}).") from None
    if head.startswith(b"PK"):
        return _xlsx_grid(path, sheet)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        return _xls_grid(path, sheet)
    if head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"):
        raise UserError(f"{path}: a web page saved as a table. Open it in a spreadsheet program and save it as xlsx.")
    if b"\0" in head or not head:
        raise UserError(f"{path}: neither xlsx, xls nor CSV. Fetch the label table anew.")
    return _csv_grid(path)


def _xlsx_grid(path: Path, sheet: Sheet) -> list[list[Cell]]:
    try:
        content = path.read_bytes()
        value_rows, formula_rows = (
            _xlsx_rows(path, openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=values), sheet)
            for values in (True, False)
        )
    except _DAMAGED as error:
        raise _damaged(path, error) from None
    grid = [[_cell(value) for value in row] for row in value_rows]
    grid += [[] for _ in formula_rows[len(grid) :]]
    formulas = {
        (number, place): formula
        for number, row in enumerate(formula_rows)
        for place, formula in enumerate(row)
        if isinstance(formula, str) and formula.startswith("=") and _at(grid[number], place) is None
    }
    _compute(formulas, grid)
    return grid


def _xlsx_rows(path: Path, book: openpyxl.Workbook, sheet: Sheet) -> list[Sequence[Cell]]:
    sheets = {one.title: one for one in book.worksheets}
    opened = sheets[_sheet_name(path, list(sheets), sheet)]
    opened.reset_dimensions()  # a sheet may claim 16384 columns and hold nine
    return list(_until_empty(opened.iter_rows(values_only=True)))


def _xls_grid(path: Path, sheet: Sheet) -> list[list[Cell]]:
    try:
        # Its log would land among our messages, and says nothing that the error does not.
        book = xlrd.open_workbook(path, on_demand=True, logfile=io.StringIO())
        opened = book.sheet_by_name(_sheet_name(path, book.sheet_names(), sheet))
        rows = ([_cell(value) for value in opened.row_values(number)] for number in range(opened.nrows))
        return [list(row) for row in _until_empty(rows)]
    except _DAMAGED as error:
        raise _damaged(path, error) from None


def _damaged(path: Path, error: Exception) -> UserError:
    return UserError(f"{path}: a damaged workbook ({error or type(error).__name__}). Fetch it anew.")


def _csv_grid(path: Path) -> list[list[Cell]]:
    try:
        lines = csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline=""))
        rows = ([_cell(cell.strip()) for cell in row] for row in lines)
        return [list(row) for row in _until_empty(rows)]
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not UTF-8 text ({error.reason} at byte {error.start}). Save it as UTF-8.") from None
    except csv.Error as error:
        raise UserError(f"{path}, row {lines.line_num}: no CSV ({error}). Correct the row.") from None


def _sheet_name(path: Path, names: Sequence[str], sheet: Sheet) -> str:
    wanted = sheet if isinstance(sheet, tuple) else (sheet,)
    for one in wanted:
        if isinstance(one, int) and one < len(names):
            return names[one]
        for name in names:
            if isinstance(one, str) and name.strip().casefold() == one.casefold():
                return name
    if isinstance(wanted[-1], int):
        there = ", ".join(names) or "none"
        raise UserError(f"{path}: {len(names)} sheet(s), {there}; number {wanted[-1] + 1} is missing.")
    raise UserError(f'{path}: no sheet "{wanted[-1]}"{nearest(wanted[-1], names)}')


def _until_empty(rows: Iterator[Sequence[Cell]]) -> Iterator[Sequence[Cell]]:
    waiting: list[Sequence[Cell]] = []
    for row in rows:
        if all(cell is None or cell == "" for cell in row):
            waiting.append(())
            if len(waiting) >= _MOST_EMPTY_ROWS:
                return
            continue
        yield from waiting
        waiting = []
        yield row


def _cell(value: object) -> Cell:
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int | float | str) else str(value)


def _compute(formulas: dict[_Place, str], grid: list[list[Cell]]) -> None:
    """Put the values of formulas that have no cached one into the grid: label tables only add and subtract cells.

    A formula waits for those that it refers to; formulas in a circle stay empty.
    """
    waiting = {place: {_place(match) for match in _REFERENCE.finditer(text)} for place, text in formulas.items()}
    while ready := [place for place, needed in waiting.items() if not needed & waiting.keys()]:
        for row, column in ready:
            del waiting[row, column]
            grid[row] += [None] * (column + 1 - len(grid[row]))
            grid[row][column] = _computed(formulas[row, column], grid)


def _place(reference: re.Match[str]) -> _Place:
    column = 0
    for letter in reference[1].upper():
        column = 26 * column + ord(letter) - ord("A") + 1
    return int(reference[2]) - 1, column - 1


def _computed(formula: str, grid: list[list[Cell]]) -> Cell:
    def value(reference: re.Match[str]) -> str:
        row, column = _place(reference)
        number = number_of(_at(grid[row], column)) if 0 <= row < len(grid) else None
        return "nan" if number is None else repr(number)

    plain = _REFERENCE.sub(value, formula[1:].replace("SUM", ""))
    try:
        return None if "nan" in plain else _cell(_arithmetic(ast.parse(plain.strip(), mode="eval").body))
    except (SyntaxError, TypeError, ValueError):
        return None


def _arithmetic(node: ast.expr) -> float:
    match node:
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_arithmetic(operand)
        case ast.BinOp(op=ast.Add(), left=left, right=right):
            return _arithmetic(left) + _arithmetic(right)
        case ast.BinOp(op=ast.Sub(), left=left, right=right):
            return _arithmetic(left) - _arithmetic(right)
    raise TypeError(f"no sum: {ast.dump(node)}")
