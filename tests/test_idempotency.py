"""A request that is sent twice with one Idempotency-Key is made once."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import httpx2
import pytest

from ai_llm_service.errors import SessionNotFound
from ai_llm_service.store.database import Database
from ai_llm_service.usecases.idempotency import AlreadyAnswered, Once
from ai_llm_service.usecases.keys import create_key
from tests.contract import UNKNOWN_ID, problem
from tests.in_process import Api, serving

TENANT = "default"
KEPT_SECONDS = 60.0


@pytest.fixture
def api(tmp_path: Path, database_url: str) -> Iterator[Api]:
    with serving(tmp_path / "data", database_url) as api:
        yield api


def is_replay(answer: httpx2.Response) -> bool:
    return answer.headers.get("idempotent-replayed") == "true"


def test_an_upload_sent_again_gets_its_first_answer_and_leaves_no_second_file(api: Api) -> None:
    first = api.upload(key="k")
    again = api.upload(key="k")
    assert (first.status_code, again.status_code) == (200, 200)
    assert (first.json(), is_replay(first)) == (again.json(), False)
    assert is_replay(again)
    assert len(api.files()) == 1
    assert len(api.tasks()["tasks"]) == 1


def test_a_query_sent_again_is_one_task_under_every_prefix(api: Api) -> None:
    session_id = api.upload().json()["session_id"]
    first = api.ask(key="k", session_id=session_id)
    body = {"queries": ["Which colour?"], "session_id": session_id}
    for path in ("/file/query", "/api/file/query", "/api/v1/file/query"):
        again = api.client.post(path, json=body, headers={"Idempotency-Key": "k"})
        assert (again.status_code, again.json(), is_replay(again)) == (200, first.json(), True)
    assert len(api.tasks(kind="answer")["tasks"]) == 1


def test_a_cancel_sent_again_gets_its_first_answer(api: Api) -> None:
    task_id = api.upload().json()["task_id"]
    first = api.cancel(task_id, key="k")
    again = api.cancel(task_id, key="k")
    assert (first.status_code, first.json()["status"]) == (200, "REVOKED")
    assert (again.status_code, again.json(), is_replay(again)) == (200, first.json(), True)
    problem(api.cancel(task_id, key="another"), 409, "task_already_finished")


def test_another_request_with_the_key_is_a_conflict(api: Api) -> None:
    sent = api.upload(key="k").json()
    problem(api.upload("Other text.", key="k"), 409, "idempotency_conflict")
    problem(api.upload(key="k", filename="other.txt"), 409, "idempotency_conflict")
    problem(api.upload(key="k", session_id=sent["session_id"]), 409, "idempotency_conflict")
    problem(api.ask(key="k", session_id=sent["session_id"]), 409, "idempotency_conflict")
    problem(api.cancel(sent["task_id"], key="k"), 409, "idempotency_conflict")
    assert len(api.files()) == 1


def test_a_key_is_of_its_tenant_alone(api: Api) -> None:
    first = api.upload(key="k")
    other = create_key(api.core.database, "other", "")
    api.client.headers["Authorization"] = other
    second = api.upload(key="k")
    assert not is_replay(second)
    assert second.json()["task_id"] != first.json()["task_id"]


def test_a_refused_request_leaves_its_key_free(api: Api) -> None:
    problem(api.ask(key="k", session_id=UNKNOWN_ID), 404, "session_not_found")
    problem(api.upload(key="k", session_id=UNKNOWN_ID), 404, "session_not_found")
    assert api.upload(key="k").status_code == 200


def test_a_replay_does_not_ask_whether_the_session_is_still_open(api: Api) -> None:
    session_id = api.upload().json()["session_id"]
    first = api.upload("More.", key="u", session_id=session_id)
    asked = api.ask(key="q", session_id=session_id)
    api.client.delete(f"/api/file/search/session/{session_id}")
    assert api.upload("More.", key="u", session_id=session_id).json() == first.json()
    assert api.ask(key="q", session_id=session_id).json() == asked.json()


@pytest.mark.parametrize("key", ["", "x" * 256, "caf\xe9", "a\tb"])
def test_a_key_that_can_t_be_kept_is_refused(api: Api, key: str) -> None:
    given = {b"Idempotency-Key": key.encode("latin-1")}
    answer = api.client.post("/api/file/query", json={}, headers=given)
    refused = problem(answer, 422, "invalid_request")
    assert refused["errors"][0]["where"] == "Idempotency-Key"


def test_requests_without_a_key_are_never_the_same(api: Api) -> None:
    assert api.upload().json()["task_id"] != api.upload().json()["task_id"]


def test_many_at_once_are_one(api: Api) -> None:
    session_id = api.upload().json()["session_id"]
    together = threading.Barrier(8)

    def send(_number: int) -> httpx2.Response:
        together.wait(30)
        return api.ask(key="k", session_id=session_id)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(send, range(8)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["task_id"] for answer in answers}) == 1
    assert sum(is_replay(answer) for answer in answers) == 7
    assert len(api.tasks(kind="answer")["tasks"]) == 1


@pytest.fixture
def kept(database: Database) -> Database:
    with database.transaction("test") as store:
        store.keys.ensure_tenant(TENANT, tenant_id=TENANT)
    return database


def begin_in_thread(database: Database, once: Once, began: threading.Event) -> str:
    """What becomes of a second request while the first one is under way."""
    began.set()
    try:
        with database.transaction("test") as store:
            once.begin(store)
            once.keep(store, {"made_by": "second"})
    except AlreadyAnswered as answered:
        return str(answered.body["made_by"])
    return "second"


@pytest.mark.parametrize(("fails", "made_by"), [(False, "first"), (True, "second")])
def test_a_second_request_waits_for_the_first_and_does_its_work_if_that_failed(
    kept: Database, fails: bool, made_by: str
) -> None:
    once, began = Once(TENANT, "k", "f", KEPT_SECONDS), threading.Event()
    with ThreadPoolExecutor(1) as pool:
        with suppress(SessionNotFound), kept.transaction("test") as store:
            once.begin(store)
            second = pool.submit(begin_in_thread, kept, once, began)
            assert began.wait(30)
            once.keep(store, {"made_by": "first"})
            assert not second.done()
            if fails:
                raise SessionNotFound
        assert second.result(30) == made_by


def test_a_key_is_forgotten_after_its_time(kept: Database) -> None:
    once, long_ago = Once(TENANT, "k", "f", KEPT_SECONDS), Once(TENANT, "k", "g", 0.0)
    with kept.transaction("test") as store:
        once.begin(store)
        once.keep(store, {})
    with kept.transaction("test") as store:
        long_ago.begin(store)  # nothing is kept for it, so the key is free
        long_ago.keep(store, {})
    with kept.transaction("test") as store:
        assert store.idempotency.purge(KEPT_SECONDS) == 0
        assert store.idempotency.purge(-1.0) == 1  # as if a second had passed
        once.begin(store)
