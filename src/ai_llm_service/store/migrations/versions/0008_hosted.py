"""What lies at a provider, and the name of this installation there."""

from uuid import uuid4

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    installations = op.create_table(
        "installations",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_installations")),
    )
    op.bulk_insert(installations, [{"id": uuid4().hex}])
    op.create_table(
        "hosted_stores",
        sa.Column("session_id", sa.String(length=36), nullable=False),
        sa.Column("provider", sa.String(length=64), nullable=False),
        sa.Column("store_id", sa.String(length=255), nullable=True),
        sa.Column("intended_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_hosted_stores")),
    )
    op.create_table(
        "hosted_files",
        sa.Column("document_id", sa.String(length=36), nullable=False),
        sa.Column("session_id", sa.String(length=36), nullable=False),
        sa.Column("provider", sa.String(length=64), nullable=False),
        sa.Column("file_id", sa.String(length=255), nullable=True),
        sa.Column("attached", sa.Boolean(), nullable=False),
        sa.Column("indexed", sa.Boolean(), nullable=False),
        sa.Column("error_code", sa.String(length=64), nullable=True),
        sa.Column("intended_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("document_id", name=op.f("pk_hosted_files")),
    )
    op.create_index("ix_hosted_files_session_id", "hosted_files", ["session_id"])


def downgrade() -> None:
    for table in ("hosted_files", "hosted_stores", "installations"):
        op.drop_table(table)
