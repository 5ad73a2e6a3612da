"""Server-sent events out of the pieces of a body, with what is read of it bounded."""

import json
from collections.abc import Iterable, Iterator
from typing import Any


def events(pieces: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """The JSON objects that the events carry, in order; all else is left out.

    Raises ValueError where an event is no JSON.
    """
    for data in _data(pieces):
        if data == "[DONE]":
            continue
        event = json.loads(data)
        if isinstance(event, dict):
            yield event


def _data(pieces: Iterable[bytes]) -> Iterator[str]:
    lines: list[str] = []
    for line in _lines(pieces):
        if not line and lines:
            yield "\n".join(lines)
            lines = []
        elif line.startswith("data:"):
            lines.append(line.removeprefix("data:").removeprefix(" "))
    # What is not ended by a blank line was cut off, but for servers that close after the last one.
    if lines:
        yield "\n".join(lines)


def _lines(pieces: Iterable[bytes]) -> Iterator[str]:
    rest = b""
    for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            yield line.removesuffix(b"\r").decode("utf-8")
    yield rest.removesuffix(b"\r").decode("utf-8")
