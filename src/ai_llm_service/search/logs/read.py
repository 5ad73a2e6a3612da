"""How the lines of one log are read: which forms it has, and what a line begins with."""

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ai_llm_service.search.logs.fields import Head, json_head, pairs_head
from ai_llm_service.search.logs.forms import FORMS, Form

# What is looked at to tell a log from another text: its beginning, and lines from all over.
SAMPLE_CHARACTERS = 60_000
SAMPLE_PLACES = 16
MAX_SAMPLE_LINES = 600
# No head of a line is longer.
HEAD_CHARACTERS = 400
# A longer line is prose without breaks, or one whole file: there is no record to be read in it.
MOST_CHARACTERS_OF_LINE = 20_000
MIN_RECORDS = 3
# So many lines at the margin begin as records do, or it is no log.
LEAST_SHARE, LEAST_SHARE_VAGUE = 0.35, 0.6
# A table has the same delimiters on all of its lines.
MIN_DELIMITERS, ALIKE_LINES = 2, 0.95

# The colours of a terminal; the canonical text has a blank for the escape.
COLOUR = re.compile(r"\x1b\[[\d;]{0,12}m| ?\[\d{1,3}(?:;\d{1,3})*m| \[m(?=\s)")
_PREFIX = re.compile(r"(?P<source>[a-z][\w.\-]{0,60}) +\| ")
_TRACE = re.compile(
    r"Traceback \(most recent call last\):|Exception in thread \""
    r"|^(?:[\w$]+\.)+\w*(?:Exception|Error)\b"
    r"|^\s+at [\w.$<>/]+\(.*\)|^\s+at .*:\d+:\d+\)?$|^panic: |^Caused by: "
)

Read = Callable[[str], Head | None]


@dataclass(frozen=True, slots=True)
class LineReader:
    """Reads the head of a line, if a record begins there."""

    forms: tuple[str, ...]
    readers: tuple[Read, ...]
    is_coloured: bool = False
    is_prefixed: bool = False

    def head(self, line: str) -> Head | None:
        """Time as written, its seconds (NaN: none), level, source and message; None: goes on."""
        if self.is_coloured and "m" in line:
            line = COLOUR.sub("", line)
        if self.is_prefixed and (prefix := _PREFIX.match(line)):
            return self._prefixed(line, prefix)
        for read in self.readers:
            if found := read(line):
                return found
        return None

    def _prefixed(self, line: str, prefix: re.Match[str]) -> Head:
        line = line[prefix.end() :]
        for read in self.readers:
            if found := read(line):
                return (*found[:3], prefix["source"], found[4])
        return ("", math.nan, "", prefix["source"], line)


def reader_of(text: str) -> LineReader | None:
    """How to read this log; None where the text is no log."""
    lines = _sample(text)
    coloured = sum(COLOUR.search(line) is not None for line in lines) * 10 > len(lines)
    if coloured:
        lines = [COLOUR.sub("", line) for line in lines]
    prefixed = [match for line in lines if (match := _PREFIX.match(line))]
    is_prefixed = len(prefixed) * 2 > len(lines) >= MIN_RECORDS
    if is_prefixed:
        lines = [line[match.end() :] for line in lines if (match := _PREFIX.match(line))]
    found = Counter(name for line in lines if (name := _form_of(line)) is not None)
    if not is_prefixed and not _is_log(lines, found):
        return None
    wanted = [form for form in FORMS if found[form.pattern.pattern]]
    readers = [_read(form) for form in wanted]
    named = [(found["json"], json_head), (found["pairs"], pairs_head)]
    first = [read for count, read in named if count]
    names = {
        "json": "json",
        "pairs": "pairs",
        **{form.pattern.pattern: form.name for form in FORMS},
    }
    forms = tuple(dict.fromkeys(names[key] for key, _ in found.most_common()))
    return LineReader(forms, tuple(first + readers), coloured, is_prefixed)


def _sample(text: str) -> list[str]:
    """Lines of the beginning and of places all over the text, none of them cut but endless ones."""
    lines = list(_whole_lines(text, 0, SAMPLE_CHARACTERS // 2))[: MAX_SAMPLE_LINES // 2]
    if len(text) > SAMPLE_CHARACTERS:
        piece = SAMPLE_CHARACTERS // 2 // SAMPLE_PLACES
        for number in range(1, SAMPLE_PLACES + 1):
            place = len(text) * number // (SAMPLE_PLACES + 1)
            lines += list(_whole_lines(text, place, place + piece))[1:]
    elif len(text) > SAMPLE_CHARACTERS // 2:
        lines += list(_whole_lines(text, SAMPLE_CHARACTERS // 2, len(text)))[1:]
    said = [line for line in lines if line.strip()][:MAX_SAMPLE_LINES]
    return [line[:MOST_CHARACTERS_OF_LINE] for line in said]


def _whole_lines(text: str, start: int, end: int) -> Iterator[str]:
    last = end + MOST_CHARACTERS_OF_LINE
    stop = text.find("\n", min(end, len(text)), last)
    yield from text[start : last if stop < 0 else stop].split("\n")


def _form_of(line: str) -> str | None:
    if json_head(line):
        return "json"
    head = line[:HEAD_CHARACTERS]
    for form in FORMS:
        if form.pattern.match(head):
            return form.pattern.pattern
    return "pairs" if pairs_head(line) else None


def _is_log(lines: Sequence[str], found: Counter[str]) -> bool:
    vague = {form.pattern.pattern for form in FORMS if form.is_vague}
    exact = sum(count for key, count in found.items() if key not in vague)
    traces = sum(_TRACE.search(line) is not None for line in lines)
    at_margin = max(sum(not line[:1].isspace() for line in lines), 1)
    if exact >= MIN_RECORDS and exact >= LEAST_SHARE * (at_margin - traces):
        return not _is_table(lines, found["json"])
    if found.total() >= MIN_RECORDS and found.total() >= LEAST_SHARE_VAGUE * (at_margin - traces):
        return not _is_table(lines, found["json"])
    return traces >= 2 and traces * 4 >= len(lines)


def _is_table(lines: Sequence[str], json_lines: int) -> bool:
    """Whether the lines have cells: the same number of one delimiter on each of them."""
    if json_lines * 2 > len(lines):
        return False
    for delimiter in ",;\t":
        counts = Counter(line.count(delimiter) for line in lines)
        count, often = counts.most_common(1)[0]
        if count >= MIN_DELIMITERS and often >= ALIKE_LINES * len(lines):
            return True
    return False


def _read(form: Form) -> Read:
    match, to_seconds = form.pattern.match, form.seconds
    groups = form.pattern.groupindex
    has_time, has_level, has_source = ("time" in groups, "level" in groups, "source" in groups)

    def read(line: str) -> Head | None:
        found = match(line)
        if found is None:
            return None
        time = (found["time"] or "") if has_time else ""
        try:
            seconds = to_seconds(time) if time else math.nan
        except ValueError:
            seconds = math.nan
        level = (found["level"] or "") if has_level else ""
        source = (found["source"] or "") if has_source else ""
        return time, seconds, level, source, line[found.end() :]

    return read
