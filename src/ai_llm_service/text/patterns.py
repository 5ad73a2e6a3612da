"""Patterns that keep the interpreter's lock while they match a short text.

`regex` lets the other threads run while it matches, and takes the lock back each time that its
stack grows. Among a worker's many threads that takes longer than the match itself: half of all
moves of the lock were its (docs/benchmarks.md). A long text is worth it.
"""

from collections.abc import Iterator
from typing import Any

import regex

LONG_CHARACTERS = 20_000

Match = regex.Match[str]


class Pattern:
    """A compiled pattern; its methods are those of `regex`."""

    __slots__ = ("_made", "pattern")

    def __init__(self, pattern: str, flags: int = 0) -> None:
        self._made = regex.compile(pattern, flags)
        self.pattern = pattern

    def search(self, text: str, pos: int | None = None, endpos: int | None = None) -> Match | None:
        return self._made.search(text, pos, endpos, concurrent=_is_long(text))

    def match(self, text: str, pos: int | None = None, endpos: int | None = None) -> Match | None:
        return self._made.match(text, pos, endpos, concurrent=_is_long(text))

    def fullmatch(self, text: str) -> Match | None:
        return self._made.fullmatch(text, concurrent=_is_long(text))

    def finditer(
        self,
        text: str,
        pos: int | None = None,
        endpos: int | None = None,
        *,
        overlapped: bool = False,
    ) -> Iterator[Match]:
        return self._made.finditer(text, pos, endpos, overlapped, concurrent=_is_long(text))

    def findall(self, text: str, pos: int | None = None, endpos: int | None = None) -> list[Any]:
        return self._made.findall(text, pos, endpos, concurrent=_is_long(text))

    def split(self, text: str, maxsplit: int = 0) -> list[Any]:
        return self._made.split(text, maxsplit, concurrent=_is_long(text))

    def sub(self, replacement: Any, text: str, count: int = 0) -> str:
        return self._made.sub(replacement, text, count, concurrent=_is_long(text))


def _is_long(text: str) -> bool:
    return len(text) > LONG_CHARACTERS
