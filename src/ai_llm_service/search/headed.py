"""What the vectors of chunks are made of: rows of a table together with their columns' names."""

from bisect import bisect_right
from collections.abc import Sequence

from ai_llm_service.domain import Chunk, Extraction, Section, SectionKind

# A longer row of names says more of the table than of the rows.
MAX_HEADER_CHARACTERS = 300


def texts_to_embed(extraction: Extraction, chunks: Sequence[Chunk]) -> list[str]:
    """The text of each chunk; where it is of rows alone, under the names of their columns."""
    headers = _headers(extraction)
    starts = [header.start for header, _ in headers]
    return [_headed(extraction.text, chunk, headers, starts) for chunk in chunks]


def _headed(
    text: str, chunk: Chunk, headers: Sequence[tuple[Section, int]], starts: Sequence[int]
) -> str:
    place = bisect_right(starts, chunk.start) - 1
    if place < 0:
        return chunk.text
    header, end_of_table = headers[place]
    if not header.end <= chunk.start < end_of_table:
        return chunk.text
    names = text[header.start : min(header.end, header.start + MAX_HEADER_CHARACTERS)]
    return f"{names}\n{chunk.text}"


def _headers(extraction: Extraction) -> list[tuple[Section, int]]:
    """Each header with the end of its table: of its sheet, or of a text that is one table."""
    sheets = [each for each in extraction.sections if each.kind is SectionKind.SHEET]
    found = [each for each in extraction.sections if each.kind is SectionKind.HEADER]
    return [(each, _end_of(each, sheets, len(extraction.text))) for each in found]


def _end_of(header: Section, sheets: Sequence[Section], total: int) -> int:
    return next((each.end for each in sheets if each.start <= header.start < each.end), total)
