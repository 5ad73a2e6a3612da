"""Documents with their text, map and chunks."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from ai_llm_service.domain import (
    Chunk,
    Document,
    DocumentState,
    Extraction,
    Section,
    SectionKind,
)
from ai_llm_service.store.clock import now
from ai_llm_service.store.ids import is_id
from ai_llm_service.store.tables import document_texts, documents
from ai_llm_service.text.chunks import Chunks, pack

LARGE_TEXT_CHARACTERS = 4 * 1024 * 1024


class Documents:
    """The rows of documents, texts and chunks."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, document: Document) -> None:
        """Store the document as the last of its session; its `created_at` becomes now."""
        last = select(func.coalesce(func.max(documents.c.number), 0)).where(
            documents.c.session_id == document.session_id
        )
        self._connection.execute(
            insert(documents).values(
                id=document.id,
                number=last.scalar_subquery() + 1,
                tenant_id=document.tenant_id,
                session_id=document.session_id,
                name=document.name,
                media_type=document.media_type,
                size_bytes=document.size_bytes,
                sha256=document.sha256,
                state=DocumentState.RECEIVED,
                created_at=now(),
                ingest_task_id=document.ingest_task_id,
                notes=list(document.notes),
            )
        )

    def find(self, tenant_id: str, document_id: str) -> Document | None:
        if not is_id(document_id):
            return None
        row = self._connection.execute(
            select(documents).where(
                documents.c.id == document_id, documents.c.tenant_id == tenant_id
            )
        ).one_or_none()
        return _to_document(row) if row else None

    def of_session(self, session_id: str) -> tuple[Document, ...]:
        """All documents of a session in the order of their upload."""
        rows = self._connection.execute(
            select(documents)
            .where(documents.c.session_id == session_id)
            .order_by(documents.c.number)
        )
        return tuple(_to_document(row) for row in rows)

    def complete(self, document_id: str, extraction: Extraction, pieces: Sequence[Chunk]) -> None:
        """Keep what ingest made and mark the document ready."""
        # As a parameter: values within a statement would stay in the cache of statements.
        self._connection.execute(
            insert(document_texts),
            {
                "document_id": document_id,
                "text": extraction.text,
                "sections": [[s.kind, s.label, s.start, s.end] for s in extraction.sections],
                "chunk_spans": pack(pieces),
            },
        )
        if len(extraction.text) > LARGE_TEXT_CHARACTERS:
            # SQLite's driver keeps what it was given last until its connection is closed.
            self._connection.detach()
        pages = sum(section.kind is SectionKind.PAGE for section in extraction.sections)
        self._connection.execute(
            update(documents)
            .where(documents.c.id == document_id)
            .values(
                state=DocumentState.READY,
                characters=len(extraction.text),
                pages=pages or None,
                chunks=len(pieces),
                encoding=extraction.encoding,
                notes=list(extraction.notes),
            )
        )

    def fail(self, document_id: str, code: str, detail: str) -> None:
        self._connection.execute(
            update(documents)
            .where(documents.c.id == document_id, documents.c.state == DocumentState.RECEIVED)
            .values(state=DocumentState.FAILED, error_code=code, error_detail=detail)
        )

    def extraction(self, document_id: str) -> Extraction | None:
        """The stored text and map of a ready document."""
        row = self._connection.execute(
            select(document_texts.c.text, document_texts.c.sections).where(
                document_texts.c.document_id == document_id
            )
        ).one_or_none()
        if row is None:
            return None
        sections = tuple(Section(SectionKind(kind), *rest) for kind, *rest in row.sections)
        return Extraction(text=row.text, sections=sections)

    def chunks_of(self, document_id: str, text: str) -> Chunks:
        """The chunks of a document, cut out of its text."""
        packed = self._connection.execute(
            select(document_texts.c.chunk_spans).where(document_texts.c.document_id == document_id)
        ).scalar_one_or_none()
        return Chunks.unpacked(document_id, text, packed or b"")

    def remove_of_session(self, session_id: str) -> int:
        """Remove documents, texts and chunks of a session; how many documents there were."""
        of_session = select(documents.c.id).where(documents.c.session_id == session_id)
        texts = delete(document_texts).where(document_texts.c.document_id.in_(of_session))
        self._connection.execute(texts)
        removed = delete(documents).where(documents.c.session_id == session_id)
        return self._connection.execute(removed).rowcount


def _to_document(row: Row[Any]) -> Document:
    values = dict(row._mapping)
    del values["number"]
    values["notes"] = tuple(values["notes"])
    return replace(Document(**values), state=DocumentState(values["state"]))
