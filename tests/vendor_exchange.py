"""One exchange with the vendor of the tests: what came over the wire, and how to answer it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests import vendor_wire as wire

Json = dict[str, Any]
Messages = list[dict[str, str]]

CHAT = "/v1/chat/completions"
RESPONSES = "/v1/responses"
EMBEDDINGS = "/v1/embeddings"


@dataclass(frozen=True, slots=True)
class Recorded:
    """One request as it came over the wire; the names of its headers are in small letters."""

    path: str
    headers: Mapping[str, str]
    body: Json
    method: str = "POST"

    @property
    def messages(self) -> Messages:
        """What the model was told, whichever wire it came by; instructions first."""
        if "input" not in self.body:
            return list(self.body["messages"])
        told = self.body.get("instructions")
        first = [{"role": "system", "content": told}] if told else []
        return [*first, *self.body["input"]]


class Exchange:
    """One request under way, and the means to answer it."""

    def __init__(self, handler: BaseHTTPRequestHandler, request: Recorded, later: "Later") -> None:
        self._handler = handler
        self.request = request
        self.later = later

    @property
    def is_chat(self) -> bool:
        return self.request.path == CHAT

    def send(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        self.begin(status, {"content-length": str(len(body)), **(headers or {})})
        self.write(body)

    def send_json(self, body: Any, status: int = 200) -> None:
        self.send(status, json.dumps(body).encode())

    def begin(self, status: int, headers: Mapping[str, str]) -> None:
        self._handler.send_response(status)
        for name, value in {"content-type": "application/json", **headers}.items():
            self._handler.send_header(name, value)
        self._handler.end_headers()

    def write(self, part: bytes) -> None:
        self._handler.wfile.write(part)
        self._handler.wfile.flush()


class Later:
    """Responses that are written in the background: each is ready after some looks at it."""

    def __init__(self) -> None:
        self.looks_until_ready = 1
        self.kept: dict[str, Json] = {}
        self._looks: dict[str, int] = {}
        self._made = 0

    def keep(self, body: Json) -> Json:
        self._made += 1
        body = {**body, "id": f"resp_{self._made}"}
        self.kept[body["id"]] = body
        self._looks[body["id"]] = 0
        return {**body, "status": "queued", "output": [], "usage": None, "error": None}

    def answer(self, exchange: Exchange) -> None:
        """Retrieve, cancel or delete one of them, by the path of the request."""
        reference = exchange.request.path.removeprefix(f"{RESPONSES}/").partition("/")[0]
        body = self.kept.get(reference)
        if body is None:
            unknown = wire.error_body("VENDOR TEXT", "invalid_request_error", None, None)
            exchange.send_json(unknown, 404)
        elif exchange.request.method == "DELETE":
            del self.kept[reference]
            exchange.send_json({"id": reference, "object": "response", "deleted": True})
        elif exchange.request.path.endswith("/cancel"):
            self.kept[reference] = {**body, "status": "cancelled", "output": []}
            exchange.send_json(self.kept[reference])
        else:
            self._looks[reference] += 1
            ready = self._looks[reference] > self.looks_until_ready
            begun = {**body, "status": "in_progress", "output": [], "usage": None, "error": None}
            exchange.send_json(body if ready else begun)
