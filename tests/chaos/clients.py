"""Clients that submit and poll through faults, and remember what they were promised."""

import random
import threading
import time
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx2

from tests.chaos.provider import mark
from tests.service import KEY, TERMINAL

TEXT = "The north well is 31 metres deep.\nThe south well is 47 metres deep.\n"
RETRY_SECONDS = 0.2
POLL_SECONDS = 0.3
TIMEOUT_SECONDS = 5.0
PASSING = {429, 502, 503, 504, 507}

Json = dict[str, Any]


@dataclass
class Promises:
    """What all clients together were told."""

    accepted: set[str] = field(default_factory=set)
    refused: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


class Stopped(Exception):
    """The soak is over before the answer came."""


class Crowd:
    """Any number of clients, each with sessions of its own, until `stop`."""

    def __init__(self, addresses: list[str], size: int, seed: int) -> None:
        self.promises = Promises()
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(
                target=_Client(addresses, self.promises, self._stopping, seed + number).run,
                name=f"client-{number}",
                daemon=True,
            )
            for number in range(size)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join(2 * TIMEOUT_SECONDS)


class _Client:
    def __init__(
        self, addresses: list[str], promises: Promises, stopping: threading.Event, seed: int
    ) -> None:
        self._addresses = addresses
        self._promises = promises
        self._stopping = stopping
        self._random = random.Random(seed)
        self._http = httpx2.Client(headers={"Authorization": KEY}, timeout=TIMEOUT_SECONDS)

    def run(self) -> None:
        try:
            while True:
                self._use_a_session()
        except Stopped:
            self._http.close()

    def _use_a_session(self) -> None:
        """Upload, ask a few tasks at once, wait for their ends, close."""
        sent = self._submit("POST", "/api/file/upload", files={"file": ("wells.txt", TEXT)})
        asked: dict[str, list[str]] = {}
        for _ in range(self._random.randint(1, 6)):
            queries = self._queries(self._random.randint(1, 3))
            body = {"session_id": sent["session_id"], "queries": list(queries.values())}
            task = self._submit("POST", "/api/file/query", json=body)
            asked[task["task_id"]] = list(queries)
        for task_id, marks in asked.items():
            self._check(self._finished(task_id), marks)
        if self._random.random() < 0.5:
            self._submit("DELETE", f"/api/file/search/session/{sent['session_id']}")

    def _queries(self, number: int) -> dict[str, str]:
        base = mark()
        marks = [f"{base}-{each}" for each in range(1, number + 1)]
        return {each: f"How deep is the north well? {each}" for each in marks}

    def _submit(self, method: str, path: str, **body: Any) -> Json:
        """Repeat the same request until it is accepted; what is accepted is remembered."""
        headers = {"Idempotency-Key": uuid4().hex} if method == "POST" else {}
        answer = self._insist(method, path, headers=headers, **body)
        self._promises.accepted.add(str(answer["task_id"]))
        return answer

    def _finished(self, task_id: str) -> Json:
        while True:
            task = self._insist("GET", f"/api/task/{task_id}")
            if task["status"] in TERMINAL:
                return task
            self._pause(POLL_SECONDS)

    def _insist(self, method: str, path: str, **request: Any) -> Json:
        while True:
            answer = self._try(method, path, **request)
            if answer is not None and answer.is_success:
                return dict(answer.json())
            if answer is not None and answer.status_code not in PASSING:
                self._promises.refused.append(f"{method} {path}: {answer.text}")
                self._pause(1)
            self._pause(RETRY_SECONDS)

    def _try(self, method: str, path: str, **request: Any) -> httpx2.Response | None:
        address = self._random.choice(self._addresses)
        try:
            return self._http.request(method, f"{address}{path}", **request)
        except httpx2.TransportError:
            return None

    def _check(self, task: Json, marks: list[str]) -> None:
        if task["status"] != "SUCCESS":
            return
        texts = task["result"]["result"]
        right = len(texts) == len(marks) and all(
            each in text for each, text in zip(marks, texts, strict=True)
        )
        if not right:
            self._promises.wrong.append(str(task["id"]))

    def _pause(self, seconds: float) -> None:
        if self._stopping.wait(seconds):
            raise Stopped


def wait_for(crowd: Crowd, accepted: int, seconds: float) -> None:
    """Return once the clients have that many promises."""
    give_up_at = time.monotonic() + seconds
    while len(crowd.promises.accepted) < accepted:
        assert time.monotonic() < give_up_at, crowd.promises.refused[:3]
        time.sleep(0.05)
