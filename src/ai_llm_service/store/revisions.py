"""Which version the tables have and which they should have, told without loading Alembic."""

import re
from pathlib import Path

from sqlalchemy import Connection, inspect, text

MIGRATIONS = Path(__file__).parent / "migrations"

_REVISION = re.compile(r'^revision = "(\w+)"', re.MULTILINE)
_DOWN_REVISION = re.compile(r'^down_revision = "(\w+)"', re.MULTILINE)


def newest_revision() -> str:
    """The revision of the last migration: the one that no other follows."""
    texts = [file.read_text("utf-8") for file in (MIGRATIONS / "versions").glob("[0-9]*.py")]
    known: set[str] = {named for text in texts for named in _REVISION.findall(text)}
    followed: set[str] = {named for text in texts for named in _DOWN_REVISION.findall(text)}
    [newest] = known - followed
    return newest


def revision_of(connection: Connection) -> str | None:
    """The revision that a database has; None before its first migration."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version"))
    return found.scalar_one_or_none()
