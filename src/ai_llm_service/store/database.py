"""One database, SQLite or Postgres: its connections, transactions, clock and migrations."""

import select as select_module
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from ai_llm_service.errors import DiskFull, StoreUnavailable
from ai_llm_service.store.clock import now
from ai_llm_service.store.group_commit import GroupCommit
from ai_llm_service.store.revisions import newest_revision, revision_of
from ai_llm_service.store.store import Store

# Longer than any transaction of ours; a writer that waits more has met a stuck one.
BUSY_SECONDS = 30
POOL_SIZE = 20
TIDY = (
    "PRAGMA busy_timeout = 100",
    "PRAGMA wal_checkpoint(TRUNCATE)",
    f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}",
)
# On Postgres each statement sees what is committed, so a transaction of reads is two trips more.
READING: dict[str, dict[str, Any]] = {
    "sqlite": {"reads_only": True},
    "postgresql": {"isolation_level": "AUTOCOMMIT"},
}
# A Postgres that is frozen or behind a dead route must not hold its callers for ever.
CONNECT_SECONDS = 5
MIGRATION_LOCK = 7_001_2026
POSTGRES_DISK_FULL = "53100"
# Classes of SQLSTATE: connection, try again, out of resources, operator intervention.
POSTGRES_AWAY = {"08", "40", "53", "57"}


def no_crash(_name: str) -> None:
    """Where tests of crashes kill the process."""


class Database:
    """The system of record. Every method may raise StoreUnavailable."""

    def __init__(
        self,
        url: str,
        *,
        synchronous: str = "FULL",
        crash_point: Callable[[str], None] = no_crash,
    ) -> None:
        self._crash_point = crash_point
        self._engine = _make_engine(url, synchronous)
        self.is_sqlite = self._engine.dialect.name == "sqlite"
        self._reader = self._engine.execution_options(**READING[self._engine.dialect.name])
        self._writer = self._engine
        self._begin: Callable[[], AbstractContextManager[Connection]] = self._engine.begin
        if self.is_sqlite:
            self._writer = _make_sqlite(url, synchronous, busy_seconds=0)
            self._begin = GroupCommit(self._writer, BUSY_SECONDS).begin

    @contextmanager
    def transaction(self, name: str) -> Iterator[Store]:
        """A unit of writing: committed whole at the end of the block, or not at all.

        Its name makes two crash points: `name:before` and `name:after` its commit.
        """
        with _own_errors(), self._begin() as connection:
            yield Store(connection)
            self._crash_point(f"{name}:before")
        self._crash_point(f"{name}:after")

    @contextmanager
    def snapshot(self) -> Iterator[Store]:
        """A unit of reading."""
        with _own_errors(), self._reader.begin() as connection:
            yield Store(connection)

    def now(self) -> float:
        """The database's clock; a proof that the database answers."""
        with _own_errors(), self._reader.begin() as connection:
            return float(connection.execute(select(now())).scalar_one())

    def migrate(self) -> None:
        """Bring the tables to this version; safe when several processes start at once."""
        if self.is_migrated():
            return
        # Alembic is slow to load, and nearly always there is nothing for it to do.
        from ai_llm_service.store.migrating import upgrade  # noqa: PLC0415

        with _own_errors(), self._engine.begin() as connection:
            if not self.is_sqlite:
                connection.execute(text(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})"))
            upgrade(connection)

    def is_migrated(self) -> bool:
        """Whether the tables are those of this version."""
        if not self._is_made():
            return False
        with _own_errors(), self._reader.begin() as connection:
            return revision_of(connection) == newest_revision()

    def _is_made(self) -> bool:
        """Whether there is a database at all; to connect to SQLite's would make it."""
        path = self._engine.url.database
        return not self.is_sqlite or path is None or Path(path).exists()

    def tidy(self) -> None:
        """Let nothing that was deleted stay in SQLite's log; done next time if someone reads."""
        if not self.is_sqlite:
            return
        with _own_errors(), self._engine.connect() as connection:
            raw = connection.connection
            raw.rollback()
            for statement in TIDY:
                raw.cursor().execute(statement).fetchall()

    def close(self) -> None:
        """Let go of all connections; those that are asked for later are new."""
        self._engine.dispose()
        self._writer.dispose()


def _make_engine(url: str, synchronous: str) -> Engine:
    if make_url(url).get_backend_name() != "sqlite":
        engine = create_engine(
            url,
            pool_size=POOL_SIZE,
            max_overflow=POOL_SIZE,
            hide_parameters=True,
            connect_args={"connect_timeout": CONNECT_SECONDS},
        )
        event.listen(engine, "checkout", _refuse_ended)
        return engine
    return _make_sqlite(url, synchronous, busy_seconds=BUSY_SECONDS)


def _refuse_ended(driver: Any, _record: Any, _proxy: Any) -> None:
    """Use no connection that its server has ended; to ask it each time would be a trip more.

    A server that has not been asked says nothing, so something to read is the end of it.
    """
    poll = select_module.poll()
    poll.register(driver.pgconn.socket, select_module.POLLIN)
    if poll.poll(0):
        raise DisconnectionError


def _make_sqlite(url: str, synchronous: str, *, busy_seconds: float) -> Engine:
    path = make_url(url).database
    if path:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url,
        pool_size=POOL_SIZE,
        max_overflow=POOL_SIZE,
        hide_parameters=True,  # an error's text must not carry a document's
        connect_args={"timeout": busy_seconds, "check_same_thread": False},
    )

    def configure(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {synchronous}")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA secure_delete = ON")

    def begin(connection: Connection) -> None:
        reads_only = connection.get_execution_options().get("reads_only", False)
        driver = connection.connection.dbapi_connection
        driver.execute("BEGIN" if reads_only else "BEGIN IMMEDIATE")  # type: ignore[union-attr]

    event.listen(engine, "connect", configure)
    event.listen(engine, "begin", begin)
    return engine


@contextmanager
def _own_errors() -> Iterator[None]:
    """Tell a database that is away from a mistake of ours, which passes as it is."""
    try:
        yield
    except PoolTimeout as error:
        raise StoreUnavailable from error
    except (DBAPIError, sqlite3.Error) as error:
        if _is_full(_driver_s(error)):
            raise DiskFull from error
        if _is_away(error):
            raise StoreUnavailable from error
        raise


def _driver_s(error: DBAPIError | sqlite3.Error) -> BaseException | None:
    """The error as the driver raised it."""
    return error.orig if isinstance(error, DBAPIError) else error


def _is_full(error: BaseException | None) -> bool:
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
    return getattr(error, "sqlstate", None) == POSTGRES_DISK_FULL


def _is_away(error: DBAPIError | sqlite3.Error) -> bool:
    told = _driver_s(error)
    if isinstance(told, sqlite3.OperationalError):
        code = getattr(told, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
        return bool(code & 0xFF != sqlite3.SQLITE_ERROR)
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    state = getattr(told, "sqlstate", None)
    if state is None:
        return type(told).__name__ in {"OperationalError", "InterfaceError"}
    return str(state)[:2] in POSTGRES_AWAY
