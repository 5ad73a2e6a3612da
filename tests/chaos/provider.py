"""A provider that answers after a while and remembers every request it was sent.

Each question carries a mark; the record tells how often it was asked, and when.
Run as a program it prints its address, and `GET /calls` returns the record.
"""

import argparse
import asyncio
import json
import random
import re
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

MARK = re.compile(r"q-[0-9a-f]{32}-\d+")
NO_MARK = "unmarked"


def mark() -> str:
    """The beginning of the marks of one task; `-1`, `-2`, … name its queries."""
    return f"q-{uuid4().hex}"


@dataclass(slots=True)
class Call:
    """One request, by the clock of this machine. `answered_at` stays None when nobody waited."""

    mark: str
    asked_at: float
    answered_at: float | None = None


class CountingProvider:
    """Chat completions over HTTP on a free port, in a thread of its own."""

    def __init__(
        self,
        latency: Callable[[Call], float] = lambda _call: 0.0,
    ) -> None:
        self.calls: list[Call] = []
        self.url = ""
        self._latency = latency
        self._started = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name="provider", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._started.wait(10)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def asked(self, wanted: str) -> int:
        """How often a mark was asked."""
        return sum(call.mark == wanted for call in list(self.calls))

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(
            asyncio.start_server(self._talk, "127.0.0.1", 0, backlog=4096)
        )
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        self._started.set()
        self._loop.run_forever()
        server.close()
        under_way = asyncio.all_tasks(self._loop)
        for task in under_way:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*under_way, return_exceptions=True))
        self._loop.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (request := await _read(reader)) is not None:
                path, body = request
                if path == "/calls":
                    await _send(writer, [asdict(call) for call in self.calls])
                else:
                    await self._answer(writer, json.loads(body))
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _answer(self, writer: asyncio.StreamWriter, body: dict[str, Any]) -> None:
        found = MARK.findall(str(body["messages"][-1]["content"]).rpartition("Question:")[2])
        call = Call(found[-1] if found else NO_MARK, time.time())
        self.calls.append(call)
        await asyncio.sleep(self._latency(call))
        await _send(writer, completion(str(body["model"]), f"Answer to {call.mark} [1]."))
        call.answered_at = time.time()


async def _read(reader: asyncio.StreamReader) -> tuple[str, bytes] | None:
    head = await reader.readuntil(b"\r\n\r\n")
    found = re.search(rb"content-length: *(\d+)", head, re.IGNORECASE)
    body = await reader.readexactly(int(found[1])) if found else b""
    return head.split(b" ", 2)[1].decode(), body


async def _send(writer: asyncio.StreamWriter, body: Any) -> None:
    raw = json.dumps(body).encode()
    head = (
        f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(raw)}\r\n\r\n"
    )
    writer.write(head.encode() + raw)
    await writer.drain()


def completion(model: str, text: str) -> dict[str, Any]:
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": text},
        "finish_reason": "stop",
    }
    return {
        "id": "chatcmpl-counted",
        "object": "chat.completion",
        "created": 0,
        "model": model,
        "choices": [choice],
        "usage": {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18},
    }


def between(low: float, high: float, seed: int) -> Callable[[Call], float]:
    """Latencies at random, the same for the same seed."""
    source = random.Random(seed)
    return lambda _call: source.uniform(low, high)


def slow_at_first(seconds: float) -> Callable[[Call], float]:
    """The first call of each question takes that long, the next ones take no time."""
    known: set[str] = set()

    def latency(call: Call) -> float:
        first = call.mark not in known
        known.add(call.mark)
        return seconds if first else 0.0

    return latency


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--latency", type=float, default=2.0)
    latency = float(options.parse_args().latency)
    with CountingProvider(lambda _call: latency) as provider:
        print(provider.url, flush=True)  # noqa: T201 - whoever started it reads this
        threading.Event().wait()


if __name__ == "__main__":
    main()
