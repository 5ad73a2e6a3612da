"""A receiver of webhooks on a real port: it keeps what it is sent and answers by its script."""

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.local_server import LocalServer

Json = dict[str, Any]
WAIT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Received:
    """One request; the names of its headers are in small letters."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    at: float

    @property
    def json(self) -> Json:
        return dict(json.loads(self.body))


@dataclass(frozen=True, slots=True)
class Answer:
    """What to answer; `until` holds it back, `dribble` sends its body byte by byte for ever."""

    status: int = 200
    body: bytes = b"thanks"
    headers: Mapping[str, str] | None = None
    until: threading.Event | None = None
    dribble: bool = False


def send(handler: BaseHTTPRequestHandler, answer: Answer) -> None:
    handler.send_response(answer.status)
    for name, value in (answer.headers or {}).items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(answer.body)
    while answer.dribble:
        handler.wfile.write(b".")
        handler.wfile.flush()
        threading.Event().wait(0.02)


class Receiver(LocalServer):
    """The server. `down` makes it close every connection without a word."""

    def __init__(self, wrap: Callable[[ThreadingHTTPServer], None] | None = None) -> None:
        self.received: list[Received] = []
        self.default = Answer()
        self.down = False
        self._script: deque[Answer] = deque()
        self._changed = threading.Condition()
        super().__init__(self._handler_class())
        if wrap:
            wrap(self._server)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    def script(self, *answers: Answer) -> None:
        """What to answer next, in order; after that, the default again."""
        self._script.extend(answers)

    def wait_for(
        self, number: int, which: Callable[[Received], bool] = lambda _: True
    ) -> list[Received]:
        """That many requests of a kind, as soon as they have arrived."""

        def found() -> list[Received]:
            return [request for request in self.received if which(request)]

        with self._changed:
            arrived = self._changed.wait_for(lambda: len(found()) >= number, WAIT_SECONDS)
        assert arrived, [request.json.get("type") for request in self.received]
        return found()

    def events(self, type_: str, number: int = 1) -> list[Received]:
        return self.wait_for(number, lambda request: request.json["type"] == type_)

    def _take(self, request: Received) -> Answer | None:
        with self._changed:
            self.received.append(request)
            self._changed.notify_all()
            if self.down:
                return None
            return self._script.popleft() if self._script else self.default

    def _handler_class(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", "0")))
                headers = {name.lower(): value for name, value in self.headers.items()}
                request = Received(self.path, headers, body, time.time())
                answer = receiver._take(request)
                self.close_connection = True
                if answer is not None:
                    self._answer(answer)

            def _answer(self, answer: Answer) -> None:
                if answer.until:
                    answer.until.wait(60)
                # Who waited long enough is gone.
                with suppress(BrokenPipeError, ConnectionResetError):
                    send(self, answer)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                """Stay silent: the tests read `received`."""

        return Handler
