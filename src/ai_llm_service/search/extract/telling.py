"""What the child process tells its parent while it works: a line of JSON for each thing."""

import json
import os
import time
from contextlib import suppress

INTERVAL_SECONDS = 0.2


class Teller:
    """Writes into a pipe that may be full or closed: nobody has to listen."""

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe
        self._told_at = 0.0
        os.set_blocking(pipe, False)

    def pages(self, done: int, total: int) -> None:
        now = time.monotonic()
        if done < total and now - self._told_at < INTERVAL_SECONDS:
            return
        self._told_at = now
        self._write({"done": done, "total": total})

    def pictures(self, count: int) -> None:
        """More pictures are to be read by OCR than were told before."""
        self._write({"pictures": count})

    def _write(self, line: dict[str, int]) -> None:
        with suppress(OSError):
            os.write(self._pipe, json.dumps(line).encode() + b"\n")
