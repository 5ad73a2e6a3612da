"""Real databases for all tests: SQLite, and a Postgres out of a wheel; and the whole service."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import psycopg
import pytest

from ai_llm_service.store.database import Database
from tests.contract import LOG
from tests.postgres import postgres_address
from tests.service import Service, running


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that share a service go to one of the processes that run tests; the others spread."""
    for item in items:
        shared = _shared_part(item)
        if shared:
            item.add_marker(pytest.mark.xdist_group(shared))


def _shared_part(item: pytest.Item) -> str | None:
    definitions = getattr(item, "_fixtureinfo").name2fixturedefs  # noqa: B009 - not in its type
    used = [found[-1] for found in definitions.values()]
    if any(fixture.scope == "module" for fixture in used):
        return item.path.name
    is_service = any((fixture.argname, fixture.scope) == ("service", "session") for fixture in used)
    return "service" if is_service else None


@pytest.fixture(scope="session", autouse=True)
def runtime_folder() -> Iterator[Path]:
    """Where the sockets of brokers lie: it goes with the tests, however those ended their parts."""
    with tempfile.TemporaryDirectory(prefix="als-", ignore_cleanup_errors=True) as folder:
        os.environ["XDG_RUNTIME_DIR"] = folder
        yield Path(folder)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a Postgres server, shared by the tests of this process."""
    with postgres_address() as address:
        yield address


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'test.sqlite3'}"
    return new_postgres_database(request.getfixturevalue("postgres_server"))


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A migrated database of each kind."""
    database = Database(database_url)
    database.migrate()
    yield database
    database.close()


def new_postgres_database(server: str) -> str:
    """The address of a new, empty database on the server."""
    name = f"test_{uuid4().hex}"
    with psycopg.connect(server.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    head, _, query = server.partition("?")
    base = head.rsplit("/", 1)[0]
    return f"{base}/{name}?{query}" if query else f"{base}/{name}"


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The whole service on its defaults, shared by the tests that break nothing."""
    with running(tmp_path_factory.mktemp("service")) as service:
        yield service


@pytest.fixture
def http(service: Service) -> Iterator[httpx2.Client]:
    with service.http() as http:
        yield http


@pytest.fixture
def uploaded(service: Service) -> dict[str, Any]:
    """The answer to the upload of a small log."""
    return service.upload("logs.txt", LOG)
