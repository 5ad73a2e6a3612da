"""OpenAI's files, vector stores and file search on a real port, as its specification has them.

Everything that is asked stands in `calls`; what lies there in `files` and `stores`. Indexing takes
as many looks as `looks_until_indexed` says.
"""

import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlsplit

from openai.types.responses.response_create_params import ResponseCreateParamsNonStreaming
from openai.types.vector_store_create_params import VectorStoreCreateParams
from openai.types.vector_store_search_params import VectorStoreSearchParams
from pydantic import TypeAdapter

from tests.hosted.wire import (
    Json,
    asked_question,
    error_body,
    form_of,
    found_message,
    given_message,
    page_of,
    response,
    search_call,
    store_json,
)
from tests.local_server import LocalServer

Fault = Callable[[str, str], tuple[int, Json] | None]
UNREADABLE = b"\x00unreadable"


@dataclass
class StoredFile:
    id: str
    filename: str
    content: bytes
    expires_at: int | None = None

    def as_json(self) -> Json:
        return {
            "id": self.id,
            "object": "file",
            "bytes": len(self.content),
            "created_at": 0,
            "filename": self.filename,
            "purpose": "user_data",
            "status": "processed",
            "expires_at": self.expires_at,
        }

    def pieces(self) -> list[str]:
        text = self.content.decode(errors="replace")
        return [piece for piece in re.split(r"\n\s*\n", text) if piece.strip()]


@dataclass
class StoredStore:
    id: str
    metadata: Json
    status: str = "completed"
    files: dict[str, Json] = field(default_factory=dict)
    looks: dict[str, int] = field(default_factory=dict)


class HostedVendor(LocalServer):
    """The server; `url` is the base address for a client."""

    def __init__(self, looks_until_indexed: int = 1) -> None:
        self.files: dict[str, StoredFile] = {}
        self.stores: dict[str, StoredStore] = {}
        self.calls: list[tuple[str, str]] = []
        self.bodies: list[Json] = []
        self.fault: Fault = lambda _method, _path: None
        self.looks_until_indexed = looks_until_indexed
        self._made = 0
        self._lock = threading.RLock()
        super().__init__(self._handler())

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def count(self, method: str, path: str) -> int:
        """How often a method was called on paths that match."""
        return sum(m == method and re.fullmatch(path, p) is not None for m, p in self.calls)

    def answer(self, method: str, target: str, content_type: str, raw: bytes) -> tuple[int, Json]:
        parts = urlsplit(target)
        path = parts.path.removeprefix("/v1")
        with self._lock:
            self.calls.append((method, path))
            fault = self.fault(method, path)
            if fault:
                return fault
            query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
            names = [name for name in path.split("/") if name]
            if names[0] == "files":
                return self._files(method, names[1:], query, content_type, raw)
            body = json.loads(raw or b"{}")
            if names[0] == "vector_stores":
                return self._stores(method, names[1:], query, body)
            if names == ["responses"] and method == "POST":
                TypeAdapter(ResponseCreateParamsNonStreaming).validate_python(body)
                self.bodies.append(body)
                return 200, self._respond(body)
        return 404, error_body("unknown path")

    def _new_id(self, kind: str) -> str:
        self._made += 1
        return f"{kind}{self._made:04d}"

    def _files(
        self, method: str, names: list[str], query: dict[str, str], kind: str, raw: bytes
    ) -> tuple[int, Json]:
        if method == "POST":
            form = form_of(kind, raw)
            assert form["purpose"] == b"user_data"
            assert form["expires_after[anchor]"] == b"created_at"
            assert 3600 <= int(form["expires_after[seconds]"]) <= 2_592_000
            file = StoredFile(self._new_id("file-"), *form["file"])
            self.files[file.id] = file
            return 200, file.as_json()
        if not names:
            return 200, page_of([file.as_json() for file in self.files.values()], query)
        file_id = names[0]
        if file_id not in self.files:
            return 404, error_body("no such file")
        if method == "DELETE":
            del self.files[file_id]
            for store in self.stores.values():
                store.files.pop(file_id, None)
            return 200, {"id": file_id, "object": "file", "deleted": True}
        return 200, self.files[file_id].as_json()

    def _stores(
        self, method: str, names: list[str], query: dict[str, str], body: Json
    ) -> tuple[int, Json]:
        if not names and method == "POST":
            TypeAdapter(VectorStoreCreateParams).validate_python(body)
            store = StoredStore(self._new_id("vs_"), body["metadata"])
            self.stores[store.id] = store
            return 200, store_json(store.id, store.status, store.metadata, len(store.files))
        if not names:
            every = self.stores.values()
            listed = [store_json(s.id, s.status, s.metadata, len(s.files)) for s in every]
            return 200, page_of(listed, query)
        found = self.stores.get(names[0])
        if found is None:
            return 404, error_body("no such vector store")
        return self._one_store(method, found, names[1:], query, body)

    def _one_store(
        self, method: str, store: StoredStore, names: list[str], query: dict[str, str], body: Json
    ) -> tuple[int, Json]:
        if not names and method == "DELETE":
            del self.stores[store.id]
            return 200, {"id": store.id, "object": "vector_store.deleted", "deleted": True}
        if not names:
            return 200, store_json(store.id, store.status, store.metadata, len(store.files))
        if names[0] == "search":
            TypeAdapter(VectorStoreSearchParams).validate_python(body)
            return 200, self._search(store, body)
        if method == "POST":
            return self._attach(store, body)
        return 200, page_of([self._look(store, file_id) for file_id in list(store.files)], query)

    def _attach(self, store: StoredStore, body: Json) -> tuple[int, Json]:
        if body["file_id"] not in self.files:
            return 404, error_body("no such file")
        store.files[body["file_id"]] = body.get("attributes") or {}
        return 200, self._look(store, body["file_id"])

    def _look(self, store: StoredStore, file_id: str) -> Json:
        looks = store.looks[file_id] = store.looks.get(file_id, -1) + 1
        broken = self.files[file_id].content.startswith(UNREADABLE)
        status = "failed" if broken else "completed"
        error = {"code": "invalid_file", "message": "The file could not be parsed."}
        return {
            "id": file_id,
            "object": "vector_store.file",
            "created_at": 0,
            "usage_bytes": 1,
            "vector_store_id": store.id,
            "status": status if looks >= self.looks_until_indexed else "in_progress",
            "last_error": error if broken and looks >= self.looks_until_indexed else None,
            "attributes": store.files[file_id],
        }

    def find(self, store: StoredStore, question: str, limit: int) -> list[tuple[float, str, str]]:
        """The best pieces: score, file id, text."""
        if store.status == "expired":
            return []
        asked = set(re.findall(r"\w{4,}", question.casefold()))
        scored = [
            (len(asked & set(re.findall(r"\w{4,}", piece.casefold()))) / len(asked), file_id, piece)
            for file_id in store.files
            if not self.files[file_id].content.startswith(UNREADABLE)
            for piece in self.files[file_id].pieces()
        ]
        return sorted((each for each in scored if each[0] > 0), reverse=True)[:limit]

    def _search(self, store: StoredStore, body: Json) -> Json:
        data = [
            {
                "file_id": file_id,
                "filename": self.files[file_id].filename,
                "score": score,
                "attributes": store.files[file_id],
                "content": [{"type": "text", "text": text}],
            }
            for score, file_id, text in self.find(store, body["query"], body["max_num_results"])
        ]
        return {
            "object": "vector_store.search_results.page",
            "search_query": [body["query"]],
            "data": data,
            "has_more": False,
            "next_page": None,
        }

    def _respond(self, body: Json) -> Json:
        """A response that says the best piece and cites its file before the last full stop."""
        tools = [tool for tool in body.get("tools", []) if tool["type"] == "file_search"]
        question = asked_question(body["input"])
        found = [
            (score, file_id, self.files[file_id].filename, text)
            for tool in tools
            for store_id in tool["vector_store_ids"]
            if store_id in self.stores
            for score, file_id, text in self.find(
                self.stores[store_id], question, tool["max_num_results"]
            )
        ]
        output = [found_message(found) if found else given_message(body["input"])]
        if tools:
            output.insert(0, search_call(question, found))
        return response(self._new_id("resp_"), body, output)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        vendor = self

        class Handler(BaseHTTPRequestHandler):
            def _serve(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                raw = self.rfile.read(length)
                if len(raw) < length:  # Its client died as it sent this: nothing was asked.
                    self.close_connection = True
                    return
                status, body = vendor.answer(
                    self.command, self.path, self.headers.get("content-type", ""), raw
                )
                sent = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(sent)))
                self.end_headers()
                self.wfile.write(sent)

            do_GET = do_POST = do_DELETE = _serve  # noqa: N815

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Stay silent: the tests read `calls`."""

        return Handler
