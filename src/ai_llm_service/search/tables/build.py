"""Makes a file of tables: rows become typed columns in DuckDB, with what was found out."""

import csv
import itertools
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from ai_llm_service.domain import ColumnType, DocumentTable, TableColumn
from ai_llm_service.search.tables.forms import TEXT, Form, find_form
from ai_llm_service.search.tables.header import Header, find_header, unique_names
from ai_llm_service.search.tables.raw import RawTable, Row
from ai_llm_service.search.tables.sqltext import (
    WRITTEN,
    name_of,
    null_words,
    number_text,
    read_as,
    text_of,
)

LOOK_AT_ROWS = 1000
MAX_COLUMNS = 2000
SAMPLE_VALUES = 20_000
SAMPLES_SHOWN, MAX_VALUES_SHOWN, MAX_VALUE_CHARACTERS = 3, 30, 80
ROW = "_row"
# Of the values that are there, so many must be read by a form that a sample had.
MOST_UNREAD = 0.02
MAX_DECIMAL_DIGITS = 17
# Without a size of its own a buffer would be 16 lines long, and each thread has one.
MAX_LINE_BYTES = 16 * 1024 * 1024


class TableTooWide(Exception):
    """A table has more columns than can be kept."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A table of text columns in the database, before its types are known."""

    number: int
    raw: RawTable
    header: Header
    ragged: int
    # Where each row carries no number of its own, this is the one before the first.
    rows_before: int | None = None


def add_table(connection: duckdb.DuckDBPyConnection, number: int, raw: RawTable) -> DocumentTable:
    """Write the rows into `tN` and tell what they are; empty tables have no rows."""
    rows = iter(raw.rows)
    look = list(itertools.islice(rows, LOOK_AT_ROWS))
    if raw.names is not None:
        names, notes = unique_names(list(raw.names))
        header = Header(names, 0, notes)
    else:
        header = find_header(look)
    if len(header.names) > MAX_COLUMNS:
        raise TableTooWide
    with tempfile.NamedTemporaryFile(
        "w", suffix=".csv", encoding="utf-8", newline="", errors="replace"
    ) as file:
        kept = _Kept(len(header.names))
        csv.writer(file, lineterminator="\n").writerows(
            kept.of(itertools.chain(look[header.skip :], rows), header.skip)
        )
        file.flush()
        load_text(connection, number, Path(file.name), ["c0", *cells_of(len(header.names))])
    return finish(connection, Prepared(number, raw, header, kept.ragged))


class _Kept:
    """Makes all rows as wide as the header; what is beyond it goes into the last cell."""

    def __init__(self, width: int) -> None:
        self._width = width
        self.ragged = 0

    def of(self, rows: Iterator[Row], passed: int) -> Iterator[Row]:
        """Put its number before each row: a spreadsheet counts the rows before it, too."""
        for number, row in enumerate(rows, passed + 1):
            if not any(cell.strip() for cell in row):
                continue
            if len(row) < self._width or any(cell.strip() for cell in row[self._width :]):
                self.ragged += 1
            filled = row[: self._width] + [""] * (self._width - len(row))
            # Of two kinds of line ends in one file the reader would take one for damage.
            yield [str(number), *(_one_line_end(cell) for cell in filled)]


def load_text(
    connection: duckdb.DuckDBPyConnection,
    number: int,
    path: Path,
    cells: Sequence[str],
    *,
    skip: int = 0,
    delimiter: str = ",",
) -> None:
    """Read a clean CSV into text columns; duckdb.Error when it is not clean."""
    columns = ", ".join(f"'{cell}': 'VARCHAR'" for cell in cells)
    connection.execute(
        f"CREATE TABLE scratch.raw{number} AS SELECT * FROM read_csv({text_of(str(path))},"  # noqa: S608
        f" columns={{{columns}}}, header=false, skip={skip}, delim={text_of(delimiter)},"
        " quote='\"', escape='\"', auto_detect=false, strict_mode=true,"
        f" max_line_size={MAX_LINE_BYTES}, buffer_size={2 * MAX_LINE_BYTES})"
    )


@dataclass(frozen=True, slots=True)
class _Column:
    """One column of `rawN`, its form found out; `unread` cells do not have that form."""

    name: str
    cell: str
    form: Form
    unread: int = 0
    decimals: int = 0

    def told(self) -> "Described":
        form = self.form
        return Described(self.name, form.type, form.note, self.keeps_written)

    @property
    def keeps_written(self) -> bool:
        """Tell whether the cells are kept as they were written as well."""
        return not self.form.is_plain or self.unread > 0

    def notes(self) -> list[str]:
        notes = [f"{self.name}: {self.form.note}."] if self.form.note else []
        if self.unread:
            kind = self.form.type.value
            notes.append(f"{self.name}: {self.unread} values are no {kind} and count as empty.")
        return notes


def finish(connection: duckdb.DuckDBPyConnection, prepared: Prepared) -> DocumentTable:
    """Give the columns of `rawN` their types in `tN`, and drop `rawN`."""
    number, source = prepared.number, f"scratch.raw{prepared.number}"
    columns = [
        _column(connection, source, name, f"c{position}")
        for position, name in enumerate(prepared.header.names, 1)
    ]
    counted = prepared.rows_before
    row = "CAST(c0 AS BIGINT)" if counted is None else f"rowid + {counted + 1}"
    parts = [f"{row} AS {ROW}"]
    parts += [
        f"{read_as(column.cell, column.form, column.decimals)} AS {name_of(column.name)}"
        for column in columns
    ]
    parts += [
        f"nullif({column.cell}, '') AS {name_of(column.name + WRITTEN)}"
        for column in columns
        if column.keeps_written
    ]
    connection.execute(f"CREATE TABLE t{number} AS SELECT {', '.join(parts)} FROM {source}")  # noqa: S608
    connection.execute(f"DROP TABLE {source}")
    notes = [*prepared.raw.assumptions, *prepared.header.assumptions]
    if prepared.ragged:
        notes.append(
            f"Rows with another number of cells than the header: {prepared.ragged}. Missing cells"
            " are empty, cells beyond the last column were left out."
        )
    notes += [note for column in columns for note in column.notes()]
    return DocumentTable(
        number=number,
        name=prepared.raw.label,
        sheet=prepared.raw.sheet,
        columns=tuple(described(connection, number, column.told()) for column in columns),
        rows=_number(connection, f"SELECT count(*) FROM t{number}"),  # noqa: S608
        assumptions=tuple(notes),
    )


def _one_line_end(cell: str) -> str:
    return cell.strip().replace("\r\n", "\n").replace("\r", "\n")


def cells_of(width: int) -> list[str]:
    return [f"c{position}" for position in range(1, width + 1)]


def _column(connection: duckdb.DuckDBPyConnection, source: str, name: str, cell: str) -> _Column:
    """Look at a sample, then make sure that hardly any other value is lost by the form."""
    sample = connection.execute(
        f"(SELECT {cell} FROM {source} WHERE {cell} <> '' LIMIT {LOOK_AT_ROWS}) UNION ALL"  # noqa: S608
        f" (SELECT {cell} FROM (SELECT {cell} FROM {source} USING SAMPLE reservoir"
        f"({SAMPLE_VALUES} ROWS) REPEATABLE (1)) WHERE {cell} <> '')"
    ).fetchall()
    form = find_form([value for (value,) in sample])
    if form.type is ColumnType.TEXT:
        return _Column(name, cell, form)
    decimals = _decimals(connection, source, cell, form)
    filled = f"{cell} <> '' AND lower(trim({cell})) NOT IN ({null_words()})"
    row = connection.execute(
        f"SELECT count(*), count(*) FILTER ({read_as(cell, form, decimals)} IS NULL)"  # noqa: S608
        f" FROM {source} WHERE {filled}"
    ).fetchone()
    count, unread = row or (0, 0)
    if unread > MOST_UNREAD * max(count, 1):
        return _Column(name, cell, TEXT)
    return _Column(name, cell, form, unread, decimals)


def _decimals(connection: duckdb.DuckDBPyConnection, source: str, cell: str, form: Form) -> int:
    """Count the decimal places of a column's numbers; 0 where they are no plain decimals."""
    if form.type is not ColumnType.NUMBER:
        return 0
    text = number_text(cell, form)
    row = connection.execute(
        f"SELECT max(length(split_part({text}, '.', 2))), max(length(split_part({text}, '.', 1))),"  # noqa: S608
        f" bool_or(contains(lower({cell}), 'e')) FROM {source}"
    ).fetchone()
    if row is None or row[0] is None or (row[2] and not form.around):
        return 0
    return int(row[0]) if row[0] + row[1] <= MAX_DECIMAL_DIGITS else 0


@dataclass(frozen=True, slots=True)
class Described:
    """A column as it is told: its type, how it is written, and whether it is kept so as well."""

    name: str
    type: ColumnType
    form: str | None = None
    is_rewritten: bool = False


def described(connection: duckdb.DuckDBPyConnection, number: int, column: Described) -> TableColumn:
    """Look at the values of a column of `tN`."""
    shown = name_of(column.name + WRITTEN if column.is_rewritten else column.name)
    quoted = name_of(column.name)
    row = connection.execute(
        f"SELECT count(*) - count({quoted}), approx_count_distinct({quoted}) FROM t{number}"  # noqa: S608
    ).fetchone()
    empty, distinct = row or (0, 0)
    first = connection.execute(
        f"SELECT CAST({shown} AS VARCHAR) FROM t{number} WHERE {quoted} IS NOT NULL LIMIT 50"  # noqa: S608
    ).fetchall()
    values: tuple[str, ...] = ()
    if distinct <= 2 * MAX_VALUES_SHOWN:
        found = connection.execute(
            f"SELECT DISTINCT CAST({quoted} AS VARCHAR) AS v FROM t{number}"  # noqa: S608
            f" WHERE {quoted} IS NOT NULL ORDER BY v"
        ).fetchall()
        distinct = len(found)
        few = distinct <= MAX_VALUES_SHOWN and column.type is ColumnType.TEXT
        values = tuple(_short(value) for (value,) in found) if few else ()
    return TableColumn(
        name=column.name,
        type=column.type,
        form=column.form,
        empty=empty,
        distinct=distinct,
        samples=tuple(dict.fromkeys(_short(value) for (value,) in first))[:SAMPLES_SHOWN],
        values=values,
        is_rewritten=column.is_rewritten,
    )


def _short(value: str) -> str:
    return value if len(value) <= MAX_VALUE_CHARACTERS else value[:MAX_VALUE_CHARACTERS] + "…"


def _number(connection: duckdb.DuckDBPyConnection, statement: str) -> int:
    row = connection.execute(statement).fetchone()
    return int(row[0]) if row else 0
