"""One writer with few commits: transactions that wait for each other share one commit.

SQLite has one writer and pays a disk flush for each commit. Here each transaction runs alone,
within a savepoint, and the last one in line commits for all; nobody goes on before that commit.
The first one would wait long in a long line, and with it whoever writes in another process, so a
batch ends when it has lasted a few times as long as its commit is going to take. The idea is the
group commit of DeWitt et al., "Implementation Techniques for Main Memory Database Systems",
SIGMOD 1984.
"""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from sqlalchemy import Connection, Engine, RootTransaction

from ai_llm_service.errors import StoreUnavailable

MAX_MEMBERS = 64
# What a batch may last, in times of the last commit: then commits take a fifth of the time at most.
BATCH_COMMITS = 4
RETRY_SECONDS = 0.001


class _Batch:
    """The transactions that share a commit; `error` is what became of it."""

    def __init__(self, connection: Connection, root: RootTransaction) -> None:
        self.connection = connection
        self.members = 0
        self.error: BaseException | None = None
        self.began_at = time.monotonic()
        self._root = root
        self._done = threading.Event()

    def finish(self) -> None:
        """Commit, and let the members go on."""
        try:
            if self.error is None:
                self._root.commit()
        except BaseException as error:  # noqa: BLE001 - every member is told, in `wait`
            self.error = error
        finally:
            self.connection.close()
            self._done.set()

    def wait(self) -> None:
        """Return once the commit is durable, or raise what prevented it."""
        self._done.wait()
        if self.error is not None:
            raise self.error


class GroupCommit:
    """The writing side of an SQLite database within one process."""

    def __init__(self, engine: Engine, patience_seconds: float) -> None:
        self._engine = engine
        self._patience_seconds = patience_seconds
        self._turn = threading.Lock()
        self._counting = threading.Lock()
        self._waiting = 0
        self._batch: _Batch | None = None
        self._commit_seconds = 0.0

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A transaction: what the block wrote is durable when the block is left."""
        self._take_turn()
        try:
            batch = self._batch = self._batch or self._open()
            with self._member(batch):
                yield batch.connection
        finally:
            self._turn.release()
        batch.wait()

    @contextmanager
    def _member(self, batch: _Batch) -> Iterator[None]:
        run = _driver(batch.connection).execute
        run("SAVEPOINT member")
        try:
            yield
            run("RELEASE member")
            batch.members += 1
        except BaseException as error:
            if _driver(batch.connection).in_transaction:
                run("ROLLBACK TO member")
                run("RELEASE member")
            else:  # SQLite gave up the whole of it, such as on a full disk
                batch.error = error
            raise
        finally:
            if batch.error or self._is_complete(batch):
                self._batch = None
                began_at = time.monotonic()
                batch.finish()
                self._commit_seconds = time.monotonic() - began_at

    def _is_complete(self, batch: _Batch) -> bool:
        lasted = time.monotonic() - batch.began_at
        is_long = batch.members >= MAX_MEMBERS or lasted > BATCH_COMMITS * self._commit_seconds
        return is_long or not self._someone_waits()

    def _take_turn(self) -> None:
        with self._counting:
            self._waiting += 1
        self._turn.acquire()
        with self._counting:
            self._waiting -= 1

    def _someone_waits(self) -> bool:
        with self._counting:
            return self._waiting > 0

    def _open(self) -> _Batch:
        """Begin; other processes' writers are waited for in small steps, not in growing ones."""
        give_up_at = time.monotonic() + self._patience_seconds
        while True:
            connection = self._engine.connect()
            try:
                return _Batch(connection, connection.begin())
            except sqlite3.OperationalError as error:
                connection.close()
                if not _is_busy(error):
                    raise
                if time.monotonic() > give_up_at:
                    raise StoreUnavailable from error
            time.sleep(RETRY_SECONDS)


def _is_busy(error: sqlite3.OperationalError) -> bool:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    return bool(code & 0xFF == sqlite3.SQLITE_BUSY)


def _driver(connection: Connection) -> sqlite3.Connection:
    """SQLite's own connection: what is said for each member is said without a detour."""
    return cast("sqlite3.Connection", connection.connection.dbapi_connection)
