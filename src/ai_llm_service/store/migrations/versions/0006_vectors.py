"""Vectors and metadata of documents."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "document_metadata",
        sa.Column("document_id", sa.String(length=36), nullable=False),
        sa.Column("entries", sa.JSON(), nullable=False),
        _of_document("document_metadata"),
        sa.PrimaryKeyConstraint("document_id", name=op.f("pk_document_metadata")),
    )
    op.create_table(
        "embeddings",
        sa.Column("document_id", sa.String(length=36), nullable=False),
        sa.Column("embedder", sa.String(length=255), nullable=True),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("finished", sa.Boolean(), nullable=False),
        sa.Column("lease_until", sa.Double(), nullable=False),
        _of_document("embeddings"),
        sa.PrimaryKeyConstraint("document_id", name=op.f("pk_embeddings")),
    )
    op.create_index("ix_embeddings_finished_total", "embeddings", ["finished", "total"])
    op.create_table(
        "document_vectors",
        sa.Column("document_id", sa.String(length=36), nullable=False),
        sa.Column("first", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("dimensions", sa.Integer(), nullable=False),
        sa.Column("vectors", sa.LargeBinary(), nullable=False),
        _of_document("document_vectors"),
        sa.PrimaryKeyConstraint("document_id", "first", name=op.f("pk_document_vectors")),
    )


def _of_document(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["document_id"],
        ["documents.id"],
        name=op.f(f"fk_{table}_document_id"),
        ondelete="CASCADE",
    )
