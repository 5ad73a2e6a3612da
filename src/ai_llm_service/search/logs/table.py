"""A log as a table: for each line its record, time, level, source and template."""

import math
import re
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ai_llm_service.search.logs.drain import Drain
from ai_llm_service.search.logs.fields import Head
from ai_llm_service.search.logs.read import LineReader, reader_of
from ai_llm_service.search.logs.severity import Severity, severity_of

# The text is taken in pieces: a list of all lines would be larger than the text.
PIECE_CHARACTERS = 1 << 20
# Of a log without any order not each name is remembered.
MAX_NAMES = 100_000
NO_NAME = -1

Ints = NDArray[np.int32]
_STATUS = re.compile(r'"[^"]*" ([1-5])\d\d\b')


@dataclass(frozen=True, slots=True)
class LogTable:
    """Columns over the lines of a text; rows count from 0, lines from 1.

    A record is a line with a head and all that follows without one. `records` tells for each line
    the row of its head. Times, levels and sources are those of the head; a line that goes on has
    no level, source and template of its own (-1), but the time of its record.

    `messages` tells where the message of a record begins in its line, and is there after reading
    alone; -1: it is no end of it.
    """

    text: str
    reader: LineReader
    starts: NDArray[np.int64]
    records: Ints
    times: NDArray[np.float64]
    levels: Ints
    sources: Ints
    templates: Ints
    level_names: tuple[str, ...]
    source_names: tuple[str, ...]
    template_texts: tuple[str, ...]
    messages: Ints | None = None

    @property
    def line_count(self) -> int:
        return len(self.starts)

    @property
    def heads(self) -> NDArray[np.int64]:
        """The rows where records begin."""
        return np.flatnonzero(self.templates >= 0)

    def line(self, row: int) -> str:
        return self.text[slice(*self.span(row))]

    def span(self, row: int, last: int | None = None) -> tuple[int, int]:
        """The characters of a row, or of all rows to the last one; without the last newline."""
        after = (row if last is None else last) + 1
        if after < len(self.starts):
            return int(self.starts[row]), int(self.starts[after]) - 1
        return int(self.starts[row]), len(self.text) - self.text.endswith("\n")

    def row_at(self, offset: int) -> int:
        return bisect_right(self.starts, offset) - 1

    def head(self, row: int) -> Head:
        """The parts of a line, read again."""
        line = self.line(row)
        return self.reader.head(line) or ("", math.nan, "", "", line)

    def time_text(self, row: int) -> str:
        """The time of a row's record, as it is written there."""
        return self.head(int(self.records[row]))[0]

    def severity(self, row: int) -> Severity:
        level = int(self.levels[row])
        return severity_of(self.level_names[level]) if level >= 0 else Severity.UNKNOWN

    def record_end(self, head: int) -> int:
        """The last row of the record that begins here; blank lines at its end are not its own."""
        after = int(np.searchsorted(self.records, head, side="right"))
        last = max(after - 1, head)
        while last > head and not self.line(last).strip():
            last -= 1
        return last


def read_table(text: str, check: Callable[[], None] = lambda: None) -> LogTable | None:
    """The table of a log; None where the text is no log. `check` is called often and may raise."""
    reader = reader_of(text)
    if reader is None:
        return None
    rows = _Rows(reader)
    for piece in pieces(text):
        check()
        rows.read(piece)
    return rows.table(text)


def pieces(text: str) -> Iterator[list[str]]:
    """The lines of the text, some thousands at a time."""
    start, length = 0, len(text)
    while start < length:
        cut = text.find("\n", start + PIECE_CHARACTERS)
        end = cut if cut >= 0 else length - text.endswith("\n")
        yield text[start:end].split("\n")
        start = end + 1


@dataclass(slots=True)
class _Names:
    """Numbers for the names of a column, in the order in which they came."""

    numbers: dict[str, int] = field(default_factory=dict)

    def number(self, name: str) -> int:
        if not name:
            return NO_NAME
        known = self.numbers.get(name)
        if known is None:
            if len(self.numbers) >= MAX_NAMES:
                return NO_NAME
            known = self.numbers[name] = len(self.numbers)
        return known


def _kind(level: int, message: str) -> int:
    """Tell apart what never shares a template: levels, or the classes of a request's status."""
    found = _STATUS.search(message) if level == NO_NAME and '"' in message else None
    return level if found is None else -1 - int(found[1])


@dataclass(slots=True)
class _Rows:
    """The columns while they are read."""

    reader: LineReader
    lengths: "array[int]" = field(default_factory=lambda: array("q"))
    records: "array[int]" = field(default_factory=lambda: array("i"))
    times: "array[float]" = field(default_factory=lambda: array("d"))
    levels: "array[int]" = field(default_factory=lambda: array("i"))
    sources: "array[int]" = field(default_factory=lambda: array("i"))
    templates: "array[int]" = field(default_factory=lambda: array("i"))
    messages: "array[int]" = field(default_factory=lambda: array("i"))
    level_names: _Names = field(default_factory=_Names)
    source_names: _Names = field(default_factory=_Names)
    drain: Drain = field(default_factory=Drain)
    last_record: int = -1
    last_time: float = math.nan

    def read(self, lines: list[str]) -> None:
        read_head, row = self.reader.head, len(self.lengths)
        for line in lines:
            self.lengths.append(len(line) + 1)
            head = read_head(line) if line else None
            if head is None and self.last_record < 0 and line.strip():
                # What stands before the first record is one of its own.
                head = ("", math.nan, "", "", line)
            if head is None:
                self._go_on(row)
                self.messages.append(-1)
            else:
                self._begin(row, head)
                is_end = line.endswith(head[4])
                self.messages.append(len(line) - len(head[4]) if is_end else -1)
            row += 1

    def _begin(self, row: int, head: Head) -> None:
        _, seconds, level, source, message = head
        if seconds == seconds:  # noqa: PLR0124  (quicker than math.isnan)
            self.last_time = seconds
        self.last_record = row
        number = self.level_names.number(level)
        self.records.append(row)
        self.times.append(self.last_time)
        self.levels.append(number)
        self.sources.append(self.source_names.number(source))
        self.templates.append(self.drain.add(message, _kind(number, message)))

    def _go_on(self, row: int) -> None:
        self.records.append(self.last_record if self.last_record >= 0 else row)
        self.times.append(self.last_time)
        self.levels.append(NO_NAME)
        self.sources.append(NO_NAME)
        self.templates.append(NO_NAME)

    def table(self, text: str) -> LogTable:
        ends = np.cumsum(np.array(self.lengths, np.int64))
        starts = np.concatenate([np.zeros(1, np.int64), ends[:-1]]) if len(ends) else ends
        return LogTable(
            text=text,
            reader=self.reader,
            starts=starts,
            records=np.array(self.records, np.int32),
            times=np.array(self.times, np.float64),
            levels=np.array(self.levels, np.int32),
            sources=np.array(self.sources, np.int32),
            templates=np.array(self.templates, np.int32),
            level_names=tuple(self.level_names.numbers),
            source_names=tuple(self.source_names.numbers),
            template_texts=tuple(self.drain.templates),
            messages=np.array(self.messages, np.int32),
        )
