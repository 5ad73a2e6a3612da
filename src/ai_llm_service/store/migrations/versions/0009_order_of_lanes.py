"""Lanes in the order of their bytes, and an index for the next task whose time comes."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0005"


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("tasks", "lane", type_=sa.String(255, collation="C"))
    op.create_index("ix_tasks_status_run_at", "tasks", ["status", "run_at"])


def downgrade() -> None:
    op.drop_index("ix_tasks_status_run_at", "tasks")
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("tasks", "lane", type_=sa.String(255, collation="default"))
