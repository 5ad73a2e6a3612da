"""No-op tasks from their acceptance to their end, beside Celery's own rate in the same run."""

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

from celery import Celery
from redis import Redis

from ai_llm_service import wiring
from ai_llm_service.domain import TaskKind
from ai_llm_service.store.database import Database
from ai_llm_service.store.tasks import NewTask
from benchmarks.figure import Figure, at_least, size
from benchmarks.lab import database_address
from tests.chaos.audit import Audit
from tests.chaos.brokers import RedisBroker, started
from tests.chaos.plant import Part, eventually, taking_tasks
from tests.service import ROOT, clean_environment

TENANT = "default"
SUBMITTERS = 4
SLOTS = "8"
GIVE_UP_SECONDS = 600

T = TypeVar("T")


def noop() -> list[Figure]:
    """Accept, ring, claim, record and end, no paid call; 8 threads, submissions from 4."""
    bare = _bare_rate(size("NOOPS", 2000))
    figures = [Figure("bare Celery", bare, "tasks/s")]
    for kind, share in (("sqlite", 0.3), ("postgres", 0.5)):
        rate = _our_rate(kind, size("NOOPS", 2000))
        figures.append(Figure(f"no-op tasks, {kind}", rate, "tasks/s"))
        figures.append(at_least(f"share of bare Celery, {kind}", rate / bare, "", share))
    return figures


@contextmanager
def _worker(script: str, broker: RedisBroker, folder: Path, **settings: str) -> Iterator[Part]:
    environment = clean_environment(
        CELERY_BROKER_URL=broker.url, LOG_LEVEL="WARNING", WORKER_CONCURRENCY=SLOTS, **settings
    )
    part = Part(
        script,
        (sys.executable, "-m", f"benchmarks.{script}"),
        {**environment, "PYTHONPATH": f"{ROOT}/src:{ROOT}"},
        folder / f"{script}.log",
    )
    try:
        part.start()
        yield part
    finally:
        part.end()


def _bare_rate(number: int) -> float:
    with tempfile.TemporaryDirectory(prefix="bench-") as name, ExitStack() as stack:
        broker = RedisBroker(Path(name) / "broker")
        stack.enter_context(started(broker))
        stack.enter_context(_worker("bare_worker", broker, Path(name)))
        app = Celery("bare", broker=broker.url)
        counter = Redis.from_url(broker.url, decode_responses=True)

        def send(_number: int) -> None:
            app.send_task("bare.count", queue="bare", ignore_result=True)

        def done() -> int:
            return int(str(counter.get("bare-done") or 0))

        _spread(send, range(8))  # the worker is up and all connections are open
        eventually(lambda: done() == 8, "the first tasks")
        began = time.perf_counter()
        _spread(send, range(number))
        eventually(lambda: done() == number + 8, "the end of all tasks", GIVE_UP_SECONDS)
        return number / (time.perf_counter() - began)


def _our_rate(kind: str, number: int) -> float:
    with tempfile.TemporaryDirectory(prefix="bench-") as name, ExitStack() as stack:
        broker = RedisBroker(Path(name) / "broker")
        stack.enter_context(started(broker))
        address = stack.enter_context(database_address(kind))
        settings = {"DATABASE_URL": address, "DATA_DIR": f"{name}/data"}
        worker = stack.enter_context(_worker("noop_worker", broker, Path(name), **settings))
        eventually(lambda: worker.running.pid in taking_tasks(broker.url), "the worker")
        stack.enter_context(environment(**settings, CELERY_BROKER_URL=broker.url))
        loaded = wiring.load()
        core = wiring.build_core(loaded, wiring.make_app(loaded))
        core.dispatcher.start()
        stack.callback(core.dispatcher.stop)
        sessions = open_empty_sessions(core.database, number)

        def accept(session_id: str) -> None:
            accept_question(core.database, session_id)
            core.dispatcher.nudge()

        audit = Audit(address)
        began = time.perf_counter()
        _spread(accept, sessions)
        eventually(lambda: audit.count_unfinished() == 0, "the end of all tasks", GIVE_UP_SECONDS)
        return number / (time.perf_counter() - began)


def _spread(work: Callable[[T], None], items: Iterable[T]) -> None:
    with ThreadPoolExecutor(SUBMITTERS) as pool:
        list(pool.map(work, items))


@contextmanager
def environment(**settings: str) -> Iterator[None]:
    """Settings of this process for as long as the block; Celery reads some of them itself."""
    before = dict(os.environ)
    os.environ.update(settings, LOG_LEVEL="WARNING")
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def open_empty_sessions(database: Database, number: int) -> list[str]:
    sessions = [str(uuid4()) for _ in range(number)]
    with database.transaction("test") as store:
        store.keys.ensure_tenant(TENANT, tenant_id=TENANT)
        for session_id in sessions:
            store.sessions.open(session_id, TENANT, ttl_seconds=86_400)
    return sessions


def accept_question(database: Database, session_id: str, lane: str = TENANT) -> str:
    """Accept a question as the API does, in a transaction of its own; its task's id."""
    task = NewTask(str(uuid4()), TENANT, session_id, TaskKind.ANSWER, {}, 86_400, lane)
    with database.transaction("test") as store:
        store.tasks.add(task, ("What?",))
    return task.id
