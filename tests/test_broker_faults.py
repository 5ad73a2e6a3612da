"""What a broker may do: lose everything, freeze, die, repeat itself, and say nonsense."""

import base64
import json
import os
import pickle
import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from celery import Celery

from tests.chaos.brokers import RabbitBroker, RedisBroker, rabbit_is_installed, started
from tests.chaos.line import line
from tests.chaos.plant import eventually
from tests.chaos.provider import CountingProvider

QUEUE = "llm"
RUN_TASK = "ai_llm_service.run_task"


@pytest.fixture
def provider() -> Iterator[CountingProvider]:
    with CountingProvider() as provider:
        yield provider


def redis_server(name: str) -> Path | None:
    """A server of the machine, or None for the one that comes with the service."""
    if name == "embedded":
        return None
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed: install it with apt-get install {name}")
    return Path(found)


@pytest.fixture(params=["embedded", "redis-server"])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RedisBroker]:
    made = RedisBroker(tmp_path / "broker", server=redis_server(request.param), durable=False)
    with started(made):
        yield made


def test_a_wiped_broker_loses_no_task(
    tmp_path: Path, broker: RedisBroker, provider: CountingProvider
) -> None:
    with line(tmp_path, broker, provider) as running:
        sessions = [running.open_session() for _ in range(6)]
        running.plant.workers[0].freeze()  # so that ids do wait in the broker
        asked = dict(running.ask(session) for session in sessions)
        eventually(lambda: broker.say("LLEN", QUEUE) not in {":0\r\n", ""}, "a queued id")
        broker.say("FLUSHALL")
        running.plant.workers[0].thaw()
        running.assert_done_once(asked)


def test_a_broker_that_dies_without_persistence_loses_no_task(
    tmp_path: Path, broker: RedisBroker, provider: CountingProvider
) -> None:
    with line(tmp_path, broker, provider) as running:
        sessions = [running.open_session() for _ in range(4)]
        asked = dict(running.ask(session) for session in sessions[:2])
        broker.kill()
        asked |= dict(running.ask(session) for session in sessions[2:])
        broker.start()
        running.assert_done_once(asked)


def test_submissions_are_accepted_while_the_broker_is_frozen_and_drain_after(
    tmp_path: Path, provider: CountingProvider
) -> None:
    broker = RedisBroker(tmp_path / "broker")
    with started(broker), line(tmp_path, broker, provider) as running:
        *sessions, late = [running.open_session() for _ in range(6)]
        broker.freeze()
        asked = dict(running.ask(session) for session in sessions)
        api_log = running.plant.apis[0].log_file
        eventually(lambda: "broker_unavailable" in api_log.read_text(), "a broker given up on")
        asked |= dict([running.ask(late)])
        broker.thaw()
        running.assert_done_once(asked)


def test_messages_that_come_ten_times_do_a_task_once(
    tmp_path: Path, provider: CountingProvider
) -> None:
    broker = RedisBroker(tmp_path / "broker")
    with started(broker), line(tmp_path, broker, provider) as running:
        sessions = [running.open_session() for _ in range(4)]
        asked = dict(running.ask(session) for session in sessions)
        _ring_often(broker.url, list(asked), times=10)
        running.assert_done_once(asked)
        _ring_often(broker.url, list(asked), times=10)
        asked |= dict([running.ask(sessions[0])])
        running.assert_done_once(asked)


def test_garbage_in_the_queue_harms_nobody(tmp_path: Path, provider: CountingProvider) -> None:
    broker = RedisBroker(tmp_path / "broker")
    with started(broker), line(tmp_path, broker, provider) as running:
        worker = running.plant.workers[0]
        before = worker.running.pid
        session = running.open_session()
        for message in _garbage():
            broker.say("LPUSH", QUEUE, message)
        asked = dict([running.ask(session)])
        running.assert_done_once(asked)
        eventually(lambda: broker.say("LLEN", QUEUE) == ":0\r\n", "an empty queue")
        assert worker.alive
        assert worker.running.pid == before


def _ring_often(url: str, task_ids: list[str], times: int) -> None:
    app = Celery(broker=url)
    for task_id in task_ids * times:
        app.send_task(RUN_TASK, args=[task_id], queue=QUEUE, ignore_result=True)


def _message(task: str, *arguments: object, content_type: str = "application/json") -> bytes:
    body = base64.b64encode(json.dumps([arguments, {}, {}]).encode()).decode()
    return _envelope(task, body, content_type)


def _envelope(task: str, body: str, content_type: str) -> bytes:
    properties = {
        "correlation_id": str(uuid4()),
        "delivery_mode": 2,
        "delivery_tag": str(uuid4()),
        "delivery_info": {"exchange": "", "routing_key": QUEUE},
        "body_encoding": "base64",
        "priority": 0,
    }
    message = {
        "body": body,
        "content-encoding": "utf-8",
        "content-type": content_type,
        "headers": {"task": task, "id": str(uuid4()), "lang": "py"},
        "properties": properties,
    }
    return json.dumps(message).encode()


def _garbage() -> list[bytes]:
    pickled = base64.b64encode(pickle.dumps([[], {}, {}])).decode()
    return [
        _message("os.system", "true"),
        _message(RUN_TASK, str(uuid4())),
        _message(RUN_TASK, "' OR 1=1 --"),
        _message(RUN_TASK, "\0"),
        _message(RUN_TASK),
        _message(RUN_TASK, {"a": 1}),
        _message(RUN_TASK, [1, 2]),
        _message(RUN_TASK, 7),
        _envelope(RUN_TASK, pickled, "application/x-python-serialize"),
        _envelope(RUN_TASK, "not base64", "application/json"),
        _envelope(RUN_TASK, "", "application/json"),
        b"{}",
        b"[]",
        b"",
        os.urandom(200),
    ]


@pytest.mark.skipif(
    not rabbit_is_installed(),
    reason="rabbitmq-server is not installed: install it with apt-get install rabbitmq-server",
)
@pytest.mark.timeout(240)
def test_rabbitmq_may_crash_and_a_worker_of_it_may_be_killed(
    tmp_path: Path, provider: CountingProvider
) -> None:
    broker = RabbitBroker(tmp_path / "broker")
    with started(broker), line(tmp_path, broker, provider) as running:
        sessions = [running.open_session() for _ in range(4)]
        asked = dict(running.ask(session) for session in sessions[:2])
        running.assert_done_once(asked)
        broker.crash()
        asked |= dict([running.ask(sessions[2])])
        broker.start()
        running.assert_done_once(asked)
        task_id, marked = running.ask(sessions[3])
        eventually(lambda: running.provider.asked(marked) == 1, "the call")
        running.plant.workers[0].kill()
        running.plant.workers[0].start()
        assert running.api.finished(task_id)["status"] == "SUCCESS"
        assert running.provider.asked(marked) <= 2
