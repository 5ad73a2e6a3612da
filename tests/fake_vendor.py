"""OpenAI's vendor on a real port: scripted per request, it records what it is sent.

    with FakeVendor() as vendor:
        vendor.script(rate_limited({"retry-after": "3"}), answers("Pizza [1]."))
        ...  # point a chat model or a whole service at vendor.url
        assert vendor.requests[0].body["model"] == "small"

It speaks responses and chat completions, each streamed where it is asked so, and embeddings; a
behaviour fits whichever wire it is asked by. Without a script it answers `Fake answer [1].`
"""

import json
import threading
from collections import deque
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests import vendor_wire as wire
from tests.local_server import LocalServer
from tests.vendor_exchange import (
    CHAT,
    EMBEDDINGS,
    RESPONSES,
    Exchange,
    Json,
    Later,
    Messages,
    Recorded,
)

Behaviour = Callable[[Exchange], None]

# Why an answer of each wire was cut: as chat completions say it, and as responses do.
INCOMPLETE = {"length": "max_output_tokens", "content_filter": "content_filter"}


def answers(text: str | Callable[[Messages], str], finish_reason: str = "stop") -> Behaviour:
    """Answer with a text, or with what a function makes of the messages."""

    def behave(exchange: Exchange) -> None:
        content = text(exchange.request.messages) if callable(text) else text
        if exchange.is_chat:
            told = {"role": "assistant", "content": content}
            sends_message(told, finish_reason)(exchange)
        elif finish_reason in INCOMPLETE:
            cut = {"incomplete_details": {"reason": INCOMPLETE[finish_reason]}}
            responds([wire.message(content)], "incomplete", **cut)(exchange)
        else:
            responds([wire.message(content)])(exchange)

    return behave


def sends_message(message: Json, finish_reason: str = "stop") -> Behaviour:
    """Answer with a chat message of any shape."""

    def behave(exchange: Exchange) -> None:
        asked = exchange.request.body
        told = {"role": "assistant", **message}
        body = wire.completion(asked.get("model", "fake"), told, finish_reason)
        if not asked.get("stream"):
            exchange.send_json(body)
            return
        with_usage = bool((asked.get("stream_options") or {}).get("include_usage"))
        chunks = wire.completion_chunks(body, with_usage=with_usage)
        streams(*(wire.sse(chunk, named=False) for chunk in chunks), b"data: [DONE]\n\n")(exchange)

    return behave


def responds(output: list[Json], status: str = "completed", **changes: Any) -> Behaviour:
    """Answer with a response of any shape."""

    def behave(exchange: Exchange) -> None:
        asked = exchange.request.body
        body = wire.response(asked, output, status, **changes)
        if asked.get("background"):
            exchange.send_json(exchange.later.keep(body))
        elif asked.get("stream"):
            events = wire.response_events(body)
            streams(*(wire.sse(event, named=True) for event in events))(exchange)
        else:
            exchange.send_json(body)

    return behave


def streams(*pieces: bytes) -> Behaviour:
    """Send these pieces as an event stream and close."""

    def behave(exchange: Exchange) -> None:
        exchange.begin(200, {"content-type": "text/event-stream"})
        for piece in pieces:
            exchange.write(piece)

    return behave


def embeds(rows: list[list[float]] | None = None) -> Behaviour:
    """Answer with these vectors, or with two numbers made of each text."""

    def behave(exchange: Exchange) -> None:
        asked = exchange.request.body
        made = [[float(len(text)), 1.0] for text in asked["input"]]
        exchange.send_json(wire.vectors(asked, made if rows is None else rows))

    return behave


def replies(
    body: Json | bytes, status: int = 200, headers: Mapping[str, str] | None = None
) -> Behaviour:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return lambda exchange: exchange.send(status, raw, headers)


def fails(
    status: int,
    code: str | None = None,
    kind: str | None = None,
    headers: Mapping[str, str] | None = None,
    text: str = "VENDOR TEXT",
    param: str | None = None,
) -> Behaviour:
    """Refuse with an error body of OpenAI's shape."""
    raw = json.dumps(wire.error_body(text, kind, code, param)).encode()
    return lambda exchange: exchange.send(status, raw, headers)


def rate_limited(headers: Mapping[str, str] | None = None) -> Behaviour:
    return fails(429, "rate_limit_exceeded", "rate_limit_error", headers)


def out_of_credit(code: str = "insufficient_quota") -> Behaviour:
    return fails(429, code, "insufficient_quota")


def refuses_key() -> Behaviour:
    return fails(401, "invalid_api_key", "invalid_request_error")


def drops_connection() -> Behaviour:
    """Close the connection without a word."""
    return lambda _: None


def sends_half() -> Behaviour:
    """Promise a whole body and close in its middle."""

    def behave(exchange: Exchange) -> None:
        raw = json.dumps(wire.completion("fake", {"content": "x" * 400})).encode()
        exchange.begin(200, {"content-length": str(len(raw))})
        exchange.write(raw[: len(raw) // 2])

    return behave


def hangs(until: threading.Event, then: Behaviour | None = None) -> Behaviour:
    """Say nothing until released; then answer, or close."""

    def behave(exchange: Exchange) -> None:
        until.wait(60)
        if then:
            then(exchange)

    return behave


def dribbles(stop: threading.Event) -> Behaviour:
    """Send blanks that keep the connection alive, and never an answer."""

    def behave(exchange: Exchange) -> None:
        exchange.begin(200, {"connection": "close"})
        while not stop.wait(0.02):
            exchange.write(b" ")

    return behave


class FakeVendor(LocalServer):
    """The server; `url` is the base address for a client."""

    def __init__(self) -> None:
        self.requests: list[Recorded] = []
        self.default = answers("Fake answer [1].")
        self.vectors = embeds()
        self.later = Later()
        self._script: deque[Behaviour] = deque()
        self._lock = threading.Lock()
        super().__init__(self._handler_class())

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def script(self, *behaviours: Behaviour) -> None:
        """What to do with the next requests, in order; after that, the default again."""
        with self._lock:
            self._script.extend(behaviours)

    def forget(self) -> None:
        """Be as new: no requests, no script, the usual default."""
        with self._lock:
            self.requests = []
            self._script.clear()
            self.default = answers("Fake answer [1].")
            self.later = Later()

    def _take(self, request: Recorded) -> Behaviour:
        with self._lock:
            self.requests.append(request)
            if self._script:
                return self._script.popleft()
            if request.path.startswith(f"{RESPONSES}/"):
                return self.later.answer
            return self.vectors if request.path == EMBEDDINGS else self.default

    def _handler_class(self) -> type[BaseHTTPRequestHandler]:
        vendor = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                size = int(self.headers.get("content-length", "0"))
                raw = self.rfile.read(size)
                if len(raw) < size:  # whoever asks was killed in the middle: nobody was asked
                    self.close_connection = True
                    return
                body = json.loads(raw or b"{}")
                headers = {name.lower(): value for name, value in self.headers.items()}
                request = Recorded(self.path, headers, body, self.command)
                exchange = Exchange(self, request, vendor.later)
                try:
                    if not request.path.startswith((CHAT, RESPONSES, EMBEDDINGS)):
                        fails(404)(exchange)
                        return
                    vendor._take(request)(exchange)
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True

            def do_GET(self) -> None:
                self.do_POST()

            def do_DELETE(self) -> None:
                self.do_POST()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                """Stay silent: the tests read `requests`."""

        return Handler
