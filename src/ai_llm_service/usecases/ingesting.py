"""Makes an uploaded document searchable."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from ai_llm_service.domain import Claim, Document
from ai_llm_service.errors import DocumentNotFound
from ai_llm_service.search.base import FileSearch
from ai_llm_service.search.extract.media_types import note_on_name, unit_of
from ai_llm_service.search.lines import is_log
from ai_llm_service.store.database import Database
from ai_llm_service.store.store import Store
from ai_llm_service.usecases.endings import completed
from ai_llm_service.usecases.outcomes import Done
from ai_llm_service.usecases.progress import ProgressTeller
from ai_llm_service.usecases.tabulating import Tabulating


@dataclass(frozen=True, slots=True)
class _Read:
    """What became of a document's text; `keep` makes the document ready, with all its notes."""

    characters: int
    chunks: int
    notes: tuple[str, ...]
    keep: Callable[[Store, tuple[str, ...]], None]
    reused: bool = False


class Ingesting:
    """Reads the file outside of any transaction; text and chunks are kept with the task's end."""

    def __init__(self, database: Database, tabulating: Tabulating, search: FileSearch) -> None:
        self._database = database
        self._tabulating = tabulating
        self._search = search

    def perform(self, claim: Claim) -> Done:
        """Extract, split and keep the document; DocumentRejected when it can't be read."""
        document = self._document(claim)
        with self._tabulating.tabulated(document) as tabulated:
            read = self._copied(document) or self._ingested(claim, document, tabulated.text_path)
        tables = tabulated.tables
        about_name = note_on_name(document.name, document.media_type)
        notes = (*about_name, *read.notes, *tabulated.notes)
        result = {
            "document_id": document.id,
            "session_id": document.session_id,
            "characters": read.characters,
            "chunks": read.chunks,
            "tables": len(tables),
            "reused": read.reused,
            "notes": list(notes),
        }

        def keep(store: Store) -> None:
            read.keep(store, notes)
            store.readings.keep(document, self._search.recipe, read.notes)
            store.documents.keep_tables(document.id, tables)

        return Done(completed(result), keep)

    def _ingested(self, claim: Claim, document: Document, path: Path) -> _Read:
        told = ProgressTeller(self._database, claim, unit_of(document.media_type))
        ingested = self._search.ingest(document, path, told)
        extraction, chunks = ingested.extraction, ingested.chunks
        by_words_alone = is_log(ingested)

        def keep(store: Store, notes: tuple[str, ...]) -> None:
            noted = replace(extraction, notes=notes)
            store.documents.complete(document.id, noted, chunks, by_words_alone=by_words_alone)

        return _Read(len(extraction.text), len(chunks), extraction.notes, keep)

    def _copied(self, document: Document) -> _Read | None:
        """What was read before, for this tenant and in this way; None where there is nothing."""
        with self._database.snapshot() as store:
            twin = store.readings.twin_of(document, self._search.recipe)
        if twin is None:
            return None
        with self._database.transaction("ingest.copy") as store:
            if not store.readings.copy(twin.id, document.id):
                return None

        def keep(store: Store, notes: tuple[str, ...]) -> None:
            store.documents.adopt(document.id, twin, notes)

        return _Read(twin.characters, twin.chunks, twin.notes, keep, reused=True)

    def _document(self, claim: Claim) -> Document:
        with self._database.snapshot() as store:
            document = store.documents.find(claim.task.tenant_id, claim.task.document_id or "")
        if document is None:
            raise DocumentNotFound
        return document
