"""The lines of a log as rows of a table: time, level, source, template, fields and text."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from ai_llm_service.search.logs.clock import SECONDS_PER_DAY, YEARLESS
from ai_llm_service.search.logs.drain import WILD
from ai_llm_service.search.logs.table import NO_NAME, LogTable, pieces

COLUMNS = ("time", "level", "source", "template", "fields", "text")
# Between the fields of a line; it stands in no text, whose control signs are blanks.
FIELD_END = "\x1f"
ROWS_NOTE = (
    "One row for each line of the log, its number in _row. A record begins where template is"
    " filled; lines that go on from it have its time alone. fields holds the words that stand for"
    f" the {WILD} of the template. Times are the log's own clock, without zones."
)
_START = datetime(1970, 1, 1, tzinfo=UTC)
# Years of four digits.
_FIRST_SECOND = (datetime(1000, 1, 1, tzinfo=UTC) - _START).total_seconds()
_LAST_SECOND = (datetime(9999, 12, 31, tzinfo=UTC) - _START).total_seconds()

Place = tuple[int, int, int]


def lines_of(table: LogTable) -> Iterator[list[str]]:
    """A row for each line, all cells written; what a line does not have is empty."""
    places = [_places(template) for template in table.template_texts]
    first = 0
    for piece in pieces(table.text):
        rows = slice(first, first + len(piece))
        begins = table.messages[rows].tolist() if table.messages is not None else repeat(-1)
        columns = (table.levels, table.sources, table.templates)
        numbers = (column[rows].tolist() for column in columns)
        for line, time, level, source, template, begin in zip(
            piece, _times(table.times[rows]), *numbers, begins, strict=False
        ):
            yield [
                time,
                _name(table.level_names, level),
                _name(table.source_names, source),
                _name(table.template_texts, template),
                _fields(table, line, places[template], begin) if template >= 0 else "",
                line,
            ]
        first += len(piece)


def notes_of(table: LogTable) -> tuple[str, ...]:
    """What a reader of the rows has to know."""
    notes = [ROWS_NOTE]
    first = table.times[~np.isnan(table.times)][:1]
    day = int(first[0] // SECONDS_PER_DAY) if len(first) else None
    if day is not None and (_START + timedelta(days=day)).year == YEARLESS:
        notes.append(f"The log names no year: its times are put into {YEARLESS}.")
    if day == 0:
        notes.append("The log names no day: its times are put into 1970-01-01.")
    return tuple(notes)


def _places(template: str) -> list[Place]:
    """Where the words that vary stand, and how much of each is the same in all lines."""
    return [
        (at, word.index(WILD), len(word) - word.rindex(WILD) - len(WILD))
        for at, word in enumerate(template.split(" "))
        if WILD in word
    ]


def _fields(table: LogTable, line: str, places: Sequence[Place], begin: int) -> str:
    """The varying words of a message that begins there; -1: the line is to be read again."""
    if not places:
        return ""
    head = table.reader.head(line) if begin < 0 else None
    words = (head[4] if head is not None else line[max(begin, 0) :]).split()
    return FIELD_END.join(
        words[at][before : len(words[at]) - after]
        for at, before, after in places
        if at < len(words)
    )


def _name(names: Sequence[str], number: int) -> str:
    return "" if number == NO_NAME else names[number]


def _times(seconds: NDArray[np.float64]) -> list[str]:
    """Moments as DuckDB reads them; empty where there is none, or none of four digits."""
    known = (seconds >= _FIRST_SECOND) & (seconds < _LAST_SECOND)
    micros = np.round(np.where(known, seconds, 0.0) * 1e6).astype("datetime64[us]")
    written = np.datetime_as_string(micros, unit="us")
    found: list[str] = np.where(known, written, "").tolist()
    return found
