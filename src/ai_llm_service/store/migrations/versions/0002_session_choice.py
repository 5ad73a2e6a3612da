"""The model and the file search that a session chose."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sessions", sa.Column("model", sa.String(length=255), nullable=True))
    op.add_column("sessions", sa.Column("file_search", sa.String(length=16), nullable=True))
