"""How documents were read: one that is the same, to be read in the same way, needs no parser."""

from sqlalchemy import JSON, Column, ForeignKey, Index, String, Table

from ai_llm_service.store.tables import metadata

readings = Table(
    "readings",
    metadata,
    Column("document_id", ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True),
    Column("tenant_id", ForeignKey("tenants.id"), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("recipe", String(255), nullable=False),
    Column("notes", JSON, nullable=False),
    Index("ix_readings_tenant_id_sha256_recipe", "tenant_id", "sha256", "recipe"),
)
