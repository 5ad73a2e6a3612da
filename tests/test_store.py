"""The store keeps its promises on SQLite and on Postgres alike."""

import contextlib
from collections.abc import Callable
from uuid import uuid4

import pytest

from ai_llm_service.domain import (
    Chunk,
    Claim,
    Document,
    DocumentState,
    Extraction,
    Section,
    SectionKind,
    SessionState,
    TaskKind,
    TaskStatus,
)
from ai_llm_service.errors import StoreUnavailable
from ai_llm_service.store.database import Database
from ai_llm_service.store.store import Store
from ai_llm_service.store.tasks import Ending, NewTask

LEASE = 60.0
TENANT = "default"


@pytest.fixture
def session_id(database: Database) -> str:
    found = str(uuid4())
    with database.transaction("test") as store:
        store.keys.ensure_tenant(TENANT, tenant_id=TENANT)
        store.sessions.open(found, TENANT, ttl_seconds=60)
    return found


@pytest.fixture
def submit(database: Database, session_id: str) -> Callable[..., str]:
    """Accepts a task of the session and gives its id."""

    def accept(
        kind: TaskKind = TaskKind.ANSWER,
        queries: tuple[str, ...] = ("Why?",),
        deadline_seconds: float = 60,
        lane: str = TENANT,
    ) -> str:
        task = NewTask(str(uuid4()), TENANT, session_id, kind, {}, deadline_seconds, lane)
        with database.transaction("test") as store:
            store.tasks.add(task, queries)
        return task.id

    return accept


def claim(database: Database, task_id: str, lease: float = LEASE, owner: str = "w1") -> Claim:
    with database.transaction("test") as store:
        found = store.claims.claim(task_id, owner, lease)
    assert found is not None
    return found


def to_ring(store: Store, limit: int = 10, redeliver_seconds: float = 60) -> list[str]:
    """The ids of the questions that may be rung for now, marked as sent."""
    numbers = [
        number
        for lane in store.dispatches.heads(TaskKind.ANSWER, "", limit, redeliver_seconds)
        for number in store.dispatches.first_of(lane, limit, redeliver_seconds)
    ]
    return store.dispatches.mark(numbers, redeliver_seconds)


def add_document(database: Database, session_id: str) -> Document:
    document = Document(
        id=str(uuid4()),
        tenant_id=TENANT,
        session_id=session_id,
        name="नमस्ते.txt",
        media_type="text/plain",
        size_bytes=5,
        sha256="0" * 64,
        state=DocumentState.RECEIVED,
        created_at=0,
        ingest_task_id=str(uuid4()),
    )
    with database.transaction("test") as store:
        store.documents.add(document)
    return document


def test_a_task_is_claimed_once(database: Database, submit: Callable[..., str]) -> None:
    task_id = submit()
    first = claim(database, task_id)
    with database.transaction("test") as store:
        assert store.claims.claim(task_id, "w2", LEASE) is None
    assert (first.task.status, first.task.attempt) == (TaskStatus.IN_PROGRESS, 1)


def test_a_worker_that_lost_its_claim_can_end_nothing(
    database: Database, submit: Callable[..., str]
) -> None:
    task_id = submit()
    lost = claim(database, task_id, lease=-1)
    with database.transaction("test") as store:
        assert store.claims.requeue_lost(lost)
    fresh = claim(database, task_id, owner="w2")
    with database.transaction("test") as store:
        assert not store.endings.by_holder(lost, Ending(TaskStatus.FAILED))
        assert store.endings.by_holder(fresh, Ending(TaskStatus.COMPLETED))
        assert not store.endings.by_holder(fresh, Ending(TaskStatus.FAILED))


def test_a_paid_answer_is_kept_from_a_worker_that_lost_its_claim(
    database: Database, submit: Callable[..., str]
) -> None:
    task_id = submit()
    lost = claim(database, task_id, lease=-1)
    with database.transaction("test") as store:
        assert store.steps.intend(lost, 1)
        store.claims.requeue_lost(lost)
    fresh = claim(database, task_id, owner="w2")
    with database.transaction("test") as store:
        assert store.steps.record(task_id, 1, {"text": "Because."})
        assert not store.steps.record(task_id, 1, {"text": "Late."})
        assert store.steps.intend(fresh, 1) is None
        assert store.steps.turns(fresh.task.session_id, task_id)[0].answer == "Because."


def test_a_lease_that_is_renewed_does_not_expire(
    database: Database, submit: Callable[..., str]
) -> None:
    task_id = submit()
    held = claim(database, task_id, lease=-1)
    with database.transaction("test") as store:
        assert [c.task.id for c in store.claims.expired_leases(10)] == [task_id]
        assert store.claims.renew("w1", [task_id], LEASE) == {(task_id, 1)}
        assert store.claims.expired_leases(10) == []
        assert not store.claims.requeue_lost(held)


def test_a_question_waits_for_the_documents_uploaded_before_it(
    database: Database, session_id: str, submit: Callable[..., str]
) -> None:
    document = add_document(database, session_id)
    task_id = submit()
    with database.transaction("test") as store:
        assert store.claims.claim(task_id, "w1", LEASE) is None
        assert to_ring(store) == []
        store.documents.fail(document.id, "document_rejected", "no text")
        store.tasks.wake(session_id)
    claim(database, task_id)


def test_a_question_that_nobody_woke_is_found_by_the_sweep(
    database: Database, session_id: str, submit: Callable[..., str]
) -> None:
    document = add_document(database, session_id)
    task_id = submit()
    with database.transaction("test") as store:
        assert store.tasks.wake_all() == 0
        store.documents.fail(document.id, "document_rejected", "no text")
        assert store.tasks.wake_all() == 1
    claim(database, task_id)


def test_a_question_does_not_wait_for_documents_uploaded_after_it(
    database: Database, session_id: str, submit: Callable[..., str]
) -> None:
    task_id = submit()
    add_document(database, session_id)
    claim(database, task_id)


def test_questions_of_one_session_run_one_after_the_other(
    database: Database, submit: Callable[..., str]
) -> None:
    first, second = submit(), submit()
    with database.transaction("test") as store:
        assert to_ring(store) == [first]
        assert store.claims.claim(second, "w1", LEASE) is None
    held = claim(database, first)
    with database.transaction("test") as store:
        store.endings.by_holder(held, Ending(TaskStatus.COMPLETED))
        store.tasks.wake(held.task.session_id)
    claim(database, second)


def test_a_task_that_is_given_back_runs_when_its_time_comes(
    database: Database, submit: Callable[..., str]
) -> None:
    task_id = submit()
    held = claim(database, task_id)
    with database.transaction("test") as store:
        assert store.claims.give_back(held, 3600, "the provider asked us to wait")
        assert store.claims.claim(task_id, "w1", LEASE) is None
        assert to_ring(store) == []
        wait = store.dispatches.next_run_seconds()
    assert wait is not None
    assert 3500 < wait <= 3600


def test_a_planned_stop_does_not_count_as_an_attempt(
    database: Database, submit: Callable[..., str]
) -> None:
    task_id = submit()
    with database.transaction("test") as store:
        held = store.claims.claim(task_id, "w1", LEASE)
        assert held is not None
        store.claims.give_back(held, 0, "restart", counts=False)
    assert claim(database, task_id).task.attempt == 1


def test_text_map_and_chunks_come_back_as_they_were_stored(
    database: Database, session_id: str
) -> None:
    document = add_document(database, session_id)
    text = "नमस्ते दुनिया\nHello 🌍"
    extraction = Extraction(text, (Section(SectionKind.PAGE, "1", 0, len(text)),), "utf-8")
    pieces = (Chunk(document.id, 0, 0, 13, text[:13]), Chunk(document.id, 1, 14, 21, text[14:21]))
    with database.transaction("test") as store:
        store.documents.complete(document.id, extraction, pieces)
    with database.snapshot() as store:
        found = store.documents.extraction(document.id)
        stored = store.documents.find(TENANT, document.id)
        assert found is not None
        assert (found.text, found.sections) == (extraction.text, extraction.sections)
        assert tuple(store.documents.chunks_of(document.id, found.text)) == pieces
    assert stored is not None
    assert (stored.state, stored.pages, stored.chunks) == (DocumentState.READY, 1, 2)


def test_another_tenants_ids_do_not_exist(
    database: Database, session_id: str, submit: Callable[..., str]
) -> None:
    document, task_id = add_document(database, session_id), submit()
    with database.transaction("test") as store:
        assert store.sessions.find("other", session_id) is None
        assert store.sessions.use("other", session_id, 60) is None
        assert not store.sessions.begin_close("other", session_id, task_id)
        assert store.documents.find("other", document.id) is None
        assert store.tasks.find("other", task_id) is None


def test_a_closing_session_takes_no_more_work(database: Database, session_id: str) -> None:
    with database.transaction("test") as store:
        assert store.sessions.begin_close(TENANT, session_id, str(uuid4()))
        assert store.sessions.use(TENANT, session_id, 60) is None
        assert not store.sessions.begin_close(TENANT, session_id, str(uuid4()))
        found = store.sessions.find(TENANT, session_id)
    assert found is not None
    assert found.state is SessionState.CLOSING


def test_results_of_an_open_session_are_not_purged(
    database: Database, session_id: str, submit: Callable[..., str]
) -> None:
    task_id = submit()
    held = claim(database, task_id)
    with database.transaction("test") as store:
        store.endings.by_holder(held, Ending(TaskStatus.COMPLETED))
        assert store.tasks.purge(retention_seconds=-1) == 0
        store.sessions.begin_close(TENANT, session_id, str(uuid4()))
        store.sessions.end_close(session_id)
        assert store.tasks.purge(retention_seconds=-1) == 1
        assert store.sessions.purge() == 1


def test_a_transaction_that_fails_leaves_nothing(database: Database, session_id: str) -> None:
    with contextlib.suppress(RuntimeError), database.transaction("test") as store:
        store.sessions.begin_close(TENANT, session_id, str(uuid4()))
        raise RuntimeError
    with database.snapshot() as store:
        found = store.sessions.find(TENANT, session_id)
    assert found is not None
    assert found.state is SessionState.OPEN


def test_a_database_that_is_away_is_told_as_such() -> None:
    nowhere = Database("postgresql+psycopg://nobody@127.0.0.1:1/none?connect_timeout=1")
    with pytest.raises(StoreUnavailable):
        nowhere.now()
