"""File search of our own: BM25 over the session's chunks, and any chat model for the words."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ai_llm_service.domain import (
    Answer,
    Coverage,
    Document,
    DocumentCoverage,
    DocumentState,
    Generation,
    Method,
    MissingDocument,
    Query,
)
from ai_llm_service.errors import DocumentNotFound, DocumentRejected
from ai_llm_service.providers.base import ChatModel, Prompt
from ai_llm_service.search.base import Ingested, Library
from ai_llm_service.search.cache import IndexCache
from ai_llm_service.search.cite import cite, with_list
from ai_llm_service.search.extract.sandbox import ExtractLimits, extract
from ai_llm_service.search.passages import Excerpt, all_of, best_of, with_openings
from ai_llm_service.search.prompt import build_prompt, fits
from ai_llm_service.search.retrieve import Bm25Index, Source
from ai_llm_service.search.split import split_text
from ai_llm_service.text import words

# Below this many words a question leans on the one before it ("And in winter?").
SHORT_QUESTION_WORDS = 3
# No script packs more characters than this into a token: longer texts need no exact count.
MOST_CHARACTERS_PER_TOKEN = 8


@dataclass(frozen=True, slots=True)
class LocalLimits:
    """How much one prompt takes, and what a parser may use up."""

    passages: int = 12
    # Token counts are estimates: this much of the model's context stays free.
    reserve_tokens: int = 500
    extract: ExtractLimits = field(default_factory=ExtractLimits)


class LocalFileSearch:
    """Finds passages without a vendor; the chat model is given."""

    def __init__(
        self, library: Library, model: ChatModel, cache: IndexCache, limits: LocalLimits
    ) -> None:
        self._library = library
        self._model = model
        self._cache = cache
        self._limits = limits

    def ingest(self, document: Document, path: Path) -> Ingested:
        extraction = extract(path, document.media_type, document.name, self._limits.extract)
        return Ingested(extraction, split_text(document.id, extraction))

    def answer(self, query: Query, timeout_seconds: float) -> Answer:
        give_up_at = time.monotonic() + timeout_seconds
        documents = self._library.documents(query.session_id)
        asked = _asked_documents(documents, query.document_id)
        missing = tuple(_missing(document) for document in asked if not _is_ready(document))
        if len(missing) == len(asked):
            raise DocumentRejected(_why_none(missing))
        ready = [document for document in documents if _is_ready(document)]
        index = self._cache.get(
            query.session_id, ready, self._library.ingested, give_up_at - time.monotonic()
        )
        sources = _asked_sources(index, query.document_id)
        method, excerpts = self._choose(query, index, sources)
        prompt = build_prompt(query, [excerpt.passage for excerpt in excerpts], self._budget())
        left = max(give_up_at - time.monotonic(), 1.0)
        generation = self._model.generate(prompt, left)
        read = excerpts[: len(prompt.passages)]
        answer = _answer(query, prompt, generation, sources, missing)
        return replace(answer, method=method, coverage=_coverage(sources, read))

    def forget(self, session_id: str) -> None:
        self._cache.forget(session_id)

    def _budget(self) -> int | None:
        """How many tokens a prompt may take; None where the model counts none."""
        context = self._model.context_tokens
        if not context:
            return None
        return context - min(self._limits.reserve_tokens, context // 8)

    def _choose(
        self, query: Query, index: Bm25Index, sources: Sequence[Source]
    ) -> tuple[Method, list[Excerpt]]:
        budget = self._budget()
        if budget is not None and _may_fit(sources, budget):
            everything = all_of(sources)
            if fits(query, [excerpt.passage for excerpt in everything], budget):
                return Method.READ_ALL, everything
        found = index.search(_search_words(query), self._limits.passages, query.document_id)
        found = with_openings(index, found, self._limits.passages, query.document_id)
        return Method.LOOKUP, best_of(index, found)


def _is_ready(document: Document) -> bool:
    return document.state is DocumentState.READY


def _asked_documents(documents: Sequence[Document], document_id: str | None) -> list[Document]:
    asked = [document for document in documents if document_id in {None, document.id}]
    if document_id and not asked:
        raise DocumentNotFound
    return asked


def _asked_sources(index: Bm25Index, document_id: str | None) -> list[Source]:
    return [source for source in index.sources if document_id in {None, source.document.id}]


def _missing(document: Document) -> MissingDocument:
    unread = "it is still being read" if document.state is DocumentState.RECEIVED else None
    reason = document.error_detail or unread or "it can't be read"
    return MissingDocument(document.id, document.name, reason)


def _why_none(missing: Sequence[MissingDocument]) -> str:
    if not missing:
        return "The session has no documents to answer from."
    if len(missing) == 1:
        return missing[0].reason
    return f"No document of this session can be read: {_told(missing)}."


def _told(missing: Sequence[MissingDocument]) -> str:
    """`broken.pdf (it is damaged); scan.pdf (it has no text)`."""
    return "; ".join(f"{gone.document} ({_bare_reason(gone)})" for gone in missing)


def _bare_reason(gone: MissingDocument) -> str:
    """The reason without the name that it often begins with, and without its full stop."""
    return gone.reason.removeprefix(gone.document).strip().rstrip(".")


def _search_words(query: Query) -> list[str]:
    asked = words(query.text)
    if len(asked) <= SHORT_QUESTION_WORDS and query.history:
        asked += words(query.history[-1].question)
    return asked


def _may_fit(sources: Sequence[Source], budget_tokens: int) -> bool:
    characters = sum(len(source.ingested.extraction.text) for source in sources)
    return characters <= budget_tokens * MOST_CHARACTERS_PER_TOKEN


def _answer(
    query: Query,
    prompt: Prompt,
    generation: Generation,
    sources: Sequence[Source],
    missing: tuple[MissingDocument, ...],
) -> Answer:
    texts = {source.document.id: source.ingested.extraction for source in sources}
    cited = cite(generation.text, query.text, prompt.passages, texts)
    note = f"\n\nNot read: {_told(missing)}." if missing else ""
    return Answer(
        query=query.text,
        text=with_list(cited.text + note, cited.citations),
        method=Method.LOOKUP,
        model=generation.model,
        citations=cited.citations,
        coverage=Coverage(0, 0),
        missing_documents=missing,
        usage=generation.usage,
        truncated=generation.truncated,
    )


def _coverage(sources: Sequence[Source], read: Sequence[Excerpt]) -> Coverage:
    documents = []
    for source in sources:
        numbers = {
            number
            for excerpt in read
            if excerpt.passage.chunk.document_id == source.document.id
            for number in excerpt.chunk_numbers
        }
        total = len(source.ingested.chunks)
        documents.append(
            DocumentCoverage(source.document.id, source.document.name, len(numbers), total)
        )
    return Coverage(
        sum(document.chunks_read for document in documents),
        sum(document.chunks_total for document in documents),
        tuple(documents),
    )
