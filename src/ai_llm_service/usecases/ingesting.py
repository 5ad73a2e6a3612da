"""Makes an uploaded document searchable."""

from ai_llm_service.domain import Claim, Document
from ai_llm_service.errors import DocumentNotFound
from ai_llm_service.search.base import FileSearch
from ai_llm_service.store.database import Database
from ai_llm_service.store.files import FileStore
from ai_llm_service.usecases.endings import completed
from ai_llm_service.usecases.outcomes import Done


class Ingesting:
    """Reads the file outside of any transaction; text and chunks are kept with the task's end."""

    def __init__(self, database: Database, files: FileStore, search: FileSearch) -> None:
        self._database = database
        self._files = files
        self._search = search

    def perform(self, claim: Claim) -> Done:
        """Extract, split and keep the document; DocumentRejected when it can't be read."""
        document = self._document(claim)
        ingested = self._search.ingest(document, self._files.existing(document.id))
        extraction, chunks = ingested.extraction, ingested.chunks
        result = {
            "document_id": document.id,
            "session_id": document.session_id,
            "characters": len(extraction.text),
            "chunks": len(chunks),
            "notes": list(extraction.notes),
        }
        return Done(
            completed(result),
            lambda store: store.documents.complete(document.id, extraction, chunks),
        )

    def _document(self, claim: Claim) -> Document:
        with self._database.snapshot() as store:
            document = store.documents.find(claim.task.tenant_id, claim.task.document_id or "")
        if document is None:
            raise DocumentNotFound
        return document
