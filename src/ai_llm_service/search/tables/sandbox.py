"""Hands statements to warm processes; one that fails is replaced."""

import json
import os
import queue
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from ai_llm_service.search.tables.workshop import child_environment

Order = dict[str, Any]


class StatementFailed(Exception):
    """The statement was refused, or did not run to its end; the message says why."""


@dataclass(frozen=True, slots=True)
class View:
    """A table under the name that statements call it by."""

    name: str
    file: Path
    number: int


@dataclass(frozen=True, slots=True)
class Result:
    """The first rows of a result, how many there are, and the rows of the table they rest on."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    row_count: int
    is_cut: bool = False
    origin_view: str | None = None
    origin_rows: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class RunLimits:
    """What one statement may take."""

    seconds: int = 20
    memory_mb: int = 1024
    processes: int = 2


class Sandbox:
    """Runs statements over tables, each in a process of its own without files or network."""

    def __init__(self, limits: RunLimits) -> None:
        self._limits = limits
        self._free: queue.LifoQueue[_Warm | None] = queue.LifoQueue()
        for _ in range(limits.processes):
            self._free.put(None)

    def run(self, statement: str, views: Sequence[View]) -> Result:
        """Run one SELECT over the views, or raise StatementFailed."""
        answer = self._ask(self._order(views) | {"statement": statement})
        origin = answer.get("origin") or {}
        return Result(
            columns=tuple(answer["columns"]),
            rows=tuple(tuple(row) for row in answer["rows"]),
            row_count=answer["row_count"],
            is_cut=answer["is_cut"],
            origin_view=origin.get("view"),
            origin_rows=() if origin.get("is_cut") else tuple(origin.get("rows", ())),
        )

    def page(
        self,
        view: View,
        columns: Sequence[str],
        offset: int,
        limit: int,
        *,
        condition: str = "true",
    ) -> list[tuple[Any, ...]]:
        """Read rows of one table; the first value of each is its number.

        The condition is not judged: none of it may come from outside but quoted.
        """
        page = {
            "view": view.name,
            "columns": list(columns),
            "offset": offset,
            "limit": limit,
            "condition": condition,
        }
        answer = self._ask(self._order([view]) | {"rows": page})
        return [tuple(row) for row in answer["rows"]]

    def process_ids(self) -> frozenset[int]:
        """Tell which warm processes there are that wait for a statement."""
        waiting = [process for process in self._free.queue if process is not None]
        return frozenset(process.pid for process in waiting if process.is_alive())

    def _order(self, views: Sequence[View]) -> Order:
        files = list(dict.fromkeys(str(view.file) for view in views))
        return {
            "files": files,
            "views": [
                {"name": view.name, "file": files.index(str(view.file)), "number": view.number}
                for view in views
            ],
            "seconds": self._limits.seconds,
            "memory_mb": self._limits.memory_mb,
        }

    def _ask(self, order: Order) -> dict[str, Any]:
        with self._process() as process:
            answer = process.ask(order, self._limits.seconds + 5)
        for word in ("refused", "failed"):
            if word in answer:
                raise StatementFailed(answer[word])
        return answer

    @contextmanager
    def _process(self) -> Iterator["_Warm"]:
        try:
            process = self._free.get(timeout=2 * self._limits.seconds)
        except queue.Empty as error:
            raise StatementFailed("too many statements run at the moment") from error
        try:
            if process is None or not process.is_alive():
                process = _Warm()
            yield process
        finally:
            self._free.put(process)


class _Warm:
    """One warm process and its pipes; used by one thread at a time."""

    def __init__(self) -> None:
        self._owner = os.getpid()
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "ai_llm_service.search.tables.runner"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=child_environment(),
            cwd="/",
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def is_alive(self) -> bool:
        """A process of before a fork belongs to the parent."""
        return self._owner == os.getpid() and self._process.poll() is None

    def ask(self, order: Order, seconds: float) -> dict[str, Any]:
        """Send an order and wait for its answer; without one this process is ended."""
        try:
            _pipe(self._process.stdin).write(json.dumps(order).encode() + b"\n")
            _pipe(self._process.stdin).flush()
            line = self._line(time.monotonic() + seconds)
            return dict(json.loads(line))
        except (OSError, ValueError) as error:
            self._end()
            raise StatementFailed("it did not run to its end") from error

    def _line(self, give_up_at: float) -> bytes:
        out = _pipe(self._process.stdout).fileno()
        line = b""
        while not line.endswith(b"\n"):
            ready, _, _ = select.select([out], [], [], max(0.0, give_up_at - time.monotonic()))
            part = os.read(out, 1 << 20) if ready else b""
            if not part:
                raise ValueError("no answer")
            line += part
        return line

    def _end(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise OSError("the process has no pipe")
    return pipe
