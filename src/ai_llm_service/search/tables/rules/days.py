"""Dates that a question names, compared with a column: `in March`, `before 31 July`."""

import re
from collections.abc import Iterator

from ai_llm_service.search.tables.rules.grid import TIMES, Column, Grid
from ai_llm_service.search.tables.rules.plan import Filter

_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september",
           "october", "november", "december")  # fmt: skip
_MONTH = "(" + "|".join(rf"{name}|{name[:3]}\.?" for name in _MONTHS) + r")\b"
_SIGNS = {"before": "<", "prior to": "<", "until": "<", "after": ">", "since": ">=", "from": ">=",
          "by": "<="}  # fmt: skip
_DAY = r"(\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?:,? (?:of )?(\d{4}))?"
_WORD = r"\b(before|prior to|until|after|since|in|on|during|for|by|from)\s+(?:the month of |the )?"
_NAMED = re.compile(rf"{_WORD}{_MONTH}(?: {_DAY}\b)?{_YEAR}")
_DAY_FIRST = re.compile(rf"{_WORD}{_DAY} (?:of )?{_MONTH}{_YEAR}")
_ISO = re.compile(rf"{_WORD}(\d{{4}})-(\d\d)-(\d\d)\b")


def dated(text: str, grid: Grid) -> Iterator[tuple[Filter, re.Match[str]]]:
    """All conditions on the first column of dates."""
    column = next((c for c in grid.columns if c.info.type in TIMES), None)
    if column is None:
        return
    for match in _ISO.finditer(text):
        yield _made(column, match, int(match[2]), int(match[3]), int(match[4])), match
    for match in _DAY_FIRST.finditer(text):
        year = int(match[4]) if match[4] else 0
        yield _made(column, match, year, _number(match[3]), int(match[2])), match
    for match in _NAMED.finditer(text):
        year, day = int(match[4] or 0), int(match[3] or 0)
        yield _made(column, match, year, _number(match[2]), day), match


def _number(month: str) -> int:
    return next(at for at, name in enumerate(_MONTHS, 1) if name.startswith(month[:3]))


def _made(column: Column, match: re.Match[str], year: int, month: int, day: int) -> Filter:
    """Compare as far as the question goes: without a year within each year."""
    sign = _SIGNS.get(match[1], "=")
    parts = [("year", year), ("month", month), ("day", day)]
    told = [(name, number) for name, number in parts if number]
    bound = tuple(number for _, number in told)
    names = [name for name, _ in told]
    places = [("year", "month", "day").index(name) for name in names]
    rows = frozenset(
        at for at, date in enumerate(column.dates)
        if date and _holds(tuple(date[place] for place in places), sign, bound)
    )  # fmt: skip
    # Of numbers that are compared one after the other a larger unit counts more.
    weights = {"year": 10_000, "month": 100, "day": 1}
    sql = " + ".join(f"{weights[name]} * {name}({column.sql})" for name in names)
    value = sum(weights[name] * number for name, number in told)
    return Filter(f"({sql}) {sign} {value}", f"{column.name} is {match[0]}", rows, column)


def _holds(own: tuple[int, ...], sign: str, bound: tuple[int, ...]) -> bool:
    checks = {"<": own < bound, ">": own > bound, "<=": own <= bound, ">=": own >= bound}
    return checks.get(sign, own == bound)
