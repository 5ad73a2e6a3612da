"""What can be counted of a log: its templates, levels, sources, gaps and reported durations."""

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ai_llm_service.search.logs.severity import Severity, severity_of, severity_of_message
from ai_llm_service.search.logs.table import LogTable

MAX_DURATION_ROWS = 50_000
_DURATION = re.compile(
    r"(?<![\w.])(\d+(?:\.\d+)?) ?(ms|milliseconds?|s|secs?|seconds?|min|minutes?|h|hours?)(?!\w)"
)
_UNITS = {"ms": 0.001, "milli": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0}


@dataclass(frozen=True, slots=True)
class Kind:
    """All records of one template. Rows count from 0."""

    template: int
    count: int
    first: int
    last: int
    level: str
    severity: Severity


@dataclass(frozen=True, slots=True)
class Durations:
    """What lines of one kind say that something took, in seconds; `longest` is a row."""

    count: int
    total: float
    most: float
    longest: int


def kinds(table: LogTable) -> list[Kind]:
    """The templates in the order of their first lines."""
    heads = table.heads
    own = table.templates[heads]
    numbers, firsts, counts = np.unique(own, return_index=True, return_counts=True)
    lasts = len(own) - 1 - np.unique(own[::-1], return_index=True)[1]
    found = [
        _kind(table, int(number), int(count), int(heads[first]), int(heads[last]))
        for number, first, last, count in zip(numbers, firsts, lasts, counts, strict=True)
    ]
    return sorted(found, key=lambda kind: kind.first)


def _kind(table: LogTable, number: int, count: int, first: int, last: int) -> Kind:
    level = int(table.levels[first])
    name = table.level_names[level] if level >= 0 else ""
    told = severity_of(name)
    severity = told or severity_of_message(table.head(first)[4])
    if told in {Severity.INFO, Severity.DEBUG} and _fails(table, first):
        severity = Severity.WARNING
    return Kind(number, count, first, last, name, severity)


def _fails(table: LogTable, row: int) -> bool:
    """Whether a line speaks of a failure although its level is a quiet one."""
    return severity_of_message(table.head(row)[4]) is Severity.ERROR


def counted(names: tuple[str, ...], numbers: NDArray[np.int32]) -> list[tuple[str, int]]:
    """How often each name of a column stands, most often first; ties in the order they came."""
    own = numbers[numbers >= 0]
    counts = np.bincount(own, minlength=len(names)) if len(names) else np.zeros(0, np.int64)
    order = sorted(range(len(names)), key=lambda number: (-int(counts[number]), number))
    return [(names[number], int(counts[number])) for number in order if counts[number]]


def gaps(table: LogTable, limit: int) -> list[tuple[int, int, float]]:
    """The longest pauses between two records: the two rows and the seconds, longest first."""
    heads = table.heads
    pauses = np.diff(table.times[heads])
    order = np.argsort(-np.nan_to_num(pauses, nan=-1.0), kind="stable")[:limit]
    return [
        (int(heads[place]), int(heads[place + 1]), float(pauses[place]))
        for place in order
        if pauses[place] > 0
    ]


def durations(table: LogTable, kind: Kind) -> Durations | None:
    """What the records of a kind say that something took."""
    if _DURATION.search(table.head(kind.first)[4]) is None:
        return None
    rows = np.flatnonzero(table.templates == kind.template)[:MAX_DURATION_ROWS]
    count, total, most, longest = 0, 0.0, -1.0, kind.first
    for row in map(int, rows):
        found = _DURATION.findall(table.line(row))
        if not found:
            continue
        seconds = _seconds(*found[-1])
        count, total = count + 1, total + seconds
        if seconds > most:
            most, longest = seconds, row
    return Durations(count, total, most, longest)


def _seconds(number: str, unit: str) -> float:
    size = next(size for name, size in _UNITS.items() if unit.startswith(name))
    return float(number) * size
