"""A log in a few thousand tokens: what ran, what failed first, what repeated, how it ended.

Each entry is a range of whole lines of the canonical text, with a note on what is known of it, so
that whatever is said about a log can cite its lines.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from ai_llm_service.search.logs.clock import duration_text
from ai_llm_service.search.logs.notes import kind_note, overview_note, place_note
from ai_llm_service.search.logs.severity import Severity
from ai_llm_service.search.logs.stats import Kind, gaps, kinds
from ai_llm_service.search.logs.table import LogTable
from ai_llm_service.search.logs.traces import root_line
from ai_llm_service.text import estimate_tokens

DIGEST_TOKENS = 4000
# What a prompt writes around each entry: its number, the name of the file, the delimiters.
TOKENS_PER_ENTRY = 30
OPENING_RECORDS, RECORDS_BEFORE = 3, 3
# What else there is than errors and the ends, by how much it tells.
GRAVE, OFTEN, DETAIL = 0.8, 0.6, 0.2
MAX_LINE_CHARACTERS = 240
MIN_LINE_CHARACTERS = 90
_MILESTONE = re.compile(
    r"\b(?:start\w*|begin\w*|running|version\w*|stage|step|phase|finish\w*|complet\w*|done|end\w*"
    r"|stop\w*|shut\w*|connected|loaded|exit\w*|success\w*|summary|total)\b",
    re.IGNORECASE,
)
# Of an endless trace its beginning, its root and its end.
MAX_TRACE_LINES, MAX_DETAIL_LINES, TRACE_WIDTHS = 60, 5, 25
MAX_WARNINGS, MAX_COMMON, MAX_GAPS = 15, 12, 2
# A pause is worth telling when it is this share of the whole.
LEAST_GAP_SHARE, LEAST_GAP_SECONDS = 0.05, 5.0


@dataclass(frozen=True, slots=True)
class Entry:
    """A place of the log, in characters of its text, end exclusive, and what is known about it."""

    start: int
    end: int
    note: str
    # Whether the note tells more than a reader of the lines can see.
    is_telling: bool = True
    # How much it matters, from 0 to 1.
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Digest:
    """The entries, the most important first; `left_out` counts the kinds of error without one."""

    entries: tuple[Entry, ...]
    left_out: int = 0


def digest(
    table: LogTable, budget_tokens: int = DIGEST_TOKENS, tokens_per_entry: int = TOKENS_PER_ENTRY
) -> Digest:
    """The digest of a log within the budget: every kind of error first, then what else there is."""
    found = kinds(table)
    errors = [kind for kind in found if kind.severity >= Severity.ERROR]
    width = MAX_LINE_CHARACTERS
    chosen = _Chosen(table, budget_tokens, tokens_per_entry)
    while True:
        chosen = _Chosen(table, budget_tokens, tokens_per_entry, width)
        chosen.take(_needed(table, found, errors, width))
        if not chosen.refused or width <= MIN_LINE_CHARACTERS:
            break
        width = max(width * 2 // 3, MIN_LINE_CHARACTERS)
    left_out = len(chosen.refused)
    chosen.take(_wished(table, found, errors, width))
    return Digest(tuple(chosen.entries), left_out)


class _Chosen:
    """The entries that had room."""

    def __init__(
        self, table: LogTable, budget: int, per_entry: int, width: int = MAX_LINE_CHARACTERS
    ) -> None:
        self._table = table
        self._left = budget
        self._per_entry = per_entry
        self._width = width
        self.entries: list[Entry] = []
        self.refused: list[Entry] = []

    def take(self, wanted: Iterable[Entry]) -> None:
        for entry in wanted:
            place = self._covering(entry)
            if place is None:
                self._add(entry)
            else:
                self._add_note(place, entry)

    def _add(self, entry: Entry) -> None:
        """Add it, or let it take the place of the one that has only its first line."""
        shorter = [one for one in self.entries if one.start == entry.start]
        cost = self._cost(entry) - sum(map(self._cost, shorter))
        if cost > self._left:
            self.refused.append(entry)
            return
        self._left -= cost
        if shorter:
            self.entries[self.entries.index(shorter[0])] = replace(shorter[0], end=entry.end)
        else:
            self.entries.append(entry)

    def _covering(self, entry: Entry) -> int | None:
        for place, chosen in enumerate(self.entries):
            if chosen.start <= entry.start and entry.end <= chosen.end:
                return place
        return None

    def _add_note(self, place: int, entry: Entry) -> None:
        chosen, note = self.entries[place], entry.note
        cost = estimate_tokens(note) + 1
        if entry.is_telling and note not in chosen.note and cost <= self._left:
            self._left -= cost
            self.entries[place] = replace(chosen, note=f"{chosen.note}; {note}")

    def _cost(self, entry: Entry) -> int:
        body = estimate_tokens(self._table.text[entry.start : entry.end])
        return body + estimate_tokens(entry.note) + self._per_entry


def _needed(
    table: LogTable, found: Sequence[Kind], errors: Sequence[Kind], width: int
) -> list[Entry]:
    """What no digest may lack: the beginning, each kind of error, the end."""
    heads = table.heads
    if not len(heads):
        return []
    opening = _rows(table, int(heads[0]), int(heads[min(OPENING_RECORDS, len(heads)) - 1]), width)
    entries = [replace(opening, note=overview_note(table, found))]
    entries += _first_error(table, errors, width)
    last = int(heads[-1])
    entries.append(_trace(table, last, f"the last entry, {place_note(table, last)}", width))
    return entries + [_of_error(table, kind, width) for kind in errors]


def _wished(
    table: LogTable, found: Sequence[Kind], errors: Sequence[Kind], width: int
) -> list[Entry]:
    """What helps to understand, as far as there is room."""
    entries = []
    if errors:
        entries += _before(table, errors[0].first, "the first error", width)
    entries += _before(table, int(table.heads[-1]), "the last entry", width)
    entries += [_with_trace(table, kind, width) for kind in errors if kind.count == 1]
    warnings = [kind for kind in found if kind.severity is Severity.WARNING]
    entries += [_of_kind(table, kind, width) for kind in _by_count(warnings)[:MAX_WARNINGS]]
    entries += _pauses(table, width)
    quiet = [kind for kind in found if kind.severity < Severity.WARNING]
    often = [kind for kind in _by_count(quiet)[:MAX_COMMON] if kind.count > 1]
    entries += [_of_kind(table, kind, width) for kind in often]
    once = sorted((kind for kind in quiet if kind.count == 1), key=_is_milestone(table))
    return entries + [_of_kind(table, kind, width) for kind in once]


def _is_milestone(table: LogTable) -> Callable[[Kind], bool]:
    """A key that sorts what begins, ends or names a version before all else."""
    return lambda kind: _MILESTONE.search(table.template_texts[kind.template]) is None


def _by_count(wanted: Sequence[Kind]) -> list[Kind]:
    return sorted(wanted, key=lambda kind: (-kind.count, kind.first))


def _first_error(table: LogTable, errors: Sequence[Kind], width: int) -> list[Entry]:
    """The first error with its trace, and the one that has the first trace if that is another."""
    if not errors:
        return []
    first = min(errors, key=lambda kind: kind.first)
    entries = [_trace(table, first.first, f"first error, {place_note(table, first.first)}", width)]
    for kind in errors:
        last = table.record_end(kind.first)
        lines = [table.line(row) for row in range(kind.first, last + 1)]
        root = root_line(lines)
        if root is not None:
            note = f"first stack trace, root error in line {kind.first + root + 1}: "
            entries.append(_trace(table, kind.first, note + lines[root].strip()[:width], width))
            break
    return entries


def _with_trace(table: LogTable, kind: Kind, width: int) -> Entry:
    entry = _trace(table, kind.first, kind_note(table, kind), width)
    return replace(entry, is_telling=False)


def _trace(table: LogTable, head: int, note: str, width: int) -> Entry:
    last = table.record_end(head)
    if last == head:
        return replace(_rows(table, head, head, width), note=note)
    start, end = table.span(head, min(last, head + MAX_TRACE_LINES - 1))
    return Entry(start, min(end, start + TRACE_WIDTHS * width), note)


def _of_kind(table: LogTable, kind: Kind, width: int) -> Entry:
    is_grave = kind.severity >= Severity.WARNING
    weight = GRAVE if is_grave else OFTEN if kind.count > 1 else DETAIL
    entry = _rows(table, kind.first, kind.first, width)
    note = kind_note(table, kind)
    return replace(entry, note=note, is_telling=kind.count > 1, weight=weight)


def _of_error(table: LogTable, kind: Kind, width: int) -> Entry:
    """The line of an error, with the few that go on with it."""
    last = table.record_end(kind.first)
    if last - kind.first > MAX_DETAIL_LINES or width < MAX_LINE_CHARACTERS:
        return _of_kind(table, kind, width)
    entry = _rows(table, kind.first, last, width)
    return replace(entry, note=kind_note(table, kind), is_telling=kind.count > 1)


def _before(table: LogTable, row: int, what: str, width: int) -> list[Entry]:
    """The records before a row."""
    heads = table.heads
    place = int((heads < row).sum())
    if not place:
        return []
    first = int(heads[max(place - RECORDS_BEFORE, 0)])
    note = f"just before {what}, from line {first + 1}"
    return [replace(_rows(table, first, row - 1, width), note=note, weight=DETAIL)]


def _pauses(table: LogTable, width: int) -> list[Entry]:
    times = table.times[table.times == table.times]
    if not len(times):
        return []
    least = max(LEAST_GAP_SECONDS, LEAST_GAP_SHARE * float(times.max() - times.min()))
    found = [gap for gap in gaps(table, MAX_GAPS) if gap[2] >= least]
    return [
        replace(
            _rows(table, before, after, width),
            note=f"pause of {duration_text(seconds)} after line {before + 1}",
            weight=OFTEN,
        )
        for before, after, seconds in found
    ]


def _rows(table: LogTable, first: int, last: int, width: int) -> Entry:
    """Whole lines; what is longer than so many lines of the width is cut."""
    start, end = table.span(first, last)
    return Entry(start, min(end, start + width * (last - first + 1)), "")
