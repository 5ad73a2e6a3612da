"""Tables are found in files of many kinds, and what was assumed is told."""

import io
import json
from pathlib import Path

import pytest
import xlsxwriter

from ai_llm_service.domain import ColumnType, DocumentTable
from ai_llm_service.errors import DocumentRejected
from ai_llm_service.search.extract.media_types import XLSX
from ai_llm_service.search.tables.sandbox import RunLimits, Sandbox, View
from ai_llm_service.search.tables.workshop import TABLES_FILE, BuildLimits, TableWorkshop

CSV, TXT, JSON = "text/csv", "text/plain", "application/json"
WORKSHOP = TableWorkshop(BuildLimits())
SANDBOX = Sandbox(RunLimits(seconds=10, processes=1))


def build(folder: Path, content: str | bytes, media_type: str = CSV) -> tuple[DocumentTable, ...]:
    path = folder / "file"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return WORKSHOP.build(path, folder, media_type, "sales.csv")


def types_of(table: DocumentTable) -> dict[str, str]:
    return {column.name: column.type.value for column in table.columns}


def value_of(folder: Path, statement: str, number: int = 1) -> object:
    view = View("sales", folder / TABLES_FILE, number)
    return SANDBOX.run(statement, [view]).rows[0][0]


def test_columns_take_the_types_of_their_values(tmp_path: Path) -> None:
    (table,) = build(tmp_path, "id,name,price,on,done\n1,A,1.50,2026-01-02,true\n2,B,,,false\n")
    assert types_of(table) == {
        "id": "integer", "name": "text", "price": "number", "on": "date", "done": "boolean",
    }  # fmt: skip
    assert (table.rows, table.columns[2].empty) == (2, 1)


@pytest.mark.parametrize(
    ("written", "total"),
    [
        (("1,234.5", "1,000.5"), 2235),
        (("1.234,5", "1.000,5"), 2235),
        (("1 234,5", "1 000,5"), 2235),
        (("₹1,23,456", "₹ 44"), 123500),
        (("12.5%", "7.5%"), 20),
        (("(1,000)", "400"), -600),
        (("€ 3,50", "€ 1,25"), 4.75),
        (("0.1", "0.2"), 0.3),
        (("5 km", "7 km"), 12),
        (("1e5", "2.5E2"), 100250),
    ],
)
def test_numbers_add_up_in_any_written_form(
    tmp_path: Path, written: tuple[str, str], total: float
) -> None:
    rows = "\n".join(f'"{value}";x' for value in written)
    (table,) = build(tmp_path, f"amount;what\n{rows}\n")
    assert table.columns[0].type in {ColumnType.INTEGER, ColumnType.NUMBER}
    assert value_of(tmp_path, "SELECT sum(amount) FROM sales") == total


@pytest.mark.parametrize(
    ("written", "first"),
    [
        (("12-Mar-24", "1-Apr-24"), "2024-03-12"),
        (("13/04/2024", "01/05/2024"), "2024-04-13"),
        (("04/13/2024", "05/01/2024"), "2024-04-13"),
        (("June 5, 2001", "July 1, 2001"), "2001-06-05"),
        (("2024-01-05", "05/02/2024", "12-Mar-24", "31/12/2023"), "2023-12-31"),
        (("15/02/24", "05/02/2024", "2024-03-01"), "2024-02-05"),
    ],
)
def test_dates_are_read_in_any_written_form(
    tmp_path: Path, written: tuple[str, str], first: str
) -> None:
    rows = "\n".join(f'"{value}",x' for value in written)
    (table,) = build(tmp_path, f"day,what\n{rows}\n")
    assert table.columns[0].type is ColumnType.DATE
    assert value_of(tmp_path, "SELECT min(day) FROM sales") == first


def test_an_ambiguous_order_of_day_and_month_is_told(tmp_path: Path) -> None:
    (table,) = build(tmp_path, "day,n\n04/05/2024,1\n05/06/2024,2\n")
    assert any("day first" in note for note in table.assumptions)


def test_a_column_with_both_orders_of_day_and_month_has_no_dates(tmp_path: Path) -> None:
    (table,) = build(tmp_path, "day,n\n13/05/2024,1\n05/14/2024,2\n01/02/2024,3\n")
    assert table.columns[0].type is ColumnType.TEXT


def test_words_for_nothing_are_empty_and_codes_stay_text(tmp_path: Path) -> None:
    (table,) = build(tmp_path, "n,code\n1,007\nn/a,010\n-,011\n4,012\n")
    assert types_of(table) == {"n": "integer", "code": "text"}
    assert value_of(tmp_path, "SELECT count(n) FROM sales") == 2


def test_a_table_without_a_header_says_so(tmp_path: Path) -> None:
    (table,) = build(tmp_path, "1,A\n2,B\n3,C\n")
    assert [column.name for column in table.columns] == ["column_1", "column_2"]
    assert table.rows == 3
    assert "no header" in table.assumptions[0]


def test_titles_two_headers_and_equal_names_are_sorted_out(tmp_path: Path) -> None:
    text = "Sales report,,,\n,,,\n,2025,,2026\nRegion,Units,Price,Units\nNorth,1,2,3\nSouth,4,5,6\n"
    (table,) = build(tmp_path, text)
    names = [column.name for column in table.columns]
    assert names == ["Region", "2025 Units", "2025 Price", "2026 Units"]
    assert table.rows == 2
    (table,) = build(tmp_path, "name,Score,score\nA,1,2\n")
    assert [column.name for column in table.columns] == ["name", "Score", "score (2)"]


def test_ragged_rows_are_kept_and_told(tmp_path: Path) -> None:
    (table,) = build(tmp_path, "a,b,c\n1,2,3\n4,5\n6,7,8,9\n1,1,1\n")
    assert table.rows == 4
    assert any("another number of cells than the header: 2." in note for note in table.assumptions)


def test_a_quote_that_is_never_closed_swallows_nothing(tmp_path: Path) -> None:
    rows = "".join(f"{n},x\n" for n in range(900))
    (table,) = build(tmp_path, f'n,what\n1,"open\n{rows}')
    assert table.rows == 901
    (table,) = build(tmp_path, 'n,what\n1,"open\n2,x\n')
    assert table.rows == 2


def test_csv_under_the_name_of_a_text_is_a_table_and_prose_is_none(tmp_path: Path) -> None:
    (table,) = build(tmp_path, "id,name,score\n1,A,3\n2,B,4\n", TXT)
    assert table.rows == 2
    prose = "Dear all, this is a letter.\nIt has commas, here and there, and no table.\nBye, Ann\n"
    assert build(tmp_path, prose, TXT) == ()
    log = "".join(f"2026-01-01 10:00:0{n},123 INFO started, {n} workers\n" for n in range(9))
    assert build(tmp_path, log, TXT) == ()


def test_a_title_above_csv_under_the_name_of_a_text_is_passed_over(tmp_path: Path) -> None:
    text = 'HR export\nof 2025-01-10\n\nid,name,pay\n1,"Ann ""A""","1,200"\n2,Ed,"9\n"\n3,Di,8\n'
    (table,) = build(tmp_path, text, "text/plain")
    assert [column.name for column in table.columns] == ["id", "name", "pay"]
    assert table.rows == 3


def test_records_of_json_are_tables(tmp_path: Path) -> None:
    records = [{"id": 1, "at": {"city": "Pune"}}, {"id": 2, "extra": [1, 2]}]
    (table,) = build(tmp_path, json.dumps(records), JSON)
    assert [column.name for column in table.columns] == ["id", "at.city", "extra"]
    lines = "\n".join(json.dumps(record) for record in records)
    assert build(tmp_path, lines, TXT)[0].rows == 2
    assert build(tmp_path, json.dumps({"title": "no table"}), JSON) == ()


def test_tables_of_a_page_are_tables(tmp_path: Path) -> None:
    page = (
        "<html><table><caption>Wells</caption><tr><th>Name</th><th>Depth</th></tr>"
        "<tr><td>A</td><td>12</td></tr><tr><td>B</td><td>15</td></tr></table></html>"
    )
    (table,) = build(tmp_path, page, "text/html")
    assert (table.name, table.rows) == ("Wells", 2)
    assert value_of(tmp_path, "SELECT max(Depth) FROM sales") == 15


def test_other_encodings_are_read(tmp_path: Path) -> None:
    (table,) = build(tmp_path, "Größe;Übung\n1,5;x\n2,5;y\n".encode("cp1252"))
    assert [column.name for column in table.columns] == ["Größe", "Übung"]
    (table,) = build(tmp_path, "name;n\nä;1\nö;2\n".encode("utf-16"))
    assert table.rows == 2


def test_empty_and_narrow_files_do_no_harm(tmp_path: Path) -> None:
    assert build(tmp_path, "\n\n") == ()
    (table,) = build(tmp_path, "name\nA\nB\n")
    assert table.rows == 2


def test_rows_keep_the_numbers_that_a_spreadsheet_shows(tmp_path: Path) -> None:
    build(tmp_path, "n,what\n1,A\n\n2,B\n")
    assert value_of(tmp_path, "SELECT _row FROM sales WHERE n = 2") == 4


def test_a_column_may_be_called_like_one_of_ours(tmp_path: Path) -> None:
    (table,) = build(tmp_path, 'p,p (as written),_row\n"1,000",x,7\n"2,000",y,8\n')
    names = [column.name for column in table.columns]
    assert names == ["p", "p (as written) (2)", "_row (2)"]
    assert value_of(tmp_path, 'SELECT "p (as written)" FROM sales WHERE p = 1000') == "1,000"


def test_what_is_too_wide_is_refused_by_name(tmp_path: Path) -> None:
    header = ",".join(f"c{number}" for number in range(3000))
    with pytest.raises(DocumentRejected, match=r"sales\.csv has more than 2000 columns"):
        build(tmp_path, f"{header}\n{header}\n")


def test_sheets_are_tables_with_the_rows_that_a_spreadsheet_shows(tmp_path: Path) -> None:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        for name, amount in (("North", 12.5), ("South", 7)):
            sheet = book.add_worksheet(name)
            sheet.write_row(2, 0, ["item", "amount"])
            sheet.write_row(4, 0, ["pump", amount])
    tables = build(tmp_path, file.getvalue(), XLSX)
    assert [(table.sheet, table.rows) for table in tables] == [("North", 1), ("South", 1)]
    assert value_of(tmp_path, "SELECT amount + _row FROM sales", number=2) == 12
