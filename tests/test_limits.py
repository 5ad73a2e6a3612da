"""No more calls than a provider allows, by no worker; and no fewer than it could have had."""

import bisect
import heapq
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import accumulate
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ai_llm_service.domain import Generation, LimitRules, LimitState, ProviderLimits, Usage
from ai_llm_service.domain.limits import (
    FAULT,
    LIMIT,
    MINUTE,
    admit,
    block,
    count_failure,
    give_up,
    settle,
)
from ai_llm_service.errors import ProviderRateLimited, ProviderRejected, ProviderUnavailable
from ai_llm_service.providers.redis_limits import LimitsAway, RedisLimits
from ai_llm_service.store.database import Database
from ai_llm_service.usecases.traffic import SharedLimits, SqlLimits, Traffic, rules_by_model
from tests.chaos.brokers import RedisBroker, started

START = 1_800_000_000.0
KEY = "openai:a-model"


def simulate(rules: LimitRules, sizes: list[int], arrivals: list[float]) -> list[tuple[float, int]]:
    """When each of the calls goes, and its size, if nobody is ever late."""
    state, made = LimitState(), []
    waiting = [(START + at, number, False) for number, at in enumerate(arrivals)]
    heapq.heapify(waiting)
    while waiting:
        now, number, returning = heapq.heappop(waiting)
        state, told = admit(state, rules, now, sizes[number], returning=returning)
        if told.admitted:
            made.append((now + told.wait_seconds, sizes[number]))
        else:
            heapq.heappush(waiting, (now + told.wait_seconds, number, True))
    return sorted(made)


def most_in_a_minute(calls: list[tuple[float, int]]) -> tuple[int, int]:
    """The most calls and the most tokens in any minute, wherever it begins."""
    times = [at for at, _ in calls]
    sums = [0, *accumulate(size for _, size in calls)]
    ends = [bisect.bisect_left(times, at + MINUTE) for at in times]
    return (
        max(end - start for start, end in enumerate(ends)),
        max(sums[end] - sums[start] for start, end in enumerate(ends)),
    )


@settings(max_examples=25, deadline=None)
@given(
    limit=st.integers(1, 2000),
    arrivals=st.lists(st.floats(0, 90), min_size=1, max_size=120),
)
def test_no_minute_holds_more_requests_than_allowed(limit: int, arrivals: list[float]) -> None:
    calls = simulate(LimitRules(requests_per_minute=limit), [1] * len(arrivals), arrivals)
    assert len(calls) == len(arrivals)
    assert most_in_a_minute(calls)[0] <= limit


@settings(max_examples=25, deadline=None)
@given(
    limit=st.integers(10_000, 1_000_000),
    sizes=st.lists(st.integers(1, 5_000), min_size=1, max_size=120),
)
def test_no_minute_holds_more_tokens_than_allowed(limit: int, sizes: list[int]) -> None:
    calls = simulate(LimitRules(tokens_per_minute=limit), sizes, [0.0] * len(sizes))
    assert most_in_a_minute(calls)[1] <= limit


@pytest.mark.parametrize("limit", [10, 60, 600, 3000])
def test_a_crowd_uses_nearly_all_that_is_allowed(limit: int) -> None:
    number = limit * 3
    calls = simulate(LimitRules(requests_per_minute=limit), [1] * number, [0.0] * number)
    lasted = calls[-1][0] - START
    assert number / (limit * lasted / MINUTE) >= 0.95


def test_what_a_call_did_not_use_is_given_back() -> None:
    rules = LimitRules(tokens_per_minute=6000)
    state, first = admit(LimitState(), rules, START, 1000, returning=True)
    assert first.admitted
    assert state.tokens_level == 0
    assert not admit(state, rules, START, 1000, returning=True)[1].admitted
    state = settle(state, rules, START, reserved_tokens=1000, used_tokens=100, told=None)
    assert state.tokens_level == 900
    assert give_up(state, 50).tokens_level == 950


def test_what_the_provider_tells_is_kept_to() -> None:
    rules = LimitRules()
    told = ProviderLimits(requests_per_minute=60)
    state = settle(LimitState(), rules, START, reserved_tokens=1, used_tokens=1, told=told)
    state, first = admit(state, rules, START, 1, returning=False)
    state, second = admit(state, rules, START, 1, returning=False)
    assert (first.wait_seconds, second.admitted) == (0, False)


def test_nobody_calls_before_the_provider_said() -> None:
    state = block(LimitState(), START, 7)
    _, told = admit(state, LimitRules(), START + 6.9, 1, returning=True)
    assert (told.admitted, told.reason) == (False, LIMIT)
    assert told.until == pytest.approx(START + 7)
    assert block(state, START, 3).blocked_until == START + 7
    _, told = admit(state, LimitRules(), START + 7, 1, returning=True)
    assert told.admitted


def test_the_breaker_opens_after_failures_in_a_row_and_lets_one_probe_through() -> None:
    rules = LimitRules(breaker_failures=3, breaker_seconds=10)
    state = LimitState()
    for _ in range(3):
        assert admit(state, rules, START, 1, returning=False)[1].admitted
        state = count_failure(state, rules, START)
    told = admit(state, rules, START + 9, 1, returning=False)[1]
    assert (told.admitted, told.reason) == (False, FAULT)
    state, probe = admit(state, rules, START + 10, 1, returning=False)
    assert probe.admitted
    assert not admit(state, rules, START + 10, 1, returning=False)[1].admitted
    again = count_failure(state, rules, START + 11)
    assert again.open_until == START + 11 + 20
    well = settle(state, rules, START + 11, reserved_tokens=1, used_tokens=1, told=None)
    assert admit(well, rules, START + 11, 1, returning=False)[1].admitted


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisBroker]:
    broker = RedisBroker(tmp_path_factory.mktemp("redis"))
    with started(broker):
        yield broker


@pytest.fixture(params=["sql", "redis"])
def shared(request: pytest.FixtureRequest, tmp_path: Path) -> SharedLimits:
    if request.param == "redis":
        return RedisLimits(request.getfixturevalue("broker").url)
    database = Database(f"sqlite:///{tmp_path / 'limits.sqlite3'}")
    database.migrate()
    return SqlLimits(database)


def in_threads(number: int, run: Callable[[], object]) -> None:
    """Begin together, and return when all have ended."""
    ready = threading.Barrier(number)

    def begin() -> None:
        ready.wait()
        run()

    threads = [threading.Thread(target=begin) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_threads_that_come_at_once_share_one_limit(shared: SharedLimits, tmp_path: Path) -> None:
    rules = LimitRules(requests_per_minute=6000)  # a burst of 50, then 100 a second
    granted: list[float] = []

    def ask() -> None:
        for _ in range(10):
            told = shared.change(
                f"{tmp_path}", lambda state, now: admit(state, rules, now, 1, returning=True)
            )
            granted.append(told.wait_seconds)

    began = time.monotonic()
    in_threads(8, ask)
    lasted = time.monotonic() - began + max(granted)
    assert len(granted) == 80
    assert 50 + 100 * lasted >= 80


def test_each_change_of_many_threads_is_made_once(shared: SharedLimits, tmp_path: Path) -> None:
    told: list[int] = []

    def count() -> None:
        told.extend(shared.change(f"{tmp_path}", counted) for _ in range(20))

    def counted(state: LimitState, _now: float) -> tuple[LimitState, int]:
        return replace(state, failures=state.failures + 1), state.failures

    in_threads(12, count)
    assert sorted(told) == list(range(240))


def test_all_who_wait_for_a_redis_that_is_away_are_told(tmp_path: Path) -> None:
    nowhere = RedisLimits(f"redis+socket://{tmp_path}/nobody")
    told: list[bool] = []

    def ask() -> None:
        with pytest.raises(LimitsAway):
            nowhere.change(KEY, lambda state, _now: (state, None))
        told.append(True)

    in_threads(12, ask)
    assert len(told) == 12


def test_without_redis_the_database_keeps_the_limits(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'limits.sqlite3'}")
    database.migrate()
    nowhere = RedisLimits(f"redis+socket://{tmp_path}/nobody")
    traffic = Traffic(nowhere, database, rules_by_model(((KEY, 1, None),), LimitRules()))
    assert traffic.admit(KEY, 10, returning=False).admitted
    assert not traffic.admit(KEY, 10, returning=False).admitted
    assert traffic.admit("openai:another", 10, returning=False).admitted


def test_a_refusal_blocks_and_an_answer_heals(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'limits.sqlite3'}")
    database.migrate()
    rules = rules_by_model((), LimitRules(breaker_failures=2))
    traffic = Traffic(None, database, rules)
    for _ in range(2):
        traffic.fail(KEY, ProviderUnavailable())
    assert traffic.admit(KEY, 1, returning=False).reason == FAULT
    traffic.fail(KEY, ProviderRejected())
    assert traffic.admit(KEY, 1, returning=False).admitted
    traffic.fail(KEY, ProviderRateLimited(retry_after_seconds=30))
    told = traffic.admit(KEY, 1, returning=False)
    assert (told.reason, round(told.wait_seconds)) == (LIMIT, 30)
    traffic.settle(KEY, 5, Generation("x", KEY, Usage(1, 1)))
