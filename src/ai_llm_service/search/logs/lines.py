"""The lines of a log as rows of a table: time, level, source, template, fields and text."""

import math
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

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
# Of earlier ones the year would be written in less than four digits.
FIRST_YEAR = 1000
_START = datetime(1970, 1, 1, tzinfo=UTC)

Place = tuple[int, int, int]


def lines_of(table: LogTable) -> Iterator[list[str]]:
    """A row for each line, all cells written; what a line does not have is empty."""
    places = [_places(template) for template in table.template_texts]
    row = 0
    for piece in pieces(table.text):
        for line in piece:
            template = int(table.templates[row])
            yield [
                _time(float(table.times[row])),
                _name(table.level_names, int(table.levels[row])),
                _name(table.source_names, int(table.sources[row])),
                _name(table.template_texts, template),
                _fields(table, line, places[template]) if template >= 0 else "",
                line,
            ]
            row += 1


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


def _fields(table: LogTable, line: str, places: Sequence[Place]) -> str:
    if not places:
        return ""
    head = table.reader.head(line)
    words = (line if head is None else head[4]).split()
    return FIELD_END.join(
        words[at][before : len(words[at]) - after]
        for at, before, after in places
        if at < len(words)
    )


def _name(names: Sequence[str], number: int) -> str:
    return "" if number == NO_NAME else names[number]


def _time(seconds: float) -> str:
    if math.isnan(seconds):
        return ""
    try:
        moment = _START + timedelta(seconds=round(seconds, 6))
    except OverflowError:
        return ""
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f") if moment.year >= FIRST_YEAR else ""
