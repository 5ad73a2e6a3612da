"""Runs one statement in a process that was made for it and ends with it."""

import json
import math
import resource
from decimal import Decimal
from typing import Any

import duckdb

from ai_llm_service.search.tables.cage import Allowance, limit
from ai_llm_service.search.tables.headings import headings
from ai_llm_service.search.tables.origins import MOST_ROWS, origin_of
from ai_llm_service.search.tables.sqltext import name_of, text_of
from ai_llm_service.search.tables.statement import (
    MAX_STATEMENT_CHARACTERS,
    StatementRefused,
    judge,
)

SHOWN_ROWS = 100
COUNTED_ROWS = 1_000_000
MAX_CELL_CHARACTERS = 2000
MEGABYTE = 1024 * 1024
# Room for the library's threads, which reserve address space that they never touch.
RESERVED_MB = 3072


def connected() -> duckdb.DuckDBPyConnection:
    """Open an empty database and load what is used at first use."""
    connection = duckdb.connect(
        ":memory:",
        config={
            "threads": 2,
            "temp_directory": "",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "python_enable_replacements": "false",
        },
    )
    _parsed(connection, "SELECT 1")
    return connection


def run(connection: duckdb.DuckDBPyConnection, order: dict[str, Any]) -> dict[str, Any]:
    """Open the tables, lock the door, judge the statement, run it."""
    memory_mb, seconds = int(order["memory_mb"]), int(order["seconds"])
    limit(Allowance(2 * seconds + 1, (memory_mb + RESERVED_MB) * MEGABYTE, 0), 64)
    try:
        _open(connection, order)
        if order.get("rows"):
            return _page(connection, order["rows"])
        return _answered(connection, order)
    except StatementRefused as error:
        return {"refused": str(error)}
    except (MemoryError, duckdb.OutOfMemoryException):
        return {"failed": "it needs more memory than a statement may take"}
    except duckdb.Error as error:
        return {"failed": str(error).partition("\n\n")[0][:1000]}


def _open(connection: duckdb.DuckDBPyConnection, order: dict[str, Any]) -> None:
    connection.execute(f"SET memory_limit = '{int(order['memory_mb'])}MB'")
    for number, path in enumerate(order["files"]):
        connection.execute(f"ATTACH {text_of(path)} AS f{number} (READ_ONLY)")
    for view in order["views"]:
        connection.execute(
            f"CREATE VIEW {name_of(view['name'])} AS"  # noqa: S608
            f" SELECT * FROM f{int(view['file'])}.t{int(view['number'])}"
        )
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    # All files are open by now: the system itself lets no other one be opened.
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))


def _answered(connection: duckdb.DuckDBPyConnection, order: dict[str, Any]) -> dict[str, Any]:
    statement = str(order["statement"]).strip().rstrip(";").strip()
    if len(statement) > MAX_STATEMENT_CHARACTERS:
        raise StatementRefused("it is too long")
    parsed = _parsed(connection, statement)
    judge(parsed, {view["name"] for view in order["views"]})
    cursor = connection.execute(statement)
    columns = headings(parsed, [column[0] for column in cursor.description or []])
    rows = cursor.fetchmany(SHOWN_ROWS)
    count = len(rows)
    while count < COUNTED_ROWS and (more := cursor.fetchmany(10_000)):
        count += len(more)
    return {
        "columns": columns,
        "rows": [[_plain(value) for value in row] for row in rows],
        "row_count": count,
        "is_cut": count >= COUNTED_ROWS,
        "origin": _origin(connection, parsed),
    }


def _parsed(connection: duckdb.DuckDBPyConnection, statement: str) -> dict[str, Any]:
    if "\0" in statement:
        raise StatementRefused("it holds a NUL")
    row = connection.execute("SELECT json_serialize_sql(?::VARCHAR)", [statement]).fetchone()
    parsed = json.loads(row[0]) if row else {}
    return dict(parsed)


def _origin(connection: duckdb.DuckDBPyConnection, parsed: dict[str, Any]) -> dict[str, Any] | None:
    """Tell the rows of the one table that the statement reads."""
    found = origin_of(parsed)
    if found is None:
        return None
    view, asked = found
    try:
        row = connection.execute("SELECT json_deserialize_sql(?::JSON)", [asked]).fetchone()
        numbers = connection.execute(row[0]).fetchall() if row else []
    except duckdb.Error:
        return None
    rows = sorted(number for (number,) in numbers if number is not None)
    return {"view": view, "rows": rows[:MOST_ROWS], "is_cut": len(rows) > MOST_ROWS}


def _page(connection: duckdb.DuckDBPyConnection, page: dict[str, Any]) -> dict[str, Any]:
    """Read a range of the rows of the only view, in the order of the file."""
    view = name_of(page["view"])
    offset, size = int(page["offset"]), int(page["limit"])
    columns = ", ".join(name_of(column) for column in ["_row", *page["columns"]])
    rows = connection.execute(
        f"SELECT {columns} FROM {view} WHERE {page['condition']}"  # noqa: S608
        f" ORDER BY _row LIMIT {size} OFFSET {offset}"
    ).fetchall()
    return {"rows": [[_plain(value) for value in row] for row in rows]}


def _plain(value: Any) -> Any:
    """Write a value as JSON has it."""
    match value:
        case None | bool() | int():
            plain: Any = value
        case float():
            plain = float(f"{value:.15g}") if math.isfinite(value) else None
        case Decimal():
            plain = int(value) if value == value.to_integral_value() else float(value)
        case list() | tuple():
            plain = [_plain(item) for item in value[:SHOWN_ROWS]]
        case dict():
            plain = {str(key): _plain(item) for key, item in value.items()}
        case _:
            text = str(value)
            is_long = len(text) > MAX_CELL_CHARACTERS
            plain = text[:MAX_CELL_CHARACTERS] + "…" if is_long else text
    return plain
