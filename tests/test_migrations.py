"""The migrations and the tables that the code reads are the same, on SQLite and on Postgres."""

from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from ai_llm_service.store.database import Database
from ai_llm_service.store.revisions import MIGRATIONS, newest_revision
from ai_llm_service.store.tables import metadata


def test_the_migrations_make_the_tables_that_the_code_reads(
    database: Database, database_url: str
) -> None:
    engine = create_engine(database_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_the_newest_migration_is_known_without_alembic(database: Database) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert newest_revision() == ScriptDirectory.from_config(config).get_current_head()
    assert database.is_migrated()
    database.migrate()
