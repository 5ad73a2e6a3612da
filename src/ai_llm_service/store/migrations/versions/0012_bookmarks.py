"""What was read for a query, so that a resumed step reads the same."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.add_column("steps", sa.Column("bookmark", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("steps", "bookmark")
