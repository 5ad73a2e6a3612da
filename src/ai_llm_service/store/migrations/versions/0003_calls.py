"""The journal of calls, and what each of them used and cost."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "calls",
        sa.Column("task_id", sa.String(length=36), nullable=False),
        sa.Column("step", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("model", sa.String(length=255), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("provider_ref", sa.Text(), nullable=True),
        sa.Column("generation", sa.JSON(), nullable=True),
        sa.Column("cost", sa.Double(), nullable=True),
        sa.Column("intent_at", sa.Double(), nullable=False),
        sa.Column("answered_at", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(
            ["task_id"], ["tasks.id"], name=op.f("fk_calls_task_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("task_id", "step", "key", name=op.f("pk_calls")),
    )
    for name in ("cached_tokens", "reasoning_tokens", "search_calls"):
        op.add_column(
            "usage_entries", sa.Column(name, sa.BigInteger(), nullable=False, server_default="0")
        )
    op.add_column("usage_entries", sa.Column("cost", sa.Double(), nullable=True))
    op.create_table(
        "provider_limits",
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("state", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_provider_limits")),
    )
