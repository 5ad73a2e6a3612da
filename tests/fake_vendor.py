"""A vendor of chat completions on a real port: scripted per request, it records what it is sent.

    with FakeVendor() as vendor:
        vendor.script(rate_limited({"retry-after": "3"}), answers("Pizza [1]."))
        ...  # point a chat model or a whole service at vendor.url
        assert vendor.requests[0].body["model"] == "small"

Without a script every request is answered with `Fake answer [1].`
"""

import json
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

Json = dict[str, Any]
Messages = list[dict[str, str]]
Behaviour = Callable[["Exchange"], None]


@dataclass(frozen=True, slots=True)
class Recorded:
    """One request as it came over the wire; the names of its headers are in small letters."""

    path: str
    headers: Mapping[str, str]
    body: Json


class Exchange:
    """One request under way, and the means to answer it."""

    def __init__(self, handler: BaseHTTPRequestHandler, request: Recorded) -> None:
        self._handler = handler
        self.request = request

    def send(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        self.begin(status, {"content-length": str(len(body)), **(headers or {})})
        self.write(body)

    def begin(self, status: int, headers: Mapping[str, str]) -> None:
        self._handler.send_response(status)
        for name, value in {"content-type": "application/json", **headers}.items():
            self._handler.send_header(name, value)
        self._handler.end_headers()

    def write(self, part: bytes) -> None:
        self._handler.wfile.write(part)
        self._handler.wfile.flush()


def completion(model: str, message: Json, finish_reason: str = "stop") -> Json:
    return {
        "id": "chatcmpl-fake",
        "object": "chat.completion",
        "created": 0,
        "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": finish_reason}],
        "usage": {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18},
    }


def answers(text: str | Callable[[Messages], str], finish_reason: str = "stop") -> Behaviour:
    """Answer with a text, or with what a function makes of the messages."""

    def behave(exchange: Exchange) -> None:
        body = exchange.request.body
        content = text(body["messages"]) if callable(text) else text
        message = {"role": "assistant", "content": content}
        replies(completion(body["model"], message, finish_reason))(exchange)

    return behave


def sends_message(message: Json, finish_reason: str = "stop") -> Behaviour:
    """Answer with a message of any shape."""
    return replies(completion("fake", {"role": "assistant", **message}, finish_reason))


def replies(body: Json | bytes, status: int = 200) -> Behaviour:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return lambda exchange: exchange.send(status, raw)


def fails(
    status: int,
    code: str | None = None,
    kind: str | None = None,
    headers: Mapping[str, str] | None = None,
    text: str = "VENDOR TEXT",
) -> Behaviour:
    """Refuse with an error body of OpenAI's shape."""
    error = {"message": text, "type": kind, "code": code, "param": None}
    raw = json.dumps({"error": error}).encode()
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
        raw = json.dumps(completion("fake", {"role": "assistant", "content": "x" * 400})).encode()
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


def has_no_choices() -> Behaviour:
    return replies({"id": "x", "object": "chat.completion", "model": "fake", "choices": []})


class FakeVendor:
    """The server; `url` is the base address for a client."""

    def __init__(self) -> None:
        self.requests: list[Recorded] = []
        self.default = answers("Fake answer [1].")
        self._script: deque[Behaviour] = deque()
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler_class())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

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

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _take(self, request: Recorded) -> Behaviour:
        with self._lock:
            self.requests.append(request)
            return self._script.popleft() if self._script else self.default

    def _handler_class(self) -> type[BaseHTTPRequestHandler]:
        vendor = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                size = int(self.headers.get("content-length", "0"))
                body = json.loads(self.rfile.read(size) or b"{}")
                headers = {name.lower(): value for name, value in self.headers.items()}
                request = Recorded(self.path, headers, body)
                exchange = Exchange(self, request)
                try:
                    if request.path != "/v1/chat/completions":
                        fails(404)(exchange)
                        return
                    vendor._take(request)(exchange)
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                """Stay silent: the tests read `requests`."""

        return Handler
