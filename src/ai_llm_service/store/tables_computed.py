"""The tables that were found in documents, which questions are computed over."""

from sqlalchemy import JSON, Column, ForeignKey, Table

from ai_llm_service.store.tables import metadata

document_tables = Table(
    "document_tables",
    metadata,
    Column("document_id", ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True),
    Column("tables", JSON, nullable=False),
)
