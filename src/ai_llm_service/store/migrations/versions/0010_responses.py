"""What providers write in the background, until it is removed there."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "background_responses",
        sa.Column("reference", sa.String(length=255), nullable=False),
        sa.Column("model", sa.String(length=255), nullable=False),
        sa.Column("task_id", sa.String(length=36), nullable=False),
        sa.Column("submitted_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("reference", name=op.f("pk_background_responses")),
    )


def downgrade() -> None:
    op.drop_table("background_responses")
