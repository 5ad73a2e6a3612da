"""The parser of CSV and TSV: the text as it is, with its rows and its header as sections."""

import re
from collections.abc import Iterator
from dataclasses import replace

from ai_llm_service.domain import Extraction, Section, SectionKind
from ai_llm_service.search.extract.headers import header_row
from ai_llm_service.search.extract.plain import parse_plain
from ai_llm_service.search.extract.records import delimiter_of, split_records
from ai_llm_service.search.extract.source import Source

HEAD_CHARACTERS = 64 * 1024
# A quote that spans more lines than this is a stray one.
MAX_LINES_OF_A_ROW = 200
MAX_ROWS_OF_LINES = 20_000

_QUOTED = re.compile(r'(?:(?<=[\n,;\t|])|\A)"(?:[^"]|"")*+"')

Span = tuple[int, int]


def parse_delimited(source: Source) -> Extraction:
    """Read it as it is; a row that takes several lines is a section of its own."""
    plain = parse_plain(source)
    text = plain.text
    sections = tuple(_rows(text))
    header = _header(text, sections)
    return replace(plain, sections=(*header, *sections))


def _header(text: str, rows: tuple[Section, ...]) -> tuple[Section, ...]:
    head = text[:HEAD_CHARACTERS]
    records = split_records(head, delimiter_of(head))
    found = header_row(records)
    if found is None:
        return ()
    start, number = 0, 1
    for section in rows:
        lines = section.label, text[section.start : section.end].split("\n", found + 1)
        if section.kind is SectionKind.ROW:
            if number == found + 1:
                return (Section(SectionKind.HEADER, lines[0], section.start, section.end),)
            number += 1
            continue
        for line in lines[1]:
            end = start + len(line)
            if number == found + 1:
                return (Section(SectionKind.HEADER, str(number), start, end),)
            number, start = number + 1, end + 1
    return ()


def _rows(text: str) -> Iterator[Section]:
    """Take the rows in runs: those of one line each together, one of several lines alone."""
    at, row = 0, 1
    for count, (start, end) in enumerate(_long_rows(text)):
        if start > at:
            yield Section(SectionKind.ROWS, str(row), at, start)
            row += text.count("\n", at, start)
        yield Section(SectionKind.ROW, str(row), start, end)
        at, row = end + 1, row + 1
        if count == MAX_ROWS_OF_LINES:
            return
    if at < len(text):
        yield Section(SectionKind.ROWS, str(row), at, len(text))


def _long_rows(text: str) -> Iterator[Span]:
    """Find the rows with a line break within quotes."""
    last: Span | None = None
    for quoted in _QUOTED.finditer(text):
        breaks = text.count("\n", *quoted.span())
        if not 0 < breaks <= MAX_LINES_OF_A_ROW:
            continue
        start = text.rfind("\n", 0, quoted.start()) + 1
        end = text.find("\n", quoted.end())
        span = start, len(text) if end < 0 else end
        if last and span[0] <= last[1]:
            last = last[0], max(last[1], span[1])
            continue
        if last:
            yield last
        last = span
    if last:
        yield last
