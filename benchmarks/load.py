"""Many clients at once, each with a question in flight: how many answers, how late, how large."""

import asyncio
import os
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

from benchmarks.figure import Figure, at_least, at_most, percentile, size
from benchmarks.lab import lab, open_sessions, slow_provider
from tests.chaos.plant import Part, Plant
from tests.chaos.provider import mark
from tests.service import KEY, TERMINAL

LATENCY_SECONDS = 2.0
# `wait` holds each poll open until the task ends; a number polls anew after so many seconds.
POLL = os.environ.get("BENCH_POLL", "wait")
WAIT_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Load:
    """What a number of clients saw."""

    clients: int
    seconds: float
    taken: tuple[float, ...]
    failed: int

    @property
    def answers_per_second(self) -> float:
        return (len(self.taken) - self.failed) / self.seconds

    def overhead(self, percent: float) -> float:
        """Seconds from submission to answer, less the provider's time."""
        return percentile(self.taken, percent) - LATENCY_SECONDS


def calls() -> list[Figure]:
    """1,000 calls of 2 s in flight in one worker, its clients polling on the same machine."""
    clients = size("CLIENTS", 1000)
    with _running(clients) as (made, sessions):
        load = asyncio.run(_load(made, sessions, rounds=2))
        memory = _peak_megabytes(made.workers[0])
    return [
        at_least("answered", 100 - 100 * load.failed / len(load.taken), "%", 100),
        at_least(
            f"answers per second, {clients} calls in flight", load.answers_per_second, "/s", 40
        ),
        at_most(f"worker memory, {clients} calls in flight", memory, "MB", 300),
    ]


def overhead() -> list[Figure]:
    """Submission to answer less the provider's time, for more and more clients."""
    counts = [count for count in (1, 100, 1000) if count <= size("CLIENTS", 1000)]
    figures = []
    with _running(max(counts)) as (made, sessions):
        for count in counts:
            rounds = 2 if count > 100 else 5
            load = asyncio.run(_load(made, sessions[:count], rounds))
            figures.append(Figure(f"overhead p50, {count} clients", load.overhead(50), "s"))
            name, value = f"overhead p95, {count} clients", load.overhead(95)
            goal = at_most(name, value, "s", 1) if count == 100 else Figure(name, value, "s")
            figures.append(goal)
    return figures


@contextmanager
def _running(clients: int) -> Iterator[tuple[Plant, list[str]]]:
    _allow_many_connections()
    with slow_provider(LATENCY_SECONDS) as url, lab(url) as made:
        made.plant.add_api()
        made.plant.add_worker(1000)
        made.plant.wait_ready()
        yield made.plant, open_sessions(made.plant, clients)


async def _load(made: Plant, sessions: list[str], rounds: int) -> Load:
    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=None)
    began = time.perf_counter()
    async with httpx2.AsyncClient(
        base_url=made.addresses[0],
        headers={"Authorization": KEY},
        timeout=300,
        limits=limits,
    ) as http:
        runs = await asyncio.gather(*(_client(http, session, rounds) for session in sessions))
    taken = [seconds for run in runs for seconds, _ in run]
    failed = sum(status != "SUCCESS" for run in runs for _, status in run)
    return Load(len(sessions), time.perf_counter() - began, tuple(taken), failed)


async def _client(
    http: httpx2.AsyncClient, session_id: str, rounds: int
) -> list[tuple[float, str]]:
    results = []
    for _ in range(rounds):
        body = {"session_id": session_id, "queries": [f"How deep? {mark()}-1"]}
        began = time.perf_counter()
        sent = await http.post("/api/file/query", json=body)
        sent.raise_for_status()
        status = await _finished(http, sent.json()["task_id"])
        results.append((time.perf_counter() - began, status))
    return results


async def _finished(http: httpx2.AsyncClient, task_id: str) -> str:
    waiting = POLL == "wait"
    while True:
        answer = await http.get(f"/api/task/{task_id}?wait={WAIT_SECONDS if waiting else 0}")
        status = str(answer.json().get("status"))
        if status in TERMINAL:
            return status
        if not waiting:
            await asyncio.sleep(float(POLL))


def _allow_many_connections() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _peak_megabytes(part: Part) -> float:
    lines = Path(f"/proc/{part.running.pid}/status").read_text("ascii").splitlines()
    peak = next(line for line in lines if line.startswith("VmHWM"))
    return int(peak.split()[1]) / 1024
