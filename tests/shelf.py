"""A library in memory, for tests of the search."""

from dataclasses import replace
from typing import Any

from ai_llm_service.domain import Document, DocumentState, Extraction, Section
from ai_llm_service.search.base import Embedded, Ingested
from ai_llm_service.search.split import split_text
from ai_llm_service.search.vectors import Vectorizer, Vectors, vectors_of


class Shelf:
    """The documents of all sessions."""

    def __init__(self, vectorizer: Vectorizer | None = None) -> None:
        self.vectorizer = vectorizer
        self._documents: dict[str, list[Document]] = {}
        self._ingested: dict[str, Ingested] = {}
        self.entries: dict[str, dict[str, Any]] = {}

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

    def metadata(self, session_id: str) -> dict[str, dict[str, Any]]:
        known = {document.id for document in self.documents(session_id)}
        return {id_: entries for id_, entries in self.entries.items() if id_ in known}

    def embedded(self, session_id: str) -> dict[str, Embedded]:
        if self.vectorizer is None:
            return {}
        ready = [each for each in self.documents(session_id) if each.id in self._ingested]
        name = self.vectorizer.name
        return {
            each.id: Embedded(name, len(self._ingested[each.id].chunks), finished=True)
            for each in ready
        }

    def vectors(self, document_id: str, first: int) -> list[tuple[int, Vectors]]:
        assert self.vectorizer is not None
        texts = [chunk.text for chunk in self._ingested[document_id].chunks[first:]]
        return [(first, vectors_of(texts, self.vectorizer))]

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
