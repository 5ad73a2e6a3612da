"""What one more task costs the engine while few or many wait."""

import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

from ai_llm_service import wiring
from ai_llm_service.domain import TaskKind
from ai_llm_service.store.database import Database
from ai_llm_service.store.tasks import NewTask
from ai_llm_service.usecases.dispatch import Dispatcher, DispatchLimits
from ai_llm_service.usecases.tasks import TaskRunner
from ai_llm_service.wiring import worker
from benchmarks.figure import Figure, at_most, percentile, size
from benchmarks.lab import database_address
from benchmarks.noop import TENANT, environment, open_empty_sessions
from benchmarks.noop_search import NoopSearch

MANY_TENANTS = 100
FEW_TENANTS = 10
LENGTHS = (10, 1_000, 10_000)
WINDOW = 128
KINDS = ("sqlite", "postgres")
REDELIVER_SECONDS = 600
WARM_UP_ROUNDS = 3


def pick() -> list[Figure]:
    """Choosing which of 10,000 queued tasks of 100 tenants go to the broker."""
    figures = []
    for kind in KINDS:
        with database_address(kind) as address, ExitStack() as stack:
            database = Database(address)
            stack.callback(database.close)
            _queue(database, open_empty_sessions(database, size("QUEUED", 10_000)), MANY_TENANTS)
            for window in (1, WINDOW):
                samples = _time_rounds(database, window)
                each = 1000 * percentile(samples, 50)
                figures.append(at_most(f"pick, window {window}, {kind}", each, "ms/task", 2))
    return figures


def _time_rounds(database: Database, window: int) -> list[float]:
    dispatcher = _dispatcher(database, [], window)
    samples = []
    for _ in range(20):
        began = time.perf_counter()
        chosen = dispatcher._choose()  # noqa: SLF001 - the pick alone, without its commit
        samples.append((time.perf_counter() - began) / len(chosen))
    return samples


def growth() -> list[Figure]:
    """Pick, mark, claim, record and end of one task, with more and more queued."""
    figures = []
    for kind in KINDS:
        costs = [_cost(kind, length) for length in LENGTHS]
        for length, cost in zip(LENGTHS, costs, strict=True):
            figures.append(Figure(f"cost per task, {length:,} queued, {kind}", cost, "ms"))
        change = 100 * (max(costs) / min(costs) - 1)
        figures.append(at_most(f"growth of the cost per task, {kind}", change, "%", 20))
    return figures


def _cost(kind: str, length: int) -> float:
    """Milliseconds per task, median of rounds of ten tasks."""
    with database_address(kind) as address, tempfile.TemporaryDirectory() as folder:
        database = Database(address)
        _queue(database, open_empty_sessions(database, length), FEW_TENANTS)
        runner = _runner(address, Path(folder))
        rung: list[str] = []
        dispatcher = _dispatcher(database, rung, 10)
        samples = []
        for turn in range(WARM_UP_ROUNDS + size("ROUNDS", 30)):
            began = time.perf_counter()
            dispatcher.dispatch()
            ids = rung[-10:]
            for task_id in ids:
                runner.run(task_id)
            if turn >= WARM_UP_ROUNDS:
                samples.append((time.perf_counter() - began) / len(ids))
            _queue(database, open_empty_sessions(database, len(ids)), FEW_TENANTS)
        database.close()
    return 1000 * percentile(samples, 50)


def _queue(database: Database, sessions: list[str], tenants: int) -> None:
    """One question for each session, of the tenants in turn."""
    with database.transaction("test") as store:
        for number, session_id in enumerate(sessions):
            lane = f"tenant-{number % tenants:03}"
            task = NewTask(str(uuid4()), TENANT, session_id, TaskKind.ANSWER, {}, 86_400, lane)
            store.tasks.add(task, ("What?",))


def _dispatcher(database: Database, rung: list[str], window: int) -> Dispatcher:
    limits = DispatchLimits(window, REDELIVER_SECONDS)
    return Dispatcher(database, rung.append, limits, rest_seconds=60)


def _runner(address: str, folder: Path) -> TaskRunner:
    """The runner of a worker whose threads are not started."""
    broker = "redis://127.0.0.1:9/0"
    with environment(DATABASE_URL=address, DATA_DIR=str(folder), CELERY_BROKER_URL=broker):
        settings = wiring.load()
    worker.build_search = lambda *_args, **_named: NoopSearch()  # type: ignore[assignment, attr-defined]
    return wiring.WorkerProcess(settings, wiring.make_app(settings)).runner
