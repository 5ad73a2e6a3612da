"""The Python client: HTTP alone, so that it can be copied into another project."""

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import httpx2

Json = dict[str, Any]

TERMINAL = frozenset({"SUCCESS", "FAILURE", "REVOKED"})
UNREACHABLE = 0
# What may pass by itself while a task is polled; the task goes on without us.
PASSING = frozenset({UNREACHABLE, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
POLL_SECONDS = 20.0
PROGRESS_SECONDS = 0.5
RETRY_SECONDS = 1.0


class ServiceProblem(Exception):
    """The service refused a request, or can't be reached (then `status` is 0)."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        hint: str | None = None,
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__(f"{detail} {hint}" if hint else detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.hint = hint
        self.retry_after_seconds = retry_after_seconds


class Client:
    """Sends files and questions, and waits for the answers. Bodies are those of the HTTP API."""

    def __init__(self, base_url: str, api_key: str, timeout_seconds: float = 60.0) -> None:
        self._http = httpx2.Client(
            base_url=base_url,
            headers={"Authorization": f"Bearer {api_key}"},
            timeout=timeout_seconds,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()

    def upload(
        self, file: str | Path | BinaryIO, session_id: str | None = None, name: str | None = None
    ) -> Json:
        """Send a file, to a new session if none is given; its bytes are streamed."""
        form = {key: text for key, text in (("session_id", session_id), ("filename", name)) if text}
        with _opened(file) as stream:
            label = name or Path(str(getattr(stream, "name", "unnamed"))).name
            return self._send(
                "POST", "/api/file/upload", data=form, files={"file": (label, stream)}
            )

    def query(
        self,
        queries: Sequence[str],
        *,
        session_id: str | None = None,
        file_path: str | None = None,
        assistant_prompt: str | None = None,
    ) -> Json:
        """Ask a session, or one file of it; the answer names the task to wait for."""
        given = {
            "session_id": session_id,
            "file_path": file_path,
            "assistant_prompt": assistant_prompt,
        }
        body = {key: text for key, text in given.items() if text is not None}
        return self._send("POST", "/api/file/query", json={"queries": list(queries), **body})

    def generate(self, prompt: str, **options: Any) -> Json:
        """Have a model write; `options` are the other fields of the request."""
        return self._send("POST", "/api/generate", json={"prompt": prompt, **options})

    def embed(self, inputs: Sequence[str]) -> Json:
        """Turn texts into vectors."""
        return self._send("POST", "/api/embed", json={"inputs": list(inputs)})

    def usage(self, **filters: str) -> Json:
        """What calls used and cost."""
        return self._send("GET", "/api/usage", params=filters)

    def task(self, task_id: str, wait: float = 0) -> Json:
        """The task as it stands, or once it has ended, at most `wait` seconds later."""
        return self._send("GET", f"/api/task/{task_id}", params={"wait": wait} if wait else None)

    def wait(
        self,
        task_id: str,
        timeout_seconds: float = 900.0,
        on_progress: Callable[[Json], None] | None = None,
    ) -> Json:
        """Poll until the task has ended, well or not; a TimeoutError says that it has not."""
        until = time.monotonic() + timeout_seconds
        # Who wants to see progress gets the first look at once.
        longest, then = (0.0, PROGRESS_SECONDS) if on_progress else (POLL_SECONDS, POLL_SECONDS)
        while (left := until - time.monotonic()) > 0:
            try:
                task = self.task(task_id, wait=min(longest, left))
            except ServiceProblem as problem:
                if problem.status not in PASSING:
                    raise
                time.sleep(min(problem.retry_after_seconds or RETRY_SECONDS, left))
                continue
            longest = then
            if on_progress:
                on_progress(task)
            if task["status"] in TERMINAL:
                return task
        raise TimeoutError(f"Task {task_id} has not ended in {timeout_seconds:g} seconds.")

    def session(self, session_id: str) -> Json:
        """The session's documents with their states, and when it expires."""
        return self._send("GET", f"/api/file/search/session/{session_id}")

    def document_text(self, document_id: str, start: int, end: int) -> str:
        """A range of the stored text, as a citation names it."""
        place = {"start": start, "end": end}
        return str(self._send("GET", f"/api/document/{document_id}/text", params=place)["text"])

    def close(self, session_id: str) -> Json:
        """Remove the session and all that it holds; the result of the task is the receipt."""
        return self._send("DELETE", f"/api/file/search/session/{session_id}")

    def _send(self, method: str, path: str, **request: Any) -> Json:
        try:
            response = self._http.request(method, path, **request)
        except httpx2.TransportError as error:
            raise ServiceProblem(
                UNREACHABLE, "unreachable", "The service can't be reached.", "Is it running?"
            ) from error
        if not response.is_success:
            raise _problem(response)
        body: Json = response.json()
        return body


def _opened(file: str | Path | BinaryIO) -> AbstractContextManager[BinaryIO]:
    """A path is opened and closed by us; an open file stays the caller's."""
    return Path(file).open("rb") if isinstance(file, str | Path) else nullcontext(file)


def _problem(response: httpx2.Response) -> ServiceProblem:
    try:
        body = response.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        body = {}
    wait = response.headers.get("Retry-After", "")
    return ServiceProblem(
        response.status_code,
        str(body.get("code", "unknown")),
        str(body.get("detail", f"The service answered {response.status_code}.")),
        body.get("hint"),
        float(wait) if wait.isdecimal() else None,
    )
