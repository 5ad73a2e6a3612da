"""Which documents were read in which way, and their texts for others that are the same."""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, literal, select

from ai_llm_service.domain import Document, DocumentState
from ai_llm_service.store.tables import document_texts, documents
from ai_llm_service.store.tables_readings import readings


@dataclass(frozen=True, slots=True)
class Twin:
    """A document of the same bytes that was read in the same way, and what its parser noted."""

    id: str
    characters: int
    chunks: int
    pages: int | None
    encoding: str | None
    notes: tuple[str, ...]


class Readings:
    """The rows of readings."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def keep(self, document: Document, recipe: str, notes: tuple[str, ...]) -> None:
        """Remember how a document was read."""
        self._connection.execute(
            insert(readings).values(
                document_id=document.id,
                tenant_id=document.tenant_id,
                sha256=document.sha256,
                recipe=recipe,
                notes=list(notes),
            )
        )

    def twin_of(self, document: Document, recipe: str) -> Twin | None:
        """Another ready document of its tenant with the same bytes, type and way of reading."""
        row = self._connection.execute(
            select(documents, readings.c.notes.label("parser_notes"))
            .join(readings, readings.c.document_id == documents.c.id)
            .where(
                readings.c.tenant_id == document.tenant_id,
                readings.c.sha256 == document.sha256,
                readings.c.recipe == recipe,
                documents.c.media_type == document.media_type,
                documents.c.size_bytes == document.size_bytes,
                documents.c.state == DocumentState.READY,
                documents.c.id != document.id,
            )
            .order_by(documents.c.created_at.desc(), documents.c.id)
            .limit(1)
        ).one_or_none()
        if row is None:
            return None
        return Twin(
            row.id, row.characters, row.chunks, row.pages, row.encoding, tuple(row.parser_notes)
        )

    def copy(self, twin_id: str, document_id: str) -> bool:
        """Give a document the text, map and chunks of its twin; False if that is gone by now."""
        self._connection.execute(
            delete(document_texts).where(document_texts.c.document_id == document_id)
        )
        columns = [column.name for column in document_texts.c]
        own = [literal(document_id), *list(document_texts.c)[1:]]
        copied = insert(document_texts).from_select(
            columns, select(*own).where(document_texts.c.document_id == twin_id)
        )
        made = self._connection.execute(copied.returning(document_texts.c.document_id))
        return made.one_or_none() is not None
