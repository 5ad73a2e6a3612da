"""What holds for every request: an id, a line in the log, an answer, and a refusal that arrives."""

import asyncio
import re
import time
from contextlib import suppress
from uuid import uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ai_llm_service.api.problems import problem
from ai_llm_service.errors import InternalError

GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
CLIENT_GONE = 499
FIRST_REFUSAL = 400

# Many clients read no answer before they have sent their whole body.
DRAIN_BYTES = 1 << 30
DRAIN_SECONDS = 60

log = structlog.get_logger(__name__)


class RequestLog:
    """Gives a request its id and one line in the log, and answers when something breaks."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            await self._answer(scope, receive, _Answer(request_id, send))

    async def _answer(self, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        started = time.perf_counter()
        try:
            await self._app(scope, receive, answer.send)
        except Exception as error:
            log.exception("request_broke", error_type=type(error).__name__)
            if answer.status is not None:
                raise
            await problem(answer.request_id, InternalError())(scope, receive, answer.send)
        finally:
            log.info(
                "http_request",
                method=scope["method"],
                route=getattr(scope.get("route"), "path", None),
                status=answer.status or CLIENT_GONE,
                duration_ms=round((time.perf_counter() - started) * 1000, 1),
            )


class _Answer:
    """A response on its way out, with the headers that all have."""

    def __init__(self, request_id: str, send: Send) -> None:
        self.request_id = request_id
        self.status: int | None = None
        self._send = send

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers["X-Request-Id"] = self.request_id
            headers["X-Content-Type-Options"] = "nosniff"
            headers.setdefault("Cache-Control", "no-store")
        await self._send(message)


class RefusalDrain:
    """Reads on after a refusal, up to a bound: who is still sending must get to read it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _has_body(scope):
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(scope, receive, send)
        await self._app(scope, exchange.receive, exchange.send)
        await exchange.finish()


class _Exchange:
    """One request whose body may be left unread, and its response."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        # Who waits for "100 Continue" sends nothing until we read.
        self._body_awaits_us = Headers(scope=scope).get("expect", "").lower() == "100-continue"
        self._body_ended = False
        self._refusing = False
        self._held_back = False

    async def receive(self) -> Message:
        message = await self._receive()
        self._body_awaits_us = False
        if not message.get("more_body", False):
            self._body_ended = True
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._refusing = message["status"] >= FIRST_REFUSAL and not self._body_ended
            if self._refusing:
                MutableHeaders(scope=message)["Connection"] = "close"
        elif self._refusing and not message.get("more_body", False):
            self._held_back = True
            message = {**message, "more_body": True}
        await self._send(message)

    async def finish(self) -> None:
        """Let go of the end of a refusal, once the rest of the body has been read."""
        if not self._held_back:
            return
        if not self._body_awaits_us:
            await self._drain()
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _drain(self) -> None:
        left = DRAIN_BYTES
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS):
                while left > 0 and not self._body_ended:
                    left -= len((await self.receive()).get("body", b""))


def _has_body(scope: Scope) -> bool:
    headers = Headers(scope=scope)
    return "transfer-encoding" in headers or headers.get("content-length", "0") != "0"


def _request_id(scope: Scope) -> str:
    given = Headers(scope=scope).get("x-request-id", "")
    return given if GIVEN_ID.fullmatch(given) else uuid4().hex
