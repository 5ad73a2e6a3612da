"""Citations of a computed answer: the table and the rows that its result rests on."""

from ai_llm_service.domain import Citation, Extraction, SectionKind
from ai_llm_service.search.tables.sandbox import Result
from ai_llm_service.search.tables.session import SessionTable

MAX_QUOTE_CHARACTERS = 1000


def citation_of(
    number: int, table: SessionTable, result: Result, extraction: Extraction | None
) -> Citation:
    """Cite the rows where they are known, and quote the first; else cite the table alone.

    What rests on no row, or on all rows of several tables, was computed but not found in a quote.
    """
    rows = result.origin_rows if result.origin_view == table.view else ()
    known = (min(rows), max(rows)) if rows else None
    start, end = _range(extraction, table, rows[0]) if rows and extraction else (0, 0)
    text = extraction.text if extraction else ""
    return Citation(
        number=number,
        document_id=table.document.id,
        document=table.document.name,
        page=None,
        line=text.count("\n", 0, start) + 1,
        start=start,
        end=end,
        quote=text[start:end],
        verified=start < end,
        support=float(start < end),
        sheet=table.table.sheet,
        rows=known,
    )


def _range(extraction: Extraction, table: SessionTable, row: int) -> tuple[int, int]:
    """Find the text of a row: by the map, else by the lines of a text that is one table."""
    scope = (0, len(extraction.text))
    for section in extraction.sections:
        if section.kind is SectionKind.SHEET and section.label == table.table.sheet:
            scope = (section.start, section.end)
    for section in extraction.sections:
        inside = scope[0] <= section.start < scope[1] and section.label.isdigit()
        if section.kind is SectionKind.ROW and inside and int(section.label) == row:
            return _short(section.start, section.end)
        if section.kind is SectionKind.ROWS and inside and int(section.label) <= row:
            found = _line(extraction.text, section.start, section.end, row - int(section.label))
            if found:
                return found
    if extraction.sections or table.table.sheet or len(table.document.tables) > 1:
        return (0, 0)
    return _line(extraction.text, 0, len(extraction.text), row - 1) or (0, 0)


def _line(text: str, start: int, end: int, passed: int) -> tuple[int, int] | None:
    """Find the line that comes after so many others."""
    for _ in range(passed):
        start = text.find("\n", start, end) + 1
        if start == 0:
            return None
    stop = text.find("\n", start, end)
    return _short(start, end if stop < 0 else stop) if start < end else None


def _short(start: int, end: int) -> tuple[int, int]:
    return start, min(end, start + MAX_QUOTE_CHARACTERS)
