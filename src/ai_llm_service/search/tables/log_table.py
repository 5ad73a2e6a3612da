"""A log as a table of the session: its lines, so that statements can be run over them."""

import csv
import tempfile
from pathlib import Path

import duckdb

from ai_llm_service.domain import ColumnType, DocumentTable
from ai_llm_service.search.extract.decode import clean, decode
from ai_llm_service.search.logs.hiding import without_secrets_of
from ai_llm_service.search.logs.lines import COLUMNS, FIELD_END, lines_of, notes_of
from ai_llm_service.search.logs.read import reader_of
from ai_llm_service.search.logs.table import LogTable, read_table
from ai_llm_service.search.tables.build import Described, described, load_text
from ai_llm_service.search.tables.read_text import head_of

_SELECTED = (
    "CAST(c0 AS BIGINT) AS _row, TRY_CAST(c1 AS TIMESTAMP) AS time, nullif(c2, '') AS level,"
    " nullif(c3, '') AS source, nullif(c4, '') AS template,"
    f" CASE WHEN c5 <> '' THEN string_split(c5, '{FIELD_END}') END AS fields, c6 AS text"
)


def read_log(path: Path) -> LogTable | None:
    """Read a file as a log, its secrets hidden; None where it is none."""
    if reader_of(head_of(path)[0]) is None:
        return None
    return read_table(without_secrets_of(clean(decode(path.read_bytes()).text)))


def add_log(
    connection: duckdb.DuckDBPyConnection, number: int, label: str, log: LogTable
) -> DocumentTable:
    """Write the lines into `tN`."""
    with tempfile.NamedTemporaryFile(
        "w", suffix=".csv", encoding="utf-8", newline="", errors="replace"
    ) as file:
        rows = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL)
        rows.writerows([str(at), *line] for at, line in enumerate(lines_of(log), 1))
        file.flush()
        cells = [f"c{at}" for at in range(len(COLUMNS) + 1)]
        load_text(connection, number, Path(file.name), cells)
    source = f"scratch.raw{number}"
    connection.execute(f"CREATE TABLE t{number} AS SELECT {_SELECTED} FROM {source}")  # noqa: S608
    connection.execute(f"DROP TABLE {source}")
    kinds = {"time": ColumnType.TIMESTAMP}
    return DocumentTable(
        number=number,
        name=label,
        sheet=None,
        columns=tuple(
            described(connection, number, Described(name, kinds.get(name, ColumnType.TEXT)))
            for name in COLUMNS
        ),
        rows=log.line_count,
        assumptions=notes_of(log),
        of_log=True,
    )
