"""A log of 100 MB: how long until it is a table, a digest, a count; and its memory."""

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from ai_llm_service.search.logs.compute import compute
from ai_llm_service.search.logs.digest import digest
from ai_llm_service.search.logs.kept import LOG_FILE, keep_table, kept_table
from ai_llm_service.search.logs.plan import plan
from ai_llm_service.search.logs.secrets import hide_secrets
from ai_llm_service.search.logs.table import read_table
from ai_llm_service.text import estimate_tokens
from benchmarks.figure import Figure, at_most, size

Result = TypeVar("Result")
SECONDS_TO_DIGEST, MEGABYTES, DIGEST_TOKENS = 60, 700, 4000


def logs() -> list[Figure]:
    """Measured in a process of its own, since its peak of memory counts."""
    command = [sys.executable, "-m", "benchmarks.logs"]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    secrets, table, told_digest, count, loaded, tokens, peak = map(float, told.split())
    return [
        Figure("100 MB log: secrets hidden", secrets, "s"),
        at_most("100 MB log: table and digest", table + told_digest, "s", SECONDS_TO_DIGEST),
        Figure("100 MB log: a count, the table read", count, "s"),
        Figure("100 MB log: the kept table loaded", loaded, "s"),
        at_most("100 MB log: tokens of the digest", tokens, "", DIGEST_TOKENS),
        at_most("100 MB log: peak of memory", peak, "MB", MEGABYTES),
    ]


def log_of(characters: int) -> str:
    """A shop's log: eleven kinds of line, an error now and then, a trace in the middle."""
    lines: list[str] = []
    length = number = 0
    while length < characters:
        number += 1
        day, hour = number // 86_400 % 28 + 1, number // 3600 % 24
        head = (
            f"2026-03-{day:02} {hour:02}:{number // 60 % 60:02}:{number % 60:02},{number % 1000:03}"
        )
        kind = "ERROR" if number % 5000 == 0 else "WARN" if number % 700 == 0 else "INFO"
        verb = ("opened", "paid", "packed", "sent", "returned")[number % 5]
        lines.append(
            f"{head} {kind} [worker-{number % 8}] org.shop.Cart{number % 3}: order {number} of"
            f" 10.0.{number % 251}.{number % 13} was {verb} in {number % 97} ms"
        )
        length += len(lines[-1]) + 1
    trace = "java.io.IOException: no route\n\tat org.shop.Pay.ask(Pay.java:7)"
    lines.insert(len(lines) // 2, trace)
    return "\n".join(lines) + "\n"


def _measure() -> list[float]:
    text = log_of(size("LOG_BYTES", 100_000_000))
    seconds: list[float] = []

    def timed(made: Callable[[], Result]) -> Result:
        start = time.perf_counter()
        result = made()
        seconds.append(time.perf_counter() - start)
        return result

    timed(lambda: hide_secrets(text))
    table = timed(lambda: read_table(text))
    assert table is not None
    told = timed(lambda: digest(table))
    question = plan('How many lines contain "was paid" between 10:00 and 11:00?', table)
    assert question is not None
    timed(lambda: compute(table, question))
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) / LOG_FILE
        keep_table(table, kept)
        timed(lambda: kept_table(kept, text))
    shown = [entry.note + text[entry.start : entry.end] for entry in told.entries]
    tokens = sum(map(estimate_tokens, shown))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [*seconds, float(tokens), peak]


if __name__ == "__main__":
    print(*_measure())
