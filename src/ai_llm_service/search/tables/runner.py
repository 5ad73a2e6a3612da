"""A warm process that makes a process for each statement: its library is loaded once.

An order is a line of JSON on standard input, its answer a line on standard output.
"""

import json
import os
import select
import signal
import sys
import time
from typing import Any

from ai_llm_service.search.tables.cage import leave_network
from ai_llm_service.search.tables.run import connected, run

MAX_ANSWER_BYTES = 16 * 1024 * 1024
DIED = json.dumps({"failed": "it takes more than a statement may take"}).encode()
LATE = json.dumps({"failed": "it took too long"}).encode()


def main() -> None:
    """Serve until the worker closes the pipe or is gone."""
    leave_network()
    child = Child()
    for line in sys.stdin.buffer:
        answer = child.answer(line)
        sys.stdout.buffer.write(answer.replace(b"\n", b" ") + b"\n")
        sys.stdout.buffer.flush()
        # The next statement finds a process that has opened its database already.
        child = Child()


class Child:
    """A process for one statement: it waits for its order, answers and ends."""

    def __init__(self) -> None:
        orders, self._orders = os.pipe()
        self._answers, answers = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            os.close(self._orders)
            os.close(self._answers)
            _be_child(orders, answers)
        os.close(orders)
        os.close(answers)

    def answer(self, line: bytes) -> bytes:
        """Hand over the order and wait as long as it allows; the process is gone afterwards."""
        give_up_at = time.monotonic() + float(json.loads(line)["seconds"])
        try:
            _write(self._orders, line)
            answer = _received(self._answers, give_up_at)
        except BrokenPipeError:
            answer = b""
        finally:
            os.close(self._orders)
            os.close(self._answers)
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
        return LATE if answer is None else answer or DIED


def _be_child(orders: int, answers: int) -> None:
    """Run one order and end; whatever goes wrong ends this process alone."""
    try:
        os.close(0)
        os.dup2(answers, 1)
        connection = connected()
        order = _line(orders)
        if order:
            signal.alarm(int(order["seconds"]) + 2)
            answer = json.dumps(run(connection, order)).encode()
            if len(answer) > MAX_ANSWER_BYTES:
                answer = json.dumps({"failed": "its result is too large"}).encode()
            _write(answers, answer)
    finally:
        os._exit(0)


def _line(orders: int) -> dict[str, Any]:
    """Wait for the order; an empty one when there will be none."""
    line = b""
    while not line.endswith(b"\n"):
        part = os.read(orders, 1 << 20)
        if not part:
            return {}
        line += part
    return dict(json.loads(line))


def _write(pipe: int, data: bytes) -> None:
    while data:
        data = data[os.write(pipe, data) :]


def _received(reading: int, give_up_at: float) -> bytes | None:
    """Read to the end, or None when the time is up."""
    parts: list[bytes] = []
    while (left := give_up_at - time.monotonic()) > 0:
        ready, _, _ = select.select([reading], [], [], left)
        if not ready:
            break
        part = os.read(reading, 1 << 20)
        if not part:
            return b"".join(parts)
        parts.append(part)
    return None


if __name__ == "__main__":
    main()
