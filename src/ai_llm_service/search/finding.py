"""Passages for a question, without a model: what `POST /file/search` gives."""

from dataclasses import dataclass

from ai_llm_service.domain import Chunk, Extraction, MissingDocument, Passage, Query
from ai_llm_service.search.base import Library
from ai_llm_service.search.cache import IndexCache
from ai_llm_service.search.confidence import confidence_in
from ai_llm_service.search.lookup import find
from ai_llm_service.search.opened import Opened, open_documents
from ai_llm_service.search.passages import best_of

DEFAULT_PASSAGES = 10

# A document and a range of its text.
Place = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class Finding:
    """A passage and the map of the document that it stands in."""

    passage: Passage
    extraction: Extraction


@dataclass(frozen=True, slots=True)
class Places:
    """Where the matches are, best first: the chunks alone, and those with their neighbours."""

    chunks: tuple[Place, ...]
    passages: tuple[Place, ...]
    confidence: float


@dataclass(frozen=True, slots=True)
class Findings:
    """The passages, best first; which documents were not read; whether the files hold an answer."""

    passages: tuple[Finding, ...]
    missing: tuple[MissingDocument, ...]
    confidence: float


class PassageFinder:
    """Searches the documents of a session as an answer does."""

    def __init__(self, library: Library, cache: IndexCache) -> None:
        self._library = library
        self._cache = cache

    def held(self) -> set[str]:
        return self._cache.held()

    def forget(self, session_id: str) -> None:
        self._cache.forget(session_id)

    def find(self, query: Query, timeout_seconds: float) -> Findings:
        """Raises DocumentRejected where nothing can be read, and DocumentsTooLarge."""
        opened = open_documents(self._library, self._cache, query, timeout_seconds)
        options = query.options
        found = find(opened, query, options.max_passages or DEFAULT_PASSAGES)
        hits = [hit for hit in found.hits if hit[1] >= options.min_score]
        excerpts = best_of(opened.index, hits)
        return Findings(
            tuple(_finding(opened, excerpt.passage) for excerpt in excerpts),
            opened.missing,
            confidence_in(found.best),
        )

    def search(self, query: Query, timeout_seconds: float) -> Places:
        """The same as places, for those who measure."""
        opened = open_documents(self._library, self._cache, query, timeout_seconds)
        found = find(opened, query, query.options.max_passages or DEFAULT_PASSAGES)
        chunks = [opened.index.chunk(position) for position, _ in found.hits]
        passages: list[Chunk] = []
        for hit, chunk in zip(found.hits, chunks, strict=True):
            if not any(_holds(passage, chunk) for passage in passages):
                passages += [each.passage.chunk for each in best_of(opened.index, [hit])]
        return Places(
            tuple((each.document_id, each.start, each.end) for each in chunks),
            tuple((each.document_id, each.start, each.end) for each in passages),
            confidence_in(found.best),
        )


def _holds(passage: Chunk, chunk: Chunk) -> bool:
    same = passage.document_id == chunk.document_id
    return same and passage.start <= chunk.start and chunk.end <= passage.end


def _finding(opened: Opened, passage: Passage) -> Finding:
    return Finding(passage, opened.texts[passage.chunk.document_id])
