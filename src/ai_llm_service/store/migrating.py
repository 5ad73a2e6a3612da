"""Makes the tables or changes them to this version, by Alembic."""

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from ai_llm_service.store.revisions import MIGRATIONS


def upgrade(connection: Connection) -> None:
    """Run what has not run yet on this connection, in its transaction."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
