"""Documents with their text, map and chunks."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, Row, delete, func, insert, select, update

from ai_llm_service.domain import (
    Chunk,
    Document,
    DocumentState,
    DocumentTable,
    Extraction,
    Json,
    Section,
    SectionKind,
)
from ai_llm_service.store.clock import now
from ai_llm_service.store.ids import is_id
from ai_llm_service.store.readings import Twin
from ai_llm_service.store.tables import document_texts, documents
from ai_llm_service.store.tables_computed import document_tables
from ai_llm_service.store.tables_readings import readings
from ai_llm_service.store.tables_vectors import document_metadata
from ai_llm_service.store.vectors import DocumentVectors
from ai_llm_service.text.chunks import Chunks, pack

LARGE_TEXT_CHARACTERS = 4 * 1024 * 1024
TABLES = TypeAdapter(tuple[DocumentTable, ...])

_WHOLE = select(documents, document_tables.c.tables).outerjoin(
    document_tables, document_tables.c.document_id == documents.c.id
)


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
            _WHOLE.where(documents.c.id == document_id, documents.c.tenant_id == tenant_id)
        ).one_or_none()
        return _to_document(row) if row else None

    def of_session(self, session_id: str) -> tuple[Document, ...]:
        """All documents of a session in the order of their upload."""
        rows = self._connection.execute(
            _WHOLE.where(documents.c.session_id == session_id).order_by(documents.c.number)
        )
        return tuple(_to_document(row) for row in rows)

    def complete(
        self,
        document_id: str,
        extraction: Extraction,
        pieces: Sequence[Chunk],
        *,
        by_words_alone: bool = False,
    ) -> None:
        """Keep what ingest made and mark the document ready; `by_words_alone`: without vectors."""
        # A copy of another's may lie there, whose maker did not get to the end.
        self._connection.execute(
            delete(document_texts).where(document_texts.c.document_id == document_id)
        )
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
        DocumentVectors(self._connection).expect(document_id, 0 if by_words_alone else len(pieces))
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

    def adopt(self, document_id: str, twin: Twin, notes: Sequence[str]) -> None:
        """Mark a document ready that has the text of its twin; it gets the vectors, too."""
        vectors = DocumentVectors(self._connection)
        if not vectors.copy(twin.id, document_id):
            vectors.expect(document_id, twin.chunks)
        self._connection.execute(
            update(documents)
            .where(documents.c.id == document_id)
            .values(
                state=DocumentState.READY,
                characters=twin.characters,
                pages=twin.pages,
                chunks=twin.chunks,
                encoding=twin.encoding,
                notes=list(notes),
            )
        )

    def keep_tables(self, document_id: str, tables: Sequence[DocumentTable]) -> None:
        """Keep what the tables of a document are; their rows lie in the file store."""
        if tables:
            values = {"document_id": document_id, "tables": TABLES.dump_python(tuple(tables))}
            self._connection.execute(insert(document_tables), values)

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

    def sample(self, document_id: str, starts: Sequence[int], characters: int) -> str:
        """Pieces of a text, so many characters from each start; empty where it is not read."""
        text = document_texts.c.text
        pieces = [func.substr(text, start + 1, characters) for start in starts]
        row = self._connection.execute(
            select(*pieces).where(document_texts.c.document_id == document_id)
        ).one_or_none()
        return "" if row is None else "".join(row)

    def chunks_of(self, document_id: str, text: str) -> Chunks:
        """The chunks of a document, cut out of its text."""
        packed = self._connection.execute(
            select(document_texts.c.chunk_spans).where(document_texts.c.document_id == document_id)
        ).scalar_one_or_none()
        return Chunks.unpacked(document_id, text, packed or b"")

    def keep_metadata(self, document_id: str, entries: Json) -> None:
        """Keep what the document was given at its upload."""
        self._connection.execute(
            insert(document_metadata).values(document_id=document_id, entries=entries)
        )

    def metadata_of_session(self, session_id: str) -> dict[str, Json]:
        """The metadata of the session's documents; those without have no entry."""
        rows = self._connection.execute(
            select(document_metadata)
            .join(documents, documents.c.id == document_metadata.c.document_id)
            .where(documents.c.session_id == session_id)
        )
        return {row.document_id: row.entries for row in rows}

    def remove_of_session(self, session_id: str) -> int:
        """Remove documents, texts and chunks of a session; how many documents there were."""
        of_session = select(documents.c.id).where(documents.c.session_id == session_id)
        for derived in (document_texts, document_tables, readings):
            derived_rows = delete(derived).where(derived.c.document_id.in_(of_session))
            self._connection.execute(derived_rows)
        removed = delete(documents).where(documents.c.session_id == session_id)
        return self._connection.execute(removed).rowcount


def _to_document(row: Row[Any]) -> Document:
    values = dict(row._mapping)
    del values["number"]
    values["notes"] = tuple(values["notes"])
    values["tables"] = TABLES.validate_python(values["tables"] or ())
    return replace(Document(**values), state=DocumentState(values["state"]))
