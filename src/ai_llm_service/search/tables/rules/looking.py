"""The rows of a table that the rules look at: all of a small one, telling ones of a large one."""

import re
from collections.abc import Iterator
from dataclasses import replace

from ai_llm_service.domain import ColumnType
from ai_llm_service.search.tables.rules.grid import MOST_CELLS_LOOKED_AT, Column, Grid
from ai_llm_service.search.tables.rules.words import fold
from ai_llm_service.search.tables.sandbox import Sandbox, View
from ai_llm_service.search.tables.session import SessionTable
from ai_llm_service.search.tables.sqltext import WRITTEN, name_of, text_of

GRID_ROWS = 3000
# Of a large table: the first rows, the last ones, one row for each cell of columns with few cells.
FIRST_ROWS, LAST_ROWS, MOST_ROWS, NAMED_ROWS = 1000, 5, 10_000, 200
LEAST_CHARACTERS = 3
_NUMBER = re.compile(r"(?<![\d.,])[1-9]\d{0,17}(?![\d.,]*\d)")


def read_grid(table: SessionTable, view: View, sandbox: Sandbox) -> Grid:
    """Read the rows that show what the columns hold."""
    if table.table.rows <= GRID_ROWS:
        return _grid(_rows(table, view, sandbox, "true", GRID_ROWS), table, view, is_whole=True)
    source = name_of(view.name)
    ends = f"(SELECT _row FROM {source} ORDER BY _row LIMIT {FIRST_ROWS})"  # noqa: S608
    last = f"(SELECT _row FROM {source} ORDER BY _row DESC LIMIT {LAST_ROWS})"  # noqa: S608
    wanted = [ends, last]
    wanted += [
        f"(SELECT min(_row) FROM {source} GROUP BY {name_of(column.name)})"  # noqa: S608
        for column in table.table.columns
        if column.distinct <= MOST_CELLS_LOOKED_AT
    ]
    condition = " OR ".join(f"_row IN {rows}" for rows in wanted)
    rows = _rows(table, view, sandbox, condition, MOST_ROWS)
    return _grid(rows, table, view, is_whole=False)


def with_named(
    grid: Grid, question: str, table: SessionTable, view: View, sandbox: Sandbox
) -> Grid:
    """Add rows with the cells that the question names, of columns with too many to look at all."""
    named = [
        condition
        for column in grid.columns
        if not grid.has_all_of(column)
        for condition in _named(column, fold(question))
    ]
    if not named:
        return grid
    rows = _rows(table, view, sandbox, " OR ".join(named), NAMED_ROWS)
    known = set(grid.numbers)
    more = _grid([row for row in rows if row[0] not in known], table, view, is_whole=False)
    joined = tuple(
        replace(column, cells=column.cells + other.cells)
        for column, other in zip(grid.columns, more.columns, strict=True)
    )
    return replace(grid, columns=joined, numbers=grid.numbers + more.numbers)


def _named(column: Column, question: str) -> Iterator[str]:
    name = name_of(column.info.name)
    if column.info.type is ColumnType.TEXT:
        cell = f"lower(strip_accents({name}))"
        yield f"(length({name}) >= {LEAST_CHARACTERS} AND contains({text_of(question)}, {cell}))"
    elif column.info.type is ColumnType.INTEGER:
        numbers = _NUMBER.findall(question)
        if numbers:
            yield f"{name} IN ({', '.join(numbers)})"


def _rows(
    table: SessionTable, view: View, sandbox: Sandbox, condition: str, limit: int
) -> list[tuple[object, ...]]:
    names = [column.name + WRITTEN * column.is_rewritten for column in table.table.columns]
    return sandbox.page(view, names, 0, limit, condition=condition)


def _grid(
    rows: list[tuple[object, ...]], table: SessionTable, view: View, *, is_whole: bool
) -> Grid:
    columns = table.table.columns
    cells = list(zip(*rows, strict=True)) or [()] * (len(columns) + 1)
    return Grid(
        view.name,
        tuple(
            Column(column, tuple(_text(value) for value in values))
            for column, values in zip(columns, cells[1:], strict=True)
        ),
        tuple(int(str(number)) for number in cells[0]),
        is_whole,
    )


def _text(value: object) -> str:
    """Write a value as a statement casts it to a text."""
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value).strip()
