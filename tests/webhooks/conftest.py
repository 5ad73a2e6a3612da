"""A service that may tell receivers on this machine, on each database, and such a receiver."""

from collections.abc import Iterator

import httpx2
import pytest

from tests.conftest import new_postgres_database
from tests.receiver import Receiver
from tests.service import Service, running

SETTINGS = {"WEBHOOK_ALLOWED_HOSTS": "127.0.0.1,[::1]", "WEBHOOK_FIRST_WAIT_SECONDS": "0.05"}


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def database_address(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path_factory.mktemp('database') / 'test.sqlite3'}"
    return new_postgres_database(request.getfixturevalue("postgres_server"))


@pytest.fixture(scope="module")
def service(database_address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    settings = {**SETTINGS, "DATABASE_URL": database_address}
    with running(tmp_path_factory.mktemp("webhooks"), **settings) as service:
        yield service


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def secret(http: httpx2.Client) -> str:
    """A new signing secret of the tenant."""
    answer = http.post("/api/webhooks/secret")
    assert answer.status_code == 200, answer.text
    return str(answer.json()["secret"])
