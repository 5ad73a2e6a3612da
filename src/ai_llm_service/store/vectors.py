"""The vectors of documents, and how far they are."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Row, delete, func, insert, literal, or_, select, update

from ai_llm_service.store.clock import now
from ai_llm_service.store.tables import documents
from ai_llm_service.store.tables_vectors import document_vectors, embeddings
from ai_llm_service.store.usage import Payer

STORED = "<f2"
Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Embedding:
    """The work on one document: `done` of `total` chunks have vectors of this embedder."""

    document_id: str
    embedder: str | None
    done: int
    total: int
    finished: bool


class DocumentVectors:
    """The rows of embeddings and vectors."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def expect(self, document_id: str, total: int) -> None:
        """The chunks of a document are there and shall get vectors."""
        self._connection.execute(
            insert(embeddings).values(
                document_id=document_id, done=0, total=total, finished=total == 0, lease_until=0.0
            )
        )

    def next_open(self) -> Embedding | None:
        """The smallest document that nobody works on: a short one is soon complete."""
        found = select(embeddings).where(
            embeddings.c.finished.is_(False), embeddings.c.lease_until < now()
        )
        ordered = found.order_by(embeddings.c.total, embeddings.c.document_id).limit(1)
        row = self._connection.execute(ordered).one_or_none()
        return _to_embedding(row) if row else None

    def payer(self, document_id: str) -> Payer | None:
        """Who pays for the vectors of a document; None where it is gone."""
        owner = select(documents.c.tenant_id, documents.c.session_id, documents.c.ingest_task_id)
        row = self._connection.execute(owner.where(documents.c.id == document_id)).one_or_none()
        return Payer(row.tenant_id, row.session_id, row.ingest_task_id) if row else None

    def unfinished(self) -> int:
        """How many documents have not all of their vectors yet."""
        counted = select(func.count()).where(embeddings.c.finished.is_(False))
        return self._connection.execute(counted).scalar_one()

    def claim(self, work: Embedding, embedder: str, lease_seconds: float) -> bool:
        """Take the document, unless somebody else was quicker."""
        taken = (
            update(embeddings)
            .where(
                embeddings.c.document_id == work.document_id,
                embeddings.c.done == work.done,
                embeddings.c.finished.is_(False),
                embeddings.c.lease_until < now(),
            )
            .values(embedder=embedder, lease_until=now() + lease_seconds)
        )
        return self._connection.execute(taken).rowcount > 0

    def keep(self, work: Embedding, vectors: Vectors, lease_seconds: float) -> bool:
        """Keep the vectors of the next chunks; False where they are not the next any more."""
        count, dimensions = vectors.shape
        reached = work.done + count
        moved = (
            update(embeddings)
            .where(
                embeddings.c.document_id == work.document_id,
                embeddings.c.done == work.done,
                embeddings.c.finished.is_(False),
            )
            .values(
                done=reached,
                finished=embeddings.c.total <= reached,
                lease_until=now() + lease_seconds,
            )
        )
        if not self._connection.execute(moved).rowcount:
            return False
        self._connection.execute(
            insert(document_vectors),
            {
                "document_id": work.document_id,
                "first": work.done,
                "dimensions": dimensions,
                "vectors": vectors.astype(STORED).tobytes(),
            },
        )
        return True

    def finish(self, document_id: str) -> None:
        """The document gets no more vectors."""
        self._connection.execute(
            update(embeddings).where(embeddings.c.document_id == document_id).values(finished=True)
        )

    def restart(self, embedder: str) -> int:
        """Forget the vectors of every other embedder; of how many documents.

        What is found by its words alone has no embedder, and is left as it is.
        """
        others = select(embeddings.c.document_id).where(
            embeddings.c.embedder != embedder,
            or_(embeddings.c.done > 0, embeddings.c.finished.is_(True)),
        )
        again = tuple(self._connection.execute(others).scalars())
        for document_id in again:
            self._connection.execute(
                delete(document_vectors).where(document_vectors.c.document_id == document_id)
            )
            self._connection.execute(
                update(embeddings)
                .where(embeddings.c.document_id == document_id)
                .values(embedder=None, done=0, finished=False, lease_until=0.0)
            )
        return len(again)

    def copy(self, from_id: str, to_id: str) -> bool:
        """Give a document the vectors of an identical one; False where those are not complete."""
        row = self._connection.execute(
            select(embeddings).where(
                embeddings.c.document_id == from_id, embeddings.c.finished.is_(True)
            )
        ).one_or_none()
        if row is None:
            return False
        self._connection.execute(insert(embeddings).values({**row._mapping, "document_id": to_id}))
        columns = document_vectors.c
        rest = (columns.first, columns.dimensions, columns.vectors)
        copied = select(literal(to_id), *rest).where(columns.document_id == from_id)
        names = ["document_id", "first", "dimensions", "vectors"]
        self._connection.execute(insert(document_vectors).from_select(names, copied))
        return True

    def of_session(self, session_id: str) -> dict[str, Embedding]:
        """How far each document of the session is."""
        rows = self._connection.execute(
            select(embeddings)
            .join(documents, documents.c.id == embeddings.c.document_id)
            .where(documents.c.session_id == session_id)
        )
        return {row.document_id: _to_embedding(row) for row in rows}

    def of_document(self, document_id: str) -> Embedding | None:
        """How far one document is; None where there is nothing to embed yet."""
        row = self._connection.execute(
            select(embeddings).where(embeddings.c.document_id == document_id)
        ).one_or_none()
        return _to_embedding(row) if row else None

    def batches(self, document_id: str, first: int) -> Iterator[tuple[int, Vectors]]:
        """The batches of a document from that chunk on, each with the number of its first."""
        rows = self._connection.execute(
            select(document_vectors)
            .where(document_vectors.c.document_id == document_id, document_vectors.c.first >= first)
            .order_by(document_vectors.c.first)
        )
        for row in rows:
            vectors = np.frombuffer(row.vectors, STORED).reshape(-1, row.dimensions)
            yield row.first, vectors.astype(np.float32)


def _to_embedding(row: Row[Any]) -> Embedding:
    return Embedding(row.document_id, row.embedder, row.done, row.total, row.finished)
