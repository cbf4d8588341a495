"""Label tables as they arrive: every kind of file, damage, and what spreadsheet programs do to cells."""

import contextlib
import time
import zipfile
from pathlib import Path

import openpyxl
import pytest
import xlwt
from hypothesis import given, settings
from hypothesis import strategies as st

from mexflow.datasets.workbook import digest_of, number_of, read_table, text_of
from mexflow.errors import UserError

TABLE = [["Subject", "Filename", "OnsetF"], [1, "EP01", 46], [2, "EP02", 91]]


def xlsx(path: Path, sheets: dict[str, list[list]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def xls(path: Path, sheets: dict[str, list[list]]) -> Path:
    book = xlwt.Workbook()
    for name, rows in sheets.items():
        sheet = book.add_sheet(name)
        for row, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                if cell is not None:
                    sheet.write(row, column, cell)
    book.save(str(path))
    return path


def raw_xlsx(path: Path, sheet_data: str, dimension: str = "") -> Path:
    """A workbook whose one sheet is written out by hand, as no library would."""
    xlsx(path, {"Sheet1": [["x"]]})
    with zipfile.ZipFile(path) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    parts["xl/worksheets/sheet1.xml"] = (
        f'<worksheet xmlns="{space}">{dimension}<sheetData>{sheet_data}</sheetData></worksheet>'.encode()
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return path


def cells_of(path: Path, **arguments) -> list[list]:
    return [list(row.cells.values()) for row in read_table(path, **arguments).rows]


def rows_of(path: Path, **arguments) -> list[dict]:
    return [row.cells for row in read_table(path, **arguments).rows]


@pytest.mark.parametrize("name", ["table.xlsx", "table.xls", "table.csv", "table", "TABLE.XLS"])
@pytest.mark.parametrize("kind", ["xlsx", "xls", "csv"])
def test_the_content_says_what_a_file_is_and_not_its_name(tmp_path, name, kind):
    path = tmp_path / name
    if kind == "csv":
        path.write_text("Subject,Filename,OnsetF\n1,EP01,46\n2,EP02,91\n")
    else:
        {"xlsx": xlsx, "xls": xls}[kind](path, {"Sheet1": TABLE})
    table = read_table(path, required=("Subject", "Filename", "OnsetF"))
    assert table.columns == ("Subject", "Filename", "OnsetF")
    assert [row.number for row in table.rows] == [2, 3]
    assert [[text_of(cell) for cell in row.cells.values()] for row in table.rows] == [
        ["1", "EP01", "46"],
        ["2", "EP02", "91"],
    ]
    assert [number_of(row.cells["OnsetF"]) for row in table.rows] == [46, 91]
    assert table.digest == digest_of(path)
    assert len(table.digest) == 12


@pytest.mark.parametrize("kept", [4, 30, 0.3, 0.7, 0.98])
@pytest.mark.parametrize("write", [xlsx, xls])
def test_a_cut_off_workbook_is_named_as_damaged(tmp_path, write, kept):
    whole = write(tmp_path / "t", {"Sheet1": [["a", "b"]] + [[str(n) * 9, n] for n in range(300)]}).read_bytes()
    path = tmp_path / "cut.xlsx"
    path.write_bytes(whole[: kept if isinstance(kept, int) else int(len(whole) * kept)])
    with pytest.raises(UserError, match=r"cut\.xlsx: (a damaged workbook|neither xlsx)"):
        read_table(path)


@pytest.mark.parametrize("write", [xlsx, xls])
@settings(max_examples=40, deadline=None)
@given(flips=st.lists(st.tuples(st.floats(0, 0.999), st.integers(1, 255)), min_size=1, max_size=20))
def test_flipped_bytes_give_a_table_or_a_clear_error(write, tmp_path_factory, flips):
    path = tmp_path_factory.mktemp("damage") / "t"
    content = bytearray(write(path, {"Sheet1": TABLE}).read_bytes())
    for place, bits in flips:
        content[8 + int(place * (len(content) - 8))] ^= bits
    path.write_bytes(content)
    try:
        read_table(path)
    except UserError as error:
        assert str(path) in str(error)


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "[Content_Types].xml"])
@pytest.mark.parametrize("content", [None, b"", b"<not", b"\xff\xfe\x00"])
def test_a_workbook_with_a_broken_part_is_named_as_damaged(tmp_path, part, content):
    path = xlsx(tmp_path / "t.xlsx", {"Sheet1": TABLE})
    with zipfile.ZipFile(path) as file:
        parts = {name: file.read(name) for name in file.namelist() if name != part}
    with zipfile.ZipFile(path, "w") as file:
        for name, data in {**parts, **({} if content is None else {part: content})}.items():
            file.writestr(name, data)
    with pytest.raises(UserError, match=r"t\.xlsx: "):
        read_table(path, required=("Subject",))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<html><table><tr><td>Subject</td></tr></table></html>", "a web page saved as a table"),
        (b"\xef\xbb\xbf\r\n  <!DOCTYPE html>", "a web page saved as a table"),
        (b"", "neither xlsx, xls nor CSV"),
        (b"\x00\x01\x02 nothing known", "neither xlsx, xls nor CSV"),
        ("Subject\tOnset\n".encode("utf-16"), "neither xlsx, xls nor CSV"),
        ("Subject,Größe\n1,2\n".encode("cp1252"), "not UTF-8 text"),
        (b'Subject\n"' + b"x" * 200_000 + b'"\n', "row 2: no CSV"),
    ],
)
def test_what_is_no_table_is_told_with_what_to_do(tmp_path, content, said):
    path = tmp_path / "label.xls"
    path.write_bytes(content)
    with pytest.raises(UserError, match=said) as raised:
        read_table(path)
    assert str(path) in str(raised.value)


def test_a_missing_table_and_a_folder_of_its_name_are_told(tmp_path):
    with pytest.raises(UserError, match="no such label table"):
        read_table(tmp_path / "label.xlsx")
    with pytest.raises(UserError, match="cannot be read"):
        read_table(tmp_path)


@pytest.mark.parametrize("write", [xlsx, xls])
def test_a_sheet_is_found_by_place_or_name(tmp_path, write):
    path = write(tmp_path / "t", {"Other": [["x"], [1]], "HS ": [["y"], [2]]})
    assert cells_of(path, sheet=1) == [[2]]
    assert cells_of(path, sheet="hs") == [[2]]
    assert cells_of(path, sheet=("VIS", "HS", 0)) == [[2]]
    assert cells_of(path, sheet=("VIS", 0)) == [[1]]
    with pytest.raises(UserError, match=r'no sheet "Othr"; did you mean "Other"\?'):
        read_table(path, sheet="Othr")
    with pytest.raises(UserError, match=r"2 sheet\(s\), Other, HS ; number 3 is missing"):
        read_table(path, sheet=2)


def test_a_sheet_of_charts_is_no_table(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["Subject"])
    book.active.append([7])
    book.create_chartsheet("Plot", 0).add_chart(openpyxl.chart.BarChart())
    book.save(tmp_path / "t.xlsx")
    assert cells_of(tmp_path / "t.xlsx", sheet=0) == [[7]]


def test_a_missing_column_is_named_with_the_nearest(tmp_path):
    path = xlsx(tmp_path / "t.xlsx", {"Sheet1": TABLE})
    with pytest.raises(UserError, match=r't\.xlsx: no column "Onset F1"; did you mean "OnsetF"\?'):
        read_table(path, required=("Subject", "Onset F1"))
    with pytest.raises(UserError, match="row 9, which should hold the column names, is not there"):
        read_table(path, header=8)


def test_column_names_match_whatever_their_case_and_blanks(tmp_path):
    path = xlsx(tmp_path / "t.xlsx", {"Sheet1": [["  SUBJECT", "onset frame", "Apex\nFrame", "AU"], [1, 2, 3, 4]]})
    table = read_table(path, required=("Subject", "OnsetFrame", "Apex Frame"))
    assert table.rows[0].cells == {"Subject": 1, "OnsetFrame": 2, "Apex Frame": 3, "AU": 4}
    assert table.column("Action Units", "au") == "AU"
    assert table.column("Offset") is None


def test_merged_and_blank_header_cells_take_no_part(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (["Subject", "x", None, "OnsetF", "Notes"], [1, "left", "right", 46, "n"], [2, "l", "r", 91, None]):
        sheet.append(row)
    sheet.merge_cells("B1:C1")
    sheet.merge_cells("A2:A3")
    book.save(tmp_path / "t.xlsx")
    assert rows_of(tmp_path / "t.xlsx", required=("Subject", "OnsetF")) == [
        {"Subject": 1, "x": "left", "OnsetF": 46, "Notes": "n"},
        {"Subject": None, "x": "l", "OnsetF": 91, "Notes": None},
    ]


def test_of_two_columns_with_one_name_the_first_counts(tmp_path):
    path = xlsx(tmp_path / "t.xlsx", {"Sheet1": [["Onset", "Onset "], [46, None]]})
    assert read_table(path, required=("Onset",)).rows[0].cells["Onset"] == 46


def test_a_preamble_may_be_longer_or_shorter_than_expected(tmp_path):
    for blank in (0, 3, 13):
        path = xlsx(tmp_path / "t.xlsx", {"S": [["A note"]] + [[None]] * blank + TABLE})
        table = read_table(path, header=13, required=("Subject", "OnsetF"))
        assert [row.number for row in table.rows] == [blank + 3, blank + 4]
        assert table.rows[0].cells["OnsetF"] == 46


def test_without_a_header_columns_are_numbered(tmp_path):
    path = xlsx(tmp_path / "t.xlsx", {"S": [[15, "s15"], [16, "s16", "more"]]})
    assert rows_of(path, header=None) == [{"0": 15, "1": "s15", "2": None}, {"0": 16, "1": "s16", "2": "more"}]


def test_formulas_without_a_cached_value_are_computed(tmp_path):
    rows = [
        ["onset", "length", "offset", "far"],
        [46, 30, "=A2+B2-1", "=SUM(C2-A2)+1"],  # a formula of a formula
        [100, 7, "=$A$3+B$3-1", "=D4+1"],  # which stands below
        ["12", 5, "=A4+B4", "=-(C4-A4)"],  # a number as text
    ]
    path = xlsx(tmp_path / "t.xlsx", {"S": rows})
    assert cells_of(path) == [[46, 30, 75, 30], [100, 7, 106, -4], ["12", 5, 17, -5]]


@pytest.mark.parametrize(
    "formula",
    [
        "=B2+1",  # an empty cell
        "=C2+1",  # text
        "=D9999+1",  # outside
        "=A2",  # itself
        "=A3",  # in a circle with A3
        "=SUM(C2:D2)",
        "=Sheet9!D2+1",
        "=VLOOKUP(D2,A1:B9,2)",
        "=D2*D2",
        "=ZZZ9999999+1",
        '="a"&"b"',
        "=__import__('os').getpid()",
        "=D2+",
        "=(((",
    ],
)
def test_a_formula_that_cannot_be_computed_is_an_empty_cell(tmp_path, formula):
    path = xlsx(tmp_path / "t.xlsx", {"S": [["a", "b", "c", "d"], [formula, None, "text", 5], ["=A2", None, "t", 6]]})
    assert cells_of(path) == [[None, None, "text", 5], [None, None, "t", 6]]


@pytest.mark.parametrize("upwards", [False, True])
def test_a_chain_of_a_thousand_formulas_is_computed(tmp_path, upwards):
    chain = [[f"=A{row - 1}+1"] for row in range(3, 1002)]
    if upwards:
        chain = [[f"=A{row + 1}+1"] for row in range(2, 1001)]
    rows = [["n"], *chain, [1]] if upwards else [["n"], [1], *chain]
    path = xlsx(tmp_path / "t.xlsx", {"S": rows})
    values = [cells[0] for cells in cells_of(path)]
    assert values == (list(range(1000, 0, -1)) if upwards else list(range(1, 1001)))


def test_the_cached_value_of_a_formula_is_taken_if_there_is_one(tmp_path):
    path = raw_xlsx(
        tmp_path / "t.xlsx",
        '<row r="1"><c r="A1" t="inlineStr"><is><t>x</t></is></c></row>'
        '<row r="2"><c r="A2"><f>B2*3.5</f><v>77</v></c><c r="B2"><v>2</v></c></row>'
        '<row r="3"><c r="A3"><f>B3+1</f></c><c r="B3"><v>2</v></c></row>',
    )
    assert [row.cells["x"] for row in read_table(path).rows] == [77, 3]


def test_a_million_empty_rows_are_not_waited_for(tmp_path):
    dimension = '<dimension ref="A1:A1048576"/>'  # as every spreadsheet program writes it
    styled = "".join(f'<row r="{row}"><c r="A{row}" s="0"/></row>' for row in range(4, 1_048_577))
    header = '<row r="1"><c r="A1" t="inlineStr"><is><t>Subject</t></is></c></row>'
    path = raw_xlsx(tmp_path / "t.xlsx", header + '<row r="2"><c r="A2"><v>7</v></c></row>' + styled, dimension)
    begin = time.perf_counter()
    assert cells_of(path) == [[7]]
    assert time.perf_counter() - begin < 10


def test_a_last_row_far_below_is_not_waited_for_and_blank_rows_between_are(tmp_path):
    header = '<row r="1"><c r="A1" t="inlineStr"><is><t>Subject</t></is></c></row>'
    rows = "".join(f'<row r="{row}"><c r="A{row}"><v>{row}</v></c></row>' for row in (2, 900, 1_048_576))
    begin = time.perf_counter()
    path = raw_xlsx(tmp_path / "t.xlsx", header + rows, '<dimension ref="A1:XFD1048576"/>')
    assert [row.number for row in read_table(path).rows] == [2, 900]
    assert time.perf_counter() - begin < 10


def test_a_sheet_that_claims_sixteen_thousand_columns_is_as_wide_as_its_cells(tmp_path):
    header = '<row r="1"><c r="A1" t="inlineStr"><is><t>Subject</t></is></c></row>'
    rows = "".join(f'<row r="{row}"><c r="A{row}"><v>{row}</v></c></row>' for row in range(2, 502))
    path = raw_xlsx(tmp_path / "t.xlsx", header + rows, '<dimension ref="A1:XFD502"/>')
    begin = time.perf_counter()
    table = read_table(path, header=None)
    assert table.columns == ("0",)
    assert [row.cells["0"] for row in table.rows][1:] == list(range(2, 502))
    assert time.perf_counter() - begin < 10


@pytest.mark.parametrize("blank", [",,\n", "\n"])
def test_a_csv_of_blank_lines_ends_where_they_begin(tmp_path, blank):
    path = tmp_path / "t.csv"
    path.write_text("a,b,c\n1,2,3\n" + blank * 5 + "4,5,6\n" + blank * 50_000)
    table = read_table(path)
    assert [list(row.cells.values()) for row in table.rows] == [["1", "2", "3"], ["4", "5", "6"]]


def test_a_csv_with_a_byte_order_mark_quotes_and_windows_line_ends(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes('\ufeffSubject,"Notes"\r\n006,"smile, ""left""\nside"\r\n'.encode())
    assert rows_of(path, required=("Subject",)) == [{"Subject": "006", "Notes": 'smile, "left"\nside'}]


@pytest.mark.parametrize("write", [xlsx, xls])
def test_text_in_any_script_survives(tmp_path, write):
    path = write(tmp_path / "表格 ü.xlsx", {"Лист": [["Subject", "情绪"], ["s№1", "гнев 🙂"], ["ß", " "]]})
    assert rows_of(path, sheet="ЛИСТ") == [{"Subject": "s№1", "情绪": "гнев 🙂"}, {"Subject": "ß", "情绪": None}]


@pytest.mark.parametrize(
    ("cell", "text", "number"),
    [
        ("0046", "0046", 46),
        (" 46 ", "46", 46),
        ("46.0", "46.0", 46),
        (46.0, "46", 46),
        (566.4, "566.4", 566.4),
        ("-1", "-1", -1),
        ("\xa012", "12", 12),
        ("/", "/", None),
        ("MISSING <-426679", "MISSING <-426679", None),
        ("nan", "nan", None),
        ("inf", "inf", None),
        (float("nan"), "nan", None),
        ("1_2", "1_2", None),
        ("", "", None),
        (None, "", None),
    ],
)
def test_numbers_written_as_text_are_numbers(cell, text, number):
    assert (text_of(cell), number_of(cell)) == (text, number)


def test_a_cell_keeps_its_kind_but_for_whole_floats(tmp_path):
    path = xlsx(tmp_path / "t.xlsx", {"S": [["a", "b", "c", "d", "e"], ["006", 6.0, 6.5, True, "#REF!"]]})
    assert cells_of(path) == [["006", 6, 6.5, 1, "#REF!"]]


def test_reading_prints_nothing(tmp_path, capfd):
    whole = xls(tmp_path / "t.xls", {"Sheet1": TABLE}).read_bytes()
    read_table(tmp_path / "t.xls")
    (tmp_path / "t.xls").write_bytes(whole + b"junk behind" * 7)
    with contextlib.suppress(UserError):
        read_table(tmp_path / "t.xls")
    captured = capfd.readouterr()
    assert captured.out + captured.err == ""
