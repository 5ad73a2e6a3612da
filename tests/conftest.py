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
from xdist.scheduler import LoadFileScheduling

from ai_llm_service.store.database import Database
from tests.contract import LOG
from tests.fake_vendor import FakeVendor
from tests.postgres import postgres_address
from tests.service import Service, running

# Long tests that share nothing, the longest first; those of one other file stay together, for its
# service.
SPREAD = (
    *("tests/test_worker_faults", "tests/test_broker_faults", "tests/chaos/", "tests/test_cli"),
    *("tests/webhooks/test_down_for_an_hour", "tests/hosted/test_hosting_crashes", "tests/crash/"),
)
ONE_SERVICE = "tests/test_contract_"


class Spreading(LoadFileScheduling):  # type: ignore[misc]
    """Which tests go to the same one of the processes that run them."""

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith(SPREAD):
            return nodeid
        return ONE_SERVICE if nodeid.startswith(ONE_SERVICE) else nodeid.partition("::")[0]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long, so that at the end no process is left alone with it."""
    items.sort(key=lambda item: _place(item.nodeid))


def _place(nodeid: str) -> int:
    found = (place for place, start in enumerate(SPREAD) if nodeid.startswith(start))
    return next(found, len(SPREAD))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Spreading | None:
    return Spreading(config, log) if config.getoption("dist") == "loadfile" else None


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


@pytest.fixture(scope="module")
def shared_vendor() -> Iterator[FakeVendor]:
    """A vendor that the tests of a file share; `vendor` is the same, as if new."""
    with FakeVendor() as vendor:
        yield vendor


@pytest.fixture
def vendor(shared_vendor: FakeVendor) -> FakeVendor:
    """A vendor that has been asked nothing yet."""
    shared_vendor.forget()
    return shared_vendor


@pytest.fixture
def http(service: Service) -> Iterator[httpx2.Client]:
    with service.http() as http:
        yield http


@pytest.fixture
def uploaded(service: Service) -> dict[str, Any]:
    """The answer to the upload of a small log."""
    return service.upload("logs.txt", LOG)
