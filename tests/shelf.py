"""A library in memory, for tests of the search."""

from dataclasses import replace

from ai_llm_service.domain import Document, DocumentState, Extraction, Section
from ai_llm_service.search.base import Ingested
from ai_llm_service.search.split import split_text


class Shelf:
    """The documents of all sessions."""

    def __init__(self) -> None:
        self._documents: dict[str, list[Document]] = {}
        self._ingested: dict[str, Ingested] = {}

    def add(
        self, session_id: str, name: str, text: str, sections: tuple[Section, ...] = ()
    ) -> Document:
        document = self.receive(session_id, name)
        extraction = Extraction(text, sections)
        self.keep(document, Ingested(extraction, split_text(document.id, extraction)))
        return document

    def keep(self, document: Document, ingested: Ingested) -> None:
        self._ingested[document.id] = ingested
        self._replace(replace(document, state=DocumentState.READY))

    def add_failed(self, session_id: str, name: str, reason: str) -> Document:
        document = self.receive(session_id, name)
        return self._replace(replace(document, state=DocumentState.FAILED, error_detail=reason))

    def documents(self, session_id: str) -> tuple[Document, ...]:
        return tuple(self._documents.get(session_id, ()))

    def ingested(self, document_id: str) -> Ingested:
        return self._ingested[document_id]

    def receive(self, session_id: str, name: str) -> Document:
        own = self._documents.setdefault(session_id, [])
        document = Document(
            id=f"{session_id}-{len(own)}",
            tenant_id="default",
            session_id=session_id,
            name=name,
            media_type="text/plain",
            size_bytes=1,
            sha256="",
            state=DocumentState.RECEIVED,
            created_at=0.0,
            ingest_task_id="task",
        )
        own.append(document)
        return document

    def _replace(self, document: Document) -> Document:
        own = self._documents[document.session_id]
        own[[known.id for known in own].index(document.id)] = document
        return document
