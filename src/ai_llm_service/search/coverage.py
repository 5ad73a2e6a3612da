"""How much of the documents was read for an answer."""

from collections import defaultdict
from collections.abc import Iterable

from ai_llm_service.domain import Coverage, DocumentCoverage
from ai_llm_service.search.base import Source
from ai_llm_service.search.passages import Excerpt


def whole_of(sources: Iterable[Source]) -> Coverage:
    """All of it."""
    return _summed(
        DocumentCoverage(source.document.id, source.document.name, total, total)
        for source in sources
        for total in [len(source.ingested.chunks)]
    )


def coverage_of(
    sources: Iterable[Source], read: Iterable[Excerpt], note: str | None = None
) -> Coverage:
    """The chunks of the excerpts; with a note, the question asked for more than that."""
    numbers: dict[str, set[int]] = defaultdict(set)
    for excerpt in read:
        numbers[excerpt.passage.chunk.document_id].update(excerpt.chunk_numbers)
    return _summed(
        (
            DocumentCoverage(
                source.document.id,
                source.document.name,
                len(numbers[source.document.id]),
                len(source.ingested.chunks),
            )
            for source in sources
        ),
        note,
    )


def _summed(documents: Iterable[DocumentCoverage], note: str | None = None) -> Coverage:
    each = tuple(documents)
    return Coverage(
        sum(document.chunks_read for document in each),
        sum(document.chunks_total for document in each),
        each,
        complete=note is None,
        note=note,
    )
