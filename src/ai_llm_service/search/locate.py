"""Finds in our own text what a provider's search found in its copy of the same file.

The provider extracts and cuts by itself: blanks differ, and sometimes more. Only ranges of the
canonical text are ever quoted, so a piece that is not found word for word stands for the chunk
that shares most words with it.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence

from ai_llm_service.domain import Chunk, FoundText, Passage
from ai_llm_service.search.base import Source
from ai_llm_service.search.found import Wanted
from ai_llm_service.search.passages import Excerpt, page_of
from ai_llm_service.search.retrieve import SessionIndex
from ai_llm_service.text import words

# So many characters without blanks are found at one place of a document only.
ANCHOR_CHARACTERS = 40
ANCHORS = 6


def located(
    index: SessionIndex, sources: Sequence[Source], found: Iterable[tuple[str, FoundText]]
) -> list[Excerpt]:
    """The excerpts of our texts that stand for the pieces, each a document's id and its text."""
    by_id = {source.document.id: source for source in sources}
    excerpts: dict[tuple[str, int, int], Excerpt] = {}
    for document_id, piece in found:
        source = by_id.get(document_id)
        excerpt = _excerpt(index, source, piece) if source else None
        if excerpt is not None:
            chunk = excerpt.passage.chunk
            excerpts.setdefault((document_id, chunk.start, chunk.end), excerpt)
    return list(excerpts.values())


def _excerpt(index: SessionIndex, source: Source, piece: FoundText) -> Excerpt | None:
    span = _span(source.ingested.extraction.text, piece.text)
    if span is None:
        span = _nearest(index, source, piece.text)
    return _excerpt_of(source, *span, piece.score) if span else None


def _span(text: str, piece: str) -> tuple[int, int] | None:
    """Where the piece stands in the text, blanks aside; by parts of it where it differs."""
    places = [place for place, character in enumerate(text) if not character.isspace()]
    compact = "".join(text[place] for place in places)
    wanted = "".join(piece.split())
    at = compact.find(wanted) if wanted else -1
    if at >= 0:
        return places[at], places[at + len(wanted) - 1] + 1
    step = max(1, (len(wanted) - ANCHOR_CHARACTERS) // ANCHORS)
    for offset in range(0, len(wanted) - ANCHOR_CHARACTERS + 1, step):
        at = compact.find(wanted[offset : offset + ANCHOR_CHARACTERS])
        if at >= 0:
            first = max(0, at - offset)
            last = min(len(places), first + len(wanted)) - 1
            return places[first], places[last] + 1
    return None


def _nearest(index: SessionIndex, source: Source, piece: str) -> tuple[int, int] | None:
    wanted = Wanted(words(piece))
    hits = index.search(wanted, 1, [index.positions(source.document.id)]).hits
    if not hits:
        return None
    chunk = index.chunk(hits[0][0])
    return chunk.start, chunk.end


def _excerpt_of(source: Source, start: int, end: int, score: float) -> Excerpt:
    extraction = source.ingested.extraction
    chunks = source.ingested.chunks
    first = max(0, bisect_left(range(len(chunks)), start, key=lambda n: chunks[n].end))
    numbers = []
    for number in range(first, len(chunks)):
        if chunks[number].start >= end:
            break
        if chunks[number].end > start:
            numbers.append(number)
    chunk = Chunk(
        source.document.id, numbers[0] if numbers else 0, start, end, extraction.text[start:end]
    )
    passage = Passage(
        chunk, source.document.name, min(max(score, 0.0), 1.0), page_of(extraction, start)
    )
    return Excerpt(passage, tuple(numbers))
