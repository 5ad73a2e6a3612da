"""Which lines of a log a question is about, as a mask over its rows."""

import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ai_llm_service.search.logs.clock import SECONDS_PER_DAY, YEARLESS
from ai_llm_service.search.logs.question import Grave, LogQuestion
from ai_llm_service.search.logs.severity import (
    Severity,
    same_level,
    severity_of,
    severity_of_message,
)
from ai_llm_service.search.logs.stats import kinds
from ai_llm_service.search.logs.table import LogTable
from ai_llm_service.search.logs.window import Window

Mask = NDArray[np.bool_]
Rows = NDArray[np.int64]
_NOT_IN_ADDRESS = frozenset("0123456789.")


def rows_of(table: LogTable, question: LogQuestion) -> Rows:
    """The rows that the question is about: lines that hold its texts, else whole records."""
    named = question.texts + question.addresses
    if question.is_of_lines and not question.is_filtered:
        return np.arange(table.line_count)
    mask = np.zeros(table.line_count, np.bool_)
    mask[table.heads] = True
    if named or question.without:
        found = [_with_text(table, text, question.is_exact) for text in question.texts]
        found += [_with_address(table, address) for address in question.addresses]
        mask = np.ones(table.line_count, np.bool_) if not found else _joined(found, question)
    for text in question.without:
        mask &= ~_with_text(table, text)
    mask &= _of_record(table, question)
    if question.is_of_records:
        return np.unique(table.records[mask]).astype(np.int64)
    return np.flatnonzero(mask)


def _joined(found: list[Mask], question: LogQuestion) -> Mask:
    join = np.logical_or if question.is_any else np.logical_and
    result: Mask = join.reduce(found)
    return result


def _with_text(table: LogTable, text: str, is_exact: bool = True) -> Mask:
    """Exactly so; in other letters only where that stands nowhere, or without quotes."""
    places = list(_places(table.text, text)) if is_exact else []
    if not places:
        loose = re.compile(re.escape(text), re.IGNORECASE)
        places = [match.start() for match in loose.finditer(table.text)]
    return _mask(table, places)


def _with_address(table: LogTable, address: str) -> Mask:
    """The address itself and not a longer one that has it inside."""
    text, length = table.text, len(address)
    whole = [
        place
        for place in _places(text, address)
        if text[place - 1 : place] not in _NOT_IN_ADDRESS
        and text[place + length : place + length + 1] not in _NOT_IN_ADDRESS - {"."}
    ]
    return _mask(table, whole)


def _places(text: str, part: str) -> Iterator[int]:
    place = text.find(part)
    while place >= 0:
        yield place
        place = text.find(part, place + len(part))


def _mask(table: LogTable, places: list[int]) -> Mask:
    mask = np.zeros(table.line_count, np.bool_)
    mask[np.searchsorted(table.starts, np.array(places, np.int64), side="right") - 1] = True
    return mask


def _of_record(table: LogTable, question: LogQuestion) -> Mask:
    """What is asked of the record: its level, its source, its time."""
    mask = np.ones(table.line_count, np.bool_)
    if question.level is not None:
        wanted = [name.lower() == question.level.lower() for name in table.level_names]
        if not any(wanted):
            wanted = [same_level(question.level, name) for name in table.level_names]
        mask &= _by_number(wanted, table.levels[table.records])
    if question.grave is not None:
        mask &= grave_rows(table, question.grave)
    if question.source is not None:
        named = [name == question.source for name in table.source_names]
        mask &= _by_number(named, table.sources[table.records])
    if not question.window.is_open:
        mask &= _within(table, question.window)
    return mask


def _by_number(wanted: list[bool], numbers: NDArray[np.int32]) -> Mask:
    """-1, which is no number, takes the last place."""
    return np.array([*wanted, False], np.bool_)[numbers]


def grave_rows(table: LogTable, grave: Grave) -> Mask:
    """Errors or warnings by the levels of the log, by its words where it has none.

    What is called a failure may have been logged as a warning: there the words count as well.
    """
    by_level = [severity_of(name) for name in table.level_names]
    if any(by_level) and grave is not Grave.FAILURE:
        ranks, numbers = by_level, table.levels[table.records]
    else:
        ranks, numbers = _by_words(table, grave), table.templates[table.records]
    is_error = [rank >= Severity.ERROR for rank in ranks]
    is_warning = [rank is Severity.WARNING for rank in ranks]
    return _by_number(is_warning if grave is Grave.WARNING else is_error, numbers)


def _by_words(table: LogTable, grave: Grave) -> list[Severity]:
    """How grave each template is."""
    ranks = [Severity.UNKNOWN] * len(table.template_texts)
    for kind in kinds(table):
        ranks[kind.template] = kind.severity
        if grave is Grave.FAILURE:
            told = severity_of_message(table.head(kind.first)[4])
            ranks[kind.template] = max(kind.severity, told)
    return ranks


def _within(table: LogTable, window: Window) -> Mask:
    times = table.times
    with np.errstate(invalid="ignore"):
        days = np.floor(times / SECONDS_PER_DAY)
        seconds = times - days * SECONDS_PER_DAY
        mask = ~np.isnan(times)
        if window.head is not None:
            return mask & (times <= np.nanmin(times) + window.head)
        if window.tail is not None:
            return mask & (times >= np.nanmax(times) - window.tail)
        first, last = (_day_in(table, day) for day in (window.first_day, window.last_day))
        if first is not None or last is not None:
            mask &= _within_days(times, window, first, last)
            return mask
        if window.start is not None and window.end is not None and window.end < window.start:
            mask &= (seconds >= window.start) | (seconds < window.end)
            return mask
        if window.start is not None:
            mask &= seconds >= window.start
        if window.end is not None:
            mask &= seconds < window.end
    return mask


def _within_days(
    times: NDArray[np.float64], window: Window, first: int | None, last: int | None
) -> Mask:
    """From a time of the first day to one of the last day."""
    mask = np.ones(len(times), np.bool_)
    if first is not None:
        mask &= times >= first * SECONDS_PER_DAY + (window.start or 0.0)
    if last is not None:
        end = SECONDS_PER_DAY if window.end is None else window.end
        mask &= times < last * SECONDS_PER_DAY + end
    return mask


def _day_in(table: LogTable, day: int | None) -> int | None:
    """The day as the log counts it: where one of the two names no year, the year of the log."""
    if day is None:
        return None
    times = table.times[~np.isnan(table.times)]
    if not len(times):
        return day
    own = np.datetime64(int(times[0] // SECONDS_PER_DAY), "D")
    asked = np.datetime64(day, "D")
    own_year, asked_year = str(own)[:4], str(asked)[:4]
    if str(YEARLESS) not in {own_year, asked_year}:
        return day
    return int(np.datetime64(f"{own_year}{str(asked)[4:]}", "D").astype(int))
