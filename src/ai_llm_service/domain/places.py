"""Where in its document a character stands, as a reader would say it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from ai_llm_service.domain.documents import Extraction, Section, SectionKind

NUMBERED_ROWS = frozenset([SectionKind.HEADER, SectionKind.ROW])


@dataclass(frozen=True, slots=True)
class Place:
    """All numbers are from 1, and rows as a spreadsheet counts them; None where there is none."""

    page: int | None = None
    slide: int | None = None
    sheet: str | None = None
    row: int | None = None
    line: int = 1
    part: str | None = None
    heading: str | None = None


def place_of(extraction: Extraction, offset: int) -> Place:
    """Find the place of one character; of two sections of a kind, the inner one counts."""
    place = Place(line=extraction.text.count("\n", 0, offset) + 1)
    for section in sections_at(extraction.sections, offset):
        place = _within(place, section, extraction.text, offset)
    return place


def rows_of(extraction: Extraction, start: int, end: int) -> tuple[int, int] | None:
    """Find the first and last row that a range of the text touches."""
    first = place_of(extraction, start).row
    last = place_of(extraction, max(start, end - 1)).row
    return None if first is None or last is None else (first, max(first, last))


def header_of(extraction: Extraction, offset: int) -> Section | None:
    """Find the row of column names of the table that holds this place: that of its sheet."""
    around = [Section(SectionKind.PART, "", 0, len(extraction.text))]
    tables = {SectionKind.SHEET, SectionKind.PART}
    around += [each for each in sections_at(extraction.sections, offset) if each.kind in tables]
    table = around[-1]
    for section in extraction.sections:
        is_inside = table.start <= section.start and section.end <= table.end
        if section.kind is SectionKind.HEADER and is_inside:
            return section
    return None


def sections_at(sections: Iterable[Section], offset: int) -> Iterator[Section]:
    """Take the sections that hold this place, as they stand in the map: outer ones first."""
    return (section for section in sections if section.start <= offset < section.end)


def _within(place: Place, section: Section, text: str, offset: int) -> Place:
    label, kind = section.label, section.kind
    number = int(label) if label.isascii() and label.isdigit() else None
    if kind is SectionKind.PAGE:
        return replace(place, page=number)
    if kind is SectionKind.SLIDE:
        return replace(place, slide=number)
    if kind is SectionKind.SHEET:
        return replace(place, sheet=label)
    if kind is SectionKind.PART:
        return replace(place, part=label)
    if kind is SectionKind.HEADING:
        return replace(place, heading=label)
    before = 0 if kind in NUMBERED_ROWS else text.count("\n", section.start, offset)
    return replace(place, row=None if number is None else number + before)
