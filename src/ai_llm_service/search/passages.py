"""Which parts of the documents one prompt gets: all of them, or the best ones."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ai_llm_service.domain import Chunk, Extraction, Passage, SectionKind
from ai_llm_service.search.retrieve import Bm25Index, Source

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


def best_of(index: Bm25Index, found: Sequence[tuple[int, float]]) -> list[Excerpt]:
    """The found chunks, best first; those that overlap become one passage."""
    sources = {source.document.id: source for source in index.sources}
    excerpts: list[Excerpt] = []
    for position, score in found:
        chunk = index.chunk(position)
        source = sources[chunk.document_id]
        new = Excerpt(_passage(source, chunk, score), (chunk.number,))
        _join_or_append(excerpts, new, source.ingested.extraction)
    return excerpts


def with_openings(
    index: Bm25Index, found: Sequence[tuple[int, float]], limit: int, document_id: str | None
) -> list[tuple[int, float]]:
    """Fill up with the first chunk of each document: there a text says what it is about."""
    seen = {position for position, _ in found}
    openings: list[tuple[int, float]] = []
    position = 0
    for source in index.sources:
        is_wanted = document_id in {None, source.document.id} and source.ingested.chunks
        if is_wanted and position not in seen:
            openings.append((position, 0.0))
        position += len(source.ingested.chunks)
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
