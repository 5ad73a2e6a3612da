"""Which tasks are rung for: no more than fit, each in turn, none twice without need."""

from collections.abc import Callable
from uuid import uuid4

import pytest

from ai_llm_service.domain import TaskKind
from ai_llm_service.store.database import Database
from ai_llm_service.store.tasks import NewTask
from ai_llm_service.usecases.dispatch import Dispatcher, DispatchLimits

TENANT = "default"


@pytest.fixture
def submit(database: Database) -> Callable[..., str]:
    """Accepts a task of a session of its own and gives its id."""
    with database.transaction("test") as store:
        store.keys.ensure_tenant(TENANT, tenant_id=TENANT)

    def accept(kind: TaskKind = TaskKind.ANSWER, lane: str = "a") -> str:
        session_id, task_id = str(uuid4()), str(uuid4())
        with database.transaction("test") as store:
            store.sessions.open(session_id, TENANT, ttl_seconds=60)
            store.tasks.add(NewTask(task_id, TENANT, session_id, kind, {}, 60, lane))
        return task_id

    return accept


def dispatcher(database: Database, rung: list[str], limits: DispatchLimits) -> Dispatcher:
    return Dispatcher(database, rung.append, limits, rest_seconds=60)


def test_no_more_ids_wait_in_the_broker_than_the_window_holds(
    database: Database, submit: Callable[..., str]
) -> None:
    waiting = [submit() for _ in range(5)]
    rung: list[str] = []
    ringing = dispatcher(database, rung, DispatchLimits(2, 60))
    ringing.dispatch()
    assert rung == waiting[:2]
    with database.transaction("test") as store:
        store.claims.claim(waiting[0], "w", 60)
    ringing.dispatch()
    assert rung == waiting[:3]


def test_an_id_that_nobody_took_is_sent_again(
    database: Database, submit: Callable[..., str]
) -> None:
    task_id = submit()
    rung: list[str] = []
    dispatcher(database, rung, DispatchLimits(10, 60)).dispatch()
    dispatcher(database, rung, DispatchLimits(10, 60)).dispatch()
    assert rung == [task_id]
    with database.transaction("test") as store:
        store.dispatches.unsend([task_id])
    dispatcher(database, rung, DispatchLimits(10, 60)).dispatch()
    assert rung == [task_id, task_id]


def test_each_tenant_gets_its_turn_behind_one_that_floods(
    database: Database, submit: Callable[..., str]
) -> None:
    flood = [submit(lane="a") for _ in range(20)]
    others = [submit(lane="b"), submit(lane="c")]
    rung: list[str] = []
    dispatcher(database, rung, DispatchLimits(4, 60)).dispatch()
    assert set(others) <= set(rung)
    assert len(set(rung) & set(flood)) == 2


def test_a_single_task_is_next_behind_ten_thousand_of_another_tenant(database: Database) -> None:
    with database.transaction("test") as store:
        store.keys.ensure_tenant(TENANT, tenant_id=TENANT)
        store.sessions.open("s", TENANT, ttl_seconds=60)

        def add(lane: str) -> str:
            task_id = str(uuid4())
            store.tasks.add(NewTask(task_id, TENANT, "s", TaskKind.GENERATE, {}, 60, lane))
            return task_id

        for _ in range(10_000):
            add("flood")
    rung: list[str] = []
    ringing = dispatcher(database, rung, DispatchLimits(8, 60))
    ringing.dispatch()
    with database.transaction("test") as store:
        single = add("single")
        store.claims.claim(rung[0], "w", 60)
    ringing.dispatch()
    assert rung[8:] == [single]


def test_a_kind_takes_no_more_than_its_share(
    database: Database, submit: Callable[..., str]
) -> None:
    ingests = [submit(TaskKind.INGEST) for _ in range(5)]
    answers = [submit() for _ in range(5)]
    rung: list[str] = []
    limits = DispatchLimits(6, 60, per_kind={TaskKind.INGEST: 2})
    dispatcher(database, rung, limits).dispatch()
    assert set(rung) == {*ingests[:2], *answers[:4]}


def test_a_lane_runs_no_more_than_its_cap(database: Database, submit: Callable[..., str]) -> None:
    crowded, single = [submit(lane="a") for _ in range(5)], submit(lane="b")
    rung: list[str] = []
    limits = DispatchLimits(10, 60, per_lane={TaskKind.ANSWER: 2})
    dispatcher(database, rung, limits).dispatch()
    assert set(rung) == {*crowded[:2], single}


def test_ids_that_the_broker_did_not_take_are_not_marked_as_sent(
    database: Database, submit: Callable[..., str]
) -> None:
    task_id = submit()

    def broken(_task_id: str) -> None:
        raise ConnectionError

    Dispatcher(database, broken, DispatchLimits(10, 60), rest_seconds=60).dispatch()
    rung: list[str] = []
    dispatcher(database, rung, DispatchLimits(10, 60)).dispatch()
    assert rung == [task_id]
