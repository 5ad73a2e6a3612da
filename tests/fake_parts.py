"""What stands behind the HTTP door in its own tests: parts that remember what they were handed."""

# ruff: noqa: ARG002 - the fakes take what the real parts take

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import uvicorn
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from ai_llm_service.api.app import create_app
from ai_llm_service.api.openapi import DescribedApi
from ai_llm_service.api.parts import ApiParts
from ai_llm_service.domain import Session, SessionState, Task, TaskKind, TaskStatus
from ai_llm_service.errors import NotAuthenticated, SessionNotFound, TaskNotFound
from ai_llm_service.providers.addresses import AllowedHosts
from ai_llm_service.store.deliveries import Endpoint
from ai_llm_service.usecases.idempotency import Once
from ai_llm_service.usecases.session_values import (
    UNCHANGED,
    Added,
    Ask,
    Asked,
    IncomingFile,
    SessionChoice,
)
from ai_llm_service.usecases.tasks_view import TaskView

KEY = "the-right-key"
AUTH = {"Authorization": KEY}
OPEN_SESSION = "open-session"
MAX_FILE_BYTES = 2 << 20


@dataclass
class FakeSessions:
    """Takes every file and question, or raises what it was told to."""

    failure: Exception | None = None
    files: list[tuple[IncomingFile, bytes]] = field(default_factory=list)
    sessions_named: list[str | None] = field(default_factory=list)
    endpoints: list[Endpoint | None] = field(default_factory=list)
    asks: list[Ask] = field(default_factory=list)

    def add_file(
        self,
        tenant_id: str,
        file: IncomingFile,
        session_id: str | None,
        request_id: str,
        *,
        once: Once,
        endpoint: Endpoint | None = None,
        choice: SessionChoice = UNCHANGED,
    ) -> Added:
        self._fail()
        if session_id not in {None, OPEN_SESSION}:
            raise SessionNotFound
        self.files.append((file, file.path.read_bytes()))
        self.sessions_named.append(session_id)
        self.endpoints.append(endpoint)
        return Added("files/d", session_id or "new-session", "d", "t")

    def ask(self, tenant_id: str, ask: Ask, request_id: str, once: Once) -> Asked:
        self._fail()
        self.asks.append(ask)
        return Asked("t", ask.session_id or "s")

    def close(self, tenant_id: str, session_id: str, request_id: str) -> str:
        self._fail()
        return "t"

    def list(self, tenant_id: str, limit: int, before: float | None) -> list[Session]:
        self._fail()
        return [Session("s", tenant_id, SessionState.OPEN, None, 1.0, 2.0)][:limit]

    def document_text(self, tenant_id: str, document_id: str, start: int, end: int) -> str:
        self._fail()
        return "0123456789"[start:end]

    def _fail(self) -> None:
        if self.failure is not None:
            raise self.failure


@dataclass
class FakeTasks:
    """Shows the views it was given one after the other, the last one for ever."""

    views: list[TaskView] = field(default_factory=list)

    def view(self, tenant_id: str, task_id: str) -> TaskView:
        if not self.views:
            raise TaskNotFound
        return self.views.pop(0) if len(self.views) > 1 else self.views[0]

    def unfinished(self, task_ids: list[str]) -> set[str]:
        """None, so that whoever waits looks at the next view."""
        return set()


class FakeSearching:
    def forget(self, session_id: str) -> None:
        """Nothing is cached here."""


class FakeKeys:
    def authenticate(self, key: str) -> str:
        if key != KEY:
            raise NotAuthenticated("something that must not be told")
        return "tenant"


@dataclass
class FakeHealth:
    states: dict[str, str] = field(default_factory=lambda: {"database": "ok"})

    def ready(self) -> dict[str, str]:
        return self.states


@dataclass
class Door:
    """The application on fake parts."""

    incoming: Path
    sessions: FakeSessions = field(default_factory=FakeSessions)
    tasks: FakeTasks = field(default_factory=FakeTasks)
    health: FakeHealth = field(default_factory=FakeHealth)

    def app(self) -> ASGIApp:
        """The one application of the tests, with these parts from now on."""
        parts: Any = {
            "sessions": self.sessions,
            "table_rows": None,
            "searching": FakeSearching(),
            "tasks": self.tasks,
            "cancelling": None,
            "deliveries": None,
            "generating": None,
            "models": None,
            "estimating": None,
            "usage": None,
            "keys": FakeKeys(),
            "health": self.health,
        }
        return app_with(
            ApiParts(
                **parts,
                incoming_dir=self.incoming,
                max_file_bytes=MAX_FILE_BYTES,
                max_queries=3,
                max_query_characters=100,
                max_deadline_seconds=3600,
                idempotency_seconds=60,
                version="0.0.0",
                webhook_hosts=AllowedHosts.parse("internal.example:8080"),
            )
        )


_made: list[DescribedApi] = []


def app_with(parts: ApiParts) -> ASGIApp:
    """The one application of this process, with these parts from now on."""
    # To make an application takes longer than most tests.
    if not _made:
        _made.append(create_app(parts))
    _made[0].state.parts = parts
    return _made[0]


def make_task(status: TaskStatus, **changes: Any) -> Task:
    task = Task(
        id="t",
        tenant_id="tenant",
        kind=TaskKind.ANSWER,
        status=status,
        session_id="s",
        document_id=None,
        payload={},
        attempt=0,
        lost_workers=0,
        created_at=0.0,
        run_at=0.0,
        deadline_at=900.0,
    )
    return replace(task, **changes)


class Served:
    """A running server, and the end of each of its requests."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._ended: queue.Queue[str] = queue.Queue()
        self.port = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        finally:
            if scope["type"] == "http":
                self._ended.put(Headers(scope=scope).get("x-request-id", ""))

    def wait_for_end(self, request_id: str) -> None:
        """Return once the request of that id has ended, answered or not."""
        while self._ended.get(timeout=30) != request_id:
            pass


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = threading.Event()

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        self.listening.set()


@contextmanager
def serve(app: ASGIApp) -> Iterator[Served]:
    """The application behind a real server on a free port."""
    served = Served(app)
    config = uvicorn.Config(
        cast("Any", served), port=0, log_config=None, access_log=False, lifespan="off"
    )
    server = _Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    assert server.listening.wait(30)
    served.port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield served
    finally:
        server.should_exit = True
        thread.join(30)
