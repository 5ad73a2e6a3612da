"""How many tasks of one tenant may wait; what is too many is refused before it is a row."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ai_llm_service.store.database import Database
from ai_llm_service.usecases.keys import create_key
from ai_llm_service.usecases.quotas import QueuedQuota
from tests.contract import problem
from tests.in_process import Api, serving

MOST = 3


@pytest.fixture
def api(tmp_path: Path, database_url: str) -> Iterator[Api]:
    with serving(tmp_path / "data", database_url, max_queued_per_tenant=MOST) as api:
        yield api


@pytest.fixture
def full(api: Api) -> str:
    """The session of a tenant for whom no more may wait."""
    session_id = str(api.upload().json()["session_id"])
    for _ in range(MOST - 1):
        assert api.ask(session_id=session_id).status_code == 200
    return session_id


def test_more_than_may_wait_is_refused_and_leaves_nothing(api: Api, full: str) -> None:
    for refused in (api.ask(session_id=full), api.upload(), api.upload(session_id=full)):
        told = problem(refused, 429, "limit_exceeded")
        assert int(refused.headers["retry-after"]) > 0
        assert str(MOST) in told["detail"]
    assert len(api.tasks()["tasks"]) == MOST
    assert len(api.files()) == 1


def test_there_is_room_again_when_one_has_started_or_ended(api: Api, full: str) -> None:
    waiting = [task["id"] for task in api.tasks()["tasks"]]
    api.claim(waiting[-1])
    assert api.ask(session_id=full).status_code == 200
    problem(api.ask(session_id=full), 429, "limit_exceeded")
    api.cancel(waiting[0])
    assert api.upload().status_code == 200
    problem(api.upload(), 429, "limit_exceeded")


def test_a_close_and_a_cancel_are_never_too_many(api: Api, full: str) -> None:
    waiting = api.tasks(kind="answer")["tasks"]
    assert api.cancel(waiting[0]["id"]).status_code == 200
    assert api.client.delete(f"/api/file/search/session/{full}").status_code == 200


def test_a_replay_is_not_counted(api: Api) -> None:
    first = api.upload(key="k")
    for _ in range(MOST - 1):
        api.upload()
    assert api.upload(key="k").json() == first.json()
    problem(api.upload(key="another"), 429, "limit_exceeded")


def test_one_tenant_s_limit_is_not_another_s(api: Api, full: str) -> None:
    api.client.headers["Authorization"] = create_key(api.core.database, "other", "")
    assert api.upload().status_code == 200


def test_far_from_the_limit_a_submission_does_not_count(database: Database) -> None:
    quota = QueuedQuota(1000)
    counted: list[str] = []
    with database.snapshot() as store:
        count = store.tasks.count_queued

        def counting(tenant_id: str, most: int) -> int:
            counted.append(tenant_id)
            return count(tenant_id, most)

        store.tasks.count_queued = counting  # type: ignore[method-assign]
        for _ in range(10):
            quota.admit(store, "a")
    assert len(counted) < 10
