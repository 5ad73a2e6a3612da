"""The database goes away or is full: no false success, and all goes on when it is back."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import Engine, event

from ai_llm_service.usecases.keys import create_key
from tests.contract import UNKNOWN_ID, problem
from tests.in_process import Api, serving
from tests.postgres import PostgresServer, postgres_server
from tests.service import running


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    with postgres_server() as server:
        yield server


@pytest.fixture
def api(tmp_path: Path, postgres: PostgresServer) -> Iterator[Api]:
    with serving(tmp_path / "data", postgres.address) as api:
        yield api


@pytest.fixture
def away(postgres: PostgresServer) -> Iterator[Callable[[], None]]:
    """Stops the database; it is back after the test."""
    yield postgres.stop_at_once
    postgres.start()


def every_call(api: Api) -> Iterator[httpx2.Response]:
    client, session = api.client, f"/api/file/search/session/{UNKNOWN_ID}"
    yield api.upload()
    yield api.upload(key="k")
    yield api.upload(session_id=UNKNOWN_ID)
    yield api.ask(session_id=UNKNOWN_ID)
    yield api.ask(key="k", file_path=f"files/{UNKNOWN_ID}")
    yield api.cancel(UNKNOWN_ID)
    yield client.get(f"/api/task/{UNKNOWN_ID}")
    yield client.get("/api/tasks")
    yield client.get(session)
    yield client.delete(session)
    yield client.get("/api/file/search/sessions")
    yield client.get(f"/api/document/{UNKNOWN_ID}")
    yield client.get(f"/api/document/{UNKNOWN_ID}/text")


def test_every_route_says_503_and_when_to_come_again(api: Api, away: Callable[[], None]) -> None:
    key = create_key(api.core.database, "other", "")
    away()
    for given in (api.client.headers["Authorization"], key):
        api.client.headers["Authorization"] = given
        for answer in every_call(api):
            problem(answer, 503, "store_unavailable")
            assert int(answer.headers["retry-after"]) > 0, answer.request.url
    ready = api.client.get("/health/ready")
    assert (ready.status_code, int(ready.headers["retry-after"]) > 0) == (503, True)
    assert api.client.get("/health").status_code == 200
    assert api.files() == []


def test_what_was_accepted_before_is_there_after_it(api: Api, postgres: PostgresServer) -> None:
    sent = api.upload(key="k")
    postgres.stop_at_once()
    problem(api.look(sent.json()["task_id"]), 503, "store_unavailable")
    postgres.start()
    assert api.task(sent.json()["task_id"])["status"] == "PENDING"
    again = api.upload(key="k")
    assert (again.json(), again.headers["idempotent-replayed"]) == (sent.json(), "true")


def test_a_caller_who_waits_outlives_an_outage(api: Api, postgres: PostgresServer) -> None:
    task_id = api.upload().json()["task_id"]
    postgres.stop_at_once()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(api.look, task_id, wait=60)
        postgres.start()
        assert api.cancel(task_id).status_code == 200
        assert waiting.result(60).json()["status"] == "REVOKED"


@contextmanager
def full_disk(api: Api) -> Iterator[None]:
    """Let the database grow no further, as a full disk does."""

    def limit(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA max_page_count = 1")  # it takes what it needs

    event.listen(Engine, "connect", limit)
    api.core.database.close()  # connections are made anew
    try:
        yield
    finally:
        event.remove(Engine, "connect", limit)


@pytest.mark.parametrize("key", [None, "k"])
def test_a_full_disk_is_told_as_507_and_leaves_nothing(tmp_path: Path, key: str | None) -> None:
    with serving(tmp_path / "data", f"sqlite:///{tmp_path / 'full.sqlite3'}") as api:
        session_id = api.upload().json()["session_id"]
        with full_disk(api):
            large = ["x" * 20_000] * 20
            refused = api.ask(key=key, session_id=session_id, queries=large)
            problem(refused, 507, "disk_full")
            fillers = (f"{key}-{number}" if key else None for number in count())
            answer = next(a for each in fillers if not (a := api.upload(key=each)).is_success)
            problem(answer, 507, "disk_full")
            shown = api.client.get(f"/api/file/search/session/{session_id}")
            assert shown.status_code == 200
            assert len(api.tasks(kind="answer")["tasks"]) == 0
            assert len(api.files()) == len(api.tasks(kind="ingest")["tasks"])


def test_the_whole_service_goes_on_after_an_outage(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    with running(tmp_path, DATABASE_URL=postgres.address) as service:
        sent = service.upload("pump.txt", "The pump is green.")
        service.finished(sent["task_id"])
        postgres.stop_at_once()
        with service.http() as http:
            body = {"queries": ["Which colour is the pump?"], "session_id": sent["session_id"]}
            problem(http.post("/api/file/query", json=body), 503, "store_unavailable")
            postgres.start()
            while (asked := http.post("/api/file/query", json=body)).status_code == 503:
                pass
        task = service.finished(asked.json()["task_id"])
        assert "green" in task["result"]["result"][0]
