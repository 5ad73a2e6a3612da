"""What a file search reads of a session."""

from ai_llm_service.domain import Document, Json
from ai_llm_service.errors import DocumentNotFound
from ai_llm_service.search.base import Embedded, Ingested
from ai_llm_service.search.vectors import Vectors
from ai_llm_service.store.database import Database


class SqlLibrary:
    """The documents of a session out of the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def documents(self, session_id: str) -> tuple[Document, ...]:
        with self._database.snapshot() as store:
            return store.documents.of_session(session_id)

    def ingested(self, document_id: str) -> Ingested:
        with self._database.snapshot() as store:
            extraction = store.documents.extraction(document_id)
            if extraction is None:
                raise DocumentNotFound
            chunks = store.documents.chunks_of(document_id, extraction.text)
        return Ingested(extraction=extraction, chunks=chunks)

    def metadata(self, session_id: str) -> dict[str, Json]:
        with self._database.snapshot() as store:
            return store.documents.metadata_of_session(session_id)

    def embedded(self, session_id: str) -> dict[str, Embedded]:
        with self._database.snapshot() as store:
            found = store.vectors.of_session(session_id)
        return {
            id_: Embedded(each.embedder, each.done, each.finished) for id_, each in found.items()
        }

    def vectors(self, document_id: str, first: int) -> list[tuple[int, Vectors]]:
        with self._database.snapshot() as store:
            return list(store.vectors.batches(document_id, first))
