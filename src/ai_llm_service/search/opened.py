"""What a query may read: the ready documents of its session, their index, and what is missing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from ai_llm_service.domain import Document, DocumentState, Extraction, MissingDocument, Query
from ai_llm_service.errors import DocumentNotFound, DocumentRejected
from ai_llm_service.search.base import Library, Source
from ai_llm_service.search.bookmark import (
    KEEPS_NOTHING,
    Bookmark,
    BookmarkKeeper,
    LookUp,
    ReadPassage,
)
from ai_llm_service.search.cache import IndexCache
from ai_llm_service.search.filters import allowed_positions, fits, within_pages
from ai_llm_service.search.found import Found
from ai_llm_service.search.passages import Excerpt, excerpt_at
from ai_llm_service.search.retrieve import SessionIndex


@dataclass(frozen=True, slots=True)
class Opened:
    """The index of the session; of its documents those that are asked, and those not readable.

    `allowed` are the positions of the index that the query's filters leave; None leaves all.
    `refresh` brings the index up to the vectors that were made since.
    """

    index: SessionIndex
    sources: tuple[Source, ...]
    missing: tuple[MissingDocument, ...]
    allowed: tuple[range, ...] | None
    keeper: BookmarkKeeper
    refresh: Callable[[], None]

    def ask(self, question: str, limit: int) -> Found:
        """The best chunks of those that may be read."""
        return self.index.ask(question, limit, self.allowed)

    @property
    def texts(self) -> dict[str, Extraction]:
        return {source.document.id: source.ingested.extraction for source in self.sources}

    @property
    def characters(self) -> int:
        return sum(len(source.ingested.extraction.text) for source in self.sources)


def open_documents(
    library: Library,
    cache: IndexCache,
    query: Query,
    seconds: float,
    keeper: BookmarkKeeper = KEEPS_NOTHING,
) -> Opened:
    """Raises DocumentRejected where none of the asked documents can be read.

    What came to the session since the query was first answered is not read.
    """
    present = library.documents(query.session_id)
    documents = _as_before(present, keeper)
    asked = _filtered(_asked_documents(documents, query.document_id), library, query)
    missing = tuple(_missing(document) for document in asked if not _is_ready(document))
    if len(missing) == len(asked):
        raise DocumentRejected(_why_none(missing))
    ready = [document for document in present if _is_ready(document)]
    index = cache.get(query.session_id, ready, library.ingested, seconds)
    filters = query.options.filters
    ids = {document.id for document in asked if _is_ready(document)}
    sources = within_pages([s for s in index.sources if s.document.id in ids], filters.pages)
    if not sources:
        raise DocumentRejected("None of the asked documents has these pages.")
    allowed = allowed_positions(index, sources, filters)
    refresh = partial(index.refresh, library, query.session_id)
    return Opened(index, tuple(sources), missing, allowed, keeper, refresh)


def chosen(opened: Opened, look_up: LookUp, choose: Callable[[], list[Excerpt]]) -> list[Excerpt]:
    """What the look-up chose when the query was answered before; else what it chooses now, kept."""
    bookmark = opened.keeper.bookmark
    sources = {source.document.id: source for source in opened.sources}
    passages = None if bookmark is None else bookmark.chosen.get(look_up)
    if passages is not None:
        known = [each for each in passages if each.document_id in sources]
        if len(known) == len(passages):
            return [
                excerpt_at(sources[each.document_id], each.start, each.end, each.chunks, each.score)
                for each in known
            ]
    found = choose()
    if bookmark is not None:
        places = [_place(each) for each in found]
        opened.keeper.keep(replace(bookmark, chosen={**bookmark.chosen, look_up: places}))
    return found


def _as_before(documents: tuple[Document, ...], keeper: BookmarkKeeper) -> tuple[Document, ...]:
    """The documents of the session as they were when the query was first answered."""
    bookmark = keeper.bookmark
    if bookmark is None:
        unread = [document.id for document in documents if not _is_ready(document)]
        keeper.keep(Bookmark(len(documents), unread))
        return documents
    return tuple(
        replace(document, state=DocumentState.RECEIVED)
        if document.id in bookmark.unread and _is_ready(document)
        else document
        for document in documents[: bookmark.documents]
    )


def _place(excerpt: Excerpt) -> ReadPassage:
    chunk, score = excerpt.passage.chunk, excerpt.passage.score
    return ReadPassage(chunk.document_id, chunk.start, chunk.end, excerpt.chunk_numbers, score)


def told(missing: Sequence[MissingDocument]) -> str:
    """`broken.pdf (it is damaged); scan.pdf (it has no text)`."""
    return "; ".join(f"{gone.document} ({_bare_reason(gone)})" for gone in missing)


def _is_ready(document: Document) -> bool:
    return document.state is DocumentState.READY


def _asked_documents(documents: Sequence[Document], document_id: str | None) -> list[Document]:
    asked = [document for document in documents if document_id in {None, document.id}]
    if document_id and not asked:
        raise DocumentNotFound
    return asked


def _filtered(documents: list[Document], library: Library, query: Query) -> list[Document]:
    """Those that the filters of the query leave; DocumentRejected where that is none."""
    filters = query.options.filters
    kept = documents
    if filters.document_ids:
        wanted = set(filters.document_ids)
        kept = [document for document in kept if document.id in wanted]
    if filters.metadata:
        entries = library.metadata(query.session_id)
        kept = [each for each in kept if fits(entries.get(each.id, {}), filters.metadata)]
    if documents and not kept:
        raise DocumentRejected("No document of this session meets the filters.")
    return kept


def _missing(document: Document) -> MissingDocument:
    unread = "it is still being read" if document.state is DocumentState.RECEIVED else None
    reason = document.error_detail or unread or "it can't be read"
    return MissingDocument(document.id, document.name, reason)


def _why_none(missing: Sequence[MissingDocument]) -> str:
    if not missing:
        return "The session has no documents to answer from."
    if len(missing) == 1:
        return missing[0].reason
    return f"No document of this session can be read: {told(missing)}."


def _bare_reason(gone: MissingDocument) -> str:
    """The reason without the name that it often begins with, and without its full stop."""
    return gone.reason.removeprefix(gone.document).strip().rstrip(".")
