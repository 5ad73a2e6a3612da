"""What is said about an entry of a digest: how often, from when to when, how long."""

from collections.abc import Sequence

import numpy as np

from ai_llm_service.search.logs.clock import SECONDS_PER_DAY, clock_text, duration_text
from ai_llm_service.search.logs.severity import Severity
from ai_llm_service.search.logs.stats import Kind, counted, durations
from ai_llm_service.search.logs.table import LogTable

MAX_SOURCES = 4
MAX_LEVELS = 8
MAX_NAME_CHARACTERS = 60


def overview_note(table: LogTable, found: Sequence[Kind]) -> str:
    """Lines, time from and to, levels, sources, how many kinds of message and of error."""
    records = len(table.heads)
    more = f" in {records:,} records" if records != table.line_count else ""
    parts = [f"log of {table.line_count:,} lines{more}"]
    if span := _span(table):
        parts.append(span)
    if levels := counted(table.level_names, table.levels)[:MAX_LEVELS]:
        parts.append("levels: " + ", ".join(f"{name} {count:,}" for name, count in levels))
    if sources := counted(table.source_names, table.sources)[:MAX_SOURCES]:
        told = ", ".join(f"{name[:MAX_NAME_CHARACTERS]} {count:,}" for name, count in sources)
        parts.append(f"most lines from: {told}")
    grave = [kind for kind in found if kind.severity >= Severity.ERROR]
    lines = sum(kind.count for kind in grave)
    parts.append(
        f"{len(found):,} kinds of message, {len(grave):,} of them errors ({lines:,} lines)"
    )
    return "; ".join(parts)


def kind_note(table: LogTable, kind: Kind) -> str:
    """`ERROR, 539 times in lines 2–1999, 04:47:54 to 19:15:57`."""
    name = kind.level or _called(kind.severity)
    if kind.count == 1:
        note = f"{name}, {place_note(table, kind.first)}"
    else:
        note = f"{name}, {kind.count:,} times in lines {kind.first + 1}–{kind.last + 1}"
        if table.times[kind.first] == table.times[kind.first]:
            first, last = (stamp(table, row) for row in (kind.first, kind.last))
            note += f", {first} to {last}"
    return note + _took(table, kind)


def place_note(table: LogTable, row: int) -> str:
    """`line 205, 01:36:04`."""
    time = f", {stamp(table, row)}" if table.times[row] == table.times[row] else ""
    return f"line {row + 1}{time}"


def stamp(table: LogTable, row: int) -> str:
    """The time of a row: the hours, and where the log goes over several days the day too."""
    seconds = float(table.times[row])
    times = table.times
    days = {int(value) // SECONDS_PER_DAY for value in (np.nanmin(times), np.nanmax(times))}
    if len(days) == 1:
        return clock_text(seconds)
    day = np.datetime64(int(seconds) // SECONDS_PER_DAY, "D")
    return f"{str(day)[5:]} {clock_text(seconds)}"


def _span(table: LogTable) -> str:
    times = table.times
    if np.isnan(times).all():
        return ""
    first, last = (table.time_text(int(row)) for row in (np.nanargmin(times), np.nanargmax(times)))
    seconds = float(np.nanmax(times) - np.nanmin(times))
    return f"{first} to {last} ({duration_text(seconds)})"


def _called(severity: Severity) -> str:
    match severity:
        case Severity.FATAL | Severity.ERROR:
            return "failure"
        case Severity.WARNING:
            return "warning"
        case _:
            return "message"


def _took(table: LogTable, kind: Kind) -> str:
    if kind.count == 1:
        return ""
    told = durations(table, kind)
    if told is None or told.count < 2:
        return ""
    return (
        f"; durations up to {duration_text(told.most)} (line {told.longest + 1}),"
        f" {duration_text(told.total)} in all"
    )
