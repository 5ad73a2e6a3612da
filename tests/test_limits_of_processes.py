"""Limits that several processes share, in Redis and in each database: exact, whoever is slow."""

import multiprocessing
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from ai_llm_service.domain import LimitRules, LimitState
from ai_llm_service.domain.limits import MINUTE, _Bucket, admit, block, confirm
from ai_llm_service.providers.redis_limits import RedisLimits, speaks_redis
from ai_llm_service.store.database import Database
from ai_llm_service.usecases.traffic import SharedLimits, SqlLimits
from tests.chaos.brokers import RedisBroker, started
from tests.conftest import new_postgres_database

KEY = "openai:a-model"
PROCESSES = 4
RULES = LimitRules(requests_per_minute=1200)  # 10 at once, then 20 a second
WAIT_SECONDS = 3600.0
SPAWN = multiprocessing.get_context("spawn")


@pytest.fixture(params=["redis", "sqlite", "postgres"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where the limits are kept."""
    if request.param == "redis":
        with started(broker := RedisBroker(tmp_path / "redis")):
            yield broker.url
        return
    url = f"sqlite:///{tmp_path / 'limits.sqlite3'}"
    if request.param == "postgres":
        url = new_postgres_database(request.getfixturevalue("postgres_server"))
    database = Database(url)
    database.migrate()
    database.close()
    yield url


def limits_at(address: str) -> SharedLimits:
    if speaks_redis(address):
        return RedisLimits(address)
    return SqlLimits(Database(address))


def book(address: str, told: Connection) -> None:
    """In a process: take places, and tell for which moments, by the clock of all."""
    limits = limits_at(address)

    def change(state: LimitState, now: float) -> tuple[LimitState, float | None]:
        state, admission = admit(state, RULES, now, 1, returning=True)
        return state, now + admission.wait_seconds if admission.admitted else None

    told.send([limits.change(KEY, change) for _ in range(25)])


def confirm_until_refused(address: str, told: Connection) -> None:
    """In a process: tell that it has begun; then when it began its last call that was confirmed."""
    limits = limits_at(address)
    last = 0.0
    while True:
        began = time.monotonic()
        if not limits.change(KEY, lambda state, now: (state, confirm(state, now))).admitted:
            break
        if not last:
            told.send(began)
        last = began
    told.send(last)


def begin(target: Callable[[str, Connection], None], address: str) -> list[Connection]:
    ends = [SPAWN.Pipe(duplex=False) for _ in range(PROCESSES)]
    for _, told in ends:
        SPAWN.Process(target=target, args=(address, told), daemon=True).start()
    return [heard for heard, _ in ends]


def test_processes_never_book_more_than_the_limit_between_them(address: str) -> None:
    times = sorted(at for heard in begin(book, address) for at in heard.recv() if at is not None)
    bucket = _Bucket.of_requests(1200)
    assert len(times) > bucket.size
    for first, start in enumerate(times):
        for last in range(first, len(times)):
            allowed = bucket.size + bucket.rate * (times[last] - start)
            assert last - first + 1 <= allowed + 1e-3
    assert bucket.rate * MINUTE <= 1200


def test_no_process_confirms_a_call_once_the_refusal_is_kept(address: str) -> None:
    heard = begin(confirm_until_refused, address)
    for each in heard:
        each.recv()
    limits_at(address).change(KEY, lambda state, now: (block(state, now, WAIT_SECONDS), None))
    kept = time.monotonic()
    assert all(each.recv() < kept for each in heard)
