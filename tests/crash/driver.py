"""A client, an API's use cases and a worker in one process that may be killed at any point.

Started again it does the same: its requests carry idempotency keys, so each happens once.
The broker is a queue in memory: what it loses at the kill is what a wiped broker loses.
"""

import queue
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from ai_llm_service import wiring
from ai_llm_service.domain import Json
from ai_llm_service.errors import TaskAlreadyFinished
from ai_llm_service.store.deliveries import Endpoint
from ai_llm_service.usecases import keys
from ai_llm_service.usecases.cancelling import Cancelling
from ai_llm_service.usecases.deliveries import Deliveries
from ai_llm_service.usecases.idempotency import AlreadyAnswered, Once
from ai_llm_service.usecases.sessions import Ask, IncomingFile
from tests.chaos.audit import Audit

TENANT = keys.DEFAULT_TENANT
THREADS = 4
KEPT_SECONDS = 3600.0
PATIENCE_SECONDS = 60.0
SPACE = UUID("11111111-2222-4333-8444-555555555555")


class LocalBroker:
    """Takes the place of Celery's app: it fails once, then hands the ids to this process."""

    def __init__(self) -> None:
        self.ids: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._failed = False

    def send_task(self, _name: str, args: list[str], **_options: object) -> None:
        if not self._failed:
            self._failed = True
            raise ConnectionError
        self.ids.put(args[0])


class Script:
    """What the client does; each accepted task goes into the journal before the next request."""

    def __init__(self, core: wiring.Core, folder: Path, receiver: str) -> None:
        self._core = core
        self._folder = folder
        self._endpoint = Endpoint(url=receiver, headers={})
        self._journal = (folder / "journal").open("a", buffering=1)

    def upload(self, name: str) -> Json:
        """Upload a small file to a session of its own."""
        path = self._core.files.incoming / f"{uuid5(SPACE, name)}-{time.monotonic_ns()}"
        path.write_text(f"The {name} well is 31 metres deep.\n")
        file = IncomingFile(path, f"{name}.txt", path.stat().st_size, "0" * 64, "text/plain")
        return self._accepted(
            lambda: _fields(
                self._core.sessions.add_file(
                    TENANT, file, None, "r", once=_once(f"up-{name}"), endpoint=self._endpoint
                )
            )
        )

    def ask(self, session_id: str, *queries: str, deadline_seconds: float = 60) -> Json:
        ask = Ask(queries, session_id=session_id, deadline_seconds=deadline_seconds)
        once = _once(f"ask-{queries}")
        return self._accepted(lambda: _fields(self._core.sessions.ask(TENANT, ask, "r", once)))

    def cancel(self, task_id: str) -> None:
        cancelling = Cancelling(self._core.database, self._core.dispatcher.nudge)
        try:
            cancelling.cancel(TENANT, task_id, _once(f"cancel-{task_id}"), lambda _view: {})
        except (AlreadyAnswered, TaskAlreadyFinished):
            return

    def close(self, session_id: str) -> None:
        self._accepted(lambda: {"task_id": self._core.sessions.close(TENANT, session_id, "r")})

    def rotate_and_redeliver(self) -> None:
        deliveries = Deliveries(self._core.database, self._core.dispatcher.nudge)
        for request in (
            lambda: deliveries.rotate_secret(TENANT, _once("rotate"), lambda _new: {}),
            lambda: deliveries.redeliver_since(TENANT, 0, _once("again"), lambda _number: {}),
        ):
            try:
                request()
            except AlreadyAnswered:
                continue

    def _accepted(self, request: Callable[[], Json]) -> Json:
        try:
            answer = request()
        except AlreadyAnswered as again:
            answer = again.body
        self._journal.write(f"{answer['task_id']}\n")
        return answer


def _once(key: str) -> Once:
    return Once(TENANT, key, "0" * 64, KEPT_SECONDS)


def _fields(value: Any) -> Json:
    return {name: getattr(value, name) for name in value.__dataclass_fields__}


def main() -> None:
    folder, receiver = Path(sys.argv[1]), sys.argv[2]
    broker, settings = LocalBroker(), wiring.load()
    audit = Audit(settings.database_url)
    worker = wiring.WorkerProcess(settings, broker)
    core = worker.core
    key = keys.create_key(core.database, "other", "crash")
    keys.revoke_key(core.database, key.split("_")[1])
    script = Script(core, folder, receiver)
    lost, main_file = script.upload("lost"), script.upload("main")
    with core.database.transaction("driver.phantom") as store:
        store.claims.claim(lost["task_id"], "phantom", -1)
    _decline(worker, main_file["task_id"])
    _start(worker, broker)
    _converse(script, main_file, lost)
    _wait(audit)
    script.rotate_and_redeliver()
    for session in (main_file, lost):
        script.close(session["session_id"])
    _wait(audit)


def _converse(script: Script, main_file: Json, lost: Json) -> None:
    script.ask(main_file["session_id"], "First?", "Second? (fails once)", "Third?")
    script.ask(lost["session_id"], "Fourth? (must wait)")
    script.ask(lost["session_id"], "Fifth? (too late)", deadline_seconds=0.4)
    cancelled = script.ask(lost["session_id"], "Sixth? (cancelled)")
    script.cancel(cancelled["task_id"])


def _decline(worker: wiring.WorkerProcess, task_id: str) -> None:
    """A worker that drains gets an id all the same."""
    wiring.draining.set()
    worker.runner.run(task_id)
    wiring.draining.clear()


def _start(worker: wiring.WorkerProcess, broker: LocalBroker) -> None:
    def work() -> None:
        while True:
            worker.runner.run(broker.ids.get())

    for _ in range(THREADS):
        threading.Thread(target=work, daemon=True).start()
    worker.start()


def _wait(audit: Audit) -> None:
    """Until every task has ended."""
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while audit.unfinished(()):
        if time.monotonic() > give_up_at:
            sys.exit("some tasks did not end")
        time.sleep(0.05)


if __name__ == "__main__":
    main()
