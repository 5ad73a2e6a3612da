"""The values of a column for some rows of a log."""

import re

import numpy as np

from ai_llm_service.search.logs.choose import Rows
from ai_llm_service.search.logs.clock import SECONDS_PER_DAY, clock_text
from ai_llm_service.search.logs.question import Column
from ai_llm_service.search.logs.table import Ints, LogTable
from ai_llm_service.search.logs.wording import ADDRESS

Values = list[tuple[int, str]]
_TIMES = frozenset([Column.DAY, Column.HOUR, Column.MINUTE])
_STATUS = re.compile(r'"[^"]*" (\d{3})\b|\bstatus(?:[ _]code)?[=: ]+(\d{3})\b')
_PATTERNS = {Column.ADDRESS: ADDRESS, Column.STATUS: _STATUS}


def values_of(table: LogTable, column: Column, rows: Rows) -> Values | None:
    """Row and value, each value once a row; None where the log has no such column."""
    if column in _TIMES:
        return _times(table, column, rows)
    if column in _PATTERNS:
        return _found(table, rows, _PATTERNS[column])
    if column is Column.LINE:
        return [(int(row), table.line(int(row))) for row in rows]
    names, numbers = _column(table, column)
    return _named(names, numbers[table.records[rows]], rows)


def _column(table: LogTable, column: Column) -> tuple[tuple[str, ...], Ints]:
    """The names of a column of the table, and their numbers."""
    if column is Column.LEVEL:
        return table.level_names, table.levels
    if column is Column.SOURCE:
        return table.source_names, table.sources
    return table.template_texts, table.templates


def _named(names: tuple[str, ...], numbers: Ints, rows: Rows) -> Values | None:
    if not names:
        return None
    pairs = zip(rows.tolist(), numbers.tolist(), strict=True)
    return [(row, names[number]) for row, number in pairs if number >= 0]


def _found(table: LogTable, rows: Rows, pattern: re.Pattern[str]) -> Values:
    wanted = set(rows.tolist()) if len(rows) < table.line_count else None
    values: dict[tuple[int, str], None] = {}
    row, starts = 0, table.starts
    places = [(match.start(), match) for match in pattern.finditer(table.text)]
    numbers = np.searchsorted(starts, np.array([place for place, _ in places], np.int64), "right")
    for number, (_, match) in zip(numbers.tolist(), places, strict=True):
        row = number - 1
        if wanted is None or row in wanted:
            value = next((group for group in match.groups() if group), match[0])
            values[row, value] = None
    return list(values)


def _times(table: LogTable, column: Column, rows: Rows) -> Values | None:
    times = table.times[rows]
    if np.isnan(times).all():
        return None
    values = []
    for row, seconds in zip(rows.tolist(), times.tolist(), strict=True):
        if seconds == seconds:  # noqa: PLR0124  (not NaN)
            values.append((row, _bucket(seconds, column)))
    return values


def _bucket(seconds: float, column: Column) -> str:
    day = str(np.datetime64(int(seconds // SECONDS_PER_DAY), "D"))
    if column is Column.DAY:
        return day
    length = 2 if column is Column.HOUR else 5
    hours = clock_text(seconds)[:length] + (":00" if column is Column.HOUR else "")
    return f"{day} {hours}" if seconds >= SECONDS_PER_DAY else hours
