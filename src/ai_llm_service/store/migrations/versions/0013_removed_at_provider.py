"""How much of a session was removed at a provider, so that its receipt counts all attempts."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
COLUMNS = ("provider_files_removed", "provider_stores_removed")


def upgrade() -> None:
    for name in COLUMNS:
        column = sa.Column(name, sa.Integer(), nullable=False, server_default="0")
        op.add_column("sessions", column)


def downgrade() -> None:
    for name in COLUMNS:
        op.drop_column("sessions", name)
