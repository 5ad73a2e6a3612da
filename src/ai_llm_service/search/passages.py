"""Which parts of the documents one prompt gets: all of them, or the best ones."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ai_llm_service.domain import Chunk, Extraction, Passage, SectionKind
from ai_llm_service.search.base import Source
from ai_llm_service.search.retrieve import SessionIndex

# Neighbours are joined up to about a page, so that a citation still points to a place.
MAX_PASSAGE_CHARACTERS = 4000
MAX_OPENINGS = 3


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A passage and the numbers of the chunks that it holds."""

    passage: Passage
    chunk_numbers: tuple[int, ...]


def page_of(extraction: Extraction, offset: int) -> int | None:
    """The page that holds the offset, or None where a document has no pages."""
    for section in extraction.sections:
        if section.kind is SectionKind.PAGE and section.start <= offset < section.end:
            return int(section.label) if section.label.isdigit() else None
    return None


def all_of(sources: Iterable[Source]) -> list[Excerpt]:
    """The whole text in order, each character once."""
    return [excerpt for source in sources for excerpt in _whole_document(source)]


def best_of(index: SessionIndex, found: Sequence[tuple[int, float]]) -> list[Excerpt]:
    """The found chunks with their neighbours, best first; those that touch are one passage."""
    sources = {source.document.id: source for source in index.sources}
    excerpts: list[Excerpt] = []
    for position, score in found:
        chunk = index.chunk(position)
        source = sources[chunk.document_id]
        new = _with_neighbours(source, chunk, score)
        _join_or_append(excerpts, new, source.ingested.extraction)
    return excerpts


def chunks_of(index: SessionIndex, found: Sequence[tuple[int, float]]) -> list[Excerpt]:
    """The found chunks alone, best first."""
    sources = {source.document.id: source for source in index.sources}
    chunks = [(index.chunk(position), score) for position, score in found]
    return [
        Excerpt(_passage(sources[chunk.document_id], chunk, score), (chunk.number,))
        for chunk, score in chunks
    ]


def _with_neighbours(source: Source, chunk: Chunk, score: float) -> Excerpt:
    """The chunk and those before and behind it, where they are of one page."""
    chunks, extraction = source.ingested.chunks, source.ingested.extraction
    found = Excerpt(_passage(source, chunk, score), (chunk.number,))
    for number in (chunk.number - 1, chunk.number + 1):
        if 0 <= number < len(chunks):
            other = Excerpt(_passage(source, chunks[number], score), (number,))
            if _may_join(found.passage, other.passage, extraction.text):
                found = _join(found, other, extraction)
    return found


def excerpt_at(
    source: Source, start: int, end: int, numbers: Sequence[int], score: float
) -> Excerpt:
    """The excerpt of a place that was chosen before."""
    text = source.ingested.extraction.text[start:end]
    chunk = Chunk(source.document.id, numbers[0] if numbers else 0, start, end, text)
    return Excerpt(_passage(source, chunk, score), tuple(numbers))


def with_openings(
    index: SessionIndex,
    found: Sequence[tuple[int, float]],
    limit: int,
    allowed: Sequence[range] | None,
) -> list[tuple[int, float]]:
    """Fill up with the first chunk of each document: there a text says what it is about."""
    seen = {position for position, _ in found}
    if allowed is None:
        allowed = [index.positions(source.document.id) for source in index.sources]
    openings = [(each.start, 0.0) for each in allowed if each and each.start not in seen]
    return [*found, *openings[:MAX_OPENINGS]][: max(limit, len(found))]


def _whole_document(source: Source) -> list[Excerpt]:
    extraction = source.ingested.extraction
    excerpts: list[Excerpt] = []
    read_to = 0
    for chunk in source.ingested.chunks:
        start = max(chunk.start, read_to)
        if start >= chunk.end:
            continue
        piece = replace(chunk, start=start, text=extraction.text[start : chunk.end])
        new = Excerpt(_passage(source, piece, 1.0), (chunk.number,))
        last = excerpts[-1] if excerpts else None
        if last is not None and _may_join(last.passage, new.passage, extraction.text):
            excerpts[-1] = _join(last, new, extraction)
        else:
            excerpts.append(new)
        read_to = chunk.end
    return excerpts


def _passage(source: Source, chunk: Chunk, score: float) -> Passage:
    page = page_of(source.ingested.extraction, chunk.start)
    return Passage(chunk, source.document.name, score, page)


def _may_join(left: Passage, right: Passage, text: str) -> bool:
    """Two pieces of one page that touch, overlap, or have only blanks between them."""
    first, second = sorted((left.chunk, right.chunk), key=lambda chunk: chunk.start)
    return (
        first.document_id == second.document_id
        and left.page == right.page
        and max(first.end, second.end) - first.start <= MAX_PASSAGE_CHARACTERS
        and not text[first.end : second.start].strip()
    )


def _join(left: Excerpt, right: Excerpt, extraction: Extraction) -> Excerpt:
    start = min(left.passage.chunk.start, right.passage.chunk.start)
    end = max(left.passage.chunk.end, right.passage.chunk.end)
    numbers = tuple(sorted({*left.chunk_numbers, *right.chunk_numbers}))
    chunk = replace(
        left.passage.chunk,
        number=numbers[0],
        start=start,
        end=end,
        text=extraction.text[start:end],
    )
    return Excerpt(replace(left.passage, chunk=chunk), numbers)


def _join_or_append(excerpts: list[Excerpt], new: Excerpt, extraction: Extraction) -> None:
    for place, excerpt in enumerate(excerpts):
        same_document = excerpt.passage.chunk.document_id == new.passage.chunk.document_id
        if same_document and _may_join(excerpt.passage, new.passage, extraction.text):
            excerpts[place] = _join(excerpt, new, extraction)
            return
    excerpts.append(new)
