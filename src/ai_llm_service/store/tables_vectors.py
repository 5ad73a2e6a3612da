"""The tables of what retrieval adds to documents: their vectors and their metadata."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
)

from ai_llm_service.store.tables import metadata

document_metadata = Table(
    "document_metadata",
    metadata,
    Column("document_id", ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True),
    Column("entries", JSON, nullable=False),
)

# How far the vectors of a document are. Whoever makes them has a lease.
embeddings = Table(
    "embeddings",
    metadata,
    Column("document_id", ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True),
    Column("embedder", String(255)),
    Column("done", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    Column("finished", Boolean, nullable=False),
    Column("lease_until", Double, nullable=False),
    Index("ix_embeddings_finished_total", "finished", "total"),
)

# A batch of chunks that follow each other: little-endian float16, one row a chunk.
document_vectors = Table(
    "document_vectors",
    metadata,
    Column("document_id", ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True),
    Column("first", Integer, primary_key=True, autoincrement=False),
    Column("dimensions", Integer, nullable=False),
    Column("vectors", LargeBinary, nullable=False),
)
