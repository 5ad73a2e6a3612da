"""Finds the tables of a file by its media type and content."""

from pathlib import Path

import duckdb

from ai_llm_service.domain import DocumentTable
from ai_llm_service.search.logs.kept import LOG_FILE, keep_table
from ai_llm_service.search.tables.build import Prepared, add_table, cells_of, finish, load_text
from ai_llm_service.search.tables.dialect import Dialect, sample_rows
from ai_llm_service.search.tables.header import find_header
from ai_llm_service.search.tables.kinds import (
    JSON_TYPES,
    LOG_TYPES,
    SEPARATED_TYPES,
    SHEET_TYPES,
    TEXT_TYPES,
)
from ai_llm_service.search.tables.log_table import add_log, read_log
from ai_llm_service.search.tables.raw import NotATable, RawTable
from ai_llm_service.search.tables.read_json import json_tables
from ai_llm_service.search.tables.read_text import find_text_dialect, head_of, text_table

# From here on DuckDB reads a clean file itself: many times faster than row by row.
LARGE_BYTES = 16 * 1024 * 1024
MAX_TABLES = 200


def find_tables(
    connection: duckdb.DuckDBPyConnection, path: Path, media_type: str, label: str, folder: Path
) -> list[DocumentTable]:
    """Write all tables of the file into the connection's database.

    A log is a table of its lines, or of its records where they are JSON; what else was found out
    of it goes into the folder.
    """
    log = read_log(path) if media_type in LOG_TYPES else None
    if log is not None:
        keep_table(log, folder / LOG_FILE)
        if media_type not in JSON_TYPES:
            return [add_log(connection, 1, label, log)]
    if media_type in TEXT_TYPES and path.stat().st_size > LARGE_BYTES:
        return _of_large_text(connection, path, media_type, label)
    found: list[DocumentTable] = []
    for raw in _raw_tables(path, media_type, label)[:MAX_TABLES]:
        table = add_table(connection, len(found) + 1, raw)
        if table.columns:
            found.append(table)
    return found


def _raw_tables(path: Path, media_type: str, label: str) -> list[RawTable]:
    try:
        if media_type in SHEET_TYPES:
            # Each parser is loaded for its own files alone: imports are paid for every file.
            from ai_llm_service.search.tables.read_sheets import sheet_tables  # noqa: PLC0415

            return sheet_tables(path)
        if media_type == "text/html":
            from ai_llm_service.search.tables.read_html import html_tables  # noqa: PLC0415

            return html_tables(path)
        if media_type in JSON_TYPES:
            return json_tables(path, label)
    except NotATable:
        return []
    dialect = find_text_dialect(path, is_named_table=media_type in SEPARATED_TYPES)
    return [text_table(path, label, dialect)] if dialect else _lines_of_json(path, label)


def _lines_of_json(path: Path, label: str) -> list[RawTable]:
    """Read records under the name of a text."""
    with path.open("rb") as file:
        if not file.read(64).lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[")):
            return []
    try:
        return json_tables(path, label)
    except NotATable:
        return []


def _of_large_text(
    connection: duckdb.DuckDBPyConnection, path: Path, media_type: str, label: str
) -> list[DocumentTable]:
    dialect = find_text_dialect(path, is_named_table=media_type in SEPARATED_TYPES)
    if dialect is None:
        return [add_table(connection, 1, raw) for raw in _lines_of_json(path, label)]
    table = _quickly(connection, path, label, dialect)
    return [table or add_table(connection, 1, text_table(path, label, dialect))]


def _quickly(
    connection: duckdb.DuckDBPyConnection, path: Path, label: str, dialect: Dialect
) -> DocumentTable | None:
    """Let DuckDB read a clean UTF-8 file; None when it is not clean enough for that."""
    head, encoding = head_of(path)
    rows = sample_rows(head, dialect)
    header = find_header(rows)
    simple = all("\n" not in cell for row in rows[: header.skip] for cell in row)
    if encoding not in {"utf-8", "ascii"} or not simple or not dialect.quoted:
        return None
    try:
        load_text(
            connection,
            1,
            path,
            cells_of(len(header.names)),
            skip=header.skip,
            delimiter=dialect.delimiter,
        )
    except duckdb.Error:
        connection.execute("DROP TABLE IF EXISTS scratch.raw1")
        return None
    return finish(connection, Prepared(1, RawTable(label, ()), header, 0, header.skip))
