"""Which version the tables have and which they should have, told without loading Alembic."""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

MIGRATIONS = Path(__file__).parent / "migrations"


def newest_revision() -> str:
    """The revision of the last migration; the file of each is named by its own, in order."""
    files = (MIGRATIONS / "versions").glob("[0-9]*.py")
    return max(file.name.partition("_")[0] for file in files)


def revision_of(connection: Connection) -> str | None:
    """The revision that a database has; None before its first migration."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version"))
    return found.scalar_one_or_none()
