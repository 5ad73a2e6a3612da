"""A worker whose threads hang past their deadlines is drained and left to its supervisor."""

from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest

from ai_llm_service.domain import TaskKind
from ai_llm_service.store.database import Database
from ai_llm_service.store.tasks import NewTask
from ai_llm_service.usecases.leases import Leases
from ai_llm_service.usecases.watchdog import Watchdog
from tests.chaos.clients import TEXT
from tests.chaos.provider import CountingProvider
from tests.service import ROOT, running

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


# A look-up of a name knows no time-out, so a resolver that hangs holds its thread for ever.
RESOLVER = """
import os, pathlib, socket, threading
resolve = socket.getaddrinfo
def getaddrinfo(host, *given, **named):
    if host != "provider.test":
        return resolve(host, *given, **named)
    if not pathlib.Path(os.environ["RESOLVER_WORKS"]).exists():
        threading.Event().wait()
    return resolve("127.0.0.1", *given, **named)
socket.getaddrinfo = getaddrinfo
"""


def test_a_worker_whose_calls_hang_for_ever_is_replaced_and_its_tasks_end_in_time(
    tmp_path: Path,
) -> None:
    (tmp_path / "sitecustomize.py").write_text(RESOLVER, "ascii")
    works = tmp_path / "works"
    with CountingProvider() as provider:
        environment = {
            "PYTHONPATH": f"{tmp_path}:{ROOT / 'src'}",
            "RESOLVER_WORKS": str(works),
            "WORKER_CONCURRENCY": "2",
            "CHAT_MODEL": "openai-compatible:counted",
            "OPENAI_COMPATIBLE_BASE_URL": provider.url.replace("127.0.0.1", "provider.test"),
        }
        with running(tmp_path / "service", **environment) as service:
            sessions = [service.upload("wells.txt", TEXT)["session_id"] for _ in range(3)]
            stuck = service.part("worker")
            hung = [
                service.ask(["How deep?"], session_id=session, deadline_seconds=4)["task_id"]
                for session in sessions[:2]
            ]
            for task_id in hung:
                service.until(task_id, "STARTED")
            waiting = service.ask(["How deep?"], session_id=sessions[2])["task_id"]
            for task_id in hung:
                task = service.finished(task_id)
                assert (task["status"], task["code"]) == ("FAILURE", "deadline_exceeded")
            works.touch()
            assert service.finished(waiting)["status"] == "SUCCESS"
            assert service.part("worker") != stuck
            assert '"exit_code": 70' in service.log_file.read_text()
