"""A worker whose threads hang past their deadlines is drained and left to its supervisor."""

from collections.abc import Callable
from uuid import uuid4

import pytest

from ai_llm_service.domain import TaskKind
from ai_llm_service.store.database import Database
from ai_llm_service.store.tasks import NewTask
from ai_llm_service.usecases.leases import Leases
from ai_llm_service.usecases.watchdog import Watchdog

TENANT = "default"


@pytest.fixture
def submit(database: Database) -> Callable[[float], str]:
    """Accepts a task with a deadline and gives its id."""
    with database.transaction("test") as store:
        store.keys.ensure_tenant(TENANT, tenant_id=TENANT)

    def accept(deadline_seconds: float) -> str:
        session_id, task_id = str(uuid4()), str(uuid4())
        task = NewTask(task_id, TENANT, session_id, TaskKind.CLOSE, {}, deadline_seconds, "a")
        with database.transaction("test") as store:
            store.sessions.open(session_id, TENANT, ttl_seconds=60)
            store.tasks.add(task)
        return task_id

    return accept


def watch(leases: Leases, seen: list[str], slots: int) -> Watchdog:
    return Watchdog(
        leases,
        slots=slots,
        grace_seconds=0.1,
        drain=lambda: seen.append("drain"),
        leave=lambda: seen.append("leave"),
    )


def test_a_worker_with_most_slots_stuck_drains_and_leaves(
    database: Database, submit: Callable[[float], str]
) -> None:
    leases = Leases(database, "w", lease_seconds=9)
    for _ in range(2):
        assert leases.claim(submit(-1))
    seen: list[str] = []
    watch(leases, seen, slots=3).check()
    assert seen == ["drain", "leave"]


def test_a_worker_with_a_free_majority_goes_on(
    database: Database, submit: Callable[[float], str]
) -> None:
    leases = Leases(database, "w", lease_seconds=9)
    assert leases.claim(submit(-1))
    assert leases.claim(submit(60))
    seen: list[str] = []
    watch(leases, seen, slots=2).check()
    assert seen == []


def test_a_heartbeat_does_not_keep_a_task_past_its_deadline(
    database: Database, submit: Callable[[float], str]
) -> None:
    leases = Leases(database, "w", lease_seconds=-1)
    overdue, in_time = leases.claim(submit(-1)), leases.claim(submit(60))
    assert overdue
    assert in_time
    Leases.beat(leases)
    with database.snapshot() as store:
        lost = {claim.task.id for claim in store.claims.expired_leases(10)}
    assert overdue.task.id in lost
