"""Submissions, also while the broker is frozen, and the recovery from a killed worker."""

import time
from threading import Event

import httpx2

from benchmarks.figure import Figure, at_least, at_most, percentile, size
from benchmarks.lab import Lab, lab, open_sessions
from tests.chaos.plant import eventually
from tests.chaos.provider import CountingProvider, mark, slow_at_first
from tests.service import KEY, Service

FROZEN_SECONDS = 30
FROZEN_SUBMISSIONS_PER_SECOND = 10


def submit() -> list[Figure]:
    """One client that submits questions one after the other."""
    with lab() as made:
        made.plant.add_api()
        made.plant.wait_ready()
        sessions = open_sessions(made.plant, 20, ready=False)
        samples = _submit_often(made.plant.service(), sessions, size("SUBMISSIONS", 1000))
    return [
        at_most("submit p50", 1000 * percentile(samples, 50), "ms", 10),
        at_most("submit p99", 1000 * percentile(samples, 99), "ms", 50),
    ]


def _submit_often(
    api: Service, sessions: list[str], number: int, pause_seconds: float = 0
) -> list[float]:
    """The seconds that each submission took; one that is refused ends the benchmark."""
    samples = []
    headers = {"Authorization": KEY}
    with httpx2.Client(base_url=api.address, headers=headers, timeout=60) as http:
        for turn in range(number):
            session = sessions[turn % len(sessions)]
            body = {"session_id": session, "queries": [f"How deep? {mark()}-1"]}
            began = time.perf_counter()
            http.post("/api/file/query", json=body).raise_for_status()
            samples.append(time.perf_counter() - began)
            Event().wait(max(0.0, pause_seconds - samples[-1]))
    return samples


def frozen() -> list[Figure]:
    """Ten submissions a second while the broker is frozen for 30 s; then all of them end."""
    seconds = size("FROZEN_SECONDS", FROZEN_SECONDS)
    wanted = seconds * FROZEN_SUBMISSIONS_PER_SECOND
    with CountingProvider(lambda _call: 0.0) as provider, lab(provider.url) as made:
        made.plant.add_api()
        made.plant.add_worker(64)
        made.plant.wait_ready()
        sessions = open_sessions(made.plant, 20)
        made.broker.freeze()
        samples = _submit_often(
            made.plant.service(), sessions, wanted, 1 / FROZEN_SUBMISSIONS_PER_SECOND
        )
        made.broker.thaw()
        thawed = time.monotonic()
        eventually(lambda: not made.audit.unfinished([]), "the end of all tasks", 300)
        drained = time.monotonic() - thawed
    return [
        at_least("accepted while the broker is frozen", 100 * len(samples) / wanted, "%", 100),
        at_most("submit p95, broker frozen", 1000 * percentile(samples, 95), "ms", 100),
        Figure("submit max, broker frozen", 1000 * max(samples), "ms"),
        Figure("drained after the thaw", drained, "s"),
    ]


def recovery() -> list[Figure]:
    """From the kill -9 of a worker to its task running in another one, lease 9 s."""
    with CountingProvider(slow_at_first(3600.0)) as provider, lab(provider.url) as made:
        made.audit.install()
        made.plant.add_api()
        for _ in range(2):
            made.plant.add_worker(64)
        made.plant.wait_ready()
        samples = [_recover(made, provider) for _ in range(size("KILLS", 20))]
    return [
        Figure("recovery p50", percentile(samples, 50), "s"),
        at_most("recovery p95", percentile(samples, 95), "s", 12),
        at_most("recovery max", max(samples), "s", 20),
    ]


def _recover(made: Lab, provider: CountingProvider) -> float:
    api = made.plant.service()
    session = open_sessions(made.plant, 1)[0]
    marked = f"{mark()}-1"
    task_id = str(api.ask([f"How deep? {marked}"], session_id=session)["task_id"])
    eventually(lambda: provider.asked(marked) == 1, "the call")
    owner = next(move.owner for move in made.audit.moves_of(task_id) if move.owner)
    worker = next(each for each in made.plant.workers if owner.startswith(f"{each.running.pid}-"))
    killed_at = time.time()
    worker.kill()
    api.finished(task_id)
    claims = [move.at for move in made.audit.moves_of(task_id) if move.after == "in_progress"]
    worker.start()
    made.plant.wait_ready()
    return claims[1] - killed_at
