"""The tables of what lies at a provider: known from the intent to make it until it is removed.

A row without an id says that a thing was about to be made: it may be there, by its mark.
"""

from sqlalchemy import Boolean, Column, Double, Index, String, Table

from ai_llm_service.store.tables import metadata

installations = Table(
    "installations",
    metadata,
    Column("id", String(36), primary_key=True),
)

# No foreign keys: what lies at a provider outlives the rows of a session that is closed.
hosted_stores = Table(
    "hosted_stores",
    metadata,
    Column("session_id", String(36), primary_key=True),
    Column("provider", String(64), nullable=False),
    Column("store_id", String(255)),
    Column("intended_at", Double, nullable=False),
)

hosted_files = Table(
    "hosted_files",
    metadata,
    Column("document_id", String(36), primary_key=True),
    Column("session_id", String(36), nullable=False),
    Column("provider", String(64), nullable=False),
    Column("file_id", String(255)),
    Column("attached", Boolean, nullable=False),
    Column("indexed", Boolean, nullable=False),
    Column("error_code", String(64)),
    Column("intended_at", Double, nullable=False),
    Index("ix_hosted_files_session_id", "session_id"),
)
