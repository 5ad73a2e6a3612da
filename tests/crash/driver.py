"""A client, an API's use cases and a worker in one process that may be killed at any point.

Started again it does the same: its requests carry idempotency keys, so each happens once.
The broker is a queue in memory: what it loses at the kill is what a wiped broker loses.
"""

import hashlib
import os
import queue
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4, uuid5

from ai_llm_service import wiring
from ai_llm_service.domain import Generation, Json
from ai_llm_service.errors import ClaimLost, TaskAlreadyFinished
from ai_llm_service.providers.base import ChatModel, Message, Prompt
from ai_llm_service.providers.registry import Providers
from ai_llm_service.settings import Settings
from ai_llm_service.store.database import Database
from ai_llm_service.store.deliveries import Endpoint
from ai_llm_service.usecases import keys, progress
from ai_llm_service.usecases.call_values import GENERATION
from ai_llm_service.usecases.cancelling import Cancelling
from ai_llm_service.usecases.deliveries import Deliveries
from ai_llm_service.usecases.generating import Generate
from ai_llm_service.usecases.idempotency import AlreadyAnswered, Once
from ai_llm_service.usecases.leases import Leases
from ai_llm_service.usecases.session_values import Ask, IncomingFile
from ai_llm_service.wiring import calls as call_parts
from ai_llm_service.wiring.providers import build_providers
from tests.chaos.audit import Audit

TENANT = keys.DEFAULT_TENANT
IN_BACKGROUND = "CRASH_TEST_IN_BACKGROUND"
THREADS = 4
KEPT_SECONDS = 3600.0
PATIENCE_SECONDS = 60.0
MAIL = """From: a
Content-Type: multipart/mixed; boundary=B

--B
Content-Disposition: attachment; filename=wells.txt

Two are dry.
--B--
"""
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


class Background:
    """The chat model as one that writes in the background: a provider that outlives the process."""

    def __init__(self, model: ChatModel, folder: Path) -> None:
        self._model = model
        self._folder = folder
        self.name = model.name
        self.context_tokens = model.context_tokens

    def generate(self, prompt: Prompt, timeout_seconds: float) -> Generation:
        raise NotImplementedError

    def submit(self, prompt: Prompt, timeout_seconds: float) -> str:
        reference = f"written-{uuid4()}"
        generation = self._model.generate(prompt, timeout_seconds)
        (self._folder / reference).write_bytes(GENERATION.dump_json(generation))
        return reference

    def collect(self, reference: str, timeout_seconds: float) -> Generation:  # noqa: ARG002
        return GENERATION.validate_json((self._folder / reference).read_bytes())

    def cancel(self, reference: str, timeout_seconds: float) -> None:
        self.forget(reference, timeout_seconds)

    def forget(self, reference: str, timeout_seconds: float) -> None:  # noqa: ARG002
        (self._folder / reference).unlink(missing_ok=True)


class Script:
    """What the client does; each accepted task goes into the journal before the next request."""

    def __init__(self, core: wiring.Core, folder: Path, receiver: str) -> None:
        self._core = core
        self._generating = call_parts.build_generating(wiring.load(), core)
        self._folder = folder
        self._endpoint = Endpoint(url=receiver, headers={})
        self._journal = (folder / "journal").open("a", buffering=1)

    def upload(self, name: str, key: str = "") -> Json:
        """Upload a small file to a session of its own."""
        return self._uploaded(f"The {name} well is 31 metres deep.\n", "text/plain", key or name)

    def upload_mail(self) -> Json:
        """Upload a file whose parser tells how far it is."""
        return self._uploaded(MAIL, "message/rfc822", "mail")

    def _uploaded(self, text: str, media_type: str, key: str) -> Json:
        path = self._core.files.incoming / f"{uuid5(SPACE, key)}-{time.monotonic_ns()}"
        path.write_text(text)
        digest = hashlib.sha256(text.encode()).hexdigest()
        file = IncomingFile(path, key, path.stat().st_size, digest, media_type)
        return self._accepted(
            lambda: _fields(
                self._core.sessions.add_file(
                    TENANT, file, None, "r", once=_once(f"up-{key}"), endpoint=self._endpoint
                )
            )
        )

    def ask(self, session_id: str, *queries: str, deadline_seconds: float = 60) -> Json:
        ask = Ask(queries, session_id=session_id, deadline_seconds=deadline_seconds)
        once = _once(f"ask-{queries}")
        return self._accepted(lambda: _fields(self._core.sessions.ask(TENANT, ask, "r", once)))

    def generate(self, prompt: str) -> None:
        asked = Generate((Message("user", f"Question: {prompt}"),))
        once = _once(f"generate-{prompt}")
        self._accepted(lambda: {"task_id": self._generating.generate(TENANT, asked, "r", once)})

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
    if IN_BACKGROUND in os.environ:
        _work_in_background(folder)
    broker, settings = LocalBroker(), wiring.load()
    audit = Audit(settings.database_url)
    worker = wiring.WorkerProcess(settings, broker)
    core = worker.core
    key = keys.create_key(core.database, "other", "crash")
    keys.revoke_key(core.database, key.split("_")[1])
    script = Script(core, folder, receiver)
    lost, main_file = script.upload("lost"), script.upload("main")
    _lose(core, lost["task_id"])
    _decline(worker, main_file["task_id"])
    _start(worker, broker)
    _converse(script, main_file, lost)
    _wait(audit)
    _wait_for_vectors(core.database)
    script.rotate_and_redeliver()
    # The same bytes once more, when they were read; and a progress that is told at once.
    progress.INTERVAL_SECONDS = 0
    more = script.upload("main", key="twin"), script.upload_mail()
    _wait(audit)
    for session in (main_file, lost, *more):
        script.close(session["session_id"])
    _wait(audit)
    _wait_until(lambda: _nothing_left(core.database), "some responses were not removed")


def _work_in_background(folder: Path) -> None:
    def build(settings: Settings) -> Providers:
        providers = build_providers(settings)
        chat = providers.chat
        providers.__dict__["chat"] = lambda name: Background(chat(name), folder)
        return providers

    call_parts.__dict__["build_providers"] = build


def _converse(script: Script, main_file: Json, lost: Json) -> None:
    script.ask(main_file["session_id"], "First?", "Second? (fails once)", "Third?")
    script.ask(lost["session_id"], "Fourth? (must wait)")
    script.ask(lost["session_id"], "Fifth? (too late)", deadline_seconds=0.4)
    cancelled = script.ask(lost["session_id"], "Sixth? (cancelled)")
    script.cancel(cancelled["task_id"])
    script.generate("Seventh?")


def _lose(core: wiring.Core, task_id: str) -> None:
    """A worker claims the task, doubts its claim, and is not heard of again."""
    with core.database.transaction("driver.phantom") as store:
        claim = store.claims.claim(task_id, "phantom", -1)
    if claim is not None:
        with suppress(ClaimLost):
            Leases(core.database, "phantom", -1).ensure(claim)


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


def _wait_for_vectors(database: Database) -> None:
    """Until every document has its vectors: closing its session would take them along."""

    def made() -> bool:
        with database.snapshot() as store:
            return not store.vectors.unfinished()

    _wait_until(made, "some vectors were not made")


def _nothing_left(database: Database) -> bool:
    """Whether nothing is kept in the background that nobody waits for."""
    with database.snapshot() as store:
        return not store.responses.left(1)


def _wait_until(is_so: Callable[[], bool], failure: str) -> None:
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        if time.monotonic() > give_up_at:
            sys.exit(failure)
        time.sleep(0.05)


if __name__ == "__main__":
    main()
