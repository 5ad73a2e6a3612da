"""Tasks that are cancelled, and lists of tasks."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ai_llm_service.domain import Extraction, TaskKind, TaskStatus
from ai_llm_service.store.store import Store
from ai_llm_service.store.tasks import Ending
from ai_llm_service.usecases.endings import conclude
from ai_llm_service.usecases.keys import create_key
from tests.contract import UNKNOWN_ID, problem
from tests.in_process import Api, serving

ANSWER = {"text": "Green.", "query": "Which colour?"}


@pytest.fixture
def api(tmp_path: Path, database_url: str) -> Iterator[Api]:
    with serving(tmp_path / "data", database_url, max_deadline_seconds=3600) as api:
        yield api


def end(api: Api, task_id: str) -> bool:
    """Complete a task as a worker that claims it now."""
    claim = api.claim(task_id)

    def read(store: Store) -> None:
        if claim.task.kind is TaskKind.INGEST:
            store.documents.complete(str(claim.task.document_id), Extraction("Text."), ())

    with api.core.database.transaction("test") as store:
        return conclude(
            store,
            claim.task,
            Ending(TaskStatus.COMPLETED, result={}),
            lambda store, ending: store.endings.by_holder(claim, ending),
            read,
        )


def test_a_queued_task_is_cancelled_at_once(api: Api) -> None:
    sent = api.upload().json()
    cancelled = api.cancel(sent["task_id"])
    told = cancelled.json()
    assert cancelled.status_code == 200
    assert (told["status"], told["code"]) == ("REVOKED", "cancelled")
    assert (told["queue_position"], told["progress"]["doing"]) == (None, None)
    assert told == api.task(sent["task_id"])


def test_the_document_of_a_cancelled_upload_is_failed_and_nobody_waits_for_it(api: Api) -> None:
    sent = api.upload().json()
    asked = api.ask(session_id=sent["session_id"]).json()
    api.cancel(sent["task_id"])
    document = api.client.get(f"/api/document/{sent['document_id']}").json()
    assert (document["state"], document["code"]) == ("failed", "cancelled")
    assert api.claim(asked["task_id"])


def test_a_running_task_stays_cancelled_whatever_its_worker_says(api: Api) -> None:
    sent = api.upload().json()
    claim = api.claim(sent["task_id"])
    assert api.task(sent["task_id"])["progress"]["doing"] == "reading the document"
    assert api.cancel(sent["task_id"]).json()["status"] == "REVOKED"
    with api.core.database.transaction("test") as store:
        ending = Ending(TaskStatus.COMPLETED, result={})
        assert not store.endings.by_holder(claim, ending)
        assert not store.claims.give_back(claim, 0, "later")
        assert store.steps.intend(claim, 1) is None
    assert api.task(sent["task_id"])["status"] == "REVOKED"


def test_answers_that_exist_are_kept_and_the_rest_is_not_asked(api: Api) -> None:
    sent = api.upload().json()
    assert end(api, sent["task_id"])
    asked = api.ask(session_id=sent["session_id"], queries=["One?", "Two?"]).json()
    claim = api.claim(asked["task_id"])
    with api.core.database.transaction("test") as store:
        store.steps.intend(claim, 1)
        store.steps.record(asked["task_id"], 1, ANSWER)
        store.steps.intend(claim, 2)
    told = api.task(asked["task_id"])["progress"]
    assert (told["done"], told["total"], told["doing"]) == (1, 2, "asking query 2 of 2")
    told = api.cancel(asked["task_id"]).json()
    assert told["result"]["result"] == ["Green."]
    assert told["error"] == "The task was cancelled."
    with api.core.database.transaction("test") as store:
        assert store.steps.intend(claim, 2) is None


def test_the_next_question_of_the_session_takes_its_turn(api: Api) -> None:
    sent = api.upload().json()
    assert end(api, sent["task_id"])
    first = api.ask(session_id=sent["session_id"]).json()
    second = api.ask(session_id=sent["session_id"]).json()
    assert "come first" in api.task(second["task_id"])["progress"]["doing"]
    api.cancel(first["task_id"])
    assert api.task(second["task_id"])["progress"]["doing"] == "queued: next"
    assert end(api, second["task_id"])


def test_what_has_ended_can_t_be_cancelled(api: Api) -> None:
    sent = api.upload().json()
    assert end(api, sent["task_id"])
    problem(api.cancel(sent["task_id"]), 409, "task_already_finished")
    assert api.task(sent["task_id"])["status"] == "SUCCESS"


def test_a_close_can_t_be_cancelled(api: Api) -> None:
    session_id = api.upload().json()["session_id"]
    closing = api.client.delete(f"/api/file/search/session/{session_id}").json()
    problem(api.cancel(closing["task_id"]), 409, "task_not_cancellable")
    assert api.task(closing["task_id"])["status"] == "PENDING"


def test_another_s_task_can_neither_be_cancelled_nor_listed(api: Api) -> None:
    sent = api.upload().json()
    api.client.headers["Authorization"] = create_key(api.core.database, "other", "")
    api.client.headers["X-Request-Id"] = "r"
    foreign, unknown = api.cancel(sent["task_id"]), api.cancel(UNKNOWN_ID)
    problem(foreign, 404, "task_not_found")
    assert foreign.content == unknown.content
    assert api.tasks()["tasks"] == []
    assert api.tasks(session_id=sent["session_id"])["tasks"] == []
    lists = [api.client.get("/api/tasks", params={"before": id_}) for id_ in
             (sent["task_id"], UNKNOWN_ID)]  # fmt: skip
    problem(lists[0], 422, "invalid_request")
    assert lists[0].content == lists[1].content


def test_tasks_are_listed_page_by_page_the_newest_first(api: Api) -> None:
    made = [api.upload().json()["task_id"] for _ in range(5)]
    listed, before = [], None
    while True:
        page = api.tasks(limit=2, **({} if before is None else {"before": before}))
        listed += [task["id"] for task in page["tasks"]]
        before = page["next_before"]
        if before is None:
            break
    assert listed == list(reversed(made))


def test_lists_can_be_narrowed(api: Api) -> None:
    running, waiting, revoked, retried = (api.upload().json() for _ in range(4))
    api.claim(running["task_id"])
    api.cancel(revoked["task_id"])
    claim = api.claim(retried["task_id"])
    with api.core.database.transaction("test") as store:
        store.claims.give_back(claim, 60, "the provider asked us to wait")
    query = api.ask(session_id=waiting["session_id"]).json()

    def ids(**filters: str) -> list[str]:
        return [task["id"] for task in api.tasks(**filters)["tasks"]]

    assert ids(status="STARTED") == [running["task_id"]]
    assert ids(status="REVOKED") == [revoked["task_id"]]
    assert ids(status="RETRY") == [retried["task_id"]]
    assert ids(status="PENDING") == [query["task_id"], waiting["task_id"]]
    assert ids(kind="answer") == [query["task_id"]]
    assert ids(session_id=waiting["session_id"]) == [query["task_id"], waiting["task_id"]]
    assert ids(session_id=waiting["session_id"], kind="ingest") == [waiting["task_id"]]
    assert api.task(retried["task_id"])["progress"]["doing"] == (
        "waiting: the provider asked us to wait"
    )
    assert "result" not in api.tasks()["tasks"][0]


@pytest.mark.parametrize("wrong", ["status=DONE", "kind=x", "limit=0", "limit=101", "before=x"])
def test_a_wrong_filter_is_refused(api: Api, wrong: str) -> None:
    problem(api.client.get(f"/api/tasks?{wrong}"), 422, "invalid_request")


def test_a_task_ends_by_the_deadline_that_its_request_gave(api: Api) -> None:
    session_id = api.upload().json()["session_id"]
    short = api.ask(session_id=session_id, deadline_seconds=0.001, parallel=True).json()
    [task] = api.tasks(kind="answer")["tasks"]
    assert task["deadline"][:19] == task["created_at"][:19]
    with api.core.database.snapshot() as store:
        [overdue] = store.tasks.past_deadline(10)
    assert (overdue.task.id, overdue.task.payload["parallel"]) == (short["task_id"], True)
    problem(api.ask(session_id=session_id, deadline_seconds=3601), 422, "invalid_request")
