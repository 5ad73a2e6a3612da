"""Four worker processes before a provider that counts: never above its limit, hardly below it."""

import bisect
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ai_llm_service.providers.redis_limits import RedisLimits
from tests.chaos.brokers import RedisBroker, started
from tests.chaos.plant import Plant, eventually, plant
from tests.fake_vendor import FakeVendor, answers, rate_limited
from tests.service import FAST
from tests.vendor_exchange import Exchange

pytestmark = [pytest.mark.campaign, pytest.mark.timeout(600)]

WORKERS = 4
SLOTS = 2
MINUTE = 60.0
MODEL = "openai-compatible:fake"


class StrictVendor(FakeVendor):
    """Refuses what comes above its limit in any minute."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.arrived: list[float] = []
        self.refused = 0
        self._limit = limit
        self._counting = threading.Lock()
        self.default = self._behave

    def _behave(self, exchange: Exchange) -> None:
        now = time.monotonic()
        with self._counting:
            self.arrived.append(now)
            over = sum(at > now - MINUTE for at in self.arrived) > self._limit
            self.refused += over
        (rate_limited({"retry-after": "1"}) if over else answers("Yes."))(exchange)


class GatheringVendor(FakeVendor):
    """Holds every call until all slots of all workers wait for it, so that none is under way.

    Then it refuses the last one, and holds the others until it is let go.
    """

    def __init__(self, slots: int, wait_seconds: float) -> None:
        super().__init__()
        self.arrived: list[float] = []
        self.refused_at = 0.0
        self.let_go = threading.Event()
        self._slots = slots
        self._refuses = rate_limited({"retry-after": f"{wait_seconds:g}"})
        self._counting = threading.Lock()
        self.default = self._behave

    def _behave(self, exchange: Exchange) -> None:
        with self._counting:
            self.arrived.append(time.time())
            number = len(self.arrived)
        if number == self._slots:
            self.refused_at = time.time()
            self._refuses(exchange)
            return
        self.let_go.wait(120)
        answers("Yes.")(exchange)


@contextmanager
def workers(
    broker: RedisBroker, folder: Path, vendor: FakeVendor, **settings: str
) -> Iterator[Plant]:
    with started(broker):
        environment = {
            **FAST,
            "DATABASE_URL": f"sqlite:///{folder / 'test.sqlite3'}",
            "CELERY_BROKER_URL": broker.url,
            "CHAT_MODEL": MODEL,
            "OPENAI_COMPATIBLE_BASE_URL": vendor.url,
            **settings,
        }
        with plant(folder / "plant", **environment) as made:
            made.add_api()
            for _ in range(WORKERS):
                made.add_worker(concurrency=SLOTS)
            made.wait_ready()
            yield made


def ask(made: Plant, number: int) -> list[str]:
    """The tasks of so many prompts."""
    with made.service().http() as http:
        return [
            http.post("/api/generate", json={"prompt": f"Is {each} even?"}).json()["task_id"]
            for each in range(number)
        ]


def finish(made: Plant, tasks: list[str]) -> list[dict[str, Any]]:
    return [made.service().finished(task, seconds=300) for task in tasks]


def test_200_tasks_are_never_above_the_limit_and_use_nearly_all_of_it(tmp_path: Path) -> None:
    limit, number = 120, 200
    broker = RedisBroker(tmp_path / "redis")
    with (
        StrictVendor(limit) as vendor,
        workers(broker, tmp_path, vendor, PROVIDER_LIMITS=f"openai-compatible:*={limit}") as made,
    ):
        tasks = ask(made, number)
        waiting = made.service().task(tasks[-1])
        assert {task["status"] for task in finish(made, tasks)} == {"SUCCESS"}
    times = sorted(vendor.arrived)
    ends = [bisect.bisect_left(times, at + MINUTE) for at in times]
    most = max(end - start for start, end in enumerate(ends))
    used = (number - 1) / (limit * (times[-1] - times[0]) / MINUTE)
    sys.stdout.write(
        f"calls {len(times)}, refused {vendor.refused}, most in a minute {most}, used {used:.3f}\n"
    )
    assert (len(times), vendor.refused) == (number, 0)
    assert most <= limit
    assert used >= 0.95
    assert "limit" in (waiting["reason"] or "limit")


def blocked_until(broker: RedisBroker) -> float:
    """Until when the workers know that nobody calls, by the clock of this machine."""
    return RedisLimits(broker.url).change(MODEL, lambda state, _now: (state, state.blocked_until))


def test_no_process_calls_before_the_provider_said(tmp_path: Path) -> None:
    slots, wait, number = WORKERS * SLOTS, 6.0, 60
    broker = RedisBroker(tmp_path / "redis")
    with (
        GatheringVendor(slots, wait) as vendor,
        workers(broker, tmp_path, vendor, PROVIDER_LIMITS="openai-compatible:*=600") as made,
    ):
        tasks = ask(made, number)
        eventually(lambda: blocked_until(broker) > 0, "the workers' knowledge of the refusal")
        allowed_at = blocked_until(broker)
        vendor.let_go.set()
        assert {task["status"] for task in finish(made, tasks)} == {"SUCCESS"}
    first = min(vendor.arrived[slots:])
    early = sum(at < allowed_at for at in vendor.arrived[slots:])
    sys.stdout.write(
        f"calls {len(vendor.arrived)}, before Retry-After {early},"
        f" first {first - vendor.refused_at:.3f} s after the refusal\n"
    )
    assert len(vendor.arrived) == number + 1
    assert allowed_at >= vendor.refused_at + wait
    assert early == 0
