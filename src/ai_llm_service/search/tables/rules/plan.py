"""What a question means: filters over rows, and one operation on what is left."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ai_llm_service.search.tables.rules.grid import NUMBERS, Column, Grid
from ai_llm_service.search.tables.rules.links import ValueLink
from ai_llm_service.search.tables.sqltext import name_of, text_of

ROW = "_row"


@dataclass(frozen=True)
class Filter:
    """A condition on the rows, in SQL and in words, and the rows of the grid that meet it."""

    sql: str
    label: str
    rows: frozenset[int]
    column: Column | None = None


@dataclass(frozen=True)
class Plan:
    """A statement and how sure the rules are of it, from 0 to 1; `label` says what it gives."""

    statement: str
    sureness: float
    label: str
    form: str

    def less(self, factor: float) -> "Plan":
        return replace(self, sureness=self.sureness * factor)


def cells_are(column: Column, cells: Sequence[str], rows: Iterable[int]) -> Filter:
    written = column.written
    listed = ", ".join(text_of(cell) for cell in cells)
    if not column.info.is_rewritten and column.info.type in NUMBERS:
        # Of a decimal number the text has more zeros than the cell that was read.
        listed = ", ".join(cells)
    elif not column.info.is_rewritten:
        written = f"CAST({written} AS VARCHAR)"
    told = cells[0] if len(cells) == 1 else f"one of {', '.join(cells[:4])}"
    sql = f"{written} = {listed}" if len(cells) == 1 else f"{written} IN ({listed})"
    return Filter(sql, f"{column.name} is {told}", frozenset(rows), column)


def both(first: Filter, last: Filter, label: str) -> Filter:
    """The rows of a column that are within two bounds."""
    rows = first.rows & last.rows
    return Filter(f"{first.sql} AND {last.sql}", label, rows, first.column)


def compared(column: Column, sign: str, value: float) -> Filter:
    """Compare a column of numbers, or the year of a column of times."""
    number = int(value) if value == int(value) else value
    checks = {
        ">": lambda n: n > value,
        ">=": lambda n: n >= value,
        "<": lambda n: n < value,
        "<=": lambda n: n <= value,
        "=": lambda n: n == value,
    }
    values = years(column) if column.is_time and not column.is_numeric else column.numbers
    rows = frozenset(at for at, n in enumerate(values) if n is not None and checks[sign](n))
    sql = year_sql(column) if values is not column.numbers else column.number_sql
    return Filter(f"{sql} {sign} {number}", f"{column.name} {sign} {number}", rows, column)


def years(column: Column) -> tuple[float | None, ...]:
    found = (re.search(r"(?<!\d)(1[5-9]\d\d|20\d\d)(?!\d)", cell) for cell in column.cells)
    return tuple(float(match[1]) if match else None for match in found)


def year_sql(column: Column) -> str:
    text = f"CAST({column.sql} AS VARCHAR)"
    return f"TRY_CAST(regexp_extract({text}, '(1[5-9]\\d\\d|20\\d\\d)', 1) AS INTEGER)"


def where(filters: Sequence[Filter], grid: Grid, *, drop_totals: bool = True) -> str:
    parts = [found.sql for found in filters]
    if drop_totals and grid.total_rows:
        numbers = ", ".join(str(number) for number in grid.total_rows)
        parts.append(f"{ROW} NOT IN ({numbers})")
    return f" WHERE {' AND '.join(parts)}" if parts else ""


def select(
    what: str, grid: Grid, filters: Sequence[Filter], rest: str = "", *, drop_totals: bool = True
) -> str:
    condition = where(filters, grid, drop_totals=drop_totals)
    return f"SELECT {what} FROM {name_of(grid.view)}{condition}{rest}"  # noqa: S608


def rows_of(grid: Grid, filters: Sequence[Filter], *, drop_totals: bool = True) -> list[int]:
    """Return the rows of the grid that meet all filters."""
    totals = set(grid.total_rows) if drop_totals else set()
    return [
        at
        for at in range(grid.rows)
        if grid.numbers[at] not in totals and all(at in found.rows for found in filters)
    ]


def said(filters: Sequence[Filter]) -> str:
    return ", where " + " and ".join(found.label for found in filters) if filters else ""


def trust(values: list[ValueLink]) -> float:
    """Parts of cells are less sure than whole ones."""
    trust = 1.0
    for value in values:
        trust *= min(1.0, 0.45 + 0.6 * value.strength)
    return trust
